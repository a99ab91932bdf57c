//! Messages streams and answers. Never here: what both dialects do alike (pieces), requests.

use super::*;
use canon::StopReason;
use units::Class;

fn spec() -> StreamSpec {
    super::spec(MESSAGES)
}

fn run(text: &str, size: usize) -> Result<(String, String, Stream), StreamFault> {
    super::run(&spec(), text.as_bytes(), size)
}

fn body() -> String {
    block(0, r#"{"type":"thinking","thinking":"","signature":""}"#)
        + &delta(0, r#"{"type":"thinking_delta","thinking":"hm"}"#)
        + &delta(0, r#"{"type":"signature_delta","signature":"c2ln"}"#)
        + &stop(0)
        + &block(1, r#"{"type":"text","text":""}"#)
        + &ev("ping", "")
        + &delta(1, r#"{"type":"text_delta","text":"a\"b"}"#)
        + &delta(1, r#"{"type":"text_delta","text":"漢🙂"}"#)
        + &delta(1, r#"{"type":"text_delta","text":"}"}"#)
        + &stop(1)
        + &block(2, r#"{"type":"tool_use","id":"toolu_1","name":"f","input":{}}"#)
        + &delta(2, r#"{"type":"input_json_delta","partial_json":""}"#)
        + &delta(2, r#"{"type":"input_json_delta","partial_json":"{\"a\":1}"}"#)
        + &stop(2)
}

/// R-WIRE-2, R-WIRE-6, pitfall 57: only id and model change; usage is cumulative and whole in `message_delta`.
#[test]
fn r_wire_2_pitfall_57_messages_pass_and_usage_is_cumulative() {
    let up = start("msg_up", "up-1")
        + &body()
        + &ev(
            "message_delta",
            r#","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":50}"#,
        )
        + &ev("message_stop", r#","amazon-bedrock-invocationMetrics":{"x":1}"#);
    for size in [1, 5, 33, up.len()] {
        let (before, after, stream) = run(&up, size).unwrap();
        assert_eq!(before, start("msg_ours", "pub") + &body(), "{size}");
        assert_eq!(
            after,
            ev(
                "message_delta",
                r#","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":50,"cache_read_input_tokens":3,"input_tokens":25}"#
            ) + &ev("message_stop", "")
        );
        let tally = stream.tally();
        assert!(stream.is_complete() && tally.semantic() && !tally.hidden_reasoning());
        assert_eq!(tally.stop().unwrap().reason, StopReason::ToolUse);
        assert_eq!(tally.reasoning_bytes(), 2);
        assert_eq!(
            *tally.usage(),
            Usage::NONE.with(Class::Input, 25).with(Class::CacheRead, 3).with(Class::Output, 50)
        );
    }
}

/// Pitfall 61: an error at any place is an error, never a normal stop.
#[test]
fn pitfall_61_errors_are_errors_at_any_place() {
    let error = ev("error", r#","error":{"type":"overloaded_error","message":"secret"}"#);
    let delta = ev("message_delta", r#","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}"#);
    for up in [
        error.clone(),
        start("a", "b") + &body() + &error,
        start("a", "b") + &body() + &delta + &error,
        start("a", "b") + "data: {\"error\":{\"type\":\"overloaded_error\"}}\n\n",
    ] {
        let Err(StreamFault::Upstream(fault)) = run(&up, 17) else { panic!("{up}") };
        assert_eq!(fault.class, crate::fault::UpstreamClass::Overloaded);
    }
    // Pitfall 26: a second answer inside the first is refused.
    assert_eq!(run(&(start("a", "b") + &start("a", "b")), 50).err(), Some(StreamFault::Garbage));
}

#[test]
fn cuts_and_odd_frames() {
    let whole = start("a", "b") + &body();
    assert_eq!(run(&whole, 100).err(), Some(StreamFault::Cut));
    let data_only: String =
        (whole + &ev("usage", r#","cost":1"#) + &ev("message_delta", r#","delta":{"stop_reason":"end_turn"}"#))
            .lines()
            .filter(|l| !l.starts_with("event:"))
            .map(|l| format!("{}\r\n", l.replacen("data: ", "data:", 1)))
            .collect();
    let (before, after, _) = run(&data_only, 100).unwrap();
    assert_eq!(before, start("msg_ours", "pub") + &body());
    assert!(
        after.contains(r#""usage":{"input_tokens":25,"cache_read_input_tokens":3,"output_tokens":0}"#),
        "{after}"
    );
    assert!(after.ends_with(&ev("message_stop", "")));
}

#[test]
fn dark_thinking_is_noticed() {
    let up = start("a", "b")
        + &block(0, r#"{"type":"thinking","thinking":"","signature":""}"#)
        + &delta(0, r#"{"type":"thinking_delta","thinking":""}"#)
        + &delta(0, r#"{"type":"signature_delta","signature":"c2ln"}"#);
    let mut stream = Stream::new(&spec());
    let mut out = BytesMut::new();
    stream.push(up.as_bytes(), &mut out).unwrap();
    assert!(stream.tally().hidden_reasoning());
    out.clear();
    stream.cut_short(&Usage::NONE.with(Class::Input, 1).with(Class::Output, 2), UsageSource::Estimated, &mut out);
    let text = std::str::from_utf8(&out).unwrap();
    assert_eq!(
        text,
        stop(0)
            + &ev(
                "message_delta",
                r#","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":1,"output_tokens":2}"#
            )
            + &ev("message_stop", "")
    );
}

#[test]
fn an_answer_keeps_its_bytes() {
    let body = r#"{"model":"up-1","id":"msg_up","type":"message","role":"assistant","content":[{"type":"text","text":"h\u00e9"},{"type":"tool_use","id":"t","name":"f","input":{"n":9007199254740993}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":2},"provider":"x"}"#;
    let answer = Answer::read(&spec(), &Bytes::from_static(body.as_bytes())).unwrap();
    assert_eq!(answer.tally().stop().unwrap().reason, StopReason::ToolUse);
    assert_eq!(answer.tally().text_bytes(), 3 + 1 + 22);
    let usage = *answer.tally().usage();
    let expect = body.replace("up-1", "pub").replace("msg_up", "msg_ours").replace(r#","provider":"x""#, "");
    assert_eq!(answer.seal(&usage, UsageSource::Provider), expect);
    for bad in ["", "{}", "<html>", r#"{"content":7}"#] {
        assert!(Answer::read(&spec(), &Bytes::copy_from_slice(bad.as_bytes())).is_err(), "{bad}");
    }
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
    let error = Answer::read(&spec(), &Bytes::from_static(error.as_bytes())).unwrap_err();
    assert!(matches!(error, StreamFault::Upstream(_)));
}

/// R-WIRE-5: a server that begins block after block and ends none must not fill our memory.
#[test]
fn r_wire_5_open_blocks_have_a_limit() {
    let begun = |count: usize| {
        let blocks: String = (0..count)
            .map(|n| {
                ev("content_block_start", &format!(r#","index":{n},"content_block":{{"type":"text","text":""}}"#))
            })
            .collect();
        run(&(start("u", "m") + &blocks + &end("end_turn")), usize::MAX).map(|_| ()).err()
    };
    assert_eq!(begun(1024), None);
    assert_eq!(begun(1025), Some(StreamFault::Garbage));
}
