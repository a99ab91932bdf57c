//! A whole request as tokens. In: a conversation. Out: a count of every block of every kind, the tools and the schema of the
//! answer. Never here: a limit, a price.

use crate::Count;
use crate::media;
use crate::vocabulary::Tokenizer;
use canon::{Block, BlockKind, Function, Media, OutputFormat, Request, Role, Tool};

/// Around each message, its role included, and for the answer to come.
const MESSAGE_TOKENS: u64 = 4;
const ANSWER_TOKENS: u64 = 3;
/// Around a tool on offer, and around a call or result.
const TOOL_TOKENS: u64 = 8;
const CALL_TOKENS: u64 = 4;
/// Characters of reasoning that cannot be read, to a token.
const SEALED_CHARS_PER_TOKEN: u64 = 6;
/// So much text of a request is counted: all of it, or pieces from all over a longer one. Counting this much takes some 4 ms, and
/// some 30 where each piece is a single run.
const COUNTED_BYTES_MAX: usize = 512 * 1024;
/// The size of a piece.
const PIECE_BYTES: usize = 8 * 1024;

/// Counts a request.
pub fn count(request: &Request, tokenizer: Tokenizer) -> Count {
    let mut counter = Counter { tokenizer, tokens: ANSWER_TOKENS, exact: tokenizer.is_known(), texts: Vec::new() };
    if !request.system.is_empty() {
        counter.message(&request.system);
    }
    for turn in &request.turns {
        // A turn of the user may be results alone, each a message of its own.
        let results = turn.blocks.iter().filter(|b| matches!(b.kind, BlockKind::ToolResult { .. })).count();
        if results == turn.blocks.len() && turn.role == Role::User {
            turn.blocks.iter().for_each(|block| counter.block(block));
        } else {
            counter.message(&turn.blocks);
        }
    }
    request.tools.iter().for_each(|tool| counter.tool(tool));
    if let OutputFormat::JsonSchema { schema, .. } = &request.output_format {
        counter.exact = false;
        counter.text(schema.get());
    }
    counter.finish()
}

struct Counter<'r> {
    tokenizer: Tokenizer,
    tokens: u64,
    exact: bool,
    /// All text, to be counted when it is known how much there is.
    texts: Vec<&'r str>,
}

impl<'r> Counter<'r> {
    fn finish(mut self) -> Count {
        let bytes = self.texts.iter().map(|text| text.len()).sum();
        if bytes <= COUNTED_BYTES_MAX {
            self.add(self.texts.iter().map(|text| self.tokenizer.count(text)).sum());
        } else {
            self.guess(self.taken_alike(bytes));
        }
        Count { tokens: self.tokens, exact: self.exact }
    }

