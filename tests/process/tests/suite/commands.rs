//! The commands against a running gateway: keys, workspaces, credit, tokens, lists, records, identity, and the exit codes
//! of docs/CLI.md. Never here: `apply` (apply.rs), what needs no server (configuration.rs).

use crate::world::World;
use process_tests::{Call, Conversation, Dialect, Ending, Outcome, Shell, Told, at, catalogue, raw};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

fn world() -> Outcome<(World, Shell)> {
    let world = World::open("sim-upstream", &[], catalogue)?;
    let shell = Shell::of(&world.gateway, &world.setup)?;
    Ok((world, shell))
}

fn small(model: &str) -> Call {
    let text = "hi [[sim: tokens=3]]".to_owned();
    Call { dialect: Dialect::OpenAi, model: model.to_owned(), text, max_tokens: 10, stream: false }
}

/// The status that a key gets.
fn status(world: &World, key: &str) -> Outcome<u16> {
    Ok(world.send(&small("to-openai").request(key))?.head.status)
}

/// The cells of a piped list.
fn cells(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split('\t').collect()).collect()
}

fn text(value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| format!("not a text: {value}"))
}

#[test]
fn a_key_is_shown_once_and_ends_at_once() -> Outcome<()> {
    let (world, shell) = world()?;
    let workspace = world.account.workspace.as_str();
    let made = shell.run(&["key", "create", "--workspace", "customer", "--name", "laptop"])?;
    made.complains(&["shown this once"])?;
    let key = made.out.trim();
    assert_eq!(made.out, format!("{key}\n"));
    assert_eq!(status(&world, key)?, 200);
    let as_json =
        shell.json(&["key", "create", "--workspace", workspace, "--expires-at", "2099-01-01T00:00:00Z"])?;
    assert_eq!(status(&world, text(&as_json["key"])?)?, 200);
    let listed = shell.run(&["key", "list", "--workspace", "customer"])?;
    let rows = cells(&listed.out);
    let row = rows.iter().find(|row| row[2] == "laptop").ok_or("the key is not listed")?;
    assert!(key.starts_with(row[1]) && row[1].len() * 2 < key.len(), "{row:?}");
    assert_eq!((row[3], row[6]), (workspace, "-"));
    let all = shell.json(&["key", "list"])?;
    assert_eq!(all["data"].as_array().map(Vec::len), Some(3));
    for shown in [listed.out.clone(), all.to_string(), shell.json(&["log"])?.to_string(), world.gateway.log()] {
        assert!(!shown.contains(key) && !shown.contains(text(&as_json["key"])?), "{shown}");
    }
    let id = row[0].to_owned();
    shell.run(&["key", "revoke", &id])?.says(&[&format!("revoked {id}")])?;
    assert_eq!(status(&world, key)?, 401);
    let again = shell.json(&["key", "list"])?;
    let gone = again["data"].as_array().into_iter().flatten().find(|k| k["id"] == id.as_str());
    assert!(gone.is_some_and(|k| k["revoked_at"].is_string()));
    // Revoking again is no failure, and unknown ones are.
    shell.run(&["key", "revoke", &id])?;
    for unknown in ["key_00000000000000000000000000", "nonsense", "../keys"] {
        shell.ends(5, &["key", "revoke", unknown])?.complains(&["no such key", "request req_"])?;
    }
    shell.ends(5, &["key", "list", "--workspace", "nobody"])?;
    shell
        .ends(1, &["key", "create", "--workspace", "nobody", "--expires-at", "soon"])?
        .complains(&["workspace", "expires_at"])?;
    world.gateway.calm()
}

