//! Caps: how much a key, a member or an end user may spend, and how many requests they may make, in all, in a UTC month or on a UTC
//! day (R-KEY-2, R-KEY-3). In: caps, what was charged and what is held. Out: how much room they leave. A charge counts for the day
//! of its request's id, whenever it is settled, and so does the request. Never here: credit (wallet.rs), who has which cap (admit).

use crate::{
    AccountAsk, AccountState, Balance, ExtendOrder, HoldAnswer, HoldOrder, KeySpend, LedgerError, LimitSource,
    OpenHold, Refusal, Wallet,
};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use units::{KeyId, MeterId, MoneyError, NanoUsd, RequestId, Timestamp};

/// A stretch of time after which a cap begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// A UTC day.
    Day,
    /// A UTC month.
    Month,
}

impl Span {
    /// The days that count together with the day of an instant.
    pub fn days(self, at: Timestamp) -> RangeInclusive<i64> {
        match self {
            Self::Day => at.day()..=at.day(),
            Self::Month => {
                let (first, last) = at.month();
                first..=last
            }
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// When it begins anew.
    pub fn ends(self, at: Timestamp) -> Timestamp {
        Timestamp::of_day(self.days(at).end().saturating_add(1))
    }
}

/// Whose charges a cap counts, and over what time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capped {
    /// The key's, for ever.
    KeyInAll,
    /// The key's.
    Key(Span),
    /// The member's that the key belongs to, over all of that member's keys.
    Member(Span),
    /// The end user's that the request names, over all keys of the workspace.
    EndUser(Span),
}

impl Capped {
    /// The time over which it counts; `None` is for ever.
    pub const fn span(self) -> Option<Span> {
        match self {
            Self::KeyInAll => None,
            Self::Key(span) | Self::Member(span) | Self::EndUser(span) => Some(span),
        }
    }
}

/// The most of what a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    /// What may be charged.
    Spend(NanoUsd),
    /// Requests that may be answered; one under way counts, one that was given back does not.
    Requests(u32),
}

/// A cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Whose, and over what time.
    pub of: Capped,
    /// The most of it.
    pub most: Most,
}

impl Cap {
    /// One on charges.
    pub const fn spend(of: Capped, most: NanoUsd) -> Self {
        Self { of, most: Most::Spend(most) }
    }

    /// One on requests. They are counted by day: one of a key in all bounds nothing.
    pub const fn requests(of: Capped, most: u32) -> Self {
        Self { of, most: Most::Requests(most) }
    }

    /// Whether it counts requests.
    pub const fn is_of_requests(&self) -> bool {
        matches!(self.most, Most::Requests(_))
    }
}

/// The caps of one call; mostly none.
pub type Caps = Arc<[Cap]>;

/// Whose charges a call counts for besides its key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counted {
    /// The member that the key belongs to.
    pub member: Option<MeterId>,
    /// The end user that the request names.
    pub end_user: Option<MeterId>,
}

/// What was charged and what open holds have reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Spent {
    /// Charged.
    pub spent: NanoUsd,
    /// Held.
    pub held: NanoUsd,
}

/// What counts for somebody on a day.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    money: Spent,
    /// Requests that were settled.
    settled: u32,
    /// Open holds.
    open: u32,
}

/// The tightest cap on charges of a call, and how much it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The cap.
    pub cap: Cap,
    /// What neither was charged nor is held.
    pub free: NanoUsd,
    /// What was not charged.
    pub unspent: NanoUsd,
}

/// What keys, members and end users have spent and hold. A sum that does not fit stays at its end, where every cap is reached.
#[derive(Clone, Debug, Default)]
pub struct Tallies {
    keys: BTreeMap<KeyId, (KeySpend, NanoUsd)>,
    days: BTreeMap<(MeterId, i64), Tally>,
}

impl Tallies {
    /// Takes what a key came to.
    pub fn load_key(&mut self, key: KeyId, spend: KeySpend) {
        self.keys.entry(key).or_default().0 = spend;
    }

    /// Takes what was charged to somebody on a day, by so many requests.
    pub fn load_day(&mut self, meter: MeterId, day: i64, (spent, requests): (NanoUsd, u32)) {
        let tally = self.days.entry((meter, day)).or_default();
        (tally.money.spent, tally.settled) = (spent, requests);
    }

