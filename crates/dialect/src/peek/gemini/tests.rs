//! What a look at a Gemini request tells, and what it refuses. Never here: the splices that follow (straight).

use crate::peek::{Peek, peek_path};
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind};
use units::Surcharge;

fn look(body: &str) -> Result<Peek, Fault> {
    peek_path(Dialect::Gemini, "m", true, &Bytes::copy_from_slice(body.as_bytes()))
}

/// Kind, field, body; `@` stands for good contents.
const BAD: &str = r#"
invalid_request | - |
invalid_request | - | [1]
messages_required | contents | {}
messages_required | contents | {"contents":[]}
messages_required | contents | {"contents":null}
invalid_request | contents | {"contents":"hi"}
invalid_request | contents[0] | {"contents":["hi"]}
invalid_request | contents | {@,@}
invalid_request | contents | {@,"c\u006fntents":[]}
invalid_request | Contents | {"Contents":[],@}
invalid_request | generationConfig | {"generationConfig":{},"generation_config":{},@}
invalid_request | GenerationConfig | {"GenerationConfig":{},@}
invalid_request | generation_Config | {"generation_Config":{},@}
invalid_request | generationConfig | {"generationConfig":[],@}
invalid_request | generationConfig.maxOutputTokens | {"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2},@}
invalid_request | generationConfig.maxOutputTokens | {"generationConfig":{"maxOutputTokens":"9"},@}
invalid_request | generationConfig.maxOutputTokens | {"generationConfig":{"max_output_tokens":0},@}
invalid_request | generationConfig.max_outputTokens | {"generationConfig":{"max_outputTokens":1},@}
invalid_request | generationConfig.maxoutputtokens | {"generationConfig":{"maxoutputtokens":1},@}
invalid_request | generationConfig.candidateCount | {"generationConfig":{"candidateCount":1000},@}
invalid_request | generationConfig.thinkingConfig | {"generationConfig":{"thinkingConfig":7},@}
invalid_request | generationConfig.thinkingConfig.thinkingBudget | {"generationConfig":{"thinkingConfig":{"thinkingBudget":-2}},@}
invalid_request | generationConfig.thinkingConfig.includeThoughts | {"generationConfig":{"thinkingConfig":{"includeThoughts":1}},@}
invalid_request | generationConfig.thinkingConfig.thinkingBudget | {"generationConfig":{"thinkingConfig":{"thinkingBudget":1,"thinking_budget":2}},@}
invalid_request | generationConfig.responseModalities | {"generationConfig":{"responseModalities":"TEXT"},@}
invalid_request | tools | {"tools":7,@}
invalid_request | tools[1] | {"tools":[{},7],@}
invalid_request | serviceTier | {"serviceTier":7,@}
invalid_request | - | {@} x
invalid_request | - | {"x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[,@}
"#;

/// R-API-15: every bad body is refused with the field named.
#[test]
fn r_api_15_bad_bodies_name_the_field() {
    for line in BAD.lines().filter(|l| !l.is_empty()) {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let (kind, param) = (parts.next().unwrap(), parts.next().unwrap());
        let body = parts.next().unwrap().replace('@', r#""contents":[{"parts":[{"text":"hi"}]}]"#);
        let fault = look(&body).expect_err(&body);
        assert_eq!((fault.kind.name(), fault.param.as_deref().unwrap_or("-")), (kind, param), "{body}: {fault}");
    }
    // Parts inside results inside parts are as deep as anything else.
    for (times, fine) in [(18, true), (21, false), (200_000, false)] {
        let open = r#"{"functionResponse":{"parts":["#.repeat(times);
        let body = format!("{{\"contents\":[{{\"parts\":[{open}{{}}{}]}}]}}", "]}}".repeat(times));
        assert_eq!(look(&body).is_ok(), fine, "{times}");
    }
    let body = Bytes::from_static(br#"{"contents":[{}]}"#);
    assert_eq!(peek_path(Dialect::Gemini, "", true, &body).unwrap_err().kind, FaultKind::ModelRequired);
}

#[test]
fn a_look_tells_what_admission_needs() {
    for (config, tools, contents, parts) in [
        ("generationConfig", r#"[{"functionDeclarations":[{"name":"f"}]}]"#, "[", "]"),
        ("generation_config", r#"{"function_declarations":{"name":"f"}}"#, "", ""),
    ] {
        let body = format!(
            r#"{{"{config}":{{"max_output_tokens":77,"candidateCount":2,"thinkingConfig":{{"thinking_budget":500,"includeThoughts":true}}}},"tools":{tools},"contents":{contents}{{"parts":{contents}{{"text":"x"}}{parts}}}{parts}}}"#
        );
        let peek = look(&body).expect(&body);
        assert_eq!((peek.model.as_str(), peek.stream, peek.asks_usage), ("m", true, true));
        assert_eq!((peek.max_output, peek.choices, peek.messages), (Some(77), 2, 1));
        assert!(
            peek.has_tools && peek.reasoning_requested && peek.shows_thoughts && peek.hidden_reasoning_requested
        );
        assert_eq!(peek.prompt_bytes, body.len() as u64);
        assert!(!peek.open_prompt && !peek.audio && peek.beyond.is_empty());
        assert_eq!(peek.thinking_budget, Some(500));
        let beyond = peek.check_thinking(400).unwrap_err();
        assert_eq!(beyond.param.as_deref(), Some("generationConfig.thinkingConfig.thinkingBudget"));
    }
    let off = look(r#"{"contents":[{}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}"#).unwrap();
    assert!(!off.reasoning_requested && !off.hidden_reasoning_requested && !off.shows_thoughts);
}

/// R-BILL: media are no text, and what the server fetches is no bound.
#[test]
fn media_are_counted_apart() {
    let data = "A".repeat(400);
    let part = |mime: &str| format!(r#"{{"inlineData":{{"mimeType":"{mime}","data":"{data}"}}}}"#);
    for (part, bytes, items, documents, audio, open) in [
        (part("image/png"), 400, 1, 0, false, false),
        (
            part("image/png").replace("inlineData", "inline_data").replace("mimeType", "mime_type"),
            400,
            1,
            0,
            false,
            false,
        ),
        (part("application/pdf"), 400, 1, 1, false, false),
        (part("audio/wav"), 400, 1, 1, true, false),
        (part("VIDEO/mp4"), 400, 1, 1, true, false),
        (part("text/plain"), 0, 0, 0, false, false),
        (
            r#"{"functionResponse":{"name":"f","response":{"inlineData":{}},"parts":[P]}}"#
                .replace('P', &part("image/png")),
            400,
            1,
            0,
            false,
            false,
        ),
        (r#"{"fileData":{"mimeType":"image/png","fileUri":"https://x/u"}}"#.to_owned(), 0, 1, 0, false, true),
        (r#"{"fileData":{"fileUri":"https://youtu.be/x"}}"#.to_owned(), 0, 1, 1, true, true),
        (r#"{"neverHeardOf":{"a":1}}"#.to_owned(), 0, 0, 0, false, true),
        (r#"{"functionCall":{"name":"f","args":{"inlineData":{"data":"x"}}}}"#.to_owned(), 0, 0, 0, false, false),
    ] {
        let body = format!(r#"{{"contents":[{{"role":"user","parts":[{{"text":"x"}},{part}]}}]}}"#);
        let peek = look(&body).expect(&body);
        assert_eq!((peek.media_bytes, peek.media_items, peek.documents), (bytes, items, documents), "{body}");
        assert_eq!((peek.audio, peek.open_prompt), (audio, open), "{body}");
        assert_eq!(peek.prompt_bytes, body.len() as u64 - bytes, "{body}");
    }
}

/// Whoever speaks is one of two, or a tool under its old names.
#[test]
fn a_bad_role_is_named() {
    for (role, fine) in [
        (r#""user""#, true),
        (r#""model""#, true),
        (r#""function""#, true),
        ("null", true),
        (r#""assistant""#, false),
        (r#""system""#, false),
        ("7", false),
    ] {
        let body = format!(r#"{{"contents":[{{"parts":[]}},{{"parts":[{{"text":"x"}}],"role":{role}}}]}}"#);
        let at = look(&body).err().and_then(|fault| fault.param);
        assert_eq!(at.as_deref(), (!fine).then_some("contents[1].role"), "{body}");
    }
}

/// What costs more than tokens is seen under either spelling.
#[test]
fn what_is_beyond_tokens_is_told() {
    for (field, what, path, drops) in [
        (
            r#""tools":[{"functionDeclarations":[]},{"googleSearch":{}}]"#,
            Surcharge::WebSearch,
            "tools[1].googleSearch",
            false,
        ),
        (r#""tools":{"google_search":{}}"#, Surcharge::WebSearch, "tools[0].googleSearch", false),
        (r#""tools":[{"urlContext":{}}]"#, Surcharge::WebFetch, "tools[0].urlContext", false),
        (r#""tools":[{"code_execution":{}}]"#, Surcharge::CodeExecution, "tools[0].codeExecution", false),
        (r#""tools":[{"googleMaps":{}}]"#, Surcharge::ServerTools, "tools[0].googleMaps", false),
        (r#""tools":[{"fileSearch":{}}]"#, Surcharge::ServerTools, "tools[0].fileSearch", false),
        (r#""tools":[{"computerUse":{}}]"#, Surcharge::ServerTools, "tools[0].computerUse", false),
        (r#""tools":[{"mcpServers":[{}]}]"#, Surcharge::ToolServers, "tools[0].mcpServers", false),
        (r#""serviceTier":"flex""#, Surcharge::ServiceTier, "serviceTier", true),
        (r#""service_tier":"PRIORITY""#, Surcharge::ServiceTier, "serviceTier", true),
        (
            r#""generationConfig":{"responseModalities":["TEXT","IMAGE"]}"#,
            Surcharge::Modalities,
            "generationConfig.responseModalities",
            false,
        ),
        (
            r#""generationConfig":{"speechConfig":{}}"#,
            Surcharge::Modalities,
            "generationConfig.speechConfig",
            false,
        ),
        (
            r#""generationConfig":{"modelSelectionConfig":{}}"#,
            Surcharge::Routing,
            "generationConfig.modelSelectionConfig",
            true,
        ),
    ] {
        let peek = look(&format!(r#"{{{field},"contents":[{{}}]}}"#)).expect(field);
        let [beyond] = &peek.beyond[..] else { panic!("{field}: {:?}", peek.beyond) };
        assert_eq!((beyond.what, beyond.field.as_str(), beyond.drops), (what, path, drops), "{field}");
        assert_eq!(peek.open_prompt, field.contains("tools"), "{field}");
    }
    for field in [
        r#""serviceTier":"standard""#,
        r#""tools":[{"googleSearch":null}]"#,
        r#""generationConfig":{"responseModalities":["text"]}"#,
    ] {
        assert!(look(&format!(r#"{{{field},"contents":[{{}}]}}"#)).expect(field).beyond.is_empty(), "{field}");
    }
}
