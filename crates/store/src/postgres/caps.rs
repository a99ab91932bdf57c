//! What callers with caps have spent and hold, for the orders of a batch. In: a connection whose transaction has locked their
//! grants, so that no other node holds or charges for them meanwhile. Out: tallies. Never here: whether a cap is reached.

use super::credit;
use super::decide::Page;
use super::pool::Fail;
use super::queue::Op;
use super::wire::Uuid;
use super::{link, load};
use crate::port::StoreError;
use crate::record::KEY_SUMS;
use futures_util::future::join3;
use ledger::{Cap, Counted, Span, Tallies};
use std::collections::BTreeSet;
use tokio_postgres::{Client, Statement};
use units::{KeyId, MeterId, RequestId, WorkspaceId};

/// The questions, prepared once a connection.
pub struct Questions {
    workspaces: Statement,
    held: Statement,
    days: Statement,
    spends: Statement,
}

/// Whom the capped orders of a batch are about.
#[derive(Default)]
struct Callers {
    workspaces: BTreeSet<Uuid>,
    keys: BTreeSet<Uuid>,
    meters: BTreeSet<Uuid>,
    first_day: i64,
    counts_requests: bool,
}

impl Callers {
    fn of(ops: &[Op], page: &Page<'_>) -> Self {
        let mut callers = Self { first_day: i64::MAX, ..Self::default() };
        for op in ops {
            match op {
                Op::Hold(order, _) => {
                    callers.take(&order.caps, (order.id, order.workspace), (order.key, order.counted));
                }
                Op::Extend(order, _) => {
                    if let Some(hold) = page.open_hold(order.id) {
                        callers.take(&order.caps, (hold.id, hold.workspace), (hold.key, hold.counted));
                    }
                }
                Op::Settle(..) | Op::Release { .. } | Op::Record(_) | Op::Barrier(_) => {}
            }
        }
        callers
    }

    fn take(&mut self, caps: &[Cap], (id, workspace): (RequestId, WorkspaceId), (key, counted): (KeyId, Counted)) {
        if caps.is_empty() {
            return;
        }
        self.counts_requests |= caps.iter().any(Cap::is_of_requests);
        self.workspaces.insert(Uuid(workspace.bytes()));
        self.keys.insert(Uuid(key.bytes()));
        let meters = [Some(MeterId::from(key)), counted.member, counted.end_user];
        self.meters.extend(meters.iter().flatten().map(|meter| Uuid(meter.bytes())));
        self.first_day = self.first_day.min(*Span::Month.days(id.made_at()).start());
    }
}

impl Questions {
    /// Prepares them.
    pub async fn prepare(client: &Client) -> Result<Self, Fail> {
        let spends = format!("SELECT {KEY_SUMS} FROM key_spend WHERE key = ANY($1)");
        let texts = [load::WORKSPACES, load::HELD, load::DAYS, &spends];
        let [workspaces, held, days, spends] = link::prepare(client, texts).await?;
        Ok(Self { workspaces, held, days, spends })
    }

    /// Asks them about the capped orders of a batch, where there are any.
    pub async fn load(&self, client: &Client, ops: &[Op], page: &mut Page<'_>) -> Result<(), Fail> {
        let callers = Callers::of(ops, page);
        if callers.workspaces.is_empty() {
            return Ok(());
        }
        let [workspaces, keys, meters] =
            [callers.workspaces, callers.keys, callers.meters].map(|set| set.into_iter().collect::<Vec<Uuid>>());
        if callers.counts_requests {
            // A free request of who has no credit locks no grant.
            client.execute(&self.workspaces, &[&workspaces]).await?;
        }
        let (held, days, spends) = join3(
            client.query(&self.held, &[&workspaces]),
            client.query(&self.days, &[&meters, &callers.first_day]),
            client.query(&self.spends, &[&keys]),
        )
        .await;
        let mut tallies = Tallies::default();
        for row in &spends? {
            let key = KeyId::from_bytes(row.try_get::<_, Uuid>(0)?.0);
            tallies.load_key(key, credit::sums(row)?);
        }
        for row in &days? {
            let (meter, day, sums) = load::day(row)?;
            tallies.load_day(meter, day, sums);
        }
        for row in &held? {
            let hold = load::hold(row)?;
            let amount = hold.amount().map_err(|e| StoreError::Corrupt(e.to_string()))?;
            tallies.load_hold(&hold, amount);
        }
        page.load_tallies(tallies);
        Ok(())
    }
}
