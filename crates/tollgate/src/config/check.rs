//! From texts to settings. In: loaded texts. Out: a `Config`, or every mistake. Never here: reading files.

use crate::config::declare::{Kind, SETTINGS};
use crate::config::load::{Layers, Loaded, Mistake};
use crate::config::{assets, surfaces, traces};
use server::{
    BodySettings, Families, LogFormat, MailHome, MailSettings, OperatorSettings, PendingData, Registration,
    RelaySettings, Settings, SharedConfig, Surface, UsageKept, is_mail_sender, is_mail_server,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use units::{NanoUsd, Secret};

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's settings.
    pub server: Settings,
    /// Base paths and their ways.
    pub surfaces: Vec<Surface>,
    /// The data folder.
    pub data_dir: PathBuf,
    /// PostgreSQL, where it is used.
    pub database_url: Option<Secret<String>>,
    /// How long a node may be silent.
    pub lease: Duration,
    /// The master key, where it is given as text.
    pub master_key: Option<Secret<[u8; 32]>>,
    /// The file that holds it otherwise.
    pub master_key_file: PathBuf,
    /// Where monitors are answered without a token.
    pub metrics_listen: Option<SocketAddr>,
    /// Where simulated providers listen.
    pub sim_listen: Option<SocketAddr>,
}

impl Config {
    /// Loads and checks all layers.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(layers: &Layers<'_>) -> Result<(Self, Loaded), Vec<Mistake>> {
        let (mut loaded, mut mistakes) = layers.load();
        surfaces::fill(&mut loaded);
        for setting in SETTINGS {
            let Some((text, origin)) = loaded.get(setting.key) else { continue };
            if let Err(told) = check(setting.kind, text) {
                let told = format!("`{}` {told}", setting.key);
                mistakes.push(Mistake { origin: origin.clone(), told });
            }
        }
        if let Some((prefix, origin)) = loaded.get("keys.prefix") {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if prefix.len() > 32 || !prefix.bytes().all(plain) {
                let told = "`keys.prefix` must be at most 32 letters, digits, '-' or '_'".into();
                mistakes.push(Mistake { origin: origin.clone(), told });
            }
        }
        let no_key = |text: &str| !text.is_empty() && key_of_hex(text).is_none();
        if let Some((_, origin)) = loaded.get("master_key").filter(|(text, _)| no_key(text)) {
            // The text itself is a secret, even when it is wrong.
            let told = "`master_key` must be 64 hex digits".into();
            mistakes.push(Mistake { origin: origin.clone(), told });
        }
        let no_database = |text: &str| {
            !text.is_empty() && !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
        };
        if let Some((_, origin)) = loaded.get("database.url").filter(|(text, _)| no_database(text)) {
            // It may hold a password, so it is not repeated.
            let told = "`database.url` must be empty (SQLite) or postgres://user:password@host/database".into();
            mistakes.push(Mistake { origin: origin.clone(), told });
        }
        if let Some((_, origin)) =
            loaded.get("mail.smtp_url").filter(|(text, _)| !text.is_empty() && !is_mail_server(text))
        {
            // It may hold a password, so it is not repeated.
            let told = "`mail.smtp_url` must be empty (a folder) or smtps://user:password@host".into();
            mistakes.push(Mistake { origin: origin.clone(), told });
        }
        if let Some((text, origin)) = loaded.get("mail.from").filter(|(text, _)| !is_mail_sender(text)) {
            let told =
                format!("`mail.from` must be an address such as Tollgate <tollgate@example.com>, not `{text}`");
            mistakes.push(Mistake { origin: origin.clone(), told });
        }
        let no_redis = |text: &str| {
            !text.is_empty() && !["redis://", "rediss://"].iter().any(|scheme| text.starts_with(scheme))
        };
        if let Some((_, origin)) = loaded.get("limits.redis_url").filter(|(text, _)| no_redis(text)) {
            // It may hold a password, so it is not repeated.
            let told = "`limits.redis_url` must be empty or redis://[user:password@]host:port".into();
            mistakes.push(Mistake { origin: origin.clone(), told });
        }
        mistakes.extend(assets::mistakes(&loaded));
        mistakes.extend(traces::mistakes(&loaded));
        mistakes.extend(surfaces::mistakes(&loaded));
        if mistakes.is_empty() { Ok((Self::of(&loaded), loaded)) } else { Err(mistakes) }
    }

    /// The base path of the first surface that carries something.
    pub fn base_of(&self, carries: impl Fn(Families) -> bool) -> Option<&str> {
        self.surfaces.iter().find(|surface| carries(surface.families)).map(|surface| &*surface.base)
    }

    fn of(loaded: &Loaded) -> Self {
        let text = |key: &str| loaded.get(key).map_or("", |(text, _)| text.as_str());
        let number = |key: &str| text(key).parse::<u64>().unwrap_or(0);
        let count = |key: &str| usize::try_from(number(key)).unwrap_or(usize::MAX);
        let ms = |key: &str| Duration::from_millis(number(key));
        let given = |key: &str| Some(text(key)).filter(|t| !t.is_empty()).map(str::to_owned);
        let data_dir = PathBuf::from(text("data.dir"));
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = count("server.threads");
        let any = SocketAddr::from(([127, 0, 0, 1], 8011));
        Self {
            surfaces: surfaces::surfaces(loaded),
            server: Settings {
                listen: text("server.listen").parse().unwrap_or(any),
                public_url: given("server.public_url").map(|url| url.trim_end_matches('/').to_owned()),
                trusted_proxies: server::networks(text("server.trusted_proxies")).unwrap_or_default(),
                hides_models: text("keys.hide_models") == "true",
                limits: given("limits.redis_url")
                    .map(|url| SharedConfig { strict: text("limits.strict") == "true", ..SharedConfig::new(url) }),
                threads: if threads == 0 { cores } else { threads },
                key_prefix: text("keys.prefix").to_owned(),
                body_bytes_max: count("server.body_bytes_max"),
                bodies: bodies(loaded),
                body_time_max: ms("server.body_time_max_ms"),
                traces: traces::settings(loaded),
                data_dir: data_dir.clone(),
                audit_every: ms("audit.every_ms"),
                usage_kept: UsageKept {
                    rows_days: i64::try_from(number("usage.rows_days")).unwrap_or(i64::MAX),
                    hours_days: i64::try_from(number("usage.hours_days")).unwrap_or(i64::MAX),
                },
                kept_for: ms("responses.kept_ms"),
                kept_bytes_max: number("responses.kept_bytes_max"),
                assets: assets::settings(loaded),
                task_time_max: ms("images.task_ms"),
                pending_data: match text("images.pending_data") {
                    "nulls" => PendingData::Nulls,
                    _ => PendingData::Empty,
                },
                // The largest value that is taken fits many times.
                credit: NanoUsd::from_micro(i64::try_from(number("credits.value_micro_usd")).unwrap_or(1))
                    .unwrap_or_default(),
                operator: operator(loaded),
                registration: match text("accounts.registration") {
                    "invited" => Registration::Invited,
                    "closed" => Registration::Closed,
                    _ => Registration::Open,
                },
                mail: MailSettings {
                    from: text("mail.from").to_owned(),
                    home: match text("mail.smtp_url") {
                        "" => MailHome::Folder(data_dir.join("mail")),
                        url => MailHome::Server(Secret::new(url.to_owned())),
                    },
                },
                relay: relay(loaded),
                drain_notice: ms("server.drain_notice_ms"),
                drain_time_max: ms("server.drain_time_max_ms"),
                log: match text("log.format") {
                    "json" => LogFormat::Json,
                    "off" => LogFormat::Off,
                    _ => LogFormat::Text,
                },
            },
            master_key_file: given("master_key_file").map_or_else(|| data_dir.join("master.key"), PathBuf::from),
            data_dir,
            database_url: given("database.url").map(Secret::new),
            lease: ms("database.lease_ms"),
            master_key: key_of_hex(text("master_key")).map(Secret::new),
            metrics_listen: text("metrics.listen").parse().ok(),
            sim_listen: text("sim.listen").parse().ok(),
        }
    }
}

