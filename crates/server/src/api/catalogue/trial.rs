//! A provider tried out before anything is sold by it: it is asked for its models, which costs nothing. In: how it would stand in the
//! catalogue, with a literal credential or the one that is stored for the same address. Out: its models and how long it took, or
//! what is wrong in words. Never here: keeping or telling a credential, its answer's words, a redirect that is followed.

use super::origin;
use crate::api::operator::Operator;
use crate::api::problem::{FieldProblem, Problem};
use crate::api::read::{Answer, Input};
use crate::house::{House, Worker};
use crate::limits::{TRIAL_BYTES_MAX, TRIAL_MODELS_MAX, TRIAL_TIME_MAX};
use crate::live::{LiveCredential, LiveProvider, credential_place, dialect_of, fixed_headers};
use crate::upstream::{Call, Endpoint, Unreached, UpstreamError};
use axum::extract::State;
use bytes::Bytes;
use canon::Dialect;
use catalog::{CatalogueDoc, Provider, ProviderDoc, ProviderKind, Serves};
use dialect::{listed_models, listed_path};
use http::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use units::{CredentialId, Secret};

/// What a provider is called that has no name yet.
const UNNAMED: &str = "new";

/// A provider to try.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ProviderTrial")]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The name of one that is in the catalogue, whose stored credential is taken where none is sent.
    #[serde(default)]
    name: Option<String>,
    /// As in docs/CATALOGUE.md.
    kind: String,
    /// As in docs/CATALOGUE.md.
    base_url: String,
    /// As in docs/CATALOGUE.md.
    #[serde(default)]
    auth: Option<String>,
    /// As in docs/CATALOGUE.md.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The secret to try; without it the first that is stored for the provider of this name, at the same address.
    #[serde(default, deserialize_with = "secret_perhaps")]
    #[schemars(with = "Option<String>")]
    credential: Option<Secret<String>>,
}

fn secret_perhaps<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

/// How a provider answered.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProviderTried")]
pub struct TrialTold {
    /// Whether it told its models. False, too, where nothing can be asked that costs nothing.
    answered: bool,
    /// What went wrong, for programs; null where nothing did.
    fault: Option<TrialFault>,
    /// What was seen, in words.
    detail: String,
    /// The status of its answer; null where none came.
    status: Option<u16>,
    /// How long it took, in whole milliseconds.
    latency_ms: u64,
    /// The models that it told, in its order.
    models: Vec<String>,
    /// How many more it told.
    models_left_out: usize,
}

/// Why a provider told no models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrialFault {
    /// It refuses the credential.
    CredentialRefused,
    /// There is no host of that name.
    UnknownHost,
    /// Nobody takes connections there.
    Unreachable,
    /// No secure connection came about.
    Tls,
    /// It did not answer in time.
    Timeout,
    /// The connection broke, or what came is no answer.
    Broken,
    /// It leads to another address.
    Redirect,
    /// It was asked too often.
    TooOften,
    /// It fails.
    Failing,
    /// What it answers is no list of models in this language.
    WrongAnswer,
    /// Its answer is larger than a list of models.
    TooLarge,
    /// There is nothing to ask that costs nothing.
    NothingToAsk,
}

/// `POST /providers/try`: changes nothing, and leaves no trace but the line of the call.
pub async fn try_provider(
    State(worker): State<Worker>,
    _: Operator,
    Input(trial): Input<Trial>,
) -> Result<Answer, Problem> {
    let provider = ready(&worker.house, trial)?;
    if provider.provider.kind == ProviderKind::ImageTask {
        let told = "A provider of this kind has no list of models: its first picture shows whether it works.";
        return Ok(Answer::ok(&TrialTold::fault((TrialFault::NothingToAsk, told.into()), None, Duration::ZERO)));
    }
    let dialect = dialect_of(provider.provider.kind, Serves::Chat);
    let endpoint = provider.question(0, listed_path(dialect)).ok_or_else(|| wrong("base_url", "no address"))?;
    let asked = Instant::now();
    let (status, found) = timeout(TRIAL_TIME_MAX, ask(&worker, &endpoint, dialect)).await.unwrap_or_else(|_| {
        let told = format!("No answer within {} s.", TRIAL_TIME_MAX.as_secs());
        (None, Err((TrialFault::Timeout, told)))
    });
    let took = asked.elapsed();
    Ok(Answer::ok(&match found {
        Ok(models) => TrialTold::list(models, status, took),
        Err(fault) => TrialTold::fault(fault, status, took),
    }))
}

