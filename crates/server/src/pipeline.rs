//! The order of things in the life of a model call: identify, read, understand, find the routes, quote, decode, relay.
//! In: a door and a request. Out: an answer. Every branch before the relay is here. Never here: how any step works.

use crate::asked::{self, Asked, Asker, Called};
use crate::assets;
use crate::body::{BodyLimits, read_form_or_json, read_json};
use crate::callers::{Caller, LiveKey, caps_of_call};
use crate::done::Done;
use crate::entry::{Entry, ModelDoor, PathAsk};
use crate::house::{House, Worker};
use crate::limits::MODEL_SHOWN_CHARS_MAX;
use crate::live::{LiveModel, LivePrice, LiveRoute};
use crate::relay::{self, Job, Quote, Sample, Terms};
use crate::respond::into_axum;
use crate::sold;
use crate::viewer::Viewer;
use admit::Scope;
use axum::body::Body;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss};
use dialect::responses::OUTPUT_MIN;
use dialect::{Peek, RequestHead};
use http::{HeaderMap, Request, Response};
use ledger::{Caps, Counted, UsageRow};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use store::port::WorkspaceRow;
use units::{MeterId, NanoUsd};

/// Serves one model call.
pub async fn serve(worker: Worker, door: ModelDoor, ask: PathAsk, request: Request<Body>) -> Response<Body> {
    let house = worker.house.clone();
    let entry = Entry::new(&house, door.into(), &request);
    let mut arrival = Arrival { house: &house, entry, dialect: door.dialect };
    let at = arrival.entry.at;
    let key = match house.identify(&arrival.entry, request.headers()) {
        Ok(key) => key,
        Err(fault) => return arrival.refuse(None, "", &fault),
    };
    let caller = house.caller(key, at).await;
    let prepared = match house.may_use(&caller, scope_of(door.dialect), at) {
        Ok(()) => arrival.prepare(&caller, ask, request).await,
        Err(fault) => Err(("".into(), fault)),
    };
    let prepared = match prepared {
        Ok(job) => arrival.permit(&caller, job).await,
        Err(refused) => {
            arrival.entry.limits = house.limits_of(&arrival.entry, &caller).await;
            Err(refused)
        }
    };
    match prepared {
        Ok(job) => {
            let viewer = Viewer::new(worker.tasks.clone(), |slot| relay::start(worker, job, slot));
            viewer.respond().await.unwrap_or_else(|| arrival.broken(&caller))
        }
        Err((model, fault)) => arrival.refuse(Some(&caller), &model, &fault),
    }
}

/// A model call before its relay.
struct Arrival<'h> {
    house: &'h House,
    entry: Entry,
    dialect: Dialect,
}

