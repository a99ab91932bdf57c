//! Sums of requests: whatever is asked, they are the sums of the usage rows.
//! Never here: how rows are paged (records), a sum's meaning (ledger).

use crate::people::key;
use crate::reckon::{facts_of, fits};
use crate::world::{Customer, Place, World, seed, usage_row};
use ledger::facts::{Ending, Sums};
use ledger::{HoldAnswer, UsageRow};
use std::time::Duration;
use store::Opened;
use store::port::{By, FactFilter, Facts, FactsAsk, UsageFilter};
use units::{NanoUsd, Timestamp, UsageSource};

const HOUR_MS: i64 = 3_600_000;
const MODELS: [&str; 3] = ["fast", "slow", ""];
const ENDPOINTS: [&str; 2] = ["chat.completions", "messages"];
const PROVIDERS: [&str; 3] = ["acme", "globex", ""];

on_both! {
    sums_are_those_of_the_rows,
    sums_of_older_rows_are_made,
    rows_are_forgotten_and_sums_by_day_stay,
    a_record_that_became_a_charge_counts_once,
}

/// Numbers of a case; a failure names where they began.
struct Roll(u64);

impl Roll {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (n ^ (n >> 27)) % below
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn number<T: TryFrom<u64>>(&mut self, below: u64) -> T {
        T::try_from(self.below(below)).ok().unwrap()
    }
}

/// Random traffic of three customers over four days.
async fn traffic(world: &World, o: &Opened, roll: &mut Roll) -> Vec<Customer> {
    let mut customers = Vec::new();
    for _ in 0..3 {
        let first = world.customer(o, 1_000_000).await;
        for _ in 0..2 {
            let row = key(world, first.workspace);
            o.store.create_key(row.clone(), world.log("key.create")).await.unwrap();
            customers.push(Customer { key: row.id, ..first });
        }
    }
    for _ in 0..150 {
        let customer = roll.of(&customers);
        world.forward(Duration::from_secs(roll.below(2 * 4 * 86_400 / 150)));
        let hold = world.hold(customer, 100);
        let cost = roll.number(100);
        let settle = world.settle(&hold, cost);
        let row = UsageRow {
            endpoint: roll.of(&ENDPOINTS),
            model: roll.of(&MODELS).into(),
            provider: roll.of(&PROVIDERS).into(),
            status: roll.of(&[200, 200, 200, 400, 429, 502, 529]),
            partial: roll.below(4) == 0,
            source: roll.of(&[UsageSource::Provider, UsageSource::Estimated]),
            streamed: roll.below(2) == 0,
            attempts: roll.number(4),
            latency_ms: roll.number(90_000),
            first_byte_ms: Some(roll.number(2_000)).filter(|ms| ms % 3 > 0),
            ..settle.usage.clone()
        };
        match roll.below(3) {
            0 => o.ledger.record(row.uncharged()),
            1 => {
                assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
                let _ = o.ledger.release(hold.id, Some(row.uncharged())).await.unwrap();
            }
            _ => {
                assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
                let _ = o.ledger.settle(ledger::SettleOrder { usage: row, ..settle }).await.unwrap();
            }
        }
    }
    customers
}

async fn rows(o: &Opened) -> Vec<UsageRow> {
    o.store.page_usage(UsageFilter { limit: 10_000, ..UsageFilter::default() }).await.unwrap()
}

