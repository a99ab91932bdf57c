//! Responses streams and answers passed straight. Never here: requests (responses_requests), whole transcripts (corpus).

use super::*;
use crate::openai_responses::echo::Echo;
use crate::straight::ResponsesStream;
use canon::Tally;
use proptest::prelude::*;
use serde_json::Value;

const RESPONSES: Dialect = Dialect::OpenAiResponses;

fn spec() -> StreamSpec {
    let head = ReplyHead { id: "resp_ours".into(), model: "pub".into(), created: 7, ended: None };
    StreamSpec::straight(RESPONSES, head, true, 1)
}

fn event(kind: &str, rest: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n")
}

/// The events of a text, numbered from `from`.
fn said(from: u64, texts: &[&str]) -> String {
    let mut out = event(
        "response.output_item.added",
        &format!(
            r#""sequence_number":{from},"output_index":0,"item":{{"id":"msg_1","type":"message","content":[],"role":"assistant"}}"#
        ),
    );
    out += &event(
        "response.content_part.added",
        &format!(
            r#""sequence_number":{},"item_id":"msg_1","output_index":0,"content_index":0,"part":{{"type":"output_text","text":""}}"#,
            from + 1
        ),
    );
    for (n, text) in texts.iter().enumerate() {
        let number = from + 2 + n as u64;
        out += &event(
            "response.output_text.delta",
            &format!(
                r#""sequence_number":{number},"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{text}","logprobs":[],"obfuscation":"x{number}""#
            ),
        );
    }
    out
}

fn created(number: u64) -> String {
    event(
        "response.created",
        &format!(
            r#""sequence_number":{number},"response":{{"id":"up","object":"response","created_at":5,"model":"up-1","status":"in_progress","output":[],"system_fingerprint":"fp","usage":null}}"#
        ),
    )
}

/// Frames that a template knows keep their bytes, and their numbers where those are right.
#[test]
fn right_numbers_stay_and_others_are_put_right() {
    let texts = ["a", "b\\n\\u00e9", "漢", "", "\\\"q\\\""];
    let bytes = created(0) + &said(1, &texts);
    let (before, _, _) = run(&spec(), (bytes.clone() + &end(&texts)).as_bytes(), usize::MAX).unwrap();
    assert!(before.contains(&said(1, &texts)), "{before}");
    let stuck = bytes
        .replace(|c: char| c.is_ascii_digit(), "4")
        .replace("_4", "_1")
        .replace(":4,\"content", ":0,\"content");
    let stuck = stuck.replace("_index\":4", "_index\":0").replace("created_at\":4", "created_at\":5");
    let (fixed, _, _) = run(&spec(), (stuck + &end(&texts)).as_bytes(), usize::MAX).unwrap();
    let numbers: Vec<u64> = fixed
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok()?["sequence_number"].as_u64()
        })
        .collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
}

