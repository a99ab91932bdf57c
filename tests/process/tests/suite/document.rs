//! The document of the management API holds: every operation is asked for once so that it succeeds, and its answer is the one that
//! is told, on both stores. Never here: what is refused (broken_bodies), the document as it is checked in (the server).

use crate::people::{PASSWORD, Town, code, on_both, sign_in, text};
use process_tests::{Browser, Conversation, Document, Outcome, Reply, at, exchange, raw};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const NOTHING: Value = Value::Null;
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls that may leave no entry in the log before their answer: who looks changes nothing, and what depends on whether an address
/// is known is done behind it.
const SILENT: [&str; 6] =
    ["devices.look", "invitations.look", "password.forgotten", "providers.try", "register", "verify.mail"];

/// What was asked for so far, and what is known of it.
struct Tour<'a> {
    town: &'a Town,
    document: Document,
    token: String,
    seen: BTreeSet<String>,
    /// Calls that left an entry in the log.
    logged: BTreeSet<String>,
}

impl Tour<'_> {
    /// That an answer is a success that is told.
    fn judge(&mut self, name: &str, reply: &Reply) -> Outcome<Value> {
        let operation = self.document.operations().into_iter().find(|operation| operation.name == name);
        let operation = operation.ok_or_else(|| format!("no operation {name}"))?;
        if reply.head.status != operation.status {
            return Err(format!("{name}: {} was expected: {}", operation.status, reply.shown()));
        }
        self.document.holds(&operation, reply)?;
        self.seen.insert(name.to_owned());
        Ok(reply.json())
    }

    /// Asks as an operator's token; `path` has no base.
    fn operator(&mut self, name: &str, what: &str, body: &Value) -> Outcome<Value> {
        let (method, path) = what.split_once(' ').ok_or("no method")?;
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = [("authorization", self.token.as_str())];
        let request = raw(method, &format!("/api/manage{path}"), &headers, &bytes);
        let before = self.entries()?;
        let reply = exchange(self.town.gateway.address, &request, PATIENCE).map_err(at(name))?;
        self.logged(name, method, &before)?;
        self.judge(name, &reply)
    }

    fn entries(&self) -> Outcome<Value> {
        Ok(self.town.gateway.operator()?.ask("GET", "/log/check", None)?["entries"].take())
    }

    fn logged(&mut self, name: &str, method: &str, before: &Value) -> Outcome<()> {
        if method == "GET" || self.entries()? != *before {
            self.logged.insert(name.to_owned());
        }
        Ok(())
    }

    /// Asks as an operator's token for something that is no JSON and has `part` in it.
    fn csv(&mut self, name: &str, path: &str, part: &str) -> Outcome<()> {
        let headers = [("authorization", self.token.as_str())];
        let request = raw("GET", &format!("/api/manage{path}"), &headers, &[]);
        let reply = exchange(self.town.gateway.address, &request, PATIENCE).map_err(at(name))?;
        let told = reply.head.get("content-type");
        if reply.head.status != 200 || !told.starts_with("text/csv") || !reply.text().contains(part) {
            return Err(format!("{name}: {}", reply.shown()));
        }
        self.seen.insert(name.to_owned());
        self.logged.insert(name.to_owned());
        Ok(())
    }

    /// Asks as an operator's token for a stream of events, and looks at its head.
    fn begins(&mut self, name: &str, path: &str) -> Outcome<()> {
        let headers = [("authorization", self.token.as_str())];
        let request = raw("GET", &format!("/api/manage{path}"), &headers, &[]);
        let mut stream = Conversation::open(self.town.gateway.address, PATIENCE).map_err(at(name))?;
        stream.send(&request).map_err(at(name))?;
        let head = stream.head().map_err(at(name))?;
        if head.status != 200 || head.get("content-type") != "text/event-stream" {
            return Err(format!("{name}: {head:?}"));
        }
        self.seen.insert(name.to_owned());
        self.logged.insert(name.to_owned());
        Ok(())
    }

    /// Asks as somebody at a browser.
    fn person(&mut self, by: &mut Browser, name: &str, what: &str, body: &Value) -> Outcome<Value> {
        let (method, path) = what.split_once(' ').ok_or("no method")?;
        let before = self.entries()?;
        let reply = by.with(method, path, &[], body)?;
        self.logged(name, method, &before)?;
        self.judge(name, &reply)
    }
}

