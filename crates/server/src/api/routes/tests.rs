//! The whole table, walked by everybody there can be, against a golden matrix; and what the gate must never do.
//! Never here: flows (tests/process).

use super::*;
use crate::api::gate::Reached;
use crate::doors::Front;
use crate::house::{House, Parts};
use crate::people::COOKIE;
use crate::surface::{Surfaces, defaults as default_surfaces};
use crate::upstream::Upstream;
use crate::{Closing, Log, NoConsole, Tasks, Vault, mint_operator_token};
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use store::port::{
    AuditEntry, Change, InvitationRow, ManagementKeyRow, MethodKind, MethodRow, NewUser, SessionRow, UserRow,
    WorkspaceRow,
};
use store::{StoreConfig, StoreError};
use units::{
    Chance, Clock, InvitationId, ManagementKeyId, MethodId, Secret, SessionId, Timestamp, UserId, WorkspaceId,
};

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

struct Dice(Mutex<u64>);

impl Chance for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock();
        for byte in bytes {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*state >> 56) as u8;
        }
    }
}

/// A gateway on SQLite with a workspace, somebody in every role, a stranger, and operators.
struct Town {
    dir: PathBuf,
    clock: Arc<TestClock>,
    worker: Worker,
    front: Front,
    token: String,
    acme: WorkspaceRow,
}

/// Everybody who may ask.
const ACTORS: [&str; 11] = [
    "nobody",
    "half",
    "viewer",
    "developer",
    "billing",
    "admin",
    "owner",
    "stranger",
    "operator",
    "token",
    "program",
];

