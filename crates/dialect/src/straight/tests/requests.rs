//! Requests of both dialects as the upstream gets them. Never here: answers.

use super::super::prepare;
use crate::json::Members;
use crate::peek::peek;
use crate::target::{MaxTokensField, SystemPlacement, Target};
use bytes::Bytes;
use canon::Dialect;
use proptest::prelude::Strategy;

fn sent_as(dialect: Dialect, body: &str, target: &Target) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let peek = peek(dialect, &body).unwrap();
    String::from_utf8(prepare(&body, &peek, target).to_vec()).unwrap()
}

fn target() -> Target {
    Target::new(Dialect::OpenAiChat, "up-1", 4096)
}

fn sent(body: &str, target: &Target) -> String {
    sent_as(Dialect::OpenAiChat, body, target)
}

/// R-WIRE-2: key order, big integers, escapes and unknown fields stay; only what must change is changed.
#[test]
fn r_wire_2_only_what_must_change_is_changed() {
    let m = r#""messages":[{"role":"user","content":"h\u00e9 <>&"}]"#;
    let big = r#""zz":{"n":9007199254740993,"e":1e400}"#;
    for (body, expect) in [
        (format!(r#"{{"model":"pub",{m},{big}}}"#), format!(r#"{{"model":"up-1",{m},{big}}}"#)),
        (
            format!(r#"{{{m},"stream":true,"model" : "pub" }}"#),
            format!(r#"{{{m},"stream":true,"model" : "up-1","stream_options":{{"include_usage":true}} }}"#),
        ),
        (
            format!(r#"{{"stream_options":{{}},"model":"pub","stream":true,{m}}}"#),
            format!(r#"{{"stream_options":{{"include_usage":true}},"model":"up-1","stream":true,{m}}}"#),
        ),
        (
            format!(r#"{{"stream_options":{{"include_obfuscation":false}},"model":"pub","stream":true,{m}}}"#),
            format!(
                r#"{{"stream_options":{{"include_obfuscation":false,"include_usage":true}},"model":"up-1","stream":true,{m}}}"#
            ),
        ),
        (
            format!(r#"{{"stream_options":{{"include_usage": false}},"model":"pub","stream":true,{m}}}"#),
            format!(r#"{{"stream_options":{{"include_usage": true}},"model":"up-1","stream":true,{m}}}"#),
        ),
        (
            format!(r#"{{"stream_options":null,"model":"pub","stream":true,{m}}}"#),
            format!(r#"{{"stream_options":{{"include_usage":true}},"model":"up-1","stream":true,{m}}}"#),
        ),
        (format!(r#"{{"model":"up-1",{m}}}"#), format!(r#"{{"model":"up-1",{m}}}"#)),
    ] {
        assert_eq!(sent(&body, &target()), expect);
    }
}

#[test]
fn quirks_of_a_server_are_spliced() {
    let m = r#""messages":[{"role":"developer","content":"d"},{"role":"user","content":"u"},{"role":"system","content":"s"}]"#;
    let mut old = target();
    old.max_tokens_field = MaxTokensField::MaxTokens;
    old.stream_options = false;
    old.system = SystemPlacement::LeadingOnly;
    old.insert_max_tokens = Some(99);
    assert_eq!(
        sent(
            &format!(
                r#"{{"model":"p","stream":true,"stream_options":{{"include_usage":true}},"max_completion_tokens":5,{m}}}"#
            ),
            &old
        ),
        r#"{"model":"up-1","stream":true,"max_tokens":5,"messages":[{"role":"system","content":"d"},{"role":"user","content":"u"},{"role":"user","content":"s"}]}"#
    );
    assert_eq!(
        sent(r#"{"model":"p","max_tokens":null,"messages":[{}]}"#, &old),
        r#"{"model":"up-1","max_tokens":99,"messages":[{}]}"#
    );
    assert_eq!(
        sent(r#"{"model":"p","messages":[{}]}"#, &old),
        r#"{"model":"up-1","messages":[{}],"max_tokens":99}"#
    );
    assert_eq!(
        sent(r#"{"max_tokens":7,"max_completion_tokens":7,"model":"p","messages":[{}]}"#, &target()),
        r#"{"max_completion_tokens":7,"model":"up-1","messages":[{}]}"#
    );
}

/// Thinking that another kind of upstream gave in an earlier turn is not shown to a Messages server.
#[test]
fn unsigned_thinking_is_left_out() {
    let sent = |content: &str| {
        let body =
            format!(r#"{{"model":"p","max_tokens":9,"messages":[{{"role":"assistant","content":[{content}]}}]}}"#);
        sent_as(Dialect::Anthropic, &body, &Target::new(Dialect::Anthropic, "p", 1))
    };
    let unsigned = r#"{"type":"thinking","thinking":"t","signature":""}"#;
    let text = r#"{"type":"text","text":"x"}"#;
    assert!(sent(&format!("{unsigned}, {text}")).contains(&format!(r#""content":[{text}]"#)));
    let signed = r#"{"type":"thinking","thinking":"t","signature":"s"}"#;
    assert!(sent(&format!("{signed},{text}")).contains(signed));
    assert!(!sent(unsigned).contains("thinking"));
    // Proofs that other upstreams gave, carried here by the converting lane.
    for foreign in [
        r#"{"type":"thinking","thinking":"t","signature":"tg1.00000000000000ff.x"}"#,
        r#"{"data":"tg1.00000000000000ff.x","type":"redacted_thinking"}"#,
    ] {
        assert!(sent(&format!("{foreign}, {text}")).contains(&format!(r#""content":[{text}]"#)), "{foreign}");
    }
}

/// The members of an object as text, but for those a splice may touch.
fn others(text: &str) -> Vec<String> {
    const TOUCHED: [&str; 4] = ["model", "stream_options", "max_tokens", "max_completion_tokens"];
    let mut members = Members::new(text.as_bytes(), 0, 0).unwrap();
    let mut out = Vec::new();
    while let Some(member) = members.next().unwrap() {
        let name = String::from_utf8(member.name(text.as_bytes()).to_vec()).unwrap();
        if !TOUCHED.contains(&name.as_str()) {
            out.push(text[member.start()..member.end()].to_owned());
        }
    }
    out
}

proptest::proptest! {
    /// R-WIRE-2: whatever a body holds and wherever it stands, every field but the spliced ones keeps its bytes and
    /// its place, and the result says what the upstream must be told.
    #[test]
    fn r_wire_2_no_other_byte_changes(
        order in proptest::sample::subsequence((0..8_usize).collect::<Vec<_>>(), 0..=8).prop_shuffle(),
        old in proptest::bool::ANY, knows in proptest::bool::ANY, insert in proptest::bool::ANY,
    ) {
        const FIELDS: [&str; 8] = [
            "\"stream\" : true", "\"stream_options\":{ \"x\":1e400 }", "\"max_tokens\":77", "\"max_completion_tokens\": 77",
            "\"\\u0061\":\"\\u00e9\"", "\"big\":9007199254740993", "\"nested\":{\"model\":\"x\",\"stream\":[ ]}", "\"user\":\"<>&\"",
        ];
        let mut fields: Vec<&str> = order.iter().map(|n| FIELDS[*n]).collect();
        fields.insert(fields.len() / 2, "\"model\":\"pub\"");
        fields.insert(fields.len() / 3, "\"messages\":[ {\"role\":\"user\"} ]");
        let body = format!("{{{}}}", fields.join(" , "));
        let mut target = target();
        target.stream_options = knows;
        target.insert_max_tokens = insert.then_some(5);
        if old {
            target.max_tokens_field = MaxTokensField::MaxTokens;
        }
        let text = sent(&body, &target);
        proptest::prop_assert_eq!(others(&text), others(&body));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        proptest::prop_assert_eq!(&value["model"], "up-1");
        let given = order.contains(&2) || order.contains(&3);
        let limits = ["max_tokens", "max_completion_tokens"].map(|k| value.get(k).cloned());
        let told: Vec<_> = limits.iter().flatten().collect();
        proptest::prop_assert_eq!(told.len(), usize::from(given || insert), "{}", text);
        if order.contains(&0) {
            proptest::prop_assert_eq!(value["stream_options"]["include_usage"] == true, knows);
        }
    }
}
