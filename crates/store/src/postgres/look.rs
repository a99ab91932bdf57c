//! The books as operators look at them: sums, open holds, what moved. In: questions. Out: rows. Never here: a write, a rule about
//! money (ledger).

use super::load;
use super::pool::{Db, Fail};
use super::wire::Uuid;
use crate::port::{HeldRow, Movement, MovementFilter, MovementMark, StoreError, Totals};
use crate::record::{MOVEMENT, MOVEMENTS, count_of, movements_of_one, totals_at};
use ledger::GrantKind;
use std::sync::Arc;
use tokio_postgres::{Row, Transaction};
use units::{GrantId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What everybody's credit comes to, of one instant.
pub async fn totals(db: &Db, now: Timestamp) -> Result<Totals, StoreError> {
    db.read(Arc::new(move |tx| {
        Box::pin(async move {
            let row = tx.query_one(&totals_at("$1"), &[&now.ms()]).await?;
            Ok(Totals {
                posted: NanoUsd::new(row.try_get(0)?),
                granted: NanoUsd::new(row.try_get(1)?),
                held: NanoUsd::new(row.try_get(2)?),
                workspaces: count_of(row.try_get(3)?),
            })
        })
    }))
    .await
}

/// Open holds of all nodes, the oldest first.
pub async fn open_holds(db: &Db, after: Option<RequestId>, limit: u32) -> Result<Vec<HeldRow>, StoreError> {
    db.read(Arc::new(move |tx| Box::pin(holds(tx, after, limit)))).await
}

async fn holds(tx: &Transaction<'_>, after: Option<RequestId>, limit: u32) -> Result<Vec<HeldRow>, Fail> {
    let after = Uuid(after.map_or([0; 16], RequestId::bytes));
    let sql = "SELECT id, workspace, key, want, floor, at, seq, legs, member, end_user, task FROM hold
         WHERE id > $1 ORDER BY id LIMIT $2";
    let rows = tx.query(sql, &[&after, &i64::from(limit)]).await?;
    rows.iter()
        .map(|row| {
            let hold = load::hold(row)?;
            let amount = hold.amount().map_err(|e| StoreError::Corrupt(e.to_string()))?;
            let (id, workspace, key, at) = (hold.id, hold.workspace, hold.key, hold.at);
            Ok(HeldRow { id, workspace, key, amount, at, task: row.try_get(10)? })
        })
        .collect()
}

/// A page of what moved, newest first.
pub async fn movements(tx: &Transaction<'_>, filter: MovementFilter) -> Result<Vec<Movement>, Fail> {
    let MovementMark { at, of, code, leg } = filter.before.unwrap_or(MovementMark::LAST);
    let (at, of, limit) = (at.ms(), Uuid(of), i64::from(filter.limit));
    let before = "($1, $2, $3, $4)";
    let rows = match filter.workspace {
        Some(one) => {
            let sql = format!("{} $5", movements_of_one(before, "$6"));
            tx.query(&sql, &[&at, &of, &code, &leg, &limit, &Uuid(one.bytes())]).await?
        }
        None => {
            let sql = format!("SELECT {MOVEMENT} {} $5", MOVEMENTS.replace("BEFORE", before));
            tx.query(&sql, &[&at, &of, &code, &leg, &limit]).await?
        }
    };
    rows.iter().map(movement).collect()
}

fn movement(row: &Row) -> Result<Movement, Fail> {
    let (at, of) = (Timestamp::from_ms(row.try_get(0)?), row.try_get::<_, Uuid>(1)?.0);
    let mark = MovementMark { at, of, code: row.try_get(2)?, leg: row.try_get(3)? };
    let kind: &str = row.try_get(7)?;
    Ok(Movement {
        mark,
        came: Movement::came(mark.code),
        amount: NanoUsd::new(row.try_get(4)?),
        grant: GrantId::from_bytes(row.try_get::<_, Uuid>(5)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(6)?.0),
        kind: GrantKind::from_name(kind).ok_or_else(|| Fail::Contradiction(format!("credit of a kind {kind}")))?,
        reason: row.try_get(8)?,
        actor: row.try_get(9)?,
        expires_at: row.try_get::<_, Option<i64>>(10)?.map(Timestamp::from_ms),
    })
}
