//! `tollgate init`: what it writes, that it writes over nothing, and that a gateway sells what it wrote (R-ROUTE-11), with the
//! simulated providers in the place of the vendors. Never here: what the shipped files say (crates/catalog).

use crate::world::{PATIENCE, World};
use process_tests::{Folder, Outcome, Shell, at, exchange, raw};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// The variables of the credentials that both catalogues name.
const VARIABLES: [&str; 5] =
    ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "XAI_API_KEY", "OPENROUTER_API_KEY"];
/// Where the vendors are, and the path of the simulated provider that stands for each.
const VENDORS: [(&str, &str); 5] = [
    ("https://api.anthropic.com/v1", "/anthropic/v1"),
    ("https://api.openai.com/v1", "/openai/v1"),
    ("https://generativelanguage.googleapis.com/v1beta", "/gemini/v1beta"),
    ("https://api.x.ai/v1", "/openai/v1"),
    ("https://openrouter.ai/api/v1", "/openai/v1"),
];

/// Models that nobody simulates under their own names.
const OTHERS: [&str; 4] =
    ["grok-4.7", "stepfun/step-3.5-flash:free", "z-ai/glm-4.5-air:free", "nvidia/nemotron-3-nano-30b-a3b:free"];

/// A world that sells nothing yet, and its operator's shell without and with credentials.
fn world() -> Outcome<(World, Shell, Shell)> {
    let world = World::open("sim-upstream", &[], |_| json!({ "provider": [], "model": [] }))?;
    let bare = Shell::of(&world.gateway, &world.setup)?;
    let full = VARIABLES.iter().fold(bare.clone(), |shell, name| shell.with(name, "sim-credential"));
    Ok((world, bare, full))
}

/// What a new catalogue says, with the simulated providers in the vendors' place.
fn simulated(world: &World, shell: &Shell, preset: &str) -> Outcome<String> {
    shell.run(&["init", "--preset", preset, "--dir", preset])?;
    let written =
        fs::read_to_string(shell.folder().join(preset).join("catalog.toml")).map_err(at("catalog.toml"))?;
    let sim = world.providers.address;
    let moved =
        VENDORS.iter().fold(written, |text, (there, here)| text.replace(there, &format!("http://{sim}{here}")));
    let other =
        |text: String, name: &&str| text.replace(&format!("model = \"{name}\""), "model = \"sim-openai-mini\"");
    Ok(OTHERS.iter().fold(moved, other))
}

/// The ids that a key sees, and the whole answer.
fn listed(world: &World) -> Outcome<(BTreeSet<String>, Value)> {
    let bearer = format!("Bearer {}", world.account.key);
    let asked = raw("GET", "/v1/models", &[("authorization", &bearer)], b"");
    let told = exchange(world.gateway.address, &asked, PATIENCE).map_err(at("GET /v1/models"))?.json();
    let ids = told["data"].as_array().into_iter().flatten().filter_map(|m| m["id"].as_str().map(str::to_owned));
    Ok((ids.collect(), told))
}

/// The status of a call of Chat Completions by that key, and the model that it names.
fn called(world: &World, key: &str, model: &str) -> Outcome<(u16, String)> {
    let body = json!({ "model": model, "max_tokens": 50, "messages": [{ "role": "user", "content": "hello" }] });
    let headers = [("authorization", &*format!("Bearer {key}")), ("content-type", "application/json")];
    let asked = raw("POST", "/v1/chat/completions", &headers, body.to_string().as_bytes());
    let told = exchange(world.gateway.address, &asked, PATIENCE).map_err(at(model))?;
    Ok((told.head.status, told.json()["model"].as_str().unwrap_or_default().to_owned()))
}

#[test]
fn it_writes_two_good_files_and_says_what_comes_next() -> Outcome<()> {
    let folder = Folder::new("init")?;
    let shell = Shell::new(folder.path());
    let told = shell.run(&["init", "--dir", "a gateway"])?;
    told.says(&["wrote a gateway/tollgate.toml and a gateway/catalog.toml", "cd 'a gateway'"])?;
    told.says(&["tollgate serve --config tollgate.toml &", "tollgate apply catalog.toml"])?;
    told.says(&VARIABLES.map(|name| format!("export {name}=")).iter().map(String::as_str).collect::<Vec<_>>())?;
    shell.run(&["config", "check", "--config", "a gateway/tollgate.toml"])?;
    let json = shell.json(&["init", "--preset", "aliases", "--provider", "groq"])?;
    assert_eq!(json["preset"], "aliases");
    assert_eq!(json["written"], json!(["./tollgate.toml", "./catalog.toml"]));
    assert_eq!(json["variables"], json!([VARIABLES[0], VARIABLES[1], VARIABLES[2], VARIABLES[3], "GROQ_API_KEY"]));
    let written = fs::read_to_string(folder.path().join("catalog.toml")).map_err(at("catalog.toml"))?;
    assert!(written.contains("name = \"groq\"") && !written.contains("name = \"openrouter\""));
    Ok(())
}

