//! The ledger as operators look at it: sums, open holds, what moved. Never here: that sums are right (the store's suite).

use super::*;
use ledger::{Caps, Counted, HoldAnswer, HoldOrder};
use serde_json::{Value, json};
use units::{KeyId, NanoUsd, RequestId};

/// R-BILL-5, R-WEB-1: what everybody has, who holds what since when, and what was given to whom; wrong questions are told.
#[tokio::test]
async fn r_bill_5_operators_see_the_ledger() {
    let town = Town::open("ledger").await;
    let token = town.by("token").await;
    let (_, told) = town.call(&token, "GET /api/manage/ledger", Value::Null).await;
    assert_eq!((&told["balance_usd"], &told["audited_at"]), (&json!("0.00"), &Value::Null));
    for (workspace, amount, kind) in
        [("acme", "5.00", "paid"), ("bolt", "0.25", "promo"), ("acme", "1.00", "promo")]
    {
        town.clock.0.fetch_add(1_000, Ordering::Relaxed);
        let body = json!({ "amount_usd": amount, "reason": "<b>why</b>", "kind": kind });
        let path = format!("POST /api/manage/workspaces/{workspace}/credit");
        assert_eq!(town.call(&token, &path, body).await.0, 201);
    }
    let (house, at) = (town.house(), town.clock.now());
    let amount = NanoUsd::parse_usd("0.5").unwrap();
    let id = RequestId::new(at, house.ten());
    let hold = HoldOrder {
        id,
        workspace: town.acme.id,
        key: KeyId::from_bytes([3; 16]),
        counted: Counted::default(),
        caps: Caps::default(),
        want: amount,
        floor: amount,
        at,
    };
    assert!(matches!(house.ledger.hold(hold).await.unwrap(), HoldAnswer::Held { .. }));
    assert_eq!(town.call(&token, "GET /api/manage/audit", Value::Null).await.0, 200);
    let (_, told) = town.call(&token, "GET /api/manage/ledger", Value::Null).await;
    for (name, value) in [
        ("balance_usd", json!("6.25")),
        ("given_usd", json!("1.25")),
        ("holds_usd", json!("0.50")),
        ("workspaces", json!(2)),
        ("open_holds", json!(1)),
        ("audit_findings", json!(0)),
        ("audited_at", json!(Timestamp::from_ms(at.seconds() * 1_000).to_string())),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    let (_, holds) = town.call(&token, "GET /api/manage/ledger/holds", Value::Null).await;
    let one = &holds["data"][0];
    assert_eq!((&one["request_id"], &one["amount_usd"]), (&json!(id.to_string()), &json!("0.50")));
    assert_eq!((&one["overdue"], &one["task"], &holds["next"]), (&json!(false), &json!(false), &Value::Null));
    town.clock.0.fetch_add(3_600_000, Ordering::Relaxed);
    let (_, holds) = town.call(&token, "GET /api/manage/ledger/holds?limit=1", Value::Null).await;
    assert_eq!((&holds["data"][0]["overdue"], &holds["next"]), (&json!(true), &Value::Null), "nothing is after it");
    let after = format!("GET /api/manage/ledger/holds?after={id}");
    assert_eq!(town.call(&token, &after, Value::Null).await.1["data"], json!([]));
    moved(&town).await;
}

async fn moved(town: &Town) {
    let token = town.by("token").await;
    let path = "GET /api/manage/ledger/movements?limit=2";
    let (_, first) = town.call(&token, path, Value::Null).await;
    let (_, rest) =
        town.call(&token, &format!("{path}&before={}", first["next"].as_str().unwrap()), Value::Null).await;
    assert_eq!(rest["next"], Value::Null);
    let rows: Vec<&Value> = [&first, &rest].into_iter().flat_map(|page| page["data"].as_array().unwrap()).collect();
    let told = |name: &str| rows.iter().map(|row| row[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(told("amount_usd"), ["1.00", "0.25", "5.00"]);
    assert_eq!(told("workspace_name"), ["acme", "bolt", "acme"]);
    assert_eq!((told("reason")[0], told("by")[0], told("what")[0]), ("<b>why</b>", "token", "given"));
    let (_, bolts) = town.call(&token, "GET /api/manage/ledger/movements?workspace=bolt", Value::Null).await;
    assert_eq!((bolts["data"].as_array().unwrap().len(), &bolts["data"][0]["kind"]), (1, &json!("promo")));
    for (query, field) in [("workspace=nowhere", "workspace"), ("before=x", "before"), ("limit=0", "limit")] {
        let (status, told) =
            town.call(&token, &format!("GET /api/manage/ledger/movements?{query}"), Value::Null).await;
        assert_eq!((status, &told["errors"][0]["field"]), (400, &json!(field)), "{query}");
    }
}
