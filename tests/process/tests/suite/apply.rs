//! `tollgate apply` against a running gateway: what it shows, what it changes, and above all what it does not
//! (the catalogue): half-valid files, absent entries, credentials.
//! Never here: calls of models; other commands.

use crate::world::World;
use process_tests::{Call, Dialect, Ending, Gateway, Outcome, Shell, exchange, raw};
use serde_json::{Value, json};
use std::time::Duration;

/// A world that sells nothing yet, and its operator's shell.
fn world() -> Outcome<(World, Shell)> {
    let world = World::open("sim-upstream", &[], |_| json!({ "provider": [], "model": [] }))?;
    let shell = Shell::of(&world.gateway, &world.setup)?;
    Ok((world, shell))
}

fn provider(world: &World, credential: &str) -> String {
    let sim = world.providers.address;
    format!(
        "[[provider]]\nname = \"up\"\nkind = \"openai\"\nbase_url = \"http://{sim}/openai/v1\"\n\
         credentials = [\"{credential}\"]\n"
    )
}

fn model(id: &str, price: &str) -> String {
    format!(
        "[[model]]\nid = \"{id}\"\ncontext_length = 128000\nmax_output_tokens = 4096\n\
         price = {{ input = \"1.00\", output = \"{price}\" }}\n\
         [[model.route]]\nprovider = \"up\"\nmodel = \"sim-openai\"\n"
    )
}

fn in_force(world: &World) -> Outcome<Value> {
    world.operator.ask("GET", "/catalogue", None)
}

#[test]
fn applying_shows_what_changes_and_changes_nothing_twice() -> Outcome<()> {
    let (world, shell) = world()?;
    let file = shell.file("one.toml", &(provider(&world, "sim-a") + &model("m-one", "10.00")))?;
    let empty = in_force(&world)?;
    let dry = shell.run(&["apply", &file, "--dry-run"])?;
    dry.says(&["+ provider up", "+ model m-one"])?;
    dry.complains(&["nothing was changed (dry run)"])?;
    assert_eq!(in_force(&world)?, empty);
    let first = shell.run(&["apply", &file])?;
    first.says(&["+ provider up", "+ model m-one"])?;
    assert!(first.out.lines().filter(|l| !l.starts_with(' ')).all(|l| l.starts_with("+ ") || l.starts_with("~ ")));
    let version = in_force(&world)?["version"].clone();
    assert_ne!(version, empty["version"]);
    first.complains(&[&format!("applied; the catalogue is at version {version}")])?;
    let again = shell.run(&["apply", &file])?;
    assert_eq!(again.out, "");
    again.complains(&[&format!("nothing to change; the catalogue is at version {version}")])?;
    assert_eq!(in_force(&world)?["version"], version);
    let told = shell.json(&["apply", &file])?;
    assert_eq!(told, json!({ "version": version, "changed": false, "dry_run": false, "diff": [] }));
    // A changed price is a change of that model, with both values.
    let dearer = shell.file("two.toml", &(provider(&world, "sim-a") + &model("m-one", "12.00")))?;
    let changed = shell.run(&["apply", &dearer])?;
    changed.says(&["~ model m-one", "price: ", "10.00", "12.00"])?;
    assert_ne!(in_force(&world)?["version"], version);
    Ok(())
}

