//! The hold of one request, from its opening to its one closing. In: a quote, orders to the ledger. Out: what may be
//! used so far, and what was charged. Never here: a `Drop` that bills; a forgotten tab's hold is void by the ledger.

use crate::house::House;
use crate::limits::{BYTES_PER_TOKEN_MAX, SETTLE_TIME_MAX};
use crate::relay::job::{Job, Terms};
use crate::relay::quote::Quote;
use crate::relay::unpaid::{refused, unavailable, unpriced, unsettled};
use canon::{Fault, FaultKind, Tally};
use dialect::Made;
use ledger::{Cap, Caps, ExtendOrder, HoldAnswer, HoldOrder, HoldState, SettleAnswer, SettleOrder, UsageRow};
use std::sync::Arc;
use store::port::StoreError;
use tokio::time::Instant;
use units::{NanoUsd, RequestId, Tokens};

/// An open tab.
pub enum Tab {
    /// Nothing is held or charged.
    Free,
    /// Credit is held; or nothing, where the request is free and somebody's requests have a cap, so that it counts.
    Held(Held),
}

/// What is held.
pub struct Held {
    id: RequestId,
    guard: LeakGuard,
    quote: Box<Quote>,
    amount: NanoUsd,
    covered: Tokens,
    /// The largest cost that the request itself can come to: no report of a provider is believed beyond it.
    most: NanoUsd,
    extensions: u32,
    caps: Caps,
    /// Whether the model that serves is free, be it in the place of one that is not: what is held goes back at the end.
    free: bool,
    /// The limit that was inserted bounds the answer by what is held: nothing needs to be extended.
    bounded: bool,
}

/// Notices a hold that nobody closed. Its `Drop` only leaves the id where the house looks for it: nothing bills there.
struct LeakGuard {
    house: Arc<House>,
    id: Option<RequestId>,
}

impl LeakGuard {
    /// The hold is being closed: there is nothing to notice.
    fn rest(&mut self) {
        self.id = None;
    }
}

impl Drop for LeakGuard {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.house.forgotten.lock().push(id);
        }
    }
}

/// What the closing came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// What was charged.
    pub charged: NanoUsd,
    /// What the hold did not cover.
    pub written_off: NanoUsd,
}

impl Tab {
    /// Opens the tab of a job. Also says which limit of the answer must be inserted, when the client gave none and
    /// its balance covers only so much.
    ///
    /// # Errors
    /// 402 faults, and `LedgerUnavailable` when nobody can decide.
    pub async fn open(house: &Arc<House>, job: &Job) -> Result<(Self, Option<Tokens>), Fault> {
        let (quote, free) = match &job.terms {
            Terms::Billed(quote) => (quote.clone(), false),
            Terms::Free if job.counts_requests() => (Box::new(Quote::nothing()), true),
            Terms::Free => return Ok((Self::Free, None)),
        };
        let want = quote.cost_of(quote.first).map_err(unpriced)?;
        let floor = if quote.client_set_max { want } else { quote.cost_of(quote.choices).map_err(unpriced)? };
        let amount = hold(house, job, want, floor).await?;
        let covered = quote.covered_by(amount);
        // The limit that is inserted holds for each choice by itself.
        let insert = (amount < want).then(|| covered / quote.choices.max(1));
        let most = quote.cost_of(quote.answer_max).map_err(unpriced)?;
        let guard = LeakGuard { house: house.clone(), id: Some(job.entry.id) };
        let held = Held {
            id: job.entry.id,
            guard,
            quote,
            amount,
            covered,
            most,
            extensions: 0,
            caps: job.caps.clone(),
            free,
            bounded: insert.is_some(),
        };
        Ok((Self::Held(held), insert))
    }

    /// Turns the tab to another model: the same hold, by other terms, raised where they want more. Also says which limit of the
    /// answer must be inserted.
    ///
    /// # Errors
    /// As `open`; then the hold is as it was, or larger.
    pub async fn turn_to(&mut self, house: &Arc<House>, job: &Job) -> Result<Option<Tokens>, Fault> {
        let held = match (self, &job.terms) {
            (Self::Free, Terms::Free) => return Ok(None),
            (tab @ Self::Free, Terms::Billed(_)) => {
                let (open, insert) = Self::open(house, job).await?;
                *tab = open;
                return Ok(insert);
            }
            (Self::Held(held), Terms::Free) => {
                held.free = true;
                return Ok(None);
            }
            (Self::Held(held), Terms::Billed(quote)) => {
                (held.quote, held.free) = (quote.clone(), false);
                held
            }
        };
        let want = held.quote.cost_of(held.quote.first).map_err(unpriced)?;
        let least = if held.quote.client_set_max {
            want
        } else {
            held.quote.cost_of(held.quote.choices).map_err(unpriced)?
        };
        held.most = held.quote.cost_of(held.quote.answer_max).map_err(unpriced)?;
        held.extend_to(house, want).await.map_err(unavailable)?;
        if held.amount < least {
            let told = "The credit that is left does not cover the model in the place of the one asked for.";
            return Err(Fault::new(FaultKind::InsufficientCredits, told));
        }
        held.bounded = held.amount < want;
        Ok(held.bounded.then(|| held.covered / held.quote.choices.max(1)))
    }

