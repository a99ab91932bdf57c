//! Keys by members, and keys of programs: who sees, makes and changes which, and when they end. Never here: rules of keys.

use super::*;
use serde_json::{Value, json};

const KEYS: &str = "/api/manage/workspaces/acme/keys";
const PROGRAMS: &str = "/api/manage/workspaces/acme/management-keys";

/// Who asks: by a session, or by a key in `Authorization`.
pub enum By {
    Session(String, String),
    Bearer(String),
}

impl By {
    pub fn headers(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Session(cookie, csrf) => vec![("cookie", cookie), ("x-csrf-token", csrf)],
            Self::Bearer(bearer) => vec![("authorization", bearer)],
        }
    }
}

impl Town {
    pub async fn by(&self, name: &str) -> By {
        self.seat(name).await;
        match name {
            "token" => By::Bearer(format!("Bearer {}", self.token)),
            name => {
                let (cookie, csrf) = self.session(name).await;
                By::Session(cookie, csrf)
            }
        }
    }

    /// The status and the body of an answer.
    pub async fn call(&self, by: &By, what: &str, body: Value) -> (u16, Value) {
        let (method, path) = what.split_once(' ').unwrap();
        let method: Method = method.parse().unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.send_text(&method, path, &by.headers(), body).await;
        (response.status().as_u16(), serde_json::from_str(&text_of(response).await).unwrap_or(Value::Null))
    }