fn number(loaded: &Loaded, key: &str) -> u64 {
    loaded.get(key).and_then(|(text, _)| text.parse().ok()).unwrap_or(0)
}

fn operator(loaded: &Loaded) -> OperatorSettings {
    let text =
        |key: &str| loaded.get(&format!("operator.{key}")).map_or_else(String::new, |(text, _)| text.clone());
    OperatorSettings {
        name: text("name"),
        support: text("support"),
        terms: text("terms"),
        privacy: text("privacy"),
    }
}

fn bodies(loaded: &Loaded) -> BodySettings {
    let count =
        |key: &str| usize::try_from(number(loaded, &format!("bodies.{key}_bytes_max"))).unwrap_or(usize::MAX);
    BodySettings {
        chat_completions: count("chat_completions"),
        messages: count("messages"),
        responses: count("responses"),
        generate_content: count("generate_content"),
        completions: count("completions"),
        embeddings: count("embeddings"),
        images_generations: count("images_generations"),
        images_edits: count("images_edits"),
    }
}

fn relay(loaded: &Loaded) -> RelaySettings {
    let number = |key: &str| number(loaded, &format!("relay.{key}"));
    let ms = |key: &str| Duration::from_millis(number(key));
    RelaySettings {
        connect_timeout: ms("connect_timeout_ms"),
        first_byte_timeout: ms("first_byte_timeout_ms"),
        idle_timeout: ms("idle_timeout_ms"),
        total_timeout: ms("total_timeout_ms"),
        keepalive: ms("keepalive_ms"),
        attempts_max: u8::try_from(number("attempts_max")).unwrap_or(u8::MAX),
        retry_wait_max: ms("retry_wait_max_ms"),
        slice_tokens: number("slice_tokens"),
    }
}

/// The key that 64 hex digits stand for.
pub fn key_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (n, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(key)
}

/// Whether a text is of a kind; what it must be otherwise.
pub fn check(kind: Kind, text: &str) -> Result<(), String> {
    match kind {
        Kind::Text | Kind::Secret => Ok(()),
        Kind::Networks => match server::networks(text) {
            Ok(_) => Ok(()),
            Err(word) => Err(format!(
                "must be addresses or networks such as 10.0.0.0/8, divided by commas; `{word}` is none"
            )),
        },
        Kind::Address if text.is_empty() || text.parse::<SocketAddr>().is_ok() => Ok(()),
        Kind::Address => Err(format!("must be an address such as 127.0.0.1:8011, not `{text}`")),
        Kind::Number { min, max } => match text.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            _ => Err(format!("must be a whole number from {min} to {max}, not `{text}`")),
        },
        Kind::Choice(words) if words.contains(&text) => Ok(()),
        Kind::Words(known) => {
            let mut words = surfaces::words(text).peekable();
            if words.peek().is_some() && words.all(|word| known.contains(&word)) {
                return Ok(());
            }
            Err(format!("must be some of {}, not `{text}`", known.join(", ")))
        }
        Kind::Pairs if surfaces::words(text).all(|word| surfaces::pair(word).is_some()) => Ok(()),
        Kind::Pairs => {
            Err(format!("must be pairs of statuses such as 503=502, both 4xx or both 5xx, not `{text}`"))
        }
        Kind::Choice(words) => Err(format!("must be one of {}, not `{text}`", words.join(", "))),
    }
}
