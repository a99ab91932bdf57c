//! The limiter's form for many nodes: Redis counts for all, in one round trip a request, at its own time. In: questions. Out: its
//! answers, or nothing in time. Never here: what is done without an answer (limiter), what is said later (shared/keeper).

mod breaker;
mod keeper;
mod live;
mod script;

pub use script::{Answer, Bases, How};

use crate::days::DayCounts;
use admit::{AddressBlock, Ask};
use breaker::Breaker;
use live::Live;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use script::{Digests, Scripts};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};
use units::{RequestId, Timestamp, WorkspaceId};

/// After Redis was away, this node keeps to its part of each rate for as long as a window lasts.
const CAREFUL: Duration = Duration::from_secs(60);

/// How Redis is reached and what is done without it.
#[derive(Clone, Debug)]
pub struct SharedConfig {
    /// `redis://[user:password@]host:port/[database]`; `rediss://` with TLS.
    pub url: String,
    /// The certificate (PEM) of the authority that signs the server's; the public ones where it is absent.
    pub authority_pem: Option<Vec<u8>>,
    /// What all keys begin with.
    pub prefix: String,
    /// Whether requests are refused rather than judged by this node alone.
    pub strict: bool,
    /// How long a slot is held without word from its node; told every third of it.
    pub lease: Duration,
    /// How long a question may take.
    pub budget: Duration,
}

impl SharedConfig {
    /// The usual one: `tollgate` before all keys, not strict, leases of 28 s, 50 ms a question.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            authority_pem: None,
            prefix: "tollgate".to_owned(),
            strict: false,
            // Slots of a dead node are to be free within 30 s: some time is left for the next question to come.
            lease: Duration::from_secs(28),
            budget: Duration::from_millis(50),
        }
    }
}

/// Why an address is none of a Redis server.
#[derive(Debug, thiserror::Error)]
#[error("expected an address such as \"redis://127.0.0.1:6379\": {0}")]
pub struct AddressError(String);

/// What the keeper says to Redis later.
pub enum News {
    /// What became of a request.
    Request(RequestId, Bases, Word),
    /// An address failed.
    Failed(AddressBlock),
    /// An address that had failed did well.
    Succeeded(AddressBlock),
    /// An address was blocked here, until then by this node's clock.
    Blocked(AddressBlock, Timestamp),
    /// A block that would have ended then was lifted here.
    Lifted(AddressBlock, Timestamp),
}

/// What became of a request that Redis admitted, or may have.
#[derive(Clone, Copy)]
pub enum Word {
    /// It goes on: its lease is so long from now.
    GoesOn(Duration),
    /// It ended.
    Ended,
    /// Nobody runs by it, or not by this admission: its lease ends, and the day that it counted for is given back.
    Loose { day: i64 },
    /// This node refused what Redis admitted: all is given back, with the second of its coming and its tokens.
    Refused { at: Timestamp, tokens: u64 },
    /// Its day is given back.
    DayGivenBack(i64),
    /// Its tokens were counted.
    Counted { estimated: u64, counted: u64 },
}

/// A day that Redis knows too little of: the records may know more.
pub struct StaleDay {
    pub workspace: WorkspaceId,
    pub model: Option<Arc<str>>,
    pub base: String,
    pub day: i64,
}

/// What this node knows of Redis.
pub struct Shared {
    pub strict: bool,
    pub days: Arc<dyn DayCounts>,
    /// What runs here, so that its leases go on.
    pub live: Live,
    scripts: Scripts,
    digests: Digests,
    client: redis::Client,
    lease: Duration,
    budget: Duration,
    link: Mutex<Link>,
    /// Redis's time less this node's, in milliseconds.
    ahead_ms: AtomicI64,
    judged_alone: AtomicBool,
    news: UnboundedSender<News>,
    inbox: tokio::sync::Mutex<UnboundedReceiver<News>>,
    stale: UnboundedSender<StaleDay>,
    stale_inbox: tokio::sync::Mutex<UnboundedReceiver<StaleDay>>,
}

struct Link {
    breaker: Breaker,
    connection: Option<MultiplexedConnection>,
    careful_until: Option<Instant>,
}

