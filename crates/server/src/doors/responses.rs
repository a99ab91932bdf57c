//! Kept answers of Responses (R-API-4): one, its input, its end. In: an id. Out: what was kept for the caller's workspace.
//! Never here: a new answer (pipeline), how it is kept (kept).

use crate::asked::Asker;
use crate::entry::Door;
use crate::house::Worker;
use crate::kept::Kept;
use crate::limits::{KEPT_ID_BYTES_MAX, KEPT_PAGE, KEPT_PAGE_MAX};
use crate::room::Share;
use crate::visit::Visit;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use canon::{Fault, FaultKind};
use http::{Request, Response, Uri};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

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
    // An id that is no text is nobody's.
    let id = path.map_or_else(|_| String::new(), |Path(id)| id);
    let visit = Visit::new(&worker.house, door, &request);
    let caller = match worker.house.identify(request.headers(), visit.entry.at) {
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
    if query(uri, "stream").is_some_and(|value| value != "false") {
        let told = "A kept answer cannot be streamed again; leave `stream` out.";
        return Err(Fault::new(FaultKind::UnsupportedParameter, told).at("stream"));
    }
    Ok(found(asker, id).await?.object)
}

async fn input(asker: Asker<'_>, id: &str, page: Result<Page, Fault>) -> Result<Bytes, Fault> {
    let page = page?;
    let kept = found(asker, id).await?;
    let mut share =
        Share::new(asker.house.room.clone(), asker.caller.workspace, asker.house.settings.body_bytes_max);
    share.grow_to(kept.input.len())?;
    page.of(id.rsplit_once('_').map_or(id, |(_, stem)| stem), &kept)
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
    let found = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
    Some(percent_encoding::percent_decode_str(found.1).decode_utf8_lossy().into_owned())
}

/// Which of the items are asked for.
struct Page {
    limit: usize,
    newest_first: bool,
    after: Option<String>,
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
        Ok(Self { limit, newest_first, after: query(uri, "after") })
    }

    /// The page, of the items that an answer with this stem of an id was given.
    fn of(&self, stem: &str, kept: &Kept) -> Result<Bytes, Fault> {
        let broken = |_| Fault::new(FaultKind::Internal, UNREADABLE);
        let items: Vec<&RawValue> = serde_json::from_slice(&kept.input).map_err(broken)?;
        let skipped = match &self.after {
            None => 0,
            Some(after) => {
                let place = place_of(after, stem, &items);
                place.map_or(items.len(), |n| if self.newest_first { items.len() - n } else { n + 1 })
            }
        };
        let places = (0..items.len()).map(|n| if self.newest_first { items.len() - 1 - n } else { n });
        let page: Vec<(String, String)> =
            places.skip(skipped).take(self.limit).filter_map(|n| Some(with_id(items.get(n)?, stem, n))).collect();
        let id = |item: Option<&(String, String)>| item.map_or("null".to_owned(), |(id, _)| json!(id).to_string());
        let texts: Vec<&str> = page.iter().map(|(_, text)| text.as_str()).collect();
        Ok(Bytes::from(format!(
            "{{\"object\":\"list\",\"data\":[{}],\"first_id\":{},\"last_id\":{},\"has_more\":{}}}",
            texts.join(","),
            id(page.first()),
            id(page.last()),
            skipped + page.len() < items.len(),
        )))
    }
}

/// The place that an id of ours tells.
fn place_of(id: &str, stem: &str, items: &[&RawValue]) -> Option<usize> {
    let n = id.strip_prefix("item_")?.strip_prefix(stem)?.strip_prefix('_')?.parse().ok()?;
    (n < items.len()).then_some(n)
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
        let kept = Kept { input: Bytes::from_static(input), object: Bytes::new() };
        String::from_utf8(page(uri).unwrap().of("1", &kept).unwrap().to_vec()).unwrap()
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
        assert!(listed("/x?after=unknown").contains("\"data\":[],\"first_id\":null"));
        for (uri, at) in [("/x?limit=0", "limit"), ("/x?limit=101", "limit"), ("/x?order=up", "order")] {
            assert_eq!(page(uri).err().and_then(|fault| fault.param).as_deref(), Some(at));
        }
    }
}