#[test]
fn workspaces_and_credit_given_once_by_id() -> Outcome<()> {
    let (world, shell) = world()?;
    let id = shell.run(&["workspace", "create", "Acme, Inc."])?.out.trim().to_owned();
    shell.json(&["workspace", "create", "Other", "--slug", "acme"])?;
    shell.ends(1, &["workspace", "create", "Again", "--slug", "acme"])?.complains(&["exists already"])?;
    shell.ends(1, &["workspace", "create", "", "--slug", "Not A Slug"])?.complains(&["name", "slug"])?;
    let grant = |amount: &str, more: &[&str]| -> Vec<String> {
        let args = ["credit", "grant", "--workspace", "acme-inc", "--amount", amount, "--reason", "a test"];
        args.iter().chain(more).map(|arg| (*arg).to_owned()).collect()
    };
    let run = |code: i32, args: Vec<String>| shell.ends(code, &args.iter().map(String::as_str).collect::<Vec<_>>());
    run(0, grant("5.00", &[]))?.says(&["balance 5.00 USD"])?;
    let made = run(0, grant("1.25", &["--json", "--kind", "promo"]))?.json()?;
    let own = text(&made["id"])?.to_owned();
    assert_eq!(made["balance_usd"], "6.25");
    // The id that was given before gives nothing more.
    let again = run(0, grant("1.25", &["--json", "--kind", "promo", "--id", &own]))?.json()?;
    assert_eq!((&again["balance_usd"], &again["id"]), (&json!("6.25"), &json!(own)));
    let wrong = ["--kind", "plan", "--expires-at", "2001-01-01T00:00:00Z", "--id", "nonsense"];
    run(1, grant("0", &wrong))?.complains(&["amount_usd", "kind", "expires_at", "id"])?;
    let nobody = ["credit", "grant", "--workspace", "nobody", "--amount", "1", "--reason", "x"];
    shell.ends(5, &nobody)?.complains(&["no such workspace"])?;
    let listed = shell.run(&["workspace", "list"])?;
    let rows = cells(&listed.out);
    let row = rows.iter().find(|row| row[0] == id).ok_or("the workspace is not listed")?;
    assert_eq!(row[1..], ["acme-inc", "Acme, Inc.", "6.25", "0.00"]);
    assert_eq!(world.operator.audit()?.findings, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_revoked_token_opens_nothing_and_the_last_one_stays() -> Outcome<()> {
    let (world, shell) = world()?;
    let first = shell.json(&["token", "list"])?["data"][0].clone();
    shell.ends(1, &["token", "revoke", text(&first["id"])?])?.complains(&["last operator token"])?;
    let made = shell.run(&["token", "create", "ci"])?;
    made.complains(&["shown this once"])?;
    let second = shell.with("TOLLGATE_TOKEN", made.out.trim());
    second.run(&["whoami"])?.says(&["operator ci ("])?;
    let listed = shell.run(&["token", "list"])?;
    assert!(!listed.out.contains(made.out.trim()));
    let rows = cells(&listed.out);
    let row = rows.iter().find(|row| row[2] == "ci").ok_or("the token is not listed")?;
    assert!(made.out.starts_with(row[1]) && row[1].len() * 2 < made.out.trim().len());
    shell.run(&["token", "revoke", row[0]])?.says(&[&format!("revoked {}", row[0])])?;
    for args in [&["whoami"][..], &["model", "list"], &["usage"], &["audit"], &["token", "list"]] {
        second.ends(3, args)?.complains(&["401", "request req_"])?;
    }
    shell.ends(1, &["token", "revoke", text(&first["id"])?])?.complains(&["last operator token"])?;
    shell
        .ends(5, &["token", "revoke", "opt_00000000000000000000000000"])?
        .complains(&["no such operator token"])?;
    let named = shell.file(
        "a.token",
        &format!("{}\n", std::fs::read_to_string(world.setup.data.join("operator.token")).map_err(at("token"))?),
    )?;
    second.run(&["whoami", "--token-file", &named])?.says(&["operator "])?;
    Ok(())
}

#[test]
fn lists_and_usage_with_filters() -> Outcome<()> {
    let (world, shell) = world()?;
    let mut ids = Vec::new();
    for model in ["to-openai", "to-anthropic", "to-openai"] {
        let (ending, reply) = world.call(&small(model))?;
        assert_eq!(ending, Ending::Well);
        ids.push(reply.id().to_owned());
        // Rows of one millisecond have no order.
        std::thread::sleep(Duration::from_millis(3));
    }
    let (workspace, other) = (world.account.workspace.as_str(), world.operator.customer("Other", "1.00")?);
    assert_eq!(world.send(&small("to-openai").request(&other.key))?.head.status, 200);
    let usage = |args: &[&str]| -> Outcome<Vec<Value>> {
        let args: Vec<&str> = ["usage"].iter().chain(args).copied().collect();
        Ok(shell.json(&args)?["data"].as_array().cloned().unwrap_or_default())
    };
    let all = usage(&["--workspace", workspace])?;
    let found: Vec<&Value> = all.iter().map(|row| &row["request_id"]).collect();
    assert_eq!(found, [&json!(ids[2]), &json!(ids[1]), &json!(ids[0])]);
    let key = text(&all[0]["key"])?.to_owned();
    let count = |args: &[&str]| usage(args).map(|rows| rows.len());
    assert_eq!(count(&[])?, 4);
    assert_eq!(count(&["--workspace", "other"])?, 1);
    assert_eq!(count(&["--key", &key])?, 3);
    assert_eq!(count(&["--key", &key, "--model", "to-openai"])?, 2);
    assert_eq!(count(&["--model", "nobody"])?, 0);
    assert_eq!(count(&["--limit", "2"])?, 2);
    assert_eq!(count(&["--before", &ids[1], "--workspace", workspace])?, 1);
    let second = text(&all[1]["at"])?;
    assert!(count(&["--from", second, "--workspace", workspace])? >= 2);
    assert!(count(&["--until", second, "--workspace", workspace])? <= 1);
    assert_eq!(count(&["--from", "2099-01-01T00:00:00Z"])?, 0);
    let piped = shell.run(&["usage", "--workspace", workspace])?;
    let rows = cells(&piped.out);
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0][0], rows[0][2], rows[0][3], rows[0][7]), (ids[2].as_str(), "to-openai", "200", "provider"));
    assert_eq!(json!(rows[0][8]), all[0]["charge_usd"]);
    shell
        .ends(1, &["usage", "--key", "x", "--from", "soon", "--limit", "0", "--workspace", "nobody"])?
        .complains(&["workspace:", "key:", "from:", "limit:"])?;
    let providers = shell.run(&["provider", "list"])?;
    let base = format!("http://{}/anthropic/v1", world.providers.address);
    assert_eq!(cells(&providers.out)[0], ["up-anthropic", "anthropic", &base, "1"]);
    shell.run(&["model", "list"])?.says(&["to-openai\t", "flat-anthropic\t", "128000\t4096\t"])?;
    let audit = shell.run(&["audit"])?;
    audit.says(&["clean: ", "4 usage rows", "0 open holds"])?;
    let audit = shell.json(&["audit"])?;
    assert_eq!((&audit["clean"], &audit["usage_rows"]), (&json!(true), &json!(4)));
    world.gateway.calm()
}