/// R-ACC-1: every answer of every operation is as the document says.
#[test]
fn r_acc_1_every_answer_is_as_the_document_says() -> Outcome<()> {
    // So that an address can fail that is not the tour's own.
    let trusting = [("TOLLGATE_SERVER__TRUSTED_PROXIES", "127.0.0.1")];
    on_both("the document", &trusting, |town| {
        let document = Document::of(town.gateway.address)?;
        let token = format!("Bearer {}", town.gateway.operator()?.token());
        let mut tour = Tour { town, document, token, seen: BTreeSet::new(), logged: BTreeSet::new() };
        let mut ada = account(&mut tour)?;
        second_factor(&mut tour, &mut ada)?;
        workspace(&mut tour, &mut ada)?;
        keys(&mut tour, &mut ada)?;
        devices(&mut tour, &mut ada)?;
        platform(&mut tour)?;
        let all: BTreeSet<String> = tour.document.operations().into_iter().map(|one| one.name).collect();
        let missed: Vec<&String> = all.difference(&tour.seen).collect();
        assert!(missed.is_empty() && all.len() > 60, "{missed:?}");
        // An entry for every change.
        let silent = tour.seen.difference(&tour.logged).filter(|name| !SILENT.contains(&name.as_str()));
        assert_eq!(silent.collect::<Vec<_>>(), Vec::<&String>::new());
        town.gateway.calm()
    })
}

/// The first operator, and Ada with her own workspace, whose password changes thrice.
fn account(tour: &mut Tour<'_>) -> Outcome<Browser> {
    let mut root = tour.town.browser();
    tour.person(&mut root, "openapi", "GET /openapi.json", &NOTHING)?;
    let about = tour.person(&mut root, "about", "GET /about", &NOTHING)?;
    assert_eq!((&about["setup_needed"], &about["registration"]), (&json!(true), &json!("open")));
    let setup = std::fs::read_to_string(tour.town.setup.data.join("setup.token")).map_err(at("setup.token"))?;
    let first = json!({ "token": setup.trim(), "email": "root@example.com", "password": PASSWORD, "name": "Root" });
    tour.person(&mut root, "setup", "POST /setup", &first)?;
    let mut ada = tour.town.browser();
    let new = json!({ "email": "ada@example.com", "password": PASSWORD, "name": "Ada", "workspace": "Acme" });
    tour.person(&mut ada, "register", "POST /register", &new)?;
    let address = json!({ "email": "ada@example.com" });
    ada.letter("ada@example.com", "Confirm your address")?;
    tour.person(&mut ada, "verify.mail", "POST /verify/mail", &address)?;
    let token = newest(&ada, "Confirm your address", 2)?;
    tour.person(&mut ada, "verify", "POST /verify", &json!({ "token": token }))?;
    let enter = json!({ "email": "ada@example.com", "password": PASSWORD });
    tour.person(&mut ada, "session.create", "POST /session", &enter)?;
    tour.person(&mut ada, "session.show", "GET /session", &NOTHING)?;
    let change = json!({ "current": PASSWORD, "password": "another password" });
    tour.person(&mut ada, "password.change", "POST /password", &change)?;
    tour.person(&mut ada, "password.forgotten", "POST /password/forgotten", &address)?;
    let token = ada.letter("ada@example.com", "password")?;
    tour.person(
        &mut ada,
        "password.reset",
        "POST /password/reset",
        &json!({ "token": token, "password": PASSWORD }),
    )?;
    let mut elsewhere = tour.town.browser();
    sign_in(&mut elsewhere, "ada@example.com", PASSWORD)?;
    tour.person(&mut elsewhere, "session.end", "DELETE /session", &NOTHING)?;
    for _ in 0..2 {
        sign_in(&mut elsewhere, "ada@example.com", PASSWORD)?;
        elsewhere = tour.town.browser();
    }
    let mut ada = tour.town.browser();
    sign_in(&mut ada, "ada@example.com", PASSWORD)?;
    let list = tour.person(&mut ada, "sessions.list", "GET /sessions", &NOTHING)?;
    let other = list["data"].as_array().into_iter().flatten().find(|one| one["current"] == false);
    let other = other.ok_or_else(|| format!("no other session: {list}"))?;
    tour.person(&mut ada, "sessions.end", &format!("DELETE /sessions/{}", text(&other["id"])), &NOTHING)?;
    tour.person(&mut ada, "sessions.end_others", "DELETE /sessions", &NOTHING)?;
    tour.person(&mut ada, "whoami", "GET /whoami", &NOTHING)?;
    Ok(ada)
}

