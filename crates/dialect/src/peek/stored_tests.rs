//! What is refused because it lies in a provider's account, and what only looks like it. Never here: other refusals of a look.

use super::*;
use crate::peek::{peek, peek_path, peek_whole};
use bytes::Bytes;

fn refusal(dialect: Dialect, body: &str) -> Option<Fault> {
    peek_path(dialect, "m", false, &Bytes::copy_from_slice(body.as_bytes())).err()
}

fn body(dialect: Dialect, line: &str) -> String {
    let own = match dialect {
        Dialect::OpenAiResponses => "\"input\":",
        Dialect::Gemini => "\"contents\":",
        _ => "\"messages\":",
    };
    let usual = match dialect {
        Dialect::OpenAiResponses => r#""input":"x""#,
        Dialect::Gemini => r#""contents":[{"parts":[{"text":"x"}]}]"#,
        _ => r#""messages":[{"role":"user","content":"x"}]"#,
    };
    // A line is a content, or fields beside the usual one.
    let fields = match line.strip_prefix('=') {
        Some(fields) if fields.contains(own) => fields.to_owned(),
        Some(fields) => format!("{usual},{fields}"),
        None if dialect == Dialect::Gemini => format!(r#""contents":[{{"parts":[{{"text":"x"}},{line}]}}]"#),
        None if dialect == Dialect::OpenAiResponses => {
            format!(r#""input":[{{"role":"user","content":"x"}},{line}]"#)
        }
        None => format!(r#""messages":[{{"role":"user","content":[{{"type":"text","text":"x"}},{line}]}}]"#),
    };
    let model = if dialect == Dialect::Gemini { "" } else { r#""model":"m","max_tokens":9,"# };
    format!("{{{model}{fields}}}")
        .replace(r#""max_tokens":9,"#, if dialect == Dialect::OpenAiResponses { "" } else { r#""max_tokens":9,"# })
}

const CHAT: &str = r#"
messages[0].content[1].file.file_id | {"type":"file","file":{"file_id":"file-1"}}
messages[0].content[1].file.FILE_ID | {"type":"file","file":{"FILE_ID":"file-1"}}
messages[0].content[1].file.file_id | {"type":"file","file":{"file\u005fid":"file-1"}}
messages[0].content[1].file.file_data | {"type":"file","file":{"file_data":"gs://bucket/x.pdf"}}
messages[0].content[1].image_url.url | {"type":"image_url","image_url":{"url":"gs://bucket/x.png"}}
messages[0].content[1].image_url.url | {"type":"image_url","image_url":{"url":" s3://bucket/x.png"}}
messages[0].content[1].image_url.url | {"type":"image_url","image_url":{"url":"file:///etc/passwd"}}
messages[0].content[1].image_url.url | {"type":"image_url","image_url":{"url":"\u0067s://bucket/x.png"}}
messages[0].content[1].image_url.url | {"type":"image_url","image_url":{"url":"https://generativelanguage.googleapis.com/v1beta/files/x"}}
messages[0].audio.id | ="messages":[{"role":"assistant","audio":{"id":"audio_1"}}]
audio.voice.id | ="audio":{"format":"wav","voice":{"id":"voice_1"}}
extra_body.google.cached_content | ="extra_body":{"google":{"cached_content":"cachedContents/1"}}
tools[0].library_ids | ="tools":[{"type":"document_library","library_ids":["l"]}]
- | {"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA","file_id":null}}
- | {"type":"text","text":"gs://bucket/x and \"file_id\" and item_reference"}
- | {"type":"image_url","image_url":{"url":"https://x/files/y.png"}}
- | {"type":"image_url","image_url":{"url":"https://x/v1/files/y.png"}}
- | {"type":"image_url","image_url":{"url":"https://maps.googleapis.com/maps/api/staticmap?key=k"}}
- | ="messages":[{"role":"assistant","content":"x","audio":null},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"file_id\":\"own\"}"}}]},{"role":"tool","tool_call_id":"c","content":"r"}]
- | ="tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"file_id":{"type":"string"},"container":{"type":"string"}}}}}]
- | ="metadata":{"file_id":"own"}
"#;

