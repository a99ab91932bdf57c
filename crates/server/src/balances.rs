//! Whether accounts have a balance, as far as it was asked lately: it decides about tiers, never about money. In: accounts. Out: yes
//! or no, mostly without asking the ledger. Never here: which tier that makes (allowed), how much there is (account).

use crate::house::House;
use crate::limits::{BALANCE_FRESH, BALANCE_STALE};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use units::{NanoUsd, Timestamp, WorkspaceId};

/// What is known of accounts.
#[derive(Default)]
pub struct Balances {
    known: RwLock<foldhash::HashMap<WorkspaceId, Known>>,
    /// Those whose knowledge is old and was used.
    due: Mutex<foldhash::HashSet<WorkspaceId>>,
    is_due: Notify,
}

/// What was found out of an account.
#[derive(Clone, Copy)]
struct Known {
    has: bool,
    at: Timestamp,
}

impl Balances {
    /// What is known is not believed any more.
    pub fn forget(&self, workspace: WorkspaceId) {
        self.known.write().remove(&workspace);
    }

    /// What is known, where that will do. A call waits for a new answer only where nothing is known that is to its favour: who has
    /// paid just now is not sent away for it.
    fn known(&self, workspace: WorkspaceId, now: Timestamp) -> Option<bool> {
        let Known { has, at } = self.known.read().get(&workspace).copied()?;
        let age = now.since(at);
        if age < BALANCE_FRESH {
            return Some(has);
        }
        if !has || age >= BALANCE_STALE {
            return None;
        }
        if self.due.lock().insert(workspace) {
            self.is_due.notify_one();
        }
        Some(true)
    }

    fn learn(&self, workspace: WorkspaceId, has: bool, at: Timestamp) {
        self.known.write().insert(workspace, Known { has, at });
    }

    fn last(&self, workspace: WorkspaceId) -> bool {
        self.known.read().get(&workspace).is_some_and(|known| known.has)
    }
}

impl House {
    /// Whether an account has a balance. Where the ledger does not answer, what was known counts, or nothing.
    pub async fn has_balance(&self, workspace: WorkspaceId, now: Timestamp) -> bool {
        match self.balances.known(workspace, now) {
            Some(has) => has,
            None => {
                self.learn_balance(workspace, now).await;
                self.balances.last(workspace)
            }
        }
    }

    async fn learn_balance(&self, workspace: WorkspaceId, now: Timestamp) {
        if let Ok(balance) = self.ledger.balance(workspace, now).await {
            self.balances.learn(workspace, balance.posted > NanoUsd::ZERO, now);
        }
    }

    /// Asks for balances again beside the calls that want to know, for ever.
    pub async fn learn_balances(&self) {
        loop {
            self.balances.is_due.notified().await;
            let due = std::mem::take(&mut *self.balances.due.lock());
            for workspace in due {
                self.learn_balance(workspace, self.clock.now()).await;
            }
        }
    }
}
