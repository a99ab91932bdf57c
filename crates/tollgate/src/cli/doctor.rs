//! `doctor`: what is well, what is not, and what to do, line by line. In: a configuration, a gateway that runs or not. Out: lines; exit
//! code 1 where something fails. Never here: what a running gateway looks at (server::checkup), mending anything.

use crate::cli::args::{ConfigArgs, Connection};
use crate::cli::client::{Client, blocking};
use crate::cli::exit::Trouble;
use crate::cli::output::Output;
use crate::cli::serving::mistakes_of;
use crate::config::{Config, Environment, ProcessEnvironment};
use crate::wiring::SystemClock;
use serde_json::{Value, json};
use server::{Finding, Health, check_clock, check_disk, check_folder};
use std::net::{Ipv4Addr, SocketAddr};
use store::{Kind, OpenError, Shape};
use units::Clock;

/// Looks at everything that can be seen from here.
pub fn doctor(connection: &Connection, args: &ConfigArgs, output: &Output) -> Result<(), Trouble> {
    let lines = match mistakes_of(args, Vec::new()) {
        Err(mistakes) => mistakes
            .iter()
            .map(|mistake| {
                told(Finding::fail("configuration", mistake.to_string(), "docs/SETTINGS.md tells each setting."))
            })
            .collect(),
        Ok((config, _)) => {
            let mut lines = vec![told(Finding::ok("configuration", "every setting is valid"))];
            lines.extend(looked_over(connection, args, &config)?);
            lines
        }
    };
    let state = worst(&lines);
    if output.is_json() {
        output.value(&json!({ "state": state, "checks": lines }));
    } else {
        lines.iter().for_each(|line| output.line(&text(line)));
    }
    match state {
        "fail" => Err(Trouble::Failed("something does not work; see the lines that say fail".into())),
        _ => Ok(()),
    }
}

/// A finding in the words of the API.
fn told(finding: Finding) -> Value {
    let Finding { name, health, told, advice } = finding;
    json!({ "name": name, "state": health.name(), "detail": told, "advice": advice })
}

fn worst(lines: &[Value]) -> &'static str {
    let has = |health: Health| lines.iter().any(|line| line["state"] == health.name());
    let all = [Health::Fail, Health::Warn];
    all.into_iter().find(|health| has(*health)).unwrap_or(Health::Ok).name()
}

fn text(line: &Value) -> String {
    let word = |name: &str| line[name].as_str().unwrap_or("");
    // Control characters of an answer would draw on the terminal.
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
    let mut text = format!("{:<5} {}: {}", word("state"), plain(word("name")), plain(word("detail")));
    if let Some(advice) = line["advice"].as_str() {
        text.push_str(&format!("\n      {}", plain(advice)));
    }
    text
}

/// What the gateway says of itself; where none answers, what can be seen without one.
fn looked_over(connection: &Connection, args: &ConfigArgs, config: &Config) -> Result<Vec<Value>, Trouble> {
    let named =
        connection.server.clone().or_else(|| ProcessEnvironment.get("TOLLGATE_URL")).filter(|s| !s.is_empty());
    let is_named = named.is_some();
    let base = named.unwrap_or_else(|| format!("http://{}", near(config.server.listen)));
    let here = Connection { server: Some(base.clone()), ..connection.clone() };
    let asked = Client::new(&here, args).and_then(|client| client.get("/api/manage/system"));
    match asked {
        Ok(system) => {
            let mut lines = vec![told(Finding::ok("gateway", format!("answers at {base}")))];
            lines.extend(system["checks"].as_array().cloned().unwrap_or_default());
            Ok(lines)
        }
        Err(Trouble::Refused { told: words, .. }) => {
            let advice = "Name an operator's token by --token-file or TOLLGATE_TOKEN.";
            Ok(vec![told(Finding::fail("gateway", format!("{base} refuses to tell: {words}"), advice))])
        }
        Err(_) if is_named => {
            let advice = "Start it, or name another by --server.";
            Ok(vec![told(Finding::fail("gateway", format!("none answers at {base}"), advice))])
        }
        Err(_) => {
            let advice =
                "Start it; it tells more: providers' credentials, mail, Redis, the console, the public address.";
            let mut lines = vec![told(Finding::warn("gateway", format!("none answers at {base}"), advice))];
            lines.extend(without_gateway(config)?.into_iter().map(told));
            Ok(lines)
        }
    }
}

/// Where a listener on any address is reached from here.
fn near(listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() { SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listen.port()) } else { listen }
}

fn without_gateway(config: &Config) -> Result<Vec<Finding>, Trouble> {
    let dir = &config.data_dir;
    let mut findings = match dir.is_dir() {
        true => vec![check_folder(dir), check_disk(dir)],
        false => {
            let told = format!("{} is not there yet", dir.display());
            vec![Finding::warn("data folder", told, "The first start of the gateway makes it.")]
        }
    };
    findings.push(check_clock(SystemClock.now(), None));
    let kind = match &config.database_url {
        None => Kind::Sqlite { dir: dir.clone() },
        Some(url) => Kind::Postgres { url: url.expose().clone(), lease: config.lease },
    };
    let look = async { Ok(store::shape(kind, tokio::runtime::Handle::current()).await) };
    findings.push(store_of(blocking(look)?));
    Ok(findings)
}

fn store_of(shape: Result<Shape, OpenError>) -> Finding {
    match shape {
        Ok(Shape { found, known }) if found == known => {
            Finding::ok("store", format!("can be read, at the newest shape ({known})"))
        }
        Ok(Shape { found, known }) if found < known => Finding::warn(
            "store",
            format!("has shape {found}, the newest is {known}"),
            "The next start brings it to the newest; keep a copy of it before.",
        ),
        Ok(Shape { found, known }) => Finding::fail(
            "store",
            format!("has shape {found}, this version knows {known}"),
            "It was written by a newer version: start that one.",
        ),
        Err(OpenError::Missing(_)) => {
            Finding::warn("store", "there is none yet", "The first start of the gateway makes it.")
        }
        Err(error) => Finding::fail("store", error.to_string(), "Look at database.url, and at the database."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-OPS-3: the store of a gateway that does not run.
    #[test]
    fn r_ops_3_a_store_is_judged_by_its_shape() {
        let of = |found| store_of(Ok(Shape { found, known: 5 })).health;
        assert_eq!([of(5), of(4), of(0), of(6)], [Health::Ok, Health::Warn, Health::Warn, Health::Fail]);
        assert_eq!(store_of(Err(OpenError::Missing("x".into()))).health, Health::Warn);
        assert_eq!(store_of(Err(OpenError::Database("x".into()))).health, Health::Fail);
    }

    #[test]
    fn the_worst_line_decides_and_nothing_draws() {
        let line = |health| told(Finding { health, ..Finding::warn("n\u{1b}[31m", "told", "do this") });
        let all = |list: &[Health]| worst(&list.iter().map(|health| line(*health)).collect::<Vec<Value>>());
        assert_eq!(all(&[]), "ok");
        assert_eq!(all(&[Health::Ok, Health::Warn]), "warn");
        assert_eq!(all(&[Health::Fail, Health::Ok]), "fail");
        assert_eq!(text(&line(Health::Warn)), "warn  n?[31m: told\n      do this");
        assert_eq!(near(([0, 0, 0, 0], 7).into()), ([127, 0, 0, 1], 7).into());
    }
}
