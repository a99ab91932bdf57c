//! The one conversation model that every dialect is translated to and from, and the faults of the house.
//! In: plain values. Out: requests, events, faults. Never here: a provider's field name, JSON text that is read, IO, money.

mod dialect;
mod event;
mod fault;
mod loss;
mod request;
mod stop;
mod tally;

pub use dialect::Dialect;
pub use event::{Event, Head, Piece, Reply, ReplyBlock};
pub use fault::{Blame, BoxError, Fault, FaultKind, Retry, Told};
pub use loss::{Loss, LossAction};
pub use request::{
    Block, BlockKind, CacheMark, ClientTool, Function, Media, OutputFormat, Place, RawJson, Reasoning,
    ReasoningMode, Request, Role, Sampling, Tool, ToolChoice, Turn,
};
pub use stop::{Stop, StopReason};
pub use tally::Tally;
