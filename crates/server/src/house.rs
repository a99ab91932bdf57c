//! Everything a request needs that outlives it. In: what wiring opened. Out: one shared house, and one worker a thread.
//! Never here: the order of things (pipeline), global state of any other kind.

use crate::aside::Aside;
use crate::assets::{Assets, AssetsError};
use crate::balances::Balances;
use crate::callers::{LiveKeys, LiveWorkspaces};
use crate::closing::Closing;
use crate::console::Console;
use crate::days::RecordedDays;
use crate::device::Desk;
use crate::limits::{COUNTS_ASKED_MAX, FOLLOW_REST, FORGOTTEN_EVERY, NOTE_USES_EVERY};
use crate::live::{LiveCatalogue, LiveError, LiveTokens};
use crate::live_rows::LiveRows;
use crate::log::Log;
use crate::mail::{MailError, Post};
use crate::metrics::Metrics;
use crate::own::{self, LiveOwn};
use crate::pages::Pages;
use crate::people::{Backoff, Hasher, LivePeople, LivePrograms};
use crate::refusals::Refusals;
use crate::room::Room;
use crate::seal::Vault;
use crate::settings::Settings;
use crate::surface::Surfaces;
use crate::tasks::Tasks;
use crate::traces::Tracer;
use crate::upstream::Upstream;
use arc_swap::ArcSwap;
use limits::Limiter;
use parking_lot::Mutex;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::port::{Change, Ledger, People, Store, StoreError, WhichKeys};
use tokio::sync::Notify;
use units::{Chance, Clock, KeyId, RequestId, Timestamp};

/// What wiring brings.
pub struct Parts {
    /// What the operator set.
    pub settings: Settings,
    /// Base paths; they live as long as the process.
    pub surfaces: &'static Surfaces,
    /// Money.
    pub ledger: Arc<dyn Ledger>,
    /// Everything else that lasts.
    pub store: Arc<dyn Store>,
    /// Users, sessions, members, as they last.
    pub store_people: Arc<dyn People>,
    /// Keys derived of the master key.
    pub vault: Vault,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Where lines go.
    pub log: Log,
    /// What browsers get.
    pub console: Arc<dyn Console>,
}

/// The shared house: what wiring brought, read as the house's own, and what it makes of it.
pub struct House {
    parts: Parts,
    /// Counters.
    pub metrics: Metrics,
    /// The catalogue in force.
    pub catalogue: ArcSwap<LiveCatalogue>,
    /// Keys.
    pub keys: LiveKeys,
    /// Operator tokens.
    pub tokens: LiveTokens,
    /// Workspaces.
    pub workspaces: LiveWorkspaces,
    /// Keys that workspaces bring to providers.
    pub own: LiveOwn,
    /// Users, members, sessions.
    pub people: LivePeople,
    /// Programs that manage a workspace.
    pub programs: LivePrograms,
    /// Passwords.
    pub hasher: Hasher,
    /// Counts of tokens that take long.
    pub counting: Aside,
    /// Failed sign-ins.
    pub backoff: Backoff,
    /// How often devices ask.
    pub devices: Desk,
    /// Letters.
    pub post: Post,
    /// One change of the catalogue at a time.
    pub catalogue_gate: tokio::sync::Mutex<()>,
    /// Where pictures are kept.
    pub assets: Assets,
    /// How much callers may ask for.
    pub limiter: Limiter,
    /// Whether accounts have a balance.
    pub balances: Balances,
    /// How many refused calls leave a record.
    pub refusals: Refusals,
    /// Memory for request bodies.
    pub room: Arc<Room>,
    /// Requests as they end, for whoever watches.
    pub live_rows: LiveRows,
    /// Public pages that were made already.
    pub pages: Pages,
    /// Tells the keeper of tasks that there is a new one.
    pub task_begun: Notify,
    /// Holds whose relay broke before it closed them.
    pub forgotten: Mutex<Vec<RequestId>>,
    /// Traces of calls, where the operator wants them.
    pub tracer: Option<Tracer>,
    /// When this process opened it.
    pub started: Timestamp,
    draining: AtomicBool,
    proxy_told: AtomicBool,
}

