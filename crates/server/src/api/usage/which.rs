//! Which requests are asked for. In: queries, who asks. Out: filters, or every wrong field at once. Never here: reading rows.

use crate::api::key_hand::Hand;
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::read::Checks;
use crate::api::schema::{EndingName, Limit, Shown};
use crate::house::House;
use ledger::facts::Ending;
use schemars::JsonSchema;
use serde::Deserialize;
use store::port::UsageFilter;
use units::{KeyId, RequestId, Timestamp};

/// Which usage rows are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichUsage {
    /// The id or slug of a workspace.
    workspace: Option<String>,
    #[schemars(with = "Option<Shown<KeyId>>")]
    key: Option<String>,
    /// The id of a model.
    model: Option<String>,
    /// The endpoint family (`chat.completions`).
    endpoint: Option<String>,
    /// The provider that served.
    provider: Option<String>,
    /// How they ended.
    #[schemars(with = "Option<EndingName>")]
    ending: Option<String>,
    /// The name of a fault (docs/FAULTS.md).
    fault: Option<String>,
    /// The caller's own session.
    session: Option<String>,
    /// From this instant on.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    from: Option<String>,
    /// Before this instant.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    until: Option<String>,
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<RequestId>>")]
    before: Option<String>,
    /// At most so many; 100 unless it is said. CSV has all.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
    /// The time zone in which CSV tells `at_local`; UTC unless it is said.
    tz: Option<String>,
}

/// Which requests of a workspace are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichRequests {
    #[schemars(with = "Option<Shown<KeyId>>")]
    key: Option<String>,
    /// The id of a model.
    model: Option<String>,
    /// The endpoint family (`chat.completions`).
    endpoint: Option<String>,
    /// How they ended.
    #[schemars(with = "Option<EndingName>")]
    ending: Option<String>,
    /// The name of a fault (docs/FAULTS.md).
    fault: Option<String>,
    /// The caller's own session.
    session: Option<String>,
    /// From this instant on.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    from: Option<String>,
    /// Before this instant.
    #[schemars(with = "Option<Shown<Timestamp>>")]
    until: Option<String>,
    /// The `next` of the page before: only what is older.
    #[schemars(with = "Option<Shown<RequestId>>")]
    before: Option<String>,
    /// At most so many; 100 unless it is said. CSV has all.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
    /// The time zone in which CSV tells `at_local`; UTC unless it is said.
    tz: Option<String>,
}

impl WhichUsage {
    /// The time zone that was asked for.
    pub fn tz(&self) -> Option<&str> {
        self.tz.as_deref()
    }

    /// The filter.
    ///
    /// # Errors
    /// Every wrong field at once.
    pub fn filter(self, house: &House) -> Result<UsageFilter, Problem> {
        let mut checks = Checks::default();
        let workspace = self.workspace.as_deref().map(|text| house.workspaces.named(text));
        if matches!(workspace, Some(None)) {
            checks.add("workspace", "there is no such workspace");
        }
        let provider = plain(&mut checks, "provider", self.provider);
        let Self { key, model, endpoint, ending, fault, session, from, until, before, limit, tz, .. } = self;
        let which = WhichRequests { key, model, endpoint, ending, fault, session, from, until, before, limit, tz };
        let filter = which.read(&mut checks);
        checks.done()?;
        Ok(UsageFilter { workspace: workspace.flatten().map(|row| row.id), provider, ..filter })
    }
}

impl WhichRequests {
    /// The time zone that was asked for.
    pub fn tz(&self) -> Option<&str> {
        self.tz.as_deref()
    }

    /// The filter of a member.
    ///
    /// # Errors
    /// Every wrong field at once.
    pub fn filter(self, house: &House, hand: &Hand) -> Result<UsageFilter, Problem> {
        let mut checks = Checks::default();
        let filter = self.read(&mut checks);
        checks.done()?;
        Ok(within(filter, house, hand))
    }

    fn read(self, checks: &mut Checks) -> UsageFilter {
        let limit = page::limit(self.limit, checks);
        let key: Option<KeyId> = self.key.as_deref().and_then(|text| checks.parse("key", text));
        UsageFilter {
            keys: key.map(|key| vec![key]),
            model: plain(checks, "model", self.model),
            endpoint: plain(checks, "endpoint", self.endpoint),
            ending: ending(checks, self.ending.as_deref()),
            fault: plain(checks, "fault", self.fault),
            session: plain(checks, "session", self.session),
            from: checks.instant("from", self.from.as_deref()),
            until: checks.instant("until", self.until.as_deref()),
            before: self.before.as_deref().and_then(|text| checks.parse("before", text)),
            limit,
            ..UsageFilter::default()
        }
    }
}

/// A filter that reaches no further than who asks may look: into their workspace, and developers to their own keys.
pub fn within(filter: UsageFilter, house: &House, hand: &Hand) -> UsageFilter {
    UsageFilter { workspace: hand.place(), keys: narrowed(filter.keys, house, hand), ..filter }
}

/// Of the keys that are asked for those that who asks may look at; `None` is all.
pub fn narrowed(asked: Option<Vec<KeyId>>, house: &House, hand: &Hand) -> Option<Vec<KeyId>> {
    match (hand.narrowed_to(house), asked) {
        (None, asked) => asked,
        (own, None) => own,
        (Some(own), Some(asked)) => Some(asked.into_iter().filter(|key| own.contains(key)).collect()),
    }
}

/// A text that some column may have. PostgreSQL has none with a zero byte.
pub fn plain(checks: &mut Checks, field: &str, text: Option<String>) -> Option<String> {
    if text.as_deref().is_some_and(|text| text.contains('\0')) {
        checks.add(field, "expected a name without control characters");
    }
    text
}

/// How requests ended.
pub fn ending(checks: &mut Checks, text: Option<&str>) -> Option<Ending> {
    let found = Ending::from_name(text?);
    if found.is_none() {
        checks.add("ending", format!("expected one of {}", Ending::ALL.map(Ending::name).join(", ")));
    }
    found
}
