//! Calls of a time before this process: how a demonstration gets a history that the books agree with. In: what calls came to.
//! Out: the holds, settles and records that the relay would have left, at the house's own clock. Never here: making calls up
//! (tollgate::demo), a provider that is asked, a line of the log.

use crate::callers::{LiveKey, caps_of_call};
use crate::house::House;
use crate::live::{LiveModel, LivePrice};
use crate::own::first_place;
use crate::relay::refused;
use canon::FaultKind;
use ledger::{Counted, HoldAnswer, HoldOrder, SettleAnswer, SettleOrder, Tried, UsageRow, meter};
use std::sync::Arc;
use store::port::StoreError;
use units::{KeyId, NanoUsd, PriceId, RequestId, Timestamp, Usage, UsageSource};

/// A call as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct PastCall {
    /// Its id; the time in it is when it came in.
    pub request: RequestId,
    /// With which key.
    pub key: KeyId,
    /// The endpoint family (`chat.completions`).
    pub endpoint: &'static str,
    /// The public model.
    pub model: &'static str,
    /// How it ended.
    pub ending: PastEnding,
    /// What it used, where it was served.
    pub usage: Usage,
    /// From its head to its end, in milliseconds.
    pub latency_ms: u32,
    /// From its head to its first byte.
    pub first_byte_ms: u32,
    /// Whether it was a stream.
    pub streamed: bool,
    /// Whether the first try failed, and the next route or the same one again served.
    pub retried: bool,
    /// The caller's own session.
    pub session: Option<Arc<str>>,
    /// The caller's program.
    pub client: &'static str,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastEnding {
    /// Answered to the end.
    Served,
    /// The caller left before the end.
    Cut,
    /// Refused by a limit, before anybody was asked.
    Limited,
    /// Refused for what it asked, before anybody was asked.
    Invalid,
    /// The provider was overloaded.
    Overloaded,
    /// The provider failed.
    Failed,
}

impl PastEnding {
    const fn fault(self) -> Option<FaultKind> {
        match self {
            Self::Served | Self::Cut => None,
            Self::Limited => Some(FaultKind::RateLimited),
            Self::Invalid => Some(FaultKind::InvalidRequest),
            Self::Overloaded => Some(FaultKind::Overloaded),
            Self::Failed => Some(FaultKind::UpstreamFailed),
        }
    }

    const fn is_answered(self) -> bool {
        matches!(self, Self::Served | Self::Cut)
    }
}

/// Why the past could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The call names a key, a model or a price that is not there.
    #[error("a call of the past names {0}, which is not there")]
    Unknown(String),
    /// Its cost does not fit.
    #[error("a call of the past cannot be priced: {0}")]
    Price(#[from] meter::MeterError),
    /// The ledger answered what no call of the past can get.
    #[error("the ledger knows the call {0} of the past already")]
    Known(RequestId),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl House {
    /// Writes calls into the books as if they had been served by now: each is held, settled and recorded by the real ledger, at
    /// the price in force, within its key's caps and its workspace's balance. All of them at once; gives back how many the ledger
    /// refused.
    ///
    /// # Errors
    /// The first thing that is wrong; what was written before stays.
    pub async fn replay(&self, calls: &[PastCall]) -> Result<u64, PastError> {
        let all = futures_util::future::join_all(calls.iter().map(|call| self.replay_one(call))).await;
        all.into_iter().try_fold(0_u64, |sum, refused| Ok(sum.saturating_add(u64::from(refused?))))
    }

    /// Writes down when the keys of such calls were used last.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn note_past_uses(&self) -> Result<(), PastError> {
        Ok(self.store.touch_keys(self.keys.used_since(Timestamp::from_ms(1))).await?)
    }

    /// Says whether the ledger refused it.
    async fn replay_one(&self, call: &PastCall) -> Result<bool, PastError> {
        let key = self.keys.of_id(call.key).ok_or_else(|| PastError::Unknown(call.key.to_string()))?;
        let unknown = || PastError::Unknown(call.model.to_owned());
        let model = self.catalogue.load().find(call.model).cloned().ok_or_else(unknown)?;
        let model = first_place(self, key.workspace, model, call.model).map_err(|_| unknown())?;
        key.touch(call.request.made_at());
        let row = row_of(call, &key, &model);
        let (price, rates) = match &model.price {
            LivePrice::Free => {
                self.ledger.record(row);
                return Ok(false);
            }
            LivePrice::Rates(price, rates) => (*price, rates),
            LivePrice::Unknown => return Err(unknown()),
        };
        if call.ending.fault().is_some() {
            self.ledger.record(row);
            return Ok(false);
        }
        let cost = meter::charge(&row.usage, rates)?;
        let cache_saved = meter::cache_saved(&row.usage, rates)?;
        self.pay(UsageRow { price: Some(price), cache_saved, ..row }, &key, cost).await
    }

    async fn pay(&self, row: UsageRow, key: &LiveKey, cost: NanoUsd) -> Result<bool, PastError> {
        let workspace = self.workspaces.find(key.workspace);
        let workspace = workspace.ok_or_else(|| PastError::Unknown(key.workspace.to_string()))?;
        let id = row.request;
        let order = HoldOrder {
            id,
            workspace: key.workspace,
            key: key.id,
            counted: row.counted,
            caps: caps_of_call(key, &workspace, false),
            want: cost,
            floor: cost,
            at: row.at,
        };
        match self.ledger.hold(order).await? {
            HoldAnswer::Held { .. } => match self.ledger.settle(SettleOrder { id, cost, usage: row }).await? {
                SettleAnswer::Settled { .. } => Ok(false),
                SettleAnswer::Already(_) => Err(PastError::Known(id)),
            },
            HoldAnswer::Refused(refusal) => {
                let kind = refused(&refusal, row.at).kind;
                self.ledger.record(unserved(row, kind));
                Ok(true)
            }
            HoldAnswer::Conflict(_) => Err(PastError::Known(id)),
        }
    }
}

