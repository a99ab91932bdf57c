//! Requests that have ended, for whoever watches: at once on this node, and told to the others. In: rows as they end. Out: rows, or
//! word that some were missed. Without anybody who watches a row costs two loads. Never here: who may watch, how a row is told.

use crate::house::House;
use crate::limits::{
    LISTENERS_MAX, LISTENERS_OF_ONE_MAX, NODES_TELL_EVERY, ROWS_LATE, ROWS_TOLD_MAX, ROWS_WAITING_MAX,
};
use bytes::Bytes;
use ledger::UsageRow;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use store::port::{UsageFilter, UsageNews};
use tokio::sync::Notify;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use units::{RequestId, WorkspaceId};

/// A request that ended, and its words, which are made once for all who hear them.
#[derive(Debug)]
pub struct Ended {
    /// What came of it.
    pub row: UsageRow,
    to_operators: OnceLock<Bytes>,
    to_members: OnceLock<Bytes>,
}

impl Ended {
    fn new(row: UsageRow) -> Self {
        Self { row, to_operators: OnceLock::new(), to_members: OnceLock::new() }
    }

    /// How it is told to operators, or to members: as the first who hears it tells it.
    pub fn words(&self, to_operators: bool, tell: impl FnOnce(&UsageRow) -> Bytes) -> &Bytes {
        let words = if to_operators { &self.to_operators } else { &self.to_members };
        words.get_or_init(|| tell(&self.row))
    }
}

/// What a listener hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A request ended.
    Row(Arc<Ended>),
    /// Some were missed: what is shown must be asked for again.
    Gap,
}

/// Everybody who watches.
pub struct LiveRows {
    listeners: AtomicUsize,
    /// Whether other nodes are to be told.
    others: AtomicBool,
    /// By workspace, and under `None` those who watch all.
    rooms: Mutex<foldhash::HashMap<Option<WorkspaceId>, Sender<Heard>>>,
    of_one: Mutex<foldhash::HashMap<String, usize>>,
    outbox: Mutex<Vec<(WorkspaceId, RequestId)>>,
    is_due: Notify,
}

/// A place among those who watch; given back when it is dropped.
pub struct Listener {
    house: Arc<House>,
    who: String,
    place: Option<WorkspaceId>,
    heard: Receiver<Heard>,
}

/// Why nobody more may watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// The same watches in too many places.
    One,
    /// Too many do.
    All,
}

impl Default for LiveRows {
    fn default() -> Self {
        Self {
            listeners: AtomicUsize::new(0),
            others: AtomicBool::new(false),
            rooms: Mutex::default(),
            of_one: Mutex::default(),
            outbox: Mutex::default(),
            is_due: Notify::new(),
        }
    }
}

impl LiveRows {
    /// Whether there are other nodes.
    pub fn set_others(&self, others: bool) {
        self.others.store(others, Ordering::Relaxed);
    }

    /// How many watch here.
    pub fn listeners(&self) -> usize {
        self.listeners.load(Ordering::Relaxed)
    }

    /// A request of this node ended.
    pub fn ended(&self, row: &UsageRow) {
        self.tell_here(row);
        if self.others.load(Ordering::Relaxed) {
            let mut outbox = self.outbox.lock();
            // One more says that there were too many.
            if outbox.len() <= ROWS_WAITING_MAX {
                outbox.push((row.workspace, row.request));
            }
            if outbox.len() == 1 {
                self.is_due.notify_one();
            }
        }
    }

    fn tell_here(&self, row: &UsageRow) {
        if self.listeners() == 0 {
            return;
        }
        let mut told = None;
        let rooms = self.rooms.lock();
        for place in [Some(row.workspace), None] {
            if let Some(room) = rooms.get(&place) {
                let row = told.get_or_insert_with(|| Arc::new(Ended::new(row.clone())));
                // Whoever listened may be gone.
                let _ = room.send(Heard::Row(Arc::clone(row)));
            }
        }
    }

