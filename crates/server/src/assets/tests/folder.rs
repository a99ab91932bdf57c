//! Tests of the folder, on a real disk. Never here: a door (simtest).

use super::*;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_ms(1_772_528_400_000);
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand so on";

/// A folder of one's own; it goes when this is dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tollgate-assets-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self, bytes_max: usize) -> Folder {
        Folder::open(&self.0, bytes_max as u64, NOW).unwrap()
    }

    /// Every file, by its path below the folder.
    fn files(&self) -> Vec<String> {
        let (mut dirs, mut found) = (vec![self.0.clone()], Vec::new());
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                let path = entry.path();
                match path.is_dir() {
                    true => dirs.push(path),
                    false => found.push(path.strip_prefix(&self.0).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn id(made_at: Timestamp, n: u8) -> AssetId {
    AssetId::new(made_at, [n; 10])
}

fn owner() -> WorkspaceId {
    WorkspaceId::from_bytes([9; 16])
}

async fn put(folder: &Folder, id: AssetId, bytes: &[u8]) -> Result<(), AssetFault> {
    folder.put(id, owner(), Bytes::copy_from_slice(bytes)).await
}

async fn read(folder: &Folder, id: AssetId) -> Option<Vec<u8>> {
    let mut picture = folder.find(id).await.unwrap()?;
    let mut all = Vec::new();
    while let Some(part) = picture.next().await.unwrap() {
        assert!(part.len() <= ASSET_PART_BYTES, "more than a part is in memory");
        all.extend_from_slice(&part);
    }
    assert_eq!(all.len() as u64, picture.length);
    Some(all)
}

/// R-API-8: what is kept is read again, in parts, and only its owner's account of the machine may read the files.
#[tokio::test]
async fn r_api_8_a_picture_is_kept_and_read_in_parts() {
    let place = Place::new("parts");
    let folder = place.open(1 << 30);
    for (n, length) in (1..).zip([PNG.len(), ASSET_PART_BYTES - 1, ASSET_PART_BYTES, ASSET_PART_BYTES + 1, 300_000])
    {
        let bytes: Vec<u8> = PNG.iter().copied().chain((0..).map(|n: u32| n as u8)).take(length).collect();
        put(&folder, id(NOW, n), &bytes).await.unwrap();
        assert!(read(&folder, id(NOW, n)).await == Some(bytes), "{length}");
    }
    assert!(folder.find(id(NOW, 99)).await.unwrap().is_none());
    let files = place.files();
    assert!(files.iter().all(|file| file.starts_with("2026-03-03/") && file.len() == 11 + 3 + 30), "{files:?}");
    let text = fs::read(place.0.join(&files[0])).unwrap();
    assert_eq!(&text[..HEAD_BYTES], [&MAGIC[..], &owner().bytes()].concat());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(place.0.join(&files[0])), mode(place.0.clone())), (0o600, 0o700));
    }
}

/// R-API-8: the folder takes what was set and no byte more, refuses the rest, and takes again when there is room.
#[tokio::test]
async fn r_api_8_a_full_folder_refuses_and_goes_on() {
    let place = Place::new("full");
    let size = HEAD_BYTES + PNG.len();
    let folder = place.open(2 * size);
    put(&folder, id(NOW, 1), PNG).await.unwrap();
    put(&folder, id(NOW.plus(Duration::from_secs(10)), 2), PNG).await.unwrap();
    assert!(matches!(put(&folder, id(NOW, 3), PNG).await, Err(AssetFault::Full)));
    assert_eq!(place.files().len(), 2, "nothing is left of what was refused");
    assert_eq!(read(&folder, id(NOW, 1)).await.as_deref(), Some(PNG));
    // The next process counts what is there.
    drop(folder);
    let folder = place.open(2 * size);
    assert!(matches!(put(&folder, id(NOW, 3), PNG).await, Err(AssetFault::Full)));
    folder.sweep(NOW, NOW).await.unwrap();
    assert!(read(&folder, id(NOW, 1)).await.is_none(), "its time was over to the millisecond");
    put(&folder, id(NOW, 3), PNG).await.unwrap();
    assert!(matches!(put(&folder, id(NOW, 4), PNG).await, Err(AssetFault::Full)));
}