#[test]
fn a_half_valid_file_is_refused_whole() -> Outcome<()> {
    let (world, shell) = world()?;
    let good = provider(&world, "sim-a") + &model("m-one", "10.00");
    shell.run(&["apply", &shell.file("good.toml", &good)?])?;
    let before = in_force(&world)?;
    let bad = "[[provider]]\nname = \"odd\"\nkind = \"carrier-pigeon\"\nbase_url = \"not an address\"\n\
               credentials = [\"x\"]\n[[model]]\nid = \"m bad\"\ncontext_length = 0\nmax_output_tokens = 10\n\
               price = { input = \"1.1234567\", output = \"-1\" }\n[[model.route]]\nprovider = \"nobody\"\nmodel = \"x\"\n";
    let file = shell.file("half.toml", &(good.clone() + &model("m-two", "1.00") + bad))?;
    for args in [&["apply", &file][..], &["apply", &file, "--prune"], &["apply", &file, "--dry-run"]] {
        let told = shell.ends(1, args)?;
        assert_eq!(told.out, "");
        told.complains(&[
            "provider[1].kind",
            "provider[1].base_url",
            "model[2].id",
            "model[2].context_length",
            "model[2].price.input",
            "model[2].price.output",
            "model[2].route[0].provider",
        ])?;
        assert_eq!(in_force(&world)?, before);
    }
    // An unknown field and broken TOML never reach the server.
    for (name, text) in [("typo.toml", good.replace("kind =", "knid =")), ("broken.toml", "[[provider".to_owned())]
    {
        let file = shell.file(name, &text)?;
        shell.ends(2, &["apply", &file])?.complains(&["is not a catalogue"])?;
    }
    shell.ends(2, &["apply", "absent.toml"])?.complains(&["absent.toml cannot be read"])?;
    assert_eq!(in_force(&world)?, before);
    Ok(())
}

/// A price of bare numbers is refused with the name of its model and the way to write it.
#[test]
fn prices_are_quoted() -> Outcome<()> {
    let (world, shell) = world()?;
    let bare = (provider(&world, "sim-a") + &model("m-one", "2.00")).replace("\"1.00\"", "1.0");
    let file = shell.file("bare.toml", &bare.replace("\"2.00\"", "2"))?;
    let told = shell.ends(1, &["apply", &file])?;
    told.complains(&[
        "model[0].price.input",
        "model[0].price.output",
        "m-one",
        "in quotes",
        "\"1.00\"",
        "\"free\"",
    ])?;
    assert!(!told.err.contains("untagged"), "{told:?}");
    Ok(())
}

/// R-LIM-1: tiers come by file, are shown as they were said, and survive a restart.
#[test]
fn r_lim_1_tiers_are_applied_and_kept() -> Outcome<()> {
    let (mut world, shell) = world()?;
    assert_eq!(in_force(&world)?["tier"], json!([]));
    let tier = |name: &str, when: &str| {
        format!(
            "[[tier]]\nname = \"{name}\"\nwhen = \"{when}\"\nrequests_per_minute = 7\nconcurrent = 2\n\
             requests_per_day = 9\n"
        )
    };
    let limited = model("m-one", "1.00").replace("context_length", "tiers = [\"team\"]\ncontext_length");
    let file = provider(&world, "sim-a") + &limited;
    // The default table has no such tier, and a table of one's own needs one for those without anything.
    let unknown = shell.ends(1, &["apply", &shell.file("a.toml", &file)?])?;
    unknown.complains(&["model[0].tiers[0]", "\"ultra\""])?;
    let alone = shell.file("b.toml", &(tier("team", "plan") + &file))?;
    shell.ends(1, &["apply", &alone])?.complains(&["tier: ", "\"free\""])?;
    let both = shell.file("c.toml", &(tier("none", "free") + &tier("team", "plan") + &file))?;
    shell.run(&["apply", &both])?.says(&["+ tier none", "+ tier team", "+ model m-one"])?;
    let before = in_force(&world)?;
    assert_eq!(before["tier"][1]["name"], "team");
    world.gateway.kill()?;
    world.gateway = Gateway::start(&world.setup)?;
    world.operator = world.gateway.operator()?;
    assert_eq!(in_force(&world)?, before);
    let shell = Shell::of(&world.gateway, &world.setup)?;
    let wider = shell.file("d.toml", &tier("team", "plan").replace("= 7", "= 8"))?;
    shell.run(&["apply", &wider])?.says(&["~ tier team", "requests_per_minute: 7 -> 8"])?;
    Ok(())
}

