//! Setting clients up (R-WEB-3, J7): the script that the gateway gives out, in an empty home, by several shells; the command that does the
//! same; each undone byte for byte. Never here: a client itself (tests/clients), what pages say.

use crate::people::{Town, on_both};
use process_tests::{Outcome, Shell, at, catalogue};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where shells, curl and awk are.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const SETTINGS: &str = ".claude/settings.json";
/// What somebody else wrote: nothing of it may change, and it is put back to the letter.
const OTHERS: &str = "{\n    \"permissions\": { \"allow\": [\"Bash(ls:*)\"] },\n    \"env\": {\n        \"EDITOR\": \"\\u0076i\"\n    },\n    \"n\": 1.50e+3\n}";

/// A home, and a key of its owner.
struct Home {
    path: PathBuf,
    origin: String,
    key: String,
}

/// Every file and folder of a home with its rights and what is in it.
fn snapshot(folder: &Path) -> Outcome<BTreeMap<PathBuf, (u32, Vec<u8>)>> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in std::fs::read_dir(&place).map_err(at("a home"))? {
            let path = entry.map_err(at("a home"))?.path();
            let mode = std::fs::metadata(&path).map_err(at("a home"))?.permissions().mode() & 0o777;
            let bytes = if path.is_dir() { Vec::new() } else { std::fs::read(&path).map_err(at("a home"))? };
            if path.is_dir() {
                open.push(path.clone());
            }
            all.insert(path, (mode, bytes));
        }
    }
    Ok(all)
}

impl Home {
    fn new(town: &Town, name: &str) -> Outcome<Self> {
        let path = town.setup.data.join(name);
        std::fs::create_dir_all(&path).map_err(at("home"))?;
        let mut ada = town.resident(name)?;
        let (status, made) = ada.ask("POST", "/workspaces", &json!({ "name": format!("Desk of {name}") }))?;
        assert_eq!(status, 201, "{made}");
        let path_of = |what: &str| format!("/workspaces/{}/{what}", made["id"].as_str().unwrap_or("none"));
        let (status, key) = ada.ask("POST", &path_of("keys"), &json!({ "name": "mine" }))?;
        assert_eq!(status, 201, "{key}");
        let key = key["key"].as_str().unwrap_or("").to_owned();
        Ok(Self { path, origin: format!("http://{}", town.gateway.address), key })
    }

    fn write(&self, file: &str, text: &str, mode: u32) -> Outcome<()> {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.path)).map_err(at(file))?;
        std::fs::write(&path, text).map_err(at(file))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).map_err(at(file))
    }

    /// Types a line; gives its exit code and all that it said.
    fn types(&self, line: &str) -> Outcome<(i32, String)> {
        let mut command = Command::new("sh");
        command.env_clear().env("PATH", PATH).env("HOME", &self.path).current_dir(&self.path).args(["-c", line]);
        let done = command.output().map_err(at("sh"))?;
        let told = [&done.stdout[..], &done.stderr].concat();
        Ok((done.status.code().unwrap_or(-1), String::from_utf8_lossy(&told).into_owned()))
    }

    fn fetched(&self, shell: &str, query: &str, more: &str) -> Outcome<(i32, String)> {
        self.types(&format!("curl -fsSL '{}/install.sh{query}' | {shell} {more}", self.origin))
    }

    /// That the settings have what they must, beside what they had.
    fn is_set_up(&self, others: bool) -> Outcome<()> {
        let path = self.path.join(SETTINGS);
        let text = std::fs::read_to_string(&path).map_err(at(SETTINGS))?;
        let settings: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        assert_eq!(settings["env"]["ANTHROPIC_BASE_URL"], json!(self.origin), "{text}");
        assert_eq!(settings["env"]["ANTHROPIC_AUTH_TOKEN"], json!(self.key), "{text}");
        assert_eq!(settings["disableLoginPrompt"], json!(true), "{text}");
        let mode = std::fs::metadata(&path).map_err(at(SETTINGS))?.permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        if others {
            for part in
                ["\"permissions\": { \"allow\": [\"Bash(ls:*)\"] }", "\"EDITOR\": \"\\u0076i\"", "\"n\": 1.50e+3"]
            {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        let (code, told) = self.types("bash -c '. ~/.bashrc; printf %s \"$ANTHROPIC_AUTH_TOKEN\"'")?;
        assert_eq!((code, told.as_str()), (0, self.key.as_str()));
        Ok(())
    }
}

/// J7, R-WEB-3: set up, again without a change, and back byte for byte, in an empty home and in one with settings of its owner.
#[test]
fn r_web_3_the_script_sets_up_and_undoes() -> Outcome<()> {
    on_both("install.sh", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        for shell in ["dash", "bash"] {
            for others in [false, true] {
                let home = Home::new(town, &format!("{shell}-{others}"))?;
                if others {
                    home.write(SETTINGS, OTHERS, 0o644)?;
                    home.write(".bashrc", "alias l=ls # no line end", 0o640)?;
                }
                let before = snapshot(&home.path)?;
                let (code, told) = home.fetched(shell, &format!("?key={}", home.key), "")?;
                assert!(code == 0 && told.contains("The key works.") && told.contains("changed"), "{told}");
                home.is_set_up(others)?;
                let once = snapshot(&home.path)?;
                // The key is known already; no other is needed.
                let (code, told) = home.fetched(shell, "", "")?;
                assert!(
                    code == 0 && told.contains("as it should be already") && !told.contains(": changed"),
                    "{told}"
                );
                assert!(snapshot(&home.path)? == once, "{shell} {others}: a second run changed something");
                let (code, told) = home.fetched(shell, "", "-s -- --uninstall")?;
                assert!(code == 0, "{told}");
                assert!(snapshot(&home.path)? == before, "{shell} {others}: not as it was before: {told}");
                assert!(!town.gateway.log().contains(&home.key), "a key is in the log");
            }
        }
        Ok(())
    })
}

