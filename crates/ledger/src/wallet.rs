//! A workspace's credit and what may be done to it. In: orders and `now`. Out: answers, postings, the new state.
//! A move is decided whole before anything is changed. Never here: SQL, a clock, a negative balance by use.

use crate::{
    Account, Balance, Code, ExtendOrder, GrantKind, GrantOrder, HoldAnswer, HoldOrder, HoldState, LimitSource,
    OpenHold, Posting, Refusal, Room, SystemAccount,
};
use units::{GrantId, MoneyError, NanoUsd, Timestamp};

/// Why the rulebook could not decide. Never an answer to a customer: it means that the books are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A sum does not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An amount is below zero, or zero where it must be above.
    #[error("an amount must be above zero")]
    Amount,
    /// A hold names a grant that the wallet does not have, or more than the grant holds.
    #[error("hold and wallet contradict each other at {0}")]
    Contradiction(GrantId),
}

/// One piece of credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The lowest is used first.
    pub priority: u8,
    /// When it vanishes.
    pub expires_at: Option<Timestamp>,
    /// Whether its unheld rest went to breakage already; then it is expired whatever the clock says.
    pub swept: bool,
    /// What is left of it.
    pub posted: NanoUsd,
    /// What open holds have reserved of that.
    pub held: NanoUsd,
}

impl Grant {
    /// A fresh one.
    pub const fn of(order: &GrantOrder) -> Self {
        Self {
            id: order.id,
            priority: order.kind.priority(),
            expires_at: order.expires_at,
            swept: false,
            posted: order.amount,
            held: NanoUsd::ZERO,
        }
    }

    /// Whether it can no longer be held.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.swept || self.expires_at.is_some_and(|end| end <= now)
    }

    fn free(&self) -> Result<NanoUsd, MoneyError> {
        self.posted.minus(self.held)
    }

    /// Drain order: priority, then what vanishes first, then age.
    fn rank(&self) -> (u8, bool, Option<Timestamp>, GrantId) {
        (self.priority, self.expires_at.is_none(), self.expires_at, self.id)
    }
}

/// How one leg of a hold ended: `freed = charged + broken + what returned to the grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegEnd {
    /// The grant.
    pub grant: GrantId,
    /// What the hold had reserved.
    pub freed: NanoUsd,
    /// What the customer paid from it.
    pub charged: NanoUsd,
    /// What vanished because the grant had expired.
    pub broken: NanoUsd,
}

/// How a hold closes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Closing {
    /// Settled, released or expired.
    pub state: HoldState,
    /// Leg by leg, in drain order.
    pub ends: Vec<LegEnd>,
    /// What was charged.
    pub charged: NanoUsd,
    /// The part of the cost that the hold did not cover.
    pub written_off: NanoUsd,
}

impl Closing {
    /// Whether it was closed with its cost, however small that is.
    pub const fn is_settled(&self) -> bool {
        matches!(self.state, HoldState::Settled { .. })
    }

    /// The rows to append to the journal.
    pub fn postings(&self) -> impl Iterator<Item = Posting> + '_ {
        let legs = self.ends.iter().flat_map(|end| {
            let from = |code, credit, amount| Posting {
                code,
                debit: Account::Grant(end.grant),
                credit: Account::System(credit),
                amount,
            };
            [
                from(Code::Usage, SystemAccount::Revenue, end.charged),
                from(Code::Breakage, SystemAccount::Breakage, end.broken),
            ]
        });
        let rest = Posting {
            code: Code::Writeoff,
            debit: Account::System(SystemAccount::Writeoff),
            credit: Account::System(SystemAccount::Revenue),
            amount: self.written_off,
        };
        legs.chain([rest]).filter(|p| p.amount > NanoUsd::ZERO)
    }
}

/// Credit of an expired grant that nobody held: it goes to breakage, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The grant.
    pub grant: GrantId,
    /// How much vanished; may be zero.
    pub broken: NanoUsd,
}

impl Sweep {
    /// The row to append to the journal, if anything vanished.
    pub fn posting(&self) -> Option<Posting> {
        (self.broken > NanoUsd::ZERO).then_some(Posting {
            code: Code::Breakage,
            debit: Account::Grant(self.grant),
            credit: Account::System(SystemAccount::Breakage),
            amount: self.broken,
        })
    }
}

/// The credit of one workspace, in drain order.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wallet {
    grants: Vec<Grant>,
}

impl Wallet {
    /// From grants in any order.
    pub fn new(mut grants: Vec<Grant>) -> Self {
        grants.sort_by_key(Grant::rank);
        Self { grants }
    }

