//! Every id of the house, one kind each. In: a time and 10 random bytes. Out: 16 bytes, `prefix_` + 26 characters as text.
//! The bytes are laid out as UUIDv7 (time first), so ids sort by age. Never here: `From` between two kinds.

use crate::Timestamp;
use std::fmt;
use std::str::FromStr;

/// Crockford's base 32, lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 26;

/// Why a text is not an id of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdError {
    /// The text starts with another prefix (or none).
    #[error("expected an id that starts with `{0}_`")]
    Prefix(&'static str),
    /// What follows the prefix is not 26 characters of base 32.
    #[error("expected 26 characters of base 32 after the prefix")]
    Body,
}

fn bytes_from(now: Timestamp, random: [u8; 10]) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (time, rest) = bytes.split_at_mut(6);
    time.copy_from_slice(&now.ms().to_be_bytes()[2..]);
    rest.copy_from_slice(&random);
    rest[0] = (rest[0] & 0x0f) | 0x70; // version 7
    rest[2] = (rest[2] & 0x3f) | 0x80; // variant
    bytes
}

/// 26 characters of base 32 of 16 bytes (the first character carries 3 bits).
fn encode(bytes: [u8; 16]) -> [u8; TEXT_LEN] {
    let value = u128::from_be_bytes(bytes);
    // Each character by itself, none waiting for the one before.
    std::array::from_fn(|n| ALPHABET[usize::from((value >> (5 * (TEXT_LEN - 1 - n))) as u8 & 31)])
}

/// An id as text, without an allocation.
#[derive(Clone, Copy)]
pub struct IdText {
    bytes: [u8; 32],
    len: usize,
}

impl IdText {
    fn new(prefix: &str, body: [u8; TEXT_LEN]) -> Self {
        let mut bytes = [0; 32];
        let start = prefix.len() + 1;
        bytes[..prefix.len()].copy_from_slice(prefix.as_bytes());
        bytes[prefix.len()] = b'_';
        bytes[start..start + TEXT_LEN].copy_from_slice(&body);
        Self { bytes, len: start + TEXT_LEN }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Prefixes and the alphabet are ASCII, so this always is text.
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    /// The 26 characters after the prefix (what ids on the wire are built from).
    pub fn body(&self) -> &str {
        &self.as_str()[self.len - TEXT_LEN..]
    }
}

fn decode(text: &str) -> Result<[u8; 16], IdError> {
    if text.len() != TEXT_LEN {
        return Err(IdError::Body);
    }
    let mut value: u128 = 0;
    for (n, b) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|a| *a == b).ok_or(IdError::Body)?;
        if n == 0 && digit > 7 {
            return Err(IdError::Body);
        }
        value = (value << 5) | digit as u128;
    }
    Ok(value.to_be_bytes())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// What the text form starts with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: the time makes it sort by age, the random bytes make it unique.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(bytes_from(now, random))
            }

            /// The 16 bytes as they are stored.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes as they are stored.
            pub const fn bytes(self) -> [u8; 16] {
                self.0
            }

            /// When it was made, by what made it.
            pub const fn made_at(self) -> Timestamp {
                let [a, b, c, d, e, f, ..] = self.0;
                Timestamp::from_ms(i64::from_be_bytes([0, 0, a, b, c, d, e, f]))
            }

            /// The id as text.
            pub fn text(self) -> IdText {
                // Room for the text of every kind.
                const { assert!($prefix.len() + 1 + TEXT_LEN <= 32) };
                IdText::new($prefix, encode(self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text().as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let body = text
                    .strip_prefix(concat!($prefix, "_"))
                    .ok_or(IdError::Prefix($prefix))?;
                decode(body).map(Self)
            }
        }
    )*};
}

ids! {
    /// A customer's account: keys, balance and limits hang on it.
    WorkspaceId = "ws";
    /// An API key (never the key itself).
    KeyId = "key";
    /// Pictures that are made in a provider's own time, by the request that ordered them.
    TaskId = "task";
    /// One request of a client; also the id of its hold.
    RequestId = "req";
    /// Credit given to a workspace, with an order and perhaps an expiry.
    GrantId = "gra";
    /// One row of the journal.
    TransferId = "tra";
    /// A token of an operator for `/api/manage`.
    OperatorTokenId = "opt";
    /// An upstream secret.
    CredentialId = "cre";
    /// One version of a model's price.
    PriceId = "pri";
    /// A machine that runs Tollgate.
    NodeId = "nod";
    /// One start of one node.
    BootId = "boo";
    /// A picture that is kept for a client to fetch.
    AssetId = "ast";
    /// A person who signs in.
    UserId = "usr";
    /// One way in which a user signs in.
    MethodId = "met";
    /// A user who is signed in somewhere.
    SessionId = "ses";
    /// An invitation into a workspace.
    InvitationId = "inv";
    /// A key of a program for `/api/manage` in one workspace.
    ManagementKeyId = "mgk";
    /// Somebody whose charges are counted: a key, a member of a workspace, an end user.
    MeterId = "mtr";
}

impl MeterId {
    /// A member of a workspace: both ids together, so that each tells the other back.
    pub fn of_member(workspace: WorkspaceId, user: UserId) -> Self {
        let mut bytes = workspace.0;
        bytes.iter_mut().zip(user.0).for_each(|(byte, other)| *byte ^= other);
        Self(bytes)
    }

    /// The user of a member's meter.
    pub fn user_in(self, workspace: WorkspaceId) -> UserId {
        UserId(Self::of_member(workspace, UserId(self.0)).0)
    }
}

impl From<KeyId> for MeterId {
    /// A key is counted under its own bytes.
    fn from(key: KeyId) -> Self {
        Self(key.0)
    }
}

/// A hold has the id of the request it was placed for.
pub type HoldId = RequestId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trip_and_order() {
        let a = KeyId::new(Timestamp::from_ms(1_000), [7; 10]);
        let b = KeyId::new(Timestamp::from_ms(2_000), [0; 10]);
        assert!(a < b && a.to_string() < b.to_string());
        assert_eq!(a.to_string().parse::<KeyId>(), Ok(a));
        assert_eq!(a.to_string().len(), 4 + 26);
        assert_eq!(a.made_at(), Timestamp::from_ms(1_000));
    }

    #[test]
    fn a_members_meter_tells_the_user_back() {
        let at = Timestamp::from_ms;
        let (workspace, user) = (WorkspaceId::new(at(1), [3; 10]), UserId::new(at(9), [250; 10]));
        let meter = MeterId::of_member(workspace, user);
        assert_eq!(meter.user_in(workspace), user);
        assert_ne!(meter, MeterId::of_member(WorkspaceId::new(at(2), [3; 10]), user));
    }

    #[test]
    fn wrong_texts_are_refused() {
        let key = KeyId::new(Timestamp::from_ms(1), [1; 10]).to_string();
        assert_eq!(key.parse::<WorkspaceId>(), Err(IdError::Prefix("ws")));
        for bad in ["key_", "key_zzzzzzzzzzzzzzzzzzzzzzzzzz", "key_u0000000000000000000000000"] {
            assert_eq!(bad.parse::<KeyId>(), Err(IdError::Body), "{bad}");
        }
    }
}
