//! The look at a Gemini request. In: the model and the way of its path, the body. Out: a `Peek`, with the places where the
//! straight lane splices. Never here: a built document, the meaning of the prompt.
//!
//! Servers take two spellings of every name, and a single object where an array is due; so does this look. Any third
//! spelling of a name that is read here is refused, and a name that comes twice, whichever way it is spelt.

mod parts;
#[cfg(test)]
mod tests;

use super::fields::model_required;
use super::surcharges::Beyond;
use super::{CHOICES_MAX, OUTPUT_TOKENS_MAX, Peek, check_text, not_json, stored};
use crate::gemini::names::camel;
use crate::json::{Bad, Items, Member, Members, Span, blank, string_value, whole};
use crate::read::elements;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind};
use units::Surcharge;

/// Where the straight lane may splice a Gemini body.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeminiCuts {
    /// The value of `generationConfig`.
    pub config: Option<Span>,
    /// The end of the last member in there; 0 when it has none.
    pub config_last: usize,
    /// The value of the limit of answer tokens.
    pub max_output: Option<Span>,
    /// Members at the top that the path tells.
    pub gone: Vec<Member>,
    /// Proofs that were carried here from another dialect, and whether each stands on a call.
    pub carried: Vec<(Member, bool)>,
    /// Parts that hold nothing but such a proof, by their list.
    pub hollow: Vec<Vec<Member>>,
    /// Lists of parts that hold nothing else.
    pub all_hollow: Vec<Span>,
}

const TOP: [&str; 10] = [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "serviceTier",
    "labels",
    "model",
];
const CONFIG: [&str; 7] = [
    "maxOutputTokens",
    "candidateCount",
    "thinkingConfig",
    "responseModalities",
    "speechConfig",
    "modelSelectionConfig",
    "routingConfig",
];
const THINKING: [&str; 3] = ["includeThoughts", "thinkingBudget", "thinkingLevel"];

/// Names that were read so far of one object, each at most once.
struct Names<'n> {
    path: &'n str,
    known: &'static [&'static str],
    seen: u32,
}

impl<'n> Names<'n> {
    const fn new(path: &'n str, known: &'static [&'static str]) -> Self {
        Self { path, known, seen: 0 }
    }

    /// The known name that this is; `None` when it is none and looks like none.
    fn take(&mut self, name: &[u8]) -> Result<Option<&'static str>, Fault> {
        let sent = String::from_utf8_lossy(name);
        let first = camel(&sent);
        if let Some(at) = self.known.iter().position(|known| *known == first) {
            let known = self.known[at];
            // What camel made of it must be one of the two spellings, not a mixture.
            let either = sent == known || sent.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if !either {
                return Err(self.look_alike(&sent, known));
            }
            let bit = 1 << at;
            if self.seen & bit != 0 {
                let path = format!("{}{known}", self.path);
                return Err(Fault::invalid(path.clone(), format!("`{path}` is given twice.")));
            }
            self.seen |= bit;
            return Ok(Some(known));
        }
        // Two letters beyond ASCII fold to letters of it.
        let folded = sent.replace('\u{17f}', "s").replace('\u{212a}', "k").replace('_', "");
        match self.known.iter().find(|known| folded.eq_ignore_ascii_case(known)) {
            Some(known) => Err(self.look_alike(&sent, known)),
            None => Ok(None),
        }
    }

    fn look_alike(&self, sent: &str, known: &str) -> Fault {
        let path = self.path;
        Fault::invalid(format!("{path}{sent}"), format!("Unknown field; write `{path}{known}`."))
    }
}

fn wants(path: &str, what: &str) -> Fault {
    Fault::invalid(path.to_owned(), format!("`{path}` must be {what}."))
}

fn contents_required() -> Fault {
    Fault::new(FaultKind::MessagesRequired, "`contents` is required: an array with at least one content.")
        .at("contents")
}

/// Looks at a request.
pub(super) fn look(model: &str, stream: bool, body: &Bytes) -> Result<Peek, Fault> {
    let start = check_text(body)?;
    if model.is_empty() {
        return Err(model_required());
    }
    let mut look = Look { body, peek: Peek::new(Dialect::Gemini), contents: false, stored: false, role: None };
    look.peek.model = model.to_owned();
    look.peek.stream = stream;
    let mut names = Names::new("", &TOP);
    let mut members = Members::new(body, start, 0).map_err(not_json)?;
    while let Some(pending) = members.key().map_err(not_json)? {
        let known = names.take(&pending.name(body))?;
        let end = look.inside(known, pending.value)?;
        let member = match end {
            Some(end) => members.done(&pending, end),
            None => members.skip(&pending).map_err(not_json)?,
        };
        if let Some(known) = known {
            look.plain(known, member)?;
        }
    }
    let rest = blank(body, members.end());
    if rest < body.len() {
        return Err(not_json(Bad::Trailing(rest)));
    }
    if !look.contents || look.peek.messages == 0 {
        return Err(contents_required());
    }
    if look.stored {
        stored::check(Dialect::Gemini, body)?;
    }
    let mut peek = look.peek;
    peek.cuts.last = members.last();
    peek.prompt_bytes = (body.len() as u64).saturating_sub(peek.media_bytes);
    Ok(peek)
}