#[test]
fn whoami_and_the_operators_log() -> Outcome<()> {
    let (world, shell) = world()?;
    shell.run(&["whoami"])?.says(&["operator ", "(tgop-"])?;
    assert_eq!(shell.json(&["whoami"])?["auth"], "operator_token");
    let caller = shell.without("TOLLGATE_TOKEN").with("TOLLGATE_API_KEY", &world.account.key);
    caller.run(&["whoami"])?.says(&["workspace  Customer (", "balance    100000000 micro-USD, 0 on hold"])?;
    let told = caller.json(&["whoami"])?;
    assert_eq!((&told["auth"], &told["org"]["id"]), (&json!("api_key"), &json!(world.account.workspace)));
    caller.with("TOLLGATE_API_KEY", "sk-tg-nonsense").ends(3, &["whoami"])?.complains(&["401"])?;
    shell.run(&["key", "create", "--workspace", "customer"])?;
    let log = shell.run(&["log"])?;
    let actions: Vec<&str> = cells(&log.out).iter().map(|row| row[2]).collect();
    assert_eq!(actions[0], "key.create");
    for action in ["catalogue.apply", "workspace.create"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
    assert_eq!(cells(&shell.run(&["log", "--limit", "1"])?.out).len(), 1);
    shell.ends(1, &["log", "--limit", "0"])?.complains(&["limit"])?;
    Ok(())
}

/// Every list and verb speaks JSON, and nothing holds an escape code, not even with a hostile name.
#[test]
fn json_of_every_command_and_plain_text_in_pipes() -> Outcome<()> {
    let (world, shell) = world()?;
    let body = json!({ "name": "evil \u{1b}[31m" });
    let told = world.operator.ask("POST", "/workspaces", Some(&body));
    assert!(told.is_err(), "a name with control characters: {told:?}");
    assert_eq!(world.call(&small("to-openai"))?.0, Ending::Well);
    shell.file("none.toml", "")?;
    let commands: [&[&'static str]; 14] = [
        &["whoami"],
        &["workspace", "list"],
        &["workspace", "create", "Made"],
        &["key", "list"],
        &["key", "create", "--workspace", "customer"],
        &["credit", "grant", "--workspace", "customer", "--amount", "1", "--reason", "x"],
        &["token", "list"],
        &["token", "create", "made"],
        &["provider", "list"],
        &["model", "list"],
        &["usage"],
        &["audit"],
        &["log"],
        &["apply", "none.toml"],
    ];
    for args in commands {
        shell.run(args)?.plain()?;
        // Names of workspaces and tokens are given once.
        let fresh = |arg: &&'static str| if ["Made", "made"].contains(arg) { "Made again" } else { arg };
        let told = shell.json(&args.iter().map(fresh).collect::<Vec<_>>())?;
        assert!(told.is_object(), "{args:?}: {told}");
    }
    let refused = shell.ends(5, &["key", "revoke", "key_x", "--json"])?;
    let problem: Value = serde_json::from_str(&refused.err).map_err(at("a refusal as JSON"))?;
    assert_eq!((&problem["status"], refused.out.as_str()), (&json!(404), ""));
    Ok(())
}

/// A command at a server that gives one answer: no answer of Tollgate's own to a command has these statuses yet.
fn answered(shell: &Shell, status: &str, args: &[&str], code: i32) -> Outcome<Told> {
    let server = TcpListener::bind("127.0.0.1:0").map_err(at("a server"))?;
    let address = server.local_addr().map_err(at("a server"))?;
    let shell = shell.with("TOLLGATE_URL", &format!("http://{address}"));
    let body = r#"{"detail":"Not today."}"#;
    let told = format!(
        "HTTP/1.1 {status}\r\nx-request-id: req_1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = server.accept()?;
            let mut head = [0; 4_096];
            let _asked = stream.read(&mut head)?;
            stream.write_all(told.as_bytes())
        });
        let told = shell.ends(code, args);
        // A command that never came must not be waited for.
        let _knock = Conversation::open(address, Duration::from_secs(1));
        told
    })
}