    fn is_watched(&self, workspace: WorkspaceId) -> bool {
        let rooms = self.rooms.lock();
        rooms.contains_key(&Some(workspace)) || rooms.contains_key(&None)
    }

    fn gap(&self) {
        for room in self.rooms.lock().values() {
            let _ = room.send(Heard::Gap);
        }
    }
}

impl House {
    /// Listens to the requests of a workspace, or to all.
    ///
    /// # Errors
    /// When too many listen.
    pub fn listen(self: &Arc<Self>, who: String, place: Option<WorkspaceId>) -> Result<Listener, Crowded> {
        let live = &self.live_rows;
        {
            let mut of_one = live.of_one.lock();
            let count = of_one.entry(who.clone()).or_default();
            if *count >= LISTENERS_OF_ONE_MAX {
                return Err(Crowded::One);
            }
            if live.listeners() >= LISTENERS_MAX {
                return Err(Crowded::All);
            }
            *count += 1;
            live.listeners.fetch_add(1, Ordering::Relaxed);
        }
        let heard = live.rooms.lock().entry(place).or_insert_with(|| channel(ROWS_TOLD_MAX).0).subscribe();
        Ok(Listener { house: Arc::clone(self), who, place, heard })
    }

    /// Tells other nodes what ended here, and those who watch here what ended there, for ever.
    pub async fn share_rows(self: Arc<Self>) {
        tokio::join!(self.tell_others(), self.hear_others());
    }

    async fn tell_others(&self) {
        let live = &self.live_rows;
        loop {
            live.is_due.notified().await;
            tokio::time::sleep(NODES_TELL_EVERY).await;
            let rows = std::mem::take(&mut *live.outbox.lock());
            let news = if rows.len() > ROWS_WAITING_MAX { UsageNews::Many } else { UsageNews::Rows(rows) };
            // Nobody waits for it; whoever missed a row sees it when they look next.
            let _ = self.store.tell_usage(news).await;
        }
    }

    async fn hear_others(&self) {
        loop {
            match self.store.next_usage().await {
                Ok(UsageNews::Many) => self.live_rows.gap(),
                Ok(UsageNews::Rows(rows)) => {
                    for (workspace, id) in rows {
                        if self.live_rows.is_watched(workspace) {
                            self.bring(id).await;
                        }
                    }
                }
                Err(_) => tokio::time::sleep(ROWS_LATE).await,
            }
        }
    }

    /// Brings a row that another node wrote; a record may be on its way still.
    async fn bring(&self, id: RequestId) {
        for wait in [None, Some(ROWS_LATE)] {
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
            let filter = UsageFilter { request: Some(id), limit: 1, ..UsageFilter::default() };
            if let Some(row) = self.store.page_usage(filter).await.ok().and_then(|mut rows| rows.pop()) {
                return self.live_rows.tell_here(&row);
            }
        }
        self.live_rows.gap();
    }
}

impl Listener {
    /// The next thing; who was too slow hears of a gap.
    pub async fn next(&mut self) -> Heard {
        use tokio::sync::broadcast::error::RecvError;
        match self.heard.recv().await {
            Ok(heard) => heard,
            Err(RecvError::Lagged(_)) => Heard::Gap,
            // The room stays as long as somebody is in it.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// What is there already; nothing where it is still to come.
    pub fn at_hand(&mut self) -> Option<Heard> {
        use tokio::sync::broadcast::error::TryRecvError;
        match self.heard.try_recv() {
            Ok(heard) => Some(heard),
            Err(TryRecvError::Lagged(_)) => Some(Heard::Gap),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let live = &self.house.live_rows;
        live.listeners.fetch_sub(1, Ordering::Relaxed);
        let mut of_one = live.of_one.lock();
        if let Some(count) = of_one.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                of_one.remove(&self.who);
            }
        }
        let mut rooms = live.rooms.lock();
        // Ours is the last.
        if rooms.get(&self.place).is_some_and(|room| room.receiver_count() <= 1) {
            rooms.remove(&self.place);
        }
    }
}