/// A look under way.
struct Look<'b> {
    body: &'b [u8],
    peek: Peek,
    contents: bool,
    /// Whether something may lie in a provider's account.
    stored: bool,
    /// Who speaks in the content that is read.
    role: Option<Span>,
}

/// Reads the object at a place, under so many levels; gives where it ends.
type Read<'b> = fn(&mut Look<'b>, usize, u32, usize) -> Result<usize, Fault>;

impl<'b> Look<'b> {
    /// Reads the value of a field that is read where it stands; gives where it ends.
    fn inside(&mut self, known: Option<&str>, at: usize) -> Result<Option<usize>, Fault> {
        let opens = self.body.get(at).copied();
        let end = match (known, opens) {
            (Some("contents"), Some(b'[' | b'{')) => {
                self.contents = true;
                self.each(at, 1, Self::content)?
            }
            (Some("systemInstruction"), Some(b'{')) => self.spoken(at, 1)?,
            (Some("systemInstruction"), Some(b'[')) => self.parts(at, 1)?,
            (Some("tools"), Some(b'[' | b'{')) => self.each(at, 1, Self::tool)?,
            (Some("generationConfig"), Some(b'{')) => self.config(at)?,
            _ => return Ok(None),
        };
        Ok(Some(end))
    }

    /// Every object of an array, or the one that stands for an array of one.
    fn each(&mut self, at: usize, outside: u32, read: Read<'b>) -> Result<usize, Fault> {
        if self.body.get(at) == Some(&b'{') {
            return read(self, at, outside, 0);
        }
        let mut items = Items::new(self.body, at, outside).map_err(not_json)?;
        let mut n = 0;
        while let Some(start) = items.start().map_err(not_json)? {
            let end = read(self, start, outside + 1, n)?;
            items.done(end);
            n += 1;
        }
        Ok(items.end())
    }

    fn content(&mut self, at: usize, outside: u32, n: usize) -> Result<usize, Fault> {
        if self.body.get(at) != Some(&b'{') {
            return Err(wants(&format!("contents[{n}]"), "an object"));
        }
        self.peek.messages += 1;
        self.role = None;
        let end = self.spoken(at, outside)?;
        let role = self.role.map(|(from, to)| &self.body[from..to]);
        let known: [&[u8]; 6] = [b"\"user\"", b"\"model\"", b"\"function\"", b"\"tool\"", b"\"\"", b"null"];
        match role {
            Some(role) if !known.contains(&role) => Err(wants(&format!("contents[{n}].role"), "user or model")),
            _ => Ok(end),
        }
    }

    fn tool(&mut self, at: usize, outside: u32, n: usize) -> Result<usize, Fault> {
        if self.body.get(at) != Some(&b'{') {
            return Err(wants(&format!("tools[{n}]"), "an object"));
        }
        let mut members = Members::new(self.body, at, outside).map_err(not_json)?;
        while let Some(member) = members.next().map_err(not_json)? {
            let name = member.name(self.body);
            let name = String::from_utf8_lossy(&name);
            let name = &*camel(&name);
            let value = member.text(self.body);
            if name == "functionDeclarations" {
                self.peek.has_tools |= value.contains(&b'{');
            } else if value != b"null" {
                // Whatever the server runs itself adds to the prompt.
                self.peek.open_prompt = true;
                self.stored = true;
                self.beyond(surcharge(name), format!("tools[{n}].{name}"), false);
            }
        }
        Ok(members.end())
    }

    /// One of a kind is enough to name.
    fn beyond(&mut self, what: Surcharge, field: String, drops: bool) {
        if !self.peek.beyond.iter().any(|b| b.what == what) {
            self.peek.beyond.push(Beyond { what, field, drops });
        }
    }

