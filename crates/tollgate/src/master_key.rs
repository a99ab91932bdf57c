//! The life of the master key's file: read, or made new and kept once a store has taken it. In: a configuration. Out: a key.
//! Secrets are written here, so that none but their owner reads them. Never here: what the key opens (server::Vault).

use crate::config::{Config, key_of_hex};
use crate::wiring::{OsChance, WiringError};
use std::io::Write;
use std::path::{Path, PathBuf};
use units::{Chance, Secret};

/// The master key: from the setting, or from its file. Without either a new one is made, which is a candidate.
///
/// # Errors
/// When its file cannot be read, kept, or holds no key.
pub fn take(config: &Config) -> Result<(Secret<[u8; 32]>, Option<Candidate>), WiringError> {
    if let Some(key) = &config.master_key {
        return Ok((key.clone(), None));
    }
    let path = &config.master_key_file;
    if let Some(key) = read_key(path)? {
        return Ok((key, None));
    }
    let candidate = Candidate::beside(path);
    // Half a key, of a start that was cut off, no store has seen: it is made anew.
    if let Ok(Some(key)) = read_key(&candidate.new) {
        return Ok((key, Some(candidate)));
    }
    Ok((make_key(&candidate.new)?, Some(candidate)))
}

/// The master key that there is: from the setting, or from its file. None is made.
///
/// # Errors
/// When its file cannot be read, or holds no key.
pub fn known(config: &Config) -> Result<Option<Secret<[u8; 32]>>, WiringError> {
    match &config.master_key {
        Some(key) => Ok(Some(key.clone())),
        None => read_key(&config.master_key_file),
    }
}

/// The key in a file that is to be the master key, made where the file is not there; and whether it was made.
///
/// # Errors
/// When the file cannot be read or written, or holds no key.
pub fn other(path: &Path) -> Result<(Secret<[u8; 32]>, bool), WiringError> {
    if let Some(key) = read_key(path)? {
        return Ok((key, false));
    }
    Ok((make_key(path)?, true))
}

fn make_key(path: &Path) -> Result<Secret<[u8; 32]>, WiringError> {
    let mut key = [0; 32];
    OsChance.fill(&mut key);
    let text: String = key.iter().map(|b| format!("{b:02x}")).collect();
    write_private(path, &text).map_err(|e| key_file(path, e))?;
    Ok(Secret::new(key))
}

/// The key in a file, if the file is there.
fn read_key(path: &Path) -> Result<Option<Secret<[u8; 32]>>, WiringError> {
    match std::fs::read_to_string(path) {
        Ok(text) => match key_of_hex(text.trim()) {
            Some(key) => Ok(Some(Secret::new(key))),
            None => Err(WiringError::MasterKey(path.display().to_string())),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(key_file(path, error)),
    }
}

fn key_file(path: &Path, error: std::io::Error) -> WiringError {
    WiringError::KeyFile(path.display().to_string(), error)
}

/// A new key gets its name once a store has opened with it: beside the store of another key it would pass for that
/// store's own. While it is open whether the store took it, it is kept for the next start.
pub struct Candidate {
    new: PathBuf,
    path: PathBuf,
}

impl Candidate {
    fn beside(path: &Path) -> Self {
        let mut new = path.to_owned().into_os_string();
        new.push(".new");
        Self { new: new.into(), path: path.to_owned() }
    }

    /// Keeps or drops the new key by what the store said of it.
    ///
    /// # Errors
    /// When its file cannot be renamed or removed.
    pub fn judge<T>(&self, opened: &Result<T, WiringError>) -> Result<(), WiringError> {
        match opened {
            Ok(_) => std::fs::rename(&self.new, &self.path).map_err(|e| key_file(&self.path, e)),
            Err(WiringError::OtherMaster) => std::fs::remove_file(&self.new).map_err(|e| key_file(&self.new, e)),
            Err(_) => Ok(()),
        }
    }
}

/// Writes a secret so that only its owner reads it; an older file of that name is replaced.
///
/// # Errors
/// When it cannot be written to the disk.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}