type Fault = (TrialFault, String);

impl TrialTold {
    fn list(mut models: Vec<String>, status: Option<u16>, took: Duration) -> Self {
        let models_left_out = models.len().saturating_sub(TRIAL_MODELS_MAX);
        models.truncate(TRIAL_MODELS_MAX);
        let detail = match models.len() + models_left_out {
            0 => "It answers, and lists no model.".to_owned(),
            1 => "It answers, and lists 1 model.".to_owned(),
            all => format!("It answers, and lists {all} models."),
        };
        Self { answered: true, fault: None, detail, status, latency_ms: whole_ms(took), models, models_left_out }
    }

    fn fault((fault, detail): Fault, status: Option<u16>, took: Duration) -> Self {
        Self {
            answered: false,
            fault: Some(fault),
            detail,
            status,
            latency_ms: whole_ms(took),
            models: Vec::new(),
            models_left_out: 0,
        }
    }
}

fn whole_ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn wrong(field: &str, detail: impl Into<String>) -> Problem {
    Problem::fields(vec![FieldProblem { field: field.into(), detail: detail.into() }])
}

/// The provider, checked as the catalogue checks it, with the secret to try.
fn ready(house: &House, trial: Trial) -> Result<LiveProvider, Problem> {
    let secret = match (&trial.credential, &trial.name) {
        (Some(literal), _) => literal.clone(),
        (None, Some(name)) => stored(house, name, &trial.base_url)?,
        (None, None) => return Err(wrong("credential", "required for a provider that is not in the catalogue")),
    };
    let doc = ProviderDoc {
        name: trial.name.unwrap_or_else(|| UNNAMED.into()),
        kind: trial.kind,
        base_url: trial.base_url,
        credentials: Some(vec![secret.expose().clone()]),
        auth: trial.auth,
        headers: trial.headers,
        ..ProviderDoc::default()
    };
    let provider = checked(doc)?;
    let unfit = || wrong("credential", "expected a secret without spaces or line ends");
    let headers = fixed_headers(&provider, secret.expose()).ok_or_else(unfit)?;
    let id = CredentialId::new(house.clock.now(), house.ten());
    let maker = house.vault.maker(&provider.name);
    Ok(LiveProvider::new(provider, vec![LiveCredential { id, own: None, headers }], maker))
}

fn checked(doc: ProviderDoc) -> Result<Arc<Provider>, Problem> {
    let docs = CatalogueDoc { provider: vec![doc], ..CatalogueDoc::default() };
    let checked = catalog::check(0, &docs, &BTreeMap::new()).map_err(|problems| {
        let field = |path: String| path.trim_start_matches("provider[0].").replace("credentials[0]", "credential");
        Problem::fields(
            problems.into_iter().map(|p| FieldProblem { field: field(p.path), detail: p.told }).collect(),
        )
    })?;
    checked.providers.into_values().next().ok_or_else(Problem::internal)
}

