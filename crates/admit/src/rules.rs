//! What a key and a workspace may do: models, endpoints, addresses, caps, limits of their own. In: rules as they are kept (JSON
//! text in the store) and a request's facts. Out: yes or no. Never here: a spelling of the API, counting, money moving.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use units::NanoUsd;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Conversations in every dialect, and counting their tokens.
    Chat,
    /// Embeddings.
    Embeddings,
    /// Images.
    Images,
    /// Lists of models, the account, kept answers and tasks.
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Embeddings, Self::Images, Self::Read];

    /// The word of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
            Self::Read => "read",
        }
    }

    /// The scope of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// The most that may be charged, in nano-USD; absent is no cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpendCaps {
    /// In all. Only keys have it.
    #[serde(with = "nano", skip_serializing_if = "Option::is_none")]
    pub total: Option<NanoUsd>,
    /// In a UTC month.
    #[serde(with = "nano", skip_serializing_if = "Option::is_none")]
    pub month: Option<NanoUsd>,
    /// On a UTC day.
    #[serde(with = "nano", skip_serializing_if = "Option::is_none")]
    pub day: Option<NanoUsd>,
}

/// What somebody inside a workspace may use: a member, or an end user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Quota {
    /// In money.
    pub caps: SpendCaps,
    /// In requests, by UTC day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u32>,
}

impl Quota {
    /// Whether it bounds nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The rules of a key.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRules {
    /// What it is for, in its owner's words (`production`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The most that may be charged to it.
    pub caps: SpendCaps,
    /// The models that it may call, by id or by the beginning of ids with a `*` behind it; absent is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// A smaller rate than the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Where it may be used from; absent is anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<IpNet>>,
    /// What it may be used for; absent is everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// The model that serves when the one asked for cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_model: Option<String>,
    /// What its owner keeps with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl KeyRules {
    /// Whether it may call a model.
    pub fn may_call(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|allowed| allowed.iter().any(|pattern| fits(pattern, model)))
    }

    /// Whether it may be used for something.
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }

    /// Whether it may be used from an address. An IPv4 address inside IPv6 is the IPv4 address.
    pub fn may_come_from(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.as_ref().is_none_or(|nets| nets.iter().any(|net| net.contains(&address)))
    }
}

/// Whether a name is that, or begins as a pattern with a `*` at its end says.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

/// The rules of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkspaceRules {
    /// An operator switched it off (R-ACC-2).
    #[serde(skip_serializing_if = "is_false")]
    pub api_off: bool,
    /// The plans that it has, by name; they may come more than once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<String>,
    /// The tier that an operator put it in, whatever its balance and plans are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Whether only its own provider keys are used.
    #[serde(skip_serializing_if = "is_false")]
    pub own_providers_only: bool,
    /// What each member may use who has no quota of their own.
    pub member: Quota,
    /// What each end user may use (`user`, `metadata.user_id`).
    pub end_user: Quota,
}

/// The rules of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlatformRules {
    /// An operator switched it off (R-ACC-2).
    pub api_off: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Money in JSON as a whole number of nano-USD.
mod nano {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use units::NanoUsd;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(value: &Option<NanoUsd>, to: S) -> Result<S::Ok, S::Error> {
        value.map(NanoUsd::nano).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NanoUsd>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.map(NanoUsd::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> KeyRules {
        serde_json::from_str(json).unwrap()
    }

    /// R-KEY-2: a list of models holds ids and beginnings of ids; no list is no bound, an empty one allows nothing.
    #[test]
    fn r_key_2_a_list_of_models_bounds_a_key() {
        let key = rules(r#"{"models":["openai/gpt-5","anthropic/*","ez-"]}"#);
        for (model, may) in [
            ("openai/gpt-5", true),
            ("openai/gpt-5-mini", false),
            ("anthropic/claude", true),
            ("anthropic/", true),
            ("anthropic", false),
            ("ez-fast", false),
            ("", false),
        ] {
            assert_eq!(key.may_call(model), may, "{model}");
        }
        assert!(KeyRules::default().may_call("any"));
        assert!(!rules(r#"{"models":[]}"#).may_call("any"));
        assert!(rules(r#"{"models":["*"]}"#).may_call("any"));
    }

    /// R-KEY-2: by network, both kinds of address, also one inside the other.
    #[test]
    fn r_key_2_a_list_of_addresses_bounds_a_key() {
        let key = rules(r#"{"addresses":["10.1.0.0/16","192.0.2.7/32","2001:db8::/32"]}"#);
        for (address, may) in [
            ("10.1.255.3", true),
            ("10.2.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:5::1", true),
            ("2001:db9::1", false),
            ("::ffff:10.1.0.9", true),
            ("::ffff:10.2.0.9", false),
        ] {
            assert_eq!(key.may_come_from(address.parse().unwrap()), may, "{address}");
        }
        assert!(KeyRules::default().may_come_from("203.0.113.1".parse().unwrap()));
    }

    #[test]
    fn r_key_2_scopes_bound_a_key() {
        let key = rules(r#"{"scopes":["chat","read"]}"#);
        let has: Vec<&str> = Scope::ALL.into_iter().filter(|s| key.has(*s)).map(Scope::name).collect();
        assert_eq!(has, ["chat", "read"]);
        assert!(Scope::ALL.into_iter().all(|scope| KeyRules::default().has(scope)));
        assert!(Scope::ALL.into_iter().all(|scope| Scope::from_name(scope.name()) == Some(scope)));
    }

    #[test]
    fn rules_are_kept_as_they_are_and_nothing_as_nothing() {
        let key = KeyRules {
            caps: SpendCaps { total: Some(NanoUsd::new(5_000_000_000)), month: None, day: Some(NanoUsd::ZERO) },
            scopes: Some(vec![Scope::Images]),
            addresses: Some(vec!["10.0.0.0/8".parse().unwrap()]),
            ..KeyRules::default()
        };
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, r#"{"caps":{"total":5000000000,"day":0},"addresses":["10.0.0.0/8"],"scopes":["images"]}"#);
        assert_eq!(rules(&text), key);
        assert_eq!(rules("{}"), KeyRules::default());
        let workspace: WorkspaceRules = serde_json::from_str("{}").unwrap();
        assert_eq!(workspace, WorkspaceRules::default());
        assert!(workspace.end_user.is_none());
    }
}
