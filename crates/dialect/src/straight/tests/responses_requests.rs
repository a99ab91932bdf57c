//! Responses requests as the upstream gets them. Never here: answers.

use super::super::prepare;
use crate::peek::peek;
use crate::target::{SystemPlacement, Target};
use bytes::Bytes;
use canon::Dialect;

const RESPONSES: Dialect = Dialect::OpenAiResponses;

fn target() -> Target {
    Target::new(RESPONSES, "up-1", 4096)
}

fn sent(body: &str, target: &Target) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let peek = peek(RESPONSES, &body).unwrap();
    String::from_utf8(prepare(&body, &peek, target).to_vec()).unwrap()
}

/// R-WIRE-2: key order, big integers, escapes, unknown fields and items stay; only what must change is changed.
#[test]
fn r_wire_2_only_what_must_change_is_changed() {
    let input = r#""input":[{"type":"brand_new","x":1e400},{"role":"user","content":"h\u00e9 <>&"}]"#;
    let big = r#""zz":{"n":9007199254740993},"client_metadata":{"a":"b"}"#;
    for (body, expect) in [
        (
            format!(r#"{{"model":"pub",{input},{big},"store":false}}"#),
            format!(r#"{{"model":"up-1",{input},{big},"store":false}}"#),
        ),
        (format!(r#"{{{input},"model" : "pub" }}"#), format!(r#"{{{input},"model" : "up-1","store":false }}"#)),
        (
            r#"{"store":true,"model":"pub","input":"x"}"#.to_owned(),
            r#"{"store":false,"model":"up-1","input":"x"}"#.to_owned(),
        ),
        // Pitfall: an earlier answer's id is the gateway's own.
        (
            r#"{"model":"pub","input":"x","store":null,"previous_response_id":"resp_ours"}"#.to_owned(),
            r#"{"model":"up-1","input":"x","store":false}"#.to_owned(),
        ),
    ] {
        assert_eq!(sent(&body, &target()), expect);
    }
}

#[test]
fn proofs_are_asked_for_where_the_answer_may_be_kept() {
    let with = |fields: &str| sent(&format!(r#"{{"model":"up-1","input":"x",{fields}}}"#), &target());
    let reasoning = r#""reasoning":{"effort":"low"}"#;
    let asked = r#"["reasoning.encrypted_content"]"#;
    for (include, expect) in [
        ("", format!(r#","store":false,"include":{asked}"#)),
        (r#","include":null"#, format!(r#","include":{asked},"store":false"#)),
        (r#","include":[]"#, format!(r#","include":{asked},"store":false"#)),
        (r#","include":[ "a" ]"#, r#","include":["reasoning.encrypted_content", "a" ],"store":false"#.to_owned()),
    ] {
        assert_eq!(
            with(&format!("{reasoning}{include}")),
            format!(r#"{{"model":"up-1","input":"x",{reasoning}{expect}}}"#)
        );
    }
    assert!(!with(&format!(r#"{reasoning},"store":false"#)).contains("include"));
    assert!(!with(r#""temperature":1"#).contains("include"));
}

#[test]
fn quirks_of_a_server_are_spliced() {
    let mut odd = target();
    odd.insert_max_tokens = Some(99);
    odd.system = SystemPlacement::LeadingOnly;
    assert_eq!(
        sent(
            r#"{"model":"p","store":false,"input":[{"role":"developer","content":"d"},{"role":"user","content":"u"},{"type":"message","role":"system","content":"s"}]}"#,
            &odd
        ),
        r#"{"model":"up-1","store":false,"input":[{"role":"system","content":"d"},{"role":"user","content":"u"},{"type":"message","role":"user","content":"s"}],"max_output_tokens":99}"#
    );
    assert_eq!(
        sent(r#"{"model":"p","store":false,"max_output_tokens":null,"input":"x"}"#, &odd),
        r#"{"model":"up-1","store":false,"max_output_tokens":99,"input":"x"}"#
    );
    assert_eq!(
        sent(r#"{"model":"p","store":false,"max_output_tokens":5,"input":"x"}"#, &odd),
        r#"{"model":"up-1","store":false,"max_output_tokens":5,"input":"x"}"#
    );
}

/// Pitfalls 40, 41: reasoning of other upstreams, and reasoning that lies nowhere, leaves the input; all other stays.
#[test]
fn pitfall_40_41_foreign_reasoning_is_left_out() {
    let foreign = r#"{"type":"reasoning","summary":[],"encrypted_content":"tg1.00000000000000ff.x"}"#;
    let lost = r#"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":null}"#;
    let own = r#"{"id":"rs_2","type":"reasoning","summary":[],"encrypted_content":"gAAA"}"#;
    let open = r#"{"id":"rs_3","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]}"#;
    let user = r#"{"role":"user","content":"u"}"#;
    for (items, expect) in [
        (format!("{foreign}, {user}"), user.to_owned()),
        (format!("{user} , {foreign}"), user.to_owned()),
        (format!("{user},{foreign},{lost},{user}"), format!("{user},{user}")),
        (format!("{user}, {foreign} ,{lost}"), user.to_owned()),
        (format!("{foreign},{user},{lost}"), user.to_owned()),
        (format!("{own},{open},{user}"), format!("{own},{open},{user}")),
        (format!("{foreign},{lost},{user}"), user.to_owned()),
    ] {
        let body = format!(r#"{{"model":"up-1","store":false,"input":[{items}]}}"#);
        let found = sent(&body, &target());
        assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok(), "{found}");
        assert_eq!(
            found.replace(" ", ""),
            format!(r#"{{"model":"up-1","store":false,"input":[{expect}]}}"#),
            "{items}"
        );
    }
}