    /// The grants in drain order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Adds credit. The caller has made sure that the grant's id is new.
    ///
    /// # Errors
    /// `Amount` unless above zero; `Money` when the wallet's sum would not fit.
    pub fn grant(&mut self, order: &GrantOrder) -> Result<Posting, LedgerError> {
        if order.amount <= NanoUsd::ZERO {
            return Err(LedgerError::Amount);
        }
        self.grants.iter().try_fold(order.amount, |sum, grant| sum.plus(grant.posted))?;
        self.grants.retain(|g| g.posted != NanoUsd::ZERO || g.held != NanoUsd::ZERO);
        let grant = Grant::of(order);
        let place = self.grants.partition_point(|g| g.rank() < grant.rank());
        self.grants.insert(place, grant);
        Ok(Self::grant_posting(order.kind, order.id, order.amount))
    }

    /// The row of the journal that brings a grant in.
    pub const fn grant_posting(kind: GrantKind, id: GrantId, amount: NanoUsd) -> Posting {
        Posting {
            code: Code::Grant,
            debit: Account::System(SystemAccount::source_of(kind)),
            credit: Account::Grant(id),
            amount,
        }
    }

    /// What is there at `now`. The held part of an expired grant counts on both sides.
    ///
    /// # Errors
    /// `Money`, which no wallet that `grant` filled can reach.
    pub fn balance(&self, now: Timestamp) -> Result<Balance, LedgerError> {
        let mut sum = Balance::default();
        for grant in &self.grants {
            let posted = if grant.is_expired(now) { grant.held } else { grant.posted };
            sum.posted = sum.posted.plus(posted)?;
            sum.held = sum.held.plus(grant.held)?;
            if grant.priority < GrantKind::Paid.priority() {
                sum.granted = sum.granted.plus(posted)?;
            }
        }
        Ok(sum)
    }

