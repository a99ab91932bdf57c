//! R-API-8: tasks of whole gateways that are killed. In: tasks under way, kill -9 at every point of their lives. Out: each ends
//! once, is charged once or not at all, and its pictures are there. Never here: the shape of a task (dialect, SDK scenarios).

use process_tests::{
    Account, Database, Folder, Gateway, MASTER_KEY, Operator, Outcome, Providers, Setup, at, exchange, raw, server,
    wait_until,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
/// What one picture costs.
const NANO_EACH: i64 = 40_000_000;

fn catalogue(sim: SocketAddr) -> Value {
    json!({
        "provider": [{ "name": "painter", "kind": "image-task", "base_url": format!("http://{sim}/tasks/v1"),
                       "credentials": ["sim-credential"] }],
        "model": [{ "id": "paint", "serves": "images", "context_length": 32_000, "price": { "image": "0.04" },
                    "route": [{ "provider": "painter", "model": "sim-task-image" }] }],
    })
}

fn ask(address: SocketAddr, key: &str, (method, path): (&str, &str), body: &str) -> Outcome<Value> {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let reply = exchange(address, &raw(method, path, &headers, body.as_bytes()), PATIENCE).map_err(at(path))?;
    Ok(reply.json())
}

/// Begins a task of two pictures that its provider has unfinished so many times.
fn begin(gateway: &Gateway, account: &Account, polls: u32, more: &str) -> Outcome<String> {
    let prompt = format!("a fox [[sim: polls={polls} {more}]]");
    let body = json!({ "model": "paint", "prompt": prompt, "n": 2 }).to_string();
    let begun = ask(gateway.address, &account.key, ("POST", "/v1/images/generations"), &body)?;
    assert_eq!(begun["status"], "pending", "{begun}");
    Ok(begun["task_id"].as_str().ok_or("no task_id")?.to_owned())
}

fn ended(gateway: &Gateway, account: &Account, id: &str) -> Outcome<Value> {
    wait_until("a task ends", PATIENCE, || {
        let task = ask(gateway.address, &account.key, ("GET", &format!("/v1/tasks/{id}")), "")?;
        Ok(Some(task).filter(|task| task["status"] != "pending"))
    })
}

fn killed_at_every_point(setup: &Setup) -> Outcome<()> {
    let providers = Providers::start("sim-upstream")?;
    let mut gateway = Gateway::start(setup)?;
    let operator = gateway.operator()?;
    operator.apply(&catalogue(providers.address))?;
    let account = operator.customer("Painter's", "10.00")?;
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for pause in [0, 300, 900, 1_100, 1_500, 2_500] {
        good.push(begin(&gateway, &account, 1, "")?);
        bad.push(begin(&gateway, &account, 1, "task_fail=no")?);
        std::thread::sleep(Duration::from_millis(pause));
        gateway.kill()?;
        gateway = Gateway::start(setup)?;
    }
    for id in &good {
        let task = ended(&gateway, &account, id)?;
        assert_eq!(
            (&task["status"], task["data"].as_array().map(Vec::len)),
            (&json!("succeeded"), Some(2)),
            "{task}"
        );
        for picture in task["data"].as_array().into_iter().flatten() {
            let url = picture["url"].as_str().ok_or("no address")?;
            // The host that the question named.
            let path = url.strip_prefix("http://tollgate").ok_or(url)?;
            let reply = exchange(gateway.address, &raw("GET", path, &[], b""), PATIENCE).map_err(at(path))?;
            assert_eq!((reply.head.status, reply.head.get("content-type")), (200, "image/png"), "{url}");
        }
    }
    for id in &bad {
        let task = ended(&gateway, &account, id)?;
        assert_eq!((&task["status"], &task["data"]), (&json!("failed"), &json!([])), "{task}");
    }
    books(&gateway, &operator.at(gateway.address), &account, i64::try_from(good.len()).unwrap_or(0) * 2 * NANO_EACH)
}

/// That each was charged once, and nothing is held any more.
fn books(gateway: &Gateway, operator: &Operator, account: &Account, charged: i64) -> Outcome<()> {
    let audit = operator.no_holds(PATIENCE)?;
    assert_eq!((audit.findings, audit.charged_nano), (Vec::new(), charged));
    assert_eq!(operator.balance(account)?, (10_000_000_000 - charged, 0));
    gateway.calm()
}

#[test]
fn r_api_8_killed_tasks_end_once_on_sqlite() -> Outcome<()> {
    let folder = Folder::new("tasks")?;
    killed_at_every_point(&Setup::new(folder.path().join("data")))
}

#[test]
fn r_api_8_killed_tasks_end_once_on_postgres() -> Outcome<()> {
    let Some(server) = server("tasks on PostgreSQL") else { return Ok(()) };
    let (folder, database) = (Folder::new("tasks")?, Database::create(&server)?);
    let setup = Setup::new(folder.path().join("data"))
        .with("TOLLGATE_DATABASE__URL", &database.url)
        .with("TOLLGATE_DATABASE__LEASE_MS", "1000")
        .with("TOLLGATE_MASTER_KEY", MASTER_KEY);
    killed_at_every_point(&setup)
}

/// R-KEY-3: a free task counts for its end user's day from its beginning, and not any more when it failed.
#[test]
fn r_key_3_free_tasks_count_for_quotas() -> Outcome<()> {
    let folder = Folder::new("free-tasks")?;
    let providers = Providers::start("sim-upstream")?;
    let gateway = Gateway::start(&Setup::new(folder.path().join("data")))?;
    let operator = gateway.operator()?;
    let mut free = catalogue(providers.address);
    free["model"][0]["price"] = json!("free");
    operator.apply(&free)?;
    let account = operator.customer("Painter's", "10.00")?;
    let quota = json!({ "rules": { "end_user": { "requests_per_day": 2 } } });
    operator.ask("PATCH", &format!("/workspaces/{}", account.workspace), Some(&quota))?;
    let begin = |directives: &str| {
        let prompt = format!("a fox [[sim: {directives}]]");
        let body = json!({ "model": "paint", "prompt": prompt, "user": "ada" }).to_string();
        ask(gateway.address, &account.key, ("POST", "/v1/images/generations"), &body)
    };
    let id = |task: &Value| task["task_id"].as_str().map(str::to_owned).ok_or_else(|| format!("no task: {task}"));
    let (good, bad) = (id(&begin("polls=1")?)?, id(&begin("polls=1 task_fail=no")?)?);
    let over = begin("polls=1")?;
    assert!(over.to_string().contains("quota of 2 requests a day"), "{over}");
    assert_eq!(ended(&gateway, &account, &bad)?["status"], "failed");
    assert_eq!(ended(&gateway, &account, &good)?["status"], "succeeded");
    let third = id(&begin("polls=1")?)?;
    assert!(begin("polls=1")?.to_string().contains("quota of 2 requests a day"));
    assert_eq!(ended(&gateway, &account, &third)?["status"], "succeeded");
    books(&gateway, &operator, &account, 0)
}