#[test]
fn absent_entries_go_with_prune_only() -> Outcome<()> {
    let (world, shell) = world()?;
    let base = provider(&world, "sim-a");
    let both = shell.file("both.toml", &(base.clone() + &model("m-one", "10.00") + &model("m-two", "10.00")))?;
    let one = shell.file("one.toml", &(base + &model("m-one", "10.00")))?;
    shell.run(&["apply", &both])?;
    let names = || -> Outcome<Vec<String>> {
        let list = shell.run(&["model", "list"])?;
        Ok(list.out.lines().filter_map(|l| l.split('\t').next()).map(str::to_owned).collect())
    };
    shell.run(&["apply", &one])?.complains(&["nothing to change"])?;
    assert_eq!(names()?, ["m-one", "m-two"]);
    shell.run(&["apply", &one, "--prune", "--dry-run"])?.says(&["- model m-two"])?;
    assert_eq!(names()?, ["m-one", "m-two"]);
    let pruned = shell.run(&["apply", &one, "--prune"])?;
    assert_eq!(pruned.out, "- model m-two\n");
    assert_eq!(names()?, ["m-one"]);
    Ok(())
}

/// The digest under which the provider last saw a credential, and the one of a text.
fn seen_as(world: &World, credential: &str) -> Outcome<(String, String)> {
    let last = || -> Outcome<String> {
        let journal = world.providers.journal()?;
        let last = journal["requests"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
        Ok(last["headers"]["authorization"].to_string())
    };
    let call = Call {
        dialect: Dialect::OpenAi,
        model: "m-one".into(),
        text: "[[sim: tokens=1]]".into(),
        max_tokens: 5,
        stream: false,
    };
    assert_eq!(world.call(&call)?.0, Ending::Well);
    let by_gateway = last()?;
    let bearer = format!("Bearer {credential}");
    let body = json!({ "model": "sim-openai", "messages": [{ "role": "user", "content": "x" }] }).to_string();
    let direct = raw("POST", "/openai/v1/chat/completions", &[("authorization", &bearer)], body.as_bytes());
    exchange(world.providers.address, &direct, Duration::from_secs(10)).map_err(|e| e.to_string())?;
    Ok((by_gateway, last()?))
}

#[test]
fn credentials_are_resolved_compared_and_never_shown() -> Outcome<()> {
    let (world, shell) = world()?;
    let shell = shell.with("UP_KEY", "s3cret-first");
    let by_env = shell.file("env.toml", &(provider(&world, "env:UP_KEY") + &model("m-one", "10.00")))?;
    let mut said = vec![shell.run(&["apply", &by_env])?];
    let (seen, wanted) = seen_as(&world, "s3cret-first")?;
    assert_eq!(seen, wanted);
    let same = shell.run(&["apply", &by_env])?;
    same.complains(&["nothing to change"])?;
    let changed = shell.with("UP_KEY", "s3cret-second").run(&["apply", &by_env])?;
    changed.says(&["~ credentials up", "changed"])?;
    let (seen, wanted) = seen_as(&world, "s3cret-second")?;
    assert_eq!(seen, wanted);
    let secret = shell.file("up.secret", "s3cret-third\n")?;
    let by_file =
        shell.file("file.toml", &(provider(&world, &format!("file:{secret}")) + &model("m-one", "10.00")))?;
    said.extend([same, changed, shell.run(&["apply", &by_file])?, shell.run(&["apply", &by_file, "--json"])?]);
    let (seen, wanted) = seen_as(&world, "s3cret-third")?;
    assert_eq!(seen, wanted);
    said.extend([shell.run(&["provider", "list"])?, shell.run(&["provider", "list", "--json"])?]);
    said.push(shell.run(&["log", "--json"])?);
    let leak = said.iter().find(|told| told.out.contains("s3cret") || told.err.contains("s3cret"));
    assert!(leak.is_none(), "{leak:?}");
    assert!(!in_force(&world)?.to_string().contains("s3cret"));
    assert!(!world.gateway.log().contains("s3cret"));
    world.settled()
}

#[test]
fn a_reference_to_nothing_stops_before_the_server() -> Outcome<()> {
    let (world, shell) = world()?;
    let before = in_force(&world)?;
    let text = provider(&world, "env:NOT_SET\", \"file:/nowhere/up.secret\", \"env:EMPTY");
    let file = shell.file("missing.toml", &text)?;
    let told = shell.with("EMPTY", "").ends(2, &["apply", &file])?;
    told.complains(&["provider[0].credentials[0]", "NOT_SET", "/nowhere/up.secret", "EMPTY"])?;
    assert_eq!(in_force(&world)?, before);
    Ok(())
}
