//! Tables for check.rs: good documents become a catalogue, bad ones name every problem.
//! Never here: the texts of documents (doc).

use super::*;
use units::{Surcharge, Surcharges};

fn docs(json: &str) -> CatalogueDoc {
    serde_json::from_str(json).unwrap()
}

fn paths(json: &str) -> Vec<String> {
    check(1, &docs(json), &BTreeMap::new()).unwrap_err().into_iter().map(|p| p.path).collect()
}

const GOOD: &str = r#"{"provider":[{"name":"a","kind":"openai","base_url":"https://api.example.com/v1/"},
    {"name":"b","kind":"anthropic","base_url":"http://127.0.0.1:9/v1","quirks":{"system":"leading_only"}}],
  "model":[{"id":"vendor/m","context_length":1000,"max_output_tokens":100,"route":[
    {"provider":"b","model":"y","priority":2,"quirks":{"stream_options":false}},{"provider":"a","model":"x"}]}]}"#;

/// R-ROUTE-1 and R-ROUTE-2: providers have kinds and addresses, routes come out by priority, quirks layered.
#[test]
fn a_good_document_becomes_a_catalogue() {
    let catalogue = check(7, &docs(GOOD), &BTreeMap::new()).unwrap();
    let model = &catalogue.models["vendor/m"];
    assert_eq!(catalogue.version, 7);
    assert_eq!(model.owned_by, "vendor");
    assert_eq!(model.price, None);
    let routes: Vec<_> = model.routes.iter().map(|r| (&*r.provider.name, &*r.model)).collect();
    assert_eq!(routes, [("a", "x"), ("b", "y")]);
    assert_eq!(model.routes[1].quirks.system, Some(SystemPlacement::LeadingOnly));
    assert_eq!(model.routes[1].quirks.stream_options, Some(false));
    assert_eq!(catalogue.providers["a"].base_url.to_string(), "https://api.example.com/v1");
    assert_eq!(catalogue.providers["b"].auth, Auth::ApiKey);
}

/// R-ROUTE-2: a route that is off is not tried, and is checked all the same.
#[test]
fn r_route_2_a_route_can_be_off() {
    let off = GOOD.replace(r#""model":"x"}"#, r#""model":"x","enabled":false}"#);
    let catalogue = check(1, &docs(&off), &BTreeMap::new()).unwrap();
    let routes: Vec<_> = catalogue.models["vendor/m"].routes.iter().map(|r| &*r.model).collect();
    assert_eq!(routes, ["y"]);
    let wrong = off.replace(r#""provider":"a","model":"x""#, r#""provider":"nobody","model":"x""#);
    assert_eq!(paths(&wrong), ["model[0].route[1].provider"]);
}

#[test]
fn every_problem_is_reported_at_once() {
    let found = paths(
        r#"{"provider":[{"name":"","kind":"opnai","base_url":"ftp://x","credentials":["a b"],
             "headers":{"Authorization":"x"},"timeouts":{"idle_ms":0},"quirks":{"system":"x"}}],
            "model":[{"id":"a b","context_length":0,"max_output_tokens":1,"reasoning":"maybe",
             "route":[{"provider":"nobody","model":""}]}]}"#,
    );
    let expected = [
        "provider[0].name",
        "provider[0].kind",
        "provider[0].base_url",
        "provider[0].credentials[0]",
        "provider[0].headers.Authorization",
        "provider[0].timeouts.idle_ms",
        "provider[0].quirks.system",
        "model[0].id",
        "model[0].context_length",
        "model[0].reasoning",
        "model[0].route[0].model",
        "model[0].route[0].provider",
    ];
    assert_eq!(found, expected);
}

