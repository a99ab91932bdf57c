//! `tollgate login` (R-WEB-4): a command asks, a person approves in a browser, and the key is kept on that machine alone; on both stores.
//! Never here: every refusal of the flow (the server's own tests).

use crate::people::{Town, on_both};
use process_tests::{Browser, Outcome, Shell, at, exchange, raw};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// A user with a workspace, and a shell of theirs.
fn desk(town: &Town) -> Outcome<(Browser, Shell, Value)> {
    let mut ada = town.resident("ada")?;
    let (status, made) = ada.ask("POST", "/workspaces", &json!({ "name": "Desk" }))?;
    assert_eq!(status, 201, "{made}");
    let home = town.setup.data.join("home");
    std::fs::create_dir_all(&home).map_err(at("home"))?;
    let shell = Shell::new(&home).with("HOME", &home.display().to_string());
    Ok((ada, shell.with("TOLLGATE_URL", &format!("http://{}", town.gateway.address)), made))
}

fn file(shell: &Shell) -> String {
    let path = shell.folder().join(".config/tollgate/credentials.json");
    std::fs::read_to_string(&path).unwrap_or_default()
}

/// R-WEB-4: the command shows a code, the page's calls approve it, the key is kept and `whoami` says what the gateway says.
#[test]
fn r_web_4_a_command_signs_in_by_a_browser() -> Outcome<()> {
    on_both("tollgate login", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        let (mut ada, shell, desk) = desk(town)?;
        let mut login =
            shell.begin(&["login", "--json", "--name", "laptop", "--scope", "chat", "--scope", "read"], "")?;
        let begun: Value = serde_json::from_str(&login.line()?).map_err(|e| e.to_string())?;
        assert!(begun.get("device_code").is_none(), "{begun}");
        let typed = json!({ "user_code": begun["user_code"] });
        let (status, device) = ada.ask("POST", "/devices/look", &typed)?;
        assert_eq!((status, &device["client"], &device["address"]), (200, &json!("laptop"), &json!("127.0.0.1")));
        let path = format!("/workspaces/{}/devices", desk["id"].as_str().unwrap_or("none"));
        assert_eq!(ada.ask("POST", &path, &typed)?.0, 200);
        let told: Value = serde_json::from_str(&login.line()?).map_err(|e| e.to_string())?;
        assert_eq!(login.end()?, (0, String::new()));
        assert_eq!((&told["org"]["id"], &told["api_key"]["name"]), (&desk["id"], &json!("laptop")));
        assert_eq!(shell.json(&["whoami"])?, told);
        shell.run(&["whoami"])?.says(&["Desk", "laptop", "tier"])?;
        let kept: Value = serde_json::from_str(&file(&shell)).map_err(|e| e.to_string())?;
        let key =
            kept["servers"].as_object().and_then(|all| all.values().next()).and_then(|one| one["key"].as_str());
        let key = key.ok_or("no key is kept")?;
        // The owner ends it, and the command says so.
        let (_, keys) = ada.ask("GET", &format!("{}/keys", path.trim_end_matches("/devices")), &Value::Null)?;
        assert_eq!(keys["data"][0]["rules"]["scopes"], json!(["chat", "read"]));
        let again = Shell::new(shell.folder()).with("HOME", &shell.folder().join("other").display().to_string());
        let again = again.with("TOLLGATE_URL", &format!("http://{}", town.gateway.address));
        let by_hand = again.begin(&["login", "--key-stdin", "--json"], &format!("{key}\n"))?;
        assert_eq!(by_hand.end()?.0, 0);
        assert_eq!(again.json(&["whoami"])?["api_key"]["id"], told["api_key"]["id"]);
        assert_eq!(again.begin(&["login", "--key-stdin"], "sk-tg-wrong")?.end()?.0, 3);
        let id = told["api_key"]["id"].as_str().unwrap_or("none");
        let path = format!("{}/keys/{id}", path.trim_end_matches("/devices"));
        assert_eq!(ada.ask("DELETE", &path, &Value::Null)?.0, 200);
        shell.ends(3, &["whoami"])?;
        assert_eq!(shell.json(&["logout"])?["forgotten"], true);
        assert_eq!(shell.json(&["logout"])?["forgotten"], false);
        assert!(!file(&shell).contains(key), "the key is still there");
        Ok(())
    })
}

/// R-WEB-4: who is denied is told, and nothing is kept; nobody's page may lie over ours.
#[test]
fn r_web_4_a_denied_command_keeps_nothing() -> Outcome<()> {
    on_both("tollgate login denied", &[("TOLLGATE_ACCOUNTS__REGISTRATION", "open")], |town| {
        let (mut ada, shell, _) = desk(town)?;
        let mut login = shell.begin(&["login", "--json"], "")?;
        let begun: Value = serde_json::from_str(&login.line()?).map_err(|e| e.to_string())?;
        assert_eq!(ada.ask("POST", "/devices/deny", &json!({ "user_code": begun["user_code"] }))?.0, 200);
        let (code, told) = login.end()?;
        assert!(code == 1 && told.contains("access_denied"), "{code} {told}");
        assert_eq!(file(&shell), "");
        let page = begun["verification_uri_complete"].as_str().unwrap_or("");
        let path = page.split_once("/device").map(|(_, rest)| format!("/device{rest}")).ok_or("no page")?;
        // The page is the console's; a binary without one has a page that says so.
        let request = raw("GET", &path, &[("accept", "text/html")], b"");
        let reply = exchange(town.gateway.address, &request, Duration::from_secs(10)).map_err(at(&path))?;
        assert!(reply.head.get("content-type").starts_with("text/html"), "{}", reply.shown());
        assert!(reply.head.get("content-security-policy").contains("frame-ancestors 'none'"), "{}", reply.shown());
        assert!(!Path::new(&shell.folder().join(".config")).exists());
        Ok(())
    })
}
