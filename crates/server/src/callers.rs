//! Who may call, in memory: keys with their rules made ready, workspaces, the platform's switch. In: rows of the store. Out: what
//! the request path asks about a caller without asking the store. Never here: writing rules, deciding about money.

use crate::limits::USE_MS;
use admit::{Allowance, PlatformRules, SpendCaps};
use catalog::Model;
use ledger::{Cap, Capped, Caps, Span};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use store::port::{KeyRow, WorkspaceRow};
use units::{KeyId, MeterId, Timestamp, WorkspaceId};

/// A key, ready to be asked about.
pub struct LiveKey {
    row: KeyRow,
    /// Its caps.
    pub caps: Vec<Cap>,
    /// The member it belongs to.
    pub member: Option<MeterId>,
    /// The minute of its last use; on disk it may be an earlier one.
    used_ms: Arc<AtomicI64>,
}

/// A caller whose key works: the key, and what its account may ask for.
#[derive(Clone)]
pub struct Caller {
    /// The key.
    pub key: Arc<LiveKey>,
    /// Whose it is; `None` where this node does not know it yet.
    pub account: Option<Arc<WorkspaceRow>>,
    /// What the account may ask for.
    pub allowance: Allowance,
}

impl Deref for Caller {
    type Target = LiveKey;

    fn deref(&self) -> &LiveKey {
        &self.key
    }
}

impl Caller {
    /// Whether a model is for this key and this account's tiers (R-ROUTE-1, R-KEY-2).
    pub fn may_call(&self, model: &Model) -> bool {
        self.key.rules.may_call(&model.id) && self.allowance.may_use(model)
    }
}

impl Deref for LiveKey {
    type Target = KeyRow;

    fn deref(&self) -> &KeyRow {
        &self.row
    }
}

impl LiveKey {
    /// Makes a key ready; `used_ms` is what was known of its use before.
    pub fn new(row: KeyRow, used_ms: Option<Arc<AtomicI64>>) -> Self {
        let known = row.last_used_at.map_or(0, Timestamp::ms);
        Self {
            caps: caps_of(
                &row.rules.caps,
                [Some(Capped::KeyInAll), Some(Capped::Key(Span::Month)), Some(Capped::Key(Span::Day))],
            ),
            member: row.owner.map(|user| MeterId::of_member(row.workspace, user)),
            used_ms: used_ms.unwrap_or_else(|| Arc::new(AtomicI64::new(known))),
            row,
        }
    }

    /// Notes that it was used.
    pub fn touch(&self, now: Timestamp) {
        let minute = now.ms() - now.ms().rem_euclid(USE_MS);
        if minute > self.used_ms.load(Ordering::Relaxed) {
            self.used_ms.fetch_max(minute, Ordering::Relaxed);
        }
    }
}

/// Caps in the ledger's words: in all, by month, by day.
pub fn caps_of(caps: &SpendCaps, of: [Option<Capped>; 3]) -> Vec<Cap> {
    let limits = [caps.total, caps.month, caps.day];
    limits.into_iter().zip(of).filter_map(|(limit, of)| Some(Cap::spend(of?, limit?))).collect()
}

/// All keys, by digest: the request path never asks the store for a known one.
#[derive(Default)]
pub struct LiveKeys {
    keys: parking_lot::RwLock<foldhash::HashMap<[u8; 32], Arc<LiveKey>>>,
    /// Lets one at a time change a key and tell it here, or read them all: older rows never come after newer ones.
    pub gate: tokio::sync::Mutex<()>,
}

impl LiveKeys {
    /// The key whose text has that digest, or had it before a rotation that is not long ago.
    pub fn find(&self, digest: &[u8; 32], now: Timestamp) -> Option<Arc<LiveKey>> {
        let key = self.keys.read().get(digest).cloned()?;
        let works = key.digest == *digest || key.old.is_some_and(|old| now < old.ends_at);
        works.then_some(key)
    }

    /// Takes over a key that was made or changed here.
    pub fn put(&self, row: KeyRow) {
        let mut keys = self.keys.write();
        let texts = texts(&row);
        // A rotation may have taken a text from it.
        let before = texts.iter().find_map(|digest| keys.get(digest)).filter(|old| old.id == row.id).cloned();
        for digest in before.iter().flat_map(|old| self::texts(old)) {
            keys.remove(&digest);
        }
        let key = Arc::new(LiveKey::new(row, before.map(|old| Arc::clone(&old.used_ms))));
        keys.extend(texts.into_iter().map(|digest| (digest, Arc::clone(&key))));
    }

    /// Replaces all keys by what is stored.
    pub fn replace(&self, rows: Vec<KeyRow>) {
        let known = self.keys.read();
        let used: foldhash::HashMap<KeyId, Arc<AtomicI64>> =
            known.values().map(|key| (key.id, Arc::clone(&key.used_ms))).collect();
        drop(known);
        let ready = rows.into_iter().flat_map(|row| {
            let (texts, used) = (texts(&row), used.get(&row.id).cloned());
            let key = Arc::new(LiveKey::new(row, used));
            texts.into_iter().map(move |digest| (digest, Arc::clone(&key)))
        });
        let keys = ready.collect();
        *self.keys.write() = keys;
    }