/// The record of a call that nobody was asked for.
fn unserved(row: UsageRow, kind: FaultKind) -> UsageRow {
    UsageRow {
        provider: "".into(),
        upstream_model: "".into(),
        status: dialect::fault::status(kind),
        fault: Some(kind.name()),
        usage: Usage::NONE,
        source: UsageSource::None,
        price: None::<PriceId>,
        latency_ms: row.first_byte_ms.unwrap_or(0).min(9),
        first_byte_ms: None,
        attempts: 0,
        partial: false,
        tries: Vec::new(),
        ..row.uncharged()
    }
}

fn row_of(call: &PastCall, key: &LiveKey, model: &LiveModel) -> UsageRow {
    let answered = call.ending.is_answered();
    let asked = answered || matches!(call.ending, PastEnding::Overloaded | PastEnding::Failed);
    let tries = if asked { tries_of(call, model) } else { Vec::new() };
    // A second try goes to the next route where there is one.
    let served = usize::from(call.retried).min(model.routes.len().saturating_sub(1));
    let route = model.routes.get(served).filter(|_| asked);
    let kind = call.ending.fault();
    UsageRow {
        request: call.request,
        at: call.request.made_at(),
        workspace: key.workspace,
        key: key.id,
        counted: Counted { member: key.member, end_user: None },
        endpoint: call.endpoint,
        model: model.model.id.clone(),
        provider: route.map_or_else(|| "".into(), |route| route.provider.recorded.clone()),
        upstream_model: route.map_or_else(|| "".into(), |route| route.model.clone()),
        status: kind.map_or(200, dialect::fault::status),
        fault: kind.map(FaultKind::name),
        usage: if answered { call.usage } else { Usage::NONE },
        source: if answered { UsageSource::Provider } else { UsageSource::None },
        price: None,
        charge: NanoUsd::ZERO,
        cache_saved: NanoUsd::ZERO,
        latency_ms: call.latency_ms,
        first_byte_ms: answered.then_some(call.first_byte_ms),
        streamed: call.streamed,
        attempts: if asked { 1 + u8::from(call.retried) } else { 0 },
        partial: call.ending == PastEnding::Cut,
        client_request_id: None,
        asked_model: None,
        session: call.session.clone(),
        client: Some(call.client.into()),
        tries,
    }
}

/// The tries that failed: the first one of a call that was tried again, and the last one of a call that failed.
fn tries_of(call: &PastCall, model: &LiveModel) -> Vec<Tried> {
    let failed = |route: usize, fault: FaultKind, until_ms: u32| {
        let route = model.routes.get(route).or_else(|| model.routes.last())?;
        let cause = if fault == FaultKind::Overloaded { "overloaded" } else { "server" };
        Some(Tried {
            provider: route.provider.recorded.clone(),
            upstream_model: route.model.clone(),
            fault: fault.name().into(),
            cause: cause.into(),
            until_ms,
        })
    };
    let first = call.retried.then(|| failed(0, FaultKind::UpstreamFailed, call.first_byte_ms / 2));
    let last = call.ending.fault().map(|fault| failed(usize::from(call.retried), fault, call.latency_ms));
    [first, last].into_iter().flatten().flatten().collect()
}
