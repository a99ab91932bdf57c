//! One box for whatever an operator has in hand: ids, the beginning of keys, addresses of people, names. In: what was typed. Out: what
//! fits, by kind. Never here: reading rows by anything but their id; all else is in memory.

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Asked, Checks};
use crate::api::typed::{Fit, Typed};
use crate::house::{House, Worker};
use crate::limits::{FOUND_OF_KIND_MAX, SEARCH_CHARS};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::port::UsageFilter;
use units::RequestId;

/// What is looked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichWords {
    /// Words, or parts of them, of a name, an address or a short name, in any order; an id; the beginning of a key.
    q: String,
}

/// Something that fits.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    #[schemars(extend("enum" = ["request", "key", "user", "workspace", "model", "provider"]))]
    kind: &'static str,
    /// Its id, or its name where it has no other.
    id: String,
    /// What people call it.
    name: String,
    /// More to recognise it by: an address, a short name, the beginning of a key.
    about: String,
}

/// What fits, by kind, what fits best first.
#[derive(Serialize, JsonSchema)]
pub struct FoundList {
    data: Vec<Found>,
}

/// `GET /search`: of each kind a few.
pub async fn find(
    State(worker): State<Worker>,
    _: Operator,
    Asked(which): Asked<WhichWords>,
) -> Result<Answer, Problem> {
    let mut checks = Checks::default();
    let typed = Typed::of(&which.q, SEARCH_CHARS, &mut checks);
    checks.done()?;
    let mut data = request(&worker.house, typed.text()).await?;
    data.extend(known(&worker.house, &typed));
    Ok(Answer::ok(&FoundList { data }))
}

/// A request by its whole id, which is where its row is.
async fn request(house: &House, q: &str) -> Result<Vec<Found>, Problem> {
    let Ok(id) = q.parse::<RequestId>() else { return Ok(Vec::new()) };
    let filter = UsageFilter { request: Some(id), limit: 1, ..UsageFilter::default() };
    let rows = house.store.page_usage(filter).await?;
    let told = rows.iter().map(|row| Found {
        kind: "request",
        id: row.request.to_string(),
        name: row.model.to_string(),
        about: house.workspaces.find(row.workspace).map(|found| found.name.clone()).unwrap_or_default(),
    });
    Ok(told.collect())
}

/// What memory knows.
fn known(house: &House, typed: &Typed) -> Vec<Found> {
    let q = typed.text();
    let mut keys = Best::new("key");
    for key in house.keys.all() {
        // A whole key that was pasted is found by what is known of it.
        let begun = q.get(..key.prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&key.prefix));
        let begins = begun && !key.prefix.is_empty();
        let fit = begins.then_some(Fit::Begins).or_else(|| typed.fit_of(&key.id, &[&key.prefix, &key.name]));
        keys.add(fit, || (key.id.to_string(), key.name.clone(), key.prefix.clone()));
    }
    let mut users = Best::new("user");
    house.people.each_user(|user| {
        let fit = typed.fit_of(&user.id, &[&user.email, &user.name]);
        users.add(fit, || (user.id.to_string(), user.name.clone(), user.email.clone()));
    });
    let mut workspaces = Best::new("workspace");
    for workspace in house.workspaces.all() {
        let fit = typed.fit_of(&workspace.id, &[&workspace.slug, &workspace.name]);
        workspaces.add(fit, || (workspace.id.to_string(), workspace.name.clone(), workspace.slug.clone()));
    }
    let catalogue = &house.catalogue.load().catalogue;
    let mut models = Best::new("model");
    for model in catalogue.models.values() {
        let fit = typed.fit(&[&model.id, &model.display_name]);
        models.add(fit, || (model.id.to_string(), model.display_name.clone(), String::new()));
    }
    let mut providers = Best::new("provider");
    for provider in catalogue.providers.values() {
        let name = || provider.name.to_string();
        providers.add(typed.fit(&[&provider.name]), || (name(), name(), String::new()));
    }
    [keys, users, workspaces, models, providers].into_iter().flat_map(Best::end).collect()
}

/// The best of one kind; of those that fit alike, the first that came.
struct Best {
    kind: &'static str,
    most: usize,
    found: Vec<(Fit, Found)>,
}

impl Best {
    fn new(kind: &'static str) -> Self {
        Self { kind, most: FOUND_OF_KIND_MAX, found: Vec::new() }
    }

    fn add(&mut self, fit: Option<Fit>, told: impl FnOnce() -> (String, String, String)) {
        let Some(fit) = fit else { return };
        let at = self.found.partition_point(|(other, _)| *other <= fit);
        if at >= self.most {
            return;
        }
        let (id, name, about) = told();
        self.found.insert(at, (fit, Found { kind: self.kind, id, name, about }));
        self.found.truncate(self.most);
    }

    fn end(self) -> impl Iterator<Item = Found> {
        self.found.into_iter().map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_best_comes_first() {
        let mut best = Best::new("user");
        for (n, fit) in
            [(0, Fit::Has), (1, Fit::Begins), (2, Fit::Has), (3, Fit::Is), (4, Fit::Has), (5, Fit::Begins)]
        {
            best.add(Some(fit), || (n.to_string(), String::new(), String::new()));
        }
        best.add(None, || ("9".to_owned(), String::new(), String::new()));
        let ids: Vec<String> = best.end().map(|found| found.id).collect();
        assert_eq!(ids, ["3", "1", "5", "0"]);
    }
}
