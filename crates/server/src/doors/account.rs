//! Who the caller is and what it may spend (R-API-10, R-API-11). In: a key. Out: one snapshot, in the shape of the path.
//! Never here: what a shape looks like (account).

use super::only;
use crate::account::Snapshot;
use crate::entry::Door;
use crate::house::Worker;
use crate::surface::Surface;
use crate::visit::Visit;
use admit::Scope;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};

/// A path, its name in records, its shape, and whether clients ask for it below the base without `/v1` as well.
type Shaped = (&'static str, &'static str, fn(&Snapshot) -> Bytes, bool);

const SHAPES: [Shaped; 7] = [
    ("/key", "key", Snapshot::identity, false),
    ("/me", "key", Snapshot::identity, false),
    ("/whoami", "key", Snapshot::identity, false),
    ("/user/balance", "user.balance", Snapshot::balance, true),
    ("/credits", "credits", Snapshot::credits, false),
    ("/dashboard/billing/subscription", "billing.subscription", Snapshot::subscription, true),
    ("/dashboard/billing/usage", "billing.usage", Snapshot::usage, true),
];

/// Adds the paths of a surface.
pub fn add(mut router: Router<Worker>, surface: &'static Surface) -> Router<Worker> {
    for (path, endpoint, shape, bare) in SHAPES {
        let door = Door { surface, endpoint, dialect: None };
        let told = || only(door, "GET", get(move |s, r| tell((door, shape), s, r)));
        router = router.route(&format!("{}{path}", surface.base), told());
        if let Some(root) = surface.base.strip_suffix("/v1").filter(|_| bare) {
            router = router.route(&format!("{root}{path}"), told());
        }
    }
    router
}

async fn tell(
    (door, shape): (Door, fn(&Snapshot) -> Bytes),
    State(worker): State<Worker>,
    request: Request<Body>,
) -> Response<Body> {
    let mut visit = Visit::new(&worker.house, door, &request);
    match visit.identify(request.headers(), Scope::Read).await {
        Ok(caller) => {
            let found = worker.house.snapshot(&caller.key, visit.entry.limits.clone(), visit.entry.at).await;
            visit.answer(Some(&caller), found.map(|snapshot| shape(&snapshot)))
        }
        Err(fault) => visit.answer(None, Err(fault)),
    }
}
