//! Users: who they are, how they sign in, where they are signed in. In: rows. Out: rows. Never here: what belongs to a
//! workspace (members.rs), a secret in the clear.

use super::log::digest;
use super::members;
use super::pool::Fail;
use super::wire::Uuid;
use crate::port::{
    MailedKind, MailedRow, MethodKind, MethodRow, NewPassword, NewUser, SessionRow, StoreError, UserRow,
};
use tokio_postgres::{Row, Transaction};
use units::{MethodId, Secret, SessionId, Timestamp, UserId};

const USER: &str = "id, email, folded, name, created_at, verified_at, disabled_at, operator, epoch";

fn instant(row: &Row, at: usize) -> Result<Option<Timestamp>, Fail> {
    Ok(row.try_get::<_, Option<i64>>(at)?.map(Timestamp::from_ms))
}

fn small<T: TryFrom<i64>>(row: &Row, at: usize) -> Result<T, Fail> {
    T::try_from(row.try_get(at)?).map_err(|_| Fail::Contradiction("a number is out of bounds".to_owned()))
}

fn user_of(row: &Row) -> Result<UserRow, Fail> {
    Ok(UserRow {
        id: UserId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        email: row.try_get(1)?,
        folded: row.try_get(2)?,
        name: row.try_get(3)?,
        created_at: Timestamp::from_ms(row.try_get(4)?),
        verified_at: instant(row, 5)?,
        disabled_at: instant(row, 6)?,
        operator: row.try_get(7)?,
        epoch: small(row, 8)?,
    })
}

/// All users, oldest first.
pub async fn list(tx: &Transaction<'_>) -> Result<Vec<UserRow>, Fail> {
    let sql = format!("SELECT {USER} FROM user_account ORDER BY created_at, id");
    tx.query(&sql, &[]).await?.iter().map(user_of).collect()
}

/// The user of an address. PostgreSQL has no text with a zero byte, so nobody has such an address.
pub async fn find(tx: &Transaction<'_>, folded: &str) -> Result<Option<UserRow>, Fail> {
    if folded.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {USER} FROM user_account WHERE folded = $1");
    tx.query_opt(&sql, &[&folded]).await?.as_ref().map(user_of).transpose()
}

const METHOD: &str = "id, user_id, kind, subject, secret, created_at, confirmed_at, counter";

fn method_of(row: &Row) -> Result<MethodRow, Fail> {
    Ok(MethodRow {
        id: MethodId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        user: UserId::from_bytes(row.try_get::<_, Uuid>(1)?.0),
        kind: MethodKind::of(row.try_get(2)?),
        subject: row.try_get(3)?,
        secret: Secret::new(row.try_get(4)?),
        created_at: Timestamp::from_ms(row.try_get(5)?),
        confirmed_at: instant(row, 6)?,
        counter: row.try_get(7)?,
    })
}

/// How a user signs in.
pub async fn methods(tx: &Transaction<'_>, user: UserId) -> Result<Vec<MethodRow>, Fail> {
    let sql = format!("SELECT {METHOD} FROM sign_in_method WHERE user_id = $1 ORDER BY created_at, id");
    tx.query(&sql, &[&Uuid(user.bytes())]).await?.iter().map(method_of).collect()
}

async fn keep_method(tx: &Transaction<'_>, row: &MethodRow, what: &'static str) -> Result<(), Fail> {
    tx.execute(
        &format!("INSERT INTO sign_in_method ({METHOD}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        &[
            &Uuid(row.id.bytes()),
            &Uuid(row.user.bytes()),
            &row.kind.number(),
            &row.subject,
            row.secret.expose(),
            &row.created_at.ms(),
            &row.confirmed_at.map(Timestamp::ms),
            &row.counter,
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, what))
}

async fn drop_method(tx: &Transaction<'_>, user: UserId, kind: MethodKind) -> Result<u64, Fail> {
    let sql = "DELETE FROM sign_in_method WHERE user_id = $1 AND kind = $2";
    Ok(tx.execute(sql, &[&Uuid(user.bytes()), &kind.number()]).await?)
}

