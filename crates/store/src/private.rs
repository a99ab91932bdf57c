//! Files that are their owner's alone. In: a path. Out: its mode, tightened. Never here: what is in a file.

use std::io;
use std::path::Path;

/// Takes a file from everybody but its owner. One that is not there is no failure, and neither is one of another owner:
/// who gave it has decided.
///
/// # Errors
/// What the system says.
pub fn owner_only(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let tightened = std::fs::metadata(path).and_then(|about| {
            let mut mode = about.permissions();
            if mode.mode() & 0o077 == 0 {
                return Ok(());
            }
            mode.set_mode(0o600);
            std::fs::set_permissions(path, mode)
        });
        match tightened {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => Ok(()),
            other => other,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
