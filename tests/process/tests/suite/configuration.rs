//! `tollgate config check|print|example` and `completions`: no server is asked, every mistake is told at once, secrets
//! are masked. And the master key, which is right or nothing starts.
//! Never here: what a setting does.

use process_tests::{Folder, Gateway, MASTER_KEY, Outcome, Setup, Shell, at};
use serde_json::json;
use std::fs;
use std::time::Duration;

#[test]
fn every_mistake_of_a_configuration_is_told_at_once() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    let good = shell.file("good.toml", "[server]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n")?;
    shell.run(&["config", "check", "--config", &good])?.says(&["the configuration is valid"])?;
    assert_eq!(shell.json(&["config", "check", "--config", &good])?, json!({ "valid": true }));
    shell.run(&["config", "check"])?;
    let text = "[server]\nlisten = \"nowhere\"\nthreads = 5000\nlisen = \"127.0.0.1:1\"\n[log]\nformat = \"xml\"\n\
                [relay]\nattempts_max = 0\n[keys]\nprefix = \"a b\"\n[pigeons]\ncount = 1\n";
    let bad = shell.file("bad.toml", text)?;
    let shell = shell.with("TOLLGATE_RELAY__IDLE_TIMEOUT_MS", "soon").with("TOLLGATE_RELAY__NONSENSE", "1");
    let words = [
        "bad.toml:2",
        "`server.listen`",
        "nowhere",
        "`server.threads`",
        "5000",
        "bad.toml:4",
        "`server.lisen`",
        "did you mean `server.listen`?",
        "`log.format`",
        "xml",
        "`relay.attempts_max`",
        "`keys.prefix`",
        "`pigeons`",
        "TOLLGATE_RELAY__IDLE_TIMEOUT_MS",
        "soon",
        "TOLLGATE_RELAY__NONSENSE",
    ];
    shell.ends(2, &["config", "check", "--config", &bad])?.complains(&words)?;
    let told = shell.ends(2, &["config", "check", "--config", &bad, "--json"])?.json()?;
    assert_eq!((&told["valid"], told["mistakes"].as_array().map(Vec::len)), (&json!(false), Some(9)), "{told}");
    // Whatever needs the configuration is called wrongly with a bad one.
    for command in [&["serve"][..], &["config", "print"], &["model", "list"], &["audit", "--data", "x"]] {
        let args: Vec<&str> = command.iter().copied().chain(["--config", bad.as_str()]).collect();
        shell.ends(2, &args)?.complains(&words)?;
    }
    shell.ends(2, &["config", "check", "--config", "absent.toml"])?.complains(&["cannot be read"])?;
    let broken = shell.file("broken.toml", "[server\n")?;
    shell.ends(2, &["config", "check", "--config", &broken])?.complains(&["broken.toml:1"])?;
    Ok(())
}

#[test]
fn printed_settings_name_their_origin_and_hide_secrets() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    let file = shell.file("some.toml", "[relay]\nattempts_max = 7\n[log]\nformat = \"json\"\n")?;
    let shell = shell
        .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
        .with("TOLLGATE_DATABASE__URL", "postgres://me:hunter2@db/x")
        .with("TOLLGATE_LOG__FORMAT", "off");
    let args = ["config", "print", "--config", file.as_str(), "--listen", "127.0.0.1:4000"];
    let told = shell.run(&args)?;
    told.plain()?;
    let rows: Vec<Vec<&str>> = told.out.lines().map(|line| line.split('\t').collect()).collect();
    let row = |key: &str| rows.iter().find(|row| row[0] == key).map(|row| row[1..].to_vec()).unwrap_or_default();
    assert_eq!(row("server.listen"), ["127.0.0.1:4000", "--listen"]);
    assert_eq!(row("log.format"), ["off", "TOLLGATE_LOG__FORMAT"]);
    assert_eq!(row("relay.attempts_max"), ["7", &format!("{file}:2")]);
    assert_eq!(row("server.threads"), ["0", "default"]);
    assert_eq!(row("master_key"), ["***", "TOLLGATE_MASTER_KEY"]);
    assert_eq!(row("database.url"), ["***", "TOLLGATE_DATABASE__URL"]);
    let json = shell.json(&args)?;
    assert_eq!(json["master_key"], json!({ "value": "***", "origin": "TOLLGATE_MASTER_KEY" }));
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(rows.len()));
    assert!(![told.out, json.to_string()].iter().any(|t| t.contains(MASTER_KEY) || t.contains("hunter2")));
    Ok(())
}

/// docs/CLI.md: a master key that is none is a mistake in the configuration, told with its origin and not repeated.
#[test]
fn a_master_key_that_is_none_is_a_mistake() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    for bad in ["short", &MASTER_KEY[1..], &MASTER_KEY.replace('f', "g"), &MASTER_KEY.replace("00", "é")] {
        let shell = shell.with("TOLLGATE_MASTER_KEY", bad);
        for (code, args) in [(2, &["serve"][..]), (2, &["config", "print"]), (2, &["config", "check"])] {
            let told = shell.ends(code, args)?;
            told.complains(&["TOLLGATE_MASTER_KEY", "`master_key` must be 64 hex digits"])?;
            assert!(!told.err.contains(bad), "{told:?}");
        }
    }
    // A file that holds none is named as well, and stays as it is.
    let (data, path) = (folder.path().join("data"), folder.path().join("some.key"));
    fs::write(&path, "nonsense").map_err(at("some.key"))?;
    let named = Setup::new(&data).with("TOLLGATE_MASTER_KEY_FILE", &path.display().to_string());
    let (code, told) = named.refused()?;
    assert!(code == 2 && told.contains("some.key must hold 64 hex digits"), "{code} {told}");
    assert_eq!(fs::read_to_string(&path).map_err(at("some.key"))?, "nonsense");
    Ok(())
}

