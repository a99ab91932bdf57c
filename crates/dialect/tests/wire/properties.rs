//! What must hold for any input. Never here: single examples (corpus, pitfalls).

use crate::run::{
    ALL, CHAT, DONE, GEMINI, MESSAGES, answer, chunk, frames, run, spec, stream, streams, usage_chunk,
};
use crate::strict::{check_blocks, check_chat, check_gemini};
use bytes::Bytes;
use canon::Dialect;
use dialect::fault::{UpstreamHints, decode_upstream_fault};
use dialect::lane::Answer;
use dialect::{Target, decode_request, encode_request, peek_path, straight};
use proptest::prelude::*;
use serde_json::Value;
use units::{Class, Usage, UsageSource};

/// Any re-chunking of any stream of the corpus gives the same output and tally, on both lanes (pitfalls 21, 22).
#[test]
fn pitfall_21_22_every_single_cut_gives_the_same() {
    for (upstream, bytes) in streams() {
        for client in ALL {
            let spec = spec(client, upstream);
            let whole = stream(&spec, &bytes, &[usize::MAX]);
            assert_eq!(stream(&spec, &bytes, &[1]), whole);
            for at in 1..bytes.len() {
                assert_eq!(stream(&spec, &bytes, &[at, usize::MAX]), whole, "cut at {at}");
            }
        }
    }
}

/// A stream cut behind its blank lines.
fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut out = vec![Vec::new()];
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        out.last_mut().unwrap().extend_from_slice(line);
        if line.trim_ascii().is_empty() {
            out.push(Vec::new());
        }
    }
    out
}

fn all_clients(upstream: Dialect, bytes: &[u8]) {
    for client in ALL {
        let spec = spec(client, upstream);
        stream(&spec, bytes, &[usize::MAX]);
        let _ = Answer::read(&spec, &Bytes::copy_from_slice(bytes))
            .map(|a| a.seal(&Usage::NONE, UsageSource::Estimated));
    }
}

fn request(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    for dialect in ALL {
        let target = Target { insert_max_tokens: Some(7), ..Target::new(dialect, "t", 1_000) };
        if let Ok(look) = peek_path(dialect, "m", false, &body) {
            let sent = straight::prepare(&body, &look, &target);
            serde_json::from_slice::<Value>(&sent).expect("a spliced body stays JSON");
        }
        for to in ALL {
            let target = Target::new(to, "t", 1_000);
            if let Ok((request, _)) = decode_request(dialect, &body)
                && let Ok(encoded) = encode_request(&request, &target)
                && serde_json::from_slice::<Value>(&body).is_ok()
            {
                serde_json::from_slice::<Value>(&encoded.body).expect("an encoded body is JSON");
            }
        }
    }
}

const REQUEST: &str = r#"{"model":"m","max_tokens":2000,"stream":true,"stream_options":{"include_usage":false},"n":1,"temperature":0.5,"thinking":{"type":"enabled","budget_tokens":1024},"tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"tool_choice":"auto","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]},{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","index":0}],"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}]}"#;

