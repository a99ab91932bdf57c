//! What is said to Redis beside the requests: ends, leases that go on, addresses; and whether it answers at all. In: news, a tick
//! each second. Out: nothing; it runs as long as the node. Never here: judging requests.

use super::script::teach;
use super::{How, News, Shared, Word};
use crate::local::Local;
use admit::{AddressBlock, Ask};
use catalog::Limits;
use redis::{Pipeline, Value};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use units::{Clock, RequestId, Timestamp, WorkspaceId};

/// How often Redis is looked after: probes, blocked addresses.
const TICK: Duration = Duration::from_secs(1);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long what is said beside the requests may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the records may be asked for a day.
const DAY_PATIENCE: Duration = Duration::from_millis(500);
/// Most news in one go, most leases too.
const BATCH: usize = 500;
/// Most ends that are kept while Redis is away.
const KEPT_MAX: usize = 10_000;
/// So far what two nodes make of one instant of Redis may be apart: a block lasts much longer.
const CLOCK_SLACK: Duration = Duration::from_secs(2);
/// Most blocked addresses that are brought here each second.
const BLOCKED_MAX: isize = 10_000;

impl Shared {
    /// Keeps the node's word with Redis, for ever.
    pub async fn keep(&self, local: &Local, clock: &dyn Clock) {
        tokio::join!(self.keep_word(local, clock), self.keep_days());
    }

