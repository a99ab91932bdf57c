//! What secrets are sealed with, changed while the house is open: a new key, everything sealed anew, old keys dropped. In: the ring and
//! sealed secrets as they are kept. Out: the same under the newest key. Every step may be cut off and made again, here or on another
//! node. Never here: what a seal is (seal), who may ask for it (api/secrets).

use crate::api::once_place;
use crate::house::{House, HouseError};
use crate::kept::answer_place;
use crate::limits::{RESEAL_PAGE, RESEAL_TURN, SEAL_SETTLES, SEALS_EVERY};
use crate::live::credential_place;
use crate::own::own_place;
use crate::people::seed_place;
use crate::ring::Ring;
use crate::seal::{Unsealable, Vault};
use serde_json::json;
use std::sync::Arc;
use store::port::{
    AuditEntry, Change, Resealed, RingChange, SealedAt, SealedKind, SealedRow, Store, StoreError, WhichSealed,
};
use units::{Chance, Secret, Timestamp};

/// Why what secrets are sealed with could not be changed or learnt.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The store did not answer, or somebody else was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ring is sealed with another master key by now.
    #[error("the secrets of this store are sealed with another master key: start with that one")]
    OtherMaster(#[from] Unsealable),
    /// What is sealed anew cannot be read again.
    #[error(transparent)]
    House(#[from] HouseError),
}

/// How far everything is sealed with the newest key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// So many secrets were sealed anew just now.
    pub resealed: u64,
    /// So many open with no key that is known: they stay as they are.
    pub unreadable: u64,
    /// Whether nothing is left that could be.
    pub finished: bool,
}

