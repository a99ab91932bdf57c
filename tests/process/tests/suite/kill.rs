//! kill -9 of whole gateways under load, 20 times on each store.

use process_tests::{Chance, Outcome, Plan, Store, server};

const KILLS: usize = 20;

fn kill(name: &str, store: Store) -> Outcome<()> {
    let chance = Chance::seeded()?;
    eprintln!("{name}: seed {}", chance.seed());
    let client = env!("CARGO_BIN_EXE_soak").into();
    let tally = Plan { store, kills: KILLS, chance, client }.run(|_| {})?;
    eprintln!("{name}: {} kills, {} ends seen, {} holds voided", tally.kills, tally.ends, tally.voided);
    assert!(tally.is_clean(), "{:#?}", tally.details);
    assert!(tally.ends > 20 * KILLS, "too little load to say anything: {} ends", tally.ends);
    Ok(())
}

#[test]
fn kill_sqlite() -> Outcome<()> {
    kill("kill -9 on SQLite", Store::Sqlite)
}

#[test]
fn kill_postgres() -> Outcome<()> {
    server("kill -9 of gateways").map_or(Ok(()), |server| kill("kill -9 on PostgreSQL", Store::Postgres(server)))
}
