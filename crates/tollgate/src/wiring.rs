//! The real clock, the real chance, and the house that stands on them. In: a configuration. Out: an open house.
//! Never here: serving, commands, the life of the master key's file (master_key.rs).

use crate::config::Config;
use crate::console::Embedded;
use crate::master_key;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use server::{House, Log, Parts, SealError, Surfaces, Vault};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Kind, StoreConfig};
use tokio::runtime::Handle;
use units::{Chance, Clock, Secret, Timestamp};

/// Wall time.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one home of wall time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp::from_ms(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Randomness: a ChaCha20 stream a thread, seeded by the operating system, so that an id costs no system call.
pub struct OsChance;

thread_local! {
    static STREAM: RefCell<Option<ChaCha20Rng>> = const { RefCell::new(None) };
}

impl Chance for OsChance {
    fn fill(&self, bytes: &mut [u8]) {
        STREAM.with_borrow_mut(|stream| stream.get_or_insert_with(seeded).fill_bytes(bytes));
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one home of the system's randomness")]
#[expect(
    clippy::expect_used,
    reason = "without randomness no key or id may be made; the system always has it after boot"
)]
fn seeded() -> ChaCha20Rng {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system gives random bytes");
    ChaCha20Rng::from_seed(seed)
}

/// Why the house does not open.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// What the file of the master key holds is none.
    #[error("the master key file {0} must hold 64 hex digits")]
    MasterKey(String),
    /// The store was sealed with another key.
    #[error("`master_key` is not the one this store was started with; give the old key back, nothing was changed")]
    OtherMaster,
    /// The master key cannot be read or kept.
    #[error("the master key file {0} cannot be used: {1}")]
    KeyFile(String, std::io::Error),
    /// The data folder cannot be used.
    #[error("the data folder {0} cannot be used: {1}")]
    Data(String, std::io::Error),
    /// The store does not open.
    #[error(transparent)]
    Store(store::OpenError),
    /// What is stored cannot be used.
    #[error(transparent)]
    House(#[from] server::HouseError),
    /// What secrets are sealed with is not to be had.
    #[error(transparent)]
    Seals(#[from] SealError),
    /// The store failed while the first operator token was kept.
    #[error(transparent)]
    Token(#[from] store::StoreError),
}

impl WiringError {
    /// Whether the configuration is to blame, and not the machine or the store.
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::MasterKey(_) | Self::OtherMaster)
    }
}

impl From<store::OpenError> for WiringError {
    fn from(error: store::OpenError) -> Self {
        match error {
            store::OpenError::WrongMaster => Self::OtherMaster,
            other => Self::Store(other),
        }
    }
}

/// Where time and chance come from.
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
}

impl Sources {
    /// Those of this machine.
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock), chance: Arc::new(OsChance) }
    }
}

/// An open store on which a house can be built.
pub struct Ground {
    /// The store.
    pub opened: store::Opened,
    key: Secret<[u8; 32]>,
    sources: Sources,
}

/// Opens the house of a configuration. Background work of the store runs on `background`.
///
/// # Errors
/// Why it does not open, in words for an operator.
pub async fn open(config: &Config, log: Log, background: Handle) -> Result<Arc<House>, WiringError> {
    Ground::open(config, &log, Sources::real(), background).await?.build(config, log).await
}

impl Ground {
    /// Opens the store of a configuration.
    ///
    /// # Errors
    /// Why it does not open, in words for an operator.
    pub async fn open(
        config: &Config,
        log: &Log,
        sources: Sources,
        background: Handle,
    ) -> Result<Self, WiringError> {
        let data = config.data_dir.display().to_string();
        let prepared = make_private_dir(&config.data_dir).and_then(|()| keep_private(config));
        prepared.map_err(|e| WiringError::Data(data, e))?;
        let (key, candidate) = master_key::take(config)?;
        let kind = match &config.database_url {
            None => Kind::Sqlite { dir: config.data_dir.clone() },
            Some(url) => Kind::Postgres { url: url.expose().clone(), lease: config.lease },
        };
        let store_config = StoreConfig { kind, master_check: Some(Vault::check_value(&key)) };
        let (clock, chance) = (sources.clock.clone(), sources.chance.clone());
        let opened = store::open(store_config, clock, chance, background).await;
        let opened = opened.map_err(WiringError::from);
        if let Some(candidate) = candidate {
            candidate.judge(&opened)?;
        }
        let opened = opened?;
        if opened.recovered > 0 {
            log.info("ledger.recovered", &[("holds_voided", &opened.recovered.to_string())]);
        }
        Ok(Self { opened, key, sources })
    }

