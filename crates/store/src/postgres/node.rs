//! Who is alive. In: the server's clock. Out: a lease that is renewed, the holds of those whose lease ended given back.
//! Never here: an own idea of the time, a decision about money (the batcher voids).

use super::Shared;
use super::pool::Fail;
use super::queue::Op;
use super::wire::Uuid;
use crate::port::StoreError;
use crate::reply;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_postgres::Transaction;
use units::{BootId, RequestId};

/// How many holds are voided at once.
const VOID_MAX: i64 = 1_000;

/// The lease that new holds hang on.
pub struct Lease {
    /// Its id; another one after it lapsed.
    pub id: Uuid,
    /// Until when it is certainly believed by others.
    pub until: Instant,
}

impl Shared {
    /// A node that others may take for dead takes no new holds.
    pub(super) fn alive(&self) -> Result<(), StoreError> {
        if self.lease.lock().until > Instant::now() {
            Ok(())
        } else {
            Err(StoreError::Unavailable("the lease of this node lapsed".to_owned()))
        }
    }

    /// Renews the lease, or takes a new one when the old one was given up by others.
    pub(super) async fn renew(&self) -> Result<(), StoreError> {
        let (asked, id) = (Instant::now(), self.lease.lock().id);
        let fresh = self.random_id();
        let (boot, lease) = (Uuid(self.boot.bytes()), self.lease_time);
        let id = self.db.write(Arc::new(move |tx| Box::pin(renew(tx, [id, fresh, boot], lease)))).await?;
        *self.lease.lock() = Lease { id, until: asked + lease };
        Ok(())
    }

    /// Voids every hold whose lease is gone. Says how many there were.
    pub(super) async fn bury(&self) -> Result<u64, StoreError> {
        let mut buried = 0;
        loop {
            let orphans = self.db.write(Arc::new(|tx| Box::pin(orphans(tx)))).await?;
            if orphans.is_empty() {
                return Ok(buried);
            }
            let mut answers = Vec::with_capacity(orphans.len());
            for id in orphans {
                let (reply, answer) = reply::pair();
                answers.push(answer);
                self.queue.push(Op::Release { id, usage: None, orphan: true, reply: Some(reply) })?;
            }
            for answer in answers {
                answer.await.ok_or_else(super::gone)??;
                buried += 1;
            }
        }
    }

    /// Renews and buries, three times a lease, as long as it is run.
    pub(super) async fn beat(self: Arc<Self>) {
        loop {
            sleep(self.lease_time / 3).await;
            // A beat that fails is followed by another; meanwhile `alive` refuses new holds.
            if self.renew().await.is_ok() {
                let _ = self.bury().await;
            }
        }
    }

    /// A new id for a lease.
    pub(super) fn random_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.chance.fill(&mut random);
        Uuid(BootId::new(self.clock.now(), random).bytes())
    }
}

async fn renew(tx: &Transaction<'_>, [id, fresh, boot]: [Uuid; 3], lease: Duration) -> Result<Uuid, Fail> {
    let renewed = tx.execute("UPDATE node SET seen_at = clock_timestamp() WHERE lease = $1", &[&id]).await?;
    let kept = if renewed == 1 {
        id
    } else {
        let ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        tx.execute("INSERT INTO node (lease, boot, lease_ms) VALUES ($1, $2, $3)", &[&fresh, &boot, &ms]).await?;
        fresh
    };
    Ok(kept)
}

/// Ends the leases that were not renewed in time; the holds that nobody owns now. Those of tasks belong to nobody's lease.
async fn orphans(tx: &Transaction<'_>) -> Result<Vec<RequestId>, Fail> {
    tx.execute(
        "DELETE FROM node WHERE lease IN (SELECT lease FROM node
             WHERE seen_at + lease_ms * interval '1 millisecond' < clock_timestamp() FOR UPDATE SKIP LOCKED)",
        &[],
    )
    .await?;
    let rows = tx
        .query(
            "SELECT id FROM hold h WHERE NOT h.task AND NOT EXISTS (SELECT 1 FROM node n WHERE n.lease = h.lease)
             ORDER BY id LIMIT $1",
            &[&VOID_MAX],
        )
        .await?;
    rows.iter().map(|row| Ok(RequestId::from_bytes(row.try_get::<_, Uuid>(0)?.0))).collect()
}

/// How many leases are alive.
pub async fn live(tx: &Transaction<'_>) -> Result<u32, Fail> {
    let row = tx
        .query_one(
            "SELECT count(*) FROM node WHERE seen_at + lease_ms * interval '1 millisecond' >= clock_timestamp()",
            &[],
        )
        .await?;
    Ok(u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(u32::MAX).max(1))
}

/// Ends a lease.
pub async fn leave(tx: &Transaction<'_>, id: Uuid) -> Result<(), Fail> {
    tx.execute("DELETE FROM node WHERE lease = $1", &[&id]).await?;
    Ok(())
}