    /// A field whose value was walked.
    fn plain(&mut self, known: &'static str, member: Member) -> Result<(), Fault> {
        let value = member.text(self.body);
        match known {
            "model" => self.peek.cuts.gemini.gone.push(member),
            "generationConfig" => {
                self.peek.cuts.gemini.config = Some(member.value);
                if value != b"null" && value[0] != b'{' {
                    return Err(wants(known, "an object"));
                }
            }
            _ if value == b"null" => {}
            "contents" if !self.contents => return Err(wants(known, "an array of contents")),
            "tools" if !matches!(value[0], b'[' | b'{') => return Err(wants(known, "an array")),
            "cachedContent" => self.stored = true,
            "serviceTier" => {
                let tier = string_value(value).ok_or_else(|| wants(known, "a string"))?.to_ascii_lowercase();
                if !matches!(&*tier, "" | "standard" | "unspecified" | "service_tier_unspecified") {
                    self.beyond(Surcharge::ServiceTier, known.to_owned(), true);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn config(&mut self, at: usize) -> Result<usize, Fault> {
        let mut names = Names::new("generationConfig.", &CONFIG);
        let mut members = Members::new(self.body, at, 1).map_err(not_json)?;
        while let Some(member) = members.next().map_err(not_json)? {
            let Some(known) = names.take(&member.name(self.body))? else { continue };
            let value = member.text(self.body);
            if known == "maxOutputTokens" {
                self.peek.cuts.gemini.max_output = Some(member.value);
            }
            if value != b"null" {
                self.setting(known, &format!("generationConfig.{known}"), value)?;
            }
        }
        self.peek.cuts.gemini.config_last = members.last();
        Ok(members.end())
    }

    fn setting(&mut self, known: &str, path: &str, value: &[u8]) -> Result<(), Fault> {
        let within = |most: u64| {
            let number = whole(value).filter(|n| (1..=most).contains(n));
            number.ok_or_else(|| wants(path, &format!("an integer from 1 to {most}")))
        };
        match known {
            "maxOutputTokens" => self.peek.max_output = Some(within(OUTPUT_TOKENS_MAX)?),
            "candidateCount" => self.peek.choices = u32::try_from(within(CHOICES_MAX)?).unwrap_or(1),
            "thinkingConfig" => self.thinking(value)?,
            "responseModalities" => {
                let all = elements(value).ok_or_else(|| wants(path, "an array"))?;
                let is = |m: &[u8], word: &[u8]| m.eq_ignore_ascii_case(word);
                self.peek.audio |= all.iter().any(|m| is(m, b"\"AUDIO\""));
                if !all.iter().all(|m| is(m, b"\"TEXT\"")) {
                    self.beyond(Surcharge::Modalities, path.to_owned(), false);
                }
            }
            "speechConfig" => {
                self.peek.audio = true;
                self.beyond(Surcharge::Modalities, path.to_owned(), false);
            }
            _ => self.beyond(Surcharge::Routing, path.to_owned(), true),
        }
        Ok(())
    }

    fn thinking(&mut self, value: &[u8]) -> Result<(), Fault> {
        const PATH: &str = "generationConfig.thinkingConfig.";
        let no_object = |_| wants("generationConfig.thinkingConfig", "an object");
        let mut names = Names::new(PATH, &THINKING);
        let mut members = Members::new(value, 0, 2).map_err(no_object)?;
        let mut off = false;
        while let Some(member) = members.next().map_err(no_object)? {
            let Some(known) = names.take(&member.name(value))? else { continue };
            match (known, member.text(value)) {
                ("includeThoughts", b"true") => self.peek.shows_thoughts = true,
                (_, b"null") | ("includeThoughts", b"false") | ("thinkingBudget", b"-1") => {}
                ("includeThoughts", _) => return Err(wants(&format!("{PATH}{known}"), "true or false")),
                ("thinkingBudget", budget) => {
                    let budget = whole(budget);
                    let budget = budget.ok_or_else(|| wants(&format!("{PATH}{known}"), "an integer from -1"))?;
                    off = budget == 0;
                    self.peek.thinking_budget = Some(budget).filter(|budget| *budget > 0);
                }
                _ => {}
            }
        }
        // Thoughts that are shown are summaries: they tell less than is billed.
        self.peek.reasoning_requested = !off;
        self.peek.hidden_reasoning_requested = !off;
        Ok(())
    }
}

/// What a tool that the provider runs costs.
fn surcharge(name: &str) -> Surcharge {
    match name {
        "googleSearch" | "googleSearchRetrieval" | "enterpriseWebSearch" | "parallelAiSearch" | "exaAiSearch" => {
            Surcharge::WebSearch
        }
        "urlContext" => Surcharge::WebFetch,
        "codeExecution" => Surcharge::CodeExecution,
        "mcpServers" => Surcharge::ToolServers,
        _ => Surcharge::ServerTools,
    }
}
