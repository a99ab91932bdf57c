//! Looks whether the books agree with themselves. In: every row, in any order within a day. Out: findings that name
//! their invariant. Never here: SQL, a repair, a row that is trusted.
//!
//! I1 every transfer moves an amount above zero between two known accounts. I2 a grant's `posted` is the sum of its
//! transfers. I3 `held` is the sum of open legs. I4 nothing is below zero. I5 a hold is in one state only. I6 each
//! settled hold has one usage row, and its charge is what was transferred. I8 granted = used + remaining + breakage.
//! I9 no hold is older than a day. I11 a key's spend is the sum of its charges.
//! I12 a hold that outlives its process has a pending task. I13 a key's cache sums are the sums of its settled usage rows.
//! I14 what somebody has spent on a day is the sum of the charges of that day that count for them, and so are their requests.
//! I15 what was charged in usage rows that are kept no more is what was transferred for them. I16 a key's charges summed by day are
//! its spend. I17 requests and charges summed by day are the same by customer, by payer and of everybody. (I7 needs payments, I10 a hash chain.)

use crate::{Account, CacheSums, Code, Counted, KeySpend, OpenHold, Posting, places};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;
use units::{GrantId, KeyId, MeterId, NanoUsd, RequestId, Timestamp};

/// No request runs longer; an older open hold was forgotten.
const HOLD_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The invariant that does not hold (`I2`).
    pub invariant: &'static str,
    /// Where, and by how much.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.invariant, self.what)
    }
}

/// A grant as its row says.
#[derive(Clone, Copy, Debug)]
pub struct GrantRow {
    /// Its id.
    pub id: GrantId,
    /// What came in.
    pub granted: NanoUsd,
    /// What is left, as the row says.
    pub posted: NanoUsd,
    /// What is reserved, as the row says.
    pub held: NanoUsd,
}

/// A row of the journal. `posting` is `None` when its code is not known.
#[derive(Clone, Copy, Debug)]
pub struct TransferRow {
    /// The request or grant that it belongs to.
    pub reference: [u8; 16],
    /// What it says.
    pub posting: Option<Posting>,
}

/// What a usage row says about money.
#[derive(Clone, Copy, Debug)]
pub struct UsageFact {
    /// The request.
    pub request: RequestId,
    /// The key.
    pub key: KeyId,
    /// Whose it is besides.
    pub counted: Counted,
    /// Whether it closed a hold with a charge.
    pub settled: bool,
    /// The charge.
    pub charge: NanoUsd,
    /// What caches did for it; nothing where the row is from before that was counted.
    pub cache: CacheSums,
}

/// What was looked at, and what does not agree.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What does not agree.
    pub findings: Vec<Finding>,
    /// Grants.
    pub grants: u64,
    /// Transfers.
    pub transfers: u64,
    /// Usage rows.
    pub usage_rows: u64,
    /// Open holds.
    pub open_holds: u64,
    /// The sum of all charges.
    pub charged: NanoUsd,
    /// The sum of what was written off.
    pub written_off: NanoUsd,
}

/// What the journal says about a grant.
#[derive(Default)]
struct Journal {
    granted: i128,
    used: i128,
    broken: i128,
    balance: i128,
}

/// What transfers and usage rows of one day say about a request.
#[derive(Default)]
struct Spent {
    transferred: i128,
    charged: Option<i128>,
}

/// What the settled usage rows of a key sum to.
#[derive(Default)]
struct KeySums {
    charged: i128,
    cache: CacheSums,
}

/// By how much a row of a day says more than its usage rows sum to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Left {
    charged: i128,
    requests: i64,
}

