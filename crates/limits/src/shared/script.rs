//! What is said to Redis, and what it answers. In: questions, keys. Out: commands, answers read. Never here: a connection, which
//! answer counts.

use super::Word;
use admit::{Ask, LimitKind, LimitScope, Reading, Readings, Refusal};
use catalog::Limits;
use redis::{Pipeline, Script};
use std::sync::Arc;
use std::time::Duration;
use units::{KeyId, RequestId, Timestamp, WorkspaceId};

const MEND: &str = include_str!("mend.lua");
const RAISE: &str = include_str!("raise.lua");
const FAILED: &str = include_str!("failed.lua");
const DAY_MS: i64 = 86_400_000;
const SPAN: Duration = Duration::from_secs(60);

/// The scripts, each with its digest: Redis is told a script's text when it does not know it.
pub struct Scripts {
    admit: Script,
    prefix: String,
}

/// The keys of what a request took: one base for each scope.
pub type Bases = Arc<[String]>;

/// What Redis says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Why not.
    pub refusal: Option<Refusal>,
    /// What is left to the account.
    pub readings: Readings,
    /// Its own time.
    pub now: Timestamp,
    /// Whether the request had its slot before.
    pub repeated: bool,
    /// The requests of the day in each scope, where they are counted.
    pub days: [Option<u32>; 3],
    /// The scopes whose day it knew nothing of.
    pub fresh: [bool; 3],
}

/// How a question is asked.
pub struct How {
    /// How long a slot is held without word from its node.
    pub lease: Duration,
    /// Whether it takes, or only looks.
    pub takes: bool,
    /// The day of which something is known here.
    pub day: i64,
    /// Requests of that day, in the order of scopes.
    pub known: [u32; 3],
    /// Whether these count whatever Redis has counted.
    pub insist: bool,
}

impl Scripts {
    /// All keys begin with this text.
    pub fn new(prefix: &str) -> Self {
        Self { admit: Script::new(include_str!("admit.lua")), prefix: prefix.to_owned() }
    }

    /// The keys of a question, in the order of its scopes.
    pub fn bases(&self, ask: &Ask<'_>) -> Bases {
        ask.scopes().map(|(scope, _)| self.base(ask, scope)).collect()
    }

    /// The key of a scope: all of an account share one hash tag, so that a cluster keeps them together.
    pub fn base(&self, ask: &Ask<'_>, scope: LimitScope) -> String {
        let account = self.account(ask.workspace);
        let key = |(id, _): (KeyId, Limits)| format!("{account}:k:{}", id.text().as_str());
        let model = |(id, _): (&Arc<str>, Limits)| format!("{account}:m:{id}");
        match scope {
            LimitScope::Account => account,
            LimitScope::Key => ask.key.map_or(account.clone(), key),
            LimitScope::Model => ask.model.map_or(account.clone(), model),
        }
    }

    fn account(&self, workspace: WorkspaceId) -> String {
        format!("{}:{{{}}}", self.prefix, workspace.text().as_str())
    }

    /// The count of an address.
    pub fn failures(&self, address: &str) -> String {
        format!("{}:{{{address}}}:failures", self.prefix)
    }

    /// The list of blocked addresses, by the instant at which they are free.
    pub fn blocked(&self) -> String {
        format!("{}:blocked", self.prefix)
    }

    /// The list of blocks that were lifted, by the instant at which they would have ended.
    pub fn lifted(&self) -> String {
        format!("{}:lifted", self.prefix)
    }

    /// Asks; `Err` is a Redis that cannot answer.
    pub async fn admit(
        &self,
        connection: &mut redis::aio::MultiplexedConnection,
        ask: &Ask<'_>,
        bases: &Bases,
        how: &How,
    ) -> redis::RedisResult<Answer> {
        let mut call = self.admit.prepare_invoke();
        call.arg(ask.request.text().as_str())
            .arg(millis(how.lease))
            .arg(ask.tokens)
            .arg(u8::from(how.takes))
            .arg(how.day);
        for (base, (scope, limits)) in bases.iter().zip(ask.scopes()) {
            call.key(base.as_str());
            let number = |limit: Option<u32>| limit.map_or(-1, i64::from);
            call.arg(number(limits.requests_per_minute)).arg(number(limits.concurrent));
            call.arg(number(limits.requests_per_day));
            call.arg(limits.tokens_per_minute.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX)));
            call.arg(how.known[scope as usize]).arg(u8::from(how.insist));
        }
        let answer: Vec<i64> = call.invoke_async(connection).await?;
        read(&answer, ask)
            .ok_or_else(|| (redis::ErrorKind::Parse, "the answer to a question of limits is not one").into())
    }
}