fn random_ask(world: &World, customers: &[Customer], roll: &mut Roll) -> FactsAsk {
    let hour = |ms: i64| Timestamp::from_ms(ms - ms.rem_euclid(HOUR_MS));
    let day = |ms: i64| Timestamp::from_ms(ms - ms.rem_euclid(24 * HOUR_MS));
    let (now, back) = (world.now().ms(), roll.number::<i64>(9 * 24));
    let whole_days = roll.below(2) == 0;
    let (from, until) = match whole_days {
        true => (day(now - back * HOUR_MS), day(now + 24 * HOUR_MS)),
        false => (hour(now - back * HOUR_MS), hour(now + roll.number::<i64>(3) * HOUR_MS)),
    };
    let some = |roll: &mut Roll| roll.below(3) == 0;
    let filter = FactFilter {
        workspace: some(roll).then(|| roll.of(customers).workspace),
        keys: some(roll).then(|| (0..roll.below(3)).map(|_| roll.of(customers).key).collect()),
        model: some(roll).then(|| roll.of(&MODELS).to_owned()),
        endpoint: some(roll).then(|| roll.of(&ENDPOINTS).to_owned()),
        provider: some(roll).then(|| roll.of(&PROVIDERS).to_owned()),
        ending: some(roll).then(|| roll.of(&Ending::ALL)),
        from,
        until,
        hourly: false,
    };
    let all = [By::Workspace, By::Key, By::Model, By::Endpoint, By::Provider, By::Ending];
    let step_hours =
        (roll.below(3) > 0).then(|| if whole_days { roll.of(&[24, 48, 5]) } else { roll.of(&[1, 6, 24]) });
    let mut ask = FactsAsk {
        filter: FactFilter { hourly: step_hours == Some(5), ..filter },
        by: (roll.below(4) > 0).then(|| roll.of(&all)),
        series_max: roll.number(4),
        step_hours,
        pace: roll.below(2) == 0,
    };
    if !ask.is_kept() {
        ask.filter.provider = None;
        ask.by = Some(By::Model);
    }
    ask
}

/// The same filter for rows.
fn as_rows(filter: &FactFilter) -> UsageFilter {
    let FactFilter { workspace, keys, model, endpoint, provider, ending, from, until, .. } = filter.clone();
    let (from, until) = (Some(from), Some(until));
    UsageFilter {
        workspace,
        keys,
        model,
        endpoint,
        provider,
        ending,
        from,
        until,
        limit: 10_000,
        ..UsageFilter::default()
    }
}

/// R-USE-2: for any filter the total, the parts, the spans and the paces are what the usage rows say, and so they agree.
async fn sums_are_those_of_the_rows(world: World) {
    let first = seed();
    let mut roll = Roll(first);
    let o = world.open().await;
    let customers = traffic(&world, &o, &mut roll).await;
    let rows = rows(&o).await;
    assert!(rows.len() >= 140, "{}", rows.len());
    for _ in 0..120 {
        let ask = random_ask(&world, &customers, &mut roll);
        let facts = o.store.ask_facts(ask.clone()).await.unwrap();
        assert_eq!(facts, facts_of(&rows, &ask), "seed {first}: {ask:?}");
        let spans = facts.series.iter().map(|point| point.sums).fold(Sums::default(), Sums::plus);
        assert!(ask.step_hours.is_none() || spans == facts.total, "seed {first}: {ask:?}");
        rest_is_what_is_left(&facts);
        assert_eq!(o.store.sum_usage(as_rows(&ask.filter)).await.unwrap(), facts.total, "seed {first}: {ask:?}");
        let paged = o.store.page_usage(as_rows(&ask.filter)).await.unwrap();
        let fit: Vec<_> = rows.iter().filter(|row| fits(row, &ask.filter)).cloned().collect();
        assert_eq!(paged, fit, "seed {first}: {ask:?}");
    }
    let report = o.ledger.audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    o.ledger.close().await.unwrap();
}

/// The parts with a series and the rest are all there is, in every span.
fn rest_is_what_is_left(facts: &Facts) {
    let told = facts.part_series.len();
    let left = facts.parts.iter().skip(told).map(|(_, sums)| *sums).fold(Sums::default(), Sums::plus);
    let Some(rest) = facts.rest() else {
        return assert!(told == 0 || left.is_none(), "{facts:?}");
    };
    assert_eq!((rest.parts, rest.sums), (facts.parts.len() - told, left));
    let spans = rest.series.iter().map(|point| point.sums).fold(Sums::default(), Sums::plus);
    assert_eq!(spans, rest.sums);
}

