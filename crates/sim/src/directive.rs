//! Directives: what a test says to the simulated provider inside the prompt.
//! In: the text of the last user message. Out: `Directives`. Never here: what a directive does.

/// Every key a directive may have, with what it does.
const KEYS: [(&str, &str); 53] = [
    ("tokens", "exactly so many output tokens, thinking included"),
    ("text", "answer with this text"),
    ("think", "think; a number says how many tokens"),
    ("redacted", "Anthropic: a redacted_thinking block before the answer; Responses: reasoning without words"),
    ("call", "call these tools (names with commas between)"),
    ("args", "the arguments of the calls, a JSON object"),
    ("refuse", "refuse"),
    ("finish", "end with this finish or stop reason"),
    ("block", "Gemini: the prompt is blocked for this reason (SAFETY when none is told)"),
    ("parts", "Responses: the summary of the reasoning in so many parts"),
    ("raw", "Responses: the reasoning itself and no summary of it, as open models tell it"),
    ("polls", "tasks: so many polls find the task unfinished (2 when not told)"),
    ("cached", "report so many prompt tokens as read from the cache"),
    ("delay_ms", "wait before the head of the answer"),
    ("first_ms", "wait between the head and the first piece"),
    ("pace_ms", "wait between pieces"),
    ("burst", "all pieces in one write"),
    ("chunk_tokens", "tokens in one piece"),
    ("rechunk", "write the stream in slices of so many bytes"),
    ("crlf", "end lines with CRLF (Gemini's events always do)"),
    ("comments", "a comment line before every frame"),
    ("drop", "leave out frames of these kinds: start role ping block_start content block_stop finish usage done"),
    ("status", "fail with this status"),
    ("retry_after", "seconds in the retry-after header of the failure"),
    ("message", "the text of the failure"),
    ("html", "fail with a page of HTML (502 unless status says otherwise)"),
    ("empty", "fail with an empty body (502 unless status says otherwise)"),
    ("detail", "fail with {\"detail\": ..} as some servers do"),
    ("redirect", "answer 307 to this address"),
    ("task_fail", "tasks: the task ends as failed, with this message"),
    ("hang", "accept the request and never answer"),
    ("close", "close the connection before the head"),
    ("cut_after", "drop the connection after so many pieces of content"),
    ("eof_after", "end the stream cleanly after so many pieces of content"),
    ("stall_after", "say nothing more after so many pieces of content"),
    ("error_event_after", "an error inside the stream after so many pieces of content"),
    ("error_type", "the type of that error (Responses: its code; Gemini: its status)"),
    ("error_bare", "Responses: that error is an `error` event and no `response.failed`"),
    ("garbage", "200 with something that is not JSON nor SSE"),
    ("garbage_after", "a frame that is not JSON after so many pieces of content"),
    (
        "bad_utf8_after",
        "a byte that is no UTF-8 in a frame, after so many pieces of content; anywhere in a whole answer",
    ),
    ("endless_line", "a line that never ends; a number limits its KiB"),
    ("plain", "answer a streamed request with a plain JSON body"),
    ("no_usage", "no usage anywhere"),
    ("wrong_usage", "huge, negative, text, float, null, zero, cached_over, or a number for the output"),
    ("usage_everywhere", "Chat Completions: running usage in every frame"),
    ("bare_tools", "Chat Completions: tool call fragments without index and type"),
    ("whole_tools", "a tool call in one fragment"),
    ("interleave", "Chat Completions: fragments of parallel calls in turn"),
    (
        "plant",
        "names of its own in every object of the answer: the envelope, usage, pieces and pings tell the canary",
    ),
    ("echo_headers", "send the request's headers back as x-sim-echo-*, and in the text of failures"),
    ("times", "the faults of this directive hit only the first so many calls with the same id"),
    ("id", "names the counter of times (default: the directive itself)"),
];

/// What the prompt asked of the simulated provider: keys and values of every `[[sim: key=value flag ...]]` in the
/// last user message. A value is bare (up to a blank), quoted as a JSON string, or a JSON object.
///
/// The keys, in groups: what is said (`tokens text think redacted call args refuse finish block parts raw polls cached`);
/// when (`delay_ms first_ms pace_ms burst chunk_tokens rechunk crlf comments drop`); failures before the answer
/// (`status retry_after message html empty detail redirect task_fail hang close`); failures inside it (`cut_after
/// eof_after stall_after error_event_after error_type error_bare garbage garbage_after bad_utf8_after endless_line
/// plain`); wrong counts (`no_usage wrong_usage usage_everywhere`); sloppy servers (`bare_tools whole_tools interleave`); talkative ones (`plant
/// echo_headers`); and `times=N id=x`, by which failures hit only the first N calls with that id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pairs: Vec<(String, String)>,
}