/// Says the texts of what comes after in the same pipeline, so that none of it is unknown.
pub fn teach(pipeline: &mut Pipeline) {
    for text in [MEND, RAISE, FAILED] {
        pipeline.cmd("SCRIPT").arg("LOAD").arg(text).ignore();
    }
}

/// The digests of the scripts of pipelines, made once.
pub struct Digests {
    mend: Script,
    raise: Script,
    failed: Script,
}

impl Digests {
    pub fn new() -> Self {
        Self { mend: Script::new(MEND), raise: Script::new(RAISE), failed: Script::new(FAILED) }
    }

    /// Says what became of a request.
    pub fn mend(&self, pipeline: &mut Pipeline, request: RequestId, bases: &Bases, word: Word) {
        const NONE: i64 = -1;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let (lease, day, second, estimated, counted) = match word {
            Word::GoesOn(lease) => (millis(lease), NONE, NONE, 0, NONE),
            Word::Ended => (0, NONE, NONE, 0, NONE),
            Word::Loose { day } => (0, day, NONE, 0, NONE),
            Word::Refused { at, tokens } => (0, at.day(), at.seconds(), number(tokens), 0),
            Word::DayGivenBack(day) => (NONE, day, NONE, 0, NONE),
            Word::Counted { estimated, counted } => (NONE, NONE, NONE, number(estimated), number(counted)),
        };
        evalsha(pipeline, &self.mend, bases)
            .arg(request.text().as_str())
            .arg([lease, day, second, estimated, counted].as_slice())
            .ignore();
    }

    pub fn raise(&self, pipeline: &mut Pipeline, base: &String, day: i64, used: u32) {
        evalsha(pipeline, &self.raise, std::slice::from_ref(base)).arg(day).arg(used).ignore();
    }

    pub fn failed(&self, pipeline: &mut Pipeline, count: &String) {
        evalsha(pipeline, &self.failed, std::slice::from_ref(count))
            .arg(admit::FAILURES_MAX)
            .arg(millis(admit::BLOCKED))
            .arg(millis(admit::FORGOTTEN_AFTER));
    }
}

fn evalsha<'a>(pipeline: &'a mut Pipeline, script: &Script, keys: &[String]) -> &'a mut Pipeline {
    pipeline.cmd("EVALSHA").arg(script.get_hash()).arg(keys.len()).arg(keys)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Reads an answer; `None` when it is none.
fn read(answer: &[i64], ask: &Ask<'_>) -> Option<Answer> {
    let [admitted, now, repeated, scope, kind, wait, slots_only, used, newest, held, days @ ..] = answer else {
        return None;
    };
    let scopes: Vec<LimitScope> = ask.scopes().map(|(scope, _)| scope).collect();
    let (mut used_days, mut fresh) = ([None; 3], [false; 3]);
    for (scope, pair) in scopes.iter().zip(days.chunks_exact(2)) {
        used_days[*scope as usize] = u32::try_from(pair[0]).ok();
        fresh[*scope as usize] = pair[1] == 1;
    }
    let refusal = if *admitted == 1 {
        None
    } else {
        let number = |n: i64| usize::try_from(n - 1).ok();
        Some(Refusal {
            scope: *scopes.get(number(*scope)?)?,
            kind: *LimitKind::ALL.get(number(*kind)?)?,
            wait: Duration::from_millis(u64::try_from(*wait).ok()?),
            slots_only: *slots_only == 1,
        })
    };
    let now = Timestamp::from_ms(*now);
    let reading = |limit: Option<u32>, used: i64, free_at| {
        let used = u32::try_from(used).unwrap_or(0);
        limit.map(|limit| Reading { limit, remaining: limit.saturating_sub(used), free_at })
    };
    let free_at = if *used > 0 { Timestamp::from_ms(*newest).plus(SPAN) } else { now };
    let readings = Readings {
        requests: reading(ask.account.requests_per_minute, *used, free_at),
        concurrent: reading(ask.account.concurrent, *held, now),
        day: reading(
            ask.account.requests_per_day,
            used_days[0].map_or(0, i64::from),
            Timestamp::from_ms((now.day() + 1).saturating_mul(DAY_MS)),
        ),
    };
    Some(Answer { refusal, readings, now, repeated: *repeated == 1, days: used_days, fresh })
}