/// The vault of a store: by its ring; by a new one where nobody ever started this store; by the master key alone where the store is
/// older than rings.
///
/// # Errors
/// When the store does not answer, or its ring does not open.
pub async fn open_vault(
    store: &dyn Store,
    master: &Secret<[u8; 32]>,
    (now, chance): (Timestamp, &dyn Chance),
) -> Result<Vault, SealError> {
    if let Some(kept) = store.load_ring().await? {
        return Ok(Vault::open(master, kept)?);
    }
    // Every start makes sure that there is a token.
    if !store.list_operator_tokens().await?.is_empty() {
        return Ok(Vault::new(master));
    }
    let after = Vault::keep_for(master, &Ring::new(now, chance), chance);
    let change = RingChange { before: None, after, master_check: None };
    match store.replace_ring(change, entry(now, "first start", "secrets.begin")).await {
        // Another node that starts for the first time may have been faster.
        Ok(()) | Err(StoreError::Stale(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let kept = store.load_ring().await?.ok_or(StoreError::NotFound("keyring"))?;
    Ok(Vault::open(master, kept)?)
}

/// Seals the ring of a store with another master key. Nothing else changes; the old key opens the store no more.
///
/// # Errors
/// When the store does not answer, or its ring does not open with the old key.
pub async fn change_master(
    store: &dyn Store,
    (old, new): (&Secret<[u8; 32]>, &Secret<[u8; 32]>),
    (now, chance): (Timestamp, &dyn Chance),
) -> Result<(), SealError> {
    let vault = open_vault(store, old, (now, chance)).await?;
    let (ring, before) = vault.ring();
    let after = Vault::keep_for(new, &ring, chance);
    let change = RingChange { before, after, master_check: Some(Vault::check_value(new)) };
    Ok(store.replace_ring(change, entry(now, "tollgate secrets rotate", "secrets.master")).await?)
}

/// An entry of the log about what no operator of the API did.
fn entry(at: Timestamp, actor: &str, action: &str) -> AuditEntry {
    let (actor, action) = (actor.into(), action.into());
    AuditEntry { at, actor, action, object: "keyring".into(), detail: "{}".into(), ..AuditEntry::default() }
}

/// What is bound into a seal.
pub fn place(at: &SealedAt) -> String {
    match at {
        SealedAt::Credential(id) => credential_place(*id),
        SealedAt::OwnCredential { id, workspace, provider, base_url } => {
            own_place(*workspace, provider, *id, base_url)
        }
        SealedAt::Seed(id) => seed_place(*id),
        SealedAt::Answer { workspace, id } => answer_place(*workspace, id),
        SealedAt::Once(id) => once_place(id),
    }
}

impl House {
    /// Learns the ring as it is kept now.
    ///
    /// # Errors
    /// When the store does not answer, or the ring does not open any more.
    pub async fn learn_seals(&self) -> Result<(), SealError> {
        match self.store.load_ring().await? {
            Some(kept) => Ok(self.vault.learn(kept)?),
            None => Ok(()),
        }
    }

    /// The same, where what is known may do as well.
    pub async fn learn_seals_of_others(&self) {
        if let Err(error) = self.learn_seals().await {
            self.log.warn("secrets.not_learnt", &[("error", &error.to_string())]);
        }
    }

    /// Opens a secret that was just read: another node may have sealed it with a key that is not known here yet.
    ///
    /// # Errors
    /// `Unsealable` when no key opens it.
    pub async fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Secret<String>, Unsealable> {
        if let Ok(secret) = self.vault.unseal(place, sealed) {
            return Ok(secret);
        }
        self.learn_seals().await.map_err(|_| Unsealable)?;
        self.vault.unseal(place, sealed)
    }

    /// Makes a new key, unless the one before is not settled yet: then that is brought to its end. Says whether it made one.
    ///
    /// # Errors
    /// As `SealError` says.
    pub async fn new_seal(&self, log: impl FnOnce(u32) -> AuditEntry) -> Result<bool, SealError> {
        self.learn_seals().await?;
        let (ring, before) = self.vault.ring();
        if !ring.settled {
            return Ok(false);
        }
        let ring = ring.with_new_seal(self.clock.now(), &*self.chance, false);
        self.replace_ring(&ring, before, log(ring.newest())).await?;
        Ok(true)
    }

    async fn replace_ring(
        &self,
        ring: &Ring,
        before: Option<Secret<Vec<u8>>>,
        log: AuditEntry,
    ) -> Result<(), SealError> {
        let after = self.vault.keep(ring, &*self.chance);
        let change = RingChange { before, after: after.clone(), master_check: None };
        self.store.replace_ring(change, log).await?;
        Ok(self.vault.learn(after)?)
    }

    /// Seals with the newest key what is not, until `until`.
    ///
    /// # Errors
    /// As `SealError` says; what was sealed anew stays so.
    pub async fn reseal(&self, until: Timestamp) -> Result<Progress, SealError> {
        let mut progress = Progress { finished: true, ..Progress::default() };
        let Some(mark) = self.vault.newest_mark() else { return Ok(progress) };
        for kind in SealedKind::ALL {
            let before = progress.resealed;
            self.reseal_kind((kind, &mark), until, &mut progress).await?;
            let change = match kind {
                SealedKind::Credential => Some(Change::Catalogue),
                SealedKind::OwnCredential => Some(Change::OwnCredentials),
                SealedKind::Seed | SealedKind::Answer | SealedKind::Once => None,
            };
            if let Some(change) = change.filter(|_| progress.resealed > before) {
                self.reload(change).await?;
            }
        }
        Ok(progress)
    }

    async fn reseal_kind(
        &self,
        (kind, mark): (SealedKind, &[u8]),
        until: Timestamp,
        progress: &mut Progress,
    ) -> Result<(), SealError> {
        let mut after = None;
        loop {
            if self.clock.now() >= until {
                progress.finished = false;
                return Ok(());
            }
            let which = WhichSealed { kind, but: mark.to_vec(), after, limit: RESEAL_PAGE };
            let rows = self.store.page_sealed(which).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.at.clone());
            let anew: Vec<Resealed> = rows.iter().filter_map(|row| self.anew(row)).collect();
            progress.unreadable += (rows.len() - anew.len()) as u64;
            if !anew.is_empty() {
                progress.resealed += self.store.reseal(anew).await?;
            }
        }
    }

    /// A secret sealed with the newest key; `None` where no key opens it.
    fn anew(&self, row: &SealedRow) -> Option<Resealed> {
        let place = place(&row.at);
        let secret = self.vault.unseal(&place, row.sealed.expose()).ok()?;
        let after = Secret::new(self.vault.seal(&place, secret.expose(), &*self.chance));
        Some(Resealed { at: row.at.clone(), before: row.sealed.clone(), after })
    }

    /// Brings a change of keys to its end, if one is under way: seals what is left, and once every node must have learnt of the newest
    /// key and nothing needs an older one, drops those.
    ///
    /// # Errors
    /// As `SealError` says.
    pub async fn settle_seals(&self) -> Result<(), SealError> {
        self.learn_seals().await?;
        let (ring, before) = self.vault.ring();
        let Some(newest) = ring.seals.last().filter(|_| !ring.settled) else { return Ok(()) };
        // What a node sealed before it learnt of the key is found when the key is old enough.
        let old_enough = self.clock.now().since(newest.since) >= SEAL_SETTLES;
        let progress = self.reseal(self.clock.now().plus(RESEAL_TURN)).await?;
        if progress.finished && old_enough {
            let settled = ring.settled();
            let detail = json!({ "key": settled.newest(), "unreadable": progress.unreadable }).to_string();
            let log = AuditEntry { detail, ..entry(self.clock.now(), "tollgate", "secrets.settle") };
            self.replace_ring(&settled, before, log).await?;
        }
        Ok(())
    }

    /// Looks for ever whether a change of keys is to be brought to its end.
    pub async fn keep_seals(self: Arc<Self>) {
        loop {
            match self.settle_seals().await {
                // Another node was faster.
                Ok(()) | Err(SealError::Store(StoreError::Stale(_))) => {}
                Err(error) => self.log.warn("secrets.not_settled", &[("error", &error.to_string())]),
            }
            tokio::time::sleep(SEALS_EVERY).await;
        }
    }
}