/// Takes every row, then says what does not agree.
#[derive(Default)]
pub struct Auditor {
    now: Option<Timestamp>,
    grants: Vec<GrantRow>,
    journal: HashMap<GrantId, Journal>,
    legs: HashMap<GrantId, i128>,
    open: HashSet<RequestId>,
    stones: HashSet<RequestId>,
    day: HashMap<RequestId, Spent>,
    spent: HashMap<KeyId, KeySums>,
    spends: Vec<(KeyId, KeySpend)>,
    days: HashMap<(MeterId, i64), Left>,
    /// Requests before this one have no usage row any more.
    kept_from: [u8; 16],
    /// By how much the transfers of those sum to more than what was charged in their rows.
    gone: i128,
    facts: HashMap<KeyId, i128>,
    /// Tables of sums by day: their requests and their charges.
    sums: Vec<(&'static str, i64, NanoUsd)>,
    charged: i128,
    written_off: i128,
    out: Outcome,
}

impl Auditor {
    /// With the time, ages are looked at too.
    pub fn new(now: Option<Timestamp>) -> Self {
        Self { now, ..Self::default() }
    }

    fn find(&mut self, invariant: &'static str, what: String) {
        self.out.findings.push(Finding { invariant, what });
    }

    /// A grant.
    pub fn grant(&mut self, row: GrantRow) {
        add(&mut self.out.grants, 1);
        self.grants.push(row);
    }

    /// An open hold, with its legs.
    pub fn hold(&mut self, hold: &OpenHold) {
        add(&mut self.out.open_holds, 1);
        if !self.open.insert(hold.id) {
            self.find("I5", format!("hold {}: open twice", hold.id));
        }
        for leg in &hold.legs {
            let sum = self.legs.entry(leg.grant).or_default();
            *sum = sum.saturating_add(i128::from(leg.amount.nano()));
        }
        if let Some(now) = self.now
            && now.since(hold.at) > HOLD_AGE_MAX
        {
            self.find("I9", format!("hold {}: open since {}", hold.id, hold.at));
        }
    }

    /// A hold that was given to a task which is not pending.
    pub fn stray(&mut self, id: RequestId) {
        self.find("I12", format!("hold {id}: its task is not pending, so nobody will close it"));
    }

    /// A hold that closed without a charge and without a usage row.
    pub fn tombstone(&mut self, id: RequestId) {
        if !self.stones.insert(id) || self.open.contains(&id) {
            self.find("I5", format!("hold {id}: closed and in another state too"));
        }
    }

    /// A key's sums as its row says.
    pub fn key_spend(&mut self, key: KeyId, row: KeySpend) {
        self.spends.push((key, row));
    }

    /// What was charged to somebody on a day by so many requests, as its row says.
    pub fn spend_day(&mut self, meter: MeterId, day: i64, (spent, requests): (NanoUsd, u32)) {
        let left = self.days.entry((meter, day)).or_default();
        left.charged = left.charged.saturating_add(i128::from(spent.nano()));
        left.requests = left.requests.saturating_add(requests.into());
    }

    /// Usage rows of requests before this one are kept no more. Comes before the journal.
    pub fn kept_from(&mut self, first: [u8; 16]) {
        self.kept_from = first;
    }

    /// What the usage rows of a key sum to that are kept no more.
    pub fn gone(&mut self, key: KeyId, sums: KeySpend) {
        let charged = i128::from(sums.spent.nano());
        self.gone = self.gone.saturating_sub(charged);
        let known = self.spent.entry(key).or_default();
        known.charged = known.charged.saturating_add(charged);
        known.cache = known.cache.plus(sums.cache);
    }

    /// What was charged to a key by the sums of a day.
    pub fn fact(&mut self, key: KeyId, charge: NanoUsd) {
        let sum = self.facts.entry(key).or_default();
        *sum = sum.saturating_add(charge.nano().into());
    }

    /// What a table of sums by day comes to: requests and their charges.
    pub fn sums(&mut self, table: &'static str, requests: i64, charge: NanoUsd) {
        self.sums.push((table, requests, charge));
    }

