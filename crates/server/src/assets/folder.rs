//! Pictures in a folder of this machine: `DAY/xx/ID`, written as `new/ID` and renamed, so that a name stands for a whole picture.
//! In: ids and bytes. Out: the bytes again, in parts. One node alone: what another one wrote is not found here, and its bytes
//! are not counted. Never here: a name that came from outside; an id has one spelling, and that is the file's name.

use crate::assets::disk::Disk;
use crate::assets::picture::{Picture, Rest};
use crate::assets::{AssetFault, Kind, day_of, end_of};
use crate::limits::{ASSET_PART_BYTES, ASSET_WRITE_TIME_MAX};
use bytes::Bytes;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use units::{AssetId, Timestamp, WorkspaceId};

/// A file begins with this, and the workspace that the picture belongs to.
const MAGIC: &[u8; 8] = b"tgasset1";
/// So many bytes are before the picture.
const HEAD_BYTES: usize = MAGIC.len() + 16;
/// Where files are written before they have their name.
const NEW: &str = "new";

/// The folder.
pub struct Folder {
    root: PathBuf,
    disk: Disk,
    /// The bytes of all files.
    used: Arc<AtomicU64>,
    bytes_max: u64,
}

impl Folder {
    /// Opens the folder, makes it where it is not there, and counts what is in it. Called once, before anybody is served.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(root: &Path, bytes_max: u64, now: Timestamp) -> io::Result<Self> {
        make_dir(root)?;
        #[cfg(unix)]
        {
            // Its owner's alone also where it was there already; a volume of somebody else's stays as that one set it.
            let _ = fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o700));
        }
        make_dir(&root.join(NEW))?;
        let used = Arc::new(AtomicU64::new(0));
        clear_new(root, now)?;
        let mut dirs = vec![root.to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir)? {
                let entry = entry?;
                let meta = entry.metadata()?;
                match meta.is_dir() {
                    true => dirs.push(entry.path()),
                    false => drop(used.fetch_add(meta.len(), Ordering::Relaxed)),
                }
            }
        }
        Ok(Self { root: root.to_owned(), disk: Disk::start()?, used, bytes_max })
    }

    /// Where a picture is: its day, then two characters of chance so that no folder grows large.
    fn path(&self, id: AssetId) -> PathBuf {
        let text = id.text();
        let (_, shard) = text.as_str().split_at(text.as_str().len() - 2);
        self.root.join(day_of(id.made_at())).join(shard).join(text.as_str())
    }

    /// Keeps a picture.
    ///
    /// # Errors
    /// `Full`, or `Home` when the disk fails; then nothing is kept.
    pub async fn put(&self, id: AssetId, owner: WorkspaceId, bytes: Bytes) -> Result<(), AssetFault> {
        let size = (HEAD_BYTES + bytes.len()) as u64;
        let with = |used: u64| used.checked_add(size).filter(|sum| *sum <= self.bytes_max);
        if self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with).is_err() {
            return Err(AssetFault::Full);
        }
        let (new, path, used) = (self.root.join(NEW).join(id.text().as_str()), self.path(id), self.used.clone());
        let written = self.disk.ask(move || {
            write(&new, &path, owner, &bytes).inspect_err(|_| {
                // What is left of it is as good as nothing; the sweep looks again.
                let _ = fs::remove_file(&new);
                used.fetch_sub(size, Ordering::Relaxed);
            })
        });
        written.await.map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => AssetFault::Full,
            _ => AssetFault::Home(error.into()),
        })
    }

    /// The picture of an id; `None` when there is none.
    ///
    /// # Errors
    /// `Home` when the disk fails or the file is none of ours, `NoPicture` when what is in it is none.
    pub async fn find(&self, id: AssetId) -> Result<Option<Picture>, AssetFault> {
        let path = self.path(id);
        let opened = self.disk.ask(move || open(&path)).await.map_err(|error| AssetFault::Home(error.into()))?;
        let Some((file, length, first)) = opened else { return Ok(None) };
        let kind = Kind::of(&first).ok_or(AssetFault::NoPicture)?;
        let rest = Rest::File { disk: self.disk.clone(), file: Some(file) };
        Ok(Some(Picture::new(kind, length, first, rest)))
    }

    /// Deletes what was made at `over` or before, and what was never finished.
    ///
    /// # Errors
    /// `Home` when the disk fails.
    pub async fn sweep(&self, over: Timestamp, now: Timestamp) -> Result<(), AssetFault> {
        self.sweep_all(over, now).await.map_err(|error| AssetFault::Home(error.into()))
    }

    async fn sweep_all(&self, over: Timestamp, now: Timestamp) -> io::Result<()> {
        let root = self.root.clone();
        let left = self.disk.ask(move || clear_new(&root, now)).await?;
        self.used.fetch_sub(left, Ordering::Relaxed);
        // What cannot be deleted keeps nothing else from being.
        let mut swept = Ok(());
        for day in self.names(self.root.clone()).await? {
            // Days that are none are somebody else's.
            let Some(end) = end_of(&day) else { continue };
            if day_of(over) < day {
                continue;
            }
            let day = self.root.join(day);
            for shard in self.names(day.clone()).await? {
                // A folder at a time, so that a reader need not wait for a whole day.
                let (shard, whole) = (day.join(shard), end <= over);
                match self.disk.ask(move || clear(&shard, over, whole)).await {
                    Ok(freed) => drop(self.used.fetch_sub(freed, Ordering::Relaxed)),
                    Err(error) => swept = Err(error),
                }
            }
            if end <= over {
                // What is not empty holds something that is none of ours.
                let _ = self.disk.ask(move || fs::remove_dir(day)).await;
            }
        }
        swept
    }

    async fn names(&self, dir: PathBuf) -> io::Result<Vec<String>> {
        self.disk.ask(move || names(&dir)).await
    }
}