/// R-WEB-3: a wrong key, settings that are no JSON and hostile values change nothing.
#[test]
fn r_web_3_what_is_wrong_changes_nothing() -> Outcome<()> {
    on_both("install.sh refuses", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        let home = Home::new(town, "wrong")?;
        let before = snapshot(&home.path)?;
        let (code, told) = home.fetched("sh", "?key=sk-tg-wrong", "")?;
        assert!(code != 0 && told.contains("refuses the key"), "{told}");
        let (code, told) = home.fetched("sh", "?key=it_wrong", "")?;
        assert!(code != 0 && told.contains("not good any more"), "{told}");
        let (code, told) = home.fetched("sh", "", "")?;
        assert!(code != 0 && told.contains("there is no key"), "{told}");
        for hostile in
            ["%27%3Btouch%20owned%3B%27", "%24%28touch%20owned%29", "%60touch%20owned%60", "x%0Atouch%20owned"]
        {
            // Without -f the answer itself is run.
            let line = format!("curl -sSL '{}/install.sh?key={hostile}' | sh", home.origin);
            home.types(&line)?;
            home.fetched("sh", &format!("?key={hostile}"), "")?;
        }
        assert!(snapshot(&home.path)? == before, "something was changed");
        home.write(SETTINGS, "{ \"env\": 3 }", 0o600)?;
        let before = snapshot(&home.path)?;
        let (code, told) = home.fetched("sh", &format!("?key={}", home.key), "")?;
        assert!(code != 0 && told.contains("not what it should be"), "{told}");
        assert!(snapshot(&home.path)? == before, "something was changed");
        Ok(())
    })
}

/// R-WEB-3, R-WEB-4: the command does what the script does, each undoes the other, and what was changed since stays.
#[test]
fn r_web_4_the_command_does_what_the_script_does() -> Outcome<()> {
    on_both("tollgate setup", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        let home = Home::new(town, "command")?;
        home.write(SETTINGS, OTHERS, 0o644)?;
        home.write(".bashrc", "alias l=ls\n", 0o644)?;
        let before = snapshot(&home.path)?;
        let shell = Shell::new(&home.path).with("HOME", &home.path.display().to_string());
        let shell = shell.with("TOLLGATE_URL", &home.origin).with("TOLLGATE_API_KEY", &home.key);
        shell.run(&["setup", "claude-code"])?.says(&["settings.json: changed", ".bashrc: changed"])?;
        home.is_set_up(true)?;
        let by_command = std::fs::read(home.path.join(SETTINGS)).map_err(at(SETTINGS))?;
        shell.run(&["setup", "claude-code"])?.says(&["as it should be already"])?;
        let (code, told) = home.fetched("sh", "", "-s -- --uninstall")?;
        assert!(code == 0 && snapshot(&home.path)? == before, "{told}");
        let (code, told) = home.fetched("sh", &format!("?key={}", home.key), "")?;
        assert!(code == 0, "{told}");
        assert!(
            std::fs::read(home.path.join(SETTINGS)).map_err(at(SETTINGS))? == by_command,
            "they do not write the same"
        );
        // Somebody goes on writing.
        let text = String::from_utf8_lossy(&by_command).replace("\"n\":", "\"mine\": [1],\n    \"n\":");
        home.write(SETTINGS, &text, 0o600)?;
        shell.run(&["setup", "claude-code", "--uninstall"])?.says(&["it was changed since"])?;
        let left = std::fs::read_to_string(home.path.join(SETTINGS)).map_err(at(SETTINGS))?;
        assert_eq!(left, OTHERS.replace("\"n\":", "\"mine\": [1],\n    \"n\":"));
        shell.run(&["setup", "claude-code", "--uninstall"])?.says(&["nothing of it here"])?;
        Ok(())
    })
}

