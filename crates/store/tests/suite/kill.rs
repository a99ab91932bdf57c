//! R-BILL-5: kill -9 under load: what was acked is there exactly once, nothing else moved, no hold is left.
//! In: victims, each this very test binary, started again with one ignored test. Out: what they were told, against the
//! books. Never here: a whole gateway (the process tests kill that).

use crate::world::{Customer, Place, World, on_postgres, on_sqlite, runtime, seed, spawn};
use ledger::{HoldAnswer, HoldState, SettleAnswer};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use units::{Clock, NanoUsd, RequestId, Timestamp};

/// How often each store is killed.
const KILLS: usize = 20;
/// Where the victim finds its store (`sqlite <dir>` or `postgres <url>`).
const PLACE: &str = "TOLLGATE_VICTIM";
/// Where the victim finds who pays.
const PAYERS: &str = "TOLLGATE_VICTIM_PAYERS";
const IN_FLIGHT: usize = 32;
/// Fewer acked settles than this a kill, on average, and the kills met no load.
const ACKED_MIN: u64 = 10;
const SIGKILL: i32 = 9;
const CREDIT: i64 = 1_000_000_000_000;

/// The real time: the victim's holds must grow old.
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the victim lives in real time")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
    }
}

fn start_victim(world: &World, payers: &[Customer]) -> Child {
    let place = match &world.place {
        Place::Sqlite(dir) => format!("sqlite {}", dir.display()),
        Place::Postgres(url) => format!("postgres {url}"),
    };
    let payers: Vec<String> = payers.iter().map(|p| format!("{} {}", p.workspace, p.key)).collect();
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "kill::victim", "--nocapture"])
        .env(PLACE, place)
        .env(PAYERS, payers.join(","))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Holds, extends, settles and releases until it is killed; tells each acked settle.
#[test]
#[ignore = "started by the kill tests"]
fn victim() {
    #[expect(clippy::disallowed_methods, reason = "how the victim learns its place")]
    let (place, payers) = (std::env::var(PLACE), std::env::var(PAYERS));
    let (Ok(place), Ok(payers)) = (place, payers) else {
        return;
    };
    let place = match place.split_once(' ').unwrap() {
        ("sqlite", dir) => Place::Sqlite(dir.into()),
        (_, url) => Place::Postgres(url.to_owned()),
    };
    let payers: Vec<Customer> = payers
        .split(',')
        .map(|pair| {
            let (workspace, key) = pair.split_once(' ').unwrap();
            Customer { workspace: workspace.parse().unwrap(), key: key.parse().unwrap() }
        })
        .collect();
    runtime().block_on(run_victim(Arc::new(World::new(place)), payers));
}

