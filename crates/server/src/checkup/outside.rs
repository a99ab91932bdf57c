//! What the house needs of others: providers that take its credentials, a mail server, its own public address. In: a house. Out:
//! lines. Each is asked once, briefly. Never here: a call that a provider bills, an answer's words.

use super::Finding;
use crate::house::{House, Worker};
use crate::limits::{CHECKUP_BYTES_MAX, CHECKUP_TIME_MAX};
use crate::live::LiveProvider;
use crate::settings::MailHome;
use crate::upstream::{Call, Endpoint, UpstreamError};
use bytes::Bytes;
use catalog::ProviderKind;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;
use tokio::time::timeout;

/// The version by which Anthropic's servers are asked.
const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("anthropic-version"), HeaderValue::from_static(dialect::ANTHROPIC_VERSION));

/// A line for each credential of the house, and one for each provider without any.
pub async fn providers(worker: &Worker) -> Vec<Finding> {
    let live = worker.house.catalogue.load_full();
    let each = live.providers.values().flat_map(|provider| {
        let several = provider.credentials.len() > 1;
        let names = (0..provider.credentials.len().max(1)).map(move |place| (place, several));
        names.map(move |(place, several)| {
            let number = if several { format!(" ({})", place + 1) } else { String::new() };
            let name = format!("provider {}{number}", provider.provider.name);
            provider_answers(worker, Arc::clone(provider), (place, name))
        })
    });
    join_all(each).await
}

async fn provider_answers(worker: &Worker, provider: Arc<LiveProvider>, (place, name): (usize, String)) -> Finding {
    if provider.credentials.is_empty() {
        return match &provider.provider.own_keys {
            Some(_) => Finding::ok(name, "has no credential of the house: workspaces bring theirs"),
            None => Finding::fail(name, "has no credential", "Give it one in the catalogue and apply it."),
        };
    }
    if provider.provider.kind == ProviderKind::ImageTask {
        return Finding::ok(name, "has a credential; there is nothing to ask that costs nothing");
    }
    let Some(endpoint) = provider.question(place, "/models") else {
        return Finding::fail(name, "its address cannot be asked", "Look at its base_url in the catalogue.");
    };
    let headers: &[(HeaderName, HeaderValue)] = match provider.provider.kind {
        ProviderKind::Anthropic => &[VERSION],
        _ => &[],
    };
    let call = Call { endpoint: &endpoint, headers, body: Bytes::new() };
    provider_of(name, asked(worker, call).await.map(|(status, _)| status))
}

/// Sends something, and reads what is answered; `None` where nothing came in time.
async fn asked(worker: &Worker, call: Call<'_>) -> Option<(u16, Bytes)> {
    let exchange = async {
        let mut answer = worker.upstream.send(call).await?;
        let body = answer.body.whole(CHECKUP_BYTES_MAX).await.unwrap_or_default();
        Ok::<_, UpstreamError>((answer.status.as_u16(), body))
    };
    timeout(CHECKUP_TIME_MAX, exchange).await.ok()?.ok()
}

/// What an answer to the question for models says of a credential.
pub(super) fn provider_of(name: String, status: Option<u16>) -> Finding {
    match status {
        None => {
            Finding::fail(name, "does not answer", "Look at its base_url, and at the network on the way to it.")
        }
        Some(200..=299) => Finding::ok(name, "takes the credential"),
        Some(status @ (401..=403)) => {
            let told = format!("refuses the credential ({status})");
            Finding::fail(
                name,
                told,
                "Put another one into the catalogue and apply it; look at the account's credit.",
            )
        }
        Some(429) => Finding::warn(name, "says that it was asked too often (429)", "Ask again later."),
        Some(status @ 500..) => {
            Finding::fail(name, format!("fails ({status})"), "Look at the provider's own page of its status.")
        }
        Some(status) => {
            let told = format!("answers, and does not tell whether it takes the credential ({status})");
            Finding::warn(name, told, "Call one of its models.")
        }
    }
}

/// Whether letters go out.
pub async fn mail(house: &House) -> Finding {
    match &house.settings.mail.home {
        MailHome::Folder(dir) => folder_of(dir.is_dir() || house.settings.data_dir.is_dir(), house.is_public()),
        MailHome::Server(_) => match timeout(CHECKUP_TIME_MAX, house.post.test()).await {
            Ok(Ok(true)) => Finding::ok("mail", "the mail server answers"),
            _ => Finding::fail("mail", "the mail server does not answer", "Look at mail.smtp_url."),
        },
    }
}

pub(super) fn folder_of(writable: bool, public: bool) -> Finding {
    match (writable, public) {
        (false, _) => {
            Finding::fail("mail", "the folder for letters cannot be made", "See the line of the data folder.")
        }
        (true, true) => Finding::warn(
            "mail",
            "letters are written into a folder, and reach nobody",
            "Set mail.smtp_url and mail.from, so that people can sign up.",
        ),
        (true, false) => Finding::ok("mail", "letters are written into the folder mail of the data folder"),
    }
}

impl House {
    /// Whether people are to reach it from elsewhere.
    pub fn is_public(&self) -> bool {
        self.settings.public_url.is_some() || !self.settings.listen.ip().is_loopback()
    }
}

/// Whether the address that links begin with leads here.
pub async fn public_url(worker: &Worker) -> Finding {
    let house = &worker.house;
    let Some(base) = &house.settings.public_url else {
        return unset(house.is_public());
    };
    let uri = format!("{base}/healthz").parse().ok();
    let endpoint = uri.and_then(|uri| Endpoint::new(Method::GET, uri, HeaderMap::new()).ok());
    let answer = match &endpoint {
        Some(endpoint) => asked(worker, Call { endpoint, headers: &[], body: Bytes::new() }).await,
        None => None,
    };
    public_url_of(base, answer.as_ref().map(|(status, body)| (*status, &**body)))
}

pub(super) fn unset(public: bool) -> Finding {
    match public {
        false => Finding::ok("public_url", "not set: links are for this machine"),
        true => Finding::warn(
            "public_url",
            "not set, and others reach this gateway",
            "Set server.public_url to the address that people type, so that links in letters lead to it.",
        ),
    }
}

pub(super) fn public_url_of(base: &str, answer: Option<(u16, &[u8])>) -> Finding {
    let advice = "Look at the name, the certificate and the proxy before the gateway; a machine that cannot reach its own public \
                  address tells the same.";
    match answer {
        Some((200, b"ok\n")) => Finding::ok("public_url", format!("{base} leads here")),
        Some((status, _)) => {
            Finding::warn("public_url", format!("{base} answers {status}, and not as a gateway"), advice)
        }
        None => Finding::warn("public_url", format!("{base} cannot be reached from here"), advice),
    }
}
