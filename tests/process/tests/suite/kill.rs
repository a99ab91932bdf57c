//! R-BILL-5: kill -9 of whole gateways under load, 20 times on each store.

use process_tests::{Chance, Outcome, Plan, Store, Tally, server};

const KILLS: usize = 20;

fn kill(name: &str, store: Store) -> Outcome<()> {
    let chance = Chance::seeded()?;
    eprintln!("{name}: seed {}", chance.seed());
    let client = env!("CARGO_BIN_EXE_soak").into();
    let tally = Plan { store, kills: KILLS, chance, client }.run(|_| {})?;
    let Tally { kills, ends, refused, voided, .. } = tally;
    eprintln!("{name}: {kills} kills, {ends} ends seen, {refused} refused, {voided} holds voided");
    assert!(tally.is_clean(), "{:#?}", tally.details);
    let load = ends > 20 * KILLS && refused < ends / 20;
    assert!(load, "too little load to say anything: {:#?}", tally.details);
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