    /// Prices pictures as they came out.
    pub fn price_of(&mut self, made: &Made) {
        if let Self::Held(held) = self {
            held.quote.price_of(made);
        }
    }

    /// Extends ahead of use. `false` means that the credit is used up: the answer must end now.
    ///
    /// # Errors
    /// `LedgerUnavailable` when nobody can decide.
    pub async fn keep_ahead(&mut self, house: &House, tally: &Tally) -> Result<bool, Fault> {
        let Self::Held(held) = self else { return Ok(true) };
        if held.free {
            return Ok(true);
        }
        if held.is_beyond(tally) {
            return Ok(false);
        }
        held.correct(tally);
        let Some(target) = held.target(tally) else { return Ok(true) };
        let want = held.quote.cost_of(target).map_err(unpriced)?;
        let whole = held.extend_to(house, want).await.map_err(unavailable)?;
        // What is held may cover what passed all the same; only when that is used up does the answer end.
        Ok(whole || held.used(tally) < held.covered)
    }

    /// Closes with the true usage. Answers when the charge is durable; the row's charge is set by the ledger.
    ///
    /// # Errors
    /// `LedgerUnavailable` when it did not become durable in time (it is still queued and will be charged once).
    pub async fn settle(self, house: &House, row: &UsageRow) -> Result<Closed, Fault> {
        let held = match self {
            Self::Free => {
                house.ledger.record(row.clone());
                return Ok(Closed::default());
            }
            Self::Held(held) => held,
        };
        let mut held = held;
        held.guard.rest();
        // A usage without a price cannot be charged above the hold, nor given away: the hold is the charge.
        let cost = match held.free {
            true => NanoUsd::ZERO,
            false => ledger::meter::charge(&row.usage, &held.quote.rates).unwrap_or(held.amount),
        };
        if cost.min(held.most) > held.amount {
            // A stream ran ahead of its slice: what the balance has is taken first, and only the rest is written off. A
            // report beyond what was asked for is not believed. Should the ledger fail here, it fails at the settle too.
            let _ = held.extend_to(house, cost.min(held.most)).await;
        }
        let usage = UsageRow { cache_saved: held.cache_saved(row, cost), ..row.clone() };
        let order = SettleOrder { id: held.id, cost, usage };
        let asked = Instant::now();
        let settled = tokio::time::timeout(SETTLE_TIME_MAX, house.ledger.settle(order)).await;
        house.metrics.settled(asked.elapsed());
        match settled {
            Ok(Ok(SettleAnswer::Settled { charged, written_off })) => Ok(Closed { charged, written_off }),
            Ok(Ok(SettleAnswer::Already(state))) => {
                // This node was taken for dead. The row says what the house lost.
                house
                    .log
                    .error("charge.lost", &[("request.id", &held.id.to_string()), ("cost.usd", &cost.to_string())]);
                if matches!(state, HoldState::Expired | HoldState::Released | HoldState::Unknown) {
                    house.ledger.record(row.clone());
                }
                Err(Fault::new(FaultKind::Internal, "The request's credit was given back before it ended."))
            }
            Ok(Err(error)) => Err(unsettled(error.into())),
            Err(_) => Err(unsettled("the settle did not become durable in time".into())),
        }
    }

    /// The hold is a task's from now on; one that a free model does not need, not to be counted either, goes back.
    pub async fn give_away(self, house: &House) {
        if let Self::Held(mut held) = self {
            held.guard.rest();
            let counted = held.caps.iter().any(Cap::is_of_requests);
            if held.free && !counted && house.ledger.release(held.id, None).await.is_err() {
                // It is void when this node's lease ends. Nobody is charged.
                house.log.error("hold.release_failed", &[("request.id", &held.id.to_string())]);
            }
        }
    }

    /// Closes without a charge; the row says why.
    pub async fn release(self, house: &House, row: UsageRow) {
        match self {
            Self::Free => house.ledger.record(row),
            Self::Held(mut held) => {
                held.guard.rest();
                if let Err(error) = house.ledger.release(held.id, Some(row)).await {
                    // The hold stays until its owner's lease ends; then it is void. Nobody is charged.
                    house.log.error("hold.release_failed", &[("error", &error.to_string())]);
                }
            }
        }
    }

