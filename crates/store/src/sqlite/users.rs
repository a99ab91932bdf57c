//! Users on disk: who they are, how they sign in, where they are signed in. In: rows. Out: rows. Never here: what belongs to
//! a workspace (members.rs), a secret in the clear.

use super::people::taken;
use super::{members, sql_error};
use crate::port::{
    MailedKind, MailedRow, MethodKind, MethodRow, NewPassword, NewUser, SessionRow, StoreError, UserRow,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use units::{MethodId, Secret, SessionId, Timestamp, UserId};

const USER: &str = "id, email, folded, name, created_at, verified_at, disabled_at, operator, epoch";

fn instant(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_ms))
}

fn user_of(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: UserId::from_bytes(row.get(0)?),
        email: row.get(1)?,
        folded: row.get(2)?,
        name: row.get(3)?,
        created_at: Timestamp::from_ms(row.get(4)?),
        verified_at: instant(row, 5)?,
        disabled_at: instant(row, 6)?,
        operator: row.get(7)?,
        epoch: row.get(8)?,
    })
}

/// All users, oldest first.
pub fn list(db: &Connection) -> rusqlite::Result<Vec<UserRow>> {
    db.prepare(&format!("SELECT {USER} FROM user_account ORDER BY created_at, id"))?
        .query_map([], user_of)?
        .collect()
}

/// The user of an address.
pub fn find(db: &Connection, folded: &str) -> rusqlite::Result<Option<UserRow>> {
    db.query_row(&format!("SELECT {USER} FROM user_account WHERE folded = ?1"), [folded], user_of).optional()
}

fn by_id(db: &Connection, id: UserId) -> Result<UserRow, StoreError> {
    db.query_row(&format!("SELECT {USER} FROM user_account WHERE id = ?1"), [id.bytes()], user_of)
        .optional()
        .map_err(sql_error)?
        .ok_or(StoreError::NotFound("user"))
}

const METHOD: &str = "id, user_id, kind, subject, secret, created_at, confirmed_at, counter";

fn method_of(row: &Row<'_>) -> rusqlite::Result<MethodRow> {
    Ok(MethodRow {
        id: MethodId::from_bytes(row.get(0)?),
        user: UserId::from_bytes(row.get(1)?),
        kind: MethodKind::of(row.get(2)?),
        subject: row.get(3)?,
        secret: Secret::new(row.get(4)?),
        created_at: Timestamp::from_ms(row.get(5)?),
        confirmed_at: instant(row, 6)?,
        counter: row.get(7)?,
    })
}

/// How a user signs in.
pub fn methods(db: &Connection, user: UserId) -> rusqlite::Result<Vec<MethodRow>> {
    db.prepare(&format!("SELECT {METHOD} FROM sign_in_method WHERE user_id = ?1 ORDER BY created_at, id"))?
        .query_map([user.bytes()], method_of)?
        .collect()
}

