//! The month, made for real on a store of its own. Never here: its shape (traffic).

use super::*;
use crate::config::{Environment, Layers};
use std::collections::BTreeMap;
use store::port::{LogFilter, UsageFilter};

struct Nothing;

impl Environment for Nothing {
    fn get(&self, _: &str) -> Option<String> {
        None
    }
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

fn config(name: &str) -> Config {
    let dir = std::env::temp_dir().join(format!("tollgate-history-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let flags = vec![("data.dir", "data", dir.display().to_string())];
    Config::load(&Layers { file: None, env: &Nothing, flags }).unwrap().0
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-30T15:30:00Z").unwrap()
}

/// What a month came to: requests, charges and tokens by day, model and status, without what is drawn anew each time.
type Month = BTreeMap<(i64, String, u16), (u64, i64, u64)>;

struct Made {
    kept: Kept,
    month: Month,
    log: Vec<String>,
    findings: Vec<String>,
    latest: Timestamp,
}

async fn made(name: &str, seed: u64) -> Made {
    let config = config(name);
    let how = How { seed, sim: "127.0.0.1:1", now: now() };
    let kept = tell(&config, how).await.unwrap().unwrap();
    assert_eq!(Kept::read(&config.data_dir).as_ref(), Some(&kept));
    assert_eq!(tell(&config, how).await.unwrap(), None, "a store that is in use is left alone");
    let opened = open(&config).await;
    let mut month = Month::new();
    let rows = opened.store.page_usage(UsageFilter { limit: 100_000, ..UsageFilter::default() }).await.unwrap();
    for row in &rows {
        let sum = month.entry((row.at.day(), row.model.to_string(), row.status)).or_default();
        let tokens = row.usage.prompt_total() + row.usage.answer_total();
        *sum = (sum.0 + 1, sum.1 + row.charge.nano(), sum.2 + tokens);
    }
    let log = opened.store.page_log(LogFilter { limit: 1_000, ..LogFilter::default() }).await.unwrap().entries;
    let findings = opened.ledger.audit().await.unwrap().findings;
    opened.ledger.close().await.unwrap();
    std::fs::remove_dir_all(&config.data_dir).unwrap();
    let latest = rows.iter().map(|row| row.at).max().unwrap();
    Made { kept, month, log: log.into_iter().map(|entry| entry.action).collect(), findings, latest }
}

async fn open(config: &Config) -> store::Opened {
    let clock = Arc::new(Moving::at(now()));
    let log = Log::new(LogFormat::Off, clock.clone());
    let sources = Sources { clock, chance: Arc::new(OsChance) };
    Ground::open(config, &log, sources, Handle::current()).await.unwrap().opened
}

/// R-USE-2, R-WEB-4: a month is whole, its books agree, and the same seed makes the same one.
#[tokio::test]
async fn r_web_4_a_month_is_whole_and_the_same_for_a_seed() {
    let (one, same) = (made("one", 5).await, made("same", 5).await);
    assert_eq!(one.findings, Vec::<String>::new());
    assert_eq!(one.month, same.month);
    assert_ne!(one.kept.people, same.kept.people, "passwords are new each time");
    let days: std::collections::BTreeSet<i64> = one.month.keys().map(|(day, ..)| *day).collect();
    assert_eq!(days.len(), usize::try_from(DAYS + 1).unwrap());
    assert!(one.latest <= now() && now().since(one.latest) < Duration::from_secs(7_200), "{}", one.latest);
    let statuses: std::collections::BTreeSet<u16> = one.month.keys().map(|(.., status)| *status).collect();
    assert!(statuses.is_superset(&[200, 400, 429, 502, 529].into()), "{statuses:?}");
    let models: std::collections::BTreeSet<&str> = one.month.keys().map(|(_, model, _)| model.as_str()).collect();
    assert!(models.len() >= 9, "{models:?}");
    for action in ["setup.done", "workspace.create", "credit.grant", "key.create", "key.rotate", "key.revoke"] {
        assert!(one.log.iter().any(|entry| entry == action), "{action} in {:?}", one.log);
    }
    let who: Vec<&str> = one.kept.people.iter().map(|one| one.who.as_str()).collect();
    assert_eq!(who, ["operator", "developer", "viewer"]);
    assert!(one.kept.people.iter().all(|one| one.password.len() == 14));
    assert_eq!(one.kept.programs.len(), WORKING.len());
}

#[test]
fn deeds_are_in_the_order_of_their_times() {
    assert!(DEEDS.is_sorted_by_key(|(day, minute, _)| (*day, *minute)));
    let json = |price| catalogue("127.0.0.1:1", price).unwrap().to_string();
    assert_ne!(json(PRICE.0), json(PRICE.1), "the price changes");
}