    /// Reserves credit: `min(want, available)` when at least `floor` is available. `room` is what the tightest cap leaves.
    ///
    /// # Errors
    /// `Amount` below zero or with `floor` above `want`; `Money`.
    pub fn hold(
        &mut self,
        order: &HoldOrder,
        room: Option<Room>,
    ) -> Result<Result<OpenHold, Refusal>, LedgerError> {
        if order.floor < NanoUsd::ZERO || order.want < order.floor {
            return Err(LedgerError::Amount);
        }
        let mut hold = OpenHold {
            id: order.id,
            workspace: order.workspace,
            key: order.key,
            counted: order.counted,
            want: order.want,
            floor: order.floor,
            at: order.at,
            seq: 0,
            legs: Vec::new(),
        };
        let want = match fit(room, order.want, order.floor) {
            Ok(want) => want,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(self.reserve(&mut hold, want, order.floor, order.at)?.map(|()| hold))
    }

    /// Raises a hold, all or nothing; an extension seen before changes nothing. `room` is what the tightest cap leaves.
    ///
    /// # Errors
    /// `Amount` below zero; `Money`.
    pub fn extend(
        &mut self,
        hold: &mut OpenHold,
        order: &ExtendOrder,
        room: Option<Room>,
    ) -> Result<HoldAnswer, LedgerError> {
        if order.by < NanoUsd::ZERO {
            return Err(LedgerError::Amount);
        }
        if order.seq > hold.seq {
            if let Err(refusal) = fit(room, order.by, order.by) {
                return Ok(HoldAnswer::Refused(refusal));
            }
            if let Err(refusal) = self.reserve(hold, order.by, order.by, order.at)? {
                return Ok(HoldAnswer::Refused(refusal));
            }
            hold.seq = order.seq;
        }
        Ok(HoldAnswer::Held { amount: hold.amount()? })
    }

    /// Takes `want` (at least `floor`) from unexpired grants in drain order, or nothing.
    fn reserve(
        &mut self,
        hold: &mut OpenHold,
        want: NanoUsd,
        floor: NanoUsd,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let mut available = NanoUsd::ZERO;
        let mut posted = NanoUsd::ZERO;
        for grant in self.grants.iter().filter(|g| !g.is_expired(now)) {
            available = available.plus(grant.free()?)?;
            posted = posted.plus(grant.posted)?;
            if available >= want {
                break;
            }
        }
        if available < floor {
            let source = if posted >= floor { LimitSource::InFlight } else { LimitSource::Balance };
            return Ok(Err(Refusal { source, available: available.max(NanoUsd::ZERO), needed: floor }));
        }
        let mut rest = want.min(available);
        for grant in self.grants.iter_mut().filter(|g| !g.is_expired(now)) {
            let part = grant.free()?.min(rest);
            if part > NanoUsd::ZERO {
                grant.held = grant.held.plus(part)?;
                hold.raise(grant.id, part)?;
                rest = rest.minus(part)?;
            }
            if rest == NanoUsd::ZERO {
                break;
            }
        }
        Ok(Ok(()))
    }

    /// Closes a hold with its true cost: the charge is `min(cost, held)`, the rest is written off.
    ///
    /// # Errors
    /// `Amount` below zero; `Contradiction` when the hold is not of this wallet. Then nothing is changed.
    pub fn settle(&mut self, hold: &OpenHold, cost: NanoUsd, now: Timestamp) -> Result<Closing, LedgerError> {
        if cost < NanoUsd::ZERO {
            return Err(LedgerError::Amount);
        }
        let charged = cost.min(hold.amount()?);
        let state = HoldState::Settled { charged };
        self.close(hold, state, charged, now)
            .and_then(|closing| Ok(Closing { written_off: cost.minus(charged)?, ..closing }))
    }

    /// Gives a hold back: `Released` by its owner, `Expired` because the owner died.
    ///
    /// # Errors
    /// `Contradiction` when the hold is not of this wallet. Then nothing is changed.
    pub fn release(&mut self, hold: &OpenHold, owner_died: bool, now: Timestamp) -> Result<Closing, LedgerError> {
        let state = if owner_died { HoldState::Expired } else { HoldState::Released };
        self.close(hold, state, NanoUsd::ZERO, now)
    }

    /// Ends every leg; what is not charged returns to its grant, or to breakage when the grant has expired.
    fn close(
        &mut self,
        hold: &OpenHold,
        state: HoldState,
        charged: NanoUsd,
        now: Timestamp,
    ) -> Result<Closing, LedgerError> {
        let mut ends = Vec::with_capacity(hold.legs.len());
        let mut rest = charged;
        for leg in &hold.legs {
            let wrong = LedgerError::Contradiction(leg.grant);
            let grant = self.grants.iter().find(|g| g.id == leg.grant).ok_or(wrong)?;
            if grant.held < leg.amount || grant.posted < leg.amount {
                return Err(wrong);
            }
            let charged = leg.amount.min(rest);
            rest = rest.minus(charged)?;
            let broken = if grant.is_expired(now) { leg.amount.minus(charged)? } else { NanoUsd::ZERO };
            ends.push(LegEnd { grant: leg.grant, freed: leg.amount, charged, broken });
        }
        for end in &ends {
            if let Some(grant) = self.grants.iter_mut().find(|g| g.id == end.grant) {
                grant.held = grant.held.minus(end.freed)?;
                grant.posted = grant.posted.minus(end.charged)?.minus(end.broken)?;
            }
        }
        Ok(Closing { state, ends, charged, written_off: NanoUsd::ZERO })
    }

    /// Whether a grant has expired and was not swept yet.
    pub fn needs_sweep(&self, now: Timestamp) -> bool {
        self.grants.iter().any(|g| !g.swept && g.is_expired(now))
    }

    /// Sends what nobody holds of expired grants to breakage. Each grant is swept once.
    ///
    /// # Errors
    /// `Money`, which no wallet that `grant` filled can reach.
    pub fn sweep(&mut self, now: Timestamp) -> Result<Vec<Sweep>, LedgerError> {
        let mut sweeps = Vec::new();
        for grant in self.grants.iter_mut().filter(|g| !g.swept) {
            if grant.is_expired(now) {
                let broken = grant.free()?.max(NanoUsd::ZERO);
                grant.posted = grant.posted.minus(broken)?;
                grant.swept = true;
                sweeps.push(Sweep { grant: grant.id, broken });
            }
        }
        Ok(sweeps)
    }
}

/// As much of `want` as a cap leaves, at least `floor`.
fn fit(room: Option<Room>, want: NanoUsd, floor: NanoUsd) -> Result<NanoUsd, Refusal> {
    let Some(Room { cap, free, unspent }) = room else { return Ok(want) };
    if free < floor {
        let source = if unspent >= floor { LimitSource::CapInFlight(cap) } else { LimitSource::Cap(cap) };
        return Err(Refusal { source, available: free.max(NanoUsd::ZERO), needed: floor });
    }
    Ok(want.min(free))
}

#[cfg(test)]
#[path = "wallet_tests.rs"]
mod tests;