    /// So many bytes of text by pieces of it, which lie equally far apart.
    fn taken_alike(&self, bytes: usize) -> u64 {
        let apart = bytes.div_ceil(COUNTED_BYTES_MAX / PIECE_BYTES);
        let (mut before, mut counted, mut tokens) = (0_usize, 0_u64, 0_u64);
        for text in &self.texts {
            let first = before.next_multiple_of(apart) - before;
            for from in (first..text.len()).step_by(apart) {
                let (from, to) = (text.floor_char_boundary(from), text.floor_char_boundary(from + PIECE_BYTES));
                let piece = text.get(from..to).unwrap_or_default();
                counted += piece.len() as u64;
                tokens = tokens.saturating_add(self.tokenizer.count(piece));
            }
            before += text.len();
        }
        tokens.saturating_mul(bytes as u64).div_ceil(counted.max(1))
    }

    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens);
    }

    fn text(&mut self, text: &'r str) {
        self.texts.push(text);
    }

    /// What only its provider could count.
    fn guess(&mut self, tokens: u64) {
        self.exact = false;
        self.add(tokens);
    }

    fn message(&mut self, blocks: &'r [Block]) {
        self.add(MESSAGE_TOKENS);
        // Several blocks may have been one message or several.
        self.exact &= blocks.len() == 1;
        blocks.iter().for_each(|block| self.block(block));
    }

    fn block(&mut self, block: &'r Block) {
        match &block.kind {
            BlockKind::Text(text) | BlockKind::Refusal(text) => self.text(text),
            BlockKind::Image { source, detail } => {
                self.guess(media::image(source, detail.as_deref(), self.tokenizer));
            }
            BlockKind::Document { source, title, context } => {
                self.guess(media::document(source));
                let own = if let Media::Text(text) = source { Some(text) } else { None };
                own.into_iter().chain(title).chain(context).for_each(|text| self.text(text));
            }
            BlockKind::Audio { data, .. } => self.guess(media::payload(data)),
            BlockKind::Thinking { text, .. } => {
                self.guess(0);
                self.text(text);
            }
            BlockKind::Redacted(data) => self.guess((data.len() as u64).div_ceil(SEALED_CHARS_PER_TOKEN)),
            BlockKind::ToolCall { name, arguments, .. } => {
                self.guess(CALL_TOKENS);
                self.text(name);
                self.text(arguments);
            }
            BlockKind::ToolResult { content, .. } => {
                self.guess(CALL_TOKENS);
                content.iter().for_each(|block| self.block(block));
            }
            BlockKind::ToolReference(name) => {
                self.guess(CALL_TOKENS);
                self.text(name);
            }
            BlockKind::Opaque { raw, .. } => {
                self.guess(0);
                self.text(raw);
            }
            _ => self.guess(0),
        }
    }

    fn tool(&mut self, tool: &'r Tool) {
        self.guess(TOOL_TOKENS);
        match tool {
            Tool::Function(function) => self.function(function),
            Tool::Server { raw, .. } => self.text(raw.get()),
            _ => {}
        }
    }

    fn function(&mut self, function: &'r Function) {
        self.text(&function.name);
        if let Some(description) = &function.description {
            self.text(description);
        }
        if let Some(schema) = &function.schema {
            self.text(schema.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::Dialect;
    use proptest::prelude::*;

    fn asked(texts: &[(Role, &str)]) -> Request {
        let mut request = Request::new(Dialect::OpenAiChat, "m");
        for (role, text) in texts {
            request.say(*role, vec![Block::text(*text)]);
        }
        request
    }

    fn with(kind: BlockKind) -> Request {
        let mut request = asked(&[]);
        request.say(Role::User, vec![Block::text("hi"), Block::new(kind)]);
        request
    }

    /// What the provider reports for such a conversation: 3 for each message, its role, its text, and 3 for the answer.
    #[test]
    fn a_plain_conversation_is_exact() {
        let mut request = asked(&[(Role::User, "hello world")]);
        request.system = vec![Block::text("hello world")];
        assert_eq!(count(&request, Tokenizer::O200k), Count { tokens: 4 + 2 + 4 + 2 + 3, exact: true });
        assert_eq!(count(&request, Tokenizer::Unknown), Count { tokens: 4 + 3 + 4 + 3 + 3, exact: false });
    }

    /// Pitfall 54: every kind of block counts, and none makes the count smaller.
    #[test]
    fn pitfall_54_every_kind_counts() {
        let plain = count(&asked(&[(Role::User, "hi")]), Tokenizer::O200k).tokens;
        let picture = Media::Url("https://x.example/p.png".to_owned());
        for kind in [
            BlockKind::Text("more".to_owned()),
            BlockKind::Refusal("no".to_owned()),
            BlockKind::Image { source: picture.clone(), detail: None },
            BlockKind::Document { source: picture, title: Some("t".to_owned()), context: None },
            BlockKind::Audio { data: "AAAA".to_owned(), format: "wav".to_owned() },
            BlockKind::Thinking { text: "hm".to_owned(), signature: None },
            BlockKind::Redacted("abcdefgh".to_owned()),
            BlockKind::ToolReference("f".to_owned()),
        ] {
            let found = count(&with(kind.clone()), Tokenizer::O200k);
            assert!(found.tokens > plain, "{kind:?}");
            assert!(!found.exact, "{kind:?}");
        }
    }

    /// Of a long text pieces from all over are counted, so that a request of megabytes costs no more time, wherever its words are.
    #[test]
    fn long_texts_are_counted_in_part() {
        let tokens = |text: &str| count(&asked(&[(Role::User, text)]), Tokenizer::O200k);
        let half = tokens(&"hello world, ".repeat(40_000));
        let long = tokens(&"hello world, ".repeat(400_000));
        assert!(half.exact == (40_000 * 13 <= COUNTED_BYTES_MAX) && !long.exact);
        assert!(long.tokens.abs_diff(half.tokens * 10) < half.tokens / 10, "{long:?} {half:?}");
        // A document is no way around it.
        let document = |text: String| {
            let source = Media::Text(text);
            count(&with(BlockKind::Document { source, title: None, context: None }), Tokenizer::O200k).tokens
        };
        assert_eq!(document("hello world".to_owned()), document(String::new()) + 2);
        let (words, blanks) = ("hello world, ".repeat(40_000), " ".repeat(COUNTED_BYTES_MAX));
        let blank = tokens(&blanks).tokens;
        for (mixed, expected) in [
            (format!("{words}{blanks}"), half.tokens + blank),
            (format!("{blanks}{words}"), half.tokens + blank),
            (format!("{blanks}{words}{blanks}{blanks}"), half.tokens + 3 * blank),
        ] {
            let found = document(mixed);
            assert!(found.abs_diff(expected) < expected / 10, "{found}, not {expected}");
        }
        // Nor are many short ones.
        let short = [&words[..130], &blanks[..130]].map(|text| (Role::User, text));
        let many: Vec<_> = short.into_iter().cycle().take(20_000).collect();
        let found = count(&asked(&many), Tokenizer::O200k).tokens;
        let each = count(&asked(&many[..2]), Tokenizer::O200k).tokens - ANSWER_TOKENS;
        assert!(found.abs_diff(each * 10_000) < each * 1_000, "{found} {each}");
        // Cut in the middle of a character.
        assert!(tokens(&"日本語".repeat(100_000)).tokens > 100_000);
    }

    proptest! {
        /// More text never counts less.
        #[test]
        fn counts_grow_with_the_text(head in "\\PC{0,40}", tail in "\\PC{0,40}") {
            let tokens = |text: &str| count(&asked(&[(Role::User, text)]), Tokenizer::Unknown).tokens;
            // Two texts side by side may merge a token at their border, never more than those of one of them.
            let both = head.clone() + &tail;
            prop_assert!(tokens(&both) + 4 >= tokens(&head));
        }
    }
}