impl Shared {
    pub fn new(config: SharedConfig, days: Arc<dyn DayCounts>) -> Result<Self, AddressError> {
        let wrong = |why: redis::RedisError| AddressError(why.to_string());
        // The client of Redis takes the provider of the process; ring is the only one here, and somebody may have said so before.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = match config.authority_pem {
            None => redis::Client::open(config.url).map_err(wrong)?,
            Some(root_cert) => {
                let certificates = redis::TlsCertificates { client_tls: None, root_cert: Some(root_cert) };
                redis::Client::build_with_tls(config.url, certificates).map_err(wrong)?
            }
        };
        let (news, inbox) = unbounded_channel();
        let (stale, stale_inbox) = unbounded_channel();
        Ok(Self {
            strict: config.strict,
            days,
            live: Live::default(),
            scripts: Scripts::new(&config.prefix),
            digests: Digests::new(),
            client,
            lease: config.lease,
            budget: config.budget,
            link: Mutex::new(Link { breaker: Breaker::new(), connection: None, careful_until: None }),
            ahead_ms: AtomicI64::new(0),
            judged_alone: AtomicBool::new(false),
            news,
            inbox: tokio::sync::Mutex::new(inbox),
            stale,
            stale_inbox: tokio::sync::Mutex::new(stale_inbox),
        })
    }

    /// Redis's time, as far as it is known.
    pub fn its_time(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_ms(now.ms().saturating_add(self.ahead_ms.load(Ordering::Relaxed)))
    }

    /// This node's time at an instant of Redis's.
    fn own_time(&self, its: Timestamp) -> Timestamp {
        Timestamp::from_ms(its.ms().saturating_sub(self.ahead_ms.load(Ordering::Relaxed)))
    }

    pub fn bases(&self, ask: &Ask<'_>) -> Bases {
        self.scripts.bases(ask)
    }

    pub fn base(&self, ask: &Ask<'_>, scope: admit::LimitScope) -> String {
        self.scripts.base(ask, scope)
    }

    /// How long a slot is held without word.
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// This node judges alone: what it admits is told nobody.
    pub fn judges_alone(&self) {
        self.judged_alone.store(true, Ordering::Relaxed);
    }

    /// A connection, unless nobody answers there; and whether this node has to be careful still.
    pub fn way(&self) -> Option<(MultiplexedConnection, bool)> {
        let mut link = self.link.lock();
        if link.breaker.is_open() {
            return None;
        }
        let careful = match link.careful_until {
            None => false,
            Some(until) if Instant::now() < until => true,
            Some(_) => {
                link.careful_until = None;
                false
            }
        };
        Some((link.connection.clone()?, careful))
    }

    /// Asks Redis; `None` when it does not answer in time.
    pub async fn ask(
        &self,
        connection: &mut MultiplexedConnection,
        ask: &Ask<'_>,
        (bases, how): (&Bases, &How),
        now: Timestamp,
    ) -> Option<Answer> {
        match timeout(self.budget, self.scripts.admit(connection, ask, bases, how)).await {
            Ok(Ok(answer)) => {
                self.ahead_ms.store(answer.now.ms() - now.ms(), Ordering::Relaxed);
                Some(answer)
            }
            Ok(Err(why)) => {
                self.failed(why.is_unrecoverable_error());
                None
            }
            Err(_) => {
                self.failed(false);
                None
            }
        }
    }

    /// Redis did not answer; `gone` when the connection is no more.
    fn failed(&self, gone: bool) {
        let mut link = self.link.lock();
        if gone {
            link.breaker.open();
            link.connection = None;
        } else {
            link.breaker.failed(Instant::now());
        }
    }

    /// Redis answers.
    fn answers(&self, connection: MultiplexedConnection) {
        let alone = self.judged_alone.swap(false, Ordering::Relaxed);
        let mut link = self.link.lock();
        link.connection = Some(connection);
        if link.breaker.close() && alone {
            link.careful_until = Some(Instant::now() + CAREFUL);
        }
    }

    pub fn tell(&self, news: News) {
        // Without a keeper nobody listens, and nothing is lost that would not expire.
        let _ = self.news.send(news);
    }

    pub fn tell_stale(&self, day: StaleDay) {
        let _ = self.stale.send(day);
    }
}
