//! Gemini streams, answers and requests. Never here: templates (gemini_templates), what all dialects do alike (pieces).

use super::super::prepare;
use super::*;
use crate::peek::peek_path;
use crate::target::Target;
use canon::StopReason;
use units::Class;

const GEMINI: Dialect = Dialect::Gemini;

fn spec() -> StreamSpec {
    let head = ReplyHead { id: "gen-ours".into(), model: "pub".into(), created: 7, ended: None };
    StreamSpec::straight(GEMINI, head, true, 1)
}

fn frame(candidates: &str, rest: &str) -> String {
    format!("data: {{\"candidates\":[{candidates}]{rest},\"modelVersion\":\"up-1\",\"responseId\":\"up-id\"}}\n\n")
}

fn ours(candidates: &str, rest: &str) -> String {
    frame(candidates, rest).replace("up-1", "pub").replace("up-id", "gen-ours")
}

fn text(index: u8, text: &str, finish: &str) -> String {
    let finish = if finish.is_empty() { String::new() } else { format!(",\"finishReason\":\"{finish}\"") };
    format!("{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}],\"role\":\"model\"}}{finish},\"index\":{index}}}")
}

fn usage(prompt: u64, answer: u64) -> String {
    let total = prompt + answer;
    format!(
        ",\"usageMetadata\":{{\"promptTokenCount\":{prompt},\"candidatesTokenCount\":{answer},\"totalTokenCount\":{total}}}"
    )
}

#[test]
fn the_frame_that_ends_waits_for_the_seal() {
    let up = frame(&text(0, "a", ""), &usage(5, 1)) + &frame(&text(0, "b", "MAX_TOKENS"), &usage(5, 2));
    for size in [1, 9, up.len()] {
        let (before, after, stream) = run(&spec(), up.as_bytes(), size).unwrap();
        assert_eq!(before, ours(&text(0, "a", ""), &usage(5, 1)));
        assert_eq!(after, ours(&text(0, "b", "MAX_TOKENS"), &usage(5, 2)));
        assert_eq!(stream.tally().stop().unwrap().reason, StopReason::MaxTokens);
        assert_eq!(stream.tally().text_bytes(), 2);
    }
}

/// Servers exist that say on every frame why the answer ends: the client hears it once.
#[test]
fn a_candidate_that_goes_on_has_not_ended() {
    let up = frame(&text(0, "a", "STOP"), "") + &frame(&text(0, "b", "STOP"), &usage(1, 2));
    let (before, after, _) = run(&spec(), up.as_bytes(), 40).unwrap();
    assert_eq!(before, ours(&text(0, "a", ""), ""));
    assert_eq!(after, ours(&text(0, "b", "STOP"), &usage(1, 2)));
}

