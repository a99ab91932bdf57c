//! What the master key is for: it opens the ring, of whose root the pepper of key digests is derived, and whose keys seal upstream
//! secrets. In: 32 bytes, the ring as it is kept. Out: digests, sealed bytes. Never here: where either comes from (the binary, the
//! store), the secrets in the clear.

use crate::ring::{NONCE_LEN, Ring};
use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use dialect::Maker;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{Chance, Secret, WorkspaceId};

/// What a seal with a numbered key begins with, before the number. A seal without it has the key that is derived of the root.
const MARK: [u8; 8] = *b"tgseal1:";
/// The bytes of the number.
const NUMBER_LEN: usize = 4;

/// Why a sealed secret did not open.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret opens with no key that this process has")]
pub struct Unsealable;

/// Keys derived of the root, one a purpose, and those that seal.
#[derive(Clone)]
pub struct Vault {
    pepper: Hmac<Sha256>,
    fingerprints: Hmac<Sha256>,
    makers: Hmac<Sha256>,
    links: Hmac<Sha256>,
    sessions: Hmac<Sha256>,
    csrf: Hmac<Sha256>,
    first: XChaCha20Poly1305,
    wrap: XChaCha20Poly1305,
    seals: Arc<ArcSwap<Seals>>,
}

/// The keys that seal, as they were learnt last.
struct Seals {
    /// The ring, and as it is kept; nothing where the store has none.
    ring: Ring,
    kept: Option<Secret<Vec<u8>>>,
    /// Every numbered key that was ever learnt: what was read before a key went still opens.
    ciphers: BTreeMap<u32, XChaCha20Poly1305>,
    /// How often another ring was learnt.
    learnt: u64,
}

/// A key for one purpose.
fn derive(root: &Secret<[u8; 32]>, purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are far below HKDF's limit of 255 blocks, so this cannot fail.
    let _ = Hkdf::<Sha256>::new(None, root.expose()).expand(purpose, &mut key);
    key
}

fn cipher(key: [u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&key).into())
}

/// What seals of a numbered key begin with.
fn mark(number: u32) -> Vec<u8> {
    [&MARK[..], &number.to_be_bytes()].concat()
}

impl Vault {
    /// The keys of a store that has no ring: all of them are derived of the master key.
    pub fn new(master: &Secret<[u8; 32]>) -> Self {
        Self::of(master, Ring::of_master(master.clone()), None)
    }

    /// The keys of a store with a ring, as it is kept.
    ///
    /// # Errors
    /// `Unsealable` when the ring was sealed with another master key.
    pub fn open(master: &Secret<[u8; 32]>, kept: Secret<Vec<u8>>) -> Result<Self, Unsealable> {
        let ring = Ring::open(&wrapping(master), kept.expose())?;
        Ok(Self::of(master, ring, Some(kept)))
    }

    fn of(master: &Secret<[u8; 32]>, ring: Ring, kept: Option<Secret<Vec<u8>>>) -> Self {
        // HMAC pads its key with zeros to a block: doing it here keeps the constructor that cannot fail.
        let mac = |purpose: &[u8]| {
            let mut block = [0; 64];
            block[..32].copy_from_slice(&derive(&ring.root, purpose));
            <Hmac<Sha256> as KeyInit>::new((&block).into())
        };
        Self {
            pepper: mac(b"tollgate key pepper 1"),
            fingerprints: mac(b"tollgate credential fingerprint 1"),
            makers: mac(b"tollgate reasoning maker 1"),
            links: mac(b"tollgate asset link 1"),
            sessions: mac(b"tollgate cache session 1"),
            csrf: mac(b"tollgate csrf token 1"),
            first: cipher(derive(&ring.root, b"tollgate credential seal 1")),
            wrap: wrapping(master),
            seals: Arc::new(ArcSwap::from_pointee(Seals { ciphers: ciphers(&ring), ring, kept, learnt: 0 })),
        }
    }

    /// What a store keeps to refuse a node with another master key.
    pub fn check_value(master: &Secret<[u8; 32]>) -> [u8; 32] {
        derive(master, b"tollgate store check 1")
    }

    /// The ring as it was learnt last, and as it is kept.
    pub fn ring(&self) -> (Ring, Option<Secret<Vec<u8>>>) {
        let seals = self.seals.load();
        (seals.ring.clone(), seals.kept.clone())
    }

    /// A ring, sealed by this vault's master key to be kept.
    pub fn keep(&self, ring: &Ring, chance: &dyn Chance) -> Secret<Vec<u8>> {
        ring.seal(&self.wrap, chance)
    }

    /// The same, sealed by another master key.
    pub fn keep_for(master: &Secret<[u8; 32]>, ring: &Ring, chance: &dyn Chance) -> Secret<Vec<u8>> {
        ring.seal(&wrapping(master), chance)
    }

