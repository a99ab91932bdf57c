//! The converting lane: what is written for a client reads back as what the upstream said. Never here: bytes (corpus).

use super::*;
use crate::anthropic;
use crate::lane::{ReplyHead, Stream};
use crate::target::Target;
use crate::{decode_request, encode_request};
use std::path::Path;
use units::UsageSource;

fn spec(client: Dialect, upstream: Dialect) -> StreamSpec {
    let head = ReplyHead { id: "x_1".to_owned(), model: "pub".to_owned(), created: 1, ended: None };
    StreamSpec { client, upstream, ..StreamSpec::straight(client, head, true, 1) }
}

/// The fold of a stream as one dialect writes it.
fn fold(dialect: Dialect, bytes: &[u8]) -> Option<Reply> {
    let mut convert = Convert::new(&spec(dialect, dialect));
    let mut out = BytesMut::new();
    let mut reply = Reply::default();
    let mut events = Vec::new();
    let mut frames = Frames::default();
    frames
        .push(bytes, |frame| -> Result<(), StreamFault> {
            match fields(frame) {
                Some(fields) => convert.decoder.frame(fields.event, fields.data.trim_ascii(), &mut events),
                None => Ok(()),
            }
        })
        .ok()?;
    convert.decoder.finish(&mut events).ok()?;
    for event in events {
        convert.middle.pass(event, |event| reply.take(event));
    }
    convert.flush(&mut out);
    Some(reply)
}

/// What every dialect can say of a reply: Chat has no seal on plain reasoning it can read back from a stream, joins
/// texts, and puts calls last; Messages has no refusals of their own.
fn common(reply: &Reply) -> (String, String, Vec<(String, String)>) {
    let texts = |wanted: fn(&Head) -> bool| -> String {
        reply.blocks.iter().filter(|b| wanted(&b.head)).map(|b| b.text.as_str()).collect()
    };
    let calls = reply.blocks.iter().filter_map(|b| match &b.head {
        Head::ToolCall { name, .. } => {
            // Gemini has whole objects only: what a model broke off is kept inside one.
            let mut whole = Vec::new();
            anthropic::reply::write_input(&b.text, &mut whole);
            Some((name.clone(), String::from_utf8_lossy(&whole).into_owned()))
        }
        _ => None,
    });
    (texts(|h| matches!(h, Head::Text | Head::Refusal)), texts(|h| matches!(h, Head::Thinking)), calls.collect())
}

