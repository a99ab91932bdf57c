//! What a call asks for, complete: a look at its body and the model it names. What a provider needs and the client left to us is
//! put into the body here: kept turns of a conversation, the text of a prompt of tokens. In: a body. Out: body, look, model.
//! Never here: routes, prices, a hold.

use crate::callers::Caller;
use crate::doors::tokenizer;
use crate::entry::PathAsk;
use crate::house::House;
use crate::kept::{Keeping, not_kept};
use crate::live::LiveModel;
use crate::own;
use crate::pipeline::{find_model, no_such_model};
use crate::room::Share;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss};
use catalog::Serves;
use dialect::{Beyond, Echo, Peek, responses};
use std::collections::VecDeque;
use std::sync::Arc;
use tokens::NoText;
use units::{Surcharge, Timestamp};

/// A call that is understood.
pub struct Asked {
    /// Its body, made whole.
    pub body: Bytes,
    /// What a look at that showed.
    pub peek: Peek,
    /// The model.
    pub model: Arc<LiveModel>,
    /// The models that serve in its place, in order, where it cannot (R-ROUTE-7).
    pub instead: VecDeque<Arc<LiveModel>>,
    /// What the answer repeats.
    pub echo: Echo,
    /// What is to be kept beside the answer.
    pub keeping: Option<Keeping>,
    /// What was left out of the body before anybody is asked.
    pub losses: Vec<Loss>,
}

/// Who asks, and when.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The house that is asked.
    pub house: &'a House,
    /// The key.
    pub caller: &'a Caller,
    /// The time.
    pub at: Timestamp,
}

/// How a call came.
#[derive(Clone, Copy)]
pub struct Called<'a> {
    /// In which language.
    pub dialect: Dialect,
    /// What its path said.
    pub path: &'a PathAsk,
    /// The content type of a body that is a form.
    pub form: Option<&'a str>,
    /// Whether the answer is streamed whatever the body says.
    pub streams: bool,
}

impl Called<'_> {
    fn peek(&self, body: &Bytes) -> Result<Peek, Fault> {
        match self.form {
            Some(kind) => dialect::peek_form(kind, body),
            None => dialect::peek_path(self.dialect, &self.path.model, self.path.stream, body),
        }
    }

    /// A look at a body, which then says what is done, and the models that some callers list in it.
    fn look(&self, body: Bytes) -> Result<(Peek, Bytes, Vec<String>), Fault> {
        let (peek, body, listed) = self.look_at_models(body)?;
        if peek.stream || !self.streams {
            return Ok((peek, body, listed));
        }
        let body = dialect::with_stream(&body);
        Ok((self.peek(&body)?, body, listed))
    }

    /// Looks at a body, and takes the list out of it that some callers write their models into (R-ROUTE-7).
    fn look_at_models(&self, body: Bytes) -> Result<(Peek, Bytes, Vec<String>), Fault> {
        let peek = self.peek(&body);
        let listed = match &peek {
            Ok(peek) => peek.beyond.iter().any(|beyond| beyond.field == MODELS),
            Err(fault) => fault.kind == FaultKind::ModelRequired,
        };
        if !listed || self.form.is_some() || self.dialect == Dialect::Gemini {
            return Ok((peek?, body, Vec::new()));
        }
        match dialect::take_models(&body)? {
            None => Ok((peek?, body, Vec::new())),
            Some((names, body)) => Ok((self.peek(&body)?, body, names)),
        }
    }
}

/// A fault, and the model's name where one is known.
type Told = (Arc<str>, Fault);

/// Where some callers write the models that they want, in order.
const MODELS: &str = "models";