/// The token of the letter of that number about something.
fn newest(browser: &Browser, about: &str, number: usize) -> Outcome<String> {
    process_tests::wait_until("another letter", PATIENCE, || {
        Ok((browser.letters("ada@example.com", about).len() >= number).then_some(()))
    })?;
    browser.letter("ada@example.com", about)
}

fn second_factor(tour: &mut Tour<'_>, ada: &mut Browser) -> Outcome<()> {
    let seed = tour.person(ada, "totp.enrol", "POST /totp", &NOTHING)?;
    let secret = text(&seed["secret"]);
    let confirm = json!({ "code": code(&secret, -1) });
    assert_eq!(tour.person(ada, "totp.show", "GET /totp", &NOTHING)?["confirmed_at"], NOTHING);
    let done = tour.person(ada, "totp.confirm", "POST /totp/confirm", &confirm)?;
    let mut half = tour.town.browser();
    sign_in(&mut half, "ada@example.com", PASSWORD)?;
    let recovery = |n: usize| json!({ "recovery_code": done["recovery_codes"][n] });
    tour.person(&mut half, "session.code", "POST /session/code", &recovery(0))?;
    tour.person(&mut half, "totp.remove", "POST /totp/remove", &recovery(1))?;
    Ok(())
}

/// Who is in the workspace, and its rules and log.
fn workspace(tour: &mut Tour<'_>, ada: &mut Browser) -> Outcome<()> {
    tour.person(ada, "workspaces.create", "POST /workspaces", &json!({ "name": "Second" }))?;
    tour.person(ada, "workspaces.list", "GET /workspaces?limit=1&q=acme", &NOTHING)?;
    tour.person(ada, "workspaces.show", "GET /workspaces/acme", &NOTHING)?;
    tour.person(ada, "limits.show", "GET /workspaces/acme/limits", &NOTHING)?;
    tour.person(ada, "account_models.list", "GET /workspaces/acme/models", &NOTHING)?;
    let rules = json!({ "rules": { "member": { "month_micro_usd": 5, "requests_per_day": 9 } } });
    tour.person(ada, "workspaces.change", "PATCH /workspaces/acme", &rules)?;
    let grant =
        json!({ "amount_usd": "5.00", "reason": "tour", "kind": "promo", "expires_at": "2100-01-01T00:00:00Z" });
    tour.operator("credit.grant", "POST /workspaces/acme/credit", &grant)?;
    let mut bob = tour.town.resident("bob")?;
    let invite = json!({ "email": "bob@example.com", "role": "viewer" });
    tour.person(ada, "invitations.create", "POST /workspaces/acme/invitations", &invite)?;
    let token = json!({ "token": ada.letter("bob@example.com", "Invitation")? });
    tour.person(&mut bob, "invitations.look", "POST /invitations/look", &token)?;
    tour.person(&mut bob, "invitations.accept", "POST /invitations/accept", &token)?;
    let invite = json!({ "email": "joe@example.com", "role": "viewer" });
    let made = tour.person(ada, "invitations.create", "POST /workspaces/acme/invitations", &invite)?;
    let one = format!("DELETE /workspaces/acme/invitations/{}", text(&made["id"]));
    tour.person(ada, "invitations.withdraw", &one, &NOTHING)?;
    tour.person(ada, "invitations.list", "GET /workspaces/acme/invitations", &NOTHING)?;
    let list = tour.person(ada, "members.list", "GET /workspaces/acme/members", &NOTHING)?;
    let bob_is = list["data"].as_array().into_iter().flatten().find(|one| one["email"] == "bob@example.com");
    let path = format!("/workspaces/acme/members/{}", text(&bob_is.ok_or("no Bob")?["user"]));
    tour.person(ada, "members.change", &format!("PATCH {path}"), &json!({ "role": "developer" }))?;
    tour.person(&mut bob, "members.leave", "POST /workspaces/acme/leave", &NOTHING)?;
    tour.person(
        ada,
        "invitations.create",
        "POST /workspaces/acme/invitations",
        &json!({ "email": "bob@example.com", "role": "viewer" }),
    )?;
    let token = process_tests::wait_until("another invitation", PATIENCE, || {
        Ok((bob.letters("bob@example.com", "Invitation").len() >= 2).then_some(()))
    });
    token?;
    let token = json!({ "token": bob.letter("bob@example.com", "Invitation")? });
    tour.person(&mut bob, "invitations.accept", "POST /invitations/accept", &token)?;
    tour.person(ada, "members.remove", &format!("DELETE {path}"), &NOTHING)?;
    tour.person(ada, "workspace_log.list", "GET /workspaces/acme/log?limit=3", &NOTHING)?;
    Ok(())
}

