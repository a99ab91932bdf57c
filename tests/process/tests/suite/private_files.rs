//! Who may read what a gateway leaves in its data folder. Never here: what is in the files (canary, sealed).

use process_tests::{Folder, Gateway, Outcome, Setup, at};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The files that others than their owner may read or write.
fn open_to_others(data: &Path) -> Outcome<Vec<String>> {
    let mut open = Vec::new();
    for entry in fs::read_dir(data).map_err(at("the data folder"))? {
        let entry = entry.map_err(at("the data folder"))?;
        let mode = entry.metadata().map_err(at("a file"))?.permissions().mode() & 0o777;
        let name = entry.file_name().to_string_lossy().into_owned();
        // The log of the gateway under test lies there as well.
        if mode & 0o077 != 0 && !name.starts_with("stderr-") {
            open.push(format!("{name} {mode:o}"));
        }
    }
    Ok(open)
}

/// The ledger and every secret beside it are their owner's, whoever made the folder and whatever an older version left.
#[test]
fn files_in_the_data_folder_are_their_owners_alone() -> Outcome<()> {
    let folder = Folder::new("starting")?;
    let setup = Setup::new(folder.path().join("data"));
    fs::create_dir_all(&setup.data).map_err(at("the data folder"))?;
    fs::set_permissions(&setup.data, fs::Permissions::from_mode(0o755)).map_err(at("the data folder"))?;
    let mut gateway = Gateway::start(&setup)?;
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "lock", "master.key", "operator.token"] {
        assert!(setup.data.join(name).exists(), "{name}");
    }
    assert_eq!(open_to_others(&setup.data)?, Vec::<String>::new());
    gateway.kill()?;
    for entry in fs::read_dir(&setup.data).map_err(at("the data folder"))? {
        let path = entry.map_err(at("the data folder"))?.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(at("a file"))?;
    }
    let again = Gateway::start(&setup)?;
    assert_eq!(open_to_others(&setup.data)?, Vec::<String>::new());
    again.calm()
}
