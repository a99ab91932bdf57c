//! People: how they prove who they are, and what is known of them without asking the store. In: passwords, codes, cookies.
//! Out: who it is. Never here: routes (api), SQL, a secret that is kept in the clear.

mod backoff;
mod live;
mod password;
mod principal;
mod programs;
mod totp;

pub use backoff::Backoff;
pub use live::{LivePeople, LiveSession};
pub use password::{Busy, Hasher};
pub use principal::{COOKIE, Principal, Signed, Who, csrf_of, is_from_here, principal_of};
pub use programs::{LivePrograms, Program};
pub use totp::{Totp, base32, seed_place};

/// An address as it is compared: without space around it, in small letters.
pub fn folded(email: &str) -> String {
    email.trim().to_lowercase()
}