    /// The key of that id.
    pub fn of_id(&self, id: KeyId) -> Option<Arc<LiveKey>> {
        self.keys.read().values().find(|key| key.id == id).cloned()
    }

    /// The keys that fit, revoked ones too.
    pub fn ids(&self, fits: impl Fn(&KeyRow) -> bool) -> Vec<KeyId> {
        self.each_once(|key| fits(key).then_some(key.id)).collect()
    }

    /// What people call the keys of a workspace, or all of them.
    pub fn names(&self, workspace: Option<WorkspaceId>) -> BTreeMap<KeyId, String> {
        let named =
            |key: &LiveKey| workspace.is_none_or(|id| id == key.workspace).then(|| (key.id, key.name.clone()));
        self.each_once(named).collect()
    }

    /// Each key once. What is done with them is done when calls may read them again.
    pub fn all(&self) -> Vec<Arc<LiveKey>> {
        let keys = self.keys.read();
        keys.iter().filter(|(digest, key)| key.digest == **digest).map(|(_, key)| Arc::clone(key)).collect()
    }

    fn each_once<T>(&self, take: impl Fn(&LiveKey) -> Option<T>) -> impl Iterator<Item = T> {
        let keys = self.keys.read();
        let each_once = keys.iter().filter(|(digest, key)| key.digest == **digest);
        each_once.filter_map(|(_, key)| take(key)).collect::<Vec<_>>().into_iter()
    }

    /// The keys that were used since an instant, and when.
    pub fn used_since(&self, since: Timestamp) -> Vec<(KeyId, Timestamp)> {
        let used = |key: &LiveKey| (key.id, Timestamp::from_ms(key.used_ms.load(Ordering::Relaxed)));
        let keys = self.keys.read();
        let each_once = keys.iter().filter(|(digest, key)| key.digest == **digest);
        each_once.map(|(_, key)| used(key)).filter(|(_, at)| *at >= since).collect()
    }
}

/// The digests under which a key is found.
fn texts(row: &KeyRow) -> Vec<[u8; 32]> {
    [Some(row.digest), row.old.map(|old| old.digest)].into_iter().flatten().collect()
}

/// All workspaces, and the platform's switch.
#[derive(Default)]
pub struct LiveWorkspaces {
    all: parking_lot::RwLock<Workspaces>,
    api_off: AtomicBool,
}

#[derive(Default)]
struct Workspaces {
    oldest_first: Vec<Arc<WorkspaceRow>>,
    by_id: foldhash::HashMap<WorkspaceId, Arc<WorkspaceRow>>,
}

impl LiveWorkspaces {
    /// The workspace of that id.
    pub fn find(&self, id: WorkspaceId) -> Option<Arc<WorkspaceRow>> {
        self.all.read().by_id.get(&id).cloned()
    }