#[test]
fn it_writes_over_nothing() -> Outcome<()> {
    let folder = Folder::new("init")?;
    let shell = Shell::new(folder.path());
    let there = shell.file("catalog.toml", "mine")?;
    shell.ends(1, &["init"])?.complains(&["catalog.toml is there already", "nothing was written"])?;
    assert_eq!(fs::read_to_string(there).map_err(at("catalog.toml"))?, "mine");
    assert!(!folder.path().join("tollgate.toml").exists());
    for args in [["init", "--preset", "nobody"], ["init", "--provider", "nobody"], ["init", "--only", "nobody"]] {
        shell.ends(2, &args)?.complains(&["\"nobody\"; there are"])?;
    }
    shell.ends(2, &["init", "--only", "groq"])?.complains(&["groq serves no model of the preset"])?;
    let list = shell.run(&["init", "--list"])?;
    list.says(&["vendors\t", "aliases\t", "anthropic\t", "https://api.mistral.ai/v1", "DEEPSEEK_API_KEY"])?;
    let json = shell.json(&["init", "--list"])?;
    let count = |what: &str| json[what].as_array().map(Vec::len);
    assert_eq!((count("presets"), count("providers")), (Some(2), Some(11)));
    assert_eq!(fs::read_dir(folder.path()).map_err(at("the folder"))?.count(), 1);
    Ok(())
}

/// The file is taken as it was written; without a credential its variable is named, and nothing has changed.
#[test]
fn what_it_writes_is_applied_unchanged() -> Outcome<()> {
    let (world, bare, full) = world()?;
    for preset in ["vendors", "aliases"] {
        bare.run(&["init", "--preset", preset, "--dir", preset])?;
        let file = format!("{preset}/catalog.toml");
        bare.ends(2, &["apply", &file])?.complains(&["credentials[0]", "ANTHROPIC_API_KEY is not set"])?;
        full.without("XAI_API_KEY").ends(2, &["apply", &file])?.complains(&["XAI_API_KEY is not set"])?;
        assert_eq!(full.json(&["apply", &file])?["changed"], true);
        assert_eq!(full.json(&["apply", &file])?["changed"], false);
    }
    assert!(listed(&world)?.0.contains("ez-build"));
    // Who has one credential leaves out what the others serve.
    bare.run(&["init", "--only", "anthropic", "--dir", "one"])?;
    bare.with("ANTHROPIC_API_KEY", "sim-credential").run(&["apply", "one/catalog.toml", "--prune"])?;
    assert_eq!(listed(&world)?.0.len(), 6);
    Ok(())
}

/// R-ROUTE-1, R-ROUTE-11: the twelve are listed with their groups and answer, the one with two names by both.
#[test]
fn row_000_13_the_shipped_aliases_are_sold() -> Outcome<()> {
    let (world, _, shell) = world()?;
    let file = shell.file("sim.toml", &simulated(&world, &shell, "aliases")?)?;
    shell.run(&["apply", &file])?;
    let (ids, told) = listed(&world)?;
    let of = |group: &str| told["data"].as_array().into_iter().flatten().filter(|m| m["group"] == group).count();
    assert_eq!(ids.len(), 12, "{ids:?}");
    for group in ["General purpose", "Reasoning and coding", "Fast and low cost", "Specialized"] {
        assert_eq!(of(group), 3, "{group}");
    }
    for id in ids.iter().filter(|id| !["embeddings", "image-generation"].contains(&id.as_str())) {
        assert_eq!(called(&world, &world.account.key, id)?, (200, id.clone()));
    }
    assert_eq!(called(&world, &world.account.key, "ez-long-context")?, (200, "long-context".into()));
    Ok(())
}

/// R-ROUTE-1, R-ROUTE-11, R-WIRE-8: all are listed with their labels and answer, older names too.
#[test]
fn row_001_01_the_shipped_models_of_four_vendors_are_sold() -> Outcome<()> {
    let (world, _, shell) = world()?;
    let file = shell.file("sim.toml", &simulated(&world, &shell, "vendors")?)?;
    shell.run(&["apply", &file])?;
    // They are more than an account without a plan may ask for in a minute.
    let plan = json!({ "rules": { "plans": ["ultra"] } });
    world.operator.ask("PATCH", "/workspaces/customer", Some(&plan))?;
    let (ids, told) = listed(&world)?;
    let labelled =
        |label: &str| told["data"].as_array().into_iter().flatten().filter(|m| m["label"] == label).count();
    assert_eq!((ids.len(), labelled("new"), labelled("preview")), (29 + 3, 2, 2), "{ids:?}");
    for id in &ids {
        assert_eq!(called(&world, &world.account.key, id)?, (200, id.clone()));
    }
    let older = called(&world, &world.account.key, "claude-3-opus-20240229")?;
    assert_eq!(older, (200, "claude-opus-4-6".into()));
    Ok(())
}

/// R-ROUTE-10: without a balance the three free models answer, and no other does.
#[test]
fn row_001_29_the_shipped_free_models_need_no_balance() -> Outcome<()> {
    let (world, _, shell) = world()?;
    let file = shell.file("sim.toml", &simulated(&world, &shell, "vendors")?)?;
    shell.run(&["apply", &file])?;
    let made = world.operator.ask("POST", "/workspaces", Some(&json!({ "name": "Poor" })))?;
    let made = world.operator.ask("POST", "/keys", Some(&json!({ "workspace": made["id"], "name": "poor" })))?;
    let key = made["key"].as_str().ok_or("no key")?;
    for id in ["step-3.5-flash", "glm-4.5-air", "nemotron-3-nano"] {
        assert_eq!(called(&world, key, id)?, (200, id.into()));
    }
    assert_eq!(called(&world, key, "gpt-4o-mini")?.0, 402);
    Ok(())
}