async fn run_victim(world: Arc<World>, payers: Vec<Customer>) {
    let opened = store::open(
        world.config(),
        Arc::new(WallClock),
        Arc::clone(&world.dice) as _,
        tokio::runtime::Handle::current(),
    )
    .await
    .unwrap();
    let tasks: Vec<_> = (0..IN_FLIGHT)
        .map(|n| {
            let world = Arc::clone(&world);
            let ledger = Arc::clone(&opened.ledger);
            let payer = payers[n % payers.len()];
            spawn(async move { one_line(&world, &*ledger, payer).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn one_line(world: &World, ledger: &dyn store::Ledger, payer: Customer) {
    for round in 0_i64.. {
        let at = WallClock.now();
        let order = ledger::HoldOrder { at, id: RequestId::new(at, world.random()), ..world.hold(payer, 1_000) };
        let HoldAnswer::Held { .. } = ledger.hold(order.clone()).await.unwrap() else {
            panic!("there is credit enough");
        };
        if round % 3 == 0 {
            let extend = ledger::ExtendOrder {
                id: order.id,
                seq: 1,
                by: NanoUsd::new(500),
                caps: ledger::Caps::default(),
                at,
            };
            let _ = ledger.extend(extend).await.unwrap();
        }
        if round % 7 == 0 {
            let _ = ledger.release(order.id, None).await.unwrap();
            continue;
        }
        let cost = 1 + round % 1_000;
        match ledger.settle(world.settle(&order, cost)).await.unwrap() {
            SettleAnswer::Settled { charged, .. } => {
                let line = format!("\nACK {} {}.\n", order.id, charged.nano());
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).unwrap();
                out.flush().unwrap();
            }
            SettleAnswer::Already(HoldState::Expired) => {}
            SettleAnswer::Already(state) => panic!("{state:?}"),
        }
    }
}

/// What a victim was told, by request.
pub type Acked = HashMap<RequestId, i64>;

/// Lets so many victims work at once, kills them all at a random moment, gives back what they were told.
pub fn kill_together(world: &World, payers: &[Customer], victims: usize) -> Acked {
    let working: Vec<_> = (0..victims)
        .map(|_| {
            let mut child = start_victim(world, payers);
            let seen = Arc::new(AtomicBool::new(false));
            let out = BufReader::new(child.stdout.take().unwrap());
            let told = Arc::clone(&seen);
            #[expect(clippy::disallowed_methods, reason = "joined below")]
            let reader = std::thread::Builder::new().spawn(move || read_acks(out, &told)).unwrap();
            (child, seen, reader)
        })
        .collect();
    let mut children = Vec::new();
    let mut readers = Vec::new();
    for (mut child, seen, reader) in working {
        while !seen.load(Ordering::Relaxed) {
            assert!(child.try_wait().unwrap().is_none(), "a victim ended");
            std::thread::sleep(Duration::from_millis(1));
        }
        children.push(child);
        readers.push(reader);
    }
    std::thread::sleep(Duration::from_micros(seed() % 300_000));
    for child in &mut children {
        child.kill().unwrap();
    }
    for child in &mut children {
        let ended = child.wait().unwrap();
        assert_eq!(ended.signal(), Some(SIGKILL), "a victim ended before it was killed: {ended}");
    }
    readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
}

fn read_acks(out: impl BufRead, seen: &AtomicBool) -> Acked {
    let mut acked = HashMap::new();
    // A line that the kill cut has no id or no charge; the charge is followed by a full stop.
    for line in out.lines().map_while(Result::ok) {
        let mut words = line.split(' ');
        if words.next() == Some("ACK")
            && let Some(Ok(id)) = words.next().map(str::parse::<RequestId>)
            && let Some(charge) = words.next().and_then(|word| word.strip_suffix('.'))
        {
            seen.store(true, Ordering::Relaxed);
            acked.insert(id, charge.parse().unwrap());
        }
    }
    acked
}

/// Every acked settle is there, once, with its charge.
pub async fn check_acked(world: &World, opened: &store::Opened, payer: Customer, acked: &Acked) {
    for (id, charge) in acked {
        let order = ledger::HoldOrder { id: *id, ..world.hold(payer, 1) };
        let again = opened.ledger.settle(world.settle(&order, 7)).await.unwrap();
        let charged = NanoUsd::new(*charge);
        let state = HoldState::Settled { charged };
        assert_eq!(again, SettleAnswer::Already(state), "{id} was acked");
    }
}

async fn kill_and_look(world: World) {
    let opened = world.open().await;
    let mut payers = Vec::new();
    for _ in 0..4 {
        payers.push(world.customer(&opened, CREDIT).await);
    }
    opened.ledger.close().await.unwrap();
    drop(opened);
    let total = AtomicU64::new(0);
    for round in 0..KILLS {
        let acked = kill_together(&world, &payers, 1);
        if let Place::Sqlite(dir) = &world.place {
            let report = store::audit_offline(dir).unwrap();
            assert_eq!(report.findings, Vec::<String>::new(), "before recovery {round}");
        }
        let opened = world.open().await;
        void_the_dead(&world, &opened).await;
        let report = opened.ledger.audit().await.unwrap();
        assert_eq!(report.findings, Vec::<String>::new(), "after recovery {round}");
        assert_eq!(report.open_holds, 0);
        check_acked(&world, &opened, payers[0], &acked).await;
        let mut left = 0;
        for payer in &payers {
            let balance = opened.ledger.balance(payer.workspace, world.now()).await.unwrap();
            assert_eq!(balance.held, NanoUsd::ZERO);
            left += balance.posted.nano();
        }
        assert_eq!(left, 4 * CREDIT - report.charged.nano());
        total.fetch_add(u64::try_from(acked.len()).unwrap(), Ordering::Relaxed);
        opened.ledger.close().await.unwrap();
    }
    let total = total.load(Ordering::Relaxed);
    assert!(total >= ACKED_MIN * KILLS as u64, "only {total} settles were acked in {KILLS} rounds");
    let _ = writeln!(std::io::stderr(), "{KILLS} kills, {total} acked settles, none lost");
}

/// PostgreSQL keeps a dead node's holds until its lease has ended; SQLite voids them when it opens.
async fn void_the_dead(world: &World, opened: &store::Opened) {
    if world.is_sqlite() {
        return;
    }
    // A lease, a beat and a lock that a dying backend still has are a few seconds; a busy disk takes more.
    const PATIENCE: Duration = Duration::from_secs(30);
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if opened.ledger.audit().await.unwrap().open_holds == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the holds of the dead are still open:\n{}", what_stands(world).await);
}

/// Leases, holds and connections as the server sees them, for who has to find out why.
async fn what_stands(world: &World) -> String {
    let db = crate::postgres_only::raw(world).await;
    let mut told = String::new();
    for sql in [
        "SELECT lease::text || ' seen ' || seen_at || ' for ' || lease_ms FROM node",
        "SELECT lease::text || ' holds ' || count(*) FROM hold GROUP BY lease",
        "SELECT concat_ws(' ', pid, application_name, state, wait_event_type, wait_event, now() - state_change, left(query, 60))
         FROM pg_stat_activity WHERE datname = current_database()",
    ] {
        for row in db.query(sql, &[]).await.unwrap() {
            told.push_str(row.get::<_, &str>(0));
            told.push('\n');
        }
    }
    told
}

#[test]
fn kill_sqlite() {
    on_sqlite(kill_and_look);
}

#[test]
fn kill_postgres() {
    on_postgres(kill_and_look);
}
