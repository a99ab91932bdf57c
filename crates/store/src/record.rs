//! What both engines keep alike: the numbers of usage rows, texts of rules. In: rows. Out: columns, and back. Never here: SQL that
//! differs.

use crate::port::{AuditEntry, DeviceState, Revoked, SealedKind};
use ledger::{CacheSums, GrantKind, GrantOrder, KeySpend, Tried, UsageRow};
use units::{Class, NanoUsd, RequestId, Timestamp, Usage, UsageSource, UserId, WorkspaceId};

/// The columns of a usage row that both engines share, in this order.
pub const COLUMNS: &str = "request, closing, at, workspace, key, endpoint, model, provider, upstream_model, status, fault, \
    input, cache_read, cache_write_5m, cache_write_1h, audio_in, output, reasoning, audio_out, images, \
    source, price, charge, latency_ms, first_byte_ms, flags, attempts, client_request_id, cache_saved, member, end_user, \
    asked_model, session, client, tries";

/// What everybody's credit comes to: what is left, how much of it was given, what is held, who has any. What has expired is left as
/// far as it is held, as a wallet says it; `NOW` stands for the instant. One text for both engines.
const TOTALS: &str = "SELECT CAST(coalesce(sum(rest), 0) AS bigint), \
    CAST(coalesce(sum(CASE WHEN given THEN rest END), 0) AS bigint), CAST(coalesce(sum(held), 0) AS bigint), \
    count(DISTINCT CASE WHEN rest > 0 THEN workspace END) \
    FROM (SELECT workspace, held, priority < PAID AS given, \
          CASE WHEN swept OR expires_at <= NOW THEN held ELSE posted END AS rest \
          FROM credit WHERE posted <> 0 OR held <> 0) AS c";

/// What is read of a movement, of a transfer `t` and the grant `c` that it is about. One text for both engines.
pub const MOVEMENT: &str =
    "t.at, t.ref, t.code, t.leg, t.amount, c.id, c.workspace, c.kind, c.reason, c.actor, c.expires_at";

/// The movements of everybody, newest first; `BEFORE` and `LIMIT` stand for what is asked. In this form both engines read `transfer_moved`.
pub const MOVEMENTS: &str = "FROM transfer t JOIN credit c ON c.id = CASE t.code WHEN 1 THEN t.credit ELSE t.debit END \
    WHERE t.code IN (1, 4) AND (t.at, t.ref, t.code, t.leg) < BEFORE \
    ORDER BY t.at DESC, t.ref DESC, t.code DESC, t.leg DESC LIMIT ";

/// The movements of one workspace, newest first, up to `LIMIT`: the transfers that made its grants, and those that broke them.
pub fn movements_of_one(before: &str, workspace: &str) -> String {
    let of = |way: &str| {
        format!(
            "SELECT {MOVEMENT} FROM credit c JOIN transfer t ON {way}
             WHERE c.workspace = {workspace} AND (t.at, t.ref, t.code, t.leg) < {before}"
        )
    };
    let (came, went) = (of("t.ref = c.id AND t.code = 1"), of("t.debit = c.id AND t.code = 4"));
    format!("{came} UNION ALL {went} ORDER BY 1 DESC, 2 DESC, 3 DESC, 4 DESC LIMIT")
}

/// `TOTALS` with the instant as an engine writes it.
pub fn totals_at(now: &str) -> String {
    TOTALS.replace("NOW", now).replace("PAID", &GrantKind::Paid.priority().to_string())
}

/// What a usage row of a request says that was admitted and that the house did not fail. One text for both engines.
pub const ADMITTED: &str = "attempts > 0 AND status < 500";

/// How far a device has come, as a number, and by whom for where.
pub const fn device_state(state: DeviceState) -> (u8, Option<(WorkspaceId, UserId)>) {
    match state {
        DeviceState::Waiting => (0, None),
        DeviceState::Approved { workspace, user } => (1, Some((workspace, user))),
        DeviceState::Denied => (2, None),
        // By whom stays as it is.
        DeviceState::Claimed => (3, None),
    }
}

