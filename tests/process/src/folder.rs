//! A folder that goes away with its test. In: nothing. Out: a path. Never here: what is in it.

use crate::{Chance, Outcome, at};
use std::path::{Path, PathBuf};

/// A new folder among the temporary files.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(name: &str) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("tollgate-{name}-{}", Chance::unique()));
        std::fs::create_dir_all(&path).map_err(at("a folder"))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is in the folder for temporary files.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
