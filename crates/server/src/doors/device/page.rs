//! The page where people decide about a device, as files that a browser takes. In: nothing. Out: HTML, a style, a script, with a
//! policy that lets nothing else in. Never here: deciding (api/devices).

use crate::house::Worker;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// No frame, no script and no style but ours, no talk but with this server: nobody lays a page over this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Adds the page and what it takes.
pub fn add(router: Router<Worker>) -> Router<Worker> {
    let text = |kind, text: &'static str| get(move || async move { file(kind, text) });
    router
        .route("/device", text("text/html; charset=utf-8", include_str!("page.html")))
        .route("/device/page.css", text("text/css; charset=utf-8", include_str!("page.css")))
        .route("/device/page.js", text("text/javascript; charset=utf-8", include_str!("page.js")))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use crate::api::makes_keys;
    use store::port::Role;

    /// The page offers the workspaces in which its reader may make keys, by the same roles as the gate.
    #[test]
    fn the_page_knows_who_makes_keys() {
        let makers: Vec<String> = Role::ALL
            .into_iter()
            .filter(|role| makes_keys(*role))
            .map(|role| format!("\"{}\"", role.name()))
            .collect();
        assert!(include_str!("page.js").contains(&format!("[{}]", makers.join(", "))), "{makers:?}");
    }
}
