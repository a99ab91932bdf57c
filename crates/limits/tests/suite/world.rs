//! What the tests of the limiter share: accounts, questions, clocks, days.
//! Never here: a test.

use admit::{Ask, LimitKind, LimitScope};
use catalog::Limits;
use limits::{DayCounts, Denied, Granted, Limiter, Mode, SharedConfig};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use units::{Clock, RequestId, Timestamp, WorkspaceId};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Sixteen bytes that no other test has, in this run or an earlier one.
fn unique() -> [u8; 16] {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    (u128::from(now().ms().unsigned_abs()) << 64 | u128::from(std::process::id()) << 32 | u128::from(n))
        .to_be_bytes()
}

pub fn now() -> Timestamp {
    RealClock.now()
}

/// The machine's own clock: Redis has no other.
pub struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "a real Redis tells real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
    }
}

pub fn workspace() -> WorkspaceId {
    WorkspaceId::from_bytes(unique())
}

pub fn limits(minute: Option<u32>, concurrent: Option<u32>, day: Option<u32>) -> Limits {
    Limits { requests_per_minute: minute, concurrent, requests_per_day: day, tokens_per_minute: None }
}

/// A new request of an account.
pub fn ask<'a>(workspace: WorkspaceId, account: Limits) -> Ask<'a> {
    let request = RequestId::from_bytes(unique());
    Ask { workspace, request, account, key: None, model: None, tokens: 0, model_only: false }
}

/// Asks for a new request now.
pub async fn call(limiter: &Limiter, workspace: WorkspaceId, account: Limits) -> Result<Granted, Denied> {
    limiter.admit(&ask(workspace, account), None, now()).await
}

/// Asks so often, one after the other, each over before the next; how many were admitted, and by whom all were judged.
pub async fn calls(limiter: &Limiter, workspace: WorkspaceId, account: Limits, times: u32) -> (u32, Vec<Mode>) {
    let (mut admitted, mut modes) = (0, Vec::new());
    for _ in 0..times {
        match call(limiter, workspace, account).await {
            Ok(granted) => {
                admitted += 1;
                modes.push(granted.mode);
            }
            Err(Denied::Limit { mode, .. }) => modes.push(mode),
            Err(Denied::Unavailable { .. }) => {}
        }
    }
    modes.dedup();
    (admitted, modes)
}

/// Whose limit refused, which, and for how many seconds.
pub fn refused(answer: &Result<Granted, Denied>) -> Option<(LimitScope, LimitKind, u64)> {
    match answer {
        Err(Denied::Limit { refusal, .. }) => Some((refusal.scope, refusal.kind, refusal.retry_after_s())),
        _ => None,
    }
}

/// Records that say one number of every day.
#[derive(Default)]
pub struct Days(pub AtomicU32);

impl DayCounts for Days {
    fn used<'a>(
        &'a self,
        _: WorkspaceId,
        _: Option<&'a str>,
        _: i64,
    ) -> Pin<Box<dyn Future<Output = Option<u32>> + Send + 'a>> {
        Box::pin(std::future::ready(Some(self.0.load(Ordering::Relaxed))))
    }
}

/// A node: its limiter, and its keeper until it is dropped.
pub struct Node {
    pub limiter: Limiter,
    pub days: Arc<Days>,
    keeper: tokio::task::JoinHandle<()>,
}

impl Node {
    /// One on a Redis, with patience enough for a busy machine.
    pub async fn on(url: &str) -> Self {
        let node = Self::with(SharedConfig { budget: Duration::from_secs(5), ..SharedConfig::new(url) });
        node.becomes(Mode::Shared).await;
        node
    }

    #[expect(clippy::disallowed_methods, reason = "the node owns its keeper and aborts it")]
    pub fn with(config: SharedConfig) -> Self {
        let days = Arc::new(Days::default());
        let limiter = Limiter::shared(config, Arc::<Days>::clone(&days)).unwrap();
        let kept = limiter.clone();
        let keeper = tokio::spawn(async move { kept.keep(&RealClock).await });
        Self { limiter, days, keeper }
    }

    /// Waits until questions are judged so.
    pub async fn becomes(&self, mode: Mode) {
        let account = workspace();
        wait_until(async || self.limiter.look(&ask(account, limits(Some(9), None, None)), now()).await.1 == mode)
            .await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Waits for what another task or process does.
pub async fn wait_until(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..1_500 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in 15 s");
}