const MESSAGES: &str = r#"
messages[0].content[1].source.file_id | {"type":"image","source":{"type":"file","file_id":"file_1"}}
messages[0].content[1].source.file_id | {"type":"document","source":{"type":"file","file_id":"file_1"}}
messages[0].content[1].source.url | {"type":"document","source":{"type":"url","url":"s3://b/k.pdf"}}
messages[0].content[1].file_id | {"type":"container_upload","file_id":"file_1"}
messages[0].content[1].content[0].source.file_id | {"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"file","file_id":"file_1"}}]}
container | ="container":"container_1"
container.id | ="container":{"id":"container_1","skills":[]}
container.skills[1].skill_id | ="container":{"skills":[{"type":"anthropic","skill_id":"pptx"},{"type":"custom","skill_id":"skill_01"}]}
- | ="container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"latest"}]}
- | {"type":"tool_use","id":"t","name":"f","input":{"file_id":"own","container":"own","url":"gs://own"}}
- | {"type":"bash_code_execution_tool_result","tool_use_id":"t","content":{"type":"bash_code_execution_result","content":[{"type":"bash_code_execution_output","file_id":"file_1"}]}}
- | {"type":"text","text":"x","citations":[{"type":"char_location","file_id":"file_1"}]}
- | {"type":"image","source":{"type":"url","url":"https://x/y.png"}}
- | {"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result","url":"https://generativelanguage.googleapis.com/docs","title":"x","encrypted_content":"x"}]}
- | {"type":"search_result","source":"gs://own/x","title":"t","content":[{"type":"text","text":"x"}]}
- | ="tools":[{"name":"f","input_schema":{"type":"object","properties":{"file_id":{}}},"input_examples":[{"file_id":"a"}]}]
- | ="container":null
"#;

const RESPONSES: &str = r#"
input[1] | {"type":"item_reference","id":"msg_1"}
input[1] | {"type":"item\u005freference","id":"msg_1"}
input[1] | {"id":"msg_1"}
input[1] | {"id":"msg_1","type":null}
input[1] | {"type":"message","role":"user","content":"x","type":"item_reference","id":"msg_1"}
input[1] | {"type":"image_generation_call","id":"ig_1"}
input[1].content[0].file_id | {"role":"user","content":[{"type":"input_image","file_id":"file-1"}]}
input[1].content[0].file_id | {"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}
input[1].output[0].file_id | {"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"file-1"}]}
input[1].output.file_id | {"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","file_id":"file-1"}}
input[1].container_id | {"type":"code_interpreter_call","id":"ci_1","code":"1","container_id":"cntr_1"}
input[1].content[0].image_url | {"role":"user","content":[{"type":"input_image","image_url":"gs://b/k"}]}
tools[0].vector_store_ids | ="tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]
tools[0].container | ="tools":[{"type":"code_interpreter","container":"cntr_1"}]
tools[0].container.file_ids | ="tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":["file-1"]}}]
tools[0].input_image_mask.file_id | ="tools":[{"type":"image_generation","input_image_mask":{"file_id":"file-1"}}]
tools[0].environment.container_id | ="tools":[{"type":"shell","environment":{"type":"container_reference","container_id":"cntr_1"}}]
input[1].tools[0].vector_store_ids | {"type":"additional_tools","tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}
prompt | ="prompt":{"id":"pmpt_1"}
conversation | ="conversation":"conv_1"
- | ="tools":[{"type":"code_interpreter","container":{"type":"auto","file_ids":[]}}]
- | ="previous_response_id":"resp_1"
- | {"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"container_file_citation","container_id":"c","file_id":"f"}]}]}
- | {"type":"reasoning","id":"rs_1","summary":[]}
- | {"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{\"file_id\":\"own\"}","status":"completed"}
- | {"type":"custom_tool_call","call_id":"c","name":"f","input":"file_id: gs://x"}
- | {"type":"image_generation_call","id":"ig_1","result":"AAAA"}
- | {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q","sources":[{"type":"url","url":"https://aiplatform.googleapis.com/x"}]}}
- | {"id":"msg_1","role":"developer","content":"x"}
- | ="tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"file_id":{}}}}]}]
- | ="client_metadata":{"container":"own"}
"#;

const GEMINI: &str = r#"
cachedContent | ="cachedContent":"cachedContents/1"
cached_content | ="cached_content":"cachedContents/1"
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"files/abc"}}
contents[0].parts[1].file_data.file_uri | {"file_data":{"file_uri":"files/abc"}}
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"gs://bucket/x.png"}}
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"HTTPS://x@GenerativeLanguage.googleapis.com.:443/v1beta/files/abc"}}
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"https://proxy.example/v1beta/files/abc"}}
contents[0].parts[1].fileData.fileUri | {"fileData":{"fileUri":"https://generativelanguage%2egoogleapis.com/v1beta/%66iles/abc"}}
contents[0].parts[1].functionResponse.parts[0].fileData.fileUri | {"functionResponse":{"name":"f","response":{},"parts":[{"fileData":{"fileUri":"files/abc"}}]}}
systemInstruction.parts[0].fileData.fileUri | ="systemInstruction":{"parts":[{"fileData":{"fileUri":"files/abc"}}]}
tools[0].fileSearch.fileSearchStoreNames | ="tools":[{"fileSearch":{"fileSearchStoreNames":["fileSearchStores/1"]}}]
tools[1].retrieval | ="tools":[{"functionDeclarations":[]},{"retrieval":{"vertexAiSearch":{"datastore":"d"}}}]
- | {"fileData":{"mimeType":"image/png","fileUri":"https://x/y.png"}}
- | {"fileData":{"fileUri":"https://youtu.be/x"}}
- | {"fileData":{"fileUri":"https://storage.googleapis.com/public/files/x.png"}}
- | {"fileData":{"fileUri":"https://x/files/x.png"}}
- | {"functionCall":{"name":"f","args":{"fileData":{"fileUri":"files/own"}}}}
- | {"functionResponse":{"name":"f","response":{"file_id":"own","cachedContent":"own"}}}
- | ="cachedContent":null
- | ="tools":[{"urlContext":{}},{"functionDeclarations":[{"name":"f","parameters":{"properties":{"file_id":{}}}}]}]
"#;

