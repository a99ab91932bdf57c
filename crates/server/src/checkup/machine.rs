//! What the machine gives: a folder, room on its disk, the time. In: a path, instants. Out: lines. Never here: the network.

use super::Finding;
use crate::limits::{CLOCK_EARLIEST, CLOCK_SKEW_MAX, DISK_FULL_BYTES, DISK_SHORT_BYTES};
use std::path::Path;
use units::Timestamp;

/// The file that is written and removed to see whether files can be written.
const PROBE: &str = ".checkup";

/// Whether the data folder is there, can be written, and is its owner's alone.
pub fn folder(dir: &Path) -> Finding {
    let shown = dir.display();
    if !dir.is_dir() {
        return Finding::fail(
            "data folder",
            format!("{shown} is not there"),
            "Start the gateway once, which makes it, or set data.dir.",
        );
    }
    let path = dir.join(PROBE);
    if let Err(error) = std::fs::write(&path, b"").and_then(|()| std::fs::remove_file(&path)) {
        let advice = "Give it to the user that the gateway runs as.";
        return Finding::fail("data folder", format!("{shown} cannot be written: {error}"), advice);
    }
    if is_open(dir) {
        let advice = format!("Other users of this machine can read it: chmod 700 {shown}.");
        return Finding::warn("data folder", format!("{shown} can be written"), advice);
    }
    Finding::ok("data folder", format!("{shown} can be written, and is its owner's alone"))
}

#[cfg(unix)]
fn is_open(dir: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(dir).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_open(_: &Path) -> bool {
    false
}

/// Whether there is room on the disk of a folder.
pub fn disk(dir: &Path) -> Finding {
    match room(dir) {
        Some(free) => disk_of(free),
        None => Finding::warn("disk", "its room cannot be told", "Look at it yourself."),
    }
}

#[cfg(unix)]
fn room(dir: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(dir).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
const fn room(_: &Path) -> Option<u64> {
    None
}

pub(super) fn disk_of(free: u64) -> Finding {
    let told = format!("{} MiB are free", free >> 20);
    if free < DISK_FULL_BYTES {
        return Finding::fail("disk", told, "Make room at once: charges that cannot be written stop new calls.");
    }
    if free < DISK_SHORT_BYTES {
        return Finding::warn("disk", told, "Make room, or keep usage for a shorter time (usage.rows_days).");
    }
    Finding::ok("disk", told)
}

/// Whether the clock can be right: not before this product was, and not before what was recorded last.
pub fn clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let advice = "Set the clock, and let it be kept (NTP): keys, sessions, days and links go by it.";
    if now < CLOCK_EARLIEST {
        return Finding::fail("clock", format!("it says {now}"), advice);
    }
    match newest.filter(|newest| newest.since(now) > CLOCK_SKEW_MAX) {
        Some(newest) => Finding::fail("clock", format!("it says {now}, and {newest} is recorded already"), advice),
        None => Finding::ok("clock", format!("{now}")),
    }
}
