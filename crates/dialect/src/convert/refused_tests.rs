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