impl Arrival<'_> {
    /// The last thing before the relay: the limits. A call that was wrong took nothing from them.
    async fn permit(&mut self, caller: &Caller, mut job: Box<Job>) -> Result<Box<Job>, (Arc<str>, Fault)> {
        let tokens = relay::estimate(job.peek.prompt_bytes);
        match self.house.permit(&self.entry, caller, &job.model, tokens).await {
            Ok((permit, told)) => {
                job.permits.get_mut().push(permit);
                (self.entry.limits, job.entry.limits) = (told.clone(), told);
                Ok(job)
            }
            Err((fault, told)) => {
                self.entry.limits = told;
                Err((job.model.model.id.clone(), fault))
            }
        }
    }

    /// Everything between knowing the caller and calling an upstream. A fault comes with the model's name, if one is known.
    async fn prepare(
        &self,
        caller: &Caller,
        ask: PathAsk,
        request: Request<Body>,
    ) -> Result<Box<Job>, (Arc<str>, Fault)> {
        let unnamed = |fault| ("".into(), fault);
        let (parts, body) = request.into_parts();
        let settings = &self.house.settings;
        let mut share = self.house.share(caller);
        let limits = BodyLimits::of(settings, self.dialect);
        let (body, form) = match self.dialect {
            Dialect::ImageEdits => read_form_or_json(&parts.headers, body, limits, &mut share).await,
            _ => read_json(&parts.headers, body, limits, &mut share).await.map(|body| (body, None)),
        }
        .map_err(unnamed)?;
        let streams = self.dialect == Dialect::OpenAiChat && self.entry.door.surface.always_stream;
        let called = Called { dialect: self.dialect, path: &ask, form: form.as_deref(), streams };
        let asker = Asker { house: self.house, caller, at: self.entry.at };
        let Asked { body, peek, mut model, mut instead, echo, keeping, losses } =
            asked::read(asker, called, body, &mut share).await?;
        let Fitted { peek, passed_over, terms, decoded } =
            fit_first(self.house, &peek, &body, (&mut model, &mut instead))?;
        let (counts_for, caps) = self.counting(caller, &peek);
        let head = request_head(&parts.headers);
        let talks = talks(self.dialect);
        Ok(Box::new(Job {
            entry: self.entry.clone(),
            caller: caller.key.clone(),
            permits: Mutex::default(),
            counts_for,
            caps,
            model,
            instead,
            body,
            share: Some(share),
            peek,
            head,
            decoded,
            passed_over,
            terms,
            sample: Sample::default(),
            array: ask.array,
            origin: if talks { String::new() } else { assets::origin(self.house, &parts.headers) },
            form,
            echo,
            keeping,
            losses,
            counted: None,
        }))
    }

    /// Whose spend a call counts for besides its key's, and what it may not exceed. End users are counted where their workspace
    /// bounds them: their names are the callers' own, and there may be any number of them.
    fn counting(&self, caller: &Caller, peek: &Peek) -> (Counted, Caps) {
        let member = caller.member;
        let Some(workspace) = &caller.account else {
            return (Counted { member, end_user: None }, caller.caps.as_slice().into());
        };
        let bounded = !workspace.rules.end_user.is_none();
        let named = peek.user.as_deref().map(str::trim).filter(|user| bounded && !user.is_empty());
        let end_user = named.map(|user| self.end_user(workspace, user));
        (Counted { member, end_user }, caps_of_call(caller, workspace, end_user.is_some()))
    }

    /// The meter of an end user: of the name nothing is kept.
    fn end_user(&self, workspace: &WorkspaceRow, name: &str) -> MeterId {
        let [digest @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            self.house.vault.digest(&format!("end user of {}: {name}", workspace.id));
        MeterId::from_bytes(digest)
    }

    /// The relay broke before it said anything: a defect of ours, told as one. Its hold is found and given back.
    fn broken(&self, caller: &LiveKey) -> Response<Body> {
        self.house.log.error("relay.broke", &[("request.id", &self.entry.id.to_string())]);
        let fault = Fault::new(FaultKind::Internal, "Something is wrong on our side; nothing was charged.");
        // Its hold is open yet, so it has no usage row.
        self.done(self.row(Some(caller), "", &fault), true, &fault);
        into_axum(self.entry.fault(&fault))
    }

    /// Answers with a fault before there is a relay: nothing was held. A usage row where the caller is known and has not left too
    /// many of the kind, a `request.done` always.
    fn refuse(&self, caller: Option<&LiveKey>, model: &str, fault: &Fault) -> Response<Body> {
        let response = self.entry.fault(fault);
        let row = self.row(caller, model, fault);
        if caller.is_some() {
            self.house.record_refusal(&row);
        }
        self.done(row, caller.is_some(), fault);
        into_axum(response)
    }

    fn row(&self, caller: Option<&LiveKey>, model: &str, fault: &Fault) -> UsageRow {
        UsageRow {
            model: model.into(),
            status: self.entry.door.surface.status(fault.kind),
            fault: Some(fault.kind.name()),
            ..self.entry.row(caller)
        }
    }

    fn done(&self, row: UsageRow, known_caller: bool, fault: &Fault) {
        self.house.done(&Done {
            row,
            known_caller,
            surface: &self.entry.door.surface.base,
            client: self.dialect,
            upstream: None,
            route: None,
            fault: Some(fault.kind),
            cause: None,
            losses: 0,
            written_off: NanoUsd::ZERO,
            client_gone: false,
            trace: self.entry.trace.clone(),
        });
    }
}

/// A call made to fit a model.
pub struct Fitted {
    /// The look at it, with what the model's servers take.
    pub peek: Peek,
    /// The places of routes that must not be asked.
    pub passed_over: Vec<usize>,
    /// How it is paid.
    pub terms: Terms,
    /// The conversation, where a route speaks another dialect.
    pub decoded: Option<(canon::Request, Vec<Loss>)>,
}

