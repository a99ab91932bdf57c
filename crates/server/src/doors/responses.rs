//! Kept answers of Responses (R-API-4): one, its input, its end. In: an id. Out: what was kept for the caller's workspace.
//! Never here: a new answer (pipeline), how it is kept (kept).

use crate::asked::Asker;
use crate::doors::id_of;
use crate::entry::Door;
use crate::house::Worker;
use crate::kept::Kept;
use crate::limits::{KEPT_ID_BYTES_MAX, KEPT_PAGE, KEPT_PAGE_MAX};
use crate::visit::Visit;
use admit::Scope;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use canon::{Fault, FaultKind};
use http::{Request, Response, Uri};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Range;

/// What may be asked about a kept answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `GET {base}/responses/{id}`: the response object.
    Object,
    /// `GET {base}/responses/{id}/input_items`: what it answered.
    Input,
    /// `DELETE {base}/responses/{id}`: that it is forgotten.
    Forget,
}

/// Answers what is asked about a kept answer.
pub async fn kept(
    (door, ask): (Door, Ask),
    State(worker): State<Worker>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response<Body> {
    let id = id_of(path);
    let mut visit = Visit::new(&worker.house, door, &request);
    let caller = match visit.identify(request.headers(), Scope::Read).await {
        Ok(caller) => caller,
        Err(fault) => return visit.answer(None, Err(fault)),
    };
    let asker = Asker { house: &worker.house, caller: &caller, at: visit.entry.at };
    let answer = match ask {
        Ask::Object => object(asker, &id, request.uri()).await,
        Ask::Input => input(asker, &id, Page::read(request.uri())).await,
        Ask::Forget => forget(asker, &id).await,
    };
    visit.answer(Some(&caller), answer)
}

async fn object(asker: Asker<'_>, id: &str, uri: &Uri) -> Result<Bytes, Fault> {
    replayed(uri)?;
    let kept = found(asker, id).await?;
    let mut share = asker.house.share(asker.caller);
    share.grow_to(kept.object.len())?;
    Ok(share.around(kept.object))
}

/// Refuses to play an answer again: what is kept is its end.
fn replayed(uri: &Uri) -> Result<(), Fault> {
    let asks = |name| query(uri, name).is_some_and(|value| value != "false");
    match ["stream", "starting_after"].into_iter().find(|name| asks(name)) {
        Some(name) => {
            let told = format!("A kept answer cannot be streamed again; leave `{name}` out.");
            Err(Fault::new(FaultKind::UnsupportedParameter, told).at(name))
        }
        None => Ok(()),
    }
}

async fn input(asker: Asker<'_>, id: &str, page: Result<Page, Fault>) -> Result<Bytes, Fault> {
    let page = page?;
    let kept = found(asker, id).await?;
    let mut share = asker.house.share(asker.caller);
    // All of it is read, and a page may be all of it once more.
    share.grow_to(kept.input.len().saturating_mul(2))?;
    let page = page.of(id.rsplit_once('_').map_or(id, |(_, stem)| stem), &kept.input)?;
    Ok(share.around(page))
}

async fn forget(asker: Asker<'_>, id: &str) -> Result<Bytes, Fault> {
    if asker.house.forget(asker.caller.workspace, id).await? {
        Ok(Bytes::from(json!({ "id": id, "object": "response", "deleted": true }).to_string()))
    } else {
        Err(no_such(id))
    }
}

async fn found(asker: Asker<'_>, id: &str) -> Result<Kept, Fault> {
    let kept = asker.house.kept(asker.caller.workspace, id, asker.at).await?;
    kept.ok_or_else(|| no_such(id))
}

fn no_such(id: &str) -> Fault {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(KEPT_ID_BYTES_MAX).collect();
    Fault::new(FaultKind::NotFound, format!("There is no kept answer \"{shown}\"."))
}

fn query(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query().unwrap_or_default().split('&');
    // A name without a value was said all the same.
    let found = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).find(|(key, _)| *key == name)?;
    Some(percent_encoding::percent_decode_str(found.1).decode_utf8_lossy().into_owned())
}

