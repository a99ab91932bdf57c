//! What a key may know of itself and its account (R-API-10, R-API-11), in every shape that clients read. In: a key. Out: one
//! snapshot, and its bodies: they agree to the micro-USD because all are made of it. Never here: doors, other keys' affairs.

use crate::callers::LiveKey;
use crate::house::House;
use crate::limit_told::LimitTold;
use crate::relay::unavailable;
use admit::SpendCaps;
use bytes::Bytes;
use canon::{Fault, FaultKind};
use ledger::{AccountAsk, CacheSums, MicroBalance};
use serde_json::json;
use std::sync::Arc;
use store::port::WorkspaceRow;
use units::{NanoUsd, Timestamp};

/// What is known of a key at one moment. Amounts are micro-USD.
pub struct Snapshot {
    /// The key.
    pub key: Arc<LiveKey>,
    /// Whose it is; `None` where nothing is known of its workspace yet.
    pub org: Option<WorkspaceRow>,
    /// The workspace's credit.
    pub balance: MicroBalance,
    /// What the key has spent in all, in this month and on this day, rounded up.
    pub spent: Spans,
    /// What caches did for it.
    pub cache: CacheSums,
    /// What its member may still spend, within each cap on members; `None` where it has no member or there is no cap.
    pub member_left: Option<i64>,
    /// What may be told of its tier and limits.
    pub limits: Option<Arc<LimitTold>>,
}

/// Of a key in all, in a UTC month, on a UTC day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spans<T = i64> {
    /// In all.
    pub total: T,
    /// In the month.
    pub month: T,
    /// On the day.
    pub day: T,
}

impl House {
    /// How a key and its account stand, by the ledger at one moment; `limits` is what the limiter told of them just before.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn snapshot(
        &self,
        key: &Arc<LiveKey>,
        limits: Option<Arc<LimitTold>>,
        now: Timestamp,
    ) -> Result<Snapshot, Fault> {
        let ask = AccountAsk { workspace: key.workspace, key: key.id, member: key.member, at: now };
        let state = self.ledger.account(ask).await.map_err(unavailable)?;
        let balance = state
            .balance
            .micro()
            .map_err(|error| Fault::new(FaultKind::Internal, "The balance cannot be told.").because(error))?;
        let org = self.workspaces.find(key.workspace).map(|row| WorkspaceRow::clone(&row));
        let caps = org.as_ref().filter(|_| key.member.is_some()).map(|row| row.rules.member.caps);
        let left =
            |cap: Option<NanoUsd>, spent: NanoUsd| Some(cap?.micro_down().saturating_sub(spent.micro_up()).max(0));
        let SpendCaps { month, day, .. } = caps.unwrap_or_default();
        let members = [left(month, state.member_month.spent), left(day, state.member_day.spent)];
        Ok(Snapshot {
            key: key.clone(),
            org,
            member_left: members.into_iter().flatten().min(),
            balance,
            spent: Spans {
                total: state.key.spent.micro_up(),
                month: state.key_month.spent.micro_up(),
                day: state.key_day.spent.micro_up(),
            },
            cache: state.key.cache,
            limits,
        })
    }
}

impl Snapshot {
    /// What the key may spend, rounded down.
    fn caps(&self) -> Spans<Option<i64>> {
        let SpendCaps { total, month, day } = self.key.rules.caps;
        let micro = |cap: Option<NanoUsd>| cap.map(NanoUsd::micro_down);
        Spans { total: micro(total), month: micro(month), day: micro(day) }
    }

    /// What the key may still spend: of the balance, within each of its caps and its member's.
    fn left(&self) -> i64 {
        let (caps, spent) = (self.caps(), self.spent);
        let pairs = [(caps.total, spent.total), (caps.month, spent.month), (caps.day, spent.day)];
        let under = pairs.into_iter().filter_map(|(cap, spent)| Some(cap?.saturating_sub(spent).max(0)));
        under.chain(self.member_left).fold(self.balance.total, i64::min)
    }

