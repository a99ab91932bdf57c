//! The words everything else is said in: money, tokens, usage, surcharges, ids, time, secrets, chance.
//! In: integers and text. Out: values that cannot be mixed up.
//! Never here: IO, a clock that ticks by itself, a random source of its own, a float, a provider's field name.

mod chance;
mod id;
mod money;
mod secret;
mod surcharge;
mod time;
mod usage;

pub use chance::Chance;
pub use id::{
    AssetId, BootId, CredentialId, GrantId, HoldId, IdError, IdText, InvitationId, KeyId, ManagementKeyId, MeterId,
    MethodId, NodeId, OperatorTokenId, PriceId, RequestId, SessionId, TaskId, TransferId, UserId, WorkspaceId,
};
pub use money::{MoneyError, NanoUsd, PicoRate};
pub use secret::Secret;
pub use surcharge::{Surcharge, Surcharges};
pub use time::{Clock, Timestamp};
pub use usage::{Class, THINKING_BUDGET_MAX, Tokens, Usage, UsageSource};