/// The last event, whose item says what its deltas said.
fn end(texts: &[&str]) -> String {
    let item = format!(
        r#"{{"id":"msg_1","type":"message","content":[{{"type":"output_text","text":"{}"}}],"role":"assistant"}}"#,
        texts.concat()
    );
    event("response.output_item.done", &format!(r#""sequence_number":90,"output_index":0,"item":{item}"#))
        + &event(
            "response.completed",
            &format!(
                r#""sequence_number":91,"response":{{"id":"up","object":"response","created_at":5,"model":"up-1","status":"completed","output":[{item}],"store":false,"max_output_tokens":99,"previous_response_id":null,"provider":"p","usage":{{"input_tokens":3,"input_tokens_details":{{"cached_tokens":1,"cache_write_tokens":0}},"output_tokens":2,"output_tokens_details":{{"reasoning_tokens":0}},"total_tokens":5,"cost":1}}}}"#
            ),
        )
}

/// R-ERR-7: what differs at the upstream is shown as the client said it, and what tells of the upstream goes.
#[test]
fn r_err_7_the_object_is_the_clients() {
    let body = Bytes::from_static(br#"{"model":"pub","previous_response_id":"resp_before","input":"x"}"#);
    let spec = StreamSpec { echo: Echo::read(&body), ..spec() };
    let bytes = created(0) + &said(1, &["hi"]) + &end(&["hi"]);
    let (_, after, stream) = run(&spec, bytes.as_bytes(), usize::MAX).unwrap();
    let object: Value = serde_json::from_slice(&stream.final_object().unwrap()).unwrap();
    assert_eq!(object["previous_response_id"], "resp_before");
    assert_eq!((&object["store"], &object["max_output_tokens"]), (&Value::Bool(true), &Value::Null));
    assert_eq!((&object["id"], &object["model"]), (&"resp_ours".into(), &"pub".into()));
    assert!(object.get("provider").is_none() && object["usage"].get("cost").is_none());
    let sent: Value = serde_json::from_str(after.lines().nth(1).unwrap().strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(sent["response"], object);
    assert_eq!(object["output"][0]["content"][0]["text"], "hi");
}

/// What is charged is what the last event tells.
#[test]
fn the_last_event_tells_the_charge() {
    let bytes = created(0) + &said(1, &["hi"]) + &end(&["hi"]);
    let mut stream = Stream::new(&spec());
    let mut out = BytesMut::new();
    stream.push(bytes.as_bytes(), &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    assert!(stream.is_complete() && !std::str::from_utf8(&out).unwrap().contains("response.completed"));
    out.clear();
    let charged = Usage::NONE.with(units::Class::Input, 40).with(units::Class::Output, 2);
    stream.seal(&charged, UsageSource::Estimated, &mut out);
    let object: Value = serde_json::from_slice(&stream.final_object().unwrap()).unwrap();
    assert_eq!((&object["usage"]["input_tokens"], &object["usage"]["total_tokens"]), (&40.into(), &42.into()));
}

/// Names of tools, settings and texts that a client chose are nobody's to drop; what an upstream puts among them goes.
#[test]
fn what_the_client_wrote_stays() {
    let own = r#""metadata":{"provider":"mine"},"tools":[{"type":"function","name":"f","parameters":{"properties":{"cost":{"model":1}}}}]"#;
    let body = r#"{"id":"u","object":"response","status":"completed","model":"m","output":[{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{\"provider\":9007199254740993}","upstream":"x"}],"metadata":{"provider":"mine","x_host":"x"},"reasoning":{"effort":null,"served_by":"x"},"text":{"format":{"type":"text","provider_name":"x"}},"prompt_cache_key":"x","tools":[{"type":"function","name":"f","vendor":"x"}]}"#;
    let answer = |echo| {
        let answer = Answer::read(&StreamSpec { echo, ..spec() }, &Bytes::from(body)).unwrap();
        String::from_utf8(answer.seal(&Usage::NONE, UsageSource::Estimated).to_vec()).unwrap()
    };
    let text = answer(Echo::read(&Bytes::from(format!(r#"{{"input":"x",{own}}}"#))));
    for member in own
        .split("\"tools\"")
        .next()
        .into_iter()
        .chain([r#"{\"provider\":9007199254740993}"#, r#"{"cost":{"model":1}}"#])
    {
        assert!(text.contains(member), "{member}: {text}");
    }
    for text in [text, answer(Echo::default())] {
        assert!(!text.contains("\"x\"") && text.contains(r#""reasoning":{"effort":null}"#), "{text}");
    }
}

fn frame(text: &str, shape: u8, number: u64) -> String {
    let text = serde_json::to_string(text).unwrap_or_default();
    let at = r#""output_index":0,"content_index":0"#;
    match shape {
        0 => event(
            "response.output_text.delta",
            &format!(r#""sequence_number":{number},"item_id":"msg_1",{at},"delta":{text},"logprobs":[]"#),
        ),
        1 => event(
            "response.output_text.delta",
            &format!(
                r#""content_index":0,"delta":{text},"item_id":"msg_1","logprobs":[],"obfuscation":{text},"output_index":0,"sequence_number":{number}"#
            ),
        ),
        2 => event("response.output_text.delta", &format!(r#""item_id":"msg_1",{at},"delta":{text}"#)),
        3 => event("response.output_text.delta", &format!(r#""sequence_number":{number},{at},"delta":{text}"#)),
        4 => event(
            "response.reasoning_summary_text.delta",
            &format!(
                r#""sequence_number":{number},"item_id":"rs_1","output_index":1,"summary_index":0,"delta":{text}"#
            ),
        ),
        5 => event(
            "response.output_text.delta",
            &format!(r#""obfuscation":{text},"sequence_number":0{number},"item_id":"msg_1",{at},"delta":{text}"#),
        ),
        6 => event(
            "response.refusal.delta",
            &format!(
                r#""sequence_number":{number},"item_id":"msg_2","output_index":2,"content_index":0,"delta":{text}"#
            ),
        ),
        _ => event(
            "response.output_text.delta",
            &format!(r#""sequence_number":"{number}","item_id":"msg_1",{at},"delta":{text},"x_private":{text}"#),
        ),
    }
}

fn pass(frames: &[String], learn: bool) -> (Vec<u8>, Tally, bool) {
    let mut stream = ResponsesStream::new(&spec());
    let mut out = BytesMut::new();
    let mut fine = true;
    for frame in frames {
        fine &= crate::lane::LaneStream::push(&mut stream, frame.as_bytes(), &mut out).is_ok();
        if !learn {
            stream.forget();
        }
    }
    // What was held of the texts shows when the answer is cut short.
    crate::lane::LaneStream::cut_short(&mut stream, &Usage::NONE, UsageSource::Estimated, &mut out);
    (out.to_vec(), stream.tally.clone(), fine)
}

proptest! {
    /// A frame recognised by a template is written, counted and remembered as the scanner would have done it.
    #[test]
    fn templates_write_what_the_scanner_writes(
        list in prop::collection::vec(("[a-z\"\\\\{}\n\u{e9}\u{6f22}]{0,6}", 0_u8..8, 0_u64..2000), 1..24),
    ) {
        let frames: Vec<String> = list.iter().map(|(text, shape, number)| frame(text, *shape, *number)).collect();
        prop_assert_eq!(pass(&frames, true), pass(&frames, false));
    }
}
