//! Sealed secrets wherever they lie, and the ring of keys that they are sealed with, itself sealed: to be sealed anew. In: which
//! ones, what to put in their place. Out: sealed bytes. Never here: a key, a secret in the clear.

use super::{AuditEntry, Pending};
use units::{CredentialId, MethodId, Secret, WorkspaceId};

/// A kind of place with sealed secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedKind {
    /// Upstream secrets of the catalogue.
    Credential,
    /// Upstream secrets that workspaces bring.
    OwnCredential,
    /// Seeds of one-time codes.
    Seed,
    /// Kept answers.
    Answer,
    /// Answers to calls of the management API that are done once.
    Once,
}

impl SealedKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Credential, Self::OwnCredential, Self::Seed, Self::Answer, Self::Once];
}

/// Where one sealed secret lies: all that is bound into its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedAt {
    /// An upstream secret of the catalogue.
    Credential(CredentialId),
    /// An upstream secret that a workspace brought.
    OwnCredential {
        /// Its id.
        id: CredentialId,
        /// Whose it is.
        workspace: WorkspaceId,
        /// For which provider.
        provider: String,
        /// For which address.
        base_url: String,
    },
    /// A seed of one-time codes.
    Seed(MethodId),
    /// A kept answer.
    Answer {
        /// Whose it is.
        workspace: WorkspaceId,
        /// Its id.
        id: String,
    },
    /// The answer to a call that is done once, by its id.
    Once([u8; 32]),
}

impl SealedAt {
    /// What kind of place it is.
    pub const fn kind(&self) -> SealedKind {
        match self {
            Self::Credential(_) => SealedKind::Credential,
            Self::OwnCredential { .. } => SealedKind::OwnCredential,
            Self::Seed(_) => SealedKind::Seed,
            Self::Answer { .. } => SealedKind::Answer,
            Self::Once(_) => SealedKind::Once,
        }
    }
}

/// A sealed secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Where it lies.
    pub at: SealedAt,
    /// Its bytes.
    pub sealed: Secret<Vec<u8>>,
}

/// A page of sealed secrets.
#[derive(Clone, Debug)]
pub struct WhichSealed {
    /// Of this kind.
    pub kind: SealedKind,
    /// Only those that do not begin so.
    pub but: Vec<u8>,
    /// Only those behind this one.
    pub after: Option<SealedAt>,
    /// How many at most.
    pub limit: u32,
}

/// A secret that was sealed anew.
#[derive(Clone, Debug)]
pub struct Resealed {
    /// Where it lies.
    pub at: SealedAt,
    /// The bytes that were there: where others are by now, nothing is changed.
    pub before: Secret<Vec<u8>>,
    /// The new ones.
    pub after: Secret<Vec<u8>>,
}

/// Another ring in the place of one.
#[derive(Clone, Debug)]
pub struct RingChange {
    /// The ring as it was seen: where another is by now, it is `Stale("keyring")`.
    pub before: Option<Secret<Vec<u8>>>,
    /// The new one.
    pub after: Secret<Vec<u8>>,
    /// The check value of the master key that it is sealed with, where that is another one.
    pub master_check: Option<[u8; 32]>,
}

/// The verbs about what secrets are sealed with.
pub trait Seals: Send + Sync {
    /// The ring, sealed; `None` where there never was one.
    fn load_ring(&self) -> Pending<'_, Option<Secret<Vec<u8>>>>;
    /// Puts another in its place. `Stale("keyring")`. Other nodes hear of it as of a change of the catalogue.
    fn replace_ring(&self, change: RingChange, log: AuditEntry) -> Pending<'_, ()>;
    /// Sealed secrets of one kind, in the order of their ids.
    fn page_sealed(&self, which: WhichSealed) -> Pending<'_, Vec<SealedRow>>;
    /// Puts new seals in the place of old ones, each only where the old one still is; says how many were replaced. Other nodes
    /// hear of it. All are of one kind.
    fn reseal(&self, rows: Vec<Resealed>) -> Pending<'_, u64>;
}
