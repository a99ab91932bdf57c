//! Who called, when, and what came of it. In: a place in the row of requests. Out: a usage row, the same for the same place.
//! Never here: a store.

use ledger::{Counted, UsageRow};
use simtest::SimChance;
use std::sync::Arc;
use units::{Chance, Class, KeyId, NanoUsd, RequestId, Timestamp, Usage, UsageSource, WorkspaceId};

/// Models: each is asked half as often as the one before.
const MODELS: usize = 12;
const PROVIDERS: usize = 3;
/// Keys of the large workspace, and of every other.
const KEYS: (u64, u64) = (40, 3);
const DAY_MS: u64 = 86_400_000;

/// Those who call.
pub struct Crowd {
    chance: SimChance,
    now: Timestamp,
    span_ms: u64,
    workspaces: u64,
    models: Vec<Arc<str>>,
    providers: Vec<Arc<str>>,
    client: Arc<str>,
}

impl Crowd {
    /// So many workspaces that called for so many days until now.
    pub fn new(days: u64, workspaces: u64, now: Timestamp) -> Result<Self, &'static str> {
        if days == 0 || workspaces < 2 {
            return Err("there must be a day at least, and two workspaces");
        }
        Ok(Self {
            chance: SimChance::new(7),
            now,
            span_ms: days.saturating_mul(DAY_MS),
            workspaces,
            models: (0..MODELS).map(|n| format!("model-{n}").into()).collect(),
            providers: (0..PROVIDERS).map(|n| format!("p{n}").into()).collect(),
            client: "OpenAI/Python".into(),
        })
    }

    /// When it is.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// All of them, the large one first.
    pub fn workspaces(&self) -> impl Iterator<Item = WorkspaceId> + use<> {
        (0..self.workspaces).map(|n| WorkspaceId::from_bytes(id(1, n, 0)))
    }

    /// The large workspace and one of its keys.
    pub fn large(&self) -> (WorkspaceId, KeyId) {
        (WorkspaceId::from_bytes(id(1, 0, 0)), KeyId::from_bytes(id(2, 0, 0)))
    }

    /// Request `n` of `all`: they come one after the other through the span.
    pub fn next(&self, n: u64, all: u64) -> UsageRow {
        let ago = u128::from(self.span_ms) * u128::from(all - n) / u128::from(all.max(1));
        let at = Timestamp::from_ms(self.now.ms().saturating_sub(i64::try_from(ago).unwrap_or(0)));
        let mut random = [0; 10];
        self.chance.fill(&mut random);
        let whose = if self.one_of(500) { 0 } else { 1 + self.chance.below(self.workspaces - 1) };
        let keys = if whose == 0 { KEYS.0 } else { KEYS.1 };
        let key = self.chance.below(keys);
        let (status, fault) = match self.chance.below(10_000) {
            0..9_500 => (200, None),
            9_500..9_998 => (429, Some("rate_limited")),
            _ => (502, Some("upstream_failed")),
        };
        let endpoint = if self.one_of(700) { "chat.completions" } else { "messages" };
        let latency_ms = 300 + u32::try_from(self.chance.below(19_700)).unwrap_or(0);
        UsageRow {
            request: RequestId::new(at, random),
            at,
            workspace: WorkspaceId::from_bytes(id(1, whose, 0)),
            key: KeyId::from_bytes(id(2, whose, key)),
            counted: Counted { member: None, end_user: None },
            endpoint,
            model: self.model(),
            provider: Arc::clone(&self.providers[self.chance.index(PROVIDERS)]),
            upstream_model: "upstream".into(),
            status,
            fault,
            usage: Usage::NONE.with(Class::Input, 1_200).with(Class::Output, 350),
            source: UsageSource::Provider,
            price: None,
            charge: NanoUsd::ZERO,
            cache_saved: NanoUsd::ZERO,
            latency_ms,
            first_byte_ms: Some(80 + latency_ms / 30),
            streamed: true,
            attempts: 1,
            partial: false,
            client_request_id: None,
            asked_model: None,
            session: None,
            client: Some(Arc::clone(&self.client)),
            tries: Vec::new(),
        }
    }

    fn one_of(&self, per_mille: u64) -> bool {
        self.chance.below(1_000) < per_mille
    }

    fn model(&self) -> Arc<str> {
        let tossed = self.chance.below(1 << (MODELS - 1)).trailing_ones();
        Arc::clone(&self.models[usize::try_from(tossed).unwrap_or(0).min(MODELS - 1)])
    }
}

/// An id of a kind, of a workspace, of a place in it.
fn id(kind: u8, whose: u64, place: u64) -> [u8; 16] {
    (u128::from(kind) << 120 | u128::from(whose) << 32 | u128::from(place)).to_be_bytes()
}