/// The first credential that is stored for a provider. It goes to the address that it was given for and nowhere else.
fn stored(house: &House, name: &str, base_url: &str) -> Result<Secret<String>, Problem> {
    let live = house.catalogue.load();
    let kept = live.docs.provider.iter().find(|provider| provider.name == name);
    let kept = kept.ok_or_else(|| wrong("name", "there is no such provider in the catalogue"))?;
    if origin(&kept.base_url) != origin(base_url) {
        return Err(wrong(
            "credential",
            "base_url names another server than the one that the stored credentials are for: give one",
        ));
    }
    let rows = live.rows.credentials.iter().filter(|row| row.provider == name);
    let first = rows.min_by_key(|row| row.position);
    let first = first.ok_or_else(|| wrong("credential", "none is stored for this provider: give one"))?;
    house.vault.unseal(&credential_place(first.id), first.sealed.expose()).map_err(|_| Problem::internal())
}

/// Asks for the list.
async fn ask(worker: &Worker, endpoint: &Endpoint, dialect: Dialect) -> (Option<u16>, Result<Vec<String>, Fault>) {
    const VERSION: (HeaderName, HeaderValue) =
        (HeaderName::from_static("anthropic-version"), HeaderValue::from_static(dialect::ANTHROPIC_VERSION));
    let headers: &[(HeaderName, HeaderValue)] = if dialect == Dialect::Anthropic { &[VERSION] } else { &[] };
    let call = Call { endpoint, headers, body: Bytes::new() };
    let mut answer = match worker.upstream.send(call).await {
        Ok(answer) => answer,
        Err(error) => return (None, Err(unanswered(worker, endpoint, error).await)),
    };
    let status = Some(answer.status.as_u16());
    if let Some(fault) = refused(answer.status) {
        return (status, Err(fault));
    }
    let body = match answer.heard.length {
        Some(length) if length > TRIAL_BYTES_MAX as u64 => Err(UpstreamError::TooLarge),
        _ => answer.body.whole(TRIAL_BYTES_MAX).await,
    };
    let no_list = || {
        let told = "It answers, and not with a list of models in this language: look at the kind and at base_url.";
        (TrialFault::WrongAnswer, told.to_owned())
    };
    let found = match body {
        Ok(body) => listed_models(dialect, &body).ok_or_else(no_list),
        Err(UpstreamError::TooLarge) => {
            Err((TrialFault::TooLarge, "Its answer is larger than any list of models.".to_owned()))
        }
        Err(_) => Err((TrialFault::Broken, "Its answer broke off.".to_owned())),
    };
    (status, found)
}

/// What a status says that is none of success.
fn refused(status: StatusCode) -> Option<Fault> {
    let code = status.as_u16();
    let (fault, told) = match code {
        200..=299 => return None,
        300..=399 => (
            TrialFault::Redirect,
            format!("It leads to another address ({code}), and no redirect is followed: give that address."),
        ),
        401..=403 => (TrialFault::CredentialRefused, format!("It refuses the credential ({code}).")),
        429 => (TrialFault::TooOften, format!("It says that it was asked too often ({code}): try again later.")),
        500..=599 => (TrialFault::Failing, format!("It fails ({code}).")),
        _ => (
            TrialFault::WrongAnswer,
            format!("It has no list of models there ({code}): look at base_url, the version above all."),
        ),
    };
    Some((fault, told))
}

/// What it means that no answer came.
async fn unanswered(worker: &Worker, endpoint: &Endpoint, error: UpstreamError) -> Fault {
    let why = match error {
        UpstreamError::Connect(_) => worker.upstream.why_unreached(endpoint, &error).await,
        _ => Unreached::Broken,
    };
    let (fault, told) = match why {
        Unreached::UnknownHost => (TrialFault::UnknownHost, "There is no host of that name: look at base_url."),
        Unreached::Refused => (TrialFault::Unreachable, "Nobody takes connections there: look at host and port."),
        Unreached::TimedOut => (TrialFault::Timeout, "No connection came about in time."),
        Unreached::Tls => (
            TrialFault::Tls,
            "No secure connection came about: look at its certificate, and whether it speaks https at all.",
        ),
        Unreached::Broken => (TrialFault::Broken, "The connection broke before an answer, or what came is none."),
    };
    (fault, told.to_owned())
}
