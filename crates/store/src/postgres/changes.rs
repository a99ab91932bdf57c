//! News of other nodes: a counter a kind, told by NOTIFY and read every second besides. In: changes. Out: the same,
//! on the other nodes. Never here: what changed exactly (caches reload the whole kind).

use super::Shared;
use super::pool::{Db, Fail};
use crate::port::{Change, StoreError};
use futures_util::StreamExt;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Transaction};

/// The longest that news take when nothing is notified.
const POLL: Duration = Duration::from_millis(900);

/// What this node knows of the counters, and what it has not told yet.
#[derive(Default)]
pub struct Changes {
    known: Mutex<[i64; 7]>,
    waiting: Mutex<VecDeque<Change>>,
    news: Notify,
    knock: Notify,
}

const KINDS: [Change; 7] = [
    Change::Keys,
    Change::Catalogue,
    Change::OperatorTokens,
    Change::People,
    Change::Sessions,
    Change::ManagementKeys,
    Change::OwnCredentials,
];

const fn index(change: Change) -> usize {
    match change {
        Change::Keys => 0,
        Change::Catalogue => 1,
        Change::OperatorTokens => 2,
        Change::People => 3,
        Change::Sessions => 4,
        Change::ManagementKeys => 5,
        Change::OwnCredentials => 6,
    }
}

/// Counts a change inside its own transaction and tells the others at its commit.
pub async fn tell(tx: &Transaction<'_>, change: Change) -> Result<(Change, i64), Fail> {
    let kind = i16::try_from(index(change)).unwrap_or(0) + 1;
    let row = tx.query_one("UPDATE change SET seq = seq + 1 WHERE kind = $1 RETURNING seq", &[&kind]).await?;
    tx.batch_execute("NOTIFY tollgate_change").await?;
    Ok((change, row.try_get(0)?))
}

async fn counters(tx: &Transaction<'_>) -> Result<[i64; 7], Fail> {
    let rows = tx.query("SELECT seq FROM change ORDER BY kind", &[]).await?;
    let mut seqs = [0; 7];
    for (seq, row) in seqs.iter_mut().zip(&rows) {
        *seq = row.try_get(0)?;
    }
    Ok(seqs)
}

impl Changes {
    /// Starts from what is there.
    pub async fn start(&self, db: &Db) -> Result<(), StoreError> {
        let seqs = db.read(Arc::new(|tx| Box::pin(counters(tx)))).await?;
        *self.known.lock() = seqs;
        Ok(())
    }

    /// A change of this node: it knows of it already, unless others changed the same in between.
    pub fn own(&self, (change, seq): (Change, i64)) {
        let mut known = self.known.lock();
        if known[index(change)] + 1 == seq {
            known[index(change)] = seq;
        }
    }

    /// Waits for news.
    pub async fn next(&self) -> Change {
        loop {
            let waiting = self.waiting.lock().pop_front();
            match waiting {
                Some(change) => return change,
                None => self.news.notified().await,
            }
        }
    }

    fn compare(&self, seqs: [i64; 7]) {
        let mut known = self.known.lock();
        for change in KINDS {
            let n = index(change);
            if seqs[n] > known[n] {
                known[n] = seqs[n];
                let mut waiting = self.waiting.lock();
                if !waiting.contains(&change) {
                    waiting.push_back(change);
                }
                drop(waiting);
                self.news.notify_one();
            }
        }
    }

    /// Looks whenever somebody knocks, and every second besides.
    pub async fn listen(shared: Arc<Shared>) {
        // One future, so that stopping this stops the listener too.
        tokio::join!(Self::listener(&shared), Self::reader(&shared));
    }

    async fn reader(shared: &Shared) {
        loop {
            // Knocked or not: it is time to look.
            let _ = timeout(POLL, shared.changes.knock.notified()).await;
            let seqs = shared.db.read(Arc::new(|tx| Box::pin(counters(tx)))).await;
            if let Ok(seqs) = seqs {
                shared.changes.compare(seqs);
            }
        }
    }

    async fn listener(shared: &Shared) {
        loop {
            // Whatever ends the connection, another one is made; meanwhile the reader polls.
            let _ = Self::hear(shared).await;
            sleep(POLL).await;
        }
    }

    async fn hear(shared: &Shared) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = shared.address.connect().await?;
        let mut messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
        let asked = client.batch_execute("LISTEN tollgate_change");
        let heard = async {
            while let Some(message) = messages.next().await {
                if let AsyncMessage::Notification(_) = message? {
                    shared.changes.knock.notify_one();
                }
            }
            Ok(())
        };
        let (asked, heard) = tokio::join!(asked, heard);
        asked.and(heard)
    }
}
