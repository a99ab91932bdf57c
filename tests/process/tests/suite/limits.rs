//! Limits of real processes: addresses that fail too often, three nodes on one PostgreSQL and one Redis, Redis gone, a node killed, a
//! key revoked (R-LIM-3, R-LIM-4, R-KEY-2). Needs a PostgreSQL and a Redis. Never here: the rules (admit), one process by itself (simtest).

use crate::world::{PATIENCE, World};
use process_tests::{
    Account, Call, Conversation, Database, Dialect, Folder, Gateway, MASTER_KEY, Operator, Outcome, Providers,
    RedisServer, Reply, Setup, at, catalogue, crowd, exchange, now, raw, server, wait_until,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NODES: u32 = 3;
/// So often a run that the machine disturbed is done anew.
const TRIES: usize = 4;

fn call(text: &str, stream: bool) -> Call {
    Call { dialect: Dialect::OpenAi, model: "to-openai".into(), text: text.into(), max_tokens: 20, stream }
}

/// R-LIM-3: the 50th failure in a row blocks an address for keys, operator tokens and passwords; others go on.
#[test]
fn r_lim_3_an_address_that_fails_is_not_heard() -> Outcome<()> {
    let trusting = [("TOLLGATE_SERVER__TRUSTED_PROXIES", "127.0.0.1")];
    let world = World::open("sim-upstream", &trusting, catalogue)?;
    let models = |from: &str, key: &str| {
        let bearer = format!("Bearer {key}");
        world.send(&raw("GET", "/v1/models", &[("authorization", &bearer), ("x-forwarded-for", from)], b""))
    };
    let status = |reply: Outcome<Reply>| reply.map(|reply| reply.head.status);
    let key = world.account.key.clone();
    for _ in 0..49 {
        assert_eq!(status(models("192.0.2.1", "sk-wrong"))?, 401);
    }
    assert_eq!(status(models("192.0.2.1", &key))?, 200, "a success forgets");
    for n in 0..50 {
        let from = ["2001:db8::1", "2001:db8::2"][n % 2];
        assert_eq!(status(models(from, "sk-wrong"))?, 401, "{n}");
    }
    let blocked = models("2001:db8::3", &key)?;
    assert_eq!(blocked.head.status, 403);
    assert!(blocked.shown().contains("address_blocked"), "{}", blocked.shown());
    let wait: u64 = blocked.head.get("retry-after").parse().map_err(at("retry-after"))?;
    assert!((290..=300).contains(&wait), "{wait}");
    assert_eq!(status(models("2001:db8:0:1::1", &key))?, 200, "another /64");
    // The same address is not heard by the management API either, right or wrong.
    let token = format!("Bearer {}", world.operator.token());
    let manage = [("authorization", token.as_str()), ("x-forwarded-for", "2001:db8::1")];
    let refused = world.send(&raw("GET", "/api/manage/workspaces", &manage, b""))?;
    assert_eq!((refused.head.status, &refused.json()["code"]), (403, &json!("address_blocked")));
    let body = json!({ "email": "a@example.com", "password": "not the one" }).to_string();
    let sign_in = raw("POST", "/api/manage/session", &[("x-forwarded-for", "2001:db8::1")], body.as_bytes());
    assert_eq!(status(world.send(&sign_in))?, 403);
    world.gateway.calm()
}

/// How many answers had which status.
type Statuses = Vec<(u16, usize)>;

/// Three gateways on one database and one Redis.
struct Three {
    gateways: Vec<Gateway>,
    operator: Operator,
    account: Account,
    redis: RedisServer,
    _providers: Providers,
    _database: Database,
    _folder: Folder,
}

impl Three {
    fn open(strict: bool, tier: &Value) -> Outcome<Option<Self>> {
        let (Some(server), Some(redis)) = (server("limits of three nodes"), RedisServer::start()?) else {
            return Ok(None);
        };
        let (providers, folder) = (Providers::start("sim-upstream")?, Folder::new("limits")?);
        let database = Database::create(&server)?;
        let setup = |n: u32| {
            Setup::new(folder.path().join(format!("data-{n}")))
                .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
                .with("TOLLGATE_DATABASE__URL", &database.url)
                .with("TOLLGATE_LIMITS__REDIS_URL", &redis.url())
                .with("TOLLGATE_LIMITS__STRICT", if strict { "true" } else { "false" })
        };
        let gateways = (0..NODES).map(|n| Gateway::start(&setup(n))).collect::<Outcome<Vec<_>>>()?;
        let operator = gateways[0].operator()?;
        let mut document = catalogue(providers.address);
        document["tier"] = json!([tier]);
        operator.apply(&document)?;
        let account = operator.customer("limits", "50.00")?;
        for gateway in &gateways {
            operator.at(gateway.address).knows(&account)?;
        }
        let (_providers, _database, _folder) = (providers, database, folder);
        Ok(Some(Self { gateways, operator, account, redis, _providers, _database, _folder }))
    }

    /// So many small calls by so many callers over all nodes; how many had which status.
    fn ask(&self, calls: usize, callers: usize) -> Outcome<Statuses> {
        let turn = AtomicUsize::new(0);
        let items: Vec<usize> = (0..calls).collect();
        let statuses = crowd(callers, &items, |_| {
            let n = turn.fetch_add(1, Ordering::Relaxed);
            self.one(n % self.gateways.len(), &call("hi", false)).map(|reply| reply.head.status)
        })?;
        let statuses = statuses.into_iter().collect::<Outcome<Vec<u16>>>()?;
        let mut kinds = statuses.clone();
        kinds.sort_unstable();
        kinds.dedup();
        Ok(kinds.into_iter().map(|kind| (kind, statuses.iter().filter(|s| **s == kind).count())).collect())
    }

    /// How often a node judged without Redis so far.
    fn judged_alone(&self) -> Outcome<u64> {
        let bearer = format!("Bearer {}", self.operator.token());
        let request = raw("GET", "/metrics", &[("authorization", &bearer)], b"");
        let told = |gateway: &Gateway| {
            let text = exchange(gateway.address, &request, PATIENCE).map_err(at("/metrics"))?.text();
            let line =
                text.lines().find_map(|line| line.strip_prefix("tollgate_limits_judged_total{mode=\"degraded\"} "));
            line.and_then(|count| count.parse::<u64>().ok())
                .ok_or_else(|| format!("/metrics does not tell: {text}"))
        };
        self.gateways.iter().map(told).sum()
    }

    fn one(&self, node: usize, call: &Call) -> Outcome<Reply> {
        exchange(self.gateways[node].address, &call.request(&self.account.key), PATIENCE).map_err(at("a call"))
    }
}

fn tier(minute: u32, slots: u32, day: u32) -> Value {
    json!({ "name": "t", "when": "free", "requests_per_minute": minute, "concurrent": slots, "requests_per_day": day })
}

/// Three nodes after so many calls of which Redis judged each. A node that hears nothing of it for 50 ms judges by itself, as it should;
/// a machine that stands still for that long would be taken for a fault.
fn undisturbed(strict: bool, tier: &Value, calls: usize, callers: usize) -> Outcome<Option<(Three, Statuses)>> {
    for _ in 0..TRIES {
        let Some(three) = Three::open(strict, tier)? else { return Ok(None) };
        let statuses = three.ask(calls, callers)?;
        if three.judged_alone()? == 0 && with(&statuses, 503) == 0 {
            return Ok(Some((three, statuses)));
        }
    }
    Err(format!("in each of {TRIES} runs a node judged without Redis"))
}

fn with(statuses: &[(u16, usize)], status: u16) -> usize {
    statuses.iter().find(|(kind, _)| *kind == status).map_or(0, |(_, count)| *count)
}

/// R-LIM-4: 10,000 requests over three nodes at a limit of 1,000 admit exactly 1,000.
#[test]
fn r_lim_4_three_nodes_admit_exactly_the_limit() -> Outcome<()> {
    let run = undisturbed(false, &tier(1_000_000, 100_000, 1_000), 10_000, 48)?;
    let Some((three, statuses)) = run else { return Ok(()) };
    assert_eq!(statuses, [(200, 1_000), (429, 9_000)]);
    three.gateways.iter().try_for_each(Gateway::calm)
}

/// R-LIM-4: a window is one for all nodes; who asks any of them is told the same.
#[test]
fn r_lim_4_three_nodes_share_a_window() -> Outcome<()> {
    let Some((three, statuses)) = undisturbed(false, &tier(60, 1_000, 1_000_000), 300, 24)? else { return Ok(()) };
    assert_eq!(statuses, [(200, 60), (429, 240)]);
    for node in 0..three.gateways.len() {
        let refused = three.one(node, &call("hi", false))?;
        assert_eq!(refused.head.get("x-ratelimit-remaining-requests"), "0");
    }
    Ok(())
}

/// R-LIM-4: Redis gone in the middle lets at most one limit more pass; strict, none at all, and it says so.
#[test]
fn r_lim_4_without_redis_at_most_one_limit_more() -> Outcome<()> {
    for strict in [false, true] {
        let run = undisturbed(strict, &tier(300, 1_000, 1_000_000), 200, 24)?;
        let Some((mut three, before)) = run else { return Ok(()) };
        assert_eq!(before, [(200, 200)], "strict {strict}");
        three.redis.stop();
        let after = three.ask(1_500, 24)?;
        let passed = with(&after, 200);
        if strict {
            assert_eq!((passed, with(&after, 503)), (0, 1_500), "{after:?}");
            let refused = three.one(0, &call("hi", false))?;
            assert_eq!(refused.head.get("retry-after"), "1");
        } else {
            assert_eq!(with(&after, 429), 1_500 - passed, "{after:?}");
            assert!(200 + passed <= 600, "{passed} passed without Redis");
            assert!(passed > 0, "nobody judges without Redis");
        }
    }
    Ok(())
}

/// R-LIM-4: the slots of a killed node are free within 30 seconds.
#[test]
fn r_lim_4_the_slots_of_a_dead_node_come_free() -> Outcome<()> {
    let Some(mut three) = Three::open(false, &tier(10_000, 2, 1_000_000))? else { return Ok(()) };
    let long = call("hi [[sim: tokens=20 pace_ms=6000]]", true);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut conversation = Conversation::open(three.gateways[2].address, PATIENCE).map_err(at("a call"))?;
        conversation.send(&long.request(&three.account.key)).map_err(at("a call"))?;
        assert_eq!(conversation.head().map_err(at("a call"))?.status, 200);
        held.push(conversation);
    }
    assert_eq!(three.one(0, &call("hi", false))?.head.status, 429);
    three.gateways[2].kill()?;
    let killed = now();
    wait_until("a slot of the dead node", Duration::from_secs(35), || {
        Ok((three.one(0, &call("hi", false))?.head.status == 200).then_some(()))
    })?;
    let took = now() - killed;
    assert!(took <= Duration::from_secs(30), "{took:?}");
    Ok(())
}

/// R-KEY-2, R-LIM-4: a revoked key works on no node after a second.
#[test]
fn r_key_2_a_revoked_key_fails_everywhere_within_a_second() -> Outcome<()> {
    let Some(three) = Three::open(false, &tier(1_000_000, 1_000, 1_000_000))? else { return Ok(()) };
    for node in 0..three.gateways.len() {
        assert_eq!(three.one(node, &call("hi", false))?.head.status, 200);
    }
    let keys = three.operator.ask("GET", "/keys?workspace=limits", None)?;
    let id = keys["data"][0]["id"].as_str().unwrap_or("none");
    three.operator.ask("DELETE", &format!("/keys/{id}"), None)?;
    let revoked = now();
    wait_until("the key fails on every node", Duration::from_secs(5), || {
        let statuses = (0..three.gateways.len())
            .map(|node| Ok(three.one(node, &call("hi", false))?.head.status))
            .collect::<Outcome<Vec<u16>>>()?;
        Ok(statuses.iter().all(|status| *status == 401).then_some(()))
    })?;
    let took = now() - revoked;
    assert!(took <= Duration::from_secs(1), "{took:?}");
    Ok(())
}
