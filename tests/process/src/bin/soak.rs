//! The kill loop as a program: `soak` runs it and prints a table, `soak client` is the load it starts. `cargo xtask soak`
//! gives it a database. In: arguments. Out: progress, a table, an exit code. Never here: what is checked (the library).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command of developers speaks on the terminal")]

use process_tests::{Chance, Outcome, Plan, Store, Tally, at, load, now, server};
use std::process::ExitCode;

const HELP: &str = "soak [--kills N] [--store sqlite|postgres|both]
soak client ADDRESS KEY SEED FILE";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["client", address, key, seed, file] => client(address, key, seed, file),
        _ => soak(&words),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::FAILURE
        }
    }
}

fn client(address: &str, key: &str, seed: &str, file: &str) -> Outcome<bool> {
    let address = address.parse().map_err(at("the address"))?;
    let seed = seed.parse().map_err(at("the seed"))?;
    let (key, file) = (key.to_owned(), std::path::PathBuf::from(file));
    let calls = move || {
        if let Err(why) = load(address, &key, seed, &file) {
            eprintln!("soak client: {why}");
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with this process")]
    std::thread::Builder::new().spawn(calls).map_err(at("a thread"))?;
    // Whoever started this holds the other end: without them there is nobody to call for.
    let _end = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    Ok(true)
}

fn soak(words: &[&str]) -> Outcome<bool> {
    let (mut kills, mut which) = (200, "both");
    for pair in words.chunks(2) {
        match *pair {
            ["--kills", number] => kills = number.parse().map_err(at("--kills"))?,
            ["--store", name @ ("sqlite" | "postgres" | "both")] => which = name,
            _ => return Err(HELP.to_owned()),
        }
    }
    let mut stores = Vec::new();
    if which != "postgres" {
        stores.push(("sqlite", Store::Sqlite));
    }
    if which != "sqlite" {
        let server = server("the soak").ok_or("without a server there is no PostgreSQL to kill on")?;
        stores.push(("postgres", Store::Postgres(server)));
    }
    let mut table = Vec::new();
    for (name, store) in stores {
        table.push((name, run(name, store, kills)?));
    }
    println!(
        "\n{:<10} {:>6} {:>8} {:>8} {:>6} {:>7} {:>6} {:>9} {:>7}",
        "store", "kills", "ends", "refused", "lost", "double", "wrong", "findings", "voided"
    );
    for (name, t) in &table {
        println!(
            "{name:<10} {:>6} {:>8} {:>8} {:>6} {:>7} {:>6} {:>9} {:>7}",
            t.kills, t.ends, t.refused, t.lost, t.double, t.wrong, t.findings, t.voided
        );
    }
    // A load that was mostly refused has proved nothing.
    Ok(table.iter().all(|(_, tally)| tally.is_clean() && tally.refused < tally.ends / 20))
}

fn run(name: &str, store: Store, kills: usize) -> Outcome<Tally> {
    let chance = Chance::seeded()?;
    println!("{name}: {kills} kills, seed {} (TOLLGATE_TEST_SEED repeats it)", chance.seed());
    let client = std::env::current_exe().map_err(at("this program"))?;
    let (start, mut said, mut told) = (now(), 0, 0);
    Plan { store, kills, chance, client }.run(|tally| {
        tally.details.iter().skip(told).for_each(|line| println!("{name}: {line}"));
        told = tally.details.len();
        if tally.kills >= said + 10 {
            said = tally.kills;
            let clean = if tally.is_clean() { "clean" } else { "NOT CLEAN" };
            let seconds = start.elapsed().as_secs();
            println!(
                "{name}: {seconds} s, {} kills, {} ends, {} voided, {clean}",
                tally.kills, tally.ends, tally.voided
            );
        }
    })
}