/// Of several candidates each is told why it ended, whenever that was.
#[test]
fn several_candidates_end_apart() {
    let both = format!("{},{}", text(0, "a", "STOP"), text(1, "b", ""));
    let up = frame(&both, "") + &frame(&text(1, "c", ""), "") + &frame(&text(1, "d", "SAFETY"), &usage(1, 4));
    let (before, after, stream) = run(&spec(), up.as_bytes(), 33).unwrap();
    assert_eq!(
        before,
        ours(&format!("{},{}", text(0, "a", ""), text(1, "b", "")), "") + &ours(&text(1, "c", ""), "")
    );
    let owed = ours(r#"{"finishReason":"STOP","index":0}"#, "");
    assert_eq!(after, owed + &ours(&text(1, "d", "SAFETY"), &usage(1, 4)));
    assert_eq!(stream.tally().usage().answer_total(), 4);
    // One that never ended is a broken answer.
    let cut = frame(&both, "");
    assert_eq!(run(&spec(), cut.as_bytes(), 99).err(), Some(StreamFault::Cut));
}

/// What comes behind the end and only tells usage is the last word on it.
#[test]
fn usage_behind_the_end_counts() {
    let up = frame(&text(0, "a", "STOP"), &usage(5, 1))
        + "data: {\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":9,\"totalTokenCount\":14}}\n\n";
    let (_, after, stream) = run(&spec(), up.as_bytes(), 50).unwrap();
    assert_eq!(stream.tally().usage().answer_total(), 9);
    assert_eq!(after.matches("\"totalTokenCount\":14").count(), 1);
    assert!(after.trim_end().ends_with("\"totalTokenCount\":14}}"), "{after}");
}

/// What comes behind the end without parts changes nothing about it; parts do.
#[test]
fn an_end_is_an_end_until_more_is_said() {
    let end = frame(&text(0, "a", "STOP"), &usage(5, 1));
    let about = r#"{"groundingMetadata":{"webSearchQueries":["q"]},"index":0}"#;
    let up = end.clone() + &frame(about, "");
    let (before, after, _) = run(&spec(), up.as_bytes(), 50).unwrap();
    assert!(before.is_empty());
    assert!(
        after.starts_with(&ours(&text(0, "a", "STOP"), &usage(5, 1))) && after.contains("webSearch"),
        "{after}"
    );
    let more = end + &frame(&text(0, "b", ""), "");
    let convert = StreamSpec { client: CHAT, ..spec() };
    for spec in [spec(), convert] {
        assert_eq!(run(&spec, up.as_bytes(), 50).err(), None);
        assert_eq!(run(&spec, more.as_bytes(), 50).err(), Some(StreamFault::Cut));
    }
}

/// Pitfall 23: an answer that breaks off at any place is never given a proper end.
#[test]
fn pitfall_23_a_cut_is_a_cut() {
    let up = frame(&text(0, "a", ""), &usage(5, 1)) + &frame(&text(0, "b", "STOP"), &usage(5, 2));
    for end in 0..up.len() - 2 {
        assert_eq!(run(&spec(), &up.as_bytes()[..end], 50).err(), Some(StreamFault::Cut), "{end}");
    }
}

#[test]
fn what_is_charged_is_what_is_shown() {
    let up = frame(&text(0, "a", "STOP"), r#","usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":-1}"#);
    let mut stream = Stream::new(&spec());
    let mut out = BytesMut::new();
    stream.push(up.as_bytes(), &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    assert!(out.is_empty());
    let charged = Usage::NONE.with(Class::Input, 5).with(Class::Output, 3);
    stream.seal(&charged, UsageSource::Counted, &mut out);
    assert_eq!(std::str::from_utf8(&out).unwrap(), ours(&text(0, "a", "STOP"), &usage(5, 3)));
    // Nothing was told: what is charged is added.
    let mut stream = Stream::new(&spec());
    let mut out = BytesMut::new();
    stream.push(frame(&text(0, "a", "STOP"), "").as_bytes(), &mut out).unwrap();
    stream.finish(&mut out).unwrap();
    stream.seal(&charged, UsageSource::Counted, &mut out);
    assert!(std::str::from_utf8(&out).unwrap().ends_with(&(usage(5, 3) + "}\n\n")), "{out:?}");
}

#[test]
fn cut_short_ends_inside_the_protocol() {
    let mut stream = Stream::new(&spec());
    let mut out = BytesMut::new();
    stream.push(frame(&text(0, "a", ""), "").as_bytes(), &mut out).unwrap();
    out.clear();
    stream.cut_short(&Usage::NONE.with(Class::Input, 1).with(Class::Output, 1), UsageSource::Estimated, &mut out);
    let text = std::str::from_utf8(&out).unwrap();
    assert!(text.contains(r#""finishReason":"MAX_TOKENS""#) && text.contains(r#""totalTokenCount":2"#), "{text}");
    let len = out.len();
    stream.seal(&Usage::NONE, UsageSource::None, &mut out);
    assert_eq!(out.len(), len);
}

#[test]
fn errors_in_a_stream_are_the_upstreams() {
    for body in [
        "data: {\"error\":{\"code\":500,\"message\":\"secret-host\",\"status\":\"INTERNAL\"}}\n\n",
        "{\"error\":{\"code\":400,\"message\":\"secret-host\"}}",
        "[{\"error\":{\"code\":400,\"message\":\"secret-host\"}}]",
    ] {
        let Err(StreamFault::Upstream(fault)) = run(&spec(), body.as_bytes(), 10) else { panic!("{body}") };
        assert!(!fault.to_fault().told.contains("secret"));
    }
    assert_eq!(run(&spec(), b"data: hello\n\n", 10).err(), Some(StreamFault::Garbage));
}

/// R-WIRE-2, pitfall 46: an answer keeps its bytes but for what is not ours to tell.
#[test]
fn r_wire_2_pitfall_46_an_answer_keeps_its_bytes() {
    let body = r#"{ "candidates":[ {"content":{"parts":[{"functionCall":{"name":"f","args":{"provider":"mine","n":9007199254740993,"e":1e400}},"thoughtSignature":"S"}],"role":"model"},"finishReason":"STOP","x_host":"h","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5,"trafficType":"ON_DEMAND"},"modelVersion":"up-1","backend":"h" }"#;
    let answer = Answer::read(&spec(), &Bytes::from_static(body.as_bytes())).unwrap();
    assert_eq!(answer.tally().stop().unwrap().reason, StopReason::ToolUse);
    let usage = *answer.tally().usage();
    assert_eq!(
        std::str::from_utf8(&answer.seal(&usage, UsageSource::Provider)).unwrap(),
        r#"{"responseId":"gen-ours", "candidates":[ {"content":{"parts":[{"functionCall":{"name":"f","args":{"provider":"mine","n":9007199254740993,"e":1e400}},"thoughtSignature":"S"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"pub" }"#
    );
    for bad in [
        "",
        "{}",
        "<html>",
        r#"{"usageMetadata":{}}"#,
        r#"{"candidates":[]}"#,
        r#"{"promptFeedback":{}}"#,
        r#"{"candidates":[]} x"#,
        "[]",
        r#"{"candidates":[],"candidates":[]}"#,
    ] {
        let read = Answer::read(&spec(), &Bytes::copy_from_slice(bad.as_bytes()));
        assert_eq!(read.err(), Some(StreamFault::Garbage), "{bad}");
    }
}

/// Gemini's clients know no null where a count is due: what was not counted is not told.
#[test]
fn counts_that_are_null_are_left_out() {
    let usage = r#""usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":null,"promptTokensDetails":null,"totalTokenCount":3}"#;
    let body = format!(r#"{{"candidates":[{{"content":{{"parts":[]}},"finishReason":"STOP"}}],{usage}}}"#);
    let answer = Answer::read(&spec(), &Bytes::from(body)).unwrap();
    let counted = *answer.tally().usage();
    let text = String::from_utf8(answer.seal(&counted, UsageSource::Provider).to_vec()).unwrap();
    assert!(text.contains(r#""usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}"#), "{text}");
}

/// An answer that does not say why it ends has ended well.
#[test]
fn an_answer_without_an_end_gets_one() {
    for finish in ["", ",\"finishReason\":null", ",\"finishReason\":\"\""] {
        let body = format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"a"}}]}}{finish}}}]}}"#);
        let answer = Answer::read(&spec(), &Bytes::from(body)).unwrap();
        assert_eq!(answer.tally().stop().unwrap().reason, StopReason::EndTurn);
        let text = answer.seal(&Usage::NONE, UsageSource::Estimated);
        assert_eq!(std::str::from_utf8(&text).unwrap().matches(r#""finishReason":"STOP""#).count(), 1, "{text:?}");
    }
}

