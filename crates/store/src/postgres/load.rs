//! Rows of money read and locked. In: a connection inside a transaction. Out: grants and holds as the rulebook has them.
//! Never here: a decision, a write.

use super::pool::Fail;
use super::wire::{Uuid, unpack};
use crate::port::StoreError;
use ledger::{Counted, Grant, HoldState, OpenHold};
use tokio_postgres::Row;
use units::{GrantId, KeyId, MeterId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// Locks the grants of workspaces in id order.
pub const GRANTS: &str = "SELECT workspace, id, priority, expires_at, swept, posted, held FROM credit \
    WHERE workspace = ANY($1) AND (posted <> 0 OR held <> 0) ORDER BY id FOR UPDATE";
/// Locks holds in id order.
pub const HOLDS: &str = "SELECT id, workspace, key, want, floor, at, seq, legs, member, end_user FROM hold \
    WHERE id = ANY($1) ORDER BY id FOR UPDATE";
/// Every hold of some workspaces, in the columns of `HOLDS`. Asked after the grants were locked, so that none is on its way.
pub const HELD: &str = "SELECT id, workspace, key, want, floor, at, seq, legs, member, end_user FROM hold \
    WHERE workspace = ANY($1)";
/// Locks workspaces in id order.
pub const WORKSPACES: &str = "SELECT 1 FROM workspace WHERE id = ANY($1) ORDER BY id FOR UPDATE";
/// What was charged to whom and by how many requests, from a day on.
pub const DAYS: &str = "SELECT meter, day, spent, requests FROM spend_day WHERE meter = ANY($1) AND day >= $2";
/// How holds ended: by usage row (closing) or tombstone (closing + 10).
pub const STATES: &str = "SELECT u.request, u.closing, u.charge FROM unnest($1::bigint[], $2::uuid[]) AS k (day, id) \
    JOIN usage u ON u.day = k.day AND u.request = k.id WHERE u.closing <> 0 \
    UNION ALL SELECT hold, (state + 10)::smallint, 0 FROM tombstone WHERE hold = ANY($2)";
/// Keeps the lease of this node from being given up while the batch hangs holds on it.
pub const LEASE: &str = "SELECT 1 FROM node WHERE lease = $1 FOR KEY SHARE";
/// Whose holds these are.
pub const OWNERS: &str = "SELECT id, workspace FROM hold WHERE id = ANY($1)";

/// A grant and whose it is.
pub fn grant(row: &Row) -> Result<(WorkspaceId, Grant), tokio_postgres::Error> {
    let priority: i16 = row.try_get(2)?;
    let grant = Grant {
        id: GrantId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        priority: u8::try_from(priority).unwrap_or(u8::MAX),
        expires_at: row.try_get::<_, Option<i64>>(3)?.map(Timestamp::from_ms),
        swept: row.try_get(4)?,
        posted: NanoUsd::new(row.try_get(5)?),
        held: NanoUsd::new(row.try_get(6)?),
    };
    Ok((WorkspaceId::from_bytes(row.try_get::<_, Uuid>(0)?.0), grant))
}

/// Who, on which day, how much and by how many requests.
pub fn day(row: &Row) -> Result<(MeterId, i64, (NanoUsd, u32)), tokio_postgres::Error> {
    let meter = MeterId::from_bytes(row.try_get::<_, Uuid>(0)?.0);
    let requests = u32::try_from(row.try_get::<_, i64>(3)?).unwrap_or(u32::MAX);
    Ok((meter, row.try_get(1)?, (NanoUsd::new(row.try_get(2)?), requests)))
}

/// Whom a row counts for, in the column `n` and the one after it.
pub fn counted(row: &Row, n: usize) -> Result<Counted, tokio_postgres::Error> {
    let meter = |n| row.try_get::<_, Option<Uuid>>(n).map(|id| id.map(|id| MeterId::from_bytes(id.0)));
    Ok(Counted { member: meter(n)?, end_user: meter(n + 1)? })
}

/// An open hold.
pub fn hold(row: &Row) -> Result<OpenHold, Fail> {
    let id = RequestId::from_bytes(row.try_get::<_, Uuid>(0)?.0);
    let legs = unpack(row.try_get(7)?)
        .ok_or_else(|| StoreError::Corrupt(format!("the legs of hold {id} are not whole")))?;
    Ok(OpenHold {
        id,
        workspace: WorkspaceId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        key: KeyId::from_bytes(row.try_get::<_, Uuid>(2)?.0),
        counted: counted(row, 8)?,
        want: NanoUsd::new(row.try_get(3)?),
        floor: NanoUsd::new(row.try_get(4)?),
        at: Timestamp::from_ms(row.try_get(5)?),
        seq: u32::try_from(row.try_get::<_, i64>(6)?).unwrap_or(u32::MAX),
        legs,
    })
}

/// How a hold ended.
pub fn state(row: &Row) -> Result<(RequestId, HoldState), tokio_postgres::Error> {
    let id = RequestId::from_bytes(row.try_get::<_, Uuid>(0)?.0);
    let state = match row.try_get::<_, i16>(1)? {
        1 => HoldState::Settled { charged: NanoUsd::new(row.try_get(2)?) },
        13 => HoldState::Expired,
        _ => HoldState::Released,
    };
    Ok((id, state))
}