/// Keys of the workspace, of programs, and by operators.
/// Two devices that ask for a key: one has it, one has not.
fn devices(tour: &mut Tour<'_>, ada: &mut Browser) -> Outcome<()> {
    for decide in [("devices.approve", "POST /workspaces/acme/devices"), ("devices.deny", "POST /devices/deny")] {
        let headers = [("content-type", "application/json")];
        let asked = raw("POST", "/api/device/code", &headers, b"{\"client_id\":\"tour\",\"scope\":\"chat read\"}");
        let begun = exchange(tour.town.gateway.address, &asked, PATIENCE).map_err(at("a device"))?.json();
        let typed = json!({ "user_code": begun["user_code"] });
        tour.person(ada, "devices.look", "POST /devices/look", &typed)?;
        tour.person(ada, decide.0, decide.1, &typed)?;
    }
    tour.person(ada, "install_tokens.create", "POST /workspaces/acme/install-tokens", &NOTHING)?;
    Ok(())
}

fn keys(tour: &mut Tour<'_>, ada: &mut Browser) -> Outcome<()> {
    let rules = json!({
        "environment": "test", "caps": { "day_micro_usd": 7 }, "models": ["a*"], "requests_per_minute": 3,
        "addresses": ["10.0.0.0/8", "::1"], "scopes": ["chat", "read"], "metadata": { "team": "x" },
    });
    for (of, base) in [("workspace_keys", "/workspaces/acme/keys"), ("keys", "/keys")] {
        let mut ask = |verb: &str, what: &str, body: &Value| {
            let name = format!("{of}.{verb}");
            if of == "keys" { tour.operator(&name, what, body) } else { tour.person(ada, &name, what, body) }
        };
        let mut new = json!({ "name": "k", "expires_at": "2100-01-01T00:00:00Z", "rules": rules });
        if of == "keys" {
            new["workspace"] = json!("acme");
        }
        let made = ask("create", &format!("POST {base}"), &new)?;
        let one = format!("{base}/{}", text(&made["id"]));
        ask("list", &format!("GET {base}"), &NOTHING)?;
        ask("show", &format!("GET {one}"), &NOTHING)?;
        ask("change", &format!("PATCH {one}"), &json!({ "rules": { "models": null } }))?;
        ask("rotate", &format!("POST {one}/rotate"), &json!({ "grace_seconds": 60 }))?;
        ask("revoke", &format!("DELETE {one}"), &NOTHING)?;
    }
    let ends = now_and(3_600);
    let base = "/workspaces/acme/management-keys";
    let new = json!({ "name": "ci", "role": "admin", "expires_at": ends });
    let made = tour.person(ada, "management_keys.create", &format!("POST {base}"), &new)?;
    let operators = std::mem::replace(&mut tour.token, format!("Bearer {}", text(&made["key"])));
    // A program is told who it is, as whoever asks.
    tour.operator("whoami", "GET /whoami", &NOTHING)?;
    tour.operator("workspace_log.list", "GET /workspaces/acme/log", &NOTHING)?;
    tour.token = operators;
    tour.person(ada, "management_keys.list", &format!("GET {base}"), &NOTHING)?;
    let one = format!("DELETE {base}/{}", text(&made["id"]));
    tour.person(ada, "management_keys.revoke", &one, &NOTHING)?;
    Ok(())
}

