//! Usage rows: what is kept comes back, page by page, newest first.
//! Never here: charges (money).

use crate::world::{Customer, World, usage_row};
use ledger::{HoldAnswer, UsageRow};
use std::time::Duration;
use store::port::{DayCount, UsageFilter};
use units::{Class, NanoUsd, PriceId, Usage, UsageSource};

on_both! {
    a_row_comes_back_whole,
    pages_run_over_days_and_filters,
    a_record_never_replaces_a_charge,
    a_day_counts_what_was_admitted,
}

fn all(limit: u32) -> UsageFilter {
    UsageFilter { limit, ..UsageFilter::default() }
}

/// R-USE-1: a record a request, with every field.
async fn a_row_comes_back_whole(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 50);
    assert!(matches!(o.ledger.hold(hold.clone()).await.unwrap(), HoldAnswer::Held { .. }));
    let mut settle = world.settle(&hold, 20);
    settle.usage.price = Some(PriceId::new(world.now(), [3; 10]));
    settle.usage.partial = true;
    let mut expected = settle.usage.clone();
    expected.charge = NanoUsd::new(20);
    let _ = o.ledger.settle(settle).await.unwrap();
    // A zero is told, an absent class stays absent.
    let rows = o.store.page_usage(all(10)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0], expected);
    world.forward(Duration::from_millis(1));
    let failed = UsageRow {
        status: 529,
        fault: Some("upstream_overloaded"),
        usage: Usage::NONE.with(Class::AudioOut, 1 << 50).with(Class::Images, 4),
        source: UsageSource::None,
        first_byte_ms: None,
        client_request_id: None,
        asked_model: None,
        session: None,
        client: None,
        tries: Vec::new(),
        streamed: false,
        charge: NanoUsd::new(99),
        ..usage_row(&world.hold(customer, 0))
    };
    o.ledger.record(failed.clone());
    let rows = o.store.page_usage(all(10)).await.unwrap();
    let expected = UsageRow { charge: NanoUsd::ZERO, ..failed };
    assert_eq!(rows[0], expected, "a record is never charged");
    o.ledger.close().await.unwrap();
}

async fn pages_run_over_days_and_filters(world: World) {
    let o = world.open().await;
    let one = world.customer(&o, 0).await;
    let two = world.customer(&o, 0).await;
    let mut written = Vec::new();
    for n in 0..40 {
        let customer = if n % 4 == 0 { two } else { one };
        let row = UsageRow {
            model: if n % 2 == 0 { "fast" } else { "slow" }.into(),
            ..usage_row(&world.hold(customer, 0))
        };
        o.ledger.record(row.clone());
        written.push(row);
        world.forward(Duration::from_secs(2 * 60 * 60));
    }
    written.reverse();
    let mut paged = Vec::new();
    loop {
        let filter = UsageFilter { before: paged.last().map(|row: &UsageRow| row.request), ..all(7) };
        let page = o.store.page_usage(filter).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, written);
    let filter = UsageFilter {
        workspace: Some(two.workspace),
        keys: Some(vec![two.key]),
        model: Some("fast".to_owned()),
        from: Some(written[30].at),
        until: Some(written[3].at),
        ..all(100)
    };
    let expected: Vec<_> = written[4..=30].iter().filter(|row| row.workspace == two.workspace).cloned().collect();
    let page = o.store.page_usage(filter).await.unwrap();
    let rows = page;
    assert_eq!(rows, expected);
    o.ledger.close().await.unwrap();
}

async fn a_record_never_replaces_a_charge(world: World) {
    let o = world.open().await;
    let customer = world.customer(&o, 100).await;
    let hold = world.hold(customer, 50);
    // A record of the same request, before and after: the charge wins.
    o.ledger.record(usage_row(&hold));
    let _ = o.ledger.hold(hold.clone()).await.unwrap();
    let _ = o.ledger.settle(world.settle(&hold, 20)).await.unwrap();
    o.ledger.record(usage_row(&hold));
    let rows = o.store.page_usage(all(10)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].charge, NanoUsd::new(20));
    let report = o.ledger.audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
    o.ledger.close().await.unwrap();
}

/// R-LIM-1: the requests of a UTC day, by workspace and model: neither those for which nobody was asked nor those that the house
/// failed. One node says that it is one.
async fn a_day_counts_what_was_admitted(world: World) {
    let o = world.open().await;
    let (one, two) = (world.customer(&o, 0).await, world.customer(&o, 0).await);
    let day = world.now().day();
    for (customer, model, status, attempts) in [
        (one, "fast", 200, 1),
        (one, "fast", 499, 2),
        (one, "slow", 400, 1),
        (one, "slow", 429, 0),
        (one, "slow", 502, 3),
        (two, "fast", 200, 1),
    ] {
        let row = usage_row(&world.hold(customer, 0));
        o.ledger.record(UsageRow { model: model.into(), status, attempts, ..row });
        world.forward(Duration::from_millis(1));
    }
    world.forward(Duration::from_secs(24 * 60 * 60));
    o.ledger.record(usage_row(&world.hold(one, 0)));
    let count = |customer: Customer, model: &str, requests| DayCount {
        workspace: customer.workspace,
        model: model.to_owned(),
        requests,
    };
    let counts = async |day, workspace| {
        let mut counts = o.store.count_requests(day, workspace).await.unwrap();
        counts.sort_by(|a, b| (a.workspace, &a.model).cmp(&(b.workspace, &b.model)));
        counts
    };
    let of_one = vec![count(one, "fast", 2), count(one, "slow", 1)];
    // Records are written beside the calls.
    while counts(day + 1, None).await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(counts(day, Some(one.workspace)).await, of_one);
    let mut all = [of_one, vec![count(two, "fast", 1)]].concat();
    all.sort_by(|a, b| (a.workspace, &a.model).cmp(&(b.workspace, &b.model)));
    assert_eq!(counts(day, None).await, all);
    assert_eq!(counts(day + 1, None).await, [count(one, "fast", 1)]);
    assert_eq!(counts(day + 2, None).await, []);
    assert_eq!(o.store.live_nodes().await.unwrap(), 1);
    o.ledger.close().await.unwrap();
}