/// Makes a user with all that comes with them.
pub async fn register(tx: &Transaction<'_>, new: &NewUser) -> Result<(), Fail> {
    let user = &new.user;
    if let Some(digest) = &new.setup {
        // Of two first operators at once one waits here.
        tx.execute("SELECT 1 FROM log_head FOR UPDATE", &[]).await?;
        use_up(tx, digest, MailedKind::Setup, user.created_at).await?;
        if tx.query_opt("SELECT 1 FROM user_account WHERE operator LIMIT 1", &[]).await?.is_some() {
            return Err(StoreError::NotFound("token").into());
        }
    }
    tx.execute(
        &format!("INSERT INTO user_account ({USER}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        &[
            &Uuid(user.id.bytes()),
            &user.email,
            &user.folded,
            &user.name,
            &user.created_at.ms(),
            &user.verified_at.map(Timestamp::ms),
            &user.disabled_at.map(Timestamp::ms),
            &user.operator,
            &i64::from(user.epoch),
        ],
    )
    .await
    .map_err(|e| Fail::taken(e, "user"))?;
    keep_method(tx, &new.method, "sign-in method").await?;
    if let Some(workspace) = &new.workspace {
        members::found(tx, workspace, user.id).await?;
    }
    if let Some(token) = &new.verify {
        keep_mailed(tx, token).await?;
    }
    match &new.invitation {
        Some(digest) => members::accept(tx, digest, user.id, user.created_at).await,
        None => Ok(()),
    }
}

/// Keeps a token; an older one of its user and kind goes, and whatever has ended.
pub async fn keep_mailed(tx: &Transaction<'_>, row: &MailedRow) -> Result<(), Fail> {
    let user = row.user.map(|id| Uuid(id.bytes()));
    tx.execute("DELETE FROM mailed_token WHERE ends_at <= $1", &[&row.made_at.ms()]).await?;
    if user.is_some() {
        let older = "DELETE FROM mailed_token WHERE user_id = $1 AND kind = $2 AND used_at IS NULL";
        tx.execute(older, &[&user, &row.kind.number()]).await?;
    }
    tx.execute(
        "INSERT INTO mailed_token (digest, user_id, kind, made_at, ends_at) VALUES ($1, $2, $3, $4, $5)",
        &[&&row.digest[..], &user, &row.kind.number(), &row.made_at.ms(), &row.ends_at.ms()],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "token"))
}

/// What a token is for, while it works.
pub async fn find_mailed(tx: &Transaction<'_>, token: [u8; 32], now: Timestamp) -> Result<Option<MailedRow>, Fail> {
    let sql = "SELECT digest, user_id, kind, made_at, ends_at FROM mailed_token
               WHERE digest = $1 AND used_at IS NULL AND ends_at > $2";
    let Some(row) = tx.query_opt(sql, &[&&token[..], &now.ms()]).await? else { return Ok(None) };
    Ok(Some(MailedRow {
        digest: digest(row.try_get(0)?)?,
        user: row.try_get::<_, Option<Uuid>>(1)?.map(|id| UserId::from_bytes(id.0)),
        kind: MailedKind::of(row.try_get(2)?),
        made_at: Timestamp::from_ms(row.try_get(3)?),
        ends_at: Timestamp::from_ms(row.try_get(4)?),
    }))
}

/// Uses a token up; says whose it is.
async fn use_up(
    tx: &Transaction<'_>,
    token: &[u8; 32],
    kind: MailedKind,
    now: Timestamp,
) -> Result<Option<UserId>, Fail> {
    let sql = "UPDATE mailed_token SET used_at = $3
               WHERE digest = $1 AND kind = $2 AND used_at IS NULL AND ends_at > $3 RETURNING user_id";
    let row = tx.query_opt(sql, &[&&token[..], &kind.number(), &now.ms()]).await?;
    let row = row.ok_or(StoreError::NotFound("token"))?;
    Ok(row.try_get::<_, Option<Uuid>>(0)?.map(|id| UserId::from_bytes(id.0)))
}

/// Proves an address.
pub async fn verify_email(tx: &Transaction<'_>, token: &[u8; 32], now: Timestamp) -> Result<(), Fail> {
    let user = use_up(tx, token, MailedKind::Verify, now).await?.ok_or(StoreError::NotFound("token"))?;
    prove(tx, user, now).await
}

async fn prove(tx: &Transaction<'_>, user: UserId, now: Timestamp) -> Result<(), Fail> {
    let sql = "UPDATE user_account SET verified_at = coalesce(verified_at, $2) WHERE id = $1";
    tx.execute(sql, &[&Uuid(user.bytes()), &now.ms()]).await?;
    Ok(())
}

/// Sets a password.
pub async fn set_password(tx: &Transaction<'_>, row: &MethodRow, how: NewPassword) -> Result<(), Fail> {
    if let NewPassword::Reset(token) = how {
        if use_up(tx, &token, MailedKind::Reset, row.created_at).await? != Some(row.user) {
            return Err(StoreError::NotFound("token").into());
        }
        prove(tx, row.user, row.created_at).await?;
    }
    drop_method(tx, row.user, MethodKind::Password).await?;
    keep_method(tx, row, "sign-in method").await?;
    if how != NewPassword::Rehashed {
        end_epoch(tx, row.user).await?;
    }
    Ok(())
}

