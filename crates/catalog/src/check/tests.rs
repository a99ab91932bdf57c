//! Tables for check.rs: good documents become a catalogue, bad ones name every problem.
//! Never here: the texts of documents (doc).

use super::*;

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
    assert_eq!((lines.len(), lines[0].fields.len(), lines[0].fields[0].0.as_str()), (1, 1, "route"));
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