    pub async fn key_of(&self, by: &By, name: &str) -> Value {
        let (status, made) = self.call(by, &format!("POST {KEYS}"), json!({ "name": name })).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    /// The names of the keys that they see, newest first.
    async fn names(&self, by: &By, path: &str) -> Vec<String> {
        let (status, list) = self.call(by, &format!("GET {path}"), Value::Null).await;
        assert_eq!(status, 200, "{list}");
        list["data"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn works(&self, made: &Value) -> u16 {
        let bearer = By::Bearer(format!("Bearer {}", made["key"].as_str().unwrap()));
        self.call(&bearer, "GET /v1/models", Value::Null).await.0
    }

    pub fn later(&self) {
        self.clock.0.fetch_add(1_000, Ordering::Relaxed);
    }
}

pub fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

/// R-KEY-1, R-ACC-1: owners and admins have all keys of their workspace in hand, developers their own, billing and viewers look.
#[tokio::test]
async fn r_key_1_members_have_the_keys_in_hand_that_are_theirs() {
    let town = Town::open("keys").await;
    let (owner, developer, viewer) = (town.by("owner").await, town.by("developer").await, town.by("viewer").await);
    let owners = town.key_of(&owner, "owners").await;
    town.later();
    let developers = town.key_of(&developer, "developers").await;
    assert_eq!(developers["owner"], json!(town.user("developer").to_string()));
    assert_eq!(developers["spend"], json!({ "total_micro_usd": 0, "month_micro_usd": 0, "day_micro_usd": 0 }));
    assert_eq!((town.works(&owners).await, town.works(&developers).await), (200, 200));
    for (name, seen) in [("admin", true), ("billing", true), ("viewer", true), ("developer", false)] {
        let by = town.by(name).await;
        let all = ["developers", "owners"].map(str::to_owned);
        assert_eq!(town.names(&by, KEYS).await, if seen { &all[..] } else { &all[..1] }, "{name}");
        let (status, shown) = town.call(&by, &format!("GET {KEYS}/{}", id(&owners)), Value::Null).await;
        assert_eq!(status, if seen { 200 } else { 404 }, "{name}");
        assert!(shown.get("key").is_none());
    }
    // What is another's looks as if it were not there, whatever is asked.
    let nobodys = format!("{KEYS}/key_00000000000000000000000000");
    for (method, tail) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")] {
        let others = town.call(&developer, &format!("{method} {KEYS}/{}{tail}", id(&owners)), json!({})).await;
        assert_eq!(
            others,
            town.call(&developer, &format!("{method} {nobodys}{tail}"), json!({})).await,
            "{method}"
        );
        assert_eq!(others.0, 404, "{method}");
    }
    assert_eq!(town.call(&viewer, &format!("POST {KEYS}"), json!({ "name": "x" })).await.0, 403);
    let own = format!("{KEYS}/{}", id(&developers));
    let changed = town.call(&developer, &format!("PATCH {own}"), json!({ "name": "mine" })).await;
    assert_eq!((changed.0, &changed.1["name"]), (200, &json!("mine")));
    let (status, rotated) =
        town.call(&developer, &format!("POST {own}/rotate"), json!({ "grace_seconds": 0 })).await;
    assert_eq!((status, town.works(&rotated).await, town.works(&developers).await), (200, 200, 401));
    let admin = town.by("admin").await;
    assert_eq!(town.call(&admin, &format!("DELETE {own}"), Value::Null).await.0, 200);
    assert_eq!(town.works(&rotated).await, 401);
}

/// R-KEY-1: a key is nobody else's but of who makes it, unless an operator says so; and never of another workspace's people.
#[tokio::test]
async fn r_key_1_only_operators_make_keys_for_others() {
    let town = Town::open("keys-for").await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    town.by("developer").await;
    let [developer, stranger] = ["developer", "stranger"].map(|name| town.user(name).to_string());
    let for_one = |user: &str| json!({ "name": "k", "owner": user });
    for (by, path, user, status) in
        [(&owner, KEYS, &developer, 400), (&token, KEYS, &developer, 201), (&token, KEYS, &stranger, 400)]
    {
        let (found, made) = town.call(by, &format!("POST {path}"), for_one(user)).await;
        assert_eq!(found, status, "{made}");
        assert_eq!(made.to_string().contains(&format!("\"owner\":\"{user}\"")), status == 201, "{made}");
    }
    let both = json!({ "name": "k", "workspace": "acme" });
    assert_eq!(town.call(&owner, &format!("POST {KEYS}"), both.clone()).await.0, 400);
    let (status, made) = town.call(&token, "POST /api/manage/keys", both).await;
    assert_eq!((status, &made["owner"]), (201, &Value::Null));
    assert_eq!(town.call(&token, "POST /api/manage/keys", json!({ "name": "k" })).await.0, 400);
}

/// R-KEY-1, R-ACC-1: a member's keys stop when the member is shut out, and work again when that ends.
#[tokio::test]
async fn r_key_1_keys_of_who_is_shut_out_stop() {
    let town = Town::open("keys-out").await;
    let (developer, token) = (town.by("developer").await, town.by("token").await);
    let made = town.key_of(&developer, "k").await;
    let path = format!("PATCH /api/manage/users/{}", town.user("developer"));
    for (disabled, works) in [(true, 401), (false, 200)] {
        assert_eq!(town.call(&token, &path, json!({ "disabled": disabled })).await.0, 200);
        assert_eq!(town.works(&made).await, works);
    }
}

/// R-LIM-2: members read the tier of their workspace, and what is left, without taking any of it.
#[tokio::test]
async fn r_lim_2_members_read_their_limits() {
    let town = Town::open("limits").await;
    let (viewer, token) = (town.by("viewer").await, town.by("token").await);
    let path = "GET /api/manage/workspaces/acme/limits";
    let all = |minute: u32, at_once: u32, day: u32| {
        let left = |n: u32| json!({ "limit": n, "remaining": n, "reset_at": null });
        (left(minute), left(at_once), left(day))
    };
    for (plans, tier, (minute, at_once, day)) in
        [(json!([]), "free", all(5, 1, 50)), (json!(["starter", "pro"]), "pro", all(60, 3, 3_000))]
    {
        let rules = json!({ "rules": { "plans": plans } });
        assert_eq!(town.call(&token, "PATCH /api/manage/workspaces/acme", rules).await.0, 200);
        for _ in 0..2 {
            let told = json!({ "tier": tier, "requests_per_minute": minute, "concurrent_requests": at_once,
                               "requests_per_day": day });
            assert_eq!(town.call(&viewer, path, Value::Null).await, (200, told));
        }
    }
}

/// R-KEY-2, T6: a key of another workspace cannot be told from one that is not there, though its owner is asked.
#[tokio::test]
async fn r_key_2_keys_of_other_workspaces_are_not_there() {
    let town = Town::open("keys-apart").await;
    let (owner, stranger) = (town.by("owner").await, town.by("stranger").await);
    let made = town.key_of(&owner, "k").await;
    let bolt = "/api/manage/workspaces/bolt/keys";
    for (method, tail) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate")] {
        let mut answers = Vec::new();
        for key in [id(&made), "key_00000000000000000000000000", "x"] {
            answers.push(town.call(&stranger, &format!("{method} {bolt}/{key}{tail}"), json!({})).await);
        }
        assert!(answers[0].0 == 404 && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert!(town.names(&stranger, bolt).await.is_empty());
    assert_eq!(town.works(&made).await, 200);
}

/// R-ACC-1, R-KEY-2: who is taken out of a workspace, or leaves, leaves without keys, at once and for good.
#[tokio::test]
async fn r_acc_1_the_keys_of_who_leaves_end_at_once() {
    let town = Town::open("keys-leave").await;
    let owner = town.by("owner").await;
    let theirs = town.key_of(&owner, "owners").await;
    for (name, how) in [("developer", "remove"), ("admin", "leave")] {
        let by = town.by(name).await;
        let made = town.key_of(&by, name).await;
        assert_eq!(town.works(&made).await, 200);
        let user = town.user(name);
        let gone = match how {
            "leave" => town.call(&by, "POST /api/manage/workspaces/acme/leave", json!({})).await,
            _ => town.call(&owner, &format!("DELETE /api/manage/workspaces/acme/members/{user}"), json!({})).await,
        };
        assert_eq!((gone.0, town.works(&made).await, town.works(&theirs).await), (200, 401, 200));
        // Who comes back has to make new ones.
        let by = town.by(name).await;
        assert_eq!(town.works(&made).await, 401);
        assert_eq!(town.works(&town.key_of(&by, "new").await).await, 200);
    }
}

/// R-ACC-1, R-KEY-2: who is made a viewer or billing has no keys from then on, which is told; nor does an operator make them any.
#[tokio::test]
async fn r_acc_1_the_keys_of_who_may_have_none_end_at_once() {
    let town = Town::open("keys-role").await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    let by = town.by("developer").await;
    let user = town.user("developer").to_string();
    let path = format!("PATCH /api/manage/workspaces/acme/members/{user}");
    let role = async |role: &str| {
        let (status, told) = town.call(&owner, &path, json!({ "role": role })).await;
        assert_eq!((status, &told["role"]), (200, &json!(role)), "{told}");
        (told["keys_revoked"].clone(), told["management_keys_revoked"].clone())
    };
    let none = || (json!(0), json!(0));
    for without in ["viewer", "billing"] {
        let made = town.key_of(&by, "k").await;
        assert_eq!(role("admin").await, none());
        let (_, program) = program_of(&town, &by, "viewer").await;
        assert_eq!((role("developer").await, town.works(&made).await), (none(), 200));
        assert_eq!((role(without).await, town.works(&made).await), ((json!(1), json!(1)), 401));
        assert_eq!(town.call(&bearer(&program), "GET /api/manage/whoami", Value::Null).await.0, 401);
        let for_them = json!({ "name": "k", "workspace": "acme", "owner": user });
        let (status, problem) = town.call(&token, "POST /api/manage/keys", for_them).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("owner")), "{problem}");
        // A better role revives none.
        assert_eq!((role("developer").await, town.works(&made).await), (none(), 401));
        let (_, log) = town.call(&owner, "GET /api/manage/workspaces/acme/log", Value::Null).await;
        let told = |action: &str, object: &Value| {
            log["data"].as_array().unwrap().iter().any(|e| e["action"] == action && e["object"] == *object)
        };
        assert!(told("key.revoke", &made["id"]) && told("management_key.revoke", &program["id"]), "{log}");
    }
    let last = town.key_of(&by, "k").await;
    let (status, told) = town.call(&owner, &path.replace("PATCH", "DELETE"), json!({})).await;
    let expected = json!({ "done": true, "keys_revoked": 1, "management_keys_revoked": 0 });
    assert_eq!((status, told, town.works(&last).await), (200, expected, 401));
}

async fn program_of(town: &Town, by: &By, role: &str) -> (u16, Value) {
    let ends = town.clock.now().plus(Duration::from_secs(3_600));
    let new = json!({ "name": "ci", "role": role, "expires_at": ends.to_string() });
    town.call(by, &format!("POST {PROGRAMS}"), new).await
}

fn bearer(made: &Value) -> By {
    By::Bearer(format!("Bearer {}", made["key"].as_str().unwrap()))
}

/// R-ACC-1: a management key opens one workspace with its role, calls no model, and ends by its time, by being revoked, and
/// with the rights of who made it.
#[tokio::test]
async fn r_acc_1_management_keys_open_one_workspace_for_a_time() {
    let town = Town::open("programs").await;
    let (owner, admin) = (town.by("owner").await, town.by("admin").await);
    assert_eq!(program_of(&town, &admin, "owner").await.0, 403);
    assert_eq!(program_of(&town, &admin, "king").await.0, 400);
    let (_, program) = program_of(&town, &admin, "admin").await;
    let by = bearer(&program);
    let ask = async |path: &str| town.call(&by, &format!("GET /api/manage{path}"), Value::Null).await;
    let (status, who) = ask("/whoami").await;
    assert_eq!((status, &who["auth"]), (200, &json!("management_key")));
    assert!(!who.to_string().contains(program["key"].as_str().unwrap()));
    let (_, list) = ask("/workspaces").await;
    assert_eq!((list["data"].as_array().unwrap().len(), &list["data"][0]["role"]), (1, &json!("admin")));
    for (path, status) in [("/workspaces/acme/keys", 200), ("/workspaces/bolt/keys", 404), ("/users", 403)] {
        assert_eq!(ask(path).await.0, status, "{path}");
    }
    // It makes itself no other, and keys that call models open nothing here, as it calls none.
    assert_eq!(program_of(&town, &by, "viewer").await.0, 403);
    assert_eq!(town.works(&program).await, 401);
    let key = town.key_of(&by, "k").await;
    assert_eq!((town.works(&key).await, &key["owner"]), (200, &Value::Null));
    assert_eq!(town.call(&bearer(&key), "GET /api/manage/whoami", Value::Null).await.0, 401);
    let log = town.call(&town.by("token").await, "GET /api/manage/log", Value::Null).await.1;
    assert_eq!(log["data"][0]["actor"], json!(format!("ci ({})", id(&program))));
    // Its maker may do less than it: it may do nothing, until they may again.
    let (house, user) = (town.house(), town.user("admin"));
    for (role, status) in [(Role::Developer, 401), (Role::Admin, 200)] {
        house.store_people.set_role(town.acme.id, user, role, AuditEntry::default()).await.unwrap();
        house.reload(Change::People).await.unwrap();
        assert_eq!(ask("/whoami").await.0, status);
    }
    let (_, other) = program_of(&town, &owner, "viewer").await;
    let path = format!("{PROGRAMS}/{}", id(&program));
    assert_eq!(town.call(&owner, &format!("DELETE {path}"), Value::Null).await.0, 200);
    assert_eq!(ask("/whoami").await.0, 401);
    assert_eq!(town.call(&bearer(&other), "GET /api/manage/whoami", Value::Null).await.0, 200);
    town.clock.0.fetch_add(3_600_000, Ordering::Relaxed);
    assert_eq!(town.call(&bearer(&other), "GET /api/manage/whoami", Value::Null).await.0, 401);
}

/// R-KEY-1: a program that is a developer has the keys that it made in hand, and no others.
#[tokio::test]
async fn r_key_1_programs_have_their_own_keys_in_hand() {
    let town = Town::open("programs-own").await;
    let owner = town.by("owner").await;
    let (first, second) = (town.program(Role::Developer).await.0, town.program(Role::Developer).await.0);
    let [first, second] = [first, second].map(|text| By::Bearer(format!("Bearer {text}")));
    town.key_of(&owner, "owners").await;
    let made = town.key_of(&first, "firsts").await;
    assert_eq!(town.names(&first, KEYS).await, ["firsts"]);
    assert!(town.names(&second, KEYS).await.is_empty());
    assert_eq!(town.call(&second, &format!("DELETE {KEYS}/{}", id(&made)), json!({})).await.0, 404);
    assert_eq!(town.call(&first, &format!("DELETE {KEYS}/{}", id(&made)), json!({})).await.0, 200);
}

/// R-KEY-1, R-ACC-1: lists come in pages, newest first, and a wrong limit is named.
#[tokio::test]
async fn r_acc_1_lists_come_in_pages() {
    let town = Town::open("pages").await;
    let (owner, token) = (town.by("owner").await, town.by("token").await);
    for name in ["viewer", "billing"] {
        town.by(name).await;
    }
    for n in 0..3 {
        town.later();
        town.key_of(&owner, &format!("k{n}")).await;
    }
    let members = "/api/manage/workspaces/acme/members";
    for (by, path, most) in [
        (&owner, KEYS, 3),
        (&owner, members, 3),
        (&token, "/api/manage/users", ACTORS.len()),
        (&token, "/api/manage/workspaces", 2),
        (&token, "/api/manage/keys", 3),
        (&owner, "/api/manage/workspaces/acme/invitations", 2),
    ] {
        let (mut seen, mut before) = (0, String::new());
        loop {
            let (status, page) = town.call(by, &format!("GET {path}?limit=2{before}"), Value::Null).await;
            assert_eq!(status, 200, "{path} {page}");
            seen += page["data"].as_array().unwrap().len();
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => break,
            }
        }
        assert_eq!(seen, most, "{path}");
        let (status, problem) = town.call(by, &format!("GET {path}?limit=0"), Value::Null).await;
        assert!(status == 400 && problem.to_string().contains("\"limit\""), "{path} {problem}");
        let (status, problem) = town.call(by, &format!("GET {path}?before=x"), Value::Null).await;
        assert!(status == 400 && problem.to_string().contains("\"before\""), "{path} {problem}");
    }
    assert_eq!(town.names(&owner, KEYS).await, ["k2", "k1", "k0"]);
    // Operators narrow their list to a workspace that there is; a path that names one says it all.
    for (by, path, status) in [
        (&token, "/api/manage/keys?workspace=acme", 200),
        (&token, "/api/manage/keys?workspace=nowhere", 404),
        (&owner, "/api/manage/workspaces/acme/keys?workspace=acme", 400),
    ] {
        assert_eq!(town.call(by, &format!("GET {path}"), Value::Null).await.0, status, "{path}");
    }
    assert!(town.names(&token, "/api/manage/keys?workspace=bolt").await.is_empty());
}