/// Ends everything that was begun in the user's epoch.
async fn end_epoch(tx: &Transaction<'_>, user: UserId) -> Result<(), Fail> {
    let user = Uuid(user.bytes());
    tx.execute("UPDATE user_account SET epoch = epoch + 1 WHERE id = $1", &[&user]).await?;
    tx.execute("DELETE FROM session WHERE user_id = $1", &[&user]).await?;
    tx.execute("DELETE FROM mailed_token WHERE user_id = $1 AND kind = 2 AND used_at IS NULL", &[&user]).await?;
    Ok(())
}

/// Lets a user in or shuts them out, and makes them an operator or not.
pub async fn set_standing(
    tx: &Transaction<'_>,
    user: UserId,
    disabled_at: Option<Timestamp>,
    operator: bool,
) -> Result<UserRow, Fail> {
    // Two operators who shut each other out wait here for one another.
    tx.execute("SELECT 1 FROM user_account WHERE operator ORDER BY id FOR UPDATE", &[]).await?;
    let id = Uuid(user.bytes());
    let before = tx.query_opt(&format!("SELECT {USER} FROM user_account WHERE id = $1 FOR UPDATE"), &[&id]).await?;
    let before = user_of(&before.ok_or(StoreError::NotFound("user"))?)?;
    let sql = "UPDATE user_account SET disabled_at = $2, operator = $3 WHERE id = $1";
    tx.execute(sql, &[&id, &disabled_at.map(Timestamp::ms), &operator]).await?;
    let sql = "SELECT 1 FROM user_account WHERE operator AND disabled_at IS NULL LIMIT 1";
    let left = tx.query_opt(sql, &[]).await?.is_some();
    if !left && before.operator && before.disabled_at.is_none() {
        return Err(StoreError::LastOne("operator").into());
    }
    if disabled_at.is_some() {
        end_epoch(tx, user).await?;
    }
    let row = tx.query_one(&format!("SELECT {USER} FROM user_account WHERE id = $1"), &[&id]).await?;
    user_of(&row)
}

const SESSION: &str = "id, digest, user_id, epoch, made_at, seen_at, ends_at, aal, tries, address, agent";

fn session_of(row: &Row) -> Result<SessionRow, Fail> {
    Ok(SessionRow {
        id: SessionId::from_bytes(row.try_get::<_, Uuid>(0)?.0),
        digest: digest(row.try_get(1)?)?,
        user: UserId::from_bytes(row.try_get::<_, Uuid>(2)?.0),
        epoch: small(row, 3)?,
        made_at: Timestamp::from_ms(row.try_get(4)?),
        seen_at: Timestamp::from_ms(row.try_get(5)?),
        ends_at: Timestamp::from_ms(row.try_get(6)?),
        aal: small(row, 7)?,
        tries: small(row, 8)?,
        address: row.try_get(9)?,
        agent: row.try_get(10)?,
    })
}