fn keep_method(tx: &Transaction<'_>, row: &MethodRow) -> Result<(), StoreError> {
    tx.execute(
        &format!("INSERT INTO sign_in_method ({METHOD}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
        params![
            row.id.bytes(),
            row.user.bytes(),
            row.kind.number(),
            row.subject,
            row.secret.expose(),
            row.created_at.ms(),
            row.confirmed_at.map(Timestamp::ms),
            row.counter,
        ],
    )
    .map(drop)
    .map_err(taken("sign-in method"))
}

fn drop_method(tx: &Transaction<'_>, user: UserId, kind: MethodKind) -> Result<usize, StoreError> {
    tx.execute("DELETE FROM sign_in_method WHERE user_id = ?1 AND kind = ?2", params![user.bytes(), kind.number()])
        .map_err(sql_error)
}

/// Makes a user with all that comes with them.
pub fn register(tx: &Transaction<'_>, new: &NewUser) -> Result<(), StoreError> {
    let user = &new.user;
    if let Some(digest) = &new.setup {
        use_up(tx, digest, MailedKind::Setup, user.created_at)?;
        let operators: i64 = tx
            .query_row("SELECT count(*) FROM user_account WHERE operator", [], |row| row.get(0))
            .map_err(sql_error)?;
        if operators > 0 {
            return Err(StoreError::NotFound("token"));
        }
    }
    tx.execute(
        &format!("INSERT INTO user_account ({USER}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"),
        params![
            user.id.bytes(),
            user.email,
            user.folded,
            user.name,
            user.created_at.ms(),
            user.verified_at.map(Timestamp::ms),
            user.disabled_at.map(Timestamp::ms),
            user.operator,
            user.epoch,
        ],
    )
    .map_err(taken("user"))?;
    keep_method(tx, &new.method)?;
    if let Some(workspace) = &new.workspace {
        members::found(tx, workspace, user.id)?;
    }
    if let Some(token) = &new.verify {
        keep_mailed(tx, token)?;
    }
    match &new.invitation {
        Some(digest) => members::accept(tx, digest, user.id, user.created_at),
        None => Ok(()),
    }
}

/// Keeps a token; an older one of its user and kind goes, and whatever has ended.
pub fn keep_mailed(tx: &Transaction<'_>, row: &MailedRow) -> Result<(), StoreError> {
    let user = row.user.map(UserId::bytes);
    tx.execute("DELETE FROM mailed_token WHERE ends_at <= ?1", [row.made_at.ms()]).map_err(sql_error)?;
    if user.is_some() {
        tx.execute(
            "DELETE FROM mailed_token WHERE user_id = ?1 AND kind = ?2 AND used_at IS NULL",
            params![user, row.kind.number()],
        )
        .map_err(sql_error)?;
    }
    tx.execute(
        "INSERT INTO mailed_token (digest, user_id, kind, made_at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![row.digest, user, row.kind.number(), row.made_at.ms(), row.ends_at.ms()],
    )
    .map(drop)
    .map_err(taken("token"))
}

/// What a token is for, while it works.
pub fn find_mailed(db: &Connection, digest: &[u8; 32], now: Timestamp) -> rusqlite::Result<Option<MailedRow>> {
    db.query_row(
        "SELECT digest, user_id, kind, made_at, ends_at FROM mailed_token
         WHERE digest = ?1 AND used_at IS NULL AND ends_at > ?2",
        params![digest, now.ms()],
        |row| {
            Ok(MailedRow {
                digest: row.get(0)?,
                user: row.get::<_, Option<[u8; 16]>>(1)?.map(UserId::from_bytes),
                kind: MailedKind::of(row.get(2)?),
                made_at: Timestamp::from_ms(row.get(3)?),
                ends_at: Timestamp::from_ms(row.get(4)?),
            })
        },
    )
    .optional()
}

/// Uses a token up; says whose it is.
fn use_up(
    tx: &Transaction<'_>,
    digest: &[u8; 32],
    kind: MailedKind,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    tx.query_row(
        "UPDATE mailed_token SET used_at = ?3
         WHERE digest = ?1 AND kind = ?2 AND used_at IS NULL AND ends_at > ?3 RETURNING user_id",
        params![digest, kind.number(), now.ms()],
        |row| Ok(row.get::<_, Option<[u8; 16]>>(0)?.map(UserId::from_bytes)),
    )
    .optional()
    .map_err(sql_error)?
    .ok_or(StoreError::NotFound("token"))
}

/// Proves an address.
pub fn verify_email(tx: &Transaction<'_>, digest: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    let user = use_up(tx, digest, MailedKind::Verify, now)?.ok_or(StoreError::NotFound("token"))?;
    prove(tx, user, now)
}

fn prove(tx: &Transaction<'_>, user: UserId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE user_account SET verified_at = coalesce(verified_at, ?2) WHERE id = ?1",
        params![user.bytes(), now.ms()],
    )
    .map(drop)
    .map_err(sql_error)
}

/// Sets a password.
pub fn set_password(tx: &Transaction<'_>, row: &MethodRow, how: NewPassword) -> Result<(), StoreError> {
    if let NewPassword::Reset(digest) = how {
        if use_up(tx, &digest, MailedKind::Reset, row.created_at)? != Some(row.user) {
            return Err(StoreError::NotFound("token"));
        }
        prove(tx, row.user, row.created_at)?;
    }
    drop_method(tx, row.user, MethodKind::Password)?;
    keep_method(tx, row)?;
    if how != NewPassword::Rehashed {
        end_epoch(tx, row.user)?;
    }
    Ok(())
}