impl Town {
    async fn open(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("tollgate-routes-{name}-{}", std::process::id()));
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_167_000_000)));
        let chance = Arc::new(Dice(Mutex::new(7)));
        let handle = tokio::runtime::Handle::current();
        let config = StoreConfig::sqlite(dir.join("data"));
        let opened = store::open(config, clock.clone(), chance.clone(), handle).await.unwrap();
        let parts = Parts {
            settings: given::settings(&dir),
            surfaces: Box::leak(Box::new(Surfaces::new(default_surfaces()))),
            ledger: opened.ledger,
            store: opened.store,
            store_people: opened.people,
            vault: Vault::new(&Secret::new([7; 32])),
            clock: clock.clone(),
            chance,
            log: Log::new(crate::LogFormat::Off, clock.clone()),
            console: Arc::new(NoConsole),
        };
        let house = House::open(parts).await.unwrap();
        let upstream = Upstream::new(Duration::from_secs(1));
        let worker =
            Worker { house: house.clone(), upstream, tasks: Tasks::default(), closing: Closing::default() };
        let (token, row) = mint_operator_token(&house, "token");
        house.store.create_operator_token(row, AuditEntry::default()).await.unwrap();
        house.reload(Change::OperatorTokens).await.unwrap();
        let workspace = |slug: &str| {
            WorkspaceRow::new(WorkspaceId::new(clock.now(), house.ten()), slug.into(), slug.into(), clock.now())
        };
        let (acme, bolt) = (workspace("acme"), workspace("bolt"));
        let front = Front::new(worker.clone());
        let town = Self { dir, clock, worker, front, token: token.expose().clone(), acme };
        for name in ACTORS {
            town.move_in(name).await;
        }
        let people = &house.store_people;
        people.found_workspace(town.acme.clone(), town.user("owner"), AuditEntry::default()).await.unwrap();
        people.found_workspace(bolt, town.user("stranger"), AuditEntry::default()).await.unwrap();
        house.reload(Change::People).await.unwrap();
        town
    }

    fn house(&self) -> &House {
        &self.worker.house
    }

    fn user(&self, name: &str) -> UserId {
        let users = self.house().people.users();
        users.iter().find(|user| user.name == name).unwrap().id
    }

    async fn move_in(&self, name: &str) {
        let (house, now) = (self.house(), self.clock.now());
        let id = UserId::new(now, house.ten());
        let user = UserRow {
            id,
            email: format!("{name}@example.com"),
            folded: format!("{name}@example.com"),
            name: name.into(),
            created_at: now,
            verified_at: Some(now),
            disabled_at: None,
            operator: name == "operator",
            epoch: 0,
        };
        let method = MethodRow {
            id: MethodId::new(now, house.ten()),
            user: id,
            kind: MethodKind::Password,
            subject: String::new(),
            secret: Secret::new(Vec::new()),
            created_at: now,
            confirmed_at: Some(now),
            counter: 0,
        };
        let new = NewUser { user, method, workspace: None, verify: None, invitation: None, setup: None };
        house.store_people.register(new, AuditEntry::default()).await.unwrap();
        house.reload(Change::People).await.unwrap();
    }

    /// Puts a role's holder into its seat, again when they left.
    async fn seat(&self, name: &str) {
        let (Some(role), house) = (Role::named(name), self.house()) else { return };
        let user = self.user(name);
        if house.people.role(self.acme.id, user).is_some() {
            return;
        }
        let mut digest = [0; 32];
        house.chance.fill(&mut digest);
        let email = format!("{name}@example.com");
        let invitation = InvitationRow {
            id: InvitationId::new(self.clock.now(), house.ten()),
            workspace: self.acme.id,
            email: email.clone(),
            folded: email,
            role,
            digest,
            made_at: self.clock.now(),
            ends_at: self.clock.now().plus(Duration::from_secs(60)),
            made_by: String::new(),
            accepted_at: None,
            withdrawn_at: None,
        };
        let entry = AuditEntry { at: self.clock.now(), ..AuditEntry::default() };
        house.store_people.invite(invitation, entry.clone()).await.unwrap();
        house.store_people.accept(digest, user, entry).await.unwrap();
        house.reload(Change::People).await.unwrap();
    }

    /// A new session of a user: its cookie, and the token that goes with it.
    async fn session(&self, name: &str) -> (String, String) {
        let (house, now) = (self.house(), self.clock.now());
        let mut random = [0; 16];
        house.chance.fill(&mut random);
        let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let row = SessionRow {
            id: SessionId::new(now, house.ten()),
            digest: house.vault.digest(&text),
            user: self.user(name),
            epoch: 0,
            made_at: now,
            seen_at: now,
            ends_at: now.plus(Duration::from_secs(30 * 86_400)),
            aal: u8::from(name != "half"),
            tries: 0,
            address: String::new(),
            agent: String::new(),
        };
        let csrf = house.vault.csrf(&row.digest);
        house.store_people.open_session(row.clone(), None, AuditEntry::default()).await.unwrap();
        house.people.open(row, None);
        (format!("{COOKIE}={text}"), csrf)
    }

    /// The key of a new program with a role in the workspace, which no member stands for.
    async fn program(&self, role: Role) -> (String, ManagementKeyRow) {
        let (house, now) = (self.house(), self.clock.now());
        let mut random = [0; 32];
        house.chance.fill(&mut random);
        let text = admit::mint("tgmk-", &random);
        let row = ManagementKeyRow {
            id: ManagementKeyId::new(now, house.ten()),
            workspace: self.acme.id,
            name: "ci".into(),
            prefix: String::new(),
            digest: house.vault.digest(text.expose()),
            role,
            made_by: None,
            created_by: String::new(),
            created_at: now,
            expires_at: now.plus(Duration::from_secs(3_600)),
            revoked_at: None,
        };
        house.store_people.create_management_key(row.clone(), AuditEntry::default()).await.unwrap();
        house.reload(Change::ManagementKeys).await.unwrap();
        (text.expose().clone(), row)
    }

    async fn send(&self, method: &Method, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let body = if method.is_safe() { "" } else { "{}" };
        self.send_text(method, path, headers, body.to_owned()).await
    }

    async fn send_text(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response<Body> {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.front.clone().answer(request.body(Body::from(body)).unwrap()).await
    }

    async fn ask(&self, actor: &str, row: &Row) -> Response<Body> {
        self.seat(actor).await;
        let path = path_of(row, "acme");
        match actor {
            "nobody" => self.send(&row.method, &path, &[]).await,
            "token" => {
                let bearer = format!("Bearer {}", self.token);
                self.send(&row.method, &path, &[("authorization", &bearer)]).await
            }
            "program" => {
                let bearer = format!("Bearer {}", self.program(Role::Admin).await.0);
                self.send(&row.method, &path, &[("authorization", &bearer)]).await
            }
            name => {
                let (cookie, csrf) = self.session(name).await;
                self.send(&row.method, &path, &[("cookie", &cookie), ("x-csrf-token", &csrf)]).await
            }
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The path of a row, with ids that nobody has.
fn path_of(row: &Row, workspace: &str) -> String {
    let nobody = UserId::from_bytes([0; 16]).to_string();
    let path = row.path.replace("{workspace}", workspace).replace("{user}", &nobody);
    let path = path.replace("{session}", &SessionId::from_bytes([0; 16]).to_string());
    let path = path.replace("{invitation}", &InvitationId::from_bytes([0; 16]).to_string()).replace("{id}", "x");
    let path = path.replace("{key}", "x").replace("{address}", "192.0.2.1");
    format!("{}{path}", MANAGED.base)
}

async fn text_of(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn cell(response: &Response<Body>) -> String {
    match response.extensions().get::<Reached>() {
        Some(_) => "yes".to_owned(),
        None => response.status().as_u16().to_string(),
    }
}

/// R-ACC-1, T2, T6, T23: who reaches which handler, for every route and everybody. A route without its line is a
/// difference, and so is one that opens or closes.
#[tokio::test]
async fn r_acc_1_the_matrix_is_the_golden_one() {
    let town = Town::open("matrix").await;
    let mut lines = vec![format!("{:6} {:52} {}", "", "", ACTORS.map(|a| format!("{a:9}")).join(" "))];
    for row in ROWS {
        let mut cells = Vec::new();
        for actor in ACTORS {
            cells.push(format!("{:9}", cell(&town.ask(actor, row).await)));
        }
        lines.push(format!("{:6} {:52} {}", row.method.as_str(), row.path, cells.join(" ")));
    }
    let found: String = lines.iter().map(|line| format!("{}\n", line.trim_end())).collect();
    assert!(found == include_str!("matrix.txt"), "matrix.txt is not what was found:\n{found}");
}

/// Routes below a workspace that are operators' alone.
const OF_OPERATORS: [&str; 2] = ["credit.grant", "workspaces.look"];

/// R-ACC-1: names and places are told apart, and every other route below a workspace asks for a seat in it.
#[test]
fn r_acc_1_rows_are_consistent() {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROWS.len());
    for row in ROWS {
        let below = row.path.starts_with("/workspaces/{workspace}");
        assert_eq!(
            below,
            matches!(row.may, May::Member(_) | May::Person(_)) || OF_OPERATORS.contains(&row.name),
            "{}",
            row.path
        );
        assert!(row.method.is_safe() != row.wants_csrf(), "{}", row.path);
        let told = told().into_iter().find(|told| told.name == row.name).unwrap();
        assert!(told.path.ends_with(row.path) && !told.may.is_empty() && !told.answer.is_empty());
    }
}

/// T6: what another workspace has cannot be told from what nobody has, whatever is asked.
#[tokio::test]
async fn r_acc_1_other_workspaces_look_as_if_they_were_not_there() {
    let town = Town::open("apart").await;
    let (cookie, csrf) = town.session("stranger").await;
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
    let id = town.acme.id.to_string();
    let mut looked = 0;
    for row in ROWS.iter().filter(|row| matches!(row.may, May::Member(_) | May::Person(_))) {
        let mut answers = Vec::new();
        for workspace in ["acme", id.as_str(), "nowhere", "ws_00000000000000000000000000", "%2e%2e", "%ff"] {
            let response = town.send(&row.method, &path_of(row, workspace), &headers).await;
            answers.push((response.status().as_u16(), cell(&response), text_of(response).await));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{} {answers:?}", row.path);
        assert_eq!(answers[0].0, 404, "{}", row.path);
        looked += 1;
    }
    assert!(looked > 5);
}

/// T15: without the token, with another session's, or from another site's page, nothing is changed.
#[tokio::test]
async fn r_acc_1_forged_requests_change_nothing() {
    let town = Town::open("forged").await;
    let (cookie, csrf) = town.session("owner").await;
    let (_, other) = town.session("owner").await;
    let site = ("sec-fetch-site", "cross-site");
    let origin = ("origin", "https://evil.example");
    let from_there: [&[(&str, &str)]; 5] = [
        &[("cookie", &cookie)],
        &[("cookie", &cookie), ("x-csrf-token", &other)],
        &[("cookie", &cookie), ("x-csrf-token", "")],
        &[("cookie", &cookie), ("x-csrf-token", &csrf), site],
        &[("cookie", &cookie), ("x-csrf-token", &csrf), origin],
    ];
    for row in ROWS.iter().filter(|row| row.wants_csrf()) {
        for headers in from_there {
            let response = town.send(&row.method, &path_of(row, "acme"), headers).await;
            assert_eq!((response.status().as_u16(), cell(&response).as_str()), (403, "403"), "{}", row.path);
            assert!(text_of(response).await.contains("\"csrf\""));
        }
        // Signing in by another site's page is no better.
        for headers in [[site], [origin]] {
            let response = town.send(&row.method, &path_of(row, "acme"), &headers).await;
            assert_eq!(response.status(), 403, "{}", row.path);
        }
    }
    // Whoever looks needs none of that.
    assert_eq!(town.send(&Method::GET, "/api/manage/session", &[("cookie", &cookie)]).await.status(), 200);
}

/// T4, T15: an `Authorization` is who it says or nobody, and a cookie beside it counts for nothing.
#[tokio::test]
async fn r_acc_1_a_session_lends_nothing_to_other_credentials() {
    let town = Town::open("lends").await;
    let (cookie, _) = town.session("owner").await;
    let bearer = format!("Bearer {}", town.token);
    let ask = async |headers: &[(&str, &str)], path: &str| town.send(&Method::GET, path, headers).await;
    for wrong in ["Bearer x", "Basic eDp5", "", "Bearer sk-abc"] {
        let response = ask(&[("cookie", &cookie), ("authorization", wrong)], "/api/manage/session").await;
        assert_eq!(response.status(), 401, "{wrong}");
    }
    let both = ask(&[("cookie", &cookie), ("authorization", &bearer)], "/api/manage/whoami").await;
    assert!(text_of(both).await.contains("operator_token"));
    // The doors of models know neither.
    for headers in [[("cookie", cookie.as_str())], [("authorization", bearer.as_str())]] {
        assert_eq!(ask(&headers, "/v1/models").await.status(), 401);
    }
}

/// R-ACC-1: a session ends by lying unused, by its own end, and by its user being shut out; rights count when used.
#[tokio::test]
async fn r_acc_1_sessions_end_in_every_way() {
    let town = Town::open("ends").await;
    let house = town.worker.house.clone();
    town.seat("viewer").await;
    let (cookie, _) = town.session("viewer").await;
    let ask = async |path: &str| town.send(&Method::GET, path, &[("cookie", &cookie)]).await.status().as_u16();
    let members = "/api/manage/workspaces/acme/members";
    let forward = |hours: i64| town.clock.0.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    for _ in 0..5 {
        assert_eq!((ask("/api/manage/session").await, ask(members).await), (200, 200));
        forward(11);
    }
    // Seen by this node, and by the store: what another node saw counts too.
    let row = house.people.users().iter().find(|user| user.name == "viewer").unwrap().clone();
    let session = house.people.sessions_of(&row, town.clock.now())[0].row.id;
    forward(11);
    house.store_people.touch_session(session, town.clock.now()).await.unwrap();
    assert_eq!(ask("/api/manage/session").await, 200);
    // Their seat goes: the session stays, the workspace is not there any more.
    house.store_people.remove_member(town.acme.id, row.id, AuditEntry::default()).await.unwrap();
    house.reload(Change::People).await.unwrap();
    assert_eq!((ask("/api/manage/session").await, ask(members).await), (200, 404));
    forward(12);
    assert_eq!(ask("/api/manage/session").await, 401);
    let (cookie, _) = town.session("developer").await;
    let ask = async || town.send(&Method::GET, "/api/manage/session", &[("cookie", &cookie)]).await.status();
    assert_eq!(ask().await, 200);
    let developer = town.user("developer");
    house.store_people.set_standing(developer, Some(town.clock.now()), false, AuditEntry::default()).await.unwrap();
    // Another node did it: the news come, and the session is void though nobody ended it here.
    house.reload(Change::People).await.unwrap();
    assert_eq!(ask().await, 401);
    let last = house.store_people.set_standing(town.user("operator"), None, false, AuditEntry::default()).await;
    assert!(matches!(last, Err(StoreError::LastOne("operator"))));
}

mod apart;
mod books;
mod catalogue;
mod devices;
mod document;
mod given;
mod house;
mod keys;
mod models;
mod once;
mod own_keys;
mod rights;
mod secrets;
mod usage;