    /// The workspace of that id or slug, as an operator writes it.
    pub fn named(&self, text: &str) -> Option<Arc<WorkspaceRow>> {
        let all = self.all.read();
        let by_id = text.parse().ok().and_then(|id: WorkspaceId| all.by_id.get(&id));
        by_id.or_else(|| all.oldest_first.iter().find(|w| w.slug == text)).cloned()
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<Arc<WorkspaceRow>> {
        self.all.read().oldest_first.clone()
    }

    /// Replaces all workspaces by what is stored.
    pub fn replace(&self, rows: Vec<WorkspaceRow>) {
        let oldest_first: Vec<Arc<WorkspaceRow>> = rows.into_iter().map(Arc::new).collect();
        let by_id = oldest_first.iter().map(|row| (row.id, Arc::clone(row))).collect();
        *self.all.write() = Workspaces { oldest_first, by_id };
    }

    /// Takes over the platform's rules.
    pub fn rule(&self, rules: &PlatformRules) {
        self.api_off.store(rules.api_off, Ordering::Release);
    }

    /// Whether the API is switched off for everybody (R-ACC-2).
    pub fn api_is_off(&self) -> bool {
        self.api_off.load(Ordering::Acquire)
    }
}

/// The caps of one call: its key's, and those of the member and the end user whom it counts for.
pub fn caps_of_call(key: &LiveKey, workspace: &WorkspaceRow, has_end_user: bool) -> Caps {
    let rules = &workspace.rules;
    let mut caps = key.caps.clone();
    if key.member.is_some() {
        let of = [None, Some(Capped::Member(Span::Month)), Some(Capped::Member(Span::Day))];
        caps.extend(caps_of(&rules.member.caps, of));
        caps.extend(rules.member.requests_per_day.map(|most| Cap::requests(Capped::Member(Span::Day), most)));
    }
    if has_end_user {
        let of = [None, Some(Capped::EndUser(Span::Month)), Some(Capped::EndUser(Span::Day))];
        caps.extend(caps_of(&rules.end_user.caps, of));
        caps.extend(rules.end_user.requests_per_day.map(|most| Cap::requests(Capped::EndUser(Span::Day), most)));
    }
    if caps.is_empty() { Caps::default() } else { caps.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use admit::{KeyRules, Quota, WorkspaceRules};
    use store::port::OldText;
    use units::{NanoUsd, UserId};

    fn key(rules: KeyRules, owner: Option<UserId>) -> KeyRow {
        KeyRow {
            id: KeyId::from_bytes([1; 16]),
            workspace: WorkspaceId::from_bytes([2; 16]),
            name: "laptop".into(),
            prefix: "sk-".into(),
            digest: [3; 32],
            created_at: Timestamp::from_ms(0),
            expires_at: None,
            revoked_at: None,
            rules,
            owner,
            created_by: String::new(),
            last_used_at: None,
            old: None,
            version: 1,
        }
    }

    fn usd(n: i64) -> Option<NanoUsd> {
        Some(NanoUsd::new(n * 1_000_000_000))
    }

    /// R-KEY-2, R-KEY-3: the caps of a call are the key's, its member's and its end user's, where there are such.
    #[test]
    fn r_key_3_a_call_has_the_caps_of_all_it_counts_for() {
        let quota = |month, day, requests_per_day| Quota {
            caps: SpendCaps { total: usd(1), month, day },
            requests_per_day,
        };
        let workspace = WorkspaceRow {
            id: WorkspaceId::from_bytes([2; 16]),
            name: String::new(),
            slug: String::new(),
            created_at: Timestamp::from_ms(0),
            rules: WorkspaceRules {
                member: quota(usd(7), None, Some(90)),
                end_user: quota(None, usd(2), Some(0)),
                ..WorkspaceRules::default()
            },
            version: 1,
        };
        let rules =
            || KeyRules { caps: SpendCaps { total: usd(5), month: None, day: usd(3) }, ..KeyRules::default() };
        let caps = |key: &LiveKey, end_user| {
            let caps = caps_of_call(key, &workspace, end_user);
            caps.to_vec()
        };
        let spend = |of, most| Cap::spend(of, usd(most).unwrap());
        let own = [spend(Capped::KeyInAll, 5), spend(Capped::Key(Span::Day), 3)];
        let nobodys = LiveKey::new(key(rules(), None), None);
        assert_eq!(caps(&nobodys, false), own);
        let members = LiveKey::new(key(rules(), Some(UserId::from_bytes([9; 16]))), None);
        let (member, end_user) = (Capped::Member(Span::Day), Capped::EndUser(Span::Day));
        let others = [
            spend(Capped::Member(Span::Month), 7),
            Cap::requests(member, 90),
            spend(end_user, 2),
            Cap::requests(end_user, 0),
        ];
        assert_eq!(caps(&members, true), [own.as_slice(), &others].concat());
        assert_eq!(members.member.map(|meter| meter.user_in(workspace.id)), members.owner);
    }

    /// R-KEY-2: after a rotation both texts work until the grace is over, and a third text ends the first at once.
    #[test]
    fn r_key_2_a_rotated_key_is_found_by_both_texts_for_a_while() {
        let (keys, at) = (LiveKeys::default(), Timestamp::from_ms);
        let rotated = |digest, old| KeyRow {
            digest: [digest; 32],
            old: Some(OldText { digest: [old; 32], ends_at: at(10) }),
            ..key(KeyRules::default(), None)
        };
        let works = |text: u8, ms| keys.find(&[text; 32], at(ms)).is_some();
        keys.put(key(KeyRules::default(), None));
        keys.put(rotated(4, 3));
        for (text, ms, found) in [(3, 9, true), (3, 10, false), (4, 9, true), (4, 10, true), (5, 0, false)] {
            assert_eq!(works(text, ms), found, "{text} at {ms}");
        }
        keys.put(rotated(5, 4));
        assert_eq!([works(3, 0), works(4, 0), works(5, 0)], [false, true, true]);
        keys.replace(vec![rotated(6, 5)]);
        assert_eq!([works(4, 0), works(5, 0), works(6, 0)], [false, true, true]);
        find_once(&keys);
    }

    fn find_once(keys: &LiveKeys) {
        let key = keys.of_id(KeyId::from_bytes([1; 16])).unwrap();
        key.touch(Timestamp::from_ms(USE_MS));
        assert_eq!(keys.used_since(Timestamp::from_ms(1)).len(), 1);
    }

    #[test]
    fn the_last_use_of_a_key_outlives_its_changes() {
        let keys = LiveKeys::default();
        keys.put(key(KeyRules::default(), None));
        let minute = |n: i64| Timestamp::from_ms(n * USE_MS);
        let find = || keys.find(&[3; 32], minute(0)).unwrap();
        assert_eq!(keys.used_since(minute(1)), []);
        find().touch(Timestamp::from_ms(5 * USE_MS + 17));
        keys.put(key(KeyRules { environment: Some("production".into()), ..KeyRules::default() }, None));
        find().touch(minute(4));
        keys.replace(vec![key(KeyRules::default(), None)]);
        assert_eq!(keys.used_since(minute(5)), [(KeyId::from_bytes([1; 16]), minute(5))]);
        assert_eq!(keys.used_since(minute(6)), []);
    }
}