/// Which of the items are asked for.
struct Page {
    limit: usize,
    newest_first: bool,
    after: Option<String>,
    before: Option<String>,
}

impl Page {
    fn read(uri: &Uri) -> Result<Self, Fault> {
        let odd = |name: &'static str, told: String| Fault::new(FaultKind::InvalidRequest, told).at(name);
        let limit = match query(uri, "limit") {
            None => KEPT_PAGE,
            Some(text) => {
                let limit = text.parse().ok().filter(|n| (1..=KEPT_PAGE_MAX).contains(n));
                limit.ok_or_else(|| odd("limit", format!("`limit` must be a number from 1 to {KEPT_PAGE_MAX}.")))?
            }
        };
        let newest_first = match query(uri, "order").as_deref() {
            None | Some("desc") => true,
            Some("asc") => false,
            Some(_) => return Err(odd("order", "`order` must be \"asc\" or \"desc\".".to_owned())),
        };
        Ok(Self { limit, newest_first, after: query(uri, "after"), before: query(uri, "before") })
    }

    /// The page, of the items that an answer with this stem of an id was given.
    fn of(&self, stem: &str, input: &[u8]) -> Result<Bytes, Fault> {
        let broken = |_| Fault::new(FaultKind::Internal, UNREADABLE);
        let items: Vec<&RawValue> = serde_json::from_slice(input).map_err(broken)?;
        let (shown, has_more) = self.shown(stem, items.len());
        let place = |n: usize| if self.newest_first { items.len() - 1 - n } else { n };
        let page: Vec<(String, String)> =
            shown.map(place).filter_map(|n| Some(with_id(items.get(n)?, stem, n))).collect();
        let id = |item: Option<&(String, String)>| item.map_or("null".to_owned(), |(id, _)| json!(id).to_string());
        let texts: Vec<&str> = page.iter().map(|(_, text)| text.as_str()).collect();
        Ok(Bytes::from(format!(
            "{{\"object\":\"list\",\"data\":[{}],\"first_id\":{},\"last_id\":{},\"has_more\":{has_more}}}",
            texts.join(","),
            id(page.first()),
            id(page.last()),
        )))
    }

    /// Which of so many items are shown, in the order of the list, and whether there are more on the way that the list goes:
    /// back from `before`, on from everywhere else. An id that is none of theirs has nothing before it and nothing behind.
    fn shown(&self, stem: &str, count: usize) -> (Range<usize>, bool) {
        let nth = |id: &String| {
            let place = place_of(id, stem, count)?;
            Some(if self.newest_first { count - 1 - place } else { place })
        };
        let from = self.after.as_ref().map_or(0, |id| nth(id).map_or(count, |n| n + 1));
        let to = self.before.as_ref().map_or(count, |id| nth(id).unwrap_or(0)).max(from);
        let back = self.before.is_some() && self.after.is_none();
        let shown = if back {
            to.saturating_sub(self.limit).max(from)..to
        } else {
            from..to.min(from.saturating_add(self.limit))
        };
        let has_more = shown.start > from || shown.end < to;
        (shown, has_more)
    }
}

/// The place that an id of ours tells.
fn place_of(id: &str, stem: &str, count: usize) -> Option<usize> {
    let n = id.strip_prefix("item_")?.strip_prefix(stem)?.strip_prefix('_')?.parse().ok()?;
    (n < count).then_some(n)
}

