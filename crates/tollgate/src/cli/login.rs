//! `login`, `logout`: a key of one's own for a server, without typing it. In: a server; a browser, where a person approves it
//! (RFC 8628), or stdin. Out: a key that is kept on this machine. Never here: what a key may do.

use crate::cli::args::{ConfigArgs, Connection, SignIn};
use crate::cli::client::{Client, base_url, blocking};
use crate::cli::credentials::{Credentials, Kept};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::whoami::{key_base, key_text};
use crate::config::ProcessEnvironment;
use http::Method;
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;
use tokio::time::Instant;
use units::Secret;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// No key is longer.
const KEY_BYTES_MAX: u64 = 4_096;

/// Signs in.
pub fn login(how: &SignIn, connection: &Connection, config: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    let server = base_url(connection, config)?;
    let credentials = Credentials::find(&ProcessEnvironment)?;
    let look = |kept: &Kept| Client::with(kept.base_url.clone(), kept.key.clone()).get("/key");
    let found = match how.key_stdin {
        true => {
            let kept = Kept { base_url: key_base(&server, config), key: from_stdin()? };
            let found = look(&kept)?;
            credentials.keep(&server, &kept)?;
            found
        }
        false => {
            // It is told once: it is kept before anything else can go wrong.
            let kept = blocking(by_device(&server, how, output))?;
            credentials.keep(&server, &kept)?;
            look(&kept)?
        }
    };
    output.talk(&format!("signed in to {server}; the key is kept in {}", credentials.path().display()));
    output.show(&found, &key_text(&found));
    Ok(())
}

/// Forgets the key. It works on, for it may be used elsewhere: `key revoke` ends it.
pub fn logout(connection: &Connection, config: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    let server = base_url(connection, config)?;
    let had = Credentials::find(&ProcessEnvironment)?.forget(&server)?;
    let told = if had { "the key is forgotten here; it still works" } else { "there was no key" };
    output.show(&json!({ "server": server, "forgotten": had }), &format!("{server}: {told}"));
    Ok(())
}

fn from_stdin() -> Result<Secret<String>, Trouble> {
    let mut text = String::new();
    let read = std::io::stdin().take(KEY_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Trouble::Usage(format!("no key on stdin: {error}")))?;
    Ok(Secret::new(text.trim().to_owned()))
}

/// Asks for a code, shows it, and waits until somebody has decided.
async fn by_device(server: &str, how: &SignIn, output: &Output) -> Result<Kept, Trouble> {
    let client = Client::with(server.to_owned(), Secret::new(String::new()));
    let asked = json!({ "client_id": how.name, "scope": how.scope.join(" ") });
    let begun = client.send(Method::POST, "/api/device/code", Some(&asked)).await?;
    let text = |name: &str| begun[name].as_str().map(str::to_owned).unwrap_or_default();
    output.now(
        &begun_without_secret(&begun),
        &format!(
            "open {} in a browser where you are signed in, and approve it if it shows this code:\n\n    {}\n",
            text("verification_uri_complete"),
            text("user_code"),
        ),
    );
    let asks = json!({ "grant_type": GRANT, "client_id": how.name, "device_code": text("device_code") });
    let mut interval = Duration::from_secs(begun["interval"].as_u64().unwrap_or(5));
    let ends = Instant::now() + Duration::from_secs(begun["expires_in"].as_u64().unwrap_or(600));
    while Instant::now() < ends {
        tokio::time::sleep(interval).await;
        match client.send(Method::POST, "/api/device/token", Some(&asks)).await {
            Ok(told) => {
                let part = |name: &str| told[name].as_str().map(str::to_owned).unwrap_or_default();
                // The way that was asked works from here; what the server calls itself need not.
                let base: http::Uri = part("base_url")
                    .parse()
                    .map_err(|e| Trouble::Failed(format!("the server told no address for the key: {e}")))?;
                let base_url = format!("{server}{}", base.path().trim_end_matches('/'));
                return Ok(Kept { base_url, key: Secret::new(part("access_token")) });
            }
            Err(Trouble::Refused { body, .. }) if body["error"] == "authorization_pending" => {}
            Err(Trouble::Refused { body, .. }) if body["error"] == "slow_down" => {
                interval += Duration::from_secs(5);
            }
            // The wait goes on when the server is there again.
            Err(Trouble::Unreachable(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Err(Trouble::Failed("nobody approved it in time; begin again".into()))
}

/// What a script may read of a wait that has begun.
fn begun_without_secret(begun: &Value) -> Value {
    let mut told = begun.clone();
    if let Some(fields) = told.as_object_mut() {
        fields.remove("device_code");
    }
    told
}
