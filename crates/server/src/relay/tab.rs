//! The hold of one request, from its opening to its one closing. In: a quote, orders to the ledger. Out: what may be
//! used so far, and what was charged. Never here: a `Drop` that bills; a forgotten tab's hold is void by the ledger.

use crate::house::House;
use crate::limits::{IN_FLIGHT_RETRY, LEDGER_RETRY};
use crate::relay::order::{Order, Terms};
use crate::relay::quote::Quote;
use canon::{BoxError, Fault, FaultKind, Retry, Tally};
use ledger::{ExtendOrder, HoldAnswer, HoldOrder, LimitSource, Refusal, SettleAnswer, SettleOrder, UsageRow};
use std::sync::Arc;
use std::time::Duration;
use store::port::StoreError;
use units::{Class, NanoUsd, RequestId, Tokens};

/// How long an answer's end waits for its charge to be durable.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(10);

/// An open tab.
pub enum Tab {
    /// Nothing is held or charged.
    Free,
    /// Credit is held.
    Held(Held),
}

/// What is held.
pub struct Held {
    id: RequestId,
    guard: LeakGuard,
    quote: Box<Quote>,
    amount: NanoUsd,
    covered: Tokens,
    extensions: u32,
    corrected: bool,
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
    /// Opens the tab of an order. Also says which limit of the answer must be inserted, when the client gave none and
    /// its balance covers only so much.
    ///
    /// # Errors
    /// 402 faults, and `LedgerUnavailable` when nobody can decide.
    pub async fn open(house: &Arc<House>, order: &Order) -> Result<(Self, Option<Tokens>), Fault> {
        let Terms::Billed(quote) = &order.terms else { return Ok((Self::Free, None)) };
        let want = quote.cost_of(quote.first).map_err(unpriced)?;
        let floor = if quote.client_set_max { want } else { quote.cost_of(1).map_err(unpriced)? };
        let hold = HoldOrder {
            id: order.entry.id,
            workspace: order.caller.workspace,
            key: order.caller.id,
            want,
            floor,
            at: order.entry.at,
        };
        let amount = match house.ledger.hold(hold).await.map_err(unavailable)? {
            HoldAnswer::Held { amount } => amount,
            HoldAnswer::Refused(refusal) => return Err(refused(&refusal)),
            HoldAnswer::Conflict(_) => {
                return Err(Fault::new(FaultKind::Internal, "The request could not be accounted for."));
            }
        };
        let covered = quote.covered_by(amount);
        let insert = (amount < want).then_some(covered);
        let quote = quote.clone();
        let guard = LeakGuard { house: house.clone(), id: Some(order.entry.id) };
        let held = Held { id: order.entry.id, guard, quote, amount, covered, extensions: 0, corrected: false };
        Ok((Self::Held(held), insert))
    }

    /// Extends ahead of use. `false` means that the credit is used up: the answer must end now.
    ///
    /// # Errors
    /// `LedgerUnavailable` when nobody can decide.
    pub async fn keep_ahead(&mut self, house: &House, tally: &Tally) -> Result<bool, Fault> {
        let Self::Held(held) = self else { return Ok(true) };
        held.correct(tally);
        let Some(target) = held.target(tally) else { return Ok(true) };
        let want = held.quote.cost_of(target).map_err(unpriced)?;
        let by = want.minus(held.amount).unwrap_or(NanoUsd::ZERO);
        if by <= NanoUsd::ZERO {
            held.covered = held.quote.covered_by(held.amount);
            return Ok(true);
        }
        held.extensions += 1;
        let order = ExtendOrder { id: held.id, seq: held.extensions, by, at: house.clock.now() };
        match house.ledger.extend(order).await.map_err(unavailable)? {
            HoldAnswer::Held { amount } => {
                held.amount = amount;
                held.covered = held.quote.covered_by(amount);
                Ok(true)
            }
            // What is held already covers what passed; only when that is used up does the answer end.
            HoldAnswer::Refused(_) | HoldAnswer::Conflict(_) => Ok(tally.text_bytes() < held.covered),
        }
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
        let cost = ledger::meter::charge(&row.usage, &held.quote.rates).unwrap_or(held.amount);
        let order = SettleOrder { id: held.id, cost, usage: row.clone() };
        let settled = tokio::time::timeout(SETTLE_TIME_MAX, house.ledger.settle(order)).await;
        match settled {
            Ok(Ok(SettleAnswer::Settled { charged, written_off })) => Ok(Closed { charged, written_off }),
            Ok(Ok(SettleAnswer::Already(_))) => {
                Err(Fault::new(FaultKind::Internal, "The request's credit was given back before it ended."))
            }
            Ok(Err(error)) => Err(unsettled(error.into())),
            Err(_) => Err(unsettled("the settle did not become durable in time".into())),
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
            Self::Held(held) => Some(held.quote.price),
        }
    }
}

impl Held {
    /// Takes over the prompt's true size when the upstream first reports it.
    fn correct(&mut self, tally: &Tally) {
        if self.corrected || !tally.usage().iter().any(|(class, n)| class.is_prompt() && n > 0) {
            return;
        }
        self.corrected = true;
        let reported = tally.usage().prompt_total();
        if reported < self.quote.prompt {
            self.quote.prompt = reported;
            self.covered = self.quote.covered_by(self.amount);
        }
    }

    /// How much answer the hold should cover now; `None` while it covers enough.
    fn target(&self, tally: &Tally) -> Option<Tokens> {
        if self.covered >= self.quote.answer_max {
            return None;
        }
        if tally.hidden_reasoning() || tally.usage().count(Class::Reasoning) > tally.text_bytes() {
            return Some(self.quote.answer_max);
        }
        // Every token is at least one byte of what passed.
        let used = tally.text_bytes();
        let ahead = used.saturating_add(self.quote.slice / 4);
        (ahead >= self.covered).then(|| used.saturating_add(self.quote.slice).min(self.quote.answer_max))
    }
}

fn unpriced(error: ledger::meter::MeterError) -> Fault {
    Fault::new(FaultKind::PriceUnknown, "This model has no complete price yet, so it cannot be called.")
        .because(error)
}

/// The ledger did not answer: no hold, no call.
pub fn unavailable(error: StoreError) -> Fault {
    Fault::new(
        FaultKind::LedgerUnavailable,
        "The ledger cannot take new requests at the moment; nothing was charged.",
    )
    .retry(Retry::After(LEDGER_RETRY))
    .because(error)
}

/// The charge is queued and not durable yet: the end may not be shown, and nobody may say that nothing was charged.
fn unsettled(cause: BoxError) -> Fault {
    let told = "The end of this answer is held back because its charge could not be written in time; what was delivered is \
                charged once.";
    Fault::new(FaultKind::LedgerUnavailable, told).because(cause)
}

fn refused(refusal: &Refusal) -> Fault {
    let (needed, available) = (refusal.needed, refusal.available.max(NanoUsd::ZERO));
    match refusal.source {
        LimitSource::Balance => Fault::new(
            FaultKind::InsufficientCredits,
            format!(
                "Insufficient credits: this call may cost up to {needed} USD and {available} USD is available; \
                 add credit or lower the answer's token limit."
            ),
        ),
        LimitSource::InFlight => Fault::new(
            FaultKind::CreditsInFlight,
            format!(
                "Calls under way hold your credit: this one may cost up to {needed} USD and {available} USD is free; \
                 try again when they have ended."
            ),
        )
        .retry(Retry::After(IN_FLIGHT_RETRY)),
    }
}
