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

/// What is asked for beyond tokens at the ordinary rate: word and field, `-` for nothing; the fields of a request.
const BEYOND: &str = r#"
- | "service_tier":"auto"
- | "service_tier":"default"
- | "service_tier":"standard_only"
- | "service_tier":null
service_tier service_tier | "service_tier":"priority"
service_tier service_tier | "service_tier":"pri\u006frity"
service_tier service_tier | "service_tier":"flex"
- | "service_tier":"\u0061uto"
- | "speed":"standard"
- | "speed":null
speed speed | "speed":"fast"
speed speed | "sp\u0065ed":"fast"
- | "inference_geo":"global"
region inference_geo | "inference_geo":"us"
web_search web_search_options | "web_search_options":{}
- | "web_search_options":null
web_search search_parameters | "search_parameters":{"mode":"auto"}
web_search enable_search | "enable_search":true
- | "enable_search":false
code_execution container | "container":{"skills":[]}
- | "container":null
- | "mcp_servers":[ ]
tool_servers mcp_servers | "mcp_servers":[{"type":"url"}]
server_tools plugins | "plugins":[{"id":"web"}]
- | "modalities":["text"]
- | "modalities":null
modalities modalities | "modalities":["text","audio"]
modalities modalities | "modalities":["image"]
modalities audio | "audio":{"voice":"alloy"}
routing models | "models":["dearer"]
routing provider | "provider":{"sort":"throughput"}
- | "tools":[]
- | "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"web_search"}}}]
- | "tools":[{"name":"web_search","input_schema":{"type":"object","properties":{"type":{"type":"string"}}}}]
- | "tools":[{"type":"custom","name":"x"},{"type":"bash_20250124"},{"type":"text_editor_20250728"},{"type":null}]
- | "tools":[{"type":"computer_20250124"},{"type":"memory_20250818"},{"type":"tool_search_tool_regex_20251119"}]
web_search tools[1].type | "tools":[{"type":"custom"},{"type":"web_search_20250305","max_uses":5}]
web_search tools[0].type | "tools":[{"type":"function","type":"web_search_20250305"}]
web_search tools[0].type | "tools":[{"Type":"web_search_20250305"}]
web_search tools[0].type | "tools":[{"t\u0079pe":"web_\u0073earch_20250305"}]
web_fetch tools[0].type | "tools":[{"name":"f","type":"web_fetch_20250910"}]
code_execution tools[0].type | "tools":[{"type":"code_execution_20250825"}]
code_execution tools[0].type | "tools":[{"type":"code_interpreter"}]
tool_servers tools[0].type | "tools":[{"type":"mcp_toolset"}]
server_tools tools[0].type | "tools":[{"type":"advisor_20260301"}]
server_tools tools[0].type | "tools":[{"type":"file_search"},{"type":"builtin_function"}]
speed speed, web_search tools[0].type, web_fetch tools[2].type | "tools":[{"type":"web_search"},{"type":"web_search"},{"type":"web_fetch"}],"speed":"fast"
"#;

