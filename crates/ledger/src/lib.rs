//! The rulebook of money: accounts, grants, holds, postings, the meter, the audit. Both engines obey it.
//! In: orders, usage, prices, `now`. Out: decisions and postings. Never here: SQL, IO, a clock.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::float_arithmetic, clippy::as_conversions))]

pub mod audit;
pub mod facts;
pub mod meter;
pub mod pace;

mod cap;
mod hold;
mod order;
mod posting;
mod record;
mod spend;
mod wallet;

pub use cap::{
    Cap, Capped, Caps, Counted, KeyCharges, Most, Room, Span, Spent, Tallies, account, key_charges, places,
};
pub use hold::{Leg, OpenHold, WrongMove};
pub use meter::{Bounds, MeterError, Rates, Reach};
pub use order::{
    AccountAsk, AccountState, Balance, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, HoldState,
    LimitSource, MicroBalance, Refusal, SettleAnswer, SettleOrder,
};
pub use posting::{Account, Code, Posting, SystemAccount};
pub use record::{Tried, UsageRow};
pub use spend::{CacheSums, KeySpend};
pub use wallet::{Closing, Grant, LedgerError, LegEnd, Sweep, Wallet};