    /// The version of the price, where there is one.
    pub fn price(&self) -> Option<units::PriceId> {
        match self {
            Self::Free => None,
            Self::Held(held) => (!held.free).then_some(held.quote.price),
        }
    }
}

/// Orders the hold of a job.
async fn hold(house: &House, job: &Job, want: NanoUsd, floor: NanoUsd) -> Result<NanoUsd, Fault> {
    let order = HoldOrder {
        id: job.entry.id,
        workspace: job.caller.workspace,
        key: job.caller.id,
        counted: job.counts_for,
        caps: job.caps.clone(),
        want,
        floor,
        at: job.entry.at,
    };
    let asked = Instant::now();
    let answer = house.ledger.hold(order).await.map_err(unavailable)?;
    house.metrics.held(asked.elapsed());
    match answer {
        HoldAnswer::Held { amount } => Ok(amount),
        HoldAnswer::Refused(refusal) => Err(refused(&refusal, job.entry.at)),
        HoldAnswer::Conflict(_) => Err(Fault::new(FaultKind::Internal, "The request could not be accounted for.")),
    }
}

impl Held {
    /// Whether the answer is longer than was asked for, by the provider's own count or beyond any doubt: nobody asked for the
    /// rest, and nobody would pay it.
    fn is_beyond(&self, tally: &Tally) -> bool {
        let surely = tally.text_bytes() / BYTES_PER_TOKEN_MAX;
        tally.usage().answer_total().max(surely) > self.quote.answer_max
    }

    /// What caches saved of that cost. Without a cache the request could not have cost more than it can come to, so a report
    /// beyond that is not believed here either; and a usage without a price saves nothing.
    fn cache_saved(&self, row: &UsageRow, cost: NanoUsd) -> NanoUsd {
        if self.free {
            return NanoUsd::ZERO;
        }
        let saved = ledger::meter::cache_saved(&row.usage, &self.quote.rates).unwrap_or(NanoUsd::ZERO);
        saved.min(self.most.minus(cost).unwrap_or(NanoUsd::ZERO).max(NanoUsd::ZERO))
    }

    /// Takes over the prompt's true size when the upstream reports one; never above the bound.
    fn correct(&mut self, tally: &Tally) {
        let reported = tally.usage().prompt_total();
        if reported > 0 && reported < self.quote.prompt {
            self.quote.prompt = reported;
            self.covered = self.quote.covered_by(self.amount);
        }
    }

    /// How much answer the hold should cover now; `None` while it covers enough.
    fn target(&self, tally: &Tally) -> Option<Tokens> {
        let used = self.used(tally).min(self.quote.answer_max);
        if self.covered >= self.quote.answer_max || (self.bounded && used <= self.covered) {
            return None;
        }
        if tally.hidden_reasoning() {
            return Some(self.quote.answer_max);
        }
        let ahead = used.saturating_add(self.quote.slice / 4);
        (ahead >= self.covered).then(|| used.saturating_add(self.quote.slice).min(self.quote.answer_max))
    }

    /// An upper bound of the answer's tokens so far: every token is at least one byte of what passed, and a report counts.
    /// Where a limit was inserted, the provider counts by it, and only its report says more.
    fn used(&self, tally: &Tally) -> Tokens {
        let passed = if self.bounded { 0 } else { tally.text_bytes().saturating_add(tally.other_bytes()) };
        passed.max(tally.usage().answer_total())
    }

    /// Raises the hold to an amount, or as near to it as the balance allows; says whether all of it was to be had.
    async fn extend_to(&mut self, house: &House, want: NanoUsd) -> Result<bool, StoreError> {
        let mut by = want.minus(self.amount).unwrap_or(NanoUsd::ZERO);
        let mut whole = true;
        while by > NanoUsd::ZERO {
            self.extensions += 1;
            let (caps, at) = (self.caps.clone(), house.clock.now());
            let order = ExtendOrder { id: self.id, seq: self.extensions, by, caps, at };
            match house.ledger.extend(order).await? {
                HoldAnswer::Held { amount } => {
                    self.amount = amount;
                    break;
                }
                HoldAnswer::Refused(refusal) if whole => {
                    whole = false;
                    by = refusal.available.min(by);
                }
                HoldAnswer::Refused(_) | HoldAnswer::Conflict(_) => return Ok(false),
            }
        }
        self.covered = self.quote.covered_by(self.amount);
        Ok(whole)
    }
}