/// R-USE-3: what came before there were sums is in them after the step.
async fn sums_of_older_rows_are_made(world: World) {
    let mut roll = Roll(seed());
    let o = world.open().await;
    let customers = traffic(&world, &o, &mut roll).await;
    let asks: Vec<FactsAsk> = (0..20).map(|_| random_ask(&world, &customers, &mut roll)).collect();
    let mut before = Vec::new();
    for ask in &asks {
        before.push(o.store.ask_facts(ask.clone()).await.unwrap());
    }
    o.ledger.close().await.unwrap();
    drop(o);
    match &world.place {
        Place::Sqlite(_) => crate::sqlite_only::without_facts(&crate::sqlite_only::raw(&world)),
        Place::Postgres(_) => crate::postgres_only::without_facts(&crate::postgres_only::raw(&world).await).await,
    }
    let o = world.open().await;
    for (ask, before) in asks.into_iter().zip(before) {
        assert_eq!(o.store.ask_facts(ask).await.unwrap(), before);
    }
    o.ledger.close().await.unwrap();
}

/// R-USE-3: rows of whole days are forgotten, hours too; sums by day stay, and the books still agree.
async fn rows_are_forgotten_and_sums_by_day_stay(world: World) {
    let mut roll = Roll(seed());
    let o = world.open().await;
    let customers = traffic(&world, &o, &mut roll).await;
    let mut ask = random_ask(&world, &customers, &mut roll);
    let day = |number: i64| Timestamp::from_ms(number * 24 * HOUR_MS);
    let today = world.now().day();
    let none = FactFilter {
        workspace: None,
        keys: None,
        model: None,
        endpoint: None,
        provider: None,
        ending: None,
        ..ask.filter
    };
    // Hours go with their rows: only whole days can be asked for afterwards.
    ask.filter = FactFilter { from: day(0), until: day(today + 1), hourly: false, ..none };
    ask.step_hours = Some(24);
    let before = o.store.ask_facts(ask.clone()).await.unwrap();
    let first_kept = today - 1;
    let mut gone = 0;
    while o.store.forget_usage(first_kept, day(first_kept)).await.unwrap() {
        gone += 1;
        assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
    }
    assert!(gone > 1, "{gone}");
    assert_eq!(o.store.ask_facts(ask.clone()).await.unwrap(), before);
    assert!(rows(&o).await.iter().all(|row| row.at.day() >= first_kept));
    let hours = FactFilter { until: Timestamp::from_ms(day(first_kept).ms() - HOUR_MS), ..ask.filter.clone() };
    let forgotten = o.store.ask_facts(FactsAsk { filter: hours, ..ask }).await.unwrap();
    assert_eq!(forgotten.total, Sums::default());
    let report = o.ledger.audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    // What comes now is kept as ever.
    let hold = world.hold(customers[0], 10);
    assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    let _ = o.ledger.settle(world.settle(&hold, 5)).await.unwrap();
    assert_eq!(o.ledger.audit().await.unwrap().findings, Vec::<String>::new());
    o.ledger.close().await.unwrap();
}

/// A hold that closes after a record of its request replaces it, in the sums too.
async fn a_record_that_became_a_charge_counts_once(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 50);
    o.ledger.record(UsageRow { status: 500, ..usage_row(&hold) });
    assert_eq!(rows(&o).await.len(), 1);
    let _ = o.ledger.hold(hold.clone()).await.unwrap();
    let _ = o.ledger.settle(world.settle(&hold, 20)).await.unwrap();
    o.ledger.record(usage_row(&hold));
    let day = Timestamp::from_ms(world.now().day() * 24 * HOUR_MS);
    let filter = FactFilter {
        workspace: Some(customer.workspace),
        keys: None,
        model: None,
        endpoint: None,
        provider: None,
        ending: None,
        from: day,
        until: day.plus(Duration::from_secs(86_400)),
        hourly: false,
    };
    let ask = FactsAsk { filter, by: Some(By::Ending), series_max: 0, step_hours: None, pace: true };
    let facts = o.store.ask_facts(ask.clone()).await.unwrap();
    assert_eq!((facts.total.requests, facts.total.charge), (1, NanoUsd::new(20)));
    assert_eq!(facts.pace.end.count(), 1);
    assert_eq!(facts.parts.len(), 1, "{:?}", facts.parts);
    o.ledger.close().await.unwrap();
}