    async fn keep_word(&self, local: &Local, clock: &dyn Clock) {
        let mut inbox = self.inbox.lock().await;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewed = Instant::now();
        let mut news = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                // What was received is in `news`, whichever branch wins.
                _ = inbox.recv_many(&mut news, BATCH), if self.way().is_some() => {
                    self.spread_all(&mut news, local, clock).await;
                }
                _ = tick.tick() => {
                    let back = self.way().is_none() && self.probe().await;
                    if back || renewed.elapsed() >= self.lease / 3 {
                        renewed = Instant::now();
                        self.renew().await;
                    }
                    match self.way() {
                        Some(_) => self.spread_all(&mut news, local, clock).await,
                        None => keep_ends(&mut news, &mut inbox),
                    }
                    self.bring_blocked(local, clock.now()).await;
                    local.tidy_slowly(clock.now());
                }
            }
        }
    }

    /// Says all news, until they are not heard.
    async fn spread_all(&self, news: &mut Vec<News>, local: &Local, clock: &dyn Clock) {
        while !news.is_empty() {
            let some = news.len().min(BATCH);
            if !self.spread(&news[..some], local, clock).await {
                news.retain(is_end);
                return;
            }
            news.drain(..some);
        }
    }

    /// Days that Redis knew nothing of are counted in the records, one after the other.
    async fn keep_days(&self) {
        let mut inbox = self.stale_inbox.lock().await;
        while let Some(stale) = inbox.recv().await {
            let asked = self.days.used(stale.workspace, stale.model.as_deref(), stale.day);
            if let Ok(Some(used)) = timeout(DAY_PATIENCE, asked).await
                && used > 0
            {
                self.say(|pipeline| self.digests.raise(pipeline, &stale.base, stale.day, used)).await;
            }
        }
    }

    /// Whether Redis answers a question like those of requests.
    async fn probe(&self) -> bool {
        let kept = self.link.lock().connection.clone();
        let mut connection = match kept {
            Some(connection) => connection,
            None => match timeout(CONNECT, self.connect()).await {
                Ok(Ok(connection)) => connection,
                _ => return false,
            },
        };
        let ask = Ask {
            workspace: WorkspaceId::from_bytes([0; 16]),
            request: RequestId::from_bytes([0; 16]),
            account: Limits::default(),
            key: None,
            model: None,
            tokens: 0,
            model_only: false,
        };
        let how = How { lease: TICK, takes: true, day: 0, known: [0; 3], insist: false };
        let bases = self.scripts.bases(&ask);
        let answered = timeout(self.budget, self.scripts.admit(&mut connection, &ask, &bases, &how)).await;
        let good = matches!(answered, Ok(Ok(_)));
        if good {
            self.answers(connection);
        } else {
            self.link.lock().connection = None;
        }
        good
    }

    async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let config =
            redis::AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// The leases of all that runs here go on, those of requests that Redis did not judge too.
    async fn renew(&self) {
        let all = self.live.all();
        for some in all.chunks(BATCH) {
            self.say(|pipeline| {
                for (request, bases) in some {
                    self.digests.mend(pipeline, *request, bases, Word::GoesOn(self.lease));
                }
            })
            .await;
        }
        // Whoever ended meanwhile ends again: its own word may have come before.
        let ended = all.iter().filter(|(request, _)| !self.live.has(*request));
        ended.for_each(|(request, bases)| {
            self.tell(News::Request(*request, bases.clone(), Word::Ended));
        });
    }

    /// Says some news; whether they were heard.
    async fn spread(&self, news: &[News], local: &Local, clock: &dyn Clock) -> bool {
        let its_now = self.its_time(clock.now());
        let failed: Vec<AddressBlock> = news
            .iter()
            .filter_map(|one| if let News::Failed(address) = one { Some(*address) } else { None })
            .collect();
        let said = self.say(|pipeline| news.iter().for_each(|one| self.put(pipeline, one, its_now))).await;
        let Some(answers) = said else { return false };
        // Of all news failures alone are answered.
        let blocked = failed.into_iter().zip(answers).filter_map(|(address, answer)| match answer {
            Value::Int(until) if until > 0 => Some((address, self.own_time(Timestamp::from_ms(until)))),
            _ => None,
        });
        for (address, until) in blocked {
            local.addresses().block(address, until, clock.now());
            self.tell(News::Blocked(address, until));
        }
        true
    }

    fn put(&self, pipeline: &mut Pipeline, news: &News, its_now: Timestamp) {
        match news {
            News::Request(request, bases, word) => self.digests.mend(pipeline, *request, bases, *word),
            News::Failed(address) => {
                self.digests.failed(pipeline, &self.scripts.failures(&address.text()));
            }
            News::Succeeded(address) => {
                pipeline.cmd("DEL").arg(self.scripts.failures(&address.text())).ignore();
            }
            News::Blocked(address, until) => {
                let list = self.scripts.blocked();
                pipeline.cmd("ZREMRANGEBYSCORE").arg(&list).arg("-inf").arg(its_now.ms()).ignore();
                let until = self.its_time(*until).ms();
                pipeline.cmd("ZADD").arg(&list).arg("NX").arg(until).arg(address.text()).ignore();
                pipeline.cmd("DEL").arg(self.scripts.failures(&address.text())).ignore();
            }
            News::Lifted(address, until) => {
                let (list, until) = (self.scripts.lifted(), self.its_time(*until).ms());
                pipeline.cmd("ZREMRANGEBYSCORE").arg(&list).arg("-inf").arg(its_now.ms()).ignore();
                pipeline.cmd("ZADD").arg(&list).arg("GT").arg(until).arg(address.text()).ignore();
                pipeline.cmd("ZREM").arg(self.scripts.blocked()).arg(address.text()).ignore();
                pipeline.cmd("DEL").arg(self.scripts.failures(&address.text())).ignore();
            }
        }
    }

    /// Addresses that other nodes blocked are blocked here too, and those that they let in again are let in.
    async fn bring_blocked(&self, local: &Local, now: Timestamp) {
        let its_now = self.its_time(now).ms();
        let answers = self
            .say(|pipeline| {
                for list in [self.scripts.blocked(), self.scripts.lifted()] {
                    let later = format!("({its_now}");
                    pipeline.cmd("ZRANGEBYSCORE").arg(list).arg(later).arg("+inf").arg("WITHSCORES");
                    pipeline.arg("LIMIT").arg(0).arg(BLOCKED_MAX);
                }
            })
            .await;
        for (n, answer) in answers.unwrap_or_default().into_iter().enumerate() {
            let Ok(told) = redis::from_redis_value::<Vec<(String, i64)>>(answer) else { continue };
            for (text, until) in told {
                let Some(address) = AddressBlock::parse(&text) else { continue };
                let until = self.own_time(Timestamp::from_ms(until));
                match n {
                    0 => local.addresses().block(address, until, now),
                    _ => local.addresses().lift(address, until.plus(CLOCK_SLACK)),
                }
            }
        }
    }

    /// Says it all at once, and once more where a script was not known; what was answered, `None` where nobody did.
    async fn say(&self, fill: impl Fn(&mut Pipeline)) -> Option<Vec<Value>> {
        let (mut connection, _) = self.way()?;
        for taught in [false, true] {
            let mut pipeline = Pipeline::new();
            if taught {
                teach(&mut pipeline);
            }
            fill(&mut pipeline);
            if pipeline.is_empty() {
                return Some(Vec::new());
            }
            match timeout(PATIENCE, pipeline.query_async::<Vec<Value>>(&mut connection)).await {
                Ok(Ok(answers)) => return Some(answers),
                Ok(Err(why)) if !taught && !why.is_unrecoverable_error() => {}
                Ok(Err(why)) => self.failed(why.is_unrecoverable_error()),
                Err(_) => {
                    self.failed(false);
                    return None;
                }
            }
        }
        None
    }
}

/// While nobody listens ends are kept, as far as there is room: what Redis took too late for anybody would hold its slot for a
/// whole lease. The rest is not kept: said twice, it would count twice.
fn keep_ends(news: &mut Vec<News>, inbox: &mut UnboundedReceiver<News>) {
    news.retain(is_end);
    while let Ok(one) = inbox.try_recv() {
        if is_end(&one) && news.len() < KEPT_MAX {
            news.push(one);
        }
    }
}

const fn is_end(news: &News) -> bool {
    matches!(news, News::Request(_, _, Word::Ended | Word::Loose { .. } | Word::Refused { .. }) | News::Lifted(..))
}
