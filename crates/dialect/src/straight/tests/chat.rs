//! Chat Completions streams and answers. Never here: what both dialects do alike (pieces), requests.

use super::*;
use canon::StopReason;
use units::Class;

fn spec(show_usage: bool) -> StreamSpec {
    StreamSpec { show_usage, ..super::spec(CHAT) }
}

fn run(text: &str, size: usize, show_usage: bool) -> Result<(String, String, Stream), StreamFault> {
    super::run(&spec(show_usage), text.as_bytes(), size)
}

fn ours(rest: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-ours\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"pub\",{rest}}}\n\n"
    )
}

/// R-ERR-7, R-WIRE-6: ids and models are ours in every chunk, the fingerprint is gone, usage is hidden or shown.
#[test]
fn r_wire_6_usage_is_hidden_or_shown() {
    let finish = r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#;
    let usage = r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"cost":0.1,"prompt_tokens_details":{"cached_tokens":2}}"#;
    let texts = [
        r#"{"role":"assistant","content":""}"#,
        r#"{"content":"a"}"#,
        r#"{"content":"\"}{"}"#,
        r#"{"content":"c"}"#,
    ];
    let null = ",\"usage\":null";
    let mut up = String::new();
    for text in texts {
        up += &chunk(&(choice(text) + null));
    }
    up += &chunk(&(finish.to_owned() + null));
    up += &chunk(usage);
    up += "data: [DONE]\n\n";
    for size in [1, 7, 64, up.len()] {
        let (before, after, stream) = run(&up, size, false).unwrap();
        let expect: String = texts.iter().map(|t| ours(&choice(t))).collect();
        assert_eq!(before, expect, "{size}");
        assert_eq!(after, ours(finish) + "data: [DONE]\n\n", "{size}");
        assert!(stream.is_complete());
        let tally = stream.tally();
        assert_eq!(tally.stop().unwrap().reason, StopReason::EndTurn);
        assert_eq!((tally.text_bytes(), tally.other_bytes()), (5, 0));
        assert_eq!(
            *tally.usage(),
            Usage::NONE.with(Class::Input, 7).with(Class::CacheRead, 2).with(Class::Output, 4)
        );
        let (before, after, _) = run(&up, size, true).unwrap();
        let expect: String = texts.iter().map(|t| ours(&(choice(t) + null))).collect();
        assert_eq!(before, expect);
        let shown = r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2}}"#;
        assert_eq!(after, ours(&(finish.to_owned() + null)) + &ours(shown) + "data: [DONE]\n\n");
    }
}