/// A folder that its owner alone may enter.
fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Writes a file and gives it its name. It is made durable before it is named, and the name before its link is told: a picture
/// is paid for, and after a loss of power a name without bytes would be told as a picture. It costs some milliseconds once a
/// picture, on a thread that nobody's answer waits for but this one.
fn write(new: &Path, path: &Path, owner: WorkspaceId, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(new)?;
    file.write_all(MAGIC)?;
    file.write_all(&owner.bytes())?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let shard = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    make_dir(shard)?;
    fs::rename(new, path)?;
    // The name is in the shard, which is in the day, which is in the root.
    shard.ancestors().take(3).try_for_each(sync_dir)
}

/// Makes the names in a folder durable, where the system can.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Opens a file: how long its picture is, and the first part of it. `None` when it is not there.
fn open(path: &Path) -> io::Result<Option<(File, u64, Bytes)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut head = [0; HEAD_BYTES];
    file.read_exact(&mut head)?;
    if !head.starts_with(MAGIC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = file.metadata()?.len().saturating_sub(HEAD_BYTES as u64);
    let first = part(&mut file, length)?;
    Ok(Some((file, length, first)))
}

/// The next part of a picture of which so much is left.
pub fn part(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(ASSET_PART_BYTES)];
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

/// The names in a folder; none in what is no folder, which then is none of ours.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    // A name that is no text is none of ours.
    names.filter_map(io::Result::transpose).collect()
}

/// Deletes what was begun so long ago that nobody writes it any more; tells how many bytes that was.
fn clear_new(root: &Path, now: Timestamp) -> io::Result<u64> {
    let age = i64::try_from(ASSET_WRITE_TIME_MAX.as_millis()).unwrap_or(i64::MAX);
    clear(&root.join(NEW), Timestamp::from_ms(now.ms().saturating_sub(age)), false)
}

/// Deletes the pictures of a folder that were made at `over` or before, and the folder as well where `whole` says so; tells how
/// many bytes they were.
fn clear(dir: &Path, over: Timestamp, whole: bool) -> io::Result<u64> {
    let mut freed = 0;
    for name in names(dir)? {
        let Ok(id) = name.parse::<AssetId>() else { continue };
        if id.made_at() <= over {
            let path = dir.join(name);
            let size = fs::metadata(&path)?.len();
            fs::remove_file(path)?;
            freed += size;
        }
    }
    if whole {
        // What is not empty holds something that is none of ours.
        let _ = fs::remove_dir(dir);
    }
    Ok(freed)
}

#[cfg(test)]
#[path = "tests/folder.rs"]
mod tests;
