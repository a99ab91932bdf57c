//! What providers bill above or beside tokens. In: requests that ask for it, routes that allow it or not. Out: who is asked,
//! what is refused before anything is held. Never here: every spelling of such a request (the look's own tables).

use crate::ask;
use serde_json::{Value, json};
use simtest::{Client, Ending, Setup, SimHouse, Speaks};
use units::NanoUsd;

fn with(field: &str, value: Value) -> Value {
    let mut body = ask(false);
    body[field] = value;
    body
}

async fn house(setup: Setup) -> SimHouse {
    let sim = SimHouse::open(Setup { hosts: vec!["one", "two"], ..setup.clone() }).await;
    for host in ["one", "two"] {
        let foreign = setup.foreign.iter().find(|(name, _)| *name == host);
        let speak = foreign.map_or(setup.speak, |(_, speak)| *speak);
        sim.upstreams.set(host, vec![speak.whole("Hello", 10, 5)]);
    }
    sim
}

fn asked(sim: &SimHouse) -> Vec<String> {
    sim.upstreams.arrived().into_iter().map(|a| a.host).collect()
}

/// R-BILL-2: nothing is sold below what it costs. The field and the model are named, nothing is held or sent.
#[tokio::test(start_paused = true)]
async fn what_costs_more_is_refused_unless_it_is_allowed() {
    let search = json!([{ "type": "web_search_20250305", "name": "web_search" }]);
    for (speak, field, value, word, told) in [
        (Speaks::Chat, "service_tier", json!("priority"), "service_tier", "service_tier"),
        (Speaks::Chat, "web_search_options", json!({}), "web_search", "web_search_options"),
        (Speaks::Chat, "modalities", json!(["text", "audio"]), "modalities", "modalities"),
        (Speaks::Messages, "service_tier", json!("priority"), "service_tier", "service_tier"),
        (Speaks::Messages, "speed", json!("fast"), "speed", "speed"),
        (Speaks::Messages, "tools", search, "web_search", "tools[0].type"),
        (Speaks::Messages, "mcp_servers", json!([{ "type": "url" }]), "tool_servers", "mcp_servers"),
    ] {
        let body = with(field, value.clone());
        let sim =
            house(Setup { speak, allow: vec![("one", "routing"), ("two", "region")], ..Setup::default() }).await;
        // A ledger that answers nothing shows that nobody asks it.
        sim.book.refuse_holds();
        let seen = sim.call(speak, &body, Client::ReadsAll).await;
        assert_eq!((seen.status, asked(&sim).len()), (400, 0), "{field}: {}", seen.text());
        assert!(seen.text().contains(&format!("`{told}`")) && seen.text().contains("not sold"), "{}", seen.text());
        assert!(seen.text().contains("\\\"m\\\""), "the model is named: {}", seen.text());
        assert_eq!(sim.book.rows()[0].fault, Some("unsupported_parameter"));

        // The second route allows it: the first is passed over, and what was asked for arrives.
        let sim = house(Setup { speak, allow: vec![("two", word)], ..Setup::default() }).await;
        let seen = sim.call(speak, &body, Client::ReadsAll).await;
        assert_eq!((seen.ending(), asked(&sim)), (Ending::Proper, vec!["two".to_owned()]), "{}", seen.text());
        assert_eq!(sim.upstreams.arrived()[0].body[field], value);
        assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::new(20_000), 0));
    }
}

/// Whoever asks for the ordinary gets it, from the first route.
#[tokio::test(start_paused = true)]
async fn the_ordinary_is_sold_to_everybody() {
    for (speak, field, value) in [
        (Speaks::Chat, "service_tier", json!("auto")),
        (Speaks::Chat, "service_tier", json!("default")),
        (Speaks::Chat, "modalities", json!(["text"])),
        (Speaks::Messages, "service_tier", json!("standard_only")),
        (Speaks::Messages, "speed", json!("standard")),
        (Speaks::Messages, "mcp_servers", json!([])),
    ] {
        let sim = house(Setup { speak, allow: vec![("two", "service_tier")], ..Setup::default() }).await;
        let seen = sim.call(speak, &with(field, value), Client::ReadsAll).await;
        assert_eq!((seen.status, asked(&sim)), (200, vec!["one".to_owned()]), "{field}: {}", seen.text());
    }
}

/// A route that does not allow it is not asked either when the one that does has failed.
#[tokio::test(start_paused = true)]
async fn a_failure_opens_no_route_that_is_not_allowed() {
    let sim = house(Setup { allow: vec![("one", "service_tier")], ..Setup::default() }).await;
    sim.upstreams.set("one", vec![simtest::Script::json(500, &json!({}))]);
    let seen = sim.chat(&with("service_tier", json!("flex")), Client::ReadsAll).await;
    assert_eq!(seen.ending(), Ending::Fault);
    assert!(asked(&sim).iter().all(|host| host == "one"), "{:?}", asked(&sim));
    assert_eq!((sim.book.charged(), sim.book.open_holds()), (NanoUsd::ZERO, 0));
}

/// A server of the other language is not asked for what only the client's own knows; where that cannot be dropped, it is
/// refused before anything is held.
#[tokio::test(start_paused = true)]
async fn what_does_not_cross_is_dropped_or_refused() {
    let foreign = |allow: Vec<(&'static str, &'static str)>| Setup {
        foreign: vec![("two", Speaks::Messages)],
        allow,
        ..Setup::default()
    };
    let flex = with("service_tier", json!("flex"));
    let sim = house(foreign(Vec::new())).await;
    assert_eq!(sim.chat(&flex, Client::ReadsAll).await.ending(), Ending::Proper);
    let arrived = sim.upstreams.arrived();
    assert_eq!((arrived.len(), arrived[0].host.as_str(), arrived[0].body.get("service_tier")), (1, "two", None));

    let sim = house(foreign(vec![("one", "service_tier")])).await;
    assert_eq!(sim.chat(&flex, Client::ReadsAll).await.ending(), Ending::Proper);
    assert_eq!(sim.upstreams.arrived()[0].body["service_tier"], "flex");

    // An allowance means nothing to a server that cannot be asked.
    let sim = house(foreign(vec![("two", "web_search")])).await;
    sim.book.refuse_holds();
    let seen = sim.chat(&with("web_search_options", json!({})), Client::ReadsAll).await;
    assert_eq!((seen.status, asked(&sim).len()), (400, 0), "{}", seen.text());
}