/// R-API-8: a write that fails leaves nothing, and gives its room back.
#[tokio::test]
async fn r_api_8_a_failed_write_leaves_nothing() {
    let place = Place::new("failed");
    let folder = place.open(HEAD_BYTES + PNG.len());
    // Where the day's folder should be there is a file.
    fs::write(place.0.join("2026-03-03"), "").unwrap();
    assert!(matches!(put(&folder, id(NOW, 1), PNG).await, Err(AssetFault::Home(_))));
    fs::remove_file(place.0.join("2026-03-03")).unwrap();
    assert_eq!(place.files(), Vec::<String>::new());
    put(&folder, id(NOW, 1), PNG).await.unwrap();
}

/// R-API-8: a process that ended between the write and the name leaves no half picture: nobody finds it, and it goes in time.
#[tokio::test]
async fn r_api_8_a_crash_leaves_no_half_picture() {
    let place = Place::new("crash");
    drop(place.open(1 << 20));
    let half = |id: AssetId| fs::write(place.0.join(NEW).join(id.to_string()), &MAGIC[..5]).unwrap();
    let (old, fresh) = (id(Timestamp::from_ms(NOW.ms() - 3_600_000), 1), id(NOW, 2));
    half(old);
    half(fresh);
    let folder = place.open(1 << 20);
    assert!(folder.find(old).await.unwrap().is_none() && folder.find(fresh).await.unwrap().is_none());
    assert_eq!(place.files(), [format!("new/{fresh}")], "a young one may still be written by another process");
    folder.sweep(NOW, NOW.plus(ASSET_WRITE_TIME_MAX)).await.unwrap();
    assert_eq!(place.files(), Vec::<String>::new());
    assert_eq!(folder.used.load(Ordering::Relaxed), 0, "what went is not counted");
}

/// R-API-8: the sweep deletes what is over, the folders of whole days too, and nothing that is not ours.
#[tokio::test]
async fn r_api_8_the_sweep_deletes_what_is_over() {
    let place = Place::new("sweep");
    let folder = place.open(1 << 20);
    let days = |n: u64| NOW.plus(Duration::from_secs(n * 86_400));
    for n in 0..4 {
        put(&folder, id(days(n), 1 + n as u8), PNG).await.unwrap();
    }
    let foreign = [place.0.join("2026-03-03/note.txt"), place.0.join("lost+found")];
    fs::write(&foreign[0], "mine").unwrap();
    fs::write(&foreign[1], "mine").unwrap();
    folder.sweep(days(2), days(3)).await.unwrap();
    for n in 0..4 {
        assert_eq!(read(&folder, id(days(n), 1 + n as u8)).await.is_some(), n == 3, "{n}");
    }
    assert!(foreign.iter().all(|path| path.exists()));
    assert!(!place.0.join("2026-03-04").exists(), "a day that is over and empty has no folder");
    assert_eq!(folder.used.load(Ordering::Relaxed), (HEAD_BYTES + PNG.len()) as u64);
}

/// R-API-8: a file that is none of ours, or no picture, is not given out; one that became shorter breaks off.
#[tokio::test]
async fn r_api_8_files_that_were_changed_are_not_given_out() {
    let place = Place::new("changed");
    let folder = place.open(1 << 20);
    let bytes = [PNG, &[0; 200_000]].concat();
    put(&folder, id(NOW, 1), &bytes).await.unwrap();
    let path = folder.path(id(NOW, 1));
    let mut picture = folder.find(id(NOW, 1)).await.unwrap().unwrap();
    assert!(picture.next().await.unwrap().is_some());
    File::options().write(true).open(&path).unwrap().set_len(100_000).unwrap();
    let mut end = picture.next().await;
    while matches!(end, Ok(Some(_))) {
        end = picture.next().await;
    }
    assert!(end.is_err(), "it broke off");
    fs::write(&path, [&MAGIC[..], &[0; 16], b"<html>"].concat()).unwrap();
    assert!(matches!(folder.find(id(NOW, 1)).await, Err(AssetFault::NoPicture)));
    fs::write(&path, [&[0; HEAD_BYTES], PNG].concat()).unwrap();
    assert!(matches!(folder.find(id(NOW, 1)).await, Err(AssetFault::Home(_))));
}