/// Sessions that have not ended by then.
pub async fn sessions(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<SessionRow>, Fail> {
    let sql = format!("SELECT {SESSION} FROM session WHERE ends_at > $1 ORDER BY id");
    tx.query(&sql, &[&now.ms()]).await?.iter().map(session_of).collect()
}

/// One of them.
pub async fn session(tx: &Transaction<'_>, id: SessionId) -> Result<Option<SessionRow>, Fail> {
    let sql = format!("SELECT {SESSION} FROM session WHERE id = $1");
    tx.query_opt(&sql, &[&Uuid(id.bytes())]).await?.as_ref().map(session_of).transpose()
}

/// Keeps a session in place of another, and forgets those that have ended.
pub async fn open_session(tx: &Transaction<'_>, row: &SessionRow, replaces: Option<SessionId>) -> Result<(), Fail> {
    tx.execute("DELETE FROM session WHERE ends_at <= $1", &[&row.made_at.ms()]).await?;
    let user = Uuid(row.user.bytes());
    if let Some(old) = replaces {
        let sql = "DELETE FROM session WHERE id = $1 AND user_id = $2";
        if tx.execute(sql, &[&Uuid(old.bytes()), &user]).await? == 0 {
            return Err(StoreError::NotFound("session").into());
        }
    }
    tx.execute(
        &format!("INSERT INTO session ({SESSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"),
        &[
            &Uuid(row.id.bytes()),
            &&row.digest[..],
            &user,
            &i64::from(row.epoch),
            &row.made_at.ms(),
            &row.seen_at.ms(),
            &row.ends_at.ms(),
            &i64::from(row.aal),
            &i64::from(row.tries),
            &row.address,
            &row.agent,
        ],
    )
    .await
    .map(drop)
    .map_err(|e| Fail::taken(e, "session"))
}

/// Notes that a session was used.
pub async fn touch(tx: &Transaction<'_>, id: SessionId, now: Timestamp) -> Result<(), Fail> {
    let sql = "UPDATE session SET seen_at = greatest(seen_at, $2) WHERE id = $1";
    tx.execute(sql, &[&Uuid(id.bytes()), &now.ms()]).await?;
    Ok(())
}

/// Counts a wrong code; the last one ends the session.
pub async fn wrong_code(tx: &Transaction<'_>, id: SessionId, most: u8) -> Result<u8, Fail> {
    let id = Uuid(id.bytes());
    let sql = "UPDATE session SET tries = tries + 1 WHERE id = $1 RETURNING tries";
    let tries = match tx.query_opt(sql, &[&id]).await? {
        Some(row) => small(&row, 0)?,
        None => most,
    };
    if tries >= most {
        tx.execute("DELETE FROM session WHERE id = $1", &[&id]).await?;
    }
    Ok(tries)
}

/// Ends one session of a user, or all.
pub async fn end_sessions(tx: &Transaction<'_>, user: UserId, only: Option<SessionId>) -> Result<u64, Fail> {
    let sql = "DELETE FROM session WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2)";
    let ended = tx.execute(sql, &[&Uuid(user.bytes()), &only.map(|id| Uuid(id.bytes()))]).await?;
    if ended == 0 && only.is_some() { Err(StoreError::NotFound("session").into()) } else { Ok(ended) }
}

/// Keeps a seed that is still to be confirmed.
pub async fn enrol_totp(tx: &Transaction<'_>, row: &MethodRow) -> Result<(), Fail> {
    let older = "DELETE FROM sign_in_method WHERE user_id = $1 AND kind = $2 AND confirmed_at IS NULL";
    tx.execute(older, &[&Uuid(row.user.bytes()), &row.kind.number()]).await?;
    keep_method(tx, row, "second factor").await
}

/// Confirms a seed, and keeps the digests of recovery codes in place of older ones.
pub async fn confirm_totp(
    tx: &Transaction<'_>,
    id: MethodId,
    step: i64,
    (codes, now): (&[[u8; 32]], Timestamp),
) -> Result<(), Fail> {
    let sql = "UPDATE sign_in_method SET confirmed_at = $2, counter = $3
               WHERE id = $1 AND confirmed_at IS NULL RETURNING user_id";
    let row = tx.query_opt(sql, &[&Uuid(id.bytes()), &now.ms(), &step]).await?;
    let user: Uuid = row.ok_or(StoreError::NotFound("second factor"))?.try_get(0)?;
    tx.execute("DELETE FROM recovery_code WHERE user_id = $1", &[&user]).await?;
    for code in codes {
        let sql = "INSERT INTO recovery_code (user_id, digest) VALUES ($1, $2)";
        tx.execute(sql, &[&user, &&code[..]]).await?;
    }
    Ok(())
}

/// Uses a step up.
pub async fn take_step(tx: &Transaction<'_>, id: MethodId, step: i64) -> Result<bool, Fail> {
    let sql = "UPDATE sign_in_method SET counter = $2 WHERE id = $1 AND counter < $2 AND confirmed_at IS NOT NULL";
    Ok(tx.execute(sql, &[&Uuid(id.bytes()), &step]).await? == 1)
}

/// Uses a recovery code up.
pub async fn take_recovery(
    tx: &Transaction<'_>,
    user: UserId,
    code: &[u8; 32],
    now: Timestamp,
) -> Result<bool, Fail> {
    let sql = "UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND digest = $2 AND used_at IS NULL";
    Ok(tx.execute(sql, &[&Uuid(user.bytes()), &&code[..], &now.ms()]).await? == 1)
}

/// Forgets one-time codes and recovery codes.
pub async fn drop_totp(tx: &Transaction<'_>, user: UserId) -> Result<(), Fail> {
    if drop_method(tx, user, MethodKind::Totp).await? == 0 {
        return Err(StoreError::NotFound("second factor").into());
    }
    tx.execute("DELETE FROM recovery_code WHERE user_id = $1", &[&Uuid(user.bytes())]).await?;
    Ok(())
}
