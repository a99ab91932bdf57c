//! Words of the journal: two accounts, an amount above zero, and a code that says why.
//! In: decisions of the wallet. Out: rows to append. Never here: a balance, a row that is changed later.

use crate::GrantKind;
use units::{GrantId, NanoUsd};

/// One side of a posting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// The credit of one grant.
    Grant(GrantId),
    /// An account of the house.
    System(SystemAccount),
}

/// The accounts of the house. Their balances are derived from the journal, never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SystemAccount {
    /// Money that came in.
    Cash,
    /// Credit given away.
    PromoExpense,
    /// Credit given by plans.
    PlanAllowance,
    /// What was sold.
    Revenue,
    /// Credit that vanished unused.
    Breakage,
    /// Cost that no hold covered: the house pays.
    Writeoff,
}

impl SystemAccount {
    /// Every system account, in the order of storage.
    pub const ALL: [Self; 6] =
        [Self::Cash, Self::PromoExpense, Self::PlanAllowance, Self::Revenue, Self::Breakage, Self::Writeoff];

    /// The name in exports and findings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::PromoExpense => "promo_expense",
            Self::PlanAllowance => "plan_allowance",
            Self::Revenue => "revenue",
            Self::Breakage => "breakage",
            Self::Writeoff => "writeoff",
        }
    }

    /// The 16 bytes under which it is stored: zeros but for the last (no id of version 7 looks like that).
    pub const fn bytes(self) -> [u8; 16] {
        let last = match self {
            Self::Cash => 1,
            Self::PromoExpense => 2,
            Self::PlanAllowance => 3,
            Self::Revenue => 4,
            Self::Breakage => 5,
            Self::Writeoff => 6,
        };
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
    }

    /// The account that pays for a grant of this kind.
    pub const fn source_of(kind: GrantKind) -> Self {
        match kind {
            GrantKind::Plan => Self::PlanAllowance,
            GrantKind::Promo => Self::PromoExpense,
            GrantKind::Paid => Self::Cash,
        }
    }
}

impl Account {
    /// The 16 bytes under which it is stored.
    pub const fn bytes(self) -> [u8; 16] {
        match self {
            Self::Grant(id) => id.bytes(),
            Self::System(account) => account.bytes(),
        }
    }

    /// The account of those bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        SystemAccount::ALL
            .into_iter()
            .find(|a| a.bytes() == bytes)
            .map_or(Self::Grant(GrantId::from_bytes(bytes)), Self::System)
    }
}

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Credit came in.
    Grant,
    /// A request was charged.
    Usage,
    /// The part of a cost that no hold covered.
    Writeoff,
    /// Credit vanished with its expiry.
    Breakage,
    /// An operator's correction.
    Adjust,
}

impl Code {
    /// Every code, in the order of storage.
    pub const ALL: [Self; 5] = [Self::Grant, Self::Usage, Self::Writeoff, Self::Breakage, Self::Adjust];

    /// The number in the store.
    pub const fn number(self) -> i16 {
        match self {
            Self::Grant => 1,
            Self::Usage => 2,
            Self::Writeoff => 3,
            Self::Breakage => 4,
            Self::Adjust => 5,
        }
    }

    /// The code of that number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|c| i64::from(c.number()) == number)
    }
}

/// One row of the journal: `amount` (above zero) leaves `debit` and reaches `credit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Why.
    pub code: Code,
    /// Where it leaves.
    pub debit: Account,
    /// Where it arrives.
    pub credit: Account,
    /// How much.
    pub amount: NanoUsd,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_forms_come_back() {
        for account in SystemAccount::ALL {
            assert_eq!(Account::from_bytes(account.bytes()), Account::System(account));
        }
        let grant = Account::Grant(GrantId::new(units::Timestamp::from_ms(0), [0; 10]));
        assert_eq!(Account::from_bytes(grant.bytes()), grant);
        for code in Code::ALL {
            assert_eq!(Code::from_number(i64::from(code.number())), Some(code));
        }
        assert_eq!(Code::from_number(0), None);
    }
}
