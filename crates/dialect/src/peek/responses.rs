//! The fields that only Responses has, as a look reads them. In: members as they come. Out: what they say in a `Peek`, or a
//! fault that names the field. Never here: items of the input (input).

use super::fields::{Field, Fields, text, tokens, wants};
use super::surcharges::{Beyond, Offers};
use crate::json::{Member, Members, Span, walk};
use canon::{Dialect, Fault, FaultKind};

impl Fields {
    /// Takes such a field. To other dialects these names say nothing.
    pub(super) fn of_responses(&mut self, field: Field, value: &[u8], member: Member) -> Result<(), Fault> {
        if self.peek.dialect != Dialect::OpenAiResponses {
            return Ok(());
        }
        let cuts = &mut self.peek.cuts;
        let null = value == b"null";
        match field {
            Field::MaxOutputTokens => {
                cuts.max_output_tokens = Some(member);
                self.peek.max_output = tokens(field, value)?;
            }
            Field::Store => {
                cuts.store = Some(member);
                self.peek.store = match value {
                    b"true" | b"null" => true,
                    b"false" => false,
                    _ => return Err(wants(field, "true or false")),
                };
            }
            Field::PreviousResponse => {
                cuts.previous = Some(member);
                if !null {
                    self.peek.previous_response = Some(text(field, value)?);
                }
            }
            Field::Include => {
                if !null && value.first() != Some(&b'[') {
                    return Err(wants(field, "an array"));
                }
                cuts.include = Some(member);
            }
            Field::Input => {
                cuts.input = Some(member);
                if !null && !matches!(value.first(), Some(b'"' | b'[')) {
                    return Err(wants(field, "a string or an array of items"));
                }
            }
            Field::Background if matches!(value, b"false" | b"null") => {}
            _ if null => {}
            // What is kept at a provider, or runs there while nobody listens, is beyond this gateway.
            _ => {
                let told =
                    format!("`{}` is not supported here; send the whole conversation in `input`.", field.name());
                return Err(Fault::new(FaultKind::UnsupportedParameter, told).at(field.name()));
            }
        }
        Ok(())
    }

    /// The checks of a Responses request that need all of it. `foreign` of its items are reasoning that no server here can read.
    pub(super) fn check_input(&self, items: u32, foreign: usize) -> Result<(), Fault> {
        if self.peek.previous_response.is_some() {
            return Ok(());
        }
        let told = match items {
            0 => "`input` is required: a text, or an array with at least one item.",
            _ if foreign == items as usize => {
                "`input` holds nothing but reasoning that another server made or keeps; send the turns it belongs to."
            }
            _ => return Ok(()),
        };
        Err(Fault::new(FaultKind::MessagesRequired, told).at("input"))
    }
}