/// docs/CLI.md: each exit code that a command can have here.
#[test]
fn exit_codes_are_the_documented_ones() -> Outcome<()> {
    let (world, shell) = world()?;
    for misuse in [
        &["nonsense"][..],
        &["key"],
        &["key", "create"],
        &["usage", "--limit", "many"],
        &["apply"],
        &["serve", "--nonsense"],
        &["completions", "basic"],
        &[],
    ] {
        shell.ends(2, misuse)?;
    }
    let lost = shell.without("TOLLGATE_TOKEN").with("TOLLGATE_DATA__DIR", "/nowhere");
    lost.ends(2, &["model", "list"])?.complains(&["no operator token"])?;
    shell.ends(2, &["model", "list", "--token-file", "/nowhere"])?.complains(&["/nowhere"])?;
    shell.ends(2, &["model", "list", "--server", "not an address"])?.complains(&["not an address"])?;
    for token in ["wrong", "tgop-wrong", &world.account.key] {
        shell.with("TOLLGATE_TOKEN", token).ends(3, &["model", "list"])?;
    }
    shell.ends(5, &["key", "revoke", "key_00000000000000000000000000"])?;
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).map_err(at("a port"))?;
    let away = shell.with("TOLLGATE_URL", &format!("http://{nobody}"));
    let told = away.ends(7, &["model", "list"])?;
    told.complains(&[&nobody.to_string(), "cannot be asked", "Connection refused"])?;
    assert!(!told.err.contains("provider"), "a command asks a server: {told:?}");
    let told = away.ends(7, &["audit", "--json"])?;
    let told: Value = serde_json::from_str(&told.err).map_err(at("trouble as JSON"))?;
    assert!(told["error"].is_string());
    for (status, code) in [("402 Payment Required", 4), ("429 Too Many Requests", 6)] {
        let told = answered(&shell, status, &["model", "list"], code)?;
        told.complains(&["Not today.", &status[..3], "request req_1"])?;
    }
    // A flag is stronger than the environment.
    let here = format!("http://{}/", world.gateway.address);
    away.run(&["model", "list", "--server", &here])?;
    // Nothing of this left a trace in the server.
    assert_eq!(world.send(&raw("GET", "/readyz", &[], b""))?.head.status, 200);
    world.settled()
}
