//! The ring: the root that all keys but those of seals are derived of, and the numbered keys that secrets are sealed with. In: a
//! master key's cipher, sealed bytes. Out: the ring, and back. Never here: sealing secrets with it (seal), the store.

use crate::seal::Unsealable;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use units::{Chance, Secret, Timestamp};

/// The length of a nonce before what is sealed.
pub const NONCE_LEN: usize = 24;
/// What is bound into the seal of the ring itself.
const PLACE: &[u8] = b"keyring 1";

/// The root and the keys of seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// What pepper, fingerprints, signatures and the first seal are derived of.
    pub root: Secret<[u8; 32]>,
    /// Keys of seals, the newest last.
    pub seals: Vec<SealKey>,
    /// Whether nothing is sealed with anything but the newest.
    pub settled: bool,
}

/// A key that secrets are sealed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealKey {
    /// Its number, above 0: every seal names it.
    pub number: u32,
    /// The key.
    pub key: Secret<[u8; 32]>,
    /// When it was made.
    pub since: Timestamp,
}

/// How a ring is written before it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    root: [u8; 32],
    seals: Vec<(u32, [u8; 32], i64)>,
    settled: bool,
}

impl Ring {
    /// The ring of a store that never had one: all is derived of its master key.
    pub const fn of_master(master: Secret<[u8; 32]>) -> Self {
        Self { root: master, seals: Vec::new(), settled: true }
    }

    /// The ring of a new store: nothing of it can be computed of the master key.
    pub fn new(now: Timestamp, chance: &dyn Chance) -> Self {
        Self::of_master(random(chance)).with_new_seal(now, chance, true)
    }

    /// The same with one more key, which seals from now on.
    #[must_use]
    pub fn with_new_seal(&self, now: Timestamp, chance: &dyn Chance, settled: bool) -> Self {
        let number = self.newest().saturating_add(1);
        let mut seals = self.seals.clone();
        seals.push(SealKey { number, key: random(chance), since: now });
        Self { root: self.root.clone(), seals, settled }
    }

    /// The same without the keys that nothing is sealed with any more.
    #[must_use]
    pub fn settled(&self) -> Self {
        let seals = self.seals.last().cloned().into_iter().collect();
        Self { root: self.root.clone(), seals, settled: true }
    }

    /// The number of the key that seals; 0 is the one that is derived of the root.
    pub fn newest(&self) -> u32 {
        self.seals.last().map_or(0, |seal| seal.number)
    }

    /// Sealed, to be kept.
    pub fn seal(&self, cipher: &XChaCha20Poly1305, chance: &dyn Chance) -> Secret<Vec<u8>> {
        let written = Written {
            root: *self.root.expose(),
            seals: self.seals.iter().map(|seal| (seal.number, *seal.key.expose(), seal.since.ms())).collect(),
            settled: self.settled,
        };
        let text = Secret::new(serde_json::to_vec(&written).unwrap_or_default());
        let mut nonce = [0; NONCE_LEN];
        chance.fill(&mut nonce);
        let payload = Payload { msg: text.expose(), aad: PLACE };
        let mut sealed = nonce.to_vec();
        // As with secrets: this cannot fail, and an empty seal would not open.
        sealed.extend(cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        Secret::new(sealed)
    }

    /// Opens what `seal` made.
    ///
    /// # Errors
    /// `Unsealable` with another master key, or changed bytes.
    pub fn open(cipher: &XChaCha20Poly1305, sealed: &[u8]) -> Result<Self, Unsealable> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
        let payload = Payload { msg: text, aad: PLACE };
        let bytes = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable)?;
        let bytes = Secret::new(bytes);
        let Written { root, seals, settled } = serde_json::from_slice(bytes.expose()).map_err(|_| Unsealable)?;
        let seals = seals.into_iter().map(|(number, key, since)| SealKey {
            number,
            key: Secret::new(key),
            since: Timestamp::from_ms(since),
        });
        Ok(Self { root: Secret::new(root), seals: seals.collect(), settled })
    }
}

fn random(chance: &dyn Chance) -> Secret<[u8; 32]> {
    let mut key = [0; 32];
    chance.fill(&mut key);
    Secret::new(key)
}
