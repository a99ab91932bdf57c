//! The chain of the log: each entry's hash covers the one before it, so that none can be changed or taken out unseen.
//! In: entries in order. Out: hashes, and where they do not follow. Never here: SQL, who writes the log.

use crate::port::{AuditEntry, LogCheck};
use sha2::{Digest, Sha256};

/// The hash before the first entry.
pub const START: [u8; 32] = [0; 32];

/// The hash of an entry after one of that hash. Each text has its length before it, so that no two entries read alike.
pub fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(entry.at.ms().to_be_bytes());
    let workspace = entry.workspace.map(|id| id.bytes().to_vec());
    let texts: [Option<&[u8]>; 8] = [
        Some(entry.actor.as_bytes()),
        Some(entry.action.as_bytes()),
        Some(entry.object.as_bytes()),
        Some(entry.detail.as_bytes()),
        workspace.as_deref(),
        Some(entry.address.as_bytes()),
        entry.before.as_deref().map(str::as_bytes),
        entry.after.as_deref().map(str::as_bytes),
    ];
    for text in texts {
        // What is not there has a length that no text has.
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(text.unwrap_or_default());
    }
    hash.finalize().into()
}

/// Follows a chain entry by entry.
pub struct Follower {
    check: LogCheck,
}

impl Follower {
    /// Before the first entry.
    pub fn new() -> Self {
        Self { check: LogCheck { head: START, ..LogCheck::default() } }
    }

    /// The next entry at its place, with the hash that is stored beside it; entries from before there was a chain have none.
    pub fn next(&mut self, place: u64, entry: &AuditEntry, stored: Option<&[u8]>) {
        if stored.is_none() && self.check.entries == 0 {
            return;
        }
        let hash = link(&self.check.head, entry);
        if stored != Some(&hash[..]) && self.check.broken_at.is_none() {
            self.check.broken_at = Some(place);
        }
        self.check.head = hash;
        self.check.entries += 1;
    }

    /// What the chain says, given how many entries it had when the last was written, and the hash of that.
    pub fn finish(mut self, entries: i64, head: &[u8]) -> LogCheck {
        let same = i64::try_from(self.check.entries) == Ok(entries) && self.check.head == head;
        self.check.whole = same && self.check.broken_at.is_none();
        self.check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: i64) -> AuditEntry {
        AuditEntry { at: units::Timestamp::from_ms(n), actor: "a".into(), ..AuditEntry::default() }
    }

    #[test]
    fn what_is_changed_or_gone_is_found() {
        let entries: Vec<AuditEntry> = (0..4).map(entry).collect();
        let mut hashes = vec![START];
        for entry in &entries {
            hashes.push(link(hashes.last().unwrap(), entry));
        }
        let head = *hashes.last().unwrap();
        let follow = |kept: &[(usize, AuditEntry)]| {
            let mut follower = Follower::new();
            for (n, entry) in kept {
                follower.next(*n as u64, entry, Some(&hashes[n + 1][..]));
            }
            follower.finish(4, &head)
        };
        let all: Vec<(usize, AuditEntry)> = entries.iter().cloned().enumerate().collect();
        assert!(follow(&all).whole);
        let mut changed = all.clone();
        changed[2].1.object = "other".into();
        assert_eq!((follow(&changed).whole, follow(&changed).broken_at), (false, Some(2)));
        let gone: Vec<_> = all.iter().filter(|(n, _)| *n != 1).cloned().collect();
        assert_eq!(follow(&gone).broken_at, Some(2));
        assert_eq!((follow(&all[..3]).whole, follow(&all[..3]).broken_at), (false, None));
    }

    #[test]
    fn texts_do_not_flow_together() {
        let with = |actor: &str, action: &str, before: Option<&str>| {
            let entry = AuditEntry { actor: actor.into(), action: action.into(), ..entry(1) };
            link(&START, &AuditEntry { before: before.map(str::to_owned), ..entry })
        };
        assert_ne!(with("ab", "c", None), with("a", "bc", None));
        assert_ne!(with("a", "b", None), with("a", "b", Some("")));
    }
}
