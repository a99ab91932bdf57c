//! The rulebook of money: accounts, grants, holds, postings, the meter, the audit. Both engines obey it.
//! In: orders, usage, prices, `now`. Out: decisions and postings. Never here: SQL, IO, a clock.

mod order;
mod record;

pub use order::{
    Balance, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, HoldState, LimitSource, Refusal,
    SettleAnswer, SettleOrder,
};
pub use record::UsageRow;