    /// Builds the house on it, with the tokens that its first people come in by.
    ///
    /// # Errors
    /// As `open`.
    pub async fn build(self, config: &Config, log: Log) -> Result<Arc<House>, WiringError> {
        let Self { opened, key, sources: Sources { clock, chance } } = self;
        let vault = server::open_vault(&*opened.store, &key, (clock.now(), &*chance)).await?;
        let parts = Parts {
            settings: config.server.clone(),
            surfaces: Box::leak(Box::new(Surfaces::new(config.surfaces.clone()))),
            ledger: opened.ledger,
            store: opened.store,
            store_people: opened.people,
            vault,
            clock,
            chance,
            log,
            console: Arc::new(Embedded::new()),
        };
        let house = House::open(parts).await?;
        first_operator_token(config, &house).await?;
        first_operator(config, &house).await?;
        Ok(house)
    }
}

/// Where the first operator token lies, for commands on the same machine.
pub fn token_file(data_dir: &Path) -> PathBuf {
    data_dir.join("operator.token")
}

/// At the first start there is no operator token: one is made and written beside the data, readable by the owner only.
async fn first_operator_token(config: &Config, house: &House) -> Result<(), WiringError> {
    let tokens = house.store.list_operator_tokens().await?;
    if tokens.iter().any(|t| t.revoked_at.is_none()) {
        return Ok(());
    }
    let (text, row) = server::mint_operator_token(house, "first operator");
    let path = token_file(&config.data_dir);
    master_key::write_private(&path, text.expose())
        .map_err(|e| WiringError::Data(path.display().to_string(), e))?;
    let log = store::port::AuditEntry {
        at: row.created_at,
        actor: "first start".into(),
        action: "operator_token.create".into(),
        object: row.id.to_string(),
        detail: "{}".into(),
        ..store::port::AuditEntry::default()
    };
    house.store.create_operator_token(row, log).await?;
    house.reload(store::port::Change::OperatorTokens).await?;
    Ok(())
}

/// Where the token lies that makes the first operator a user.
pub fn setup_file(data_dir: &Path) -> PathBuf {
    data_dir.join("setup.token")
}

/// While no user runs the platform, a token that makes the first one lies beside the data and stands in the log: whoever
/// reads either is at the machine. It works once; the file goes when it is of no use any more.
async fn first_operator(config: &Config, house: &House) -> Result<(), WiringError> {
    let path = setup_file(&config.data_dir);
    let data = |e| WiringError::Data(path.display().to_string(), e);
    let kept = std::fs::read_to_string(&path).ok();
    let kept = kept.as_deref().map(str::trim);
    match server::setup_token(house, kept).await? {
        Some(text) => {
            if kept != Some(text.expose()) {
                master_key::write_private(&path, text.expose()).map_err(data)?;
            }
            let file = path.display().to_string();
            let link = format!("{}/setup#{}", house.settings.base(), text.expose());
            house.log.info("setup.needed", &[("setup_token", text.expose()), ("link", &link), ("file", &file)]);
        }
        None if kept.is_some() => std::fs::remove_file(&path).map_err(data)?,
        None => {}
    }
    Ok(())
}

/// Makes a folder, and those above it, that its owner alone reads.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Secrets that lie in the data folder already are their owner's alone as well, whoever put them there.
fn keep_private(config: &Config) -> std::io::Result<()> {
    let data = &config.data_dir;
    let secrets = [config.master_key_file.clone(), token_file(data), setup_file(data)];
    let mut inside = secrets.iter().filter(|path| path.starts_with(&config.data_dir));
    inside.try_for_each(|path| store::owner_only(path))
}