/// The first model of those that a caller wants that there is for it, and the others: the one asked for, those of the request's
/// list, the key's own fallback. Where there is none, the first is told why.
fn candidates(
    asker: Asker<'_>,
    dialect: Dialect,
    first: &str,
    listed: &[String],
) -> Result<(Arc<LiveModel>, VecDeque<Arc<LiveModel>>), Told> {
    let fallback = asker.caller.rules.fallback_model.as_deref();
    let (mut found, mut why) = (VecDeque::<Arc<LiveModel>>::new(), None);
    for name in [first].into_iter().chain(listed.iter().map(String::as_str)).chain(fallback) {
        let model = match find_model(asker.house, asker.caller, name) {
            Ok(model) => model,
            Err(fault) => {
                why.get_or_insert((Arc::from(""), fault));
                continue;
            }
        };
        if found.iter().any(|known| known.model.id == model.model.id) {
            continue;
        }
        let id = model.model.id.clone();
        let places = served(dialect, &model)
            .and_then(|()| own::add_places((asker.house, asker.caller.workspace), model, name, &mut found));
        if let Err(fault) = places {
            why.get_or_insert((id, fault));
        }
    }
    match found.pop_front() {
        Some(model) => Ok((model, found)),
        // Each that was not found said why.
        None => Err(why.unwrap_or_else(|| (Arc::from(""), no_such_model(first)))),
    }
}

/// Understands a call. A fault comes with the model's name, if one is known.
pub async fn read(
    asker: Asker<'_>,
    called: Called<'_>,
    body: Bytes,
    share: &mut Share,
) -> Result<Asked, (Arc<str>, Fault)> {
    let unnamed = |fault| (Arc::from(""), fault);
    let (peek, body, listed) = called.look(body).map_err(unnamed)?;
    let (model, instead) = candidates(asker, called.dialect, &peek.model, &listed)?;
    let named = |fault| (model.model.id.clone(), fault);
    let (echo, losses) = (Echo::default(), Vec::new());
    let mut asked = Asked { body, peek, model: model.clone(), instead, echo, keeping: None, losses };
    match called.dialect {
        Dialect::OpenAiResponses => {
            asked.resume(asker, share).await.map_err(named)?;
            asked.drop_search().map_err(named)?;
        }
        Dialect::Completions => asked.spell(asker.house, share).map_err(named)?,
        _ => {}
    }
    Ok(asked)
}

/// Whether a model answers calls of a dialect.
///
/// # Errors
/// `InvalidRequest` that names what it serves.
pub fn served(dialect: Dialect, model: &LiveModel) -> Result<(), Fault> {
    let wanted = match dialect {
        Dialect::Embeddings => Serves::Embeddings,
        Dialect::Images | Dialect::ImageEdits => Serves::Images,
        _ => Serves::Chat,
    };
    let serves = model.model.serves;
    if serves == wanted {
        return Ok(());
    }
    let told = format!("The model \"{}\" serves {}, not {}.", model.model.id, serves.name(), wanted.name());
    Err(Fault::new(FaultKind::InvalidRequest, told).at("model"))
}

impl Asked {
    /// Puts the turns before the one it goes on from into the body, and notes what will be kept of it.
    async fn resume(&mut self, asker: Asker<'_>, share: &mut Share) -> Result<(), Fault> {
        self.echo = Echo::read(&self.body);
        let keeps = self.peek.store && asker.house.keeps();
        let own = if keeps { responses::input_items(&self.body) } else { Bytes::new() };
        let earlier = earlier(asker, &self.peek).await?;
        if let Some(items) = &earlier {
            self.body = resumed(asker.house, &self.body, &self.peek, items)?;
            share.grow_to(self.body.len())?;
            self.peek = dialect::peek_whole(Dialect::OpenAiResponses, &self.body)?;
        }
        if keeps {
            let input = earlier.map_or_else(|| own.clone(), |items| responses::joined(&[&items, &own]));
            match Keeping::of(input) {
                Ok(keeping) => self.keeping = Some(keeping),
                Err(loss) => self.losses.push(loss),
            }
        }
        Ok(())
    }

