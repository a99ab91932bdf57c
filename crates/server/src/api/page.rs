//! Parts of lists, newest first: `limit`, `before` (an id that was seen), what was typed to narrow a list. In: rows, by id.
//! Out: a page, and where the next begins. Never here: what is in a list.

use crate::api::read::Checks;
use crate::api::schema::Limit;
use crate::api::typed::Typed;
use crate::limits::{NARROWED_CHARS, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX};
use schemars::JsonSchema;
use serde::Deserialize;
use std::cmp::Reverse;
use std::str::FromStr;

/// Which part of a list is asked for.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichPage {
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    pub limit: Option<u32>,
    /// The `next` of the page before: only what is older.
    pub before: Option<String>,
}

/// Which part of a list is asked for, and what narrows it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichNarrowed {
    /// Words, or parts of them, of a name, an id, an address or a short name, in any order: only what has each. At most 100 characters.
    q: Option<String>,
    /// At most so many; 100 unless it is said.
    #[schemars(with = "Option<Limit>")]
    limit: Option<u32>,
    /// The `next` of the page before: only what is older.
    before: Option<String>,
}

impl WhichNarrowed {
    /// The part, and what was typed where something was; every problem goes to `checks`.
    pub fn read<Id>(self, checks: &mut Checks) -> (Page<Id>, Option<Typed>)
    where
        Id: Copy + Ord + ToString + FromStr<Err: ToString>,
    {
        let page = Page::of(&WhichPage { limit: self.limit, before: self.before }, checks);
        (page, self.q.map(|q| Typed::of(&q, NARROWED_CHARS, checks)))
    }
}

/// How many rows are asked for; a number that may not be goes to `checks`.
pub fn limit(asked: Option<u32>, checks: &mut Checks) -> u32 {
    let limit = asked.unwrap_or(PAGE_ROWS_DEFAULT);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        checks.add("limit", format!("expected 1 to {PAGE_ROWS_MAX}"));
    }
    limit
}

/// A part of a list, by the ids in it.
pub struct Page<Id> {
    limit: usize,
    before: Option<Id>,
}

impl<Id: Copy + Ord + ToString + FromStr<Err: ToString>> Page<Id> {
    /// Reads which part is asked for; every problem goes to `checks`.
    pub fn of(which: &WhichPage, checks: &mut Checks) -> Self {
        let limit = limit(which.limit, checks);
        let before = which.before.as_deref().and_then(|text| checks.parse("before", text));
        Self { limit: limit as usize, before }
    }

    /// The rows of the page, newest first, and the `before` of the next one; nothing is after the last.
    pub fn cut<T>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Id) -> (Vec<T>, Option<String>) {
        rows.retain(|row| self.before.is_none_or(|before| id(row) < before));
        rows.sort_by_key(|row| Reverse(id(row)));
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next = rows.last().filter(|_| more).map(|row| id(row).to_string());
        (rows, next)
    }
}

/// Rows of which one more was asked for than a page may have, cut to the page; whether there are more.
pub fn cut_to<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let most = limit as usize;
    let more = rows.len() > most;
    rows.truncate(most);
    more
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::{KeyId, Timestamp};

    /// Every row is on one page, newest first, and the last page says that it is the last.
    #[test]
    fn pages_follow_one_another_to_the_end() {
        let ids: Vec<KeyId> = (0..7).map(|n| KeyId::new(Timestamp::from_ms(n * 5), [n as u8; 10])).collect();
        for limit in 1..9 {
            let (mut seen, mut before) = (Vec::new(), None);
            loop {
                let mut checks = Checks::default();
                let page: Page<KeyId> = Page::of(&WhichPage { limit: Some(limit), before }, &mut checks);
                assert!(checks.done().is_ok());
                let (rows, next) = page.cut(ids.clone(), |id| *id);
                assert!(!rows.is_empty() && rows.len() <= limit as usize);
                seen.extend(rows);
                match next {
                    Some(next) => before = Some(next),
                    None => break,
                }
            }
            assert!(seen.iter().rev().eq(&ids), "{limit}");
        }
    }

    #[test]
    fn limits_and_marks_are_checked() {
        for (limit, before, good) in [
            (Some(0), None, false),
            (Some(1_001), None, false),
            (Some(1_000), None, true),
            (None, Some("x"), false),
        ] {
            let mut checks = Checks::default();
            Page::<KeyId>::of(&WhichPage { limit, before: before.map(str::to_owned) }, &mut checks);
            assert_eq!(checks.done().is_ok(), good, "{limit:?} {before:?}");
        }
    }
}