    /// A row of the journal; those of one request come between the same two `day_ends`, with its usage row.
    pub fn transfer(&mut self, row: &TransferRow) {
        add(&mut self.out.transfers, 1);
        let id = RequestId::from_bytes(row.reference);
        let Some(posting) = row.posting else {
            return self.find("I1", format!("transfer of {id}: an unknown code"));
        };
        let amount = i128::from(posting.amount.nano());
        if amount <= 0 || posting.debit == posting.credit {
            self.find("I1", format!("transfer of {id}: {amount} from {:?} to {:?}", posting.debit, posting.credit));
        }
        match posting.code {
            Code::Usage => {
                self.charged = self.charged.saturating_add(amount);
                if row.reference < self.kept_from {
                    self.gone = self.gone.saturating_add(amount);
                    return self.move_between(&posting, amount);
                }
                let spent = self.day.entry(id).or_default();
                spent.transferred = spent.transferred.saturating_add(amount);
            }
            Code::Writeoff => self.written_off = self.written_off.saturating_add(amount),
            Code::Grant | Code::Breakage | Code::Adjust => {}
        }
        self.move_between(&posting, amount);
    }

    fn move_between(&mut self, posting: &Posting, amount: i128) {
        if let Account::Grant(grant) = posting.credit {
            let journal = self.journal.entry(grant).or_default();
            journal.balance = journal.balance.saturating_add(amount);
            journal.granted = journal.granted.saturating_add(amount);
        }
        if let Account::Grant(grant) = posting.debit {
            let journal = self.journal.entry(grant).or_default();
            journal.balance = journal.balance.saturating_sub(amount);
            let part = match posting.code {
                Code::Breakage => &mut journal.broken,
                Code::Usage | Code::Grant | Code::Writeoff | Code::Adjust => &mut journal.used,
            };
            *part = part.saturating_add(amount);
        }
    }

    /// A usage row.
    pub fn usage(&mut self, fact: &UsageFact) {
        add(&mut self.out.usage_rows, 1);
        let id = fact.request;
        if !fact.settled {
            if fact.charge != NanoUsd::ZERO {
                self.find("I6", format!("usage {id}: charged without a settled hold"));
            }
            if fact.cache.saved != NanoUsd::ZERO {
                self.find("I13", format!("usage {id}: saved by caches without a settled hold"));
            }
            return;
        }
        if self.open.contains(&id) || self.stones.contains(&id) {
            self.find("I5", format!("hold {id}: settled and in another state too"));
        }
        let charge = i128::from(fact.charge.nano());
        let sums = self.spent.entry(fact.key).or_default();
        sums.charged = sums.charged.saturating_add(charge);
        sums.cache = sums.cache.plus(fact.cache);
        for place in places(id, fact.key, fact.counted) {
            let left = self.days.entry(place).or_default();
            left.charged = left.charged.saturating_sub(charge);
            left.requests = left.requests.saturating_sub(1);
            if *left == Left::default() {
                self.days.remove(&place);
            }
        }
        if self.day.entry(id).or_default().charged.replace(charge).is_some() {
            self.find("I6", format!("usage {id}: two usage rows"));
        }
    }

    /// All transfers and usage rows of some requests have been given: compares them.
    pub fn day_ends(&mut self) {
        for (id, spent) in std::mem::take(&mut self.day) {
            let moved = spent.transferred;
            match spent.charged {
                None => self.find("I6", format!("request {id}: {moved} transferred and no usage row")),
                Some(charged) if charged != moved => {
                    self.find("I6", format!("request {id}: usage row says {charged}, transfers sum to {moved}"));
                }
                Some(_) => {}
            }
        }
    }