/// An address of another database is a mistake in the configuration, told with its setting and without its password.
#[test]
fn a_database_that_is_none_is_a_mistake() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    for bad in ["mysql://me:hunter2@db/x", "hunter2", "POSTGRES:hunter2", "db.example.com/hunter2"] {
        let shell = shell.with("TOLLGATE_DATABASE__URL", bad);
        for (code, args) in [(2, &["serve"][..]), (2, &["config", "print"]), (2, &["config", "check"])] {
            let told = shell.ends(code, args)?;
            told.complains(&["TOLLGATE_DATABASE__URL", "`database.url`", "postgres://"])?;
            assert!(!told.err.contains("hunter2") && !told.out.contains("hunter2"), "{told:?}");
        }
    }
    for good in ["", "postgres://me@db/x", "postgresql://me@db/x"] {
        shell.with("TOLLGATE_DATABASE__URL", good).run(&["config", "check"])?;
    }
    Ok(())
}

/// A key file made for a store that does not open would pass for that store's key.
#[test]
fn a_new_master_key_goes_back_when_the_store_does_not_open() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let setup = Setup::new(folder.path().join("data"));
    let (key, away) = (setup.data.join("master.key"), folder.path().join("master.key"));
    // Nobody knows yet whether a store that cannot be asked has a key.
    let (code, told) = setup.clone().with("TOLLGATE_DATABASE__URL", "postgres://x@127.0.0.1:1/x").refused()?;
    assert!(code == 1 && !key.exists(), "{code} {told}");
    let mut gateway = Gateway::start(&setup)?;
    assert!(key.exists());
    gateway.terminate()?;
    gateway.ended(Duration::from_secs(30))?;
    fs::rename(&key, &away).map_err(at("the key goes astray"))?;
    let (code, told) = setup.refused()?;
    assert!(code == 2 && told.contains("is not the one this store was started with"), "{code} {told}");
    let left = fs::read_dir(&setup.data).map_err(at("the data folder"))?.filter_map(Result::ok);
    let left: Vec<_> =
        left.map(|entry| entry.file_name()).filter(|n| n.to_string_lossy().contains("key")).collect();
    assert!(left.is_empty(), "a new key lies beside the store of another: {left:?}");
    // One that was there before stays, whatever comes of it.
    fs::write(&key, MASTER_KEY).map_err(at("another key"))?;
    assert_eq!(setup.refused()?.0, 2);
    assert_eq!(fs::read_to_string(&key).map_err(at("another key"))?, MASTER_KEY);
    fs::rename(&away, &key).map_err(at("the key comes back"))?;
    Gateway::start(&setup)?.calm()
}

#[test]
fn the_example_is_accepted_with_and_without_its_comment_signs() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    let example = shell.run(&["config", "example"])?.out;
    let live: String = example
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line).to_owned() + "\n")
        .collect();
    for (name, text) in [("example.toml", &example), ("live.toml", &live)] {
        let file = shell.file(name, text)?;
        shell.run(&["config", "check", "--config", &file])?;
    }
    // Each printed setting is in the example.
    let printed = shell.json(&["config", "print"])?;
    let parsed = |key: &str| example.contains(&format!("# {} = ", key.rsplit('.').next().unwrap_or(key)));
    assert!(printed.as_object().is_some_and(|all| all.keys().all(|key| parsed(key))));
    Ok(())
}

#[test]
fn completions_and_help_know_every_command() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    let shell = Shell::new(folder.path());
    let commands = [
        "serve",
        "demo",
        "init",
        "config",
        "apply",
        "workspace",
        "key",
        "credit",
        "token",
        "provider",
        "model",
        "usage",
        "audit",
        "log",
        "whoami",
        "completions",
    ];
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let told = shell.run(&["completions", name])?;
        told.plain()?;
        told.says(&commands)?;
    }
    shell.run(&["--help"])?.says(&commands)?;
    shell.run(&["--version"])?.says(&["tollgate "])?;
    Ok(())
}

/// NO_COLOR and pipes: escape codes come only when somebody forces them, and not even then with NO_COLOR.
#[test]
fn no_escape_codes_where_nobody_asked_for_colours() -> Outcome<()> {
    let folder = Folder::new("configuration")?;
    // A server that is named is not waited for.
    let shell = Shell::new(folder.path()).with("TERM", "xterm-256color").with("TOLLGATE_URL", "http://127.0.0.1:1");
    let quiet = shell.with("NO_COLOR", "1");
    let forced = quiet.with("CLICOLOR_FORCE", "1");
    for args in [&["--help"][..], &["nonsense"], &["key", "create"], &["model", "list"], &["config", "print"]] {
        let code = if args == ["--help"] || args == ["config", "print"] { 0 } else { 2 };
        for shell in [&shell, &quiet, &forced] {
            shell.ends(code, args)?.plain()?;
        }
    }
    // The test can see colours where there are some.
    let coloured = shell.with("CLICOLOR_FORCE", "1").ends(2, &["nonsense"])?;
    assert!(coloured.plain().is_err(), "{coloured:?}");
    Ok(())
}
