//! Prints what the straight lane costs, in nanoseconds: run by hand, `cargo run --profile dist -p dialect --example throughput`.
//! In: nothing. Out: a table. Never here: a verdict; figures differ from machine to machine.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench run by hand prints, and needs the wall clock"
)]

use bytes::{Bytes, BytesMut};
use canon::Dialect;
use dialect::lane::{Answer, ReplyHead, Stream, StreamSpec};
use dialect::{Target, peek, straight};
use std::hint::black_box;
use std::time::Instant;

fn measure(name: &str, rounds: u32, mut work: impl FnMut()) {
    let mut samples: Vec<u128> = (0..15)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..rounds {
                work();
            }
            start.elapsed().as_nanos() / u128::from(rounds)
        })
        .collect();
    samples.sort_unstable();
    println!("{name:<54} median {:>8} ns   min {:>8} ns", samples[7], samples[0]);
}

fn request(turns: usize) -> Bytes {
    let mut body =
        String::from(r#"{"model":"public/model","stream":true,"temperature":0.7,"max_tokens":256,"messages":["#);
    for n in 0..turns {
        let comma = if n > 0 { "," } else { "" };
        body.push_str(&format!(
            r#"{comma}{{"role":"user","content":"Line {n} of a longer text.\nIt has \"quotes\" and some length to look like code or prose."}}"#
        ));
    }
    body.push_str("]}");
    Bytes::from(body)
}

fn chat_stream(padded: bool) -> Vec<u8> {
    let mut out = String::new();
    let frame = |choices: &str, n: usize| {
        let pad = if padded { format!(r#","obfuscation":"{}""#, "x".repeat(n % 9)) } else { String::new() };
        format!(
            "data: {{\"id\":\"chatcmpl-0123456789abcdefghijklmnop\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"gpt-4.1-mini-2025-04-14\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\"choices\":[{choices}],\"usage\":null{pad}}}\n\n"
        )
    };
    out += &frame(
        r#"{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}"#,
        0,
    );
    for n in 0..50 {
        out += &frame(
            &format!(r#"{{"index":0,"delta":{{"content":" word{n}"}},"logprobs":null,"finish_reason":null}}"#),
            n,
        );
    }
    out += &frame(r#"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}"#, 1);
    out += "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":50,\"total_tokens\":70}}\n\n";
    out += "data: [DONE]\n\n";
    out.into_bytes()
}

/// The same answer as a Messages server streams it.
fn messages_stream() -> Vec<u8> {
    let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n");
    let mut out = event(
        "message_start",
        r#","message":{"id":"msg_0123456789abcdefghijklmn","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}"#,
    );
    out += &event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#);
    out += &event("ping", "");
    for n in 0..50 {
        out += &event(
            "content_block_delta",
            &format!(r#","index":0,"delta":{{"type":"text_delta","text":" word{n}"}}"#),
        );
    }
    out += &event("content_block_stop", r#","index":0"#);
    out += &event(
        "message_delta",
        r#","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":50}"#,
    );
    out += &event("message_stop", "");
    out.into_bytes()
}

/// The same answer as a Gemini server streams it, with counts that grow.
fn gemini_stream() -> Vec<u8> {
    let mut out = String::new();
    for n in 1..=50 {
        let finish = if n == 50 { r#","finishReason":"STOP""# } else { "" };
        out += &format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\" word{n}\"}}],\"role\":\"model\"}}{finish},\"index\":0}}],\"usageMetadata\":{{\"promptTokenCount\":20,\"candidatesTokenCount\":{n},\"totalTokenCount\":{},\"promptTokensDetails\":[{{\"modality\":\"TEXT\",\"tokenCount\":20}}]}},\"modelVersion\":\"gemini-2.5-flash\",\"responseId\":\"0123456789abcdefghijkl\"}}\r\n\r\n",
            n + 20
        );
    }
    out.into_bytes()
}

/// The same answer as a Responses server streams it, padded as it does by default.
fn responses_stream() -> Vec<u8> {
    let mut number = 0;
    let mut event = |kind: &str, rest: &str| {
        number += 1;
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{},{rest}}}\n\n", number - 1)
    };
    let object = |status: &str, output: &str, usage: &str| {
        format!(
            r#""response":{{"id":"resp_0123456789abcdefghijklmnop","object":"response","created_at":1760000000,"status":"{status}","error":null,"incomplete_details":null,"instructions":null,"model":"gpt-4.1-mini-2025-04-14","output":[{output}],"parallel_tool_calls":true,"store":false,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{usage},"metadata":{{}}}}"#
        )
    };
    let at = r#""item_id":"msg_0123456789abcdefghijklmn","output_index":0,"content_index":0"#;
    let item = |text: &str| {
        format!(
            r#"{{"id":"msg_0123456789abcdefghijklmn","type":"message","status":"completed","content":[{text}],"role":"assistant"}}"#
        )
    };
    let part = |text: &str| format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#);
    let words: String = (0..50).map(|n| format!(" word{n}")).collect();
    let mut out = event("response.created", &object("in_progress", "", "null"));
    out += &event("response.in_progress", &object("in_progress", "", "null"));
    out += &event("response.output_item.added", &format!(r#""output_index":0,"item":{}"#, item("")));
    out += &event("response.content_part.added", &format!(r#"{at},"part":{}"#, part("")));
    for n in 0..50 {
        let padding = "x".repeat(n % 9);
        out += &event(
            "response.output_text.delta",
            &format!(r#"{at},"delta":" word{n}","logprobs":[],"obfuscation":"{padding}""#),
        );
    }
    out += &event("response.output_text.done", &format!(r#"{at},"text":"{words}","logprobs":[]"#));
    out += &event("response.content_part.done", &format!(r#"{at},"part":{}"#, part(&words)));
    let whole = item(&part(&words));
    out += &event("response.output_item.done", &format!(r#""output_index":0,"item":{whole}"#));
    let usage = r#"{"input_tokens":20,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":70}"#;
    out += &event("response.completed", &object("completed", &whole, usage));
    out.into_bytes()
}

/// Frames of which no two are alike enough for a template: each has its own time.
fn restless_stream() -> Vec<u8> {
    let mut out = String::new();
    for n in 0..50 {
        out += &format!(
            "data: {{\"id\":\"chatcmpl-0123456789abcdefghijklmnop\",\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":\"gpt-4.1-mini-2025-04-14\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{n}\"}},\"logprobs\":null,\"finish_reason\":null}}],\"usage\":null}}\n\n",
            1_760_000_000 + n
        );
    }
    out.into_bytes()
}

/// The same of a Messages server: each event has a name of its own in it.
fn restless_messages() -> Vec<u8> {
    let mut out = String::new();
    for n in 0..50 {
        out += &format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\" word\"}},\"n{n}\":0}}\n\n"
        );
    }
    out.into_bytes()
}

/// A small whole answer of each dialect.
fn answers() -> [(Dialect, Bytes); 2] {
    [
        (
            Dialect::OpenAiChat,
            r#"{"id":"chatcmpl-0123456789abcdefghijklmnop","object":"chat.completion","created":1760000000,"model":"gpt-4.1-mini-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"A short answer of a dozen words or so, as classifiers give.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":14,"total_tokens":34,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_0123456789"}"#.into(),
        ),
        (
            Dialect::Anthropic,
            r#"{"id":"msg_0123456789abcdefghijklmn","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[{"type":"text","text":"A short answer of a dozen words or so, as classifiers give."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":20,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":14,"service_tier":"standard"}}"#.into(),
        ),
    ]
}

fn measure_unlearned(head: &ReplyHead) {
    for (dialect, body) in answers() {
        let spec = StreamSpec::straight(dialect, head.clone(), true, 1);
        measure(&format!("whole answer, {dialect:?}, {} bytes", body.len()), 20_000, || {
            if let Ok(answer) = Answer::read(&spec, &body) {
                let usage = *answer.tally().usage();
                black_box(answer.seal(&usage, units::UsageSource::Provider));
            }
        });
    }
    for (dialect, text) in [(Dialect::OpenAiChat, restless_stream()), (Dialect::Anthropic, restless_messages())] {
        let spec = StreamSpec::straight(dialect, head.clone(), true, 1);
        let mut out = BytesMut::with_capacity(64 * 1024);
        measure(&format!("50 frames no template knows, {dialect:?}, {} bytes", text.len()), 1_000, || {
            out.clear();
            black_box(Stream::new(&spec).push(&text, &mut out).is_ok());
        });
    }
}

fn main() {
    let target = Target::new(Dialect::OpenAiChat, "upstream-model", 4096);
    for turns in [1, 2, 35, 560] {
        let body = request(turns);
        measure(&format!("peek, {} bytes", body.len()), 2_000_000 / body.len() as u32, || {
            black_box(peek(Dialect::OpenAiChat, &body).is_ok());
        });
        measure(&format!("peek + prepare, {} bytes", body.len()), 2_000_000 / body.len() as u32, || {
            let look = peek(Dialect::OpenAiChat, &body);
            if let Ok(look) = look {
                black_box(straight::prepare(&body, &look, &target));
            }
        });
    }
    let head = ReplyHead {
        id: "chatcmpl-01hzxxxxxxxxxxxxxxxxxxxxxx".into(),
        model: "public/model".into(),
        created: 1,
        ended: None,
    };
    measure_unlearned(&head);
    let spec = StreamSpec::straight(Dialect::OpenAiChat, head, false, 1);
    let mut crossing = spec.clone();
    crossing.client = Dialect::Anthropic;
    let text = chat_stream(false);
    let mut out = BytesMut::with_capacity(64 * 1024);
    measure("chat stream to a Messages client", 1_000, || {
        out.clear();
        let mut stream = Stream::new(&crossing);
        black_box(stream.push(&text, &mut out).is_ok());
        let usage = *stream.tally().usage();
        stream.seal(&usage, units::UsageSource::Provider, &mut out);
    });
    for (name, dialect, text) in [
        ("messages stream, 56 events", Dialect::Anthropic, messages_stream()),
        ("responses stream, 58 events, padded", Dialect::OpenAiResponses, responses_stream()),
        ("gemini stream, 50 events", Dialect::Gemini, gemini_stream()),
    ] {
        let same = StreamSpec::straight(dialect, spec.head.clone(), true, 1);
        let mut out = BytesMut::with_capacity(64 * 1024);
        measure(&format!("{name}, {} bytes", text.len()), 2_000, || {
            out.clear();
            let mut stream = Stream::new(&same);
            black_box(stream.push(&text, &mut out).is_ok());
            let usage = *stream.tally().usage();
            stream.seal(&usage, units::UsageSource::Provider, &mut out);
        });
    }
    for (name, padded, piece) in [
        ("one write", false, usize::MAX),
        ("1460 bytes a write", false, 1460),
        ("padded, one write", true, usize::MAX),
    ] {
        let text = chat_stream(padded);
        let mut out = BytesMut::with_capacity(64 * 1024);
        measure(&format!("chat stream, 54 events, {} bytes, {name}", text.len()), 2_000, || {
            out.clear();
            let mut stream = Stream::new(&spec);
            for part in text.chunks(piece.min(text.len())) {
                black_box(stream.push(part, &mut out).is_ok());
            }
            let usage = *stream.tally().usage();
            stream.seal(&usage, units::UsageSource::Provider, &mut out);
        });
    }
}