    /// Reserves credit as the wallet and the caps allow.
    ///
    /// # Errors
    /// Those of `Wallet::hold`; then nothing is changed.
    pub fn hold(
        &mut self,
        wallet: &mut Wallet,
        order: &HoldOrder,
    ) -> Result<Result<OpenHold, Refusal>, LedgerError> {
        if let Some(cap) = self.used_up(order) {
            let source = LimitSource::Cap(cap);
            return Ok(Err(Refusal { source, available: NanoUsd::ZERO, needed: order.floor }));
        }
        let room = self.room(order.id, order.key, order.counted, &order.caps);
        let answer = wallet.hold(order, room)?;
        if let Ok(hold) = &answer {
            self.load_hold(hold, hold.amount()?);
        }
        Ok(answer)
    }

    /// Raises a hold as the wallet and the caps allow, all or nothing.
    ///
    /// # Errors
    /// Those of `Wallet::extend`.
    pub fn extend(
        &mut self,
        wallet: &mut Wallet,
        hold: &mut OpenHold,
        order: &ExtendOrder,
    ) -> Result<HoldAnswer, LedgerError> {
        let before = hold.amount()?;
        let room = self.room(hold.id, hold.key, hold.counted, &order.caps);
        let answer = wallet.extend(hold, order, room)?;
        self.take(hold, hold.amount()?.minus(before)?, 0);
        Ok(answer)
    }

    /// A hold of so much was placed.
    pub fn load_hold(&mut self, hold: &OpenHold, amount: NanoUsd) {
        self.take(hold, amount, 1);
    }

    fn take(&mut self, hold: &OpenHold, amount: NanoUsd, requests: u32) {
        let held = |sum: &mut NanoUsd| *sum = added(*sum, amount);
        held(&mut self.keys.entry(hold.key).or_default().1);
        for place in places(hold.id, hold.key, hold.counted) {
            let tally = self.days.entry(place).or_default();
            held(&mut tally.money.held);
            tally.open = tally.open.saturating_add(requests);
        }
    }

    /// A hold was settled, and this is what it came to; or it was given back, and came to nothing.
    ///
    /// # Errors
    /// `Overflow` when the charges of the key do not fit; then nothing is changed.
    pub fn close(&mut self, hold: &OpenHold, settled: Option<KeySpend>) -> Result<(), MoneyError> {
        let (held, spend) = (hold.amount()?, settled.unwrap_or_default());
        let (sums, holding) = self.keys.entry(hold.key).or_default();
        *sums = sums.plus(spend)?;
        *holding = taken(*holding, held);
        for place in places(hold.id, hold.key, hold.counted) {
            let Tally { money, settled: requests, open } = self.days.entry(place).or_default();
            *money = Spent { spent: added(money.spent, spend.spent), held: taken(money.held, held) };
            *requests = requests.saturating_add(settled.is_some().into());
            *open = open.saturating_sub(1);
        }
        Ok(())
    }

    /// The first of a call's caps on requests that has no room for one more.
    fn used_up(&self, order: &HoldOrder) -> Option<Cap> {
        let at = order.id.made_at();
        order.caps.iter().copied().find(|cap| {
            let Most::Requests(most) = cap.most else { return false };
            let (meter, span) = match cap.of {
                // Requests are counted by day alone.
                Capped::KeyInAll => (None, Span::Month),
                Capped::Key(span) => (Some(order.key.into()), span),
                Capped::Member(span) => (order.counted.member, span),
                Capped::EndUser(span) => (order.counted.end_user, span),
            };
            meter.is_some_and(|meter| self.requests(meter, span, at) >= most)
        })
    }