/// What is billed beyond tokens is allowed route by route, by words that are checked and told in docs/MONEY.md.
#[test]
fn surcharges_are_allowed_by_word() {
    let with = |words: &str| GOOD.replace(r#""model":"x""#, &format!(r#""model":"x","allow":{words}"#));
    let catalogue = check(1, &docs(&with(r#"["speed","web_search","speed"]"#)), &BTreeMap::new()).unwrap();
    let routes = &catalogue.models["vendor/m"].routes;
    assert_eq!(routes[0].allow, [Surcharge::Speed, Surcharge::WebSearch].into_iter().collect());
    assert_eq!(routes[1].allow, Surcharges::default());
    let problems = check(1, &docs(&with(r#"["speed","fast"]"#)), &BTreeMap::new()).unwrap_err();
    assert_eq!(problems[0].path, "model[0].route[1].allow[1]");
    assert!(problems[0].told.contains("\"service_tier\"") && problems[0].told.contains("\"fast\""), "{problems:?}");
    // A document says it back as it was said, so that a change of it shows as one.
    let stored = serde_json::to_string(&docs(&with(r#"["speed"]"#)).model[0]).unwrap();
    assert!(stored.contains(r#""allow":["speed"]"#), "{stored}");
    assert!(!serde_json::to_string(&docs(GOOD).model[0]).unwrap().contains("allow"));
    let lines = crate::diff(&docs(GOOD), &docs(&with(r#"["speed"]"#)));
    assert_eq!((lines.len(), lines[0].fields.len(), lines[0].fields[0].field.as_str()), (1, 1, "route"));
    let page = include_str!("../../../../docs/MONEY.md");
    for one in Surcharge::ALL {
        assert!(page.contains(&format!("| `{}` |", one.name())), "{}", one.name());
    }
}

#[test]
fn names_are_unique_and_addresses_plain() {
    let twice = GOOD.replace(r#""name":"b""#, r#""name":"a""#).replace(r#""provider":"b""#, r#""provider":"a""#);
    assert_eq!(paths(&twice), ["provider[1].name"]);
    for bad in ["https://user:pw@host/v1", "https://host/v1?x=1", "https://host/#f", "/v1", "https://", "host"] {
        assert!(base_url(bad).is_err(), "{bad}");
    }
}

#[test]
fn unknown_fields_are_refused() {
    let json = r#"{"provider":[],"model":[],"modle":[]}"#;
    assert!(serde_json::from_str::<CatalogueDoc>(json).is_err());
}

fn told(json: &str) -> Vec<String> {
    check(1, &docs(json), &BTreeMap::new()).unwrap_err().iter().map(ToString::to_string).collect()
}

/// The good document with more fields in its model.
fn with(fields: &str) -> String {
    GOOD.replace(r#""context_length":1000,"#, &format!(r#""context_length":1000,{fields},"#))
}

/// Limits that contradict each other are told where they are written, not by the first caller.
#[test]
fn limits_of_tokens_fit_together() {
    let longer = GOOD.replace(r#""max_output_tokens":100"#, r#""max_output_tokens":1001"#);
    let problems = told(&longer);
    assert!(problems[0].starts_with("model[0].max_output_tokens: ") && problems[0].contains("context_length"));
    assert_eq!(problems.len(), 1);
    assert!(check(1, &docs(&GOOD.replace(":100,", ":1000,")), &BTreeMap::new()).is_ok());
    // The public description of the Messages API knows no smaller budget.
    assert_eq!(paths(&with(r#""thinking_budget_max":1023"#)), ["model[0].thinking_budget_max"]);
    assert!(check(1, &docs(&with(r#""thinking_budget_max":1024"#)), &BTreeMap::new()).is_ok());
    assert_eq!(paths(&with(r#""image_tokens_max":0"#)), ["model[0].image_tokens_max"]);
    let image = |json: &str| check(1, &docs(json), &BTreeMap::new()).unwrap().models["vendor/m"].image_tokens_max;
    assert_eq!((image(GOOD), image(&with(r#""image_tokens_max":40000"#))), (8_000, 40_000));
}

/// `reasoning` decides what is held; a model that is said to reason must say how.
#[test]
fn who_is_said_to_reason_says_how() {
    for fields in [r#""capabilities":["tools","reasoning"]"#, r#""capabilities":["reasoning"],"reasoning":"none""#]
    {
        let problems = told(&with(fields));
        assert!(problems[0].starts_with("model[0].reasoning: "), "{problems:?}");
        assert!(problems[0].contains("\"visible\"") && problems[0].contains("\"hidden\""), "{problems:?}");
        assert_eq!(problems.len(), 1);
    }
    for word in ["visible", "hidden"] {
        let fields = format!(r#""capabilities":["reasoning"],"reasoning":"{word}""#);
        assert!(check(1, &docs(&with(&fields)), &BTreeMap::new()).is_ok());
    }
}

/// R-API-8: tasks are declared where there are some, and serve images alone.
#[test]
fn tasks_are_declared_where_there_are_some() {
    let docs_of = |kind: &str, serves: &str| {
        format!(
            r#"{{"provider":[{{"name":"t","kind":"{kind}","base_url":"https://a.example","tasks":{{"id":"job"}}}}],
               "model":[{{"id":"m","context_length":9,{serves},"route":[{{"provider":"t","model":"x"}}]}}]}}"#
        )
    };
    let images = r#""serves":"images""#;
    let catalogue = check(1, &docs(&docs_of("image-task", images)), &BTreeMap::new()).unwrap();
    assert_eq!(catalogue.providers["t"].tasks.as_ref().unwrap().id, "job");
    assert_eq!(paths(&docs_of("image-task", r#""max_output_tokens":9"#)), ["model[0].route[0].provider"]);
    assert_eq!(paths(&docs_of("openai", images))[0], "provider[0].tasks");
}

/// A price of bare numbers is read, so that what is wrong with it can be said with the model's name.
#[test]
fn a_price_of_numbers_names_its_model_and_the_way_to_write_it() {
    for (price, path) in [
        (r#"{"input":1.0,"output":"1.00"}"#, "model[0].price.input"),
        (r#"{"input":"1.00","output":2}"#, "model[0].price.output"),
        ("1.5", "model[0].price"),
        ("[]", "model[0].price"),
    ] {
        let price: PriceDoc = serde_json::from_str(price).unwrap();
        let prices = BTreeMap::from([("vendor/m".to_owned(), (PriceId::from_bytes([0; 16]), price))]);
        let problems = check(1, &docs(GOOD), &prices).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, path);
        for word in ["\"vendor/m\"", "\"1.00\"", "\"free\"", "quote"] {
            assert!(problems[0].told.contains(word), "{word}: {problems:?}");
        }
    }
}

/// R-WIRE-8: an older name leads to one model and hides none.
#[test]
fn r_wire_8_older_names_lead_to_one_model() {
    let named = |names: &str| {
        format!(
            r#"{{"model":[{{"id":"a","context_length":9,"max_output_tokens":9,"legacy_names":[{names}]}},
                {{"id":"b","context_length":9,"max_output_tokens":9,"legacy_names":["b-old"]}}]}}"#
        )
    };
    let catalogue = check(1, &docs(&named(r#""a-old","a-older""#)), &BTreeMap::new()).unwrap();
    let leads = |name: &str| catalogue.legacy_names.get(name).map(ToString::to_string);
    assert_eq!((leads("a-older").as_deref(), leads("b-old").as_deref(), leads("b")), (Some("a"), Some("b"), None));
    for (wrong, at) in [
        (r#""b""#, "model[0].legacy_names[0]"),
        (r#""x","b-old""#, "model[1].legacy_names[0]"),
        (r#""a b""#, "model[0].legacy_names[0]"),
    ] {
        assert_eq!(paths(&named(wrong)), [at], "{wrong}");
    }
}

/// What answers no chats has no longest answer, and what answers them has one.
#[test]
fn the_longest_answer_is_for_chats() {
    let model = |fields: &str| format!(r#"{{"model":[{{"id":"a","context_length":9{fields}}}]}}"#);
    assert_eq!(paths(&model("")), ["model[0].max_output_tokens"]);
    assert_eq!(paths(&model(r#","serves":"embeddings","max_output_tokens":1"#)), ["model[0].max_output_tokens"]);
    assert_eq!(paths(&model(r#","serves":"poems","max_output_tokens":1"#)), ["model[0].serves"]);
    let catalogue = check(1, &docs(&model(r#","serves":"embeddings""#)), &BTreeMap::new()).unwrap();
    assert_eq!(catalogue.models["a"].category, "embeddings");
}

#[test]
fn addresses_have_ports_that_exist() {
    let with = |url: &str| format!(r#"{{"provider":[{{"name":"a","kind":"openai","base_url":"{url}"}}]}}"#);
    for bad in ["http://h:0/v1", "http://h:65536/v1", "http://127.0.0.1:99999/v1", "http://h:/v1"] {
        assert_eq!(paths(&with(bad)), ["provider[0].base_url"], "{bad}");
    }
    for good in ["http://h:65535/v1", "https://[::1]:8443/v1", "https://[::1]/v1", "https://h"] {
        assert!(check(1, &docs(&with(good)), &BTreeMap::new()).is_ok(), "{good}");
    }
}

/// R-ROUTE-8: whether workspaces may bring keys is said by the provider; every mistake is named.
#[test]
fn r_route_8_own_keys_are_checked() {
    let with = |kind: &str, own: &str| {
        format!(
            r#"{{"provider":[{{"name":"a","kind":"{kind}","base_url":"https://api.example.com/v1/","own_keys":{own}}}]}}"#
        )
    };
    let all = r#"{"allowed":true,"fee_micro_usd":500,"base_urls":["https://eu.example.com/v1/"]}"#;
    let price = PriceId::from_bytes([4; 16]);
    let prices = BTreeMap::from([(fee_name("a"), (price, PriceDoc::Word("free".into())))]);
    let catalogue = check(1, &docs(&with("openai", all)), &prices).unwrap();
    let own = catalogue.providers["a"].own_keys.clone().unwrap();
    assert_eq!((own.fee, own.price), (units::NanoUsd::new(500_000), Some(price)));
    assert_eq!(own.base_urls.iter().map(canonical).collect::<Vec<_>>(), ["https://eu.example.com/v1"]);
    let silent = check(1, &docs(&with("openai", r#"{"fee_micro_usd":1}"#)), &BTreeMap::new()).unwrap();
    assert_eq!(silent.providers["a"].own_keys, None);
    let bare = check(1, &docs(&with("image-task", "{}")), &BTreeMap::new()).unwrap();
    assert_eq!(bare.providers["a"].own_keys, None);
    for (kind, own, path) in [
        ("image-task", r#"{"allowed":true}"#, "own_keys"),
        ("openai", r#"{"allowed":true,"fee_micro_usd":1000000001}"#, "own_keys.fee_micro_usd"),
        ("openai", r#"{"base_urls":["http://eu.example.com/v1"]}"#, "own_keys.base_urls[0]"),
        (
            "openai",
            r#"{"base_urls":["https://eu.example.com","https://EU.example.com:443/"]}"#,
            "own_keys.base_urls[1]",
        ),
        ("openai", r#"{"base_urls":["https://API.example.com:443/v1"]}"#, "own_keys.base_urls[0]"),
        ("openai", r#"{"base_urls":["https://a@eu.example.com/v1"]}"#, "own_keys.base_urls[0]"),
    ] {
        assert_eq!(paths(&with(kind, own)), [format!("provider[0].{path}")], "{own}");
    }
}