impl Directives {
    /// Reads every directive in `text`. An unknown key or a value that does not end is an error with its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("[[sim:") {
            let mut scan = Scan(&rest[start + "[[sim:".len()..]);
            while let Some(pair) = scan.pair()? {
                pairs.push(pair);
            }
            rest = scan.0;
        }
        Ok(Self { pairs })
    }

    /// Reads the inside of one directive (`status=529 retry_after=1`).
    pub fn parse_inner(inner: &str) -> Result<Self, String> {
        Self::parse(&format!("[[sim: {inner}]]"))
    }

    /// The keys with their meaning, for documents.
    pub fn keys() -> &'static [(&'static str, &'static str)] {
        &KEYS
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let found = self.pairs.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(|value| value.parse().ok())
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.pairs.push((key.to_owned(), value.to_owned()));
    }

    /// Takes the faults out, when their `times` are over.
    pub(crate) fn without_faults(&self) -> Self {
        let fault = |key: &str| {
            let at = KEYS.iter().position(|(name, _)| *name == key);
            let within = |from: &str, to: &str| {
                let find = |k: &str| KEYS.iter().position(|(name, _)| *name == k);
                at >= find(from) && at <= find(to)
            };
            within("status", "wrong_usage") || key == "hang"
        };
        let pairs = self.pairs.iter().filter(|(key, _)| !fault(key));
        Self { pairs: pairs.cloned().collect() }
    }

    /// Later directives win over earlier ones.
    pub(crate) fn join(&mut self, more: Self) {
        self.pairs.extend(more.pairs);
    }

    /// What `times` counts by.
    pub(crate) fn identity(&self) -> String {
        self.get("id").map_or_else(|| format!("{:?}", self.pairs), str::to_owned)
    }
}

/// A cursor inside a directive.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    /// The next key and value; `None` at the closing brackets.
    fn pair(&mut self) -> Result<Option<(String, String)>, String> {
        self.0 = self.0.trim_start_matches([' ', ',', '\n']);
        if let Some(rest) = self.0.strip_prefix("]]") {
            self.0 = rest;
            return Ok(None);
        }
        let end = self
            .0
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .ok_or("a sim directive does not end with ]]")?;
        let key = self.0[..end].to_owned();
        if !KEYS.iter().any(|(name, _)| *name == key) {
            return Err(format!("unknown sim directive '{key}'"));
        }
        self.0 = &self.0[end..];
        let Some(rest) = self.0.strip_prefix('=') else {
            return Ok(Some((key, String::new())));
        };
        self.0 = rest;
        let value = self.value(&key)?;
        Ok(Some((key, value)))
    }

    fn value(&mut self, key: &str) -> Result<String, String> {
        if self.0.starts_with(['"', '{', '[']) {
            let mut stream = serde_json::Deserializer::from_str(self.0).into_iter();
            let value: serde_json::Value = match stream.next() {
                Some(Ok(value)) => value,
                _ => return Err(format!("the value of sim directive '{key}' is not JSON")),
            };
            self.0 = &self.0[stream.byte_offset()..];
            return Ok(match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            });
        }
        let bare = self.0.find(|c: char| c.is_whitespace());
        let close = self.0.find("]]");
        let end = bare.into_iter().chain(close).min();
        let end = end.ok_or("a sim directive does not end with ]]")?;
        let value = self.0[..end].to_owned();
        self.0 = &self.0[end..];
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Directives;

    #[test]
    fn values_are_bare_quoted_or_objects() {
        let text =
            r#"Hello [[sim: tokens=100 burst text="two words ]] here" args={"a": [1]}]] bye [[sim: call=x]]"#;
        let directives = Directives::parse(text).unwrap();
        assert_eq!(directives.number("tokens"), Some(100));
        assert!(directives.has("burst"));
        assert_eq!(directives.get("text"), Some("two words ]] here"));
        assert_eq!(directives.get("args"), Some(r#"{"a":[1]}"#));
        assert_eq!(directives.get("call"), Some("x"));
        assert!(!directives.has("status"));
    }

    #[test]
    fn a_mistake_is_told() {
        let check = |text: &str, part: &str| {
            let error = Directives::parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check("[[sim: tokns=1]]", "tokns");
        check("[[sim: tokens=1", "does not end");
        check("[[sim: text=\"open]]", "not JSON");
        assert_eq!(Directives::parse("no directive"), Ok(Directives::default()));
    }

    #[test]
    fn faults_can_be_taken_out() {
        let all = Directives::parse_inner("tokens=5 status=529 cut_after=2 wrong_usage=huge times=2");
        let rest = all.unwrap().without_faults();
        assert!(rest.has("tokens") && rest.has("times"));
        assert!(!rest.has("status") && !rest.has("cut_after") && !rest.has("wrong_usage"));
    }
}
