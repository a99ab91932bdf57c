//! Each line that can warn or fail does so. Never here: a house (process tests look at one).

use super::outside::{folder_of, provider_of, public_url_of, unset};
use super::*;
use store::port::LedgerState;
use units::NanoUsd;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// The line has that health, and says what to do unless it is well.
fn is(finding: &Finding, health: Health) {
    assert_eq!(finding.health, health, "{finding:?}");
    assert_eq!(finding.advice.is_none(), health == Health::Ok, "{finding:?}");
    assert!(!finding.told.is_empty() && !finding.name.is_empty());
}

/// R-OPS-3: the store, the ledger and the books.
#[test]
fn r_ops_3_money_is_looked_at() {
    is(&store_of(Duration::from_millis(1)), Health::Ok);
    is(&store_of(Duration::from_millis(900)), Health::Warn);
    let state = |waiting, failing| LedgerState {
        open_holds: 1,
        held: NanoUsd::new(5),
        waiting,
        failing,
        sums_failing: false,
    };
    is(&ledger_of(state(0, false)), Health::Ok);
    is(&ledger_of(state(60_000, false)), Health::Warn);
    is(&ledger_of(state(0, true)), Health::Fail);
    is(&ledger_of(LedgerState { sums_failing: true, ..state(0, false) }), Health::Warn);
    let now = at("2026-11-30T12:00:00Z");
    is(&books(Some((at("2026-11-30T00:00:00Z"), 0)), now), Health::Ok);
    is(&books(Some((at("2026-11-01T00:00:00Z"), 0)), now), Health::Warn);
    is(&books(None, now), Health::Warn);
    is(&books(Some((now, 3)), now), Health::Fail);
}

/// R-OPS-3: the data folder, its disk, the clock.
#[test]
fn r_ops_3_the_machine_is_looked_at() {
    let dir = std::env::temp_dir().join(format!("tollgate-checkup-{}", std::process::id()));
    is(&folder(&dir), Health::Fail);
    std::fs::create_dir_all(&dir).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o755);
        is(&folder(&dir), Health::Warn);
        mode(0o700);
        assert!(!disk(&dir).told.contains("cannot be told"));
    }
    is(&folder(&dir), Health::Ok);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0, "nothing is left behind");
    std::fs::write(dir.join("file"), b"").unwrap();
    is(&folder(&dir.join("file")), Health::Fail);
    std::fs::remove_dir_all(&dir).unwrap();
    for (mib, health) in [(50, Health::Fail), (700, Health::Warn), (5_000, Health::Ok)] {
        is(&machine::disk_of(mib << 20), health);
    }
    let now = at("2026-11-30T12:00:00Z");
    is(&clock(now, None), Health::Ok);
    is(&clock(now, Some(at("2026-11-30T12:00:10Z"))), Health::Ok);
    is(&clock(now, Some(at("2026-11-30T13:00:00Z"))), Health::Fail);
    is(&clock(at("2001-01-01T00:00:00Z"), None), Health::Fail);
}

/// R-OPS-3: providers, letters, the public address, Redis.
#[test]
fn r_ops_3_others_are_looked_at() {
    let provider = |status| provider_of("provider acme".into(), status);
    for (status, health) in [
        (Some(200), Health::Ok),
        (Some(401), Health::Fail),
        (Some(402), Health::Fail),
        (Some(403), Health::Fail),
        (Some(404), Health::Warn),
        (Some(429), Health::Warn),
        (Some(503), Health::Fail),
        (None, Health::Fail),
    ] {
        is(&provider(status), health);
    }
    is(&folder_of(true, false), Health::Ok);
    is(&folder_of(true, true), Health::Warn);
    is(&folder_of(false, false), Health::Fail);
    is(&unset(false), Health::Ok);
    is(&unset(true), Health::Warn);
    is(&public_url_of("https://x", Some((200, b"ok\n"))), Health::Ok);
    is(&public_url_of("https://x", Some((200, b"<html>"))), Health::Warn);
    is(&public_url_of("https://x", Some((502, b""))), Health::Warn);
    is(&public_url_of("https://x", None), Health::Warn);
    is(&counting(Mode::Local), Health::Ok);
    is(&counting(Mode::Shared), Health::Ok);
    is(&counting(Mode::Degraded), Health::Fail);
}