/// R-WIRE-1: decode, encode, decode again: the same reply, for every stream of the corpus.
#[test]
fn r_wire_1_what_is_written_reads_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let mut compared = 0;
    let pairs = Dialect::ALL.iter().flat_map(|up| Dialect::ALL.iter().map(move |client| (*up, *client)));
    for (upstream, client) in pairs.filter(|(upstream, client)| upstream != client) {
        for entry in std::fs::read_dir(root.join(upstream.name())).unwrap() {
            let Ok(bytes) = std::fs::read(entry.unwrap().path().join("upstream.sse")) else {
                continue;
            };
            let Some(reply) = fold(upstream, &bytes).filter(|_| std::str::from_utf8(&bytes).is_ok()) else {
                continue;
            };
            let mut stream = Stream::new(&spec(client, upstream));
            let mut out = BytesMut::new();
            stream.push(&bytes, &mut out).unwrap();
            stream.finish(&mut out).unwrap();
            stream.seal(&Usage::NONE, UsageSource::Estimated, &mut out);
            let back = fold(client, &out).expect("our own stream");
            assert_eq!(common(&back), common(&reply));
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

/// Names that were shortened for the server come back as the client knows them.
#[test]
fn names_come_back() {
    let long = format!("mcp__{}__tool", "server".repeat(15));
    let body = format!(
        r#"{{"model":"m","max_tokens":5,"tools":[{{"name":"{long}","input_schema":{{}}}}],"messages":[{{"role":"user","content":"x"}}]}}"#
    );
    let (request, _) = decode_request(Dialect::Anthropic, &Bytes::from(body)).unwrap();
    let encoded = encode_request(&request, &Target::new(Dialect::OpenAiChat, "t", 10)).unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
    let wire = sent["tools"][0]["function"]["name"].as_str().unwrap();
    assert!(wire.len() <= 64);
    let spec = StreamSpec { names: encoded.names, ..spec(Dialect::Anthropic, Dialect::OpenAiChat) };
    let up = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"id\":\"a\",\"function\":{{\"name\":\"{wire}\",\"arguments\":\"{{\"}}}}]}}}}]}}\n\n"
    );
    let mut out = BytesMut::new();
    Stream::new(&spec).push(up.as_bytes(), &mut out).unwrap();
    assert!(std::str::from_utf8(&out).unwrap().contains(&format!("\"name\":\"{long}\"")));
}

/// The end may come early for want of credit: open blocks are closed and the protocol is kept.
#[test]
fn cut_short_closes_what_is_open() {
    let up = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"half\"}}]}\n\n";
    let mut stream = Stream::new(&spec(Dialect::Anthropic, Dialect::OpenAiChat));
    let mut out = BytesMut::new();
    stream.push(up.as_bytes(), &mut out).unwrap();
    assert_eq!(stream.keepalive(), anthropic::event::PING);
    stream.cut_short(&Usage::NONE, UsageSource::Estimated, &mut out);
    let reply = fold(Dialect::Anthropic, &out).unwrap();
    assert_eq!(reply.stop.unwrap().reason, StopReason::MaxTokens);
    assert!(stream.tally().stop().is_some());
}

/// A server may end its connection right behind the finish, without usage and `[DONE]`: that is an end, and nobody waits
/// for more of it.
#[test]
fn an_end_without_last_words_is_complete() {
    let chat = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let messages = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"role\":\"assistant\",\
        \"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: \
        {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n";
    for (upstream, up) in [(Dialect::OpenAiChat, chat), (Dialect::Anthropic, messages)] {
        for client in Dialect::ALL.iter().copied() {
            let mut stream = Stream::new(&spec(client, upstream));
            let mut out = BytesMut::new();
            stream.push(up.as_bytes(), &mut out).unwrap();
            stream.finish(&mut out).unwrap();
            assert!(stream.is_complete(), "{upstream:?} to {client:?}");
        }
    }
}

/// Pitfall 52: a stop sequence the server does not take is cut exactly, even between two events, and told.
#[test]
fn pitfall_52_stop_sequences_are_watched_for() {
    let chunk =
        |text: &str| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let spec = StreamSpec { stops: vec!["STOP".to_owned()], ..spec(Dialect::Anthropic, Dialect::OpenAiChat) };
    let mut stream = Stream::new(&spec);
    let mut out = BytesMut::new();
    stream.push((chunk("one S") + &chunk("TOP two")).as_bytes(), &mut out).unwrap();
    assert!(stream.is_complete());
    stream.finish(&mut out).unwrap();
    stream.seal(&Usage::NONE, UsageSource::Estimated, &mut out);
    let reply = fold(Dialect::Anthropic, &out).unwrap();
    assert_eq!(reply.blocks[0].text, "one ");
    let stop = reply.stop.unwrap();
    assert_eq!((stop.reason, stop.sequence.as_deref()), (StopReason::StopSequence, Some("STOP")));
    // The server goes on behind it: nothing of that is shown or can spoil the answer, and its usage counts.
    let rest = [
        (chunk(" three"), false),
        ("data: nonsense\n\n".to_owned(), false),
        ("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_owned(), true),
    ];
    let mut stream = Stream::new(&spec);
    out.clear();
    stream.push(chunk("one STOP").as_bytes(), &mut out).unwrap();
    let shown = out.len();
    for (text, stopped) in rest {
        stream.push(text.as_bytes(), &mut out).unwrap();
        assert_eq!(
            (stream.is_complete(), stream.is_ended(), stream.has_stopped()),
            (true, false, stopped),
            "{text}"
        );
    }
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}\n\n";
    stream.push(usage.as_bytes(), &mut out).unwrap();
    assert!(!stream.is_ended(), "a fuller report may follow");
    stream.push(b"data: [DONE]\n\n", &mut out).unwrap();
    assert!(stream.is_ended());
    assert_eq!((stream.tally().usage().answer_total(), stream.tally().text_bytes(), out.len()), (9, 4, shown));
    let body = r#"{"choices":[{"message":{"content":"one STOP two"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":9}}"#;
    let answer = Converted::read(&spec, body.as_bytes()).unwrap();
    assert_eq!(answer.tally.usage().answer_total(), 9);
    assert_eq!(answer.reply.blocks[0].text, "one ");
}

/// Wherever it is cut short, a Responses stream ends whole: the open item with what it said so far.
#[test]
fn responses_cut_short_end_their_open_item() {
    let chat = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n".to_owned();
    let event = |kind: &str, rest: &str| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":9,{rest}}}\n\n")
    };
    let delta = |text: &str| {
        event(
            "response.output_text.delta",
            &format!("\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"{text}\""),
        )
    };
    let straight = delta("h") + &delta("al") + &delta("f");
    for (upstream, up) in [(Dialect::OpenAiChat, chat), (Dialect::OpenAiResponses, straight)] {
        let mut stream = Stream::new(&spec(Dialect::OpenAiResponses, upstream));
        let mut out = BytesMut::new();
        stream.push(up.as_bytes(), &mut out).unwrap();
        assert_eq!(stream.final_object(), None);
        stream.cut_short(&Usage::NONE, UsageSource::Estimated, &mut out);
        let text = String::from_utf8(out.to_vec()).unwrap();
        assert!(text.contains("event: response.output_item.done"), "{text}");
        assert!(text.contains("event: response.incomplete"), "{text}");
        let object: serde_json::Value = serde_json::from_slice(&stream.final_object().unwrap()).unwrap();
        assert_eq!(object["output"][0]["content"][0]["text"], "half");
        assert_eq!(object["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!(stream.tally().stop().map(|stop| stop.reason), Some(StopReason::MaxTokens));
    }
}

/// R-API-4: a completed answer of Responses tells when it ended, streamed or not; one that was cut does not.
#[test]
fn r_api_4_a_completed_answer_tells_its_end() {
    let usage = Usage::NONE;
    for (finish, told) in [("stop", "\"completed_at\":9,"), ("length", "\"completed_at\":null,")] {
        let choice = format!(
            r#""choices":[{{"index":0,"KIND":{{"role":"assistant","content":"a"}},"finish_reason":"{finish}"}}]"#
        );
        let spec = spec(Dialect::OpenAiResponses, Dialect::OpenAiChat);
        let whole = format!("{{{}}}", choice.replace("KIND", "message"));
        let mut answer = crate::lane::Answer::read(&spec, &Bytes::from(whole)).unwrap();
        answer.ended_at(9);
        let text = String::from_utf8(answer.seal(&usage, UsageSource::Provider).to_vec()).unwrap();
        assert!(text.contains(told), "{text}");
        let mut stream = Stream::new(&spec);
        let mut out = BytesMut::new();
        let frames = format!("data: {{{}}}\n\ndata: [DONE]\n\n", choice.replace("KIND", "delta"));
        stream.push(frames.as_bytes(), &mut out).unwrap();
        stream.ended_at(9);
        stream.seal(&usage, UsageSource::Provider, &mut out);
        let text = String::from_utf8(out.to_vec()).unwrap();
        let (begun, end) = text.rsplit_once("event: ").unwrap();
        assert!(end.contains(told) && !begun.contains("\"completed_at\":9"), "{text}");
    }
}

/// An event may tell its type by its name alone; both lanes read the same usage then.
#[test]
fn events_without_a_type_have_a_name() {
    let messages = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n\
        event: content_block_start\ndata: {\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
        event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n\
        event: content_block_stop\ndata: {\"index\":0}\n\n\
        event: message_delta\ndata: {\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n\
        event: message_stop\ndata: {}\n\n";
    let responses = "event: response.created\ndata: {\"response\":{\"id\":\"r\",\"output\":[]}}\n\n\
        event: response.output_text.delta\ndata: {\"output_index\":0,\"content_index\":0,\"item_id\":\"i\",\"delta\":\"hi\"}\n\n\
        event: response.completed\ndata: {\"response\":{\"id\":\"r\",\"status\":\"completed\",\"usage\":{\"input_tokens\":7,\
        \"output_tokens\":5,\"total_tokens\":12}}}\n\n";
    for (upstream, bytes) in [(Dialect::Anthropic, messages), (Dialect::OpenAiResponses, responses)] {
        for client in [Dialect::Anthropic, Dialect::OpenAiResponses, Dialect::OpenAiChat, Dialect::Gemini] {
            let mut stream = Stream::new(&spec(client, upstream));
            let mut out = BytesMut::new();
            stream.push(bytes.as_bytes(), &mut out).unwrap();
            stream.finish(&mut out).unwrap();
            let usage = *stream.tally().usage();
            assert_eq!((usage.prompt_total(), usage.answer_total()), (7, 5), "{client:?} {upstream:?}");
            stream.seal(&usage, UsageSource::Provider, &mut out);
            assert!(std::str::from_utf8(&out).unwrap().contains("hi"), "{client:?} {upstream:?}");
        }
    }
}

/// Frames of a dialect: text and thoughts, beside reports and what else may stand between two of them.
fn pool(upstream: Dialect, text: &str) -> Vec<String> {
    let text = serde_json::Value::from(text);
    let data = |json: String| format!("data: {json}\n\n");
    match upstream {
        Dialect::OpenAiChat => vec![
            data(format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}]}}"#)),
            data(format!(r#"{{"choices":[{{"index":0,"delta":{{"reasoning":{text},"content":""}}}}]}}"#)),
            data(format!(r#"{{"choices":[{{"index":0,"delta":{{"content":{text}}}}}],"usage":{{"prompt_tokens":1,"completion_tokens":7}}}}"#)),
            data(format!(r#"{{"choices":[{{"delta":{{"content":{text},"refusal":"no"}}}}]}}"#)),
            data(r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}}]}"#.to_owned()),
            data(format!(r#"{{"choices":[{{"delta":{{"content":{text}}},"finish_reason":"length"}}]}}"#)),
        ],
        Dialect::Anthropic => vec![
            data(format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":{text}}}}}"#)),
            data(format!(r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"thinking_delta","thinking":{text}}}}}"#)),
            data(format!(r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"x","thinking":{text},"signature":"s"}}}}"#)),
            data(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned()),
            data(r#"{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}}"#.to_owned()),
            data(r#"{"type":"content_block_stop","index":0}"#.to_owned()),
            data(r#"{"type":"content_block_stop","index":1}"#.to_owned()),
        ],
        Dialect::Gemini => vec![
            data(format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text}}}]}}}}]}}"#)),
            data(format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text},"thought":true}}]}}}}]}}"#)),
            data(format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text}}}]}},"finishReason":"STOP"}}],"usageMetadata":{{"promptTokenCount":2,"candidatesTokenCount":9}}}}"#)),
            data(format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text},"thoughtSignature":"s"}}]}}}}]}}"#)),
            data(r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}"#.to_owned()),
        ],
        _ => vec![
            data(format!(r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":{text}}}"#)),
            data(r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","content":[]}}"#.to_owned()),
        ],
    }
}

proptest::proptest! {
    /// A frame that is known by the one before it says what it says when it is read.
    #[test]
    fn known_frames_say_what_read_ones_say(
        picks in proptest::collection::vec((0_usize..7, "[a-z\"\\\\\u{e9}\n]{0,4}", 1_usize..4), 1..12),
        stop in proptest::option::of("[a-c]{1,2}"),
    ) {
        for upstream in Dialect::ALL {
            for client in Dialect::CLIENTS.iter().filter(|client| *client != upstream) {
                let spec = StreamSpec { stops: stop.clone().into_iter().collect(), ..spec(*client, *upstream) };
                let (mut known, mut read) = (Convert::new(&spec), Convert::new(&spec));
                let (mut from_known, mut from_read) = (BytesMut::new(), BytesMut::new());
                for (pick, text, times) in &picks {
                    let pool = pool(*upstream, text);
                    let frame = pool[pick % pool.len()].as_bytes();
                    for _ in 0..*times {
                        read.known = None;
                        let pushed = known.push(frame, &mut from_known);
                        proptest::prop_assert_eq!(pushed, read.push(frame, &mut from_read));
                    }
                }
                proptest::prop_assert_eq!(known.finish(&mut from_known), read.finish(&mut from_read));
                proptest::prop_assert_eq!(known.tally().usage(), read.tally().usage());
                proptest::prop_assert_eq!(known.tally().text_bytes(), read.tally().text_bytes());
                let (from_known, from_read) = (String::from_utf8(from_known.to_vec()), String::from_utf8(from_read.to_vec()));
                proptest::prop_assert_eq!(from_known, from_read);
            }
        }
    }
}
