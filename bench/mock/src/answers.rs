//! The answers, as bytes ready to be written. In: nothing. Out: heads, bodies and frames.
//! Never here: sockets.

/// Pieces of text in a stream.
pub const PIECES: usize = 50;

const WORDS: &str =
    "The quick brown fox jumps over the lazy dog, and then it rests for a while under the old oak tree.";
const HEAD: &str = "HTTP/1.1 200 OK\r\nx-request-id: req_0123456789abcdef\r\n";

/// Everything there is to say, in both languages.
pub struct Answers {
    pub openai: Said,
    pub anthropic: Said,
    /// For everything that is not a call.
    pub other: Vec<u8>,
}

/// What is said in one language.
pub struct Said {
    /// Head and body of the short answer.
    pub whole: Vec<u8>,
    /// Head of a stream.
    pub head: Vec<u8>,
    /// The frames of a stream, each as a chunk of its own.
    pub frames: Vec<Vec<u8>>,
    /// Head, frames and the end in one piece.
    pub burst: Vec<u8>,
}

impl Answers {
    pub fn new() -> Self {
        Self {
            openai: Said::new(&openai_whole(), &openai_frames()),
            anthropic: Said::new(&anthropic_whole(), &anthropic_frames()),
            other: with_length("{\"object\":\"list\",\"data\":[]}"),
        }
    }
}

impl Said {
    fn new(whole: &str, frames: &[String]) -> Self {
        let head =
            format!("{HEAD}content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
        let mut frames: Vec<Vec<u8>> =
            frames.iter().map(|frame| format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes()).collect();
        if let Some(last) = frames.last_mut() {
            last.extend(b"0\r\n\r\n");
        }
        let mut burst = head.clone().into_bytes();
        burst.extend(frames.iter().flatten());
        Self { whole: with_length(whole), head: head.into_bytes(), frames, burst }
    }
}

fn with_length(body: &str) -> Vec<u8> {
    format!("{HEAD}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn openai_whole() -> String {
    format!(
        r#"{{"id":"chatcmpl-BqzX1oYk3mHc9vS7dT2uWeRf4gJpA","object":"chat.completion","created":1760000000,"model":"gpt-4o-mini-2024-07-18","choices":[{{"index":0,"message":{{"role":"assistant","content":"{WORDS}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":37,"completion_tokens":24,"total_tokens":61,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_560af6e559"}}"#
    )
}

fn openai_frames() -> Vec<String> {
    let frame = |rest: &str| {
        format!(
            r#"data: {{"id":"chatcmpl-BqzX1oYk3mHc9vS7dT2uWeRf4gJpA","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",{rest}}}"#
        ) + "\n\n"
    };
    let choice = |delta: &str, finish: &str| {
        frame(&format!(
            r#""choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null"#
        ))
    };
    let mut frames = vec![choice(r#"{"role":"assistant","content":"word"}"#, "null")];
    frames.extend((1..PIECES).map(|n| choice(&format!(r#"{{"content":" word{n}"}}"#), "null")));
    frames.push(choice("{}", r#""stop""#));
    frames.push(frame(
        r#""choices":[],"usage":{"prompt_tokens":37,"completion_tokens":50,"total_tokens":87,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}"#,
    ));
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

fn anthropic_whole() -> String {
    format!(
        r#"{{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4-20250514","content":[{{"type":"text","text":"{WORDS}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":37,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":24,"service_tier":"standard"}}}}"#
    )
}

fn anthropic_frames() -> Vec<String> {
    let event = |name: &str, rest: &str| format!("event: {name}\ndata: {{\"type\":\"{name}\"{rest}}}\n\n");
    let usage = r#""input_tokens":37,"cache_creation_input_tokens":0,"cache_read_input_tokens":0"#;
    let start = format!(
        r#","message":{{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-sonnet-4-20250514","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{usage},"output_tokens":1}}}}"#
    );
    let open = event("content_block_start", r#","index":0,"content_block":{"type":"text","text":""}"#);
    let delta = |n| {
        event("content_block_delta", &format!(r#","index":0,"delta":{{"type":"text_delta","text":" word{n}"}}"#))
    };
    let finish = format!(
        r#","delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{{usage},"output_tokens":50}}"#
    );
    let mut frames = vec![event("message_start", &start) + &open];
    frames.extend((0..PIECES).map(delta));
    let end = event("content_block_stop", r#","index":0"#) + &event("message_delta", &finish);
    frames.push(end + &event("message_stop", ""));
    frames
}

#[cfg(test)]
mod tests {
    use super::{Answers, PIECES, openai_frames, openai_whole};

    #[test]
    fn the_sizes_are_those_the_results_speak_of() {
        assert_eq!(openai_whole().len(), 626);
        assert_eq!(openai_frames().len(), 53);
        let size: usize = openai_frames().iter().map(String::len).sum();
        assert!((15_000..17_000).contains(&size), "{size}");
        assert!(Answers::new().anthropic.frames.len() >= PIECES);
    }

    #[test]
    fn a_burst_is_the_head_and_all_frames() {
        let said = Answers::new().openai;
        assert_eq!(said.burst.len(), said.head.len() + said.frames.iter().map(Vec::len).sum::<usize>());
        assert!(said.burst.ends_with(b"0\r\n\r\n"));
    }
}