/// How far a device has come. What is not known is a no.
pub const fn device_state_of(state: i64, who: Option<(WorkspaceId, UserId)>) -> DeviceState {
    match (state, who) {
        (0, _) => DeviceState::Waiting,
        (1, Some((workspace, user))) => DeviceState::Approved { workspace, user },
        (3, _) => DeviceState::Claimed,
        _ => DeviceState::Denied,
    }
}

/// The columns behind `id`, the seal first; the table; what rows are meant. One text for both engines.
pub const fn seal_columns(kind: SealedKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        SealedKind::Credential => ("sealed", "credential", "true"),
        SealedKind::OwnCredential => ("sealed, workspace, provider, base_url", "own_credential", "true"),
        SealedKind::Seed => ("secret", "sign_in_method", "kind = 2"),
        SealedKind::Answer => ("sealed, workspace", "kept_answer", "true"),
        SealedKind::Once => ("sealed", "once_call", "sealed IS NOT NULL"),
    }
}

/// The columns of a key's sums that both engines share, in this order.
pub const KEY_SUMS: &str = "key, spent, cache_read, cache_written, cache_saved";

/// The holds of tasks that are not pending any more: nobody would ever close them. One text for both engines.
pub const STRAYS: &str = "SELECT id FROM hold h WHERE h.task <> (1 = 0) AND NOT EXISTS \
    (SELECT 1 FROM image_task t WHERE t.id = h.id AND t.state = 0)";

/// The entry of the log about a grant; what a plan refills by itself nobody did.
pub fn grant_entry(order: &GrantOrder) -> Option<AuditEntry> {
    let detail = serde_json::json!({
        "amount_usd": order.amount.to_string(), "kind": order.kind.name(), "reason": order.reason,
        "expires_at": order.expires_at.map(|at| at.to_string()),
    });
    (order.kind != GrantKind::Plan).then(|| AuditEntry {
        at: order.at,
        actor: order.actor.clone(),
        action: "credit.grant".to_owned(),
        object: order.id.to_string(),
        detail: detail.to_string(),
        workspace: Some(order.workspace),
        address: order.address.clone(),
        ..AuditEntry::default()
    })
}

/// The entries of keys that were revoked with what `log` tells of a member.
pub fn revocations(log: &AuditEntry, revoked: &Revoked) -> Vec<AuditEntry> {
    let entry = |action: &str, object: String| AuditEntry {
        action: action.to_owned(),
        object,
        detail: "{}".to_owned(),
        before: None,
        after: None,
        ..log.clone()
    };
    let keys = revoked.keys.iter().map(|id| entry("key.revoke", id.to_string()));
    let programs = revoked.management_keys.iter().map(|id| entry("management_key.revoke", id.to_string()));
    keys.chain(programs).collect()
}

/// The day whose table keeps the rows of an id: that of the time in it.
pub fn day_of(id: RequestId) -> i64 {
    let [a, b, c, d, e, f, ..] = id.bytes();
    let ms = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    Timestamp::from_ms(ms).day()
}

/// The smallest id of a day.
pub fn first_id_of(day: i64) -> [u8; 16] {
    first_id_at(day.saturating_mul(86_400_000))
}

/// The smallest id of an instant, in milliseconds; times beyond what an id can say are its ends.
pub fn first_id_at(ms: i64) -> [u8; 16] {
    let ms = ms.clamp(0, (1 << 48) - 1).to_be_bytes();
    let mut id = [0; 16];
    id[..6].copy_from_slice(&ms[2..]);
    id
}

