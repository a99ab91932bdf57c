//! Tiers: how much an account may ask for, and who is in which. In: numbers. Out: the same by name, with the default table.
//! Never here: counting (admit and limits do), who has a plan or a balance (the ledger knows).

use std::collections::BTreeMap;
use std::sync::Arc;

/// How much may be asked for; `None` is no such limit, 0 refuses everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests in any 60 seconds.
    pub requests_per_minute: Option<u32>,
    /// Requests at once.
    pub concurrent: Option<u32>,
    /// Requests in a UTC day.
    pub requests_per_day: Option<u32>,
    /// Tokens a minute: so many at once, and so many more with each minute.
    pub tokens_per_minute: Option<u64>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The part of one of so many nodes that do not know of each other: an equal share, rounded up.
    #[must_use]
    pub fn share(&self, nodes: u32) -> Self {
        let nodes = nodes.max(1);
        Self {
            requests_per_minute: self.requests_per_minute.map(|n| n.div_ceil(nodes)),
            concurrent: self.concurrent.map(|n| n.div_ceil(nodes)),
            requests_per_day: self.requests_per_day.map(|n| n.div_ceil(nodes)),
            tokens_per_minute: self.tokens_per_minute.map(|n| n.div_ceil(u64::from(nodes))),
        }
    }
}

/// Who is in a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Accounts without balance and plan.
    Free,
    /// Accounts with a balance.
    Balance,
    /// Accounts with the plan of the tier's name.
    Plan,
}

impl When {
    /// The word in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Balance => "balance",
            Self::Plan => "plan",
        }
    }
}

/// How requests of a tier wait for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FairUse {
    /// How long one waits at most, in milliseconds.
    pub queue_ms_max: u32,
    /// How many of an account may wait at once.
    pub queued_max: u32,
}

/// One tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its name, as callers read it.
    pub name: Arc<str>,
    /// Who is in it.
    pub when: When,
    /// How much they may ask for.
    pub limits: Limits,
    /// Where its numbers are not published and what is too much at once waits (R-LIM-5).
    pub fair_use: Option<FairUse>,
}

/// All tiers by name. There is one for accounts without balance and plan, and at most one for those with a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers {
    free: Arc<Tier>,
    all: BTreeMap<Arc<str>, Arc<Tier>>,
}

impl Tiers {
    /// Tiers that were checked; `None` without one for accounts that have nothing.
    pub(crate) fn new(tiers: impl IntoIterator<Item = Tier>) -> Option<Self> {
        let all: BTreeMap<_, _> = tiers.into_iter().map(|tier| (tier.name.clone(), Arc::new(tier))).collect();
        let free = all.values().find(|tier| tier.when == When::Free)?.clone();
        Some(Self { free, all })
    }

    /// The tier of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Tier>> {
        self.all.get(name)
    }

    /// The tier of accounts without balance and plan.
    pub fn free(&self) -> &Arc<Tier> {
        &self.free
    }

    /// The tier of accounts with a balance; without one of their own they are in that of the others.
    pub fn balance(&self) -> &Arc<Tier> {
        self.iter().find(|tier| tier.when == When::Balance).unwrap_or(&self.free)
    }

    /// All, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tier>> {
        self.all.values()
    }
}

/// The table of R-LIM-1: in force where a catalogue names no tier.
impl Default for Tiers {
    fn default() -> Self {
        let row = |name: &str, when, [minute, concurrent, day]: [u32; 3]| {
            let limits = Limits {
                requests_per_minute: Some(minute),
                concurrent: Some(concurrent),
                requests_per_day: Some(day),
                tokens_per_minute: None,
            };
            Arc::new(Tier { name: name.into(), when, limits, fair_use: None })
        };
        let free = row("free", When::Free, [5, 1, 50]);
        let others = [
            row("topup", When::Balance, [30, 2, 500]),
            row("starter", When::Plan, [30, 2, 1_000]),
            row("pro", When::Plan, [60, 3, 2_000]),
            row("max", When::Plan, [90, 6, 5_000]),
            row("ultra", When::Plan, [120, 8, 10_000]),
        ];
        let all = others.into_iter().chain([free.clone()]).map(|tier| (tier.name.clone(), tier)).collect();
        Self { free, all }
    }
}
