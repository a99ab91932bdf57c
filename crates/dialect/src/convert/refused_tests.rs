//! What the converting lane refuses of a request, in the client's words. Never here: what crosses (tests, corpus).

use super::*;

const CHAT: Dialect = Dialect::OpenAiChat;
const MESSAGES: Dialect = Dialect::Anthropic;

fn to(client: Dialect, body: &str, target: &Target) -> Result<Encoded, Fault> {
    let (request, _) = decode_request(client, &Bytes::copy_from_slice(body.as_bytes()))?;
    encode_request(&request, target)
}

/// R-WIRE-4: what makes no sense on this lane is refused by name, as the servers of its dialect would.
#[test]
fn r_wire_4_what_is_no_value_is_refused_by_name() {
    let f = r#"{"type":"function","name":"f"}"#;
    for (client, fields, at) in [
        (CHAT, r#""parallel_tool_calls":"x""#.to_owned(), "parallel_tool_calls"),
        (CHAT, r#""metadata":"x""#.to_owned(), "metadata"),
        (
            CHAT,
            r#""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}"#
                .to_owned(),
            "tool_choice.function.name",
        ),
        (
            MESSAGES,
            r#""tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"g"}"#.to_owned(),
            "tool_choice.name",
        ),
        (Dialect::OpenAiResponses, r#""parallel_tool_calls":"x""#.to_owned(), "parallel_tool_calls"),
        (Dialect::OpenAiResponses, r#""metadata":"x""#.to_owned(), "metadata"),
        (Dialect::OpenAiResponses, r#""include":["reasoning.encrypted_content","x.y"]"#.to_owned(), "include[1]"),
        (
            Dialect::OpenAiResponses,
            format!(r#""tools":[{f}],"tool_choice":{{"type":"function","name":"g"}}"#),
            "tool_choice.name",
        ),
        (
            Dialect::OpenAiResponses,
            format!(r#""tools":[{f}],"tool_choice":{{"type":"allowed_tools","mode":"auto","tools":[{f},{{"type":"function","name":"g"}}]}}"#),
            "tool_choice.tools",
        ),
        (
            Dialect::Gemini,
            r#""tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}"#.to_owned(),
            "toolConfig.functionCallingConfig.allowedFunctionNames",
        ),
    ] {
        let body = match client {
            Dialect::OpenAiResponses => format!(r#"{{"model":"m",{fields},"input":"x"}}"#),
            Dialect::Gemini => format!(r#"{{{fields},"contents":[{{"parts":[{{"text":"x"}}]}}]}}"#),
            _ => format!(r#"{{"model":"m","max_tokens":9,{fields},"messages":[{{"role":"user","content":"x"}}]}}"#),
        };
        let fault = to(client, &body, &Target::new(CHAT, "gpt", 16_000)).expect_err(&body);
        assert_eq!(fault.param.as_deref(), Some(at), "{body} {fault}");
    }
}

/// R-WIRE-4: what a server cannot take is named by the place where the client said it, in the client's own words.
#[test]
fn r_wire_4_refusals_name_the_place_in_the_clients_words() {
    const RESPONSES: Dialect = Dialect::OpenAiResponses;
    const GEMINI: Dialect = Dialect::Gemini;
    for (client, upstream, content, at) in [
        (
            CHAT,
            MESSAGES,
            r#"{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}"#,
            "messages[1].content[1]",
        ),
        (CHAT, GEMINI, r#"{"type":"image_url","image_url":{"url":"https://x/y.png"}}"#, "messages[1].content[1]"),
        (
            MESSAGES,
            CHAT,
            r#"{"type":"document","source":{"type":"url","url":"https://x/y.pdf"}}"#,
            "messages[1].content[1]",
        ),
        (
            MESSAGES,
            GEMINI,
            r#"{"type":"image","source":{"type":"url","url":"https://x/y.png"}}"#,
            "messages[1].content[1]",
        ),
        (
            RESPONSES,
            MESSAGES,
            r#"{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}"#,
            "input[1].content[1]",
        ),
        (RESPONSES, CHAT, r#"{"type":"input_file","file_url":"https://x/y.pdf"}"#, "input[1].content[1]"),
        (GEMINI, MESSAGES, r#"{"inlineData":{"mimeType":"audio/wav","data":"AA=="}}"#, "contents[1].parts[1]"),
        (
            GEMINI,
            CHAT,
            r#"{"fileData":{"mimeType":"application/pdf","fileUri":"https://x/y.pdf"}}"#,
            "contents[1].parts[1]",
        ),
    ] {
        let body = match client {
            RESPONSES => format!(
                r#"{{"model":"m","input":[{{"role":"user","content":"a"}},{{"role":"user","content":[{{"type":"input_text","text":"b"}},{content}]}}]}}"#
            ),
            GEMINI => {
                format!(r#"{{"contents":[{{"parts":[{{"text":"a"}}]}},{{"parts":[{{"text":"b"}},{content}]}}]}}"#)
            }
            _ => format!(
                r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}},{{"role":"user","content":[{{"type":"text","text":"b"}},{content}]}}]}}"#
            ),
        };
        let fault = to(client, &body, &Target::new(upstream, "up", 9)).expect_err(&body);
        assert_eq!(fault.param.as_deref(), Some(at), "{body} {fault}");
    }
    // Media inside results have places of their own.
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}]}]}"#;
    let fault = to(MESSAGES, body, &Target::new(GEMINI, "up", 9)).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("messages[2].content[0].content[0]"));
    // What only its own provider could read is named, though nothing else is said.
    let body = r#"{"contents":[{"parts":[{"fileData":{"mimeType":"video/mp4","fileUri":"https://x/y.mp4"}}]}]}"#;
    let fault = to(GEMINI, body, &Target::new(CHAT, "up", 9)).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("contents[0].parts[0].fileData.fileUri"));
    // Tools of a group do not shift the numbers of those behind it.
    let body = r#"{"model":"m","input":"x","tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}]},{"type":"mcp"}]}"#;
    let fault = to(RESPONSES, body, &Target::new(CHAT, "up", 9)).unwrap_err();
    assert_eq!(fault.param.as_deref(), Some("tools[1].type"));
}