/// R-WIRE-2: nobody reaches through the operator's account what another put there; the field is named by its exact path.
#[test]
fn r_wire_2_what_is_stored_at_a_provider_is_refused_by_name() {
    let all = [
        (Dialect::OpenAiChat, CHAT),
        (Dialect::Anthropic, MESSAGES),
        (Dialect::OpenAiResponses, RESPONSES),
        (Dialect::Gemini, GEMINI),
    ];
    for (dialect, table) in all {
        for line in table.lines().filter(|line| !line.is_empty()) {
            let (wanted, rest) = line.split_once(" | ").unwrap();
            let body = body(dialect, rest);
            let fault = refusal(dialect, &body);
            let found = fault.as_ref().map_or("-", |fault| fault.param.as_deref().unwrap_or("?"));
            assert_eq!(found, wanted, "{body}");
            assert!(fault.is_none_or(|fault| fault.kind == FaultKind::UnsupportedParameter), "{body}");
        }
    }
}

/// R-WIRE-2: a count asks a provider as well.
#[test]
fn r_wire_2_counts_refuse_the_same() {
    for (dialect, line, at) in [
        (
            Dialect::Anthropic,
            r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#,
            "messages[0].content[1].source.file_id",
        ),
        (Dialect::Gemini, r#"{"fileData":{"fileUri":"files/abc"}}"#, "contents[0].parts[1].fileData.fileUri"),
    ] {
        let fault = crate::decode_count(dialect, "m", &Bytes::from(body(dialect, line))).unwrap_err();
        assert_eq!(fault.param.as_deref(), Some(at));
    }
}

/// What this house kept of a provider's answer goes back to it.
#[test]
fn what_was_kept_here_is_not_refused() {
    let item = r#"{"type":"code_interpreter_call","id":"ci_1","code":"1","container_id":"cntr_1"}"#;
    let body = Bytes::from(body(Dialect::OpenAiResponses, item));
    assert!(peek(Dialect::OpenAiResponses, &body).is_err());
    assert!(peek_whole(Dialect::OpenAiResponses, &body).is_ok());
}

/// The quick look knows every name by its beginning.
#[test]
fn every_name_has_a_known_beginning() {
    for name in STORED.iter().chain(&HOLDERS) {
        assert!(name.len() >= NAME_BYTES_MIN && begins(name.as_bytes()), "{name}");
    }
}
