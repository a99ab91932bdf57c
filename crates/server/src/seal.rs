//! What the master key is for: the pepper of key digests, the seal of upstream secrets, the check value of a store.
//! In: 32 bytes. Out: digests, sealed bytes. Never here: where the master key comes from, the secrets in the clear.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use dialect::Maker;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use units::{Chance, Secret, WorkspaceId};

const NONCE_LEN: usize = 24;

/// Why a sealed secret did not open.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret does not open with this master key")]
pub struct Unsealable;

/// Keys derived of the master key, one a purpose.
#[derive(Clone)]
pub struct Vault {
    pepper: Hmac<Sha256>,
    fingerprints: Hmac<Sha256>,
    makers: Hmac<Sha256>,
    links: Hmac<Sha256>,
    sessions: Hmac<Sha256>,
    csrf: Hmac<Sha256>,
    seal: XChaCha20Poly1305,
    check: [u8; 32],
}

impl Vault {
    /// Derives the keys.
    pub fn new(master: &Secret<[u8; 32]>) -> Self {
        let root = Hkdf::<Sha256>::new(None, master.expose());
        let derive = |purpose: &[u8]| {
            let mut key = [0; 32];
            // 32 bytes are far below HKDF's limit of 255 blocks, so this cannot fail.
            let _ = root.expand(purpose, &mut key);
            key
        };
        // HMAC pads its key with zeros to a block: doing it here keeps the constructor that cannot fail.
        let mac = |key: [u8; 32]| {
            let mut block = [0; 64];
            block[..32].copy_from_slice(&key);
            <Hmac<Sha256> as KeyInit>::new((&block).into())
        };
        Self {
            pepper: mac(derive(b"tollgate key pepper 1")),
            fingerprints: mac(derive(b"tollgate credential fingerprint 1")),
            makers: mac(derive(b"tollgate reasoning maker 1")),
            links: mac(derive(b"tollgate asset link 1")),
            sessions: mac(derive(b"tollgate cache session 1")),
            csrf: mac(derive(b"tollgate csrf token 1")),
            seal: XChaCha20Poly1305::new((&derive(b"tollgate credential seal 1")).into()),
            check: derive(b"tollgate store check 1"),
        }
    }

    /// What a store keeps to refuse a node with another master key.
    pub const fn check_value(&self) -> [u8; 32] {
        self.check
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

    /// Seals a secret; `place` (table and row) is bound into it, so that it opens nowhere else.
    pub fn seal(&self, place: &str, secret: &str, chance: &dyn Chance) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        chance.fill(&mut nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let mut sealed = nonce.to_vec();
        // Encryption of a text below 256 GiB cannot fail; an empty seal would not open.
        sealed.extend(self.seal.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    /// Opens what `seal` made.
    ///
    /// # Errors
    /// `Unsealable` with another master key, another place, or changed bytes.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret<String>, Unsealable> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealable)?;
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let bytes = self.seal.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable)?;
        String::from_utf8(bytes).map(Secret::new).map_err(|_| Unsealable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(vault.open("credential/1", &sealed).unwrap().expose(), "sk-upstream");
        assert!(vault.open("credential/2", &sealed).is_err());
        assert!(Vault::new(&Secret::new([2; 32])).open("credential/1", &sealed).is_err());
        assert!(vault.open("credential/1", &sealed[..10]).is_err());
    }

    #[test]
    fn digests_differ_by_master_key_and_purpose() {
        let (a, b) = (Vault::new(&Secret::new([1; 32])), Vault::new(&Secret::new([2; 32])));
        assert_ne!(a.digest("k"), b.digest("k"));
        assert_ne!(a.check_value(), b.check_value());
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
}
