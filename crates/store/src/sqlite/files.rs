//! Opening the directory: lock, connection settings, schema, master key check, recovery. In: a path. Out: an engine.
//! Never here: a verb of the port.

use super::answers::ANSWERS_FILE;
use super::books::Books;
use super::folding::Folding;
use super::inbox::Inbox;
use super::reader::Reader;
use super::sums::Unfolded;
use super::thread::Thread;
use super::{Shared, Sqlite, answers, credit, schema, usage};
use crate::open::{OpenError, Opened};
use crate::private::owner_only;
use crate::shape::Shape;
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::fs::{DirBuilder, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use units::{BootId, Chance, Clock};

/// The one file of money and records.
pub const LEDGER_FILE: &str = "ledger.db";
/// The file whose lock keeps a second process out.
const LOCK_FILE: &str = "lock";
/// Readers never wait for the writer; this covers the moments of a checkpoint.
const BUSY: Duration = Duration::from_millis(250);
/// Pages that the write-ahead log may have before it is folded back.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Opens the directory.
pub fn open(
    dir: &Path,
    master_check: Option<[u8; 32]>,
    clock: Arc<dyn Clock>,
    chance: &dyn Chance,
) -> Result<Opened, OpenError> {
    let (engine, recovered) = open_engine(dir, master_check, clock, chance)?;
    let (ledger, people) = (Arc::clone(&engine) as _, Arc::clone(&engine) as _);
    Ok(Opened { ledger, store: engine, people, recovered })
}

/// The engine itself, and how many holds of dead boots were given back.
pub(super) fn open_engine(
    dir: &Path,
    master_check: Option<[u8; 32]>,
    clock: Arc<dyn Clock>,
    chance: &dyn Chance,
) -> Result<(Arc<Sqlite>, u64), OpenError> {
    make(dir)?;
    let lock = lock(dir, true)?;
    keep_private(dir)?;
    let path = dir.join(LEDGER_FILE);
    let mut db = connect(&path).map_err(unopened)?;
    schema::migrate(&mut db)?;
    check_master(&db, master_check)?;
    let now = clock.now();
    let recovered = credit::recover(&mut db, now).map_err(unopened)?;
    let books = Books::new(
        credit::wallets(&db).map_err(unopened)?,
        credit::tallies(&db, now).map_err(unopened)?,
        credit::open_holds(&db, credit::Whose::Tasks).map_err(unopened)?,
        usage::newest(&db).map_err(unopened)?.max(credit::newest_stone(&db).map_err(unopened)?),
    );
    let mut random = [0; 10];
    chance.fill(&mut random);
    let shared = Arc::new(Shared {
        books: Mutex::new(books),
        inbox: Inbox::default(),
        failing: AtomicBool::new(false),
        sums_failing: AtomicBool::new(false),
        unwritten: AtomicUsize::new(0),
        clock,
        boot: BootId::new(now, random),
    });
    let folding = Folding::new(Unfolded::read_back(&db).map_err(unopened)?);
    Thread { shared: Arc::clone(&shared), db, lock, folding }.start().map_err(|e| io(dir, e))?;
    let answers = answers::open(dir)?;
    let engine = Sqlite { shared, reads: reader(dir)?, reports: reader(dir)?, answers, dir: dir.to_owned() };
    Ok((Arc::new(engine), recovered))
}

/// Looks at the shape of the file.
pub fn shape(dir: &Path) -> Result<Shape, OpenError> {
    let path = dir.join(LEDGER_FILE);
    if !path.is_file() {
        return Err(OpenError::Missing(dir.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&path, flags).map_err(unopened)?;
    Ok(Shape { found: schema::version(&db).map_err(unopened)?, known: schema::newest() })
}

/// Makes the directory when it is not there; for nobody else's eyes.
fn make(dir: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| io(dir, e))
}

/// The ledger is its owner's alone, whoever made the directory and whatever an older version or a copy left. SQLite gives
/// its log and index the mode of the file, so the file is made here, empty.
fn keep_private(dir: &Path) -> Result<(), OpenError> {
    for name in [LEDGER_FILE, ANSWERS_FILE] {
        for part in ["", "-wal", "-shm"] {
            let path = dir.join(format!("{name}{part}"));
            owner_only(&path).map_err(|e| io(&path, e))?;
        }
        let path = dir.join(name);
        match private().create_new(true).open(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(io(&path, e)),
            _ => {}
        }
    }
    let path = dir.join(LOCK_FILE);
    owner_only(&path).map_err(|e| io(&path, e))
}

/// How a file is opened that, when it is made, is its owner's alone.
fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A lock may outlive its owner for a moment (a process that is being torn down, a child between fork and exec): who starts
/// anew at once waits so long for it.
const LOCK_TIME_MAX: Duration = Duration::from_secs(1);
/// How often the lock is tried in that time.
const LOCK_LOOK_EVERY: Duration = Duration::from_millis(20);

/// Takes the lock of a directory, waiting a moment for an owner that is just ending. Kept as long as the file is open.
pub fn lock(dir: &Path, create: bool) -> Result<File, OpenError> {
    let path = dir.join(LOCK_FILE);
    let file = private().create(create).truncate(false).open(&path).map_err(|e| io(&path, e))?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if waited < LOCK_TIME_MAX => {
                std::thread::sleep(LOCK_LOOK_EVERY);
                waited += LOCK_LOOK_EVERY;
            }
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(dir.to_owned())),
            Err(TryLockError::Error(e)) => return Err(io(&path, e)),
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    db.pragma_update(None, "cache_size", -32_768)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// A new thread that only reads.
pub(super) fn reader(dir: &Path) -> Result<Reader, OpenError> {
    let db = connect(&dir.join(LEDGER_FILE)).map_err(unopened)?;
    db.pragma_update(None, "query_only", true).map_err(unopened)?;
    Reader::start(db).map_err(|e| io(dir, e))
}

/// Keeps the check value at the first start; refuses another one later.
fn check_master(db: &Connection, check: Option<[u8; 32]>) -> Result<(), OpenError> {
    let Some(check) = check else { return Ok(()) };
    db.execute(
        "INSERT INTO meta (name, value) VALUES ('master_check', ?1) ON CONFLICT (name) DO NOTHING",
        params![check],
    )
    .map_err(unopened)?;
    let kept: Option<Vec<u8>> = db
        .query_row("SELECT value FROM meta WHERE name = 'master_check'", [], |row| row.get(0))
        .optional()
        .map_err(unopened)?;
    if kept.as_deref() == Some(&check) { Ok(()) } else { Err(OpenError::WrongMaster) }
}

/// What the database says, as the reason why the store does not open.
pub fn unopened(error: impl std::fmt::Display) -> OpenError {
    OpenError::Database(error.to_string())
}

fn io(path: &Path, cause: std::io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), cause }
}