/// Everything that a provider bills beside tokens is found, however it is spelt; what clients send by default is not.
#[test]
fn what_is_billed_beyond_tokens_is_found() {
    for line in BEYOND.lines().filter(|l| !l.is_empty()) {
        let (wanted, fields) = line.split_once(" | ").unwrap();
        for dialect in [Dialect::OpenAiChat, Dialect::Anthropic] {
            let body =
                format!(r#"{{"model":"m","max_tokens":5,{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
            let found = look(dialect, &body).unwrap().beyond;
            let told: Vec<_> = found.iter().map(|b| format!("{} {}", b.what.name(), b.field)).collect();
            assert_eq!(if told.is_empty() { "-".to_owned() } else { told.join(", ") }, wanted, "{body}");
        }
    }
    let twice = r#"{"model":"m","speed":"standard","speed":"fast","messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(look(Dialect::Anthropic, twice).unwrap_err().param.as_deref(), Some("speed"));
}

/// Servers exist that match keys without regard to case, and by Unicode's rules: a second spelling is refused.
#[test]
fn other_spellings_of_fields_are_refused() {
    let refused = |dialect, fields: &str| {
        let body =
            format!(r#"{{"model":"m","max_tokens":5,{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
        look(dialect, &body).err().and_then(|fault| fault.param).map(Cow::into_owned)
    };
    let names = [
        "Service_Tier",
        "SPEED",
        "Tools",
        "Web_search_options",
        "MCP_servers",
        "Models",
        "max_token\u{17f}",
        "max_to\u{212a}ens",
        "tool\u{17f}",
        "\u{17f}ervice_tier",
        "Stream_Options",
        "Reasoning_Effort",
        "Thin\u{212a}ing",
        "Include_Reasoning",
    ];
    for name in names {
        assert_eq!(refused(Dialect::OpenAiChat, &format!("\"{name}\":1")).as_deref(), Some(name));
    }
    for (fields, param) in [
        (r#""stream_options":{"include_usage":true,"Include_Usage":false}"#, "stream_options.Include_Usage"),
        (r#""thinking":{"type":"enabled","budget_tokens":1024,"Budget_Tokens":9}"#, "thinking.Budget_Tokens"),
        (r#""reasoning":{"effort":"low","Exclude":true}"#, "reasoning.Exclude"),
    ] {
        for dialect in [Dialect::OpenAiChat, Dialect::Anthropic] {
            assert_eq!(refused(dialect, fields).as_deref(), Some(param), "{fields}");
        }
    }
    assert_eq!(refused(Dialect::OpenAiChat, r#""x_Custom":1,"größe":2"#), None);
}

/// Whether reasoning is asked for, and whether it may stay unseen.
#[test]
fn reasoning_is_seen_however_it_is_asked_for() {
    for (fields, asked, hidden) in [
        (r#""reasoning_effort":"none""#, false, false),
        (r#""reasoning_effort":"high""#, true, false),
        (r#""reasoning":{"effort":"high"}"#, true, false),
        (r#""reasoning":{"effort":"none"}"#, false, false),
        (r#""reasoning":{"enabled":false}"#, false, false),
        (r#""reasoning":{"max_tokens":2000}"#, true, false),
        (r#""reasoning":{"effort":"high","exclude":true}"#, true, true),
        (r#""reasoning":{"summary":"auto"}"#, true, true),
        (r#""reasoning":null"#, false, false),
        (r#""include_reasoning":false"#, false, true),
        (r#""include_reasoning":true"#, true, false),
        (r#""enable_thinking":true"#, true, false),
        (r#""enable_thinking":false"#, false, false),
        (r#""thinking":{"type":"adaptive","display":"omitted"}"#, true, true),
        (r#""thinking":{"type":"adaptive","display":"summarized"}"#, true, true),
    ] {
        let body =
            format!(r#"{{"model":"m","max_tokens":5,{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
        let peek = look(Dialect::OpenAiChat, &body).unwrap();
        assert_eq!((peek.reasoning_requested, peek.hidden_reasoning_requested), (asked, hidden), "{fields}");
    }
}

/// Parts whose size the body does not tell leave the prompt open: something is fetched, or nobody here knows the kind.
#[test]
fn parts_of_unknown_size_leave_the_prompt_open() {
    let long = "x".repeat(80);
    for (part, open) in [
        (r#"{"type":"text","text":"a"}"#, false),
        (r#"{"type":"image_url","image_url":{"url":"https://x/y.png"}}"#, false),
        (r#"{"type":"video_url","video_url":{"url":"https://x/y.mp4"}}"#, true),
        (r#"{"type":"file","file":{"file_data":"https://x/y.pdf"}}"#, true),
        (&format!(r#"{{"type":"file","file":{{"file_data":"https://x/{long}"}}}}"#), true),
        (r#"{"type":"file","file":{"file_id":"f"}}"#, true),
        (r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA"}}"#, false),
        (r#"{"type":"container_upload","file":"f"}"#, true),
        (&format!(r#"{{"type":"{long}"}}"#), true),
        (r#"{"type":"tool_result","content":[{"type":"video","url":"https://x"}]}"#, true),
        (r#"{"type":"web_search_tool_result","content":[]}"#, false),
        // Servers that read keys in any case read pictures here.
        (r#"{"type":"image_url","Image_Url":{"url":"https://x"}}"#, true),
        (r#"{"type":"image","Source":{"type":"url"}}"#, true),
        (r#"{"type":"image","source":{"Type":"base64","data":"AA"}}"#, true),
        (r#"{"type":"tool_use","id":"t","name":"f","input":{"Type":"x","Url":"y","Data":"z"}}"#, false),
    ] {
        let body = format!(r#"{{"model":"m","max_tokens":5,"messages":[{{"role":"user","content":[{part}]}}]}}"#);
        assert_eq!(peek_whole(Dialect::OpenAiChat, &Bytes::from(body)).unwrap().open_prompt, open, "{part}");
    }
}

/// Requests as real clients send them by default ask for nothing beyond tokens.
#[test]
fn no_client_asks_for_more_by_default() {
    let claude_code = r#""max_tokens":128000,"system":[{"type":"text","text":"s"}],
        "tools":[{"name":"WebSearch","description":"d","input_schema":{"$schema":"x","type":"object"}},{"name":"B","defer_loading":true,
        "input_schema":{"type":"object"}}],"metadata":{"user_id":"u"},"thinking":{"type":"adaptive","display":"omitted"},
        "context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"output_config":{"effort":"high"}"#;
    let pi = r#""max_completion_tokens":5,"reasoning_effort":"low","store":false,
        "tools":[{"type":"function","function":{"name":"web_search","strict":false}}]"#;
    let sdk = r#""stream_options":{"include_usage":true},"max_tokens":32000,"temperature":0,"modalities":["text"],"service_tier":"auto""#;
    for (dialect, fields) in
        [(Dialect::Anthropic, claude_code), (Dialect::OpenAiChat, pi), (Dialect::OpenAiChat, sdk)]
    {
        let body =
            format!(r#"{{"model":"m","stream":true,{fields},"messages":[{{"role":"user","content":"x"}}]}}"#);
        assert_eq!(look(dialect, &body).unwrap().beyond, [], "{body}");
    }
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
428 1 1 {"type":"image_url","image_url":{"url":"data:application/pdf;base64,@"}}
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