/// Ends everything that was begun in the user's epoch.
fn end_epoch(tx: &Transaction<'_>, user: UserId) -> Result<(), StoreError> {
    tx.execute("UPDATE user_account SET epoch = epoch + 1 WHERE id = ?1", [user.bytes()]).map_err(sql_error)?;
    tx.execute("DELETE FROM session WHERE user_id = ?1", [user.bytes()]).map_err(sql_error)?;
    let open = "DELETE FROM mailed_token WHERE user_id = ?1 AND kind = 2 AND used_at IS NULL";
    tx.execute(open, [user.bytes()]).map(drop).map_err(sql_error)
}

/// Lets a user in or shuts them out, and makes them an operator or not.
pub fn set_standing(
    tx: &Transaction<'_>,
    user: UserId,
    disabled_at: Option<Timestamp>,
    operator: bool,
) -> Result<UserRow, StoreError> {
    let before = by_id(tx, user)?;
    tx.execute(
        "UPDATE user_account SET disabled_at = ?2, operator = ?3 WHERE id = ?1",
        params![user.bytes(), disabled_at.map(Timestamp::ms), operator],
    )
    .map_err(sql_error)?;
    let left: i64 = tx
        .query_row("SELECT count(*) FROM user_account WHERE operator AND disabled_at IS NULL", [], |r| r.get(0))
        .map_err(sql_error)?;
    if left == 0 && before.operator && before.disabled_at.is_none() {
        return Err(StoreError::LastOne("operator"));
    }
    if disabled_at.is_some() {
        end_epoch(tx, user)?;
    }
    by_id(tx, user)
}

const SESSION: &str = "id, digest, user_id, epoch, made_at, seen_at, ends_at, aal, tries, address, agent";

fn session_of(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: SessionId::from_bytes(row.get(0)?),
        digest: row.get(1)?,
        user: UserId::from_bytes(row.get(2)?),
        epoch: row.get(3)?,
        made_at: Timestamp::from_ms(row.get(4)?),
        seen_at: Timestamp::from_ms(row.get(5)?),
        ends_at: Timestamp::from_ms(row.get(6)?),
        aal: row.get(7)?,
        tries: row.get(8)?,
        address: row.get(9)?,
        agent: row.get(10)?,
    })
}

/// Sessions that have not ended by then.
pub fn sessions(db: &Connection, now: Timestamp) -> rusqlite::Result<Vec<SessionRow>> {
    db.prepare(&format!("SELECT {SESSION} FROM session WHERE ends_at > ?1 ORDER BY id"))?
        .query_map([now.ms()], session_of)?
        .collect()
}

/// One of them.
pub fn session(db: &Connection, id: SessionId) -> rusqlite::Result<Option<SessionRow>> {
    db.query_row(&format!("SELECT {SESSION} FROM session WHERE id = ?1"), [id.bytes()], session_of).optional()
}

