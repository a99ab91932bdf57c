//! Passwords: Argon2id, done aside, on few threads, so that memory is bounded. In: a password, what is kept of
//! it. Out: whether they fit; PHC text. Never here: whose password it is.

use crate::aside::{Aside, Full};
use crate::limits::{PASSWORD_MEMORY_KIB, PASSWORD_PASSES, PASSWORDS_WAITING_MAX};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::io;
use std::sync::Arc;
use units::Secret;

/// Too many passwords wait to be hashed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("too many passwords are being checked just now")]
pub struct Busy;

/// What became of a password that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is the one that is kept.
    pub right: bool,
    /// Whether what is kept was made with other parameters than today's.
    pub stale: bool,
}

/// The way to the threads, as many as passwords may be hashed at once. They end with it.
pub struct Hasher {
    aside: Aside,
    /// What a password of nobody is compared with.
    nobody: Arc<str>,
}

/// Argon2id with what OWASP asks for at least: 19 MiB, two passes, one lane.
fn argon() -> Argon2<'static> {
    let params = Params::new(PASSWORD_MEMORY_KIB, PASSWORD_PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// PHC text of no password: all of its salt and hash is zero. To make one of a password at each start would take 20 MB, which the
/// allocator keeps.
fn nobodys() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={PASSWORD_MEMORY_KIB},t={PASSWORD_PASSES},p=1${salt}${hash}")
}

/// PHC text of a password; nothing when the salt is none, which 16 bytes always are.
fn phc(argon: &Argon2<'static>, password: &str, salt: &[u8; 16]) -> String {
    let hash: Result<PasswordHash, _> = argon.hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).unwrap_or_default()
}

fn judge(argon: &Argon2<'static>, password: &str, kept: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(kept) else { return Verdict { right: false, stale: false } };
    let right = argon.verify_password(password.as_bytes(), &hash).is_ok();
    let params = Params::try_from(&hash).ok();
    let same = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && params
            .is_some_and(|p| p.m_cost() == PASSWORD_MEMORY_KIB && p.t_cost() == PASSWORD_PASSES && p.p_cost() == 1);
    Verdict { right, stale: !same }
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn start(at_once: usize) -> io::Result<Self> {
        let aside = Aside::start("password", at_once, PASSWORDS_WAITING_MAX)?;
        Ok(Self { aside, nobody: nobodys().into() })
    }

    /// PHC text of a new password.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn hash(&self, password: Secret<String>, salt: [u8; 16]) -> Result<Secret<String>, Busy> {
        self.ask(move |argon| Secret::new(phc(argon, password.expose(), &salt))).await
    }

    /// Compares a password with what is kept; where nothing is kept it takes as long and is wrong.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn verify(&self, password: Secret<String>, kept: Option<Secret<String>>) -> Result<Verdict, Busy> {
        let nobody = self.nobody.clone();
        let known = kept.is_some();
        self.ask(move |argon| {
            let verdict = judge(argon, password.expose(), kept.as_ref().map_or(&*nobody, |kept| kept.expose()));
            Verdict { right: verdict.right && known, ..verdict }
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        self.aside.ask(move || work(&argon())).await.map_err(|Full| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// R-ACC-1: Argon2id with its parameters in the text; another password, and what is kept itself, are wrong.
    #[tokio::test]
    async fn r_acc_1_passwords_are_kept_as_argon2id() {
        let hasher = Hasher::start(2).unwrap();
        let kept = hasher.hash(secret("correct horse"), [7; 16]).await.unwrap();
        assert!(kept.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.expose());
        let ask = async |text: &str, kept: &str| hasher.verify(secret(text), Some(secret(kept))).await.unwrap();
        assert_eq!(ask("correct horse", kept.expose()).await, Verdict { right: true, stale: false });
        assert!(!ask("correct horsf", kept.expose()).await.right);
        assert!(!ask(kept.expose(), kept.expose()).await.right);
        for broken in ["", "correct horse", "$argon2id$v=19$m=19456,t=2,p=1$AAAA"] {
            assert!(!ask(broken, broken).await.right);
        }
    }

    /// R-ACC-1: a person that there is not takes as long as one that there is: the whole hash is made, and is found to be another.
    #[tokio::test]
    async fn r_acc_1_nobodys_password_is_compared_like_others() {
        let hasher = Hasher::start(1).unwrap();
        assert_eq!(hasher.verify(secret("x"), None).await, Ok(Verdict { right: false, stale: false }));
        let text = nobodys();
        assert_eq!(text.len(), phc(&argon(), "x", &[7; 16]).len());
        let hash = PasswordHash::new(&text).unwrap();
        let error = argon().verify_password(b"x", &hash).unwrap_err();
        assert_eq!(error.to_string(), "invalid password");
    }

    #[tokio::test]
    async fn what_is_kept_by_weaker_parameters_is_stale() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let hasher = Hasher::start(1).unwrap();
        let kept = Some(Secret::new(phc(&weak, "correct horse", &[1; 16])));
        assert_eq!(hasher.verify(secret("correct horse"), kept).await, Ok(Verdict { right: true, stale: true }));
    }

    #[tokio::test]
    async fn too_many_at_once_are_refused() {
        let hasher = Hasher { aside: Aside::start("password", 1, 0).unwrap(), nobody: nobodys().into() };
        assert_eq!(hasher.verify(secret("x"), None).await, Err(Busy));
    }
}