fn sent(body: &str, change: impl FnOnce(&mut Target)) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let peek = peek_path(GEMINI, "pub", true, &body).unwrap();
    let mut target = Target::new(GEMINI, "up", 4096);
    change(&mut target);
    String::from_utf8(prepare(&body, &peek, &target).to_vec()).unwrap()
}

/// R-WIRE-2: the body is the client's but for the affordable limit and proofs of others.
#[test]
fn r_wire_2_only_what_must_change_is_changed() {
    let c = r#""contents":[{"parts":[{"text":"h\u00e9"}]}]"#;
    let limit = |target: &mut Target| target.insert_max_tokens = Some(9);
    for (body, expect) in [
        (
            format!("{{ {c} , \"zz\":1e400}}"),
            format!("{{ {c} , \"zz\":1e400,\"generationConfig\":{{\"maxOutputTokens\":9}}}}"),
        ),
        (
            format!("{{\"generationConfig\":{{}},{c}}}"),
            format!("{{\"generationConfig\":{{\"maxOutputTokens\":9}},{c}}}"),
        ),
        (
            format!("{{\"generation_config\":null,{c}}}"),
            format!("{{\"generation_config\":{{\"maxOutputTokens\":9}},{c}}}"),
        ),
        (
            format!("{{\"generationConfig\":{{\"topK\":1 }},{c}}}"),
            format!("{{\"generationConfig\":{{\"topK\":1,\"maxOutputTokens\":9 }},{c}}}"),
        ),
        (
            format!("{{\"generationConfig\":{{\"max_output_tokens\":null}},{c}}}"),
            format!("{{\"generationConfig\":{{\"max_output_tokens\":9}},{c}}}"),
        ),
        (
            format!("{{\"generationConfig\":{{\"max_output_tokens\":5}},{c}}}"),
            format!("{{\"generationConfig\":{{\"max_output_tokens\":5}},{c}}}"),
        ),
        (
            format!("{{\"model\":\"models/pub\",{c}}}"),
            format!("{{{c},\"generationConfig\":{{\"maxOutputTokens\":9}}}}"),
        ),
    ] {
        assert_eq!(sent(&body, limit), expect, "{body}");
    }
    let untouched = format!("{{{c}}}");
    assert_eq!(sent(&untouched, |_| {}), untouched);
}

/// Proofs that another provider made would be refused; those of this dialect pass.
#[test]
fn proofs_of_others_are_taken_out() {
    let foreign =
        crate::gemini::proof::Proof { carried: crate::seal::Maker(7).carry("abc"), of_thought: false }.signature();
    let call = |signature: &str| format!("{{\"functionCall\":{{\"name\":\"f\"}}{signature}}}");
    let with = |signature: &str| format!(",\"thought_signature\":\"{signature}\"");
    let body = |parts: &str| {
        format!("{{\"contents\":[{{\"parts\":[{{\"text\":\"x\"}}]}},{{\"role\":\"model\",\"parts\":[{parts}]}}]}}")
    };
    let hollow = format!("{{\"text\":\"\"{}}}", with(&foreign));
    for (parts, expect) in [
        (call(&with(&foreign)), call("")),
        (call(&with("U0lH")), call(&with("U0lH"))),
        (format!("{hollow},{}", call("")), call("")),
        (format!("{}, {hollow} ,{hollow}", call("")), call("")),
        (hollow.clone(), "{\"text\":\".\"}".to_owned()),
        (format!("{{\"text\":\"a\"{}}},{hollow}", with(&foreign)), "{\"text\":\"a\"}".to_owned()),
    ] {
        assert_eq!(sent(&body(&parts), |_| {}), body(&expect), "{parts}");
    }
    let stand_in = sent(&body(&call(&with(&foreign))), |target| target.signature_stand_in = true);
    assert_eq!(stand_in, body(&call(&with("skip_thought_signature_validator"))));
}