/// Makes a call fit a model.
///
/// # Errors
/// What the model cannot do, or is not sold for.
pub fn fit(house: &House, peek: &Peek, body: &Bytes, model: &LiveModel) -> Result<Fitted, Fault> {
    let mut peek = peek.clone();
    peek.check_thinking(model.model.thinking_budget_max)?;
    let passed_over = sold::passed_over(&peek, model)?;
    raise_limit(&mut peek, model);
    let terms = terms(house, &peek, model)?;
    let mut routes = (0..).zip(&model.routes).filter(|(n, _)| !passed_over.contains(n));
    let foreign = talks(peek.dialect) && routes.any(|(_, r)| r.target.dialect != peek.dialect);
    let decoded = if foreign { Some(decode(&peek, body)?) } else { None };
    Ok(Fitted { peek, passed_over, terms, decoded })
}

/// The first model that a call fits; one without a price is passed over where there is another.
fn fit_first(
    house: &House,
    peek: &Peek,
    body: &Bytes,
    (model, instead): (&mut Arc<LiveModel>, &mut VecDeque<Arc<LiveModel>>),
) -> Result<Fitted, (Arc<str>, Fault)> {
    loop {
        let fault = match fit(house, peek, body, model) {
            Ok(fitted) => return Ok(fitted),
            Err(fault) => fault,
        };
        match instead.pop_front().filter(|_| fault.kind == FaultKind::PriceUnknown) {
            Some(next) => *model = next,
            None => return Err((model.model.id.clone(), fault)),
        }
    }
}

/// Vectors and pictures are of no conversation: they are translated as they are.
const fn talks(dialect: Dialect) -> bool {
    !matches!(dialect, Dialect::Embeddings | Dialect::Images | Dialect::ImageEdits)
}

/// The conversation; what the path said instead of the body is put in.
fn decode(peek: &Peek, body: &Bytes) -> Result<(canon::Request, Vec<Loss>), Fault> {
    let (mut request, losses) = dialect::decode_request(peek.dialect, body)?;
    if peek.dialect == Dialect::Gemini {
        request.model.clone_from(&peek.model);
        request.stream = peek.stream;
    }
    Ok((request, losses))
}

/// The answer may be as long as the smallest limit that a route's server takes: that much is held.
fn raise_limit(peek: &mut Peek, model: &LiveModel) {
    let least = |route: &LiveRoute| route.target.dialect == Dialect::OpenAiResponses;
    if peek.dialect != Dialect::OpenAiResponses && model.routes.iter().any(least) {
        peek.max_output = peek.max_output.map(|most| most.max(OUTPUT_MIN));
    }
}

/// What a key must be for to make a call.
const fn scope_of(dialect: Dialect) -> Scope {
    match dialect {
        Dialect::Embeddings => Scope::Embeddings,
        Dialect::Images | Dialect::ImageEdits => Scope::Images,
        _ => Scope::Chat,
    }
}

/// The model that a caller names and may call.
///
/// # Errors
/// `ModelNotAvailable` where there is none, `ModelNotAllowed` where it is not for this key (a setting tells both alike).
pub fn find_model(house: &House, caller: &Caller, name: &str) -> Result<Arc<LiveModel>, Fault> {
    let catalogue = house.catalogue.load();
    let model = catalogue.find(name).ok_or_else(|| no_such_model(name))?;
    if caller.may_call(&model.model) {
        return Ok(model.clone());
    }
    if house.settings.hides_models {
        return Err(no_such_model(name));
    }
    let told = format!(
        "The model \"{}\" is not for this API key or tier; GET models lists those that are.",
        model.model.id
    );
    Err(Fault::new(FaultKind::ModelNotAllowed, told).at("model"))
}

/// The fault for a model that is not sold here.
pub fn no_such_model(id: &str) -> Fault {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(MODEL_SHOWN_CHARS_MAX).collect();
    let told = format!("The model \"{shown}\" does not exist; GET models lists those there are.");
    Fault::new(FaultKind::ModelNotAvailable, told).at("model")
}

fn terms(house: &House, peek: &Peek, model: &LiveModel) -> Result<Terms, Fault> {
    match &model.price {
        LivePrice::Free => Ok(Terms::Free),
        LivePrice::Rates(id, rates) => {
            let slice = house.settings.relay.slice_tokens;
            Quote::new(peek, &model.model, (*id, rates.clone()), slice).map(|quote| Terms::Billed(Box::new(quote)))
        }
        LivePrice::Unknown => {
            Err(Fault::new(FaultKind::PriceUnknown, "This model has no price yet, so it cannot be called."))
        }
    }
}

/// What the headers say that belongs to a dialect.
pub fn request_head(headers: &HeaderMap) -> RequestHead {
    let mut head = RequestHead::default();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            head.take(name.as_str(), value);
        }
    }
    head
}
