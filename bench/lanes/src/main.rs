//! What translating costs by itself: a stream of 50 pieces from each language to each, its memory, and counting a request of
//! 100 KB. In: nothing. Out: a table in Markdown on stdout. Never here: sockets, a verdict (docs/PERFORMANCE.md has the goals).
//!
//! CPU is the scheduler's own count of this process (Linux), so that a busy neighbour costs precision, not truth; pairs are
//! measured in turns, and numbers are medians over the rounds.

use bytes::{Bytes, BytesMut};
use canon::Dialect;
use dialect::lane::{ReplyHead, Stream, StreamSpec};
use simtest::{Speaks, Step};
use std::fmt::Write;
use std::io::Write as _;
use tokens::Tokenizer;
use units::UsageSource;

/// Pieces of text in a stream.
const PIECES: usize = 50;
/// Streams of one measurement.
const STREAMS: u32 = 2_000;
/// How often each pair has its turn.
const ROUNDS: usize = 7;
/// Streams that are open at once to see what one of them keeps.
const OPEN: usize = 2_000;
/// The request that is counted.
const COUNTED_BYTES: usize = 100_000;
/// How often it is counted in a round: a single time is less than the scheduler's count moves by.
const COUNTS: u32 = 50;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut table = String::from(
        "| upstream | client | us a stream | x straight | kept, bytes | to the first word |\n\
         | --- | --- | ---: | ---: | ---: | --- |\n",
    );
    let pairs = pairs();
    let mut times = vec![Vec::new(); pairs.len()];
    for _ in 0..ROUNDS {
        for (pair, times) in pairs.iter().zip(&mut times) {
            times.push(pair.time()?);
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    // None is closed before the last is measured: what one gives back, the next would take unseen.
    let mut open = Vec::new();
    for (pair, us) in pairs.iter().zip(&medians) {
        let straight = pairs.iter().position(|other| other.upstream == pair.upstream && other.is_straight());
        let against = straight.and_then(|n| medians.get(n)).map_or(1.0, |straight| us / straight);
        let at_once = if pair.first_word_at_once()? { "at once" } else { "LATE" };
        let (upstream, client) = (name(pair.upstream), name(pair.client));
        writeln!(
            table,
            "| {upstream} | {client} | {us:.1} | {against:.2} | {} | {at_once} |",
            pair.kept(&mut open)?
        )?;
    }
    writeln!(table, "\nCounting a request of {COUNTED_BYTES} bytes:\n\n| vocabulary | ms |\n| --- | ---: |")?;
    for (name, tokenizer) in
        [("o200k", Tokenizer::O200k), ("cl100k", Tokenizer::Cl100k), ("unknown (estimated)", Tokenizer::Unknown)]
    {
        writeln!(table, "| {name} | {:.2} |", counting(tokenizer)?)?;
    }
    Ok(std::io::stdout().write_all(table.as_bytes())?)
}

/// One way from a language to a language.
struct Pair {
    upstream: Speaks,
    client: Speaks,
    spec: StreamSpec,
    /// The upstream's stream, as it comes.
    said: Vec<Bytes>,
    /// Which of them has the first word.
    first: usize,
}

const fn dialect(speaks: Speaks) -> Dialect {
    match speaks {
        Speaks::Chat => Dialect::OpenAiChat,
        Speaks::Messages => Dialect::Anthropic,
        Speaks::Responses => Dialect::OpenAiResponses,
        Speaks::Gemini => Dialect::Gemini,
        Speaks::Completions => Dialect::Completions,
    }
}

const fn name(speaks: Speaks) -> &'static str {
    dialect(speaks).name()
}

fn pairs() -> Vec<Pair> {
    let all = [Speaks::Chat, Speaks::Messages, Speaks::Responses, Speaks::Gemini];
    let clients = [&all[..], &[Speaks::Completions]].concat();
    all.iter().flat_map(|upstream| clients.iter().map(|client| Pair::new(*upstream, *client))).collect()
}