/// R-WEB-4: Codex, Aider and variables: filled with this gateway's addresses, and undone.
#[test]
fn r_web_4_other_tools_are_set_up() -> Outcome<()> {
    on_both("tollgate setup of others", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        // Nobody calls a model.
        town.gateway.operator()?.apply(&catalogue(([127, 0, 0, 1], 9).into()))?;
        let home = Home::new(town, "others")?;
        home.write(".codex/config.toml", "model = \"gpt\"\n\n[tui]\nnotifications = true\n", 0o644)?;
        let before = snapshot(&home.path)?;
        let shell = Shell::new(&home.path).with("HOME", &home.path.display().to_string());
        let shell = shell.with("TOLLGATE_URL", &home.origin).with("TOLLGATE_API_KEY", &home.key);
        for tool in ["codex", "aider"] {
            shell.run(&["setup", tool])?.says(&["changed"])?;
            let once = snapshot(&home.path)?;
            shell.run(&["setup", tool])?.says(&["as it should be already"])?;
            assert!(snapshot(&home.path)? == once, "{tool}");
            let all: Vec<u8> = once.into_values().flat_map(|(_, bytes)| bytes).collect();
            assert!(String::from_utf8_lossy(&all).contains(&format!("{}/v1", home.origin)), "{tool}");
            shell.run(&["setup", tool, "--uninstall"])?;
            assert!(snapshot(&home.path)? == before, "{tool}");
        }
        let told = shell.json(&["setup", "env"])?;
        assert_eq!(told["OPENAI_BASE_URL"], json!(format!("{}/v1", home.origin)));
        assert_eq!((&told["OPENAI_API_KEY"], &told["TOLLGATE_API_KEY"]), (&json!(home.key), &json!(home.key)));
        let nobody = shell.without("TOLLGATE_API_KEY");
        nobody.ends(2, &["setup", "codex"])?.complains(&["tollgate login"])?;
        shell.with("TOLLGATE_API_KEY", "sk-tg-wrong").ends(3, &["setup", "codex"])?;
        assert!(snapshot(&home.path)? == before);
        Ok(())
    })
}

/// R-WEB-3: a member's token becomes a key that is named after the machine, and the script sets up with it.
#[test]
fn r_web_3_a_token_sets_a_machine_up() -> Outcome<()> {
    on_both("install token", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        let mut home = Home::new(town, "token")?;
        let mut ada = town.resident("tess")?;
        let (_, made) = ada.ask("POST", "/workspaces", &json!({ "name": "Second desk of Tess" }))?;
        let path_of = |what: &str| format!("/workspaces/{}/{what}", made["id"].as_str().unwrap_or("none"));
        let (status, token) = ada.ask("POST", &path_of("install-tokens"), &Value::Null)?;
        assert_eq!(status, 201, "{token}");
        let text = token["token"].as_str().unwrap_or("").to_owned();
        assert!(token["sh"].as_str().is_some_and(|line| line.contains(&text)), "{token}");
        let (code, told) = home.fetched("dash", &format!("?key={text}"), "")?;
        assert!(code == 0 && told.contains("The key works."), "{told}");
        let (_, keys) = ada.ask("GET", &path_of("keys"), &Value::Null)?;
        assert!(keys["data"][0]["name"].as_str().is_some_and(|name| name.starts_with("Claude Code on ")), "{keys}");
        let variables = home.path.join(".config/tollgate/claude-code/env");
        let variables = std::fs::read_to_string(variables).map_err(at("env"))?;
        home.key = variables
            .split("AUTH_TOKEN='")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .unwrap_or("")
            .to_owned();
        home.is_set_up(false)?;
        let (code, told) = home.fetched("dash", &format!("?key={text}"), "")?;
        assert!(code != 0 && told.contains("not good any more"), "{told}");
        let log = town.gateway.log();
        assert!(!log.contains(&text) && !log.contains(&home.key), "a secret is in the log");
        Ok(())
    })
}
