//! What a look tells, and what it refuses. Never here: the splices that follow (straight).

use super::*;

fn look(dialect: Dialect, body: &str) -> Result<Peek, Fault> {
    peek(dialect, &Bytes::copy_from_slice(body.as_bytes()))
}

/// Kind, field, body; `@` stands for good messages.
const BAD: &str = r#"
invalid_request | - |
invalid_request | - | {
invalid_request | - | [1]
invalid_request | - | nonsense
model_required | model | {}
model_required | model | {"model":null,@}
model_required | model | {"model":"",@}
invalid_request | model | {"model":7,@}
messages_required | messages | {"model":"a"}
messages_required | messages | {"model":"a","messages":[]}
messages_required | messages | {"model":"a","messages":null}
invalid_request | messages | {"model":"a","messages":"hi"}
invalid_request | messages[0] | {"model":"a","messages":["hi"]}
invalid_request | messages[1] | {"model":"a","messages":[{},7]}
invalid_request | model | {"model":"a","model":"b",@}
invalid_request | model | {"model":"a","mod\u0065l":"b",@}
invalid_request | Model | {"model":"a","Model":"b",@}
invalid_request | stream | {"model":"a","stream":1,@}
invalid_request | max_tokens | {"model":"a","max_tokens":0,@}
invalid_request | max_tokens | {"model":"a","max_tokens":-1,@}
invalid_request | max_tokens | {"model":"a","max_tokens":1e9,@}
invalid_request | max_tokens | {"model":"a","max_tokens":99999999999999999999,@}
invalid_request | max_tokens | {"model":"a","max_tokens":5,"max_completion_tokens":6,@}
invalid_request | n | {"model":"a","n":0,@}
invalid_request | n | {"model":"a","n":1000,@}
invalid_request | temperature | {"model":"a","temperature":"hot",@}
invalid_request | top_p | {"model":"a","top_p":2,@}
invalid_request | tools | {"model":"a","tools":{},@}
invalid_request | stream_options | {"model":"a","stream_options":1,@}
invalid_request | stream_options.include_usage | {"model":"a","stream_options":{"include_usage":"y"},@}
invalid_request | - | {"model":"a",@} x
invalid_request | - | {"model":"a","x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[,@}
"#;

/// R-API-15: every bad body is refused with the field named, and none panics.
#[test]
fn r_api_15_bad_bodies_name_the_field() {
    for line in BAD.lines().filter(|l| !l.is_empty()) {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (kind, param) = (parts.next().unwrap(), parts.next().unwrap());
        let body = parts.next().unwrap().replace('@', r#""messages":[{"role":"user","content":"hi"}]"#);
        let fault = look(Dialect::OpenAiChat, &body).expect_err(&body);
        assert_eq!((fault.kind.name(), fault.param.as_deref().unwrap_or("-")), (kind, param), "{body}: {fault}");
    }
    for body in [&b"\xef\xbb\xbf{}"[..], b"{\"model\":\"\xff\"}", b" "] {
        let body = Bytes::copy_from_slice(body);
        let fault = peek(Dialect::OpenAiChat, &body).unwrap_err();
        assert_eq!(fault.kind, FaultKind::InvalidRequest);
    }
}

/// R-WIRE-7: budgets are checked and the field is named.
#[test]
fn r_wire_7_thinking_budget() {
    let ask = |thinking: &str| {
        look(
            Dialect::Anthropic,
            &format!(
                r#"{{"model":"c","max_tokens":8000,"thinking":{thinking},"messages":[{{"role":"user","content":"x"}}]}}"#
            ),
        )
    };
    for (thinking, fine) in [
        (r#"{"type":"enabled","budget_tokens":1024}"#, true),
        (r#"{"type":"enabled","budget_tokens":1023}"#, false),
        (r#"{"type":"enabled","budget_tokens":8000}"#, false),
        (r#"{"type":"enabled","budget_tokens":32001}"#, false),
        (r#"{"type":"enabled","budget_tokens":-5}"#, false),
        (r#"{"type":"enabled"}"#, false),
        (r#"{"type":"adaptive","display":"omitted"}"#, true),
        (r#"{"type":"disabled"}"#, true),
        ("null", true),
    ] {
        match ask(thinking) {
            Ok(_) => assert!(fine, "{thinking}"),
            Err(fault) => {
                assert!(!fine, "{thinking}");
                assert_eq!(fault.param.as_deref(), Some("thinking.budget_tokens"), "{thinking}");
            }
        }
    }
    // The largest budget is the model's to say.
    let asked = ask(r#"{"type":"enabled","budget_tokens":1025}"#).unwrap();
    assert!(asked.check_thinking(1_025).is_ok());
    let beyond = asked.check_thinking(1_024).unwrap_err();
    assert_eq!(beyond.param.as_deref(), Some("thinking.budget_tokens"));
    let hidden = ask(r#"{"type":"adaptive","display":"omitted"}"#).unwrap();
    assert!(hidden.hidden_reasoning_requested && hidden.reasoning_requested);
}

#[test]
fn messages_needs_max_tokens() {
    let body = r#"{"model":"c","messages":[{"role":"user","content":"x"}]}"#;
    let fault = look(Dialect::Anthropic, body).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("max_tokens"));
}

#[test]
fn a_look_tells_what_admission_needs() {
    let body = r#" { "model" : "gpt\u002d4" , "stream":true,"stream_options":{"include_usage":true},
        "max_completion_tokens":77,"n":2,"user":"u1","reasoning_effort":"low","tools":[{"type":"function"}],
        "messages":[{"role":"developer","content":"d"},{"role":"user","content":"x"},{"content":"s","role":"system"}]}"#;
    let peek = look(Dialect::OpenAiChat, body).unwrap();
    assert_eq!(peek.model, "gpt-4");
    assert!(peek.stream && peek.asks_usage && peek.has_tools && peek.reasoning_requested);
    assert_eq!((peek.max_output, peek.choices, peek.messages), (Some(77), 2, 3));
    assert_eq!(peek.user.as_deref(), Some("u1"));
    let leading: Vec<bool> = peek.cuts.prompters.iter().map(|p| p.leading).collect();
    assert_eq!(leading, [true, false]);
}

/// Media bytes, items, documents, block; `@` stands for 400 characters of base64.
const MEDIA: &str = r#"
400 1 0 {"type":"image","source":{"type":"base64","media_type":"image/png","data":"@"}}
400 1 0 {"type":"image","source":{"data":"@","type":"base64"}}
0 1 1 {"type":"document","source":{"type":"text","data":"@"}}
0 0 0 {"type":"tool_use","input":{"source":{"type":"base64","data":"@"}}}
400 1 0 {"type":"tool_result","content":[{"type":"image","source":{"type":"base64","data":"@"}}]}
422 1 0 {"type":"image_url","image_url":{"url":"data:image/png;base64,@"}}
0 1 0 {"type":"image_url","image_url":{"url":"@"}}
428 1 1 {"type":"file","file":{"file_data":"data:application/pdf;base64,@"}}
0 0 0 {"type":"text","text":"@"}
"#;

/// Media is counted apart only where a model reads media; anywhere else base64 is text.
#[test]
fn media_is_counted_where_it_stands() {
    for line in MEDIA.lines().filter(|l| !l.is_empty()) {
        let block = &line[line.find('{').unwrap()..];
        let block = block.replace('@', &"A".repeat(400));
        let body = format!(r#"{{"model":"c","max_tokens":5,"messages":[{{"role":"user","content":[{block}]}}]}}"#);
        let peek = look(Dialect::Anthropic, &body).unwrap();
        let found = format!("{} {} {}", peek.media_bytes, peek.media_items, peek.documents);
        assert!(line.starts_with(&found), "{found}: {line}");
        assert_eq!(peek.prompt_bytes + peek.media_bytes, body.len() as u64);
    }
}

proptest::proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = peek(Dialect::OpenAiChat, &Bytes::from(body));
    }

    #[test]
    fn no_json_like_body_makes_it_panic(body in "[{}\\[\\]:,\"a-z0-9\\\\ ]{0,60}") {
        let body = format!("{{\"model\":\"m\",\"messages\":[{{{body}}}],\"max_tokens\":3}}");
        let _ = peek(Dialect::Anthropic, &Bytes::from(body));
    }
}