    /// Learns the ring as it is kept now: the newest key seals from here on.
    ///
    /// # Errors
    /// `Unsealable` when it was sealed with another master key; what was known stays.
    pub fn learn(&self, kept: Secret<Vec<u8>>) -> Result<(), Unsealable> {
        let before = self.seals.load();
        if before.kept.as_ref() == Some(&kept) {
            return Ok(());
        }
        let ring = Ring::open(&self.wrap, kept.expose())?;
        let mut all = before.ciphers.clone();
        all.extend(ciphers(&ring));
        let learnt = before.learnt + 1;
        self.seals.store(Arc::new(Seals { ring, kept: Some(kept), ciphers: all, learnt }));
        Ok(())
    }

    /// How often this vault has learnt of another ring: what did not open before one may open since.
    pub fn learnt(&self) -> u64 {
        self.seals.load().learnt
    }

    /// What every seal begins with that the newest key made; nothing where no key has a number yet.
    pub fn newest_mark(&self) -> Option<Vec<u8>> {
        Some(self.seals.load().ring.newest()).filter(|number| *number > 0).map(mark)
    }

    /// The digest a key or token is looked up by.
    pub fn digest(&self, text: &str) -> [u8; 32] {
        let mut mac = self.pepper.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Tells equal secrets without opening the sealed one.
    pub fn fingerprint(&self, provider: &str, secret: &str) -> [u8; 32] {
        let mut mac = self.fingerprints.clone();
        mac.update(provider.as_bytes());
        mac.update(&[0]);
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The number under which clients carry a provider's proofs of reasoning; it tells nothing of the provider.
    pub fn maker(&self, provider: &str) -> Maker {
        let mut mac = self.makers.clone();
        mac.update(provider.as_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        Maker(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }

    /// The signature of a link's text.
    pub fn sign_link(&self, text: &str) -> [u8; 32] {
        let mut mac = self.links.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether a signature is that of a link's text; how long the look takes says nothing about the right one.
    pub fn signed_link(&self, text: &str, signature: &[u8]) -> bool {
        let mut mac = self.links.clone();
        mac.update(text.as_bytes());
        mac.verify_slice(signature).is_ok()
    }

    /// The name under which providers keep the prompts of a session together: the same each time, another for every workspace,
    /// and nothing of what the client calls it.
    pub fn session(&self, workspace: WorkspaceId, name: &str) -> String {
        let mut mac = self.sessions.clone();
        mac.update(&workspace.bytes());
        mac.update(name.as_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        digest[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(u32::from(half), 16));
            }
            text
        })
    }

    /// What proves that a page has read what this server told the session of that digest: nothing that can be undone.
    pub fn csrf(&self, session: &[u8; 32]) -> String {
        let mut mac = self.csrf.clone();
        mac.update(session);
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// Whether a text is that proof; how long the look takes says nothing about the right one.
    pub fn csrf_fits(&self, session: &[u8; 32], text: &str) -> bool {
        let mut mac = self.csrf.clone();
        mac.update(session);
        URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| mac.verify_slice(&bytes).is_ok())
    }

    /// Seals a secret with the newest key; `place` (table and row) is bound into it, so that it opens nowhere else.
    pub fn seal(&self, place: &str, secret: &str, chance: &dyn Chance) -> Vec<u8> {
        let seals = self.seals.load();
        let mut nonce = [0; NONCE_LEN];
        chance.fill(&mut nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let number = seals.ring.newest();
        let (mut sealed, key) = match seals.ciphers.get(&number) {
            Some(key) => (mark(number), key),
            None => (Vec::new(), &self.first),
        };
        sealed.extend(nonce);
        // Encryption of a text below 256 GiB cannot fail; an empty seal would not open.
        sealed.extend(key.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    /// Opens what `seal` made, whichever key did.
    ///
    /// # Errors
    /// `Unsealable` with a key that is not in the ring, another place, or changed bytes.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Secret<String>, Unsealable> {
        let numbered = sealed.strip_prefix(&MARK).and_then(|rest| rest.split_first_chunk::<NUMBER_LEN>());
        if let Some((number, rest)) = numbered {
            let seals = self.seals.load();
            let key = seals.ciphers.get(&u32::from_be_bytes(*number));
            if let Some(Ok(secret)) = key.map(|key| opened(key, place, rest)) {
                return Ok(secret);
            }
        }
        opened(&self.first, place, sealed)
    }
}

/// What seals the ring itself.
fn wrapping(master: &Secret<[u8; 32]>) -> XChaCha20Poly1305 {
    cipher(derive(master, b"tollgate keyring wrap 1"))
}

fn ciphers(ring: &Ring) -> BTreeMap<u32, XChaCha20Poly1305> {
    ring.seals.iter().map(|seal| (seal.number, cipher(*seal.key.expose()))).collect()
}

fn opened(key: &XChaCha20Poly1305, place: &str, sealed: &[u8]) -> Result<Secret<String>, Unsealable> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
    let payload = Payload { msg: text, aad: place.as_bytes() };
    let bytes = key.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable)?;
    String::from_utf8(bytes).map(Secret::new).map_err(|_| Unsealable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Sevens;

    impl Chance for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_sealed_secret_opens_only_in_its_place_and_with_its_key() {
        let vault = Vault::new(&Secret::new([1; 32]));
        let sealed = vault.seal("credential/1", "sk-upstream", &Sevens);
        assert!(!sealed.windows(11).any(|w| w == b"sk-upstream"));
        assert_eq!(vault.unseal("credential/1", &sealed).unwrap().expose(), "sk-upstream");
        assert!(vault.unseal("credential/2", &sealed).is_err());
        assert!(Vault::new(&Secret::new([2; 32])).unseal("credential/1", &sealed).is_err());
        assert!(vault.unseal("credential/1", &sealed[..10]).is_err());
    }

    #[test]
    fn digests_differ_by_master_key_and_purpose() {
        let (a, b) = (Vault::new(&Secret::new([1; 32])), Vault::new(&Secret::new([2; 32])));
        assert_ne!(a.digest("k"), b.digest("k"));
        let check = |n| Vault::check_value(&Secret::new([n; 32]));
        assert_ne!(check(1), check(2));
        assert_ne!(a.fingerprint("p", "s"), a.fingerprint("q", "s"));
        assert_ne!(a.maker("p"), a.maker("q"));
        assert_ne!(a.maker("p"), b.maker("p"));
        assert!(a.csrf_fits(&[1; 32], &a.csrf(&[1; 32])));
        for other in [a.csrf(&[2; 32]), b.csrf(&[1; 32]), String::new(), "?".into()] {
            assert!(!a.csrf_fits(&[1; 32], &other));
        }
        let (one, two) = (WorkspaceId::from_bytes([1; 16]), WorkspaceId::from_bytes([2; 16]));
        assert_eq!((a.session(one, "s"), a.session(one, "s").len()), (a.session(one, "s"), 32));
        for other in [a.session(one, "t"), a.session(two, "s"), b.session(one, "s")] {
            assert_ne!(a.session(one, "s"), other);
        }
    }
    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// What was sealed before there were numbers, or with an older key, opens with the newer ring; what the newest key seals is marked
    /// so; a vault that has not learnt of a key, or has another master key, does not open it.
    #[test]
    fn seals_outlive_new_keys_and_new_masters() {
        let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let chance = Counting::default();
        let now = units::Timestamp::from_ms(5);
        let old = Vault::new(&one);
        let first = old.seal("x", "a", &chance);
        assert_eq!(old.newest_mark(), None);
        let (ring, kept) = old.ring();
        assert_eq!(kept, None);
        let ring = ring.with_new_seal(now, &chance, false);
        let vault = Vault::open(&one, old.keep(&ring, &chance)).unwrap();
        let second = vault.seal("x", "b", &chance);
        assert!(second.starts_with(&vault.newest_mark().unwrap()) && !first.starts_with(&MARK));
        let read = |vault: &Vault, sealed: &[u8]| vault.unseal("x", sealed).map(|text| text.expose().clone()).ok();
        assert_eq!((read(&vault, &first), read(&vault, &second)), (Some("a".into()), Some("b".into())));
        assert_eq!((read(&old, &second), vault.unseal("y", &second).is_err()), (None, true));
        assert_eq!(vault.digest("k"), old.digest("k"));
        // The ring under another master key: the same keys.
        let kept = Vault::keep_for(&two, &ring, &chance);
        assert!(Vault::open(&one, kept.clone()).is_err() && vault.learn(kept.clone()).is_err());
        let moved = Vault::open(&two, kept).unwrap();
        assert_eq!((read(&moved, &first), read(&moved, &second)), (Some("a".into()), Some("b".into())));
        assert_eq!((moved.digest("k"), moved.ring().0), (old.digest("k"), ring.clone()));
        // A newer key is learnt while calls run; what was read before the old one went still opens here.
        let next = ring.with_new_seal(now, &chance, false);
        moved.learn(moved.keep(&next, &chance)).unwrap();
        moved.learn(moved.keep(&next.settled(), &chance)).unwrap();
        let third = moved.seal("x", "c", &chance);
        assert!(third.starts_with(&mark(2)) && !third.starts_with(&mark(1)));
        assert_eq!((read(&moved, &second), read(&moved, &third)), (Some("b".into()), Some("c".into())));
        let fresh = Vault::open(&two, moved.ring().1.unwrap()).unwrap();
        assert_eq!((read(&fresh, &second), read(&fresh, &third)), (None, Some("c".into())));
        // Of a new store nothing is derived of the master key.
        let new = Ring::new(now, &chance);
        let new = Vault::open(&one, Vault::keep_for(&one, &new, &chance)).unwrap();
        assert_ne!(new.digest("k"), old.digest("k"));
        assert_eq!(read(&new, &first), None);
    }
}