/// What tools ask for that items of the input bring with them.
pub(super) fn brought(body: &[u8], items: &[(Span, u32)]) -> Vec<Beyond> {
    let mut found: Vec<Beyond> = Vec::new();
    for ((from, _), n) in items {
        let Ok(mut members) = Members::new(body, *from, 2) else { continue };
        while let Ok(Some(member)) = members.next() {
            let mut offers = Offers::default();
            let tools = &*member.name(body) == b"tools";
            if tools && walk(body, member.value.0, 3, &mut offers).is_ok() {
                let here = |beyond: Beyond| Beyond { field: format!("input[{n}].{}", beyond.field), ..beyond };
                found.extend(offers.found.into_iter().map(here));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::peek::{Peek, peek, peek_whole};
    use bytes::Bytes;
    use canon::{Dialect, Fault};

    fn look(body: &str) -> Result<Peek, Fault> {
        peek(Dialect::OpenAiResponses, &Bytes::copy_from_slice(body.as_bytes()))
    }

    /// Kind, field, body; `@` stands for a good input.
    const BAD: &str = r#"
messages_required | input | {"model":"a"}
messages_required | input | {"model":"a","input":null}
messages_required | input | {"model":"a","input":""}
messages_required | input | {"model":"a","input":[]}
messages_required | input | {"model":"a","input":[{"type":"reasoning","id":"rs_1","summary":[]}]}
messages_required | input | {"model":"a","input":[{"type":"reasoning","summary":[],"encrypted_content":"tg1.00000000000000ff.x"}]}
invalid_request | input | {"model":"a","input":7}
invalid_request | input[0] | {"model":"a","input":["hi"]}
invalid_request | input[1] | {"model":"a","input":[{},7]}
invalid_request | input | {"model":"a","input":"a","input":"b"}
invalid_request | Input | {"model":"a",@,"Input":"b"}
invalid_request | Store | {"model":"a",@,"Store":true}
invalid_request | messages | {"model":"a","messages":[{}]}
invalid_request | store | {"model":"a",@,"store":1}
invalid_request | store | {"model":"a",@,"store":true,"store":false}
invalid_request | max_output_tokens | {"model":"a",@,"max_output_tokens":0}
invalid_request | max_output_tokens | {"model":"a",@,"max_output_tokens":1,"max_output_tokens":2}
invalid_request | previous_response_id | {"model":"a",@,"previous_response_id":7}
invalid_request | include | {"model":"a",@,"include":"x"}
unsupported_parameter | background | {"model":"a",@,"background":true}
unsupported_parameter | conversation | {"model":"a",@,"conversation":"c"}
unsupported_parameter | prompt | {"model":"a",@,"prompt":{"id":"p"}}
model_required | model | {@}
"#;

    /// R-API-15: every bad body is refused with the field named.
    #[test]
    fn r_api_15_bad_bodies_name_the_field() {
        for line in BAD.lines().filter(|line| !line.is_empty()) {
            let mut parts = line.splitn(3, " | ");
            let (kind, param) = (parts.next().unwrap(), parts.next().unwrap());
            let body = parts.next().unwrap().replace('@', r#""input":"hi""#);
            let fault = look(&body).expect_err(&body);
            assert_eq!((fault.kind.name(), fault.param.as_deref().unwrap_or("-")), (kind, param), "{body}");
        }
    }

    #[test]
    fn a_look_tells_what_admission_needs() {
        let said =
            look(r#"{"model":"a","input":"hi","background":null,"conversation":null,"prompt":null}"#).unwrap();
        assert!(said.store && said.asks_usage && !said.stream && !said.reasoning_requested);
        assert_eq!((said.messages, said.previous_response), (1, None));
        let peek = look(
            r#"{"model":"a","stream":true,"store":false,"previous_response_id":"resp_1","max_output_tokens":77,
            "reasoning":{"effort":"low"},"safety_identifier":"u","tools":[{"type":"function","name":"f"}],"input":[
            {"role":"developer","content":"d"},{"role":"user","content":"x"},{"type":"message","role":"system","content":[]}]}"#,
        )
        .unwrap();
        assert!(peek.stream && !peek.store && peek.has_tools && !peek.open_prompt);
        // A summary shows less than is billed, whether it is asked for or not.
        assert!(peek.reasoning_requested && peek.hidden_reasoning_requested);
        assert_eq!(
            (peek.max_output, peek.messages, peek.previous_response.as_deref()),
            (Some(77), 3, Some("resp_1"))
        );
        assert_eq!(peek.user.as_deref(), Some("u"));
        let leading: Vec<bool> = peek.cuts.prompters.iter().map(|p| p.leading).collect();
        assert_eq!(leading, [true, false]);
        assert!(look(r#"{"model":"a","previous_response_id":"resp_1"}"#).is_ok());
        let reasoning = r#"{"type":"reasoning","id":"rs_1","summary":[]}"#;
        assert!(look(&format!(r#"{{"model":"a","previous_response_id":"resp_1","input":[{reasoning}]}}"#)).is_ok());
        assert!(look(&format!(r#"{{"model":"a","input":[{reasoning},{{"role":"user","content":"x"}}]}}"#)).is_ok());
    }

    /// What is asked for, and the fields of a request.
    const BEYOND: &str = r#"
- | "tools":[{"type":"function"},{"type":"custom"},{"type":"local_shell"},{"type":"apply_patch"},{"type":"tool_search"}]
- | "tools":[{"type":"namespace","name":"n","tools":[{"type":"function","parameters":{"type":"object"}}]}]
- | "tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"type":{"type":"web_search"}}}}]
- | "service_tier":"auto"
service_tier service_tier | "service_tier":"flex"
web_search tools[1].type | "tools":[{"type":"function"},{"type":"web_search"}]
web_search tools[0].type | "tools":[{"type":"web_search_preview_2025_03_11"}]
server_tools tools[0].type | "tools":[{"type":"file_search"}]
code_execution tools[0].type | "tools":[{"type":"code_interpreter"}]
code_execution tools[0].type | "tools":[{"type":"shell"}]
server_tools tools[0].type | "tools":[{"type":"image_generation"}]
tool_servers tools[0].type | "tools":[{"type":"mcp"}]
server_tools tools[0].type | "tools":[{"type":"computer_use_preview"}]
server_tools tools[0].type | "tools":[{"type":"computer"}]
server_tools tools[0].type | "tools":[{"type":"programmatic_tool_calling"}]
web_search tools[0].type | "tools":[{"type":"namespace","tools":[{"type":"web_search"}]}]
web_search input[1].tools[0].type | "input":[{"role":"user","content":"x"},{"type":"additional_tools","tools":[{"type":"web_search"}]}]
- | "input":[{"type":"additional_tools","role":"developer","tools":[{"type":"function"}]}]
"#;

    /// Everything that a provider bills beside tokens is found; what clients run themselves is not.
    #[test]
    fn what_is_billed_beyond_tokens_is_found() {
        for line in BEYOND.lines().filter(|line| !line.is_empty()) {
            let (wanted, fields) = line.split_once(" | ").unwrap();
            let input = if fields.starts_with("\"input\"") { "" } else { r#","input":"x""# };
            let found = look(&format!(r#"{{"model":"m",{fields}{input}}}"#)).unwrap().beyond;
            let told: Vec<_> = found.iter().map(|b| format!("{} {}", b.what.name(), b.field)).collect();
            assert_eq!(if told.is_empty() { "-".to_owned() } else { told.join(", ") }, wanted, "{fields}");
        }
    }

    /// Media bytes, items, documents, whether something is fetched; the item. `@` stands for 400 characters of base64.
    const MEDIA: &str = r#"
422 1 0 false {"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,@"}]}
0 1 0 true {"role":"user","content":[{"type":"input_image","image_url":"https://x/y.png"}]}
0 1 1 true {"role":"user","content":[{"type":"input_image","file_id":"f"}]}
428 1 1 false {"role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,@"}]}
400 1 1 false {"role":"user","content":[{"type":"input_file","file_data":"@"}]}
0 1 1 true {"role":"user","content":[{"type":"input_file","file_url":"https://x/y.pdf"}]}
0 1 1 true {"role":"user","content":[{"type":"input_file","file_data":"https://x/y.pdf"}]}
422 1 0 false {"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"data:image/png;base64,@"}]}
0 0 0 false {"type":"function_call_output","call_id":"c","output":"@"}
422 1 0 false {"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"data:image/png;base64,@"}}
400 1 0 false {"role":"user","content":[{"type":"input_audio","input_audio":{"data":"@","format":"wav"}}]}
0 0 0 true {"role":"user","content":[{"type":"input_video","video":"x"}]}
0 0 0 true {"type":"item_reference","id":"msg_1"}
0 0 0 true {"type":"something_new"}
0 0 0 false {"type":"web_search_call","id":"ws_1","status":"completed"}
0 0 0 false {"role":"user","content":"@"}
"#;

    /// Media is counted apart only where a model reads media; what a server fetches leaves the prompt open.
    #[test]
    fn media_is_counted_where_it_stands() {
        for line in MEDIA.lines().filter(|line| !line.is_empty()) {
            let item = line[line.find('{').unwrap()..].replace('@', &"A".repeat(400));
            let body = format!(r#"{{"model":"c","input":[{item}]}}"#);
            let peek = peek_whole(Dialect::OpenAiResponses, &Bytes::from(body.clone())).unwrap();
            let found =
                format!("{} {} {} {}", peek.media_bytes, peek.media_items, peek.documents, peek.open_prompt);
            assert!(line.starts_with(&found), "{found}: {line}");
            assert_eq!(peek.prompt_bytes + peek.media_bytes, body.len() as u64);
        }
    }

    #[test]
    fn caches_of_half_a_day_are_seen() {
        for (fields, hour) in [
            (r#""input":"x""#, false),
            (r#""input":"x","prompt_cache_options":{"ttl":"12h"}"#, true),
            (
                r#""input":[{"role":"user","content":[{"type":"input_text","text":"x","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}}]}]"#,
                false,
            ),
            (
                r#""input":[{"role":"user","content":[{"type":"input_text","text":"x","prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}]}]"#,
                true,
            ),
        ] {
            assert_eq!(look(&format!(r#"{{"model":"m",{fields}}}"#)).unwrap().hour_cache, hour, "{fields}");
        }
    }
}