    /// The tightest of a call's caps on charges; `None` where it has none.
    fn room(&self, id: RequestId, key: KeyId, counted: Counted, caps: &[Cap]) -> Option<Room> {
        let at = id.made_at();
        let rooms = caps.iter().filter_map(|cap| {
            let Most::Spend(limit) = cap.most else { return None };
            let Spent { spent, held } = match cap.of {
                Capped::KeyInAll => self.key(key).1,
                Capped::Key(span) => self.over(key.into(), span, at),
                Capped::Member(span) => self.over_of(counted.member, span, at),
                Capped::EndUser(span) => self.over_of(counted.end_user, span, at),
            };
            let unspent = taken(limit, spent);
            Some(Room { cap: *cap, free: taken(unspent, held), unspent })
        });
        rooms.min_by_key(|room| room.free)
    }

    /// What a key came to since it was made, and what it holds.
    pub fn key(&self, key: KeyId) -> (KeySpend, Spent) {
        let (spend, held) = self.keys.get(&key).copied().unwrap_or_default();
        (spend, Spent { spent: spend.spent, held })
    }

    /// What somebody has spent and holds over a time.
    pub fn over(&self, meter: MeterId, span: Span, at: Timestamp) -> Spent {
        self.over_days(meter, span, at).fold(Spent::default(), |sum, day| Spent {
            spent: added(sum.spent, day.money.spent),
            held: added(sum.held, day.money.held),
        })
    }

    /// How many requests of somebody were answered over a time or are under way.
    pub fn requests(&self, meter: MeterId, span: Span, at: Timestamp) -> u32 {
        let counts = self.over_days(meter, span, at).map(|day| day.settled.saturating_add(day.open));
        counts.fold(0, u32::saturating_add)
    }

    fn over_days(&self, meter: MeterId, span: Span, at: Timestamp) -> impl Iterator<Item = &Tally> {
        let days = span.days(at);
        self.days.range((meter, *days.start())..=(meter, *days.end())).map(|(_, tally)| tally)
    }

    /// A cap on somebody whom the call does not name counts nobody.
    fn over_of(&self, meter: Option<MeterId>, span: Span, at: Timestamp) -> Spent {
        meter.map_or_else(Spent::default, |meter| self.over(meter, span, at))
    }

    /// Forgets the days before one; they are on disk.
    pub fn forget_before(&mut self, day: i64) {
        self.days.retain(|(_, of), tally| *of >= day || tally.open > 0);
    }
}

/// Everything about one caller's money, of what is known at one instant.
pub fn account(balance: Balance, ask: &AccountAsk, tallies: &Tallies) -> AccountState {
    let (key, key_in_all) = tallies.key(ask.key);
    AccountState {
        balance,
        key,
        key_in_all,
        key_day: tallies.over(ask.key.into(), Span::Day, ask.at),
        key_month: tallies.over(ask.key.into(), Span::Month, ask.at),
        member_day: tallies.over_of(ask.member, Span::Day, ask.at),
        member_month: tallies.over_of(ask.member, Span::Month, ask.at),
    }
}

/// What was charged to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct KeyCharges {
    /// Since it was made.
    pub total: NanoUsd,
    /// In the month that was asked for.
    pub month: NanoUsd,
    /// On the day that was asked for.
    pub day: NanoUsd,
}

/// What was charged to each of these keys, of what is known at one instant.
pub fn key_charges(keys: &[KeyId], at: Timestamp, tallies: &Tallies) -> Vec<KeyCharges> {
    let charges = |key: &KeyId| KeyCharges {
        total: tallies.key(*key).1.spent,
        month: tallies.over((*key).into(), Span::Month, at).spent,
        day: tallies.over((*key).into(), Span::Day, at).spent,
    };
    keys.iter().map(charges).collect()
}

/// Where a call counts, by day: under its key, its member, its end user.
pub fn places(id: RequestId, key: KeyId, counted: Counted) -> impl Iterator<Item = (MeterId, i64)> {
    let day = id.made_at().day();
    let meters = [Some(MeterId::from(key)), counted.member, counted.end_user];
    meters.into_iter().flatten().map(move |meter| (meter, day))
}

const fn added(sum: NanoUsd, by: NanoUsd) -> NanoUsd {
    NanoUsd::new(sum.nano().saturating_add(by.nano()))
}

const fn taken(sum: NanoUsd, by: NanoUsd) -> NanoUsd {
    NanoUsd::new(sum.nano().saturating_sub(by.nano()))
}

#[cfg(test)]
#[path = "cap_tests.rs"]
mod tests;
