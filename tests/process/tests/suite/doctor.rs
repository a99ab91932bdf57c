//! `tollgate doctor` and `GET /api/manage/system` (R-OPS-3): a gateway that is well, one whose every neighbour is away, none.
//! Never here: how each line is judged (the server's and the command's own tests).

use crate::world::World;
use process_tests::{Folder, Outcome, Shell, catalogue};
use serde_json::{Value, json};

fn lines(told: &Value) -> Vec<(String, String)> {
    let word = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let checks = told["checks"].as_array().into_iter().flatten();
    checks.map(|check| (word(check, "name"), word(check, "state"))).collect()
}

fn state(told: &Value, name: &str) -> String {
    lines(told).into_iter().find(|(known, _)| known == name).map_or_else(|| format!("no line {name}"), |(_, s)| s)
}

/// R-OPS-3: a gateway that is well has no line that fails, and the command tells what the API tells.
#[test]
fn r_ops_3_a_gateway_that_is_well_says_so() -> Outcome<()> {
    let world = World::open("sim-upstream", &[], catalogue)?;
    let shell = Shell::of(&world.gateway, &world.setup)?;
    world.operator.audit()?;
    let told = shell.json(&["doctor"])?;
    let system = world.operator.ask("GET", "/system", None)?;
    let (mut of_command, of_system) = (lines(&told), lines(&system));
    assert_eq!(
        of_command.drain(..2).collect::<Vec<_>>(),
        [("configuration".to_owned(), "ok".to_owned()), ("gateway".to_owned(), "ok".to_owned())]
    );
    assert_eq!(of_command, of_system);
    for name in ["store", "ledger", "books", "clock", "mail", "limits", "public_url"] {
        assert_eq!(state(&system, name), "ok", "{name}: {system}");
    }
    let providers: Vec<_> = of_system.iter().filter(|(name, _)| name.starts_with("provider ")).collect();
    assert!(providers.len() >= 2 && providers.iter().all(|(_, state)| state == "ok"), "{system}");
    assert!(of_system.iter().all(|(_, state)| state != "fail"), "{system}");
    shell.run(&["doctor"])?.says(&["ok    store: answers in", "warn  operators: nobody can sign in"])?;
    world.gateway.calm()
}

/// R-OPS-3: what is away is told, each with what to do, and the exit code says that something fails.
#[test]
fn r_ops_3_what_is_away_is_told() -> Outcome<()> {
    let settings = [
        ("TOLLGATE_MAIL__SMTP_URL", "smtp://127.0.0.1:9"),
        ("TOLLGATE_LIMITS__REDIS_URL", "redis://127.0.0.1:9"),
        ("TOLLGATE_SERVER__PUBLIC_URL", "http://127.0.0.1:9"),
    ];
    let world = World::open("sim-upstream", &settings, |sim| {
        let mut all = catalogue(sim);
        all["provider"][0]["base_url"] = json!("http://127.0.0.1:9/v1");
        all
    })?;
    let shell = Shell::of(&world.gateway, &world.setup)?;
    let told: Value =
        serde_json::from_str(&shell.ends(1, &["doctor", "--json"])?.out).map_err(|e| e.to_string())?;
    assert_eq!((state(&told, "mail"), state(&told, "limits")), ("fail".into(), "fail".into()), "{told}");
    assert_eq!((state(&told, "public_url"), state(&told, "books")), ("warn".into(), "warn".into()), "{told}");
    let fails = |(name, state): &(String, String)| name.starts_with("provider ") && state == "fail";
    assert_eq!(lines(&told).iter().filter(|line| fails(line)).count(), 1, "{told}");
    assert_eq!(told["state"], "fail");
    let checks = told["checks"].as_array().into_iter().flatten();
    assert!(checks.clone().all(|check| (check["state"] == "ok") == check["advice"].is_null()), "{told}");
    Ok(())
}

/// R-OPS-3: without a gateway the machine and the store are looked at, and nothing is made.
#[test]
fn r_ops_3_without_a_gateway_the_store_is_looked_at() -> Outcome<()> {
    let folder = Folder::new("doctor")?;
    let shell = Shell::new(folder.path()).with("TOLLGATE_SERVER__LISTEN", "127.0.0.1:9");
    let told = shell.json(&["doctor", "--data", "data"])?;
    for name in ["gateway", "data folder", "store"] {
        assert_eq!(state(&told, name), "warn", "{told}");
    }
    assert!(!folder.path().join("data").exists(), "nothing is made");
    let wrong = shell.with("TOLLGATE_SERVER__THREADS", "many").ends(1, &["doctor"])?;
    wrong.says(&["fail  configuration", "TOLLGATE_SERVER__THREADS"])?;
    let world = World::open("sim-upstream", &[], catalogue)?;
    let data = world.setup.data.display().to_string();
    let stranger = shell.with("TOLLGATE_URL", &format!("http://{}", world.gateway.address));
    stranger.with("TOLLGATE_TOKEN", "tgop-wrong").ends(1, &["doctor"])?.says(&["fail  gateway"])?;
    drop(world.gateway);
    let told = shell.json(&["doctor", "--data", &data])?;
    assert_eq!((state(&told, "gateway"), state(&told, "store")), ("warn".into(), "ok".into()), "{told}");
    Ok(())
}