    /// Compares what is left and says it all.
    pub fn finish(mut self) -> Outcome {
        self.day_ends();
        for row in std::mem::take(&mut self.grants) {
            self.compare(&row);
        }
        let strangers: Vec<GrantId> = self.journal.keys().copied().collect();
        for id in strangers {
            self.find("I1", format!("account {id}: transfers name it, no such grant"));
        }
        for (id, sum) in std::mem::take(&mut self.legs) {
            self.find("I3", format!("account {id}: legs of {sum}, no such grant"));
        }
        if self.gone != 0 {
            let what = format!("transfers sum to {} more than usage rows that are gone", self.gone);
            self.find("I15", what);
        }
        self.compare_keys();
        for pair in std::mem::take(&mut self.sums).windows(2) {
            if let [(a, requests, charge), (b, requests_b, charge_b)] = pair
                && (requests, charge) != (requests_b, charge_b)
            {
                let what = format!("{a} has {requests} requests for {charge} USD, {b} {requests_b} for {charge_b}");
                self.find("I17", what);
            }
        }
        for ((meter, day), Left { charged, requests }) in std::mem::take(&mut self.days) {
            let what = format!("{charged} of charges and {requests} requests more than its usage rows");
            self.find("I14", format!("{meter} on day {day}: its row says {what}"));
        }
        self.out.charged = amount(self.charged);
        self.out.written_off = amount(self.written_off);
        self.out.findings.sort_by(|a, b| (a.invariant, &a.what).cmp(&(b.invariant, &b.what)));
        self.out
    }

    /// A key without a row has spent nothing, by its row.
    fn compare_keys(&mut self) {
        for (key, row) in std::mem::take(&mut self.spends) {
            let sums = self.spent.remove(&key).unwrap_or_default();
            self.compare_key(key, &row, &sums);
        }
        for (key, sums) in std::mem::take(&mut self.spent) {
            self.compare_key(key, &KeySpend::default(), &sums);
        }
        for (key, by_day) in std::mem::take(&mut self.facts).into_iter().filter(|(_, sum)| *sum != 0) {
            self.find("I16", format!("key {key}: spent 0, its days sum to {by_day}"));
        }
    }

    fn compare_key(&mut self, key: KeyId, row: &KeySpend, sums: &KeySums) {
        let (spent, charged) = (row.spent.nano(), sums.charged);
        let by_day = self.facts.remove(&key).unwrap_or(0);
        if i128::from(spent) != by_day {
            self.find("I16", format!("key {key}: spent {spent}, its days sum to {by_day}"));
        }
        if i128::from(spent) != charged {
            self.find("I11", format!("key {key}: spent {spent}, charges sum to {charged}"));
        }
        if row.cache != sums.cache {
            let told = |cache: &CacheSums| {
                format!("{} read, {} written, {} saved", cache.read, cache.written, cache.saved.nano())
            };
            let what = format!("key {key}: caches {}, usage rows sum to {}", told(&row.cache), told(&sums.cache));
            self.find("I13", what);
        }
    }

    fn compare(&mut self, row: &GrantRow) {
        let id = row.id;
        let [granted, posted, held] = [row.granted, row.posted, row.held].map(|n| i128::from(n.nano()));
        let journal = self.journal.remove(&id).unwrap_or_default();
        let legs = self.legs.remove(&id).unwrap_or(0);
        if posted != journal.balance {
            let sum = journal.balance;
            self.find("I2", format!("account {id}: posted {posted}, transfers sum to {sum}"));
        }
        if held != legs {
            self.find("I3", format!("account {id}: held {held}, open legs sum to {legs}"));
        }
        if held < 0 || posted < held {
            self.find("I4", format!("account {id}: posted {posted}, held {held}"));
        }
        let (used, broken) = (journal.used, journal.broken);
        let parts = used.saturating_add(broken).saturating_add(posted);
        if granted != parts || granted != journal.granted {
            let what = format!("account {id}: granted {granted}, {used} used + {posted} left + {broken} broken");
            self.find("I8", what);
        }
    }
}

fn add(count: &mut u64, n: u64) {
    *count = count.saturating_add(n);
}

fn amount(sum: i128) -> NanoUsd {
    i64::try_from(sum).map_or(NanoUsd::MAX, NanoUsd::new)
}
