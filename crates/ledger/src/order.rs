//! What the ledger is asked and what it answers. In: plain values. Out: orders and answers, every order idempotent by its id.
//! Never here: deciding (wallet.rs), storing (the store crate).

use crate::{Cap, Caps, Counted, KeySpend, Spent, UsageRow};
use units::{GrantId, KeyId, MeterId, MoneyError, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// Asks for credit to be reserved before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldOrder {
    /// Id of the request; the same id again gets the same answer.
    pub id: RequestId,
    /// Who pays.
    pub workspace: WorkspaceId,
    /// The key that asked (its spend is counted).
    pub key: KeyId,
    /// Whose spend is counted besides.
    pub counted: Counted,
    /// What may not be exceeded, whatever the balance is.
    pub caps: Caps,
    /// The largest cost until the next extension.
    pub want: NanoUsd,
    /// The least that makes the call worth starting; equal to `want` where nothing can be cut.
    /// The ledger holds `min(want, available)` when at least `floor` is available, by the balance and by every cap.
    pub floor: NanoUsd,
    /// When it was asked.
    pub at: Timestamp,
}

/// Asks for a running hold to be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendOrder {
    /// The hold.
    pub id: RequestId,
    /// 1 for the first extension, 2 for the second: the same number again changes nothing.
    pub seq: u32,
    /// By how much, all or nothing.
    pub by: NanoUsd,
    /// What may not be exceeded, as it is by now.
    pub caps: Caps,
    /// When it was asked.
    pub at: Timestamp,
}

/// What a hold or an extension comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum HoldAnswer {
    /// Reserved; `amount` is the whole hold, extensions included.
    Held {
        /// What is reserved now for this request.
        amount: NanoUsd,
    },
    /// Not reserved; nothing changed.
    Refused(Refusal),
    /// The id was used before with other words, or the hold is already closed.
    Conflict(HoldState),
}

/// Why credit was not reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was in the way.
    pub source: LimitSource,
    /// What could have been held.
    pub available: NanoUsd,
    /// What was asked for at least.
    pub needed: NanoUsd,
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSource {
    /// The balance itself is too low.
    Balance,
    /// The balance would do, but other calls hold too much of it: waiting helps.
    InFlight,
    /// A cap is reached.
    Cap(Cap),
    /// The cap would do, but other calls hold too much of it: waiting helps.
    CapInFlight(Cap),
}

/// The states of a hold. Open goes to exactly one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// Credit is reserved.
    Open,
    /// Closed with a charge.
    Settled {
        /// What was charged.
        charged: NanoUsd,
    },
    /// Given back by its owner.
    Released,
    /// Given back because its owner died.
    Expired,
    /// The ledger never heard of it.
    Unknown,
}

/// Closes a hold with its true cost.
#[derive(Clone, Debug, PartialEq)]
pub struct SettleOrder {
    /// The hold.
    pub id: RequestId,
    /// The true cost by the frozen price. The charge is `min(cost, held)`; the rest is written off.
    pub cost: NanoUsd,
    /// The record of the request; its `charge` field is set by the ledger.
    pub usage: UsageRow,
}

/// What a settle comes to. It is told only when it is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SettleAnswer {
    /// Charged now.
    Settled {
        /// What was charged.
        charged: NanoUsd,
        /// What the hold did not cover: the house pays it, and is alarmed.
        written_off: NanoUsd,
    },
    /// It was closed before; nothing changed.
    Already(HoldState),
}

/// What kind of credit a grant is; decides the default drain order (credit that would vanish is used first).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// A plan's window.
    Plan,
    /// Given away.
    Promo,
    /// Bought.
    Paid,
}

impl GrantKind {
    /// The drain order: the lowest first.
    pub const fn priority(self) -> u8 {
        match self {
            Self::Plan => 10,
            Self::Promo => 20,
            Self::Paid => 50,
        }
    }

    /// The name in the store and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Promo => "promo",
            Self::Paid => "paid",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Plan, Self::Promo, Self::Paid].into_iter().find(|k| k.name() == name)
    }
}

/// Gives a workspace credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantOrder {
    /// Id of the grant; the same id again changes nothing.
    pub id: GrantId,
    /// Who gets it.
    pub workspace: WorkspaceId,
    /// What kind of credit.
    pub kind: GrantKind,
    /// How much, above zero.
    pub amount: NanoUsd,
    /// When it vanishes.
    pub expires_at: Option<Timestamp>,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who did it (an operator token's name).
    pub actor: String,
    /// From where they asked; empty when nobody did.
    pub address: String,
    /// When.
    pub at: Timestamp,
}

/// One snapshot of a workspace's money: `available = posted - held`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Balance {
    /// All unspent, unexpired credit.
    pub posted: NanoUsd,
    /// What calls under way have reserved.
    pub held: NanoUsd,
    /// The part of `posted` that was given, by plans or away; the rest was bought.
    pub granted: NanoUsd,
}

/// A balance as people read it, in micro-USD: whatever it is told by, the parts make the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MicroBalance {
    /// All unspent, unexpired credit, rounded down: never more than is there.
    pub total: i64,
    /// What can be spent now, rounded down.
    pub available: i64,
    /// What calls under way have reserved: `total - available`.
    pub held: i64,
    /// What was given, rounded down.
    pub granted: i64,
    /// What was bought: `total - granted`.
    pub bought: i64,
}

impl Balance {
    /// In micro-USD.
    ///
    /// # Errors
    /// `Overflow` when what calls hold does not fit beside the balance, which no ledger lets happen.
    pub fn micro(&self) -> Result<MicroBalance, MoneyError> {
        let (total, granted) = (self.posted.micro_down(), self.granted.micro_down());
        let available = self.posted.minus(self.held)?.micro_down();
        let rest = |part: i64| total.checked_sub(part).ok_or(MoneyError::Overflow);
        Ok(MicroBalance { total, available, held: rest(available)?, granted, bought: rest(granted)? })
    }
}

/// Asks for everything about one caller's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountAsk {
    /// Who pays.
    pub workspace: WorkspaceId,
    /// The key.
    pub key: KeyId,
    /// The member that it belongs to.
    pub member: Option<MeterId>,
    /// The instant whose day and month are asked for.
    pub at: Timestamp,
}

/// Everything about one caller's money, of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct AccountState {
    /// The workspace's.
    pub balance: Balance,
    /// What the key came to since it was made.
    pub key: KeySpend,
    /// The same charges, and what the key holds.
    pub key_in_all: Spent,
    /// The key's, on the day.
    pub key_day: Spent,
    /// The key's, in the month.
    pub key_month: Spent,
    /// The member's, on the day.
    pub member_day: Spent,
    /// The member's, in the month.
    pub member_month: Spent,
}
