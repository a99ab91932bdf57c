//! What providers are told for the sake of their prompt caches. In: clients that name their session. Out: keys. Never here: marks
//! on parts of a prompt (tests of dialect), what a cache costs.

use crate::ask;
use serde_json::{Value, json};
use simtest::{Client, Ending, Setup, SimHouse, Speaks};

type Header = Option<(&'static str, &'static str)>;

/// The key that arrived at the provider, and what the client saw of it.
async fn key(
    client: Speaks,
    provider: Speaks,
    header: Header,
    quirks: Value,
    own: Option<&str>,
) -> (Value, String) {
    let sim = SimHouse::open(Setup { speak: provider, header, quirks, ..Setup::default() }).await;
    sim.upstreams.set("one", vec![provider.whole("Hello", 10, 5)]);
    let mut body = ask(false);
    if let Some(own) = own {
        body = client.asks(&body).1;
        body["prompt_cache_key"] = json!(own);
    }
    let seen = sim.call(client, &body, Client::ReadsAll).await;
    assert_eq!(
        (seen.ending(), sim.book.open_holds()),
        (Ending::Proper, 0),
        "{client:?} {provider:?}: {}",
        seen.text()
    );
    (sim.upstreams.arrived()[0].body["prompt_cache_key"].clone(), seen.text())
}

/// R-ROUTE-9: a session is named to OpenAI's servers that take names, the same each time, and never in the client's own words.
#[tokio::test(start_paused = true)]
async fn r_route_9_sessions_are_named_to_servers_that_take_names() {
    let takes = json!({ "prompt_cache_key": true });
    let session: Header = Some(("x-claude-code-session-id", "canary-session"));
    for client in Speaks::CLIENTS {
        for provider in [Speaks::Chat, Speaks::Responses] {
            let (told, seen) = key(client, provider, session, takes.clone(), None).await;
            let word = told.as_str().unwrap_or_default();
            assert_eq!(word.len(), 32, "{client:?} {provider:?}: {told}");
            assert!(!seen.contains(word) && !word.contains("canary"), "{seen}");
            assert_eq!(key(client, provider, session, takes.clone(), None).await.0, told);
            let other = key(client, provider, Some(("session_id", "another")), takes.clone(), None).await.0;
            assert!(other.is_string() && other != told, "{client:?} {provider:?}");
            for (header, quirks) in [
                (None, takes.clone()),
                (session, json!({})),
                (session, json!({ "prompt_cache_key": true, "cache_insert": false })),
            ] {
                assert_eq!(
                    key(client, provider, header, quirks, None).await.0,
                    Value::Null,
                    "{client:?} {provider:?}"
                );
            }
        }
        for provider in [Speaks::Messages, Speaks::Gemini] {
            assert_eq!(key(client, provider, session, takes.clone(), None).await.0, Value::Null, "{client:?}");
        }
    }
    for client in [Speaks::Chat, Speaks::Responses] {
        assert_eq!(key(client, client, session, takes.clone(), Some("own")).await.0, "own", "{client:?}");
    }
}