/// A count as it is kept; one beyond the column's range (absurd, never charged) stays at its end.
pub fn count_to_disk(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count of that column.
pub fn count_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The numbers of a key's sums, in the order of `KEY_SUMS`.
pub fn key_sums_to_disk(sums: &KeySpend) -> [i64; 4] {
    let cache = &sums.cache;
    [sums.spent.nano(), count_to_disk(cache.read), count_to_disk(cache.written), cache.saved.nano()]
}

/// The sums of those numbers.
pub fn key_sums_of([spent, read, written, saved]: [i64; 4]) -> KeySpend {
    let cache = CacheSums { read: count_of(read), written: count_of(written), saved: NanoUsd::new(saved) };
    KeySpend { spent: NanoUsd::new(spent), cache }
}

/// What settled usage rows of a table sum to by key, added to what is gone already; `WHICH` stands for the rows. One text for both engines.
pub const GONE: &str = "INSERT INTO usage_gone AS old (key, spent, cache_read, cache_written, cache_saved) \
    SELECT key, sum(charge), sum(CASE WHEN cache_saved IS NULL THEN 0 ELSE coalesce(cache_read, 0) END), \
    sum(CASE WHEN cache_saved IS NULL THEN 0 ELSE coalesce(cache_write_5m, 0) + coalesce(cache_write_1h, 0) END), \
    sum(coalesce(cache_saved, 0)) FROM WHICH closing = 1 GROUP BY key \
    ON CONFLICT (key) DO UPDATE SET spent = old.spent + excluded.spent, \
    cache_read = old.cache_read + excluded.cache_read, cache_written = old.cache_written + excluded.cache_written, \
    cache_saved = old.cache_saved + excluded.cache_saved";

/// The columns of a usage row that `cache_of` reads, in this order.
pub const CACHE: &str = "cache_read, cache_write_5m, cache_write_1h, cache_saved";

/// What caches did for a request. A row from before that was counted has no `saved`, and is no part of any sum.
pub fn cache_of(counts: [Option<i64>; 3], saved: Option<i64>) -> CacheSums {
    let Some(saved) = saved else { return CacheSums::NONE };
    let classes = [Class::CacheRead, Class::CacheWrite5m, Class::CacheWrite1h];
    let usage = classes.into_iter().zip(counts).fold(Usage::NONE, |usage, (class, count)| match count {
        Some(count) => usage.with(class, count_of(count)),
        None => usage,
    });
    CacheSums::of(&usage, NanoUsd::new(saved))
}

/// Failed attempts as they are kept: JSON lists in a list, absent where there are none.
pub fn tries_to_disk(tries: &[Tried]) -> Option<String> {
    let each = |tried: &Tried| {
        let Tried { provider, upstream_model, fault, cause, until_ms } = tried;
        serde_json::json!([&**provider, &**upstream_model, &**fault, &**cause, until_ms])
    };
    (!tries.is_empty()).then(|| serde_json::Value::from_iter(tries.iter().map(each)).to_string())
}

/// The failed attempts of that text; what cannot be read is none.
pub fn tries_of(text: Option<&str>) -> Vec<Tried> {
    let all: Vec<(String, String, String, String, u32)> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let tried = |(provider, upstream_model, fault, cause, until_ms): (String, String, String, String, u32)| Tried {
        provider: provider.into(),
        upstream_model: upstream_model.into(),
        fault: fault.into(),
        cause: cause.into(),
        until_ms,
    };
    all.into_iter().map(tried).collect()
}

/// The number of a source in the store.
pub const fn source_number(source: UsageSource) -> i16 {
    match source {
        UsageSource::Provider => 1,
        UsageSource::Counted => 2,
        UsageSource::Estimated => 3,
        UsageSource::None => 0,
    }
}

/// Rules as they are kept.
pub fn rules_to_disk(rules: &impl serde::Serialize) -> String {
    // Every part of them can be written.
    serde_json::to_string(rules).unwrap_or_else(|_| "{}".to_owned())
}

/// The rules of that text.
pub fn rules_of<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

/// The source of that number.
pub const fn source_of(number: i16) -> UsageSource {
    match number {
        1 => UsageSource::Provider,
        2 => UsageSource::Counted,
        3 => UsageSource::Estimated,
        _ => UsageSource::None,
    }
}

/// `streamed` and `partial` in one number.
pub const fn flags(row: &UsageRow) -> i16 {
    (if row.streamed { 1 } else { 0 }) | (if row.partial { 2 } else { 0 })
}

/// `streamed` and `partial` of that number.
pub const fn flags_of(number: i16) -> (bool, bool) {
    (number & 1 != 0, number & 2 != 0)
}
