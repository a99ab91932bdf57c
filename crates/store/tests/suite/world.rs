//! What a case runs in: an engine of one kind, a clock that the case moves, seeded chance, shorthand for orders.
//! Never here: a case.

use ledger::{Caps, Counted, GrantKind, GrantOrder, HoldOrder, SettleOrder, Tried, UsageRow};
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use store::port::{AuditEntry, LogFilter, WorkspaceRow};
use store::{Kind, OpenError, Opened, StoreConfig};
use tokio::runtime::Handle;
use units::{
    Chance, Class, Clock, GrantId, KeyId, MeterId, NanoUsd, RequestId, Timestamp, Usage, UsageSource, WorkspaceId,
};

/// Half past nine on 20 November 2026.
pub const START: i64 = 1_795_167_000_000;

/// A clock that stands until it is moved.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

/// Numbers that never repeat in a process, other ones in every process.
pub struct Dice(Mutex<u64>);

impl Chance for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock();
        for byte in bytes {
            // xorshift64*
            *state ^= *state >> 12;
            *state ^= *state << 25;
            *state ^= *state >> 27;
            *byte = (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8;
        }
    }
}

/// Which engine, and where its data is.
pub enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

/// One case's surroundings.
pub struct World {
    pub place: Place,
    pub clock: Arc<TestClock>,
    pub dice: Arc<Dice>,
    pub lease: Duration,
    ids: AtomicU64,
}