impl Pair {
    fn new(upstream: Speaks, client: Speaks) -> Self {
        let head = ReplyHead {
            id: "chatcmpl-01m8m9fht2et2tn478vh923gxy".into(),
            model: "public".into(),
            created: 1,
            ended: Some(1),
        };
        let spec =
            StreamSpec { upstream: dialect(upstream), ..StreamSpec::straight(dialect(client), head, true, 1) };
        let opening = upstream.opening(20);
        let first = opening.len();
        let words = (0..PIECES).map(|n| upstream.text(&format!(" word{n}")));
        let steps = opening.into_iter().chain(words).chain(upstream.end(20, PIECES as u64));
        let bytes = |step| if let Step::Say(text) = step { Some(Bytes::from(text)) } else { None };
        Self { upstream, client, spec, said: steps.filter_map(bytes).collect(), first }
    }

    fn is_straight(&self) -> bool {
        self.upstream == self.client
    }

    /// Reads so many pieces of the stream; what would go out is counted and let go, as a socket would.
    fn read(&self, pieces: usize) -> Outcome<(Stream, usize)> {
        let mut lane = Stream::new(&self.spec);
        let mut out = BytesMut::new();
        let mut sent = 0;
        for bytes in self.said.iter().take(pieces) {
            lane.push(bytes, &mut out).map_err(|fault| format!("{}: {}", name(self.upstream), fault.name()))?;
            sent += out.split().freeze().len();
        }
        Ok((lane, sent))
    }

    /// Microseconds of CPU that a whole stream costs.
    fn time(&self) -> Outcome<f64> {
        let before = cpu_ns()?;
        for _ in 0..STREAMS {
            let (mut lane, sent) = self.read(self.said.len())?;
            let mut end = BytesMut::new();
            let usage = *lane.tally().usage();
            lane.seal(&usage, UsageSource::Provider, &mut end);
            if sent == 0 || end.is_empty() {
                return Err(format!("{} to {}: nothing came out", name(self.upstream), name(self.client)).into());
            }
        }
        Ok((cpu_ns()? - before) / f64::from(STREAMS) / 1_000.0)
    }

    /// Bytes that a stream keeps at its last word.
    fn kept(&self, open: &mut Vec<Stream>) -> Outcome<u64> {
        let most = self.first + PIECES;
        let before = resident()?;
        for _ in 0..OPEN {
            open.push(self.read(most)?.0);
        }
        Ok(resident()?.saturating_sub(before) / OPEN as u64)
    }

    /// Whether the first word comes out with the piece that has it.
    fn first_word_at_once(&self) -> Outcome<bool> {
        Ok(self.read(self.first + 1)?.1 > self.read(self.first)?.1)
    }
}

/// Milliseconds of CPU that counting costs.
fn counting(tokenizer: Tokenizer) -> Outcome<f64> {
    let mut text = String::new();
    let mut n = 0_u32;
    while text.len() < COUNTED_BYTES {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writeln!(text, "line {n}: let value = call(\"argument\", {}); // 日本 and words", n % 97)?;
    }
    text.truncate(text.floor_char_boundary(COUNTED_BYTES));
    // Its tables are made at first use.
    tokenizer.count("x");
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let before = cpu_ns()?;
        for _ in 0..COUNTS {
            if tokenizer.count(std::hint::black_box(&text)) == 0 {
                return Err("it counts nothing".into());
            }
        }
        times.push((cpu_ns()? - before) / f64::from(COUNTS) / 1_000_000.0);
    }
    Ok(median(&mut times))
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

/// Nanoseconds that this process has run.
fn cpu_ns() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split_whitespace().next().unwrap_or("").parse()?)
}

/// Bytes of memory that are in use.
fn resident() -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split_whitespace().nth(1).unwrap_or("").parse()?;
    Ok(pages * 4_096)
}