/// An item under an id that tells its place: what came in need not have one, and one may come twice.
fn with_id(item: &RawValue, stem: &str, n: usize) -> (String, String) {
    let id = format!("item_{stem}_{n}");
    let Ok(mut members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(item.get()) else {
        return (id, item.get().to_owned());
    };
    let text = serde_json::value::to_raw_value(&id).and_then(|id| {
        members.insert("id".to_owned(), id);
        serde_json::to_string(&members)
    });
    (id, text.unwrap_or_else(|_| item.get().to_owned()))
}

const UNREADABLE: &str = "What was kept of this answer cannot be read.";

#[cfg(test)]
mod tests {
    use super::*;

    fn page(uri: &str) -> Result<Page, Fault> {
        Page::read(&uri.parse().unwrap())
    }

    fn listed(uri: &str) -> String {
        let input = br#"[{"role":"user","content":"a"}, {"id":"own","n":9007199254740993},{}]"#;
        String::from_utf8(page(uri).unwrap().of("1", input).unwrap().to_vec()).unwrap()
    }

    /// R-API-4: items are listed in pages, newest first unless asked otherwise; each has an id.
    #[test]
    fn r_api_4_input_items_come_in_pages() {
        assert_eq!(
            listed("/x?order=asc&limit=2"),
            "{\"object\":\"list\",\"data\":[{\"content\":\"a\",\"id\":\"item_1_0\",\"role\":\"user\"},\
             {\"id\":\"item_1_1\",\"n\":9007199254740993}],\"first_id\":\"item_1_0\",\"last_id\":\"item_1_1\",\"has_more\":true}"
        );
        assert_eq!(
            listed("/x?order=asc&after=item_1_1"),
            "{\"object\":\"list\",\"data\":[{\"id\":\"item_1_2\"}],\"first_id\":\"item_1_2\",\"last_id\":\"item_1_2\",\
             \"has_more\":false}"
        );
        assert!(listed("/x").contains("\"first_id\":\"item_1_2\",\"last_id\":\"item_1_0\",\"has_more\":false"));
        assert!(
            listed("/x?limit=1&after=item_1_1")
                .contains("\"first_id\":\"item_1_0\",\"last_id\":\"item_1_0\",\"has_more\":false")
        );
        for (uri, ids, more) in [
            ("/x?order=asc&before=item_1_2&limit=1", "\"first_id\":\"item_1_1\",\"last_id\":\"item_1_1\"", true),
            ("/x?order=asc&before=item_1_1", "\"first_id\":\"item_1_0\",\"last_id\":\"item_1_0\"", false),
            ("/x?before=item_1_0&limit=2", "\"first_id\":\"item_1_2\",\"last_id\":\"item_1_1\"", false),
            ("/x?after=item_1_2&before=item_1_0", "\"first_id\":\"item_1_1\",\"last_id\":\"item_1_1\"", false),
            ("/x?after=item_1_0&before=item_1_2", "\"first_id\":null", false),
            ("/x?before=unknown", "\"data\":[],\"first_id\":null", false),
        ] {
            let listed = listed(uri);
            assert!(listed.contains(ids) && listed.ends_with(&format!("\"has_more\":{more}}}")), "{uri} {listed}");
        }
        assert!(listed("/x?after=unknown").contains("\"data\":[],\"first_id\":null"));
        for (uri, at) in [("/x?limit=0", "limit"), ("/x?limit=101", "limit"), ("/x?order=up", "order")] {
            assert_eq!(page(uri).err().and_then(|fault| fault.param).as_deref(), Some(at));
        }
    }

    /// R-API-4: what a kept answer cannot do is refused by name, with a value and without.
    #[test]
    fn r_api_4_a_kept_answer_is_not_played_again() {
        for (uri, at) in [
            ("/x", None),
            ("/x?stream=false", None),
            ("/x?include=reasoning.encrypted_content", None),
            ("/x?stream", Some("stream")),
            ("/x?stream=", Some("stream")),
            ("/x?stream=true", Some("stream")),
            ("/x?starting_after=3", Some("starting_after")),
            ("/x?starting_after", Some("starting_after")),
        ] {
            let fault = replayed(&uri.parse().unwrap()).err();
            assert_eq!(fault.and_then(|fault| fault.param).as_deref(), at, "{uri}");
        }
    }
}