impl World {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            clock: Arc::new(TestClock(AtomicI64::new(START))),
            dice: Arc::new(Dice(Mutex::new(seed() | 1))),
            lease: Duration::from_secs(2),
            ids: AtomicU64::new(0),
        }
    }

    pub fn config(&self) -> StoreConfig {
        let kind = match &self.place {
            Place::Sqlite(dir) => Kind::Sqlite { dir: dir.clone() },
            Place::Postgres(url) => Kind::Postgres { url: url.clone(), lease: self.lease },
        };
        StoreConfig { kind, master_check: None }
    }

    /// Where the file is.
    pub fn dir(&self) -> &Path {
        match &self.place {
            Place::Sqlite(dir) => dir,
            Place::Postgres(_) => panic!("only for SQLite"),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }

    pub async fn try_open(&self, config: StoreConfig) -> Result<Opened, OpenError> {
        let clock = Arc::clone(&self.clock);
        let dice = Arc::clone(&self.dice);
        store::open(config, clock, dice, Handle::current()).await
    }

    pub async fn open(&self) -> Opened {
        self.try_open(self.config()).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn forward(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap();
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    pub fn back(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap();
        self.clock.0.fetch_sub(ms, Ordering::Relaxed);
    }

    pub fn random(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.dice.fill(&mut bytes);
        bytes
    }

    pub fn request(&self) -> RequestId {
        RequestId::new(self.now(), self.random())
    }

    pub fn workspace(&self) -> WorkspaceId {
        WorkspaceId::new(self.now(), self.random())
    }

    pub fn key(&self) -> KeyId {
        KeyId::new(self.now(), self.random())
    }

    pub fn grant_id(&self) -> GrantId {
        GrantId::new(self.now(), self.random())
    }

    pub fn log(&self, action: &str) -> AuditEntry {
        AuditEntry {
            at: self.now(),
            actor: "test".to_owned(),
            action: action.to_owned(),
            object: "-".to_owned(),
            detail: "{}".to_owned(),
            ..AuditEntry::default()
        }
    }

    /// A workspace that is kept, with credit.
    pub async fn customer(&self, opened: &Opened, amount: i64) -> Customer {
        let n = self.ids.fetch_add(1, Ordering::Relaxed);
        let customer = Customer { workspace: self.workspace(), key: self.key() };
        let row = WorkspaceRow {
            id: customer.workspace,
            name: format!("Customer {n}"),
            slug: format!("customer-{}", customer.workspace),
            created_at: self.now(),
            rules: admit::WorkspaceRules::default(),
            version: 1,
        };
        opened.store.create_workspace(row, self.log("workspace.create")).await.unwrap();
        if amount > 0 {
            let order = self.grant(customer, amount);
            opened.ledger.grant(order).await.unwrap();
        }
        customer
    }

    pub fn grant(&self, customer: Customer, amount: i64) -> GrantOrder {
        GrantOrder {
            id: self.grant_id(),
            workspace: customer.workspace,
            kind: GrantKind::Paid,
            amount: NanoUsd::new(amount),
            expires_at: None,
            reason: "test".to_owned(),
            actor: "test".to_owned(),
            address: "10.0.0.1".to_owned(),
            at: self.now(),
        }
    }

    pub fn hold(&self, customer: Customer, amount: i64) -> HoldOrder {
        HoldOrder {
            id: self.request(),
            workspace: customer.workspace,
            key: customer.key,
            // Each workspace has one member, so that every audit looks at sums of members.
            counted: Counted { member: Some(MeterId::from_bytes(customer.workspace.bytes())), end_user: None },
            caps: Caps::default(),
            want: NanoUsd::new(amount),
            floor: NanoUsd::new(amount),
            at: self.now(),
        }
    }

    /// With something for the sums of caches, so that every audit looks at them: often saved, at times lost.
    pub fn settle(&self, hold: &HoldOrder, cost: i64) -> SettleOrder {
        let usage = Usage::NONE.with(Class::Input, 1_200).with(Class::AudioIn, 0).with(Class::Output, 350);
        let usage = usage.with(Class::CacheRead, 40).with(Class::CacheWrite5m, 6).with(Class::CacheWrite1h, 1);
        let usage = UsageRow { usage, cache_saved: NanoUsd::new(cost % 7 - 2), ..usage_row(hold) };
        SettleOrder { id: hold.id, cost: NanoUsd::new(cost), usage }
    }
}

/// The newest entries of the log.
pub fn newest(limit: u32) -> LogFilter {
    LogFilter { limit, ..LogFilter::default() }
}

/// Who pays, and with which key.
#[derive(Clone, Copy)]
pub struct Customer {
    pub workspace: WorkspaceId,
    pub key: KeyId,
}

/// A row with something in every field.
pub fn usage_row(hold: &HoldOrder) -> UsageRow {
    UsageRow {
        request: hold.id,
        at: hold.at,
        workspace: hold.workspace,
        key: hold.key,
        counted: hold.counted,
        endpoint: "chat.completions",
        model: "fast".into(),
        provider: "acme".into(),
        upstream_model: "acme-large-2".into(),
        status: 200,
        fault: None,
        usage: Usage::NONE.with(Class::Input, 1_200).with(Class::CacheRead, 0).with(Class::Output, 350),
        source: UsageSource::Provider,
        price: None,
        charge: NanoUsd::ZERO,
        cache_saved: NanoUsd::ZERO,
        latency_ms: 2_140,
        first_byte_ms: Some(310),
        streamed: true,
        attempts: 1,
        partial: false,
        client_request_id: Some("abc".to_owned()),
        asked_model: Some("quick".into()),
        session: Some("8f14e45f".into()),
        client: Some("claude-cli/2.1".into()),
        tries: vec![Tried {
            provider: "globex".into(),
            upstream_model: "globex \"s\"".into(),
            fault: "upstream_overloaded".into(),
            cause: "status_529".into(),
            until_ms: 120,
        }],
    }
}

/// A row with nothing of what came to be recorded later.
pub fn old_row(hold: &HoldOrder) -> UsageRow {
    UsageRow {
        counted: Counted::default(),
        asked_model: None,
        session: None,
        client: None,
        tries: Vec::new(),
        ..usage_row(hold)
    }
}

/// Takes a store's shape back to the one from before there were people.
pub const WITHOUT_PEOPLE: &str = "
    DROP TABLE device; DROP TABLE once_call; DROP TABLE own_credential; DROP TABLE management_key; DROP INDEX api_key_owner;
    DROP TABLE user_account; DROP TABLE sign_in_method; DROP TABLE recovery_code; DROP TABLE session;
    DROP TABLE member; DROP TABLE invitation; DROP TABLE mailed_token; DROP TABLE log_head;
    DROP INDEX operator_log_workspace;
    ALTER TABLE operator_log DROP COLUMN workspace; ALTER TABLE operator_log DROP COLUMN address;
    ALTER TABLE operator_log DROP COLUMN was; ALTER TABLE operator_log DROP COLUMN became;
    ALTER TABLE operator_log DROP COLUMN hash;";

/// Takes a store's shape back to the one from before there were sums of requests.
pub const WITHOUT_FACTS: &str =
    "DROP TABLE IF EXISTS facts_unfolded; DROP INDEX transfer_moved; DROP INDEX transfer_broken; DROP INDEX operator_log_action;
    DROP TABLE house_hour; DROP TABLE house_day; DROP TABLE payer_hour; DROP TABLE payer_day; DROP TABLE key_hour;
    DROP TABLE workspace_hour; DROP TABLE workspace_day; DROP TABLE model_workspace_day; DROP TABLE provider_workspace_day;
    DROP TABLE key_day; DROP TABLE house_pace_hour; DROP TABLE house_pace_day; DROP TABLE payer_pace_hour;
    DROP TABLE payer_pace_day; DROP TABLE key_pace_day;
    DROP TABLE usage_gone; DROP TABLE usage_kept_from;";

/// A number that the system rolls.
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    #[expect(clippy::disallowed_methods, reason = "tests have no chance passed in")]
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A directory of its own, gone with the value.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let name = format!("tollgate-store-{:016x}", seed());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a case on SQLite.
pub fn on_sqlite<F: Future<Output = ()>>(case: impl FnOnce(World) -> F) {
    let dir = Dir::new();
    runtime().block_on(case(World::new(Place::Sqlite(dir.0.clone()))));
}

/// Runs beside the case, on its runtime.
#[expect(clippy::disallowed_methods, reason = "a case awaits what it starts")]
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    Handle::current().spawn(future)
}

/// Runs a case on PostgreSQL, in a database of its own; says so when there is no server to run on.
pub fn on_postgres<F: Future<Output = ()>>(case: impl FnOnce(World) -> F) {
    #[expect(clippy::disallowed_methods, reason = "how a test learns of the server")]
    let server = std::env::var("TOLLGATE_TEST_PG");
    let Ok(server) = server else {
        return say_once("the PostgreSQL half of the suite is NOT RUN: TOLLGATE_TEST_PG names no server");
    };
    runtime().block_on(async {
        let config: tokio_postgres::Config = server.parse().unwrap();
        #[expect(clippy::disallowed_methods, reason = "makes and drops a database past the engine")]
        let (admin, link) = config.connect(tokio_postgres::NoTls).await.unwrap();
        let link = spawn(link);
        let database = format!("tollgate_{:016x}", seed());
        let create = format!("CREATE DATABASE {database}");
        admin.batch_execute(&create).await.unwrap();
        case(World::new(Place::Postgres(url_of(&config, &database)))).await;
        let drop = format!("DROP DATABASE {database} WITH (FORCE)");
        admin.batch_execute(&drop).await.unwrap();
        link.abort();
    });
}

/// Past the capture of the test harness, so that it is seen.
fn say_once(what: &str) {
    use std::io::Write;
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        let _ = writeln!(std::io::stderr(), "{what}");
    });
}

/// The same server, another database, as key-value text.
fn url_of(config: &tokio_postgres::Config, database: &str) -> String {
    use tokio_postgres::config::Host;
    let host = match &config.get_hosts()[0] {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap_or("postgres");
    let mut url = format!("host={host} port={port} user={user} dbname={database}");
    if let Some(password) = config.get_password() {
        url.push_str(&format!(" password={}", String::from_utf8_lossy(password)));
    }
    url
}

/// Makes one test an engine of each case.
macro_rules! on_both {
    ($($case:ident,)*) => {
        mod sqlite {
            $(#[test] fn $case() { crate::world::on_sqlite(super::$case); })*
        }
        mod postgres {
            $(#[test] fn $case() { crate::world::on_postgres(super::$case); })*
        }
    };
}