/// A finish chunk may carry the last content: that goes out at once, the finish is held.
#[test]
fn content_on_the_finish_chunk_is_not_held() {
    let up = chunk(
        r#""choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}"#,
    );
    let (before, after, _) = run(&up, 9, false).unwrap();
    assert_eq!(
        before,
        ours(r#""choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]"#)
    );
    assert_eq!(after, ours(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#) + "data: [DONE]\n\n");
}

/// Pitfall 13, 14: fragments without index, id or type are mended, because SDK readers fail on them.
#[test]
fn pitfall_13_14_calls_without_index_and_id_are_mended() {
    let call = |c: &str| chunk(&choice(&format!(r#"{{"tool_calls":[{{{c}}}]}}"#)));
    let up = chunk(&choice(r#"{"content":null}"#))
        + &call(r#""function":{"name":"f","arguments":"{\"a\""}"#)
        + &call(r#""function":{"arguments":":1}"}"#)
        + &call(r#""id":"b","type":"function","function":{"name":"g","arguments":"{}"}"#)
        + "data: [DONE]\n\n";
    let (before, after, _) = run(&up, 1000, false).unwrap();
    let mended = |c: &str| ours(&choice(&format!(r#"{{"tool_calls":[{{{c}}}]}}"#)));
    assert_eq!(
        before,
        ours(&choice(r#"{"role":"assistant","content":null}"#))
            + &mended(
                r#""index":0,"id":"call_ours_0_0","type":"function","function":{"name":"f","arguments":"{\"a\""}"#
            )
            + &mended(r#""index":0,"function":{"arguments":":1}"}"#)
            + &mended(r#""index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}"#)
    );
    assert!(after.contains(r#""finish_reason":"tool_calls""#), "{after}");
}

/// Pitfall 15, 17: an empty finish reason is none, zeros do not latch.
#[test]
fn pitfall_15_17_empty_finish_and_zero_usage() {
    let body = |text: &str, finish: &str, usage: &str| {
        chunk(&format!(
            r#""choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":"{finish}"}}],"usage":{{{usage}}}"#
        ))
    };
    let zero = r#""prompt_tokens":0,"completion_tokens":0"#;
    let up = body("a", "", zero)
        + &body("b", "", zero)
        + &body("", "length", r#""prompt_tokens":5,"completion_tokens":2"#)
        + "data: [DONE]\n\n";
    let (before, _, stream) = run(&up, 11, false).unwrap();
    assert_eq!(before.matches("data: ").count(), 2);
    assert_eq!(stream.tally().usage().prompt_total(), 5);
    assert_eq!(stream.tally().stop().unwrap().reason, StopReason::MaxTokens);
}

/// A report that says less than those before it is not shown: what is charged is what is shown.
#[test]
fn a_report_that_forgets_is_written_anew() {
    let usage = |answer: u64| {
        let total = 5 + answer;
        chunk(&format!(
            r#""choices":[],"usage":{{"prompt_tokens":5,"completion_tokens":{answer},"total_tokens":{total}}}"#
        ))
    };
    let up = chunk(&choice(r#"{"content":"a"}"#))
        + &chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#)
        + &usage(1)
        + &usage(0)
        + "data: [DONE]\n\n";
    let (_, after, stream) = run(&up, 1_000, true).unwrap();
    assert_eq!(stream.tally().usage().answer_total(), 1);
    assert!(after.contains(r#""completion_tokens":1,"#), "{after}");
}

/// Pitfall 23: an answer that breaks off at any place is never given a proper end.
#[test]
fn pitfall_23_a_cut_is_a_cut() {
    let up = chunk(&choice(r#"{"content":"a"}"#))
        + &chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#);
    for end in 0..up.len() - 2 {
        assert_eq!(run(&up[..end], 50, false).err(), Some(StreamFault::Cut), "{end}");
    }
    assert!(run(&up, 50, false).is_ok());
}

#[test]
fn errors_in_a_stream_are_the_upstreams() {
    for frame in [
        "{\"error\":{\"message\":\"secret\"}}",
        "data: {\"error\":{\"message\":\"secret-host is overloaded\",\"type\":\"overloaded_error\"}}\n\n",
        "event: error\ndata: {\"message\":\"x\"}\n\n",
        "data: {\"object\":\"error\",\"message\":\"x\"}\n\n",
    ] {
        let Err(StreamFault::Upstream(fault)) = run(frame, 10, false) else { panic!("{frame}") };
        assert!(!fault.to_fault().told.contains("secret"));
    }
    assert_eq!(run("data: hello\n\n", 10, false).err(), Some(StreamFault::Garbage));
}

#[test]
fn odd_framing_is_read() {
    let json = |text: &str| {
        format!(
            r#"{{"id":"x","object":"chat.completion.chunk","created":5,"model":"m","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
        )
    };
    let up = format!(
        "\u{feff}: PROVIDER PROCESSING\n\ndata:{}\r\n\r\ndata: {}\n\nevent: message\ndata: {}\n\n: x\n\ndata: [DONE]",
        json("a"),
        json("b").replace(",\"model", "\ndata: ,\"model"),
        json("c")
    );
    for size in [1, 3, 1000] {
        let (before, _, stream) = run(&up, size, false).unwrap();
        assert!(!before.contains("PROVIDER"));
        assert_eq!(before.matches("\"model\":\"pub\"").count(), 3, "{before}");
        assert_eq!(stream.tally().text_bytes(), 3);
    }
}

#[test]
fn several_choices_finish_apart() {
    let c =
        |i: u8, d: &str, f: &str| chunk(&format!(r#""choices":[{{"index":{i},"delta":{d},"finish_reason":{f}}}]"#));
    let up = c(0, r#"{"role":"assistant","content":"a"}"#, "null")
        + &c(1, r#"{"role":"assistant","content":"b"}"#, "null")
        + &c(0, "{}", "\"stop\"")
        + &c(1, r#"{"content":"c"}"#, "null")
        + &c(1, "{}", "\"length\"");
    let mut wide = spec(false);
    wide.choices = 2;
    let mut stream = Stream::new(&wide);
    let mut out = BytesMut::new();
    stream.push(up.as_bytes(), &mut out).unwrap();
    assert!(!stream.is_complete());
    assert!(!out.windows(6).any(|w| w == b"\"stop\""));
    assert!(std::str::from_utf8(&out).unwrap().contains("\"c\""));
    stream.finish(&mut out).unwrap();
}

#[test]
fn an_answer_gets_our_id_and_keeps_its_bytes() {
    let body = r#"{ "id":"up","object":"chat.completion","created":5,"model":"up-1","choices":[{"index":0,"message":{"role":"assistant","content":"h\u00e9","x":1e400},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":1},"system_fingerprint":"fp" }"#;
    let answer = Answer::read(&spec(false), &Bytes::from_static(body.as_bytes())).unwrap();
    let usage = *answer.tally().usage();
    assert_eq!((usage.prompt_total(), usage.answer_total()), (3, 2));
    let sealed = answer.seal(&usage, UsageSource::Provider);
    assert_eq!(
        std::str::from_utf8(&sealed).unwrap(),
        r#"{ "id":"chatcmpl-ours","object":"chat.completion","created":5,"model":"pub","choices":[{"index":0,"message":{"role":"assistant","content":"h\u00e9","x":1e400},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5} }"#
    );
    for bad in ["", "{}", "<html>", "{\"choices\":[]}", "{\"choices\":[{}]} x"] {
        assert_eq!(
            Answer::read(&spec(false), &Bytes::copy_from_slice(bad.as_bytes())).err(),
            Some(StreamFault::Garbage),
            "{bad}"
        );
    }
}

/// A provider's odd counts are never shown: a client must be able to add them up.
#[test]
fn odd_usage_is_written_anew() {
    let head = ReplyHead { id: "chatcmpl-1".into(), model: "m".into(), created: 1, ended: None };
    for (count, shown) in
        [("-5", "\"completion_tokens\":3"), ("2.5", "\"completion_tokens\":3"), ("7", "\"completion_tokens\":7")]
    {
        let body = format!(
            r#"{{"id":"x","choices":[{{"index":0,"message":{{"role":"assistant","content":"a"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":1,"completion_tokens":{count},"total_tokens":8}}}}"#
        );
        let spec = StreamSpec::straight(Dialect::OpenAiChat, head.clone(), false, 1);
        let answer = Answer::read(&spec, &Bytes::from(body)).unwrap();
        let known = answer.tally().usage().get(Class::Output).is_some();
        assert_eq!(known, count != "-5", "{count}");
        let usage = Usage::NONE.with(Class::Input, 1).with(Class::Output, 3);
        let text = answer.seal(&usage, UsageSource::Provider);
        assert!(std::str::from_utf8(&text).unwrap().contains(shown), "{text:?}");
    }
}

#[test]
fn cut_short_ends_inside_the_protocol() {
    let mut stream = Stream::new(&spec(true));
    let mut out = BytesMut::new();
    stream.push(chunk(&choice(r#"{"role":"assistant","content":"a"}"#)).as_bytes(), &mut out).unwrap();
    out.clear();
    stream.cut_short(&Usage::NONE.with(Class::Input, 1).with(Class::Output, 1), UsageSource::Estimated, &mut out);
    let text = std::str::from_utf8(&out).unwrap();
    assert!(text.contains("\"finish_reason\":\"length\"") && text.ends_with("data: [DONE]\n\n"), "{text}");
    assert!(text.contains("\"total_tokens\":2"));
    let len = out.len();
    stream.seal(&Usage::NONE, UsageSource::None, &mut out);
    assert_eq!(out.len(), len);
}

/// R-WIRE-5: a server that makes call after call must not fill our memory, in a stream or in an answer.
#[test]
fn r_wire_5_calls_have_a_limit() {
    let call = |n: usize| {
        format!(r#"{{"index":{n},"id":"c{n}","type":"function","function":{{"name":"f","arguments":""}}}}"#)
    };
    let streamed = |count: usize| {
        let chunks: String =
            (0..count).map(|n| chunk(&choice(&format!(r#"{{"tool_calls":[{}]}}"#, call(n))))).collect();
        run(&(chunks + "data: [DONE]\n\n"), usize::MAX, true).map(|_| ()).err()
    };
    let whole = |count: usize| {
        let calls: Vec<String> = (0..count).map(call).collect();
        answered(
            CHAT,
            format!(r#"{{"choices":[{{"message":{{"tool_calls":[{}]}}}}]}}"#, calls.join(",")).as_bytes(),
        )
        .map(|_| ())
        .err()
    };
    assert_eq!((streamed(1024), whole(1024)), (None, None));
    assert_eq!((streamed(1025), whole(1025)), (Some(StreamFault::Garbage), Some(StreamFault::Garbage)));
}