    /// Leaves out a search of the web that no route of the model is allowed: coding clients offer it to every model unasked, and
    /// a model that is not offered a tool answers all the same.
    fn drop_search(&mut self) -> Result<(), Fault> {
        let offered = |beyond: &Beyond| beyond.what == Surcharge::WebSearch && beyond.field.starts_with("tools[");
        let sold = self.model.routes.iter().any(|route| route.allow.contains(Surcharge::WebSearch));
        if sold || !self.peek.beyond.iter().any(offered) {
            return Ok(());
        }
        if let Some(body) = responses::without_searches(&self.body) {
            self.body = body;
            self.peek = dialect::peek_whole(Dialect::OpenAiResponses, &self.body)?;
            self.losses.push(Loss::dropped("tools[]", "a search of the web is not sold for this model"));
        }
        Ok(())
    }

    /// Puts the text of a prompt in its place that came as tokens. Where the model's vocabulary is not known, or they make no
    /// text, the prompt stays and is refused by name.
    fn spell(&mut self, house: &House, share: &mut Share) -> Result<(), Fault> {
        let Some(tokens) = dialect::prompt_tokens(&self.body) else { return Ok(()) };
        let most = house.settings.body_bytes_max;
        match tokenizer(self.model.model.vocabulary).text(&tokens, most) {
            Ok(text) => {
                share.grow_to(self.body.len() + 2 * text.len())?;
                self.body = dialect::with_prompt_text(&self.body, &text);
                self.peek = dialect::peek_whole(Dialect::Completions, &self.body)?;
                Ok(())
            }
            Err(NoText::NoToken(n)) => {
                let told = format!("`prompt[{n}]` is no token of a text in this model's vocabulary.");
                Err(Fault::new(FaultKind::InvalidRequest, told).at(format!("prompt[{n}]")))
            }
            Err(NoText::TooLong) => {
                let told = format!("The text of `prompt` is larger than {most} bytes.");
                Err(Fault::new(FaultKind::TooLarge, told).at("prompt"))
            }
            Err(NoText::Unknown | NoText::NoUtf8) => Ok(()),
        }
    }
}

/// A body with the turns that it goes on from.
fn resumed(house: &House, body: &Bytes, peek: &Peek, items: &[u8]) -> Result<Bytes, Fault> {
    let body = responses::with_history(body, peek, items);
    let most = house.settings.body_bytes_max;
    if body.len() > most {
        let told = format!("The conversation is larger than {most} bytes with its earlier turns.");
        return Err(Fault::new(FaultKind::TooLarge, told).at("previous_response_id"));
    }
    Ok(body)
}

/// The items of the turns before; `None` when it goes on from none.
async fn earlier(asker: Asker<'_>, peek: &Peek) -> Result<Option<Bytes>, Fault> {
    let Some(id) = &peek.previous_response else { return Ok(None) };
    if !asker.house.keeps() {
        let told = "Answers are not kept here; send the whole conversation in `input`.";
        return Err(Fault::new(FaultKind::UnsupportedParameter, told).at("previous_response_id"));
    }
    let kept = asker.house.kept(asker.caller.workspace, id, asker.at).await?;
    let kept = kept.ok_or_else(|| not_kept(id))?;
    Ok(Some(responses::joined(&[&kept.input, &responses::output_items(&kept.object)])))
}

/// A body that is only counted, with the turns it goes on from.
///
/// # Errors
/// What the call itself would be refused for, and when there is no such turn, or the store does not answer.
pub async fn whole_to_count(asker: Asker<'_>, body: Bytes, share: &mut Share) -> Result<Bytes, Fault> {
    let peek = dialect::peek(Dialect::OpenAiResponses, &body)?;
    let Some(items) = earlier(asker, &peek).await? else { return Ok(body) };
    let body = resumed(asker.house, &body, &peek, &items)?;
    share.grow_to(body.len())?;
    Ok(body)
}