/// Keeps a session in place of another, and forgets those that have ended.
pub fn open_session(tx: &Transaction<'_>, row: &SessionRow, replaces: Option<SessionId>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE ends_at <= ?1", [row.made_at.ms()]).map_err(sql_error)?;
    if let Some(old) = replaces {
        let ended = tx
            .execute("DELETE FROM session WHERE id = ?1 AND user_id = ?2", params![old.bytes(), row.user.bytes()])
            .map_err(sql_error)?;
        if ended == 0 {
            return Err(StoreError::NotFound("session"));
        }
    }
    tx.execute(
        &format!("INSERT INTO session ({SESSION}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
        params![
            row.id.bytes(),
            row.digest,
            row.user.bytes(),
            row.epoch,
            row.made_at.ms(),
            row.seen_at.ms(),
            row.ends_at.ms(),
            row.aal,
            row.tries,
            row.address,
            row.agent,
        ],
    )
    .map(drop)
    .map_err(taken("session"))
}

/// Notes that a session was used.
pub fn touch(db: &Connection, id: SessionId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE session SET seen_at = max(seen_at, ?2) WHERE id = ?1";
    db.execute(sql, params![id.bytes(), now.ms()]).map(drop)
}

/// Counts a wrong code; the last one ends the session.
pub fn wrong_code(db: &Connection, id: SessionId, most: u8) -> rusqlite::Result<u8> {
    let tries: Option<u8> = db
        .query_row("UPDATE session SET tries = tries + 1 WHERE id = ?1 RETURNING tries", [id.bytes()], |row| {
            row.get(0)
        })
        .optional()?;
    let tries = tries.unwrap_or(most);
    if tries >= most {
        db.execute("DELETE FROM session WHERE id = ?1", [id.bytes()])?;
    }
    Ok(tries)
}

/// Ends one session of a user, or all.
pub fn end_sessions(tx: &Transaction<'_>, user: UserId, only: Option<SessionId>) -> Result<u64, StoreError> {
    let sql = "DELETE FROM session WHERE user_id = ?1 AND (?2 IS NULL OR id = ?2)";
    let ended = tx.execute(sql, params![user.bytes(), only.map(SessionId::bytes)]).map_err(sql_error)?;
    if ended == 0 && only.is_some() { Err(StoreError::NotFound("session")) } else { Ok(ended as u64) }
}

/// Keeps a seed that is still to be confirmed.
pub fn enrol_totp(tx: &Transaction<'_>, row: &MethodRow) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM sign_in_method WHERE user_id = ?1 AND kind = ?2 AND confirmed_at IS NULL",
        params![row.user.bytes(), row.kind.number()],
    )
    .map_err(sql_error)?;
    keep_method(tx, row).map_err(|error| match error {
        StoreError::Exists(_) => StoreError::Exists("second factor"),
        other => other,
    })
}

/// Confirms a seed, and keeps the digests of recovery codes in place of older ones.
pub fn confirm_totp(
    tx: &Transaction<'_>,
    id: MethodId,
    step: i64,
    (codes, now): (&[[u8; 32]], Timestamp),
) -> Result<(), StoreError> {
    let user: [u8; 16] = tx
        .query_row(
            "UPDATE sign_in_method SET confirmed_at = ?2, counter = ?3
             WHERE id = ?1 AND confirmed_at IS NULL RETURNING user_id",
            params![id.bytes(), now.ms(), step],
            |row| row.get(0),
        )
        .optional()
        .map_err(sql_error)?
        .ok_or(StoreError::NotFound("second factor"))?;
    tx.execute("DELETE FROM recovery_code WHERE user_id = ?1", [user]).map_err(sql_error)?;
    for digest in codes {
        tx.execute("INSERT INTO recovery_code (user_id, digest) VALUES (?1, ?2)", params![user, digest])
            .map_err(sql_error)?;
    }
    Ok(())
}

/// Uses a step up.
pub fn take_step(db: &Connection, id: MethodId, step: i64) -> rusqlite::Result<bool> {
    let sql = "UPDATE sign_in_method SET counter = ?2 WHERE id = ?1 AND counter < ?2 AND confirmed_at IS NOT NULL";
    Ok(db.execute(sql, params![id.bytes(), step])? == 1)
}

/// Uses a recovery code up.
pub fn take_recovery(
    tx: &Transaction<'_>,
    user: UserId,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "UPDATE recovery_code SET used_at = ?3 WHERE user_id = ?1 AND digest = ?2 AND used_at IS NULL";
    Ok(tx.execute(sql, params![user.bytes(), digest, now.ms()]).map_err(sql_error)? == 1)
}

/// Forgets one-time codes and recovery codes.
pub fn drop_totp(tx: &Transaction<'_>, user: UserId) -> Result<(), StoreError> {
    if drop_method(tx, user, MethodKind::Totp)? == 0 {
        return Err(StoreError::NotFound("second factor"));
    }
    tx.execute("DELETE FROM recovery_code WHERE user_id = ?1", [user.bytes()]).map(drop).map_err(sql_error)
}