    /// Identity, quota and credit (`{base}/key`, `/me`, `/whoami`).
    pub fn identity(&self) -> Bytes {
        let (key, balance, rules, caps) = (&self.key, &self.balance, &self.key.rules, self.caps());
        let (name, slug) = self.org.as_ref().map_or(("", ""), |org| (&org.name, &org.slug));
        let body = json!({
            "auth": "api_key",
            "org": { "id": key.workspace.to_string(), "name": name, "slug": slug },
            "api_key": {
                "id": key.id.to_string(), "name": key.name, "prefix": key.prefix,
                "spend_micro_usd": self.spent.total, "spend_cap_micro_usd": caps.total,
                "spend_month_micro_usd": self.spent.month, "spend_cap_month_micro_usd": caps.month,
                "spend_day_micro_usd": self.spent.day, "spend_cap_day_micro_usd": caps.day,
                "requests_per_minute": rules.requests_per_minute,
                "models": rules.models, "scopes": rules.scopes, "fallback_model": rules.fallback_model,
                "expires_at": key.expires_at.map(|t| t.to_string()),
            },
            // Of the key's charged requests. Rounded down: never more saved than is true, and below zero where writing cost
            // more.
            "cache": {
                "read_tokens": self.cache.read, "write_tokens": self.cache.written,
                "saved_micro_usd": self.cache.saved.micro_down(),
            },
            "tier": self.limits.as_ref().map(|told| told.tier()),
            "limits": self.limits.as_ref().map(|told| told.left()),
            "balance_micro_usd": balance.total,
            "holds_micro_usd": balance.held,
            "available_micro_usd": balance.available,
        });
        Bytes::from(body.to_string())
    }

    /// The account's balance as DeepSeek tells one (`{base}/user/balance`): amounts are texts.
    pub fn balance(&self) -> Bytes {
        let text = |micro| decimal(micro, MICRO);
        let balance = &self.balance;
        let body = json!({
            "is_available": balance.available > 0,
            "balance_infos": [{
                "currency": "USD", "total_balance": text(balance.total),
                "granted_balance": text(balance.granted), "topped_up_balance": text(balance.bought),
            }],
        });
        Bytes::from(body.to_string())
    }

    /// What the key may spend in all and has spent, as OpenRouter tells it (`{base}/credits`).
    pub fn credits(&self) -> Bytes {
        let (all, used) =
            (decimal(self.left().saturating_add(self.spent.total), MICRO), decimal(self.spent.total, MICRO));
        Bytes::from(format!("{{\"data\":{{\"total_credits\":{all},\"total_usage\":{used}}}}}"))
    }

    /// The same as OpenAI once told it (`{base}/dashboard/billing/subscription`): the limit is what was spent and what is left.
    pub fn subscription(&self) -> Bytes {
        let limit = decimal(self.left().saturating_add(self.spent.total), MICRO);
        let until = self.key.expires_at.map_or(0, Timestamp::seconds);
        Bytes::from(format!(
            "{{\"object\":\"billing_subscription\",\"has_payment_method\":true,\"soft_limit_usd\":{limit},\
             \"hard_limit_usd\":{limit},\"system_hard_limit_usd\":{limit},\"access_until\":{until}}}"
        ))
    }

    /// What the key has spent, in cents (`{base}/dashboard/billing/usage`).
    pub fn usage(&self) -> Bytes {
        let cents = decimal(self.spent.total, MICRO - 2);
        Bytes::from(format!("{{\"object\":\"list\",\"total_usage\":{cents}}}"))
    }
}

/// The decimals of a micro-USD.
const MICRO: u32 = 6;

/// A whole number of smallest parts as a decimal number with at least two decimals, exactly.
pub fn decimal(parts: i64, places: u32) -> String {
    let one = 10_u64.pow(places);
    let (sign, parts) = (if parts < 0 { "-" } else { "" }, parts.unsigned_abs());
    let rest = format!("{:0width$}", parts % one, width = places as usize);
    let keep = rest.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", parts / one, &rest[..keep])
}

#[cfg(test)]
mod tests {
    use super::*;
    use admit::{KeyRules, Reading, Readings};
    use catalog::Tiers;
    use ledger::Balance;
    use proptest::prelude::*;
    use serde_json::Value;
    use store::port::KeyRow;
    use units::{KeyId, WorkspaceId};

    fn snapshot(balance: MicroBalance, spent: i64, caps: [Option<i64>; 2]) -> Snapshot {
        let [total, day] = caps.map(|cap| cap.map(|cap| NanoUsd::new(cap * 1_000)));
        let caps = SpendCaps { total, day, month: None };
        let key = KeyRow {
            id: KeyId::from_bytes([1; 16]),
            workspace: WorkspaceId::from_bytes([2; 16]),
            name: "k".into(),
            prefix: "sk-tg-abcd".into(),
            digest: [0; 32],
            created_at: Timestamp::from_ms(0),
            expires_at: None,
            revoked_at: None,
            rules: KeyRules { caps, ..KeyRules::default() },
            owner: None,
            created_by: String::new(),
            last_used_at: None,
            old: None,
            version: 1,
        };
        let key = LiveKey::new(key, None);
        let spent = Spans { total: spent, month: spent, day: spent / 2 };
        Snapshot {
            key: Arc::new(key),
            org: None,
            balance,
            spent,
            cache: CacheSums::NONE,
            member_left: None,
            limits: None,
        }
    }