/// Why the house cannot be opened, or a cache not be reloaded.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored cannot be used.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The address of the shared limiter is none.
    #[error(transparent)]
    Limits(#[from] limits::AddressError),
    /// The place for pictures cannot be used.
    #[error(transparent)]
    Assets(#[from] AssetsError),
    /// Letters, passwords or counts cannot be taken care of.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl Deref for House {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl House {
    /// Opens the house: everything that is stored is loaded.
    ///
    /// # Errors
    /// When the store does not answer or what it holds cannot be used.
    pub async fn open(parts: Parts) -> Result<Arc<Self>, HouseError> {
        let assets = Assets::open(&parts.settings.assets, parts.clock.now())?;
        let hasher = Hasher::start(parts.settings.threads).map_err(MailError::Io)?;
        // Counts are free: half of the machine stays for what is paid.
        let counting =
            Aside::start("count", parts.settings.threads / 2, COUNTS_ASKED_MAX).map_err(MailError::Io)?;
        let post = Post::start(&parts.settings.mail, &parts.log, parts.clock.clone(), parts.chance.clone())?;
        let limiter = match &parts.settings.limits {
            None => Limiter::local(),
            Some(config) => Limiter::shared(config.clone(), Arc::new(RecordedDays(parts.store.clone())))?,
        };
        let house = Self {
            started: parts.clock.now(),
            tracer: parts.settings.traces.clone().map(Tracer::new),
            parts,
            assets,
            limiter,
            balances: Balances::default(),
            metrics: Metrics::default(),
            catalogue: ArcSwap::default(),
            keys: LiveKeys::default(),
            tokens: LiveTokens::default(),
            workspaces: LiveWorkspaces::default(),
            own: LiveOwn::default(),
            people: LivePeople::default(),
            programs: LivePrograms::default(),
            hasher,
            counting,
            backoff: Backoff::default(),
            devices: Desk::default(),
            post,
            catalogue_gate: tokio::sync::Mutex::default(),
            refusals: Refusals::default(),
            room: Arc::default(),
            live_rows: LiveRows::default(),
            pages: Pages::default(),
            task_begun: Notify::new(),
            forgotten: Mutex::default(),
            draining: AtomicBool::new(false),
            proxy_told: AtomicBool::new(false),
        };
        let all = [
            Change::Keys,
            Change::Catalogue,
            Change::OperatorTokens,
            Change::People,
            Change::Sessions,
            Change::ManagementKeys,
            Change::OwnCredentials,
        ];
        for change in all {
            house.reload(change).await?;
        }
        house.recall_day().await?;
        Ok(Arc::new(house))
    }

    /// Loads again what changed.
    ///
    /// # Errors
    /// When the store does not answer or what it holds cannot be used; the old snapshot stays.
    pub async fn reload(&self, change: Change) -> Result<(), HouseError> {
        match change {
            Change::Keys => {
                self.workspaces.rule(&self.store.load_platform().await?);
                self.workspaces.replace(self.store.list_workspaces().await?);
                let _gate = self.keys.gate.lock().await;
                self.keys.replace(self.store.list_keys(WhichKeys::All).await?);
            }
            Change::OperatorTokens => self.tokens.replace(self.store.list_operator_tokens().await?),
            Change::People => {
                let _gate = self.people.gate.lock().await;
                self.workspaces.replace(self.store.list_workspaces().await?);
                let (users, members) =
                    (self.store_people.list_users().await?, self.store_people.list_members().await?);
                self.people.replace(users, members);
            }
            Change::Sessions => {
                let _gate = self.people.gate.lock().await;
                loop {
                    let changes = self.people.changes();
                    let rows = self.store_people.list_sessions(self.clock.now()).await?;
                    // What was opened or ended here meanwhile may not be in the rows.
                    if self.people.replace_sessions(rows, changes) {
                        break;
                    }
                }
            }
            Change::ManagementKeys => {
                let _gate = self.people.gate.lock().await;
                self.programs.replace(self.store_people.list_management_keys().await?);
            }
            Change::OwnCredentials => {
                let _gate = self.own.gate.lock().await;
                let rows = self.store.list_own_credentials().await?;
                self.learn_seals_of_others().await;
                self.own.replace(rows);
            }
            Change::Catalogue => {
                let rows = self.store.load_catalogue().await?;
                // Learnt after the rows were read: whoever sealed them had told the key before.
                self.learn_seals_of_others().await;
                let live = LiveCatalogue::load(rows, &self.vault, self.clock.now())?;
                let news = live.catalogue.version != self.catalogue.load().catalogue.version;
                self.catalogue.store(Arc::new(live));
                if news {
                    self.tell_gone_tiers();
                }
            }
        }
        Ok(())
    }

    /// Follows changes made by other processes, for ever.
    pub async fn follow(self: Arc<Self>) {
        loop {
            match self.store.next_change().await {
                Ok(change) => {
                    if let Err(error) = self.reload(change).await {
                        self.log.warn("cache.reload_failed", &[("error", &error.to_string())]);
                    }
                }
                Err(error) => {
                    self.log.warn("store.follow_failed", &[("error", &error.to_string())]);
                    tokio::time::sleep(FOLLOW_REST).await;
                }
            }
        }
    }

    /// Gives back holds whose relay broke, for ever. Each is a defect: an error line says so, and nobody is charged.
    pub async fn reap(self: Arc<Self>) {
        loop {
            tokio::time::sleep(FORGOTTEN_EVERY).await;
            let found = std::mem::take(&mut *self.forgotten.lock());
            for id in found {
                self.log.error("hold.forgotten", &[("request.id", &id.to_string())]);
                if self.ledger.release(id, None).await.is_err() {
                    self.forgotten.lock().push(id);
                }
            }
        }
    }

    /// Writes down when keys were last used, for ever.
    pub async fn note_uses(self: Arc<Self>) {
        let mut since = Timestamp::from_ms(self.clock.now().ms() - 60_000);
        loop {
            tokio::time::sleep(NOTE_USES_EVERY).await;
            own::note(&self).await;
            let now = self.clock.now();
            let used = self.keys.used_since(since);
            // What was not written is looked for again.
            if used.is_empty() || self.store.touch_keys(used).await.is_ok() {
                // A use is known to the minute: those of the minute that runs may still come.
                since = Timestamp::from_ms(now.ms() - 60_000);
            }
        }
    }

    /// Whether nobody was told yet of a proxy that is not trusted.
    pub fn proxy_is_news(&self) -> bool {
        !self.proxy_told.swap(true, Ordering::Relaxed)
    }

    /// Ten random bytes, for an id.
    pub fn ten(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.chance.fill(&mut bytes);
        bytes
    }

    /// A new request id.
    pub fn request_id(&self, now: Timestamp) -> RequestId {
        RequestId::new(now, self.ten())
    }

    /// A new key id.
    pub fn key_id(&self, now: Timestamp) -> KeyId {
        KeyId::new(now, self.ten())
    }

    /// From now on `/readyz` says no, so that balancers send nobody here any more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether the process is on its way out.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}

/// One thread's share: the house, its own upstream connections, the tasks.
#[derive(Clone)]
pub struct Worker {
    /// The shared house.
    pub house: Arc<House>,
    /// This thread's upstream connections.
    pub upstream: Upstream,
    /// The owner of what runs on.
    pub tasks: Tasks,
    /// The end of this thread.
    pub closing: Closing,
}
