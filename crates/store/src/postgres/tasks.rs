//! Tasks in the database: pictures that are made in a provider's own time. In: rows. Out: rows. Never here: what is in a
//! document, a question to a provider.

use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{StoreError, TaskEnd, TaskRow, TaskState};
use tokio_postgres::{Row, Transaction};
use units::{RequestId, Timestamp, WorkspaceId};

const COLUMNS: &str = "id, workspace, state, created_at, next_at, vanishes_at, document";

fn row_of(row: &Row) -> Result<TaskRow, Fail> {
    Ok(TaskRow {
        id: RequestId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        state: TaskState::of(row.try_get(2)?),
        created_at: Timestamp::from_ms(row.try_get(3)?),
        next_at: Timestamp::from_ms(row.try_get(4)?),
        vanishes_at: row.try_get::<_, Option<i64>>(5)?.map(Timestamp::from_ms),
        document: row.try_get(6)?,
    })
}

/// Keeps a new task, and the hold that outlives the node with it. A repeated try finds its own row.
pub async fn begin(tx: &Transaction<'_>, row: &TaskRow, held: bool) -> Result<(), Fail> {
    let id = Uuid(row.id.bytes());
    if held && tx.execute("UPDATE hold SET task = true WHERE id = $1", &[&id]).await? != 1 {
        return Err(StoreError::NotFound("hold").into());
    }
    tx.execute(
        "INSERT INTO image_task (id, workspace, state, created_at, next_at, vanishes_at, document)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        &[
            &id,
            &Uuid(row.workspace.bytes()),
            &row.state.number(),
            &row.created_at.ms(),
            &row.next_at.ms(),
            &row.vanishes_at.map(Timestamp::ms),
            &row.document,
        ],
    )
    .await?;
    Ok(())
}

/// What a node takes.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// What is due by then.
    pub now: Timestamp,
    /// Nobody else takes it before.
    pub until: Timestamp,
    /// At most so many.
    pub limit: u32,
    /// The node's lease.
    pub owner: Uuid,
}

/// Takes those that are due, and those of dead nodes, and puts them off for anybody else.
pub async fn claim(tx: &Transaction<'_>, claim: Claim) -> Result<Vec<TaskRow>, Fail> {
    let sql = format!(
        "UPDATE image_task SET next_at = $2, owner = $4 WHERE id IN
             (SELECT id FROM image_task t WHERE state = 0 AND (next_at <= $1 OR owner IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM node n WHERE n.lease = t.owner))
              ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING {COLUMNS}"
    );
    let Claim { now, until, limit, owner } = claim;
    let rows = tx.query(&sql, &[&now.ms(), &until.ms(), &i64::from(limit), &owner]).await?;
    rows.iter().map(row_of).collect()
}

/// Sets when a pending one is due next, and what is kept of it.
pub async fn put_off(tx: &Transaction<'_>, id: RequestId, next_at: Timestamp, document: &str) -> Result<(), Fail> {
    let sql = "UPDATE image_task SET next_at = $2, owner = NULL, document = $3 WHERE id = $1 AND state = 0";
    tx.execute(sql, &[&Uuid(id.bytes()), &next_at.ms(), &document]).await?;
    Ok(())
}

/// Ends a pending one; says whether it was pending.
pub async fn end(tx: &Transaction<'_>, id: RequestId, end: &TaskEnd) -> Result<bool, Fail> {
    let sql = "UPDATE image_task SET state = $2, vanishes_at = $3, document = $4 WHERE id = $1 AND state = 0";
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&Uuid(id.bytes()), &end.state.number(), &end.vanishes_at.ms(), &end.document];
    Ok(tx.execute(sql, &row).await? == 1)
}

/// A task of a workspace that has not vanished.
pub async fn find(
    tx: &Transaction<'_>,
    workspace: WorkspaceId,
    id: RequestId,
    now: Timestamp,
) -> Result<Option<TaskRow>, Fail> {
    let sql = format!(
        "SELECT {COLUMNS} FROM image_task
         WHERE id = $1 AND workspace = $2 AND (vanishes_at IS NULL OR vanishes_at > $3)"
    );
    let row = tx.query_opt(&sql, &[&Uuid(id.bytes()), &Uuid(workspace.bytes()), &now.ms()]).await?;
    row.as_ref().map(row_of).transpose()
}

/// Forgets what has vanished; says how many.
pub async fn sweep(tx: &Transaction<'_>, now: Timestamp) -> Result<u64, Fail> {
    Ok(tx.execute("DELETE FROM image_task WHERE vanishes_at <= $1", &[&now.ms()]).await?)
}