    /// A number of a body in micro-USD, read from its digits: no float is near.
    fn micro(body: &Bytes, field: &str, places: usize) -> i64 {
        let text = std::str::from_utf8(body).unwrap();
        let from = text.find(&format!("\"{field}\":")).unwrap() + field.len() + 3;
        let number: String =
            text[from..].trim_start_matches('"').chars().take_while(|c| !",}\"".contains(*c)).collect();
        let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
        assert!(part.len() <= places, "{number}");
        format!("{whole}{part:0<places$}").parse().unwrap()
    }

    proptest! {
        /// R-API-10, R-API-11: whatever a client polls, it learns the same to the micro-USD, and every body is JSON.
        #[test]
        fn r_api_11_every_shape_agrees(
            posted in 0..i64::MAX / 4, held in 0..i64::MAX / 4, granted in 0..i64::MAX / 4, spent in 0..i64::MAX / 4,
            cap in proptest::option::of(0..i64::MAX / 4_000), day in proptest::option::of(0..i64::MAX / 4_000),
            member in proptest::option::of(0..i64::MAX / 4_000),
        ) {
            let nano = NanoUsd::new;
            let balance =
                Balance { posted: nano(posted), held: nano(held.min(posted)), granted: nano(granted.min(posted)) };
            let mut told = snapshot(balance.micro().unwrap(), nano(spent).micro_up(), [cap, day]);
            told.member_left = member;
            let identity: Value = serde_json::from_slice(&told.identity()).unwrap();
            let number = |field: &str| identity[field].as_i64().unwrap();
            let (balance, spend) = (number("balance_micro_usd"), identity["api_key"]["spend_micro_usd"].as_i64().unwrap());
            prop_assert_eq!(number("available_micro_usd") + number("holds_micro_usd"), balance);
            let user = told.balance();
            prop_assert_eq!(micro(&user, "total_balance", 6), balance);
            let parts = micro(&user, "granted_balance", 6) + micro(&user, "topped_up_balance", 6);
            prop_assert_eq!(parts, balance);
            let under = [cap.map(|cap| cap - spend), day.map(|cap| cap - spend / 2)];
            let left = under.into_iter().chain([member]).flatten().fold(balance, |left, under| left.min(under.max(0)));
            let credits = told.credits();
            prop_assert_eq!(micro(&credits, "total_usage", 6), spend);
            prop_assert_eq!(micro(&credits, "total_credits", 6) - spend, left);
            let subscription = told.subscription();
            for field in ["soft_limit_usd", "hard_limit_usd", "system_hard_limit_usd"] {
                prop_assert_eq!(micro(&subscription, field, 6) - spend, left);
            }
            let usage = told.usage();
            prop_assert_eq!(micro(&usage, "total_usage", 4), spend);
            for body in [user, credits, subscription, usage] {
                prop_assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{:?}", body);
            }
        }
    }

    /// R-API-10: the tier and what is left of each limit stand beside the balance, and nothing of what is not published.
    #[test]
    fn r_api_10_a_key_is_told_its_limits() {
        let free_at = Timestamp::parse_rfc3339("2026-03-03T09:00:00Z").unwrap();
        let reading = |limit, remaining| Some(Reading { limit, remaining, free_at });
        let readings = Readings { requests: reading(30, 12), concurrent: reading(2, 1), day: reading(9, 9) };
        let allowance = admit::Allowance::of_balance(&Tiers::default(), true);
        let mut told = snapshot(MicroBalance::default(), 0, [None, None]);
        let body = |told: &Snapshot| -> Value { serde_json::from_slice(&told.identity()).unwrap() };
        assert_eq!((&body(&told)["tier"], &body(&told)["limits"]), (&Value::Null, &Value::Null));
        told.limits = LimitTold::of(&allowance, readings, free_at);
        assert_eq!(body(&told)["tier"], "topup");
        let limits = json!({
            "requests_per_minute": { "limit": 30, "remaining": 12, "reset_at": "2026-03-03T09:00:00.000Z" },
            "requests_per_day": { "limit": 9, "remaining": 9, "reset_at": null }, "concurrent_requests": { "limit": 2, "remaining": 1, "reset_at": null },
        });
        assert_eq!(body(&told)["limits"], limits);
    }

    #[test]
    fn numbers_are_written_exactly() {
        for (parts, places, text) in [
            (0, 6, "0.00"),
            (1, 6, "0.000001"),
            (18_234, 6, "0.018234"),
            (5_000_000, 6, "5.00"),
            (100_500_000, 6, "100.50"),
            (18_234, 4, "1.8234"),
            (-1, 6, "-0.000001"),
            (i64::MAX, 6, "9223372036854.775807"),
        ] {
            assert_eq!(decimal(parts, places), text);
        }
    }
}