const GEMINI_REQUEST: &str = r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"parts":{"text":"x"}},{"role":"model","parts":[{"text":"","thoughtSignature":"dGcxLjAwMDAwMDAwMDAwMDAwMDAueA=="},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"dGcxLjAwMDAwMDAwMDAwMDAwMDEueA=="}]},{"parts":[{"functionResponse":{"name":"f","response":{"output":"r"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}},{"fileData":{"fileUri":"u"}}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}]}],"generationConfig":{"max_output_tokens":null,"stopSequences":["a"],"thinkingConfig":{"thinkingBudget":-1}}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_cutting_gives_the_same(n in 0_usize..1000, sizes in prop::collection::vec(1_usize..90, 1..6)) {
        let streams = streams();
        let (upstream, bytes) = &streams[n % streams.len()];
        for client in ALL {
            let spec = spec(client, *upstream);
            prop_assert_eq!(stream(&spec, bytes, &sizes), stream(&spec, bytes, &[usize::MAX]));
        }
    }

    /// R-WIRE-5: whatever frames an upstream of the client's own dialect drops, doubles or swaps, the client's reader finds
    /// a whole stream or an error, at any cut of the bytes.
    #[test]
    fn r_wire_5_no_lost_frame_breaks_a_straight_stream(
        n in 0_usize..1000, damage in prop::collection::vec((0_u8..3, 0_usize..100), 0..4), sizes in prop::collection::vec(1_usize..90, 1..4),
    ) {
        let streams = streams();
        let (dialect, bytes) = &streams[n % streams.len()];
        let mut frames = split(bytes);
        for (kind, at) in damage {
            let at = at % frames.len().max(1);
            match kind {
                0 if frames.len() > 1 => drop(frames.remove(at)),
                1 => frames.insert(at, frames[at].clone()),
                _ => frames.swap(at, 0),
            }
        }
        let bytes = frames.concat();
        let spec = spec(*dialect, *dialect);
        let ran = stream(&spec, &bytes, &[usize::MAX]);
        match dialect {
            Dialect::Anthropic => check_blocks(&ran.text()),
            Dialect::Gemini => check_gemini(&ran.text()),
            _ => check_chat(&ran.text()),
        }
        prop_assert_eq!(stream(&spec, &bytes, &sizes), ran);
    }

    #[test]
    fn no_bytes_make_a_codec_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        all_clients(CHAT, &bytes);
        all_clients(MESSAGES, &bytes);
        all_clients(GEMINI, &bytes);
        request(&bytes);
        decode_upstream_fault(CHAT, 500, UpstreamHints::default(), &bytes);
    }

    #[test]
    fn no_damage_to_a_stream_makes_a_codec_panic(
        n in 0_usize..1000, at in 0_usize..10_000, drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9\n \\\\]{0,8}",
    ) {
        let streams = streams();
        let (upstream, bytes) = &streams[n % streams.len()];
        let at = at % bytes.len();
        let to = (at + drop).min(bytes.len());
        let damaged = [&bytes[..at], put.as_bytes(), &bytes[to..]].concat();
        all_clients(*upstream, &damaged);
    }

    #[test]
    fn no_damage_to_a_gemini_request_makes_a_codec_panic(
        at in 0_usize..GEMINI_REQUEST.len(), drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9 \\\\]{0,8}",
    ) {
        let to = (at + drop).min(GEMINI_REQUEST.len());
        request(&[&GEMINI_REQUEST.as_bytes()[..at], put.as_bytes(), &GEMINI_REQUEST.as_bytes()[to..]].concat());
    }

    #[test]
    fn no_damage_to_a_request_makes_a_codec_panic(
        at in 0_usize..REQUEST.len(), drop in 0_usize..30, put in "[\\[\\]{}\":,a-z0-9 \\\\]{0,8}",
    ) {
        let to = (at + drop).min(REQUEST.len());
        request(&[&REQUEST.as_bytes()[..at], put.as_bytes(), &REQUEST.as_bytes()[to..]].concat());
    }

    /// Pitfall 55: prompt and answer totals are equal in both dialects for every combination of classes.
    #[test]
    fn pitfall_55_totals_are_equal_in_both_dialects(
        input in 0_u64..1 << 41, read in 0_u64..5000, short in 0_u64..5000, hour in 0_u64..5000,
        output in 0_u64..5000, reasoning in 0_u64..5000,
    ) {
        let usage = format!(
            r#"{{"input_tokens":{input},"cache_read_input_tokens":{read},"cache_creation_input_tokens":{},"cache_creation":{{"ephemeral_5m_input_tokens":{short},"ephemeral_1h_input_tokens":{hour}}},"output_tokens":{},"output_tokens_details":{{"thinking_tokens":{reasoning}}}}}"#,
            short + hour, output + reasoning
        );
        let body = format!(r#"{{"type":"message","content":[{{"type":"text","text":"x"}}],"stop_reason":"end_turn","usage":{usage}}}"#);
        let chat = answer(MESSAGES, CHAT, &body);
        let total = input + read + short + hour;
        prop_assert_eq!(chat["usage"]["prompt_tokens"].as_u64(), Some(total));
        prop_assert_eq!(chat["usage"]["completion_tokens"].as_u64(), Some(output + reasoning));
        // And back: a Chat server that says the same is read as the same classes.
        let body = serde_json::to_string(&chat).unwrap();
        let back = answer(CHAT, MESSAGES, &body);
        let back = &back["usage"];
        let sum: u64 = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]
            .iter().map(|k| back[*k].as_u64().unwrap_or(0)).sum();
        prop_assert_eq!(sum, total);
        prop_assert_eq!(back["output_tokens"].as_u64(), Some(output + reasoning));
    }

    /// Pitfall 55: what a Gemini server counts is the same sum in every dialect, and a Gemini client reads the sums of others.
    #[test]
    fn pitfall_55_totals_of_gemini_are_equal_in_all_dialects(
        prompt in 0_u64..1 << 40, cached in 0_u64..5000, tools in 0_u64..50, candidates in 0_u64..5000, thoughts in 0_u64..5000,
    ) {
        let total = prompt + cached + tools + candidates + thoughts;
        let usage = format!(
            r#"{{"promptTokenCount":{},"cachedContentTokenCount":{cached},"toolUsePromptTokenCount":{tools},"candidatesTokenCount":{candidates},"thoughtsTokenCount":{thoughts},"totalTokenCount":{total}}}"#,
            prompt + cached
        );
        let body = format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"x"}}]}},"finishReason":"STOP"}}],"usageMetadata":{usage}}}"#);
        let chat = answer(GEMINI, CHAT, &body);
        prop_assert_eq!(chat["usage"]["prompt_tokens"].as_u64(), Some(prompt + cached + tools));
        prop_assert_eq!(chat["usage"]["completion_tokens"].as_u64(), Some(candidates + thoughts));
        let messages = &answer(GEMINI, MESSAGES, &body)["usage"];
        prop_assert_eq!(messages["input_tokens"].as_u64(), Some(prompt + tools));
        prop_assert_eq!(messages["cache_read_input_tokens"].as_u64(), Some(cached));
        prop_assert_eq!(messages["output_tokens"].as_u64(), Some(candidates + thoughts));
        // And back: a Chat server that says the same is told to a Gemini client as the same sums.
        let back = answer(CHAT, GEMINI, &serde_json::to_string(&chat).unwrap());
        let told = &back["usageMetadata"];
        prop_assert_eq!(told["promptTokenCount"].as_u64(), Some(prompt + cached + tools));
        prop_assert_eq!(told["cachedContentTokenCount"].as_u64(), Some(cached));
        prop_assert_eq!(told["candidatesTokenCount"].as_u64(), Some(candidates));
        prop_assert_eq!(told["thoughtsTokenCount"].as_u64(), Some(thoughts));
        prop_assert_eq!(told["totalTokenCount"].as_u64(), Some(total));
        // A stream tells what the whole answer tells.
        let streamed = run(GEMINI, MESSAGES, &format!("data: {body}\n\n"));
        let last = frames(&streamed.text()).into_iter().find(|(e, _)| e == "message_delta").unwrap().1;
        prop_assert_eq!(&last["usage"], messages);
        let straight = run(GEMINI, GEMINI, &format!("data: {body}\n\n"));
        prop_assert_eq!(streamed.tally.usage(), straight.tally.usage());
    }

    /// Pitfall 56: a stream and the whole answer tell the same usage; parts never exceed their whole.
    #[test]
    fn pitfall_56_stream_and_answer_tell_the_same(
        prompt in any::<u64>(), cached in any::<u64>(), answered in any::<u64>(), reasoning in any::<u64>(),
    ) {
        let usage = format!(r#"{{"prompt_tokens":{prompt},"completion_tokens":{answered},"prompt_tokens_details":{{"cached_tokens":{cached}}},"completion_tokens_details":{{"reasoning_tokens":{reasoning}}}}}"#);
        let up = chunk(r#"{"role":"assistant","content":"x"}"#, "null") + &chunk("{}", "\"stop\"") + &usage_chunk(&usage) + DONE;
        let body = format!(r#"{{"choices":[{{"message":{{"content":"x"}},"finish_reason":"stop"}}],"usage":{usage}}}"#);
        let streamed = run(CHAT, MESSAGES, &up);
        let whole = answer(CHAT, MESSAGES, &body);
        let last = frames(&streamed.text()).into_iter().find(|(e, _)| e == "message_delta").unwrap().1;
        prop_assert_eq!(&last["usage"], &whole["usage"]);
        let found = *streamed.tally.usage();
        prop_assert_eq!(found, *run(CHAT, CHAT, &up).tally.usage());
        if reasoning <= answered {
            prop_assert_eq!(found.prompt_total(), prompt);
            prop_assert_eq!(found.count(Class::Output) + found.count(Class::Reasoning), answered);
        }
    }
}