fn now_and(seconds: i64) -> String {
    use units::Clock;
    let now = process_tests::WallClock.now();
    units::Timestamp::from_ms(now.ms() + seconds * 1_000).to_string()
}

/// What operators do.
fn platform(tour: &mut Tour<'_>) -> Outcome<()> {
    let users = tour.operator("users.list", "GET /users?limit=2&q=example", &NOTHING)?;
    let path = format!("PATCH /users/{}", text(&users["data"][0]["id"]));
    tour.operator("users.change", &path, &json!({ "disabled": true }))?;
    tour.operator("whoami", "GET /whoami", &NOTHING)?;
    tour.operator("platform.change", "PATCH /platform", &json!({ "api_off": false }))?;
    tour.operator("platform.show", "GET /platform", &NOTHING)?;
    let made = tour.operator("operator_tokens.create", "POST /operator-tokens", &json!({ "name": "t" }))?;
    tour.operator("operator_tokens.list", "GET /operator-tokens", &NOTHING)?;
    let one = format!("DELETE /operator-tokens/{}", text(&made["id"]));
    tour.operator("operator_tokens.revoke", &one, &NOTHING)?;
    tour.operator("secrets.rotate", "POST /secrets/rotate", &NOTHING)?;
    let address = tour.town.gateway.address;
    let mut catalogue = process_tests::catalogue(address);
    let theirs = json!({ "name": "theirs", "kind": "openai", "base_url": format!("http://{address}/v1"),
                         "own_keys": { "allowed": true } });
    catalogue["provider"].as_array_mut().into_iter().for_each(|all| all.push(theirs.clone()));
    for path in ["PUT /catalogue?dry_run=true", "PUT /catalogue"] {
        tour.operator("catalogue.apply", path, &catalogue)?;
    }
    for (name, path) in [
        ("catalogue.show", "/catalogue"),
        ("catalogue.history", "/catalogue/history?limit=2"),
        ("catalogue.starter", "/catalogue/starter"),
        ("providers.list", "/providers"),
        ("models.list", "/models"),
    ] {
        tour.operator(name, &format!("GET {path}"), &NOTHING)?;
    }
    let trial = json!({ "kind": "openai", "base_url": format!("http://{address}/v1"), "credential": "none" });
    tour.operator("providers.try", "POST /providers/try", &trial)?;
    tour.operator("own_providers.list", "GET /workspaces/acme/providers", &NOTHING)?;
    let base = "/workspaces/acme/provider-keys";
    let new = json!({ "provider": "theirs", "label": "ours", "key": "sk-own-canary-0123456789" });
    let made = tour.operator("provider_keys.create", &format!("POST {base}"), &new)?;
    let one = format!("{base}/{}", text(&made["id"]));
    tour.operator("provider_keys.list", &format!("GET {base}"), &NOTHING)?;
    tour.operator("provider_keys.change", &format!("PATCH {one}"), &json!({ "label": "theirs" }))?;
    tour.operator("provider_keys.remove", &format!("DELETE {one}"), &NOTHING)?;
    used(tour)?;
    let rows = tour.operator("usage.list", "GET /usage", &NOTHING)?;
    let (request, of) =
        (text(&rows["data"][0]["request_id"]).to_owned(), text(&rows["data"][0]["workspace"]).to_owned());
    let sums = "by=model&step_hours=1&pace=true";
    for (name, path) in [
        ("usage.show", format!("/usage/{request}")),
        ("facts.show", format!("/facts?{sums}")),
        ("workspace_usage.list", format!("/workspaces/{of}/usage")),
        ("workspace_usage.show", format!("/workspaces/{of}/usage/{request}")),
        ("workspace_facts.show", format!("/workspaces/{of}/facts?{sums}")),
    ] {
        tour.operator(name, &format!("GET {path}"), &NOTHING)?;
    }
    for (name, path) in
        [("usage.csv", "/usage.csv".to_owned()), ("workspace_usage.csv", format!("/workspaces/{of}/usage.csv"))]
    {
        tour.csv(name, &path, &request)?;
    }
    for (name, path) in
        [("events.watch", "/events".to_owned()), ("workspace_events.watch", format!("/workspaces/{of}/events"))]
    {
        tour.begins(name, &path)?;
    }
    tour.operator("system.show", "GET /system", &NOTHING)?;
    tour.operator("audit.run", "GET /audit", &NOTHING)?;
    house(tour)?;
    tour.operator("log.list", "GET /log?limit=5", &NOTHING)?;
    tour.operator("log.check", "GET /log/check", &NOTHING)?;
    Ok(())
}

