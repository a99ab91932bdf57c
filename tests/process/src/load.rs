//! The client of the kill tests, a process of its own: it calls without a pause and writes down every end that it saw.
//! In: an address, a key, a seed, a file. Out: lines `END id nano-USD.` (a good end), `NOT what.` (an honest error) and
//! `BAD what.` (malformed), each in one write without a sync: what this process was told is on record when it is killed. Never here: the gateway's death (it calls on).

use crate::{Call, Chance, Conversation, Dialect, Ending, Outcome, Reply, at, crowd, ending, price_of};
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

/// Calls at once.
const CALLERS: u64 = 16;
/// The simulated providers are never this slow.
const PATIENCE: Duration = Duration::from_secs(20);
/// Answers never have more tokens.
const ANSWER_MAX: u64 = 200;

/// Calls until it is killed.
///
/// # Errors
/// When the file cannot be written.
pub fn load(address: SocketAddr, key: &str, seed: u64, file: &std::path::Path) -> Outcome<()> {
    let out = File::options().create(true).append(true).open(file).map_err(at("the file of ends"))?;
    let callers: Vec<u64> = (0..CALLERS).collect();
    let ends = crowd(callers.len(), &callers, |n| {
        let chance = Chance::of(seed.wrapping_mul(1_000).wrapping_add(*n));
        caller(address, key, &chance, &out)
    })?;
    ends.into_iter().collect()
}

/// One caller; its connection is kept while answers end well.
fn caller(address: SocketAddr, key: &str, chance: &Chance, out: &File) -> Outcome<()> {
    let mut kept: Option<Conversation> = None;
    loop {
        let (call, answer_tokens) = draw(chance);
        let opened = match kept.take() {
            Some(conversation) => Ok(conversation),
            None => Conversation::open(address, PATIENCE),
        };
        let Ok(mut conversation) = opened else {
            // The gateway is dead; it may come back.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let hangs_up = call.stream && chance.once_in(12);
        let Ok(Some(reply)) = converse(&mut conversation, &call.request(key), hangs_up) else { continue };
        let line = match ending(&call, &reply) {
            // Cut by the kill: nothing was promised.
            Err(_) if reply.cut.is_some() => continue,
            Ok(Ending::Well) => format!("END {} {}.\n", reply.id(), price_of(call.prompt_tokens(), answer_tokens)),
            Ok(other) => format!("NOT {other:?} {}.\n", reply.shown().replace('\n', " ")),
            Err(what) => format!("BAD {}.\n", what.replace('\n', " ")),
        };
        let mut file = out;
        file.write_all(line.as_bytes()).map_err(at("the file of ends"))?;
        kept = Some(conversation);
    }
}

/// A call of any pair of languages, streamed or not; some outlive a second, from when on their hold is on disk.
fn draw(chance: &Chance) -> (Call, u64) {
    let dialect = Dialect::ALL[usize::from(chance.once_in(2))];
    let model = if chance.once_in(2) { "to-openai" } else { "to-anthropic" };
    let stream = !chance.once_in(3);
    let max_tokens = chance.between(1, ANSWER_MAX);
    let tokens = chance.between(1, max_tokens);
    let pace = if chance.once_in(12) { chance.between(30, 70) } else { chance.between(0, 3) };
    let wait = if stream { format!("pace_ms={pace}") } else { format!("delay_ms={}", pace * 10) };
    let text = format!("call {:x} [[sim: tokens={tokens} {wait}]]", chance.next());
    (Call { dialect, model: model.to_owned(), text, max_tokens, stream }, tokens)
}

/// The answer; `None` when this client hung up in the middle of it.
fn converse(conversation: &mut Conversation, request: &[u8], hangs_up: bool) -> std::io::Result<Option<Reply>> {
    conversation.send(request)?;
    let head = conversation.head()?;
    if hangs_up {
        conversation.frame()?;
        return Ok(None);
    }
    Ok(Some(conversation.rest(head)))
}
