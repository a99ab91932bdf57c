//! Files that are changed so that they can be put back, byte for byte: what they were and what they became lies in a folder that its owner
//! alone reads. In: a file, an edit. Out: the changed file, or the one of before. Never here: what an edit does.

use super::Place;
use crate::cli::exit::Trouble;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How a file is changed, and how that is taken back where somebody else changed it since.
pub trait Edit {
    /// The text with what is ours; `None` is a file that is not there.
    ///
    /// # Errors
    /// Why the text cannot be changed.
    fn edit(&self, text: &str) -> Result<String, String>;
    /// The text without what is ours, given what it was before and what it became.
    ///
    /// # Errors
    /// Why that cannot be done.
    fn undo(&self, text: &str, before: Option<&str>, after: &str) -> Result<String, String>;
}

/// What became of a file.
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// What became of it, in words.
    pub what: &'static str,
}

/// The folder of what is kept.
pub struct Kept {
    folder: PathBuf,
    home: PathBuf,
}

/// The variables that shells read.
const VARIABLES: &str = "env";
/// Folders that were made, the innermost first.
const MADE: &str = "made";

impl Kept {
    /// In a folder, for the files of a home.
    pub fn new(folder: PathBuf, home: &Path) -> Self {
        Self { folder, home: home.to_owned() }
    }

    fn before(&self, place: &Place) -> PathBuf {
        self.folder.join(format!("{}.before", place.name))
    }

    fn after(&self, place: &Place) -> PathBuf {
        self.folder.join(format!("{}.after", place.name))
    }

    /// Says whether a file can be changed at all.
    ///
    /// # Errors
    /// Why not.
    pub fn try_out(&self, place: &Place) -> Result<(), Trouble> {
        let text = read(&place.path)?.unwrap_or_default();
        place.edit.edit(&text).map(drop).map_err(|why| refused(&place.path, &why))
    }

    /// Makes the folder, and remembers which ones were made for it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self) -> Result<(), Trouble> {
        let claude = self.home.join(".claude");
        let codex = self.home.join(".codex");
        let wanted: Vec<PathBuf> = match self.folder.file_name().and_then(|name| name.to_str()) {
            Some("claude-code") => vec![claude],
            Some("codex") => vec![codex],
            _ => Vec::new(),
        };
        let folders: Vec<PathBuf> =
            self.folder.ancestors().take_while(|folder| *folder != self.home).map(Path::to_owned).collect();
        let mut made = Vec::new();
        for folder in folders.into_iter().rev().chain(wanted) {
            if !folder.is_dir() {
                crate::wiring::make_private_dir(&folder).map_err(|why| refused(&folder, &why))?;
                made.insert(0, folder.display().to_string());
            }
        }
        let list = self.folder.join(MADE);
        if !list.exists() {
            let text: String = made.iter().map(|folder| format!("{folder}\n")).collect();
            put(&list, &text, None)?;
        }
        Ok(())
    }

    /// Keeps the variables for shells.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep_variables(&self, text: &str) -> Result<(), Trouble> {
        put(&self.folder.join(VARIABLES), text, None)
    }

    /// Changes a file, after what it was is kept.
    ///
    /// # Errors
    /// When it cannot be read, changed or written; then it is as it was.
    pub fn apply(&self, place: &Place) -> Result<Change, Trouble> {
        let (path, before, after) = (&place.path, self.before(place), self.after(place));
        let now = read(path)?;
        // What it was before, and the rights that it had then.
        let (was, rights) = match (read(&after)?, &now) {
            (None, now) => (now.clone(), path),
            (Some(after), Some(now)) if after == *now => (read(&before)?, &before),
            (Some(_), None) => (None, path),
            // Changed by somebody since: what it would be without us is what it was before.
            (Some(after), Some(now)) => {
                let old = read(&before)?;
                (Some(place.edit.undo(now, old.as_deref(), &after).map_err(|why| refused(path, &why))?), path)
            }
        };
        let new = place.edit.edit(now.as_deref().unwrap_or("")).map_err(|why| refused(path, &why))?;
        match &was {
            Some(was) => put(&before, was, existing(rights).as_deref())?,
            None => remove(&before)?,
        }
        put(&after, &new, None)?;
        if now.as_deref() == Some(&new) {
            return Ok(Change { path: path.clone(), what: "as it should be already" });
        }
        put(path, &new, existing(path).filter(|_| !place.private).as_deref())?;
        Ok(Change { path: path.clone(), what: "changed" })
    }

    /// Puts a file back; `None` where there is nothing to undo.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn restore(&self, place: &Place) -> Result<Option<Change>, Trouble> {
        let (path, before, after) = (&place.path, self.before(place), self.after(place));
        let Some(became) = read(&after)? else { return Ok(None) };
        let was = read(&before)?;
        let what = match (read(path)?, was) {
            (None, _) => "it is gone already",
            (Some(now), Some(was)) if now == became => {
                put(path, &was, Some(&before))?;
                "as it was before"
            }
            (Some(now), None) if now == became => {
                remove(&real(path))?;
                "removed, for it was not there before"
            }
            (Some(now), was) => {
                let undone = place.edit.undo(&now, was.as_deref(), &became).map_err(|why| refused(path, &why))?;
                put(path, &undone, existing(path).as_deref())?;
                "it was changed since; only what was written by this command is taken out"
            }
        };
        remove(&before)?;
        remove(&after)?;
        Ok(Some(Change { path: path.clone(), what }))
    }

    /// Forgets what was kept, and the folders that were made for it, where nothing else is in them.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn forget(&self) -> Result<(), Trouble> {
        let made = read(&self.folder.join(MADE))?.unwrap_or_default();
        remove(&self.folder.join(VARIABLES))?;
        remove(&self.folder.join(MADE))?;
        // A folder with something in it stays, which is no failure.
        let _ = fs::remove_dir(&self.folder);
        let _ = self.folder.parent().map(fs::remove_dir);
        for folder in made.lines().filter(|folder| Path::new(folder).starts_with(&self.home)) {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

fn refused(path: &Path, why: &dyn std::fmt::Display) -> Trouble {
    Trouble::Failed(format!("{}: {why}; nothing was changed in it", path.display()))
}

fn read(path: &Path) -> Result<Option<String>, Trouble> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| refused(path, &"it is not UTF-8")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(path, &error)),
    }
}

fn existing(path: &Path) -> Option<PathBuf> {
    path.exists().then(|| path.to_owned())
}

fn remove(path: &Path) -> Result<(), Trouble> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(refused(path, &error)),
        _ => Ok(()),
    }
}

/// Where a link leads, so that the link stays one.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Puts a text in the place of a file in one step, with the rights of another file, or its owner's alone.
fn put(path: &Path, text: &str, rights: Option<&Path>) -> Result<(), Trouble> {
    let target = real(path);
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".tollgate-new");
    let new = target.with_file_name(name);
    let written = || -> std::io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        if let Some(rights) = rights {
            file.set_permissions(fs::metadata(rights)?.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &target)
    };
    written().map_err(|error| refused(path, &error))
}
