//! Frames of a Gemini stream that a template knows. Never here: the other ways of a stream (gemini).

use super::*;
use crate::lane::ReplyHead;
use proptest::prelude::*;

/// A frame of one text; the shape says what stands around it.
fn frame(text: &str, shape: u8, counts: (u64, u64)) -> String {
    let text = serde_json::to_string(text).unwrap_or_default();
    let (count, total) = counts;
    let usage = match shape {
        0..=3 => format!(
            r#","usageMetadata":{{"promptTokenCount":7,"candidatesTokenCount":{count},"totalTokenCount":{total},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":7}}],"host":"h"}}"#
        ),
        4 => format!(
            r#","usageMetadata":{{"totalTokenCount":{total},"thoughtsTokenCount":{count},"promptTokenCount":{total}}}"#
        ),
        5 => format!(r#","usageMetadata":{{"promptTokenCount":7,"candidatesTokenCount":{count}.5}}"#),
        6 => format!(r#","usageMetadata":{{"totalTokenCount":0{total}}}"#),
        _ => String::new(),
    };
    let part = match shape {
        1 => format!(r#"{{"thought":true,"text":{text}}}"#),
        2 => format!(r#"{{"text":{text},"thoughtSignature":"U0lH"}}"#),
        3 => format!(r#"{{"text":{text}}},{{"functionCall":{{"name":"f","args":{{"a":{text}}}}}}}"#),
        _ => format!(r#"{{"text":{text},"provider":"p"}}"#),
    };
    let finish = if shape == 8 { r#","finishReason":"STOP""# } else { "" };
    let candidate = format!(r#"{{"content":{{"parts":[{part}],"role":"model"}}{finish},"index":0}}"#);
    let json = match shape {
        9 => format!(
            r#"data: {{"usageMetadata":{{"totalTokenCount":{total}}},"candidates":[{candidate}],"modelVersion":"up"}}"#
        ),
        _ => format!(
            r#"data: {{"candidates":[{candidate}]{usage},"modelVersion":"up","responseId":"r","extra":{text}}}"#
        ),
    };
    json + "\n\n"
}

fn pass(frames: &[String], learn: bool) -> (Vec<u8>, Tally, bool) {
    let head = ReplyHead { id: "g-1".to_owned(), model: "pub".to_owned(), created: 1, ended: None };
    let mut stream = GeminiStream::new(&StreamSpec::straight(Dialect::Gemini, head, true, 1));
    let mut out = BytesMut::new();
    let mut whole = true;
    for frame in frames {
        whole &= stream.push(frame.as_bytes(), &mut out).is_ok();
        if !learn {
            stream.forget();
        }
    }
    stream.seal(&Usage::NONE, UsageSource::Estimated, &mut out);
    (out.to_vec(), stream.tally().clone(), whole)
}

/// Frames that differ in a text and in counts are copied, and their counts are noticed.
#[test]
fn counts_may_grow_in_a_template() {
    let head = ReplyHead { id: "g-1".to_owned(), model: "pub".to_owned(), created: 1, ended: None };
    let mut stream = GeminiStream::new(&StreamSpec::straight(Dialect::Gemini, head, true, 1));
    let mut out = BytesMut::new();
    for n in 1..200 {
        stream.push(frame("ab", 0, (n, n + 7)).as_bytes(), &mut out).unwrap();
        assert_eq!(stream.tally().usage().answer_total(), n);
        assert_eq!(stream.learned(), 1, "frame {n}");
    }
    let text = std::str::from_utf8(&out).unwrap();
    assert!(
        text.contains(r#""candidatesTokenCount":199,"totalTokenCount":206,"#) && !text.contains("host"),
        "{text}"
    );
    assert_eq!(stream.tally().text_bytes(), 398);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A frame recognised by a template is written and counted as the scanner would have done it.
    #[test]
    fn templates_write_what_the_scanner_writes(
        list in prop::collection::vec(("[a-z\"\\\\{}\n\u{e9}\u{6f22}]{0,6}", 0_u8..11, (0_u64..300, 0_u64..5_000)), 1..24),
    ) {
        let frames: Vec<String> = list.iter().map(|(text, shape, counts)| frame(text, *shape, *counts)).collect();
        prop_assert_eq!(pass(&frames, true), pass(&frames, false));
    }
}
