//! News of other nodes: a counter a kind, told by NOTIFY and read every second besides. In: changes. Out: the same,
//! on the other nodes. Never here: what changed exactly (caches reload the whole kind).

use super::Shared;
use super::pool::{Db, Fail};
use crate::port::{Change, StoreError, UsageNews};
use futures_util::StreamExt;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Transaction};
use units::{BootId, RequestId, WorkspaceId};

/// Where requests are told of that ended.
const USAGE: &str = "tollgate_usage";
/// The longest that news take when nothing is notified.
const POLL: Duration = Duration::from_millis(900);

/// What this node knows of the counters, and what it has not told yet.
#[derive(Default)]
pub struct Changes {
    known: Mutex<[i64; 7]>,
    /// With the counter as it was before.
    waiting: Mutex<VecDeque<(Change, i64)>>,
    news: Notify,
    knock: Notify,
    usage: Mutex<VecDeque<UsageNews>>,
    usage_news: Notify,
}

/// So many rows are named in one notification, whose text has an end (8,000 bytes).
const NAMED: usize = 100;
/// So many notifications wait to be read; then the rest is one that names nothing.
const UNREAD: usize = 64;

/// Tells the others of requests that ended.
pub async fn tell_usage(shared: &Shared, news: UsageNews) -> Result<(), StoreError> {
    let boot = shared.boot;
    let texts: Vec<String> = match &news {
        UsageNews::Many => vec![format!("{boot} *")],
        UsageNews::Rows(rows) => {
            let named = |(workspace, request): &(WorkspaceId, RequestId)| format!(" {workspace}/{request}");
            rows.chunks(NAMED)
                .map(|some| some.iter().map(named).fold(boot.to_string(), |all, one| all + &one))
                .collect()
        }
    };
    let texts = Arc::new(texts);
    shared
        .db
        .write(Arc::new(move |tx| {
            let texts = Arc::clone(&texts);
            Box::pin(async move {
                for text in &*texts {
                    tx.execute("SELECT pg_notify('tollgate_usage', $1)", &[text]).await?;
                }
                Ok(())
            })
        }))
        .await
}

/// What a notification says; nothing where it is this node's own.
fn usage_of(text: &str, own: BootId) -> Option<UsageNews> {
    let mut words = text.split(' ');
    if words.next()?.parse() == Ok(own) {
        return None;
    }
    let rows: Option<Vec<_>> = words
        .map(|word| {
            let (workspace, request) = word.split_once('/')?;
            Some((workspace.parse().ok()?, request.parse().ok()?))
        })
        .collect();
    Some(rows.map_or(UsageNews::Many, UsageNews::Rows))
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
        let known = &mut known[index(change)];
        if *known + 1 == seq {
            *known = seq;
        } else if *known == seq {
            // It was seen before its own commit had returned.
            self.waiting.lock().retain(|waiting| *waiting != (change, seq - 1));
        }
    }

    /// Waits for news.
    pub async fn next(&self) -> Change {
        loop {
            let waiting = self.waiting.lock().pop_front();
            match waiting {
                Some((change, _)) => return change,
                None => self.news.notified().await,
            }
        }
    }

    /// Waits for requests that ended elsewhere.
    pub async fn next_usage(&self) -> UsageNews {
        loop {
            let waiting = self.usage.lock().pop_front();
            match waiting {
                Some(news) => return news,
                None => self.usage_news.notified().await,
            }
        }
    }

    fn hear_usage(&self, news: UsageNews) {
        let mut usage = self.usage.lock();
        if usage.len() >= UNREAD {
            usage.clear();
            usage.push_back(UsageNews::Many);
        } else {
            usage.push_back(news);
        }
        drop(usage);
        self.usage_news.notify_one();
    }

    fn compare(&self, seqs: [i64; 7]) {
        let mut known = self.known.lock();
        for change in KINDS {
            let n = index(change);
            if seqs[n] > known[n] {
                let before = std::mem::replace(&mut known[n], seqs[n]);
                let mut waiting = self.waiting.lock();
                if !waiting.iter().any(|(other, _)| *other == change) {
                    waiting.push_back((change, before));
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
            // Whatever ends the connection, another one is made; meanwhile the reader polls. What ended meanwhile nobody heard of.
            let _ = Self::hear(shared).await;
            shared.changes.hear_usage(UsageNews::Many);
            sleep(POLL).await;
        }
    }

    async fn hear(shared: &Shared) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = shared.address.connect().await?;
        let mut messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
        let asked = client.batch_execute("LISTEN tollgate_change; LISTEN tollgate_usage");
        let heard = async {
            while let Some(message) = messages.next().await {
                let AsyncMessage::Notification(told) = message? else { continue };
                if told.channel() != USAGE {
                    shared.changes.knock.notify_one();
                } else if let Some(news) = usage_of(told.payload(), shared.boot) {
                    shared.changes.hear_usage(news);
                }
            }
            Ok(())
        };
        let (asked, heard) = tokio::join!(asked, heard);
        asked.and(heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node is told of what others changed and not of its own changes, whichever it sees first: its commit's return or the counter.
    #[test]
    fn own_changes_are_no_news() {
        let (keys, own) = (|seq| [seq, 0, 0, 0, 0, 0, 0], |seq| (Change::Keys, seq));
        let waiting = |changes: &Changes| changes.waiting.lock().len();
        let changes = Changes::default();
        changes.own(own(1));
        changes.compare(keys(1));
        assert_eq!(waiting(&changes), 0, "returned first");
        changes.compare(keys(2));
        changes.own(own(2));
        assert_eq!(waiting(&changes), 0, "seen first");
        changes.compare(keys(4));
        changes.own(own(4));
        assert_eq!(waiting(&changes), 1, "somebody else changed it before");
        changes.compare(keys(6));
        changes.own(own(5));
        assert_eq!(waiting(&changes), 1, "and behind it");
    }
}