/// The books, what is found by a few letters, a look, an address that is shut out and let in again.
fn house(tour: &mut Tour<'_>) -> Outcome<()> {
    for (name, path) in [
        ("ledger.show", "/ledger"),
        ("holds.list", "/ledger/holds?limit=3"),
        ("movements.list", "/ledger/movements?workspace=acme&limit=1"),
        ("search.find", "/search?q=acme"),
    ] {
        let told = tour.operator(name, &format!("GET {path}"), &NOTHING)?;
        assert!(name != "movements.list" || told["data"][0]["reason"] == "tour", "{told}");
    }
    tour.operator("workspaces.look", "POST /workspaces/acme/look", &NOTHING)?;
    let wrong = [("authorization", "Bearer tgop-wrong"), ("x-forwarded-for", "192.0.2.7")];
    for _ in 0..50 {
        let request = raw("GET", "/api/manage/whoami", &wrong, &[]);
        exchange(tour.town.gateway.address, &request, PATIENCE).map_err(at("a wrong token"))?;
    }
    let told = tour.operator("address_blocks.list", "GET /address-blocks", &NOTHING)?;
    let lift = format!("DELETE /address-blocks/{}", text(&told["data"][0]["address"]));
    tour.operator("address_blocks.lift", &lift, &NOTHING)?;
    Ok(())
}

/// A call that fails upstream, so that there is a row of usage.
fn used(tour: &mut Tour<'_>) -> Outcome<()> {
    let account = tour.town.gateway.operator()?.customer("Customer", "1.00")?;
    let body = json!({ "model": "to-openai", "max_tokens": 5, "messages": [{ "role": "user", "content": "x" }] });
    let bearer = format!("Bearer {}", account.key);
    let headers = [("authorization", bearer.as_str())];
    let request = raw("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes());
    exchange(tour.town.gateway.address, &request, PATIENCE).map_err(at("a call"))?;
    process_tests::wait_until("a row of usage", PATIENCE, || {
        let rows = tour.town.gateway.operator()?.rows(&account)?;
        Ok((!rows.is_empty()).then_some(()))
    })
}
