//! Base paths and how each speaks (R-API-1). In: settings that were read and checked by tollgate::config. Out: a table of
//! surfaces, the presets. Never here: handling requests, reading settings.

mod presets;

pub use presets::{PRESETS, Preset, defaults};

use canon::{Dialect, FaultKind};
use dialect::fault::Style;
use std::borrow::Cow;
use std::ops::Deref;

/// A base path with its ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    /// The base path (`/v1`).
    pub base: Cow<'static, str>,
    /// Which endpoints are there.
    pub families: Families,
    /// How errors look on everything but Messages, which is always Anthropic's, and generateContent, always Google's.
    pub style: Style,
    /// Whether Chat Completions are streamed whatever `stream` says.
    pub always_stream: bool,
    /// Whether streams of Chat and legacy Completions end with a usage chunk that nobody asked for.
    pub always_usage: bool,
    /// Which models a list shows.
    pub models: Models,
    /// What ids of chat completions start with.
    pub chat_id_prefix: Cow<'static, str>,
    /// Statuses that clients here do not know, each with the one they get instead.
    pub fold: Cow<'static, [(u16, u16)]>,
}

/// Groups of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// Chat and legacy Completions, Responses, embeddings, images and their tasks.
    pub openai: bool,
    /// Messages and their count.
    pub anthropic: bool,
    /// generateContent and its count.
    pub gemini: bool,
    /// Whose key it is and what it may spend.
    pub account: bool,
}

impl Families {
    /// Their names in settings.
    pub const NAMES: [&'static str; 4] = ["openai", "anthropic", "gemini", "account"];
    /// All of them.
    pub const ALL: Self = Self { openai: true, anthropic: true, gemini: true, account: true };
    /// None.
    pub const NONE: Self = Self { openai: false, anthropic: false, gemini: false, account: false };

    /// Those of these names, and `None` where one is no name of a family.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        names.into_iter().try_fold(Self::NONE, |mut all, name| {
            match name {
                "openai" => all.openai = true,
                "anthropic" => all.anthropic = true,
                "gemini" => all.gemini = true,
                "account" => all.account = true,
                _ => return None,
            }
            Some(all)
        })
    }

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        let there = [self.openai, self.anthropic, self.gemini, self.account];
        Self::NAMES.into_iter().zip(there).filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    /// Those of both.
    const fn and(self, other: Self) -> Self {
        Self {
            openai: self.openai || other.openai,
            anthropic: self.anthropic || other.anthropic,
            gemini: self.gemini || other.gemini,
            account: self.account || other.account,
        }
    }

    /// Whether calls in a language are taken.
    pub const fn speak(self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Anthropic => self.anthropic,
            Dialect::Gemini => self.gemini,
            _ => self.openai,
        }
    }

    /// Whether models can be called here, so that their list is of use.
    pub const fn calls_models(self) -> bool {
        self.openai || self.anthropic || self.gemini
    }
}

/// Which models a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Models {
    /// What the calling key may call now.
    Key,
    /// Everything that is in the catalogue and not switched off, the same for every key.
    Catalogue,
}

/// In whose shape a list of models is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// OpenAI's.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Gemini's.
    Gemini,
}

/// The management API. Its base path counts alone: it calls no model, and its problems have one style.
pub static MANAGED: Surface = plain("/api/manage", Families::NONE, Style::OpenAi);

/// Where devices ask for keys (RFC 8628).
pub static DEVICES: Surface = plain("/api/device", Families::NONE, Style::OpenAi);

/// A surface with nothing special.
const fn plain(base: &'static str, families: Families, style: Style) -> Surface {
    Surface {
        base: Cow::Borrowed(base),
        families,
        style,
        always_stream: false,
        always_usage: false,
        models: Models::Key,
        chat_id_prefix: Cow::Borrowed("chatcmpl-"),
        fold: Cow::Borrowed(&[]),
    }
}

impl Surface {
    /// In whose shape model lists are where nobody asks for one: in that of the errors, or of the only calls that are taken.
    pub const fn lists(&self) -> Shape {
        let Families { openai, anthropic, gemini, .. } = self.families;
        match self.style {
            Style::Anthropic => Shape::Anthropic,
            Style::Gemini => Shape::Gemini,
            _ if openai => Shape::OpenAi,
            _ if anthropic => Shape::Anthropic,
            _ if gemini => Shape::Gemini,
            _ => Shape::OpenAi,
        }
    }

    /// The status that a fault of a kind gets here.
    pub fn status(&self, kind: FaultKind) -> u16 {
        self.folded(dialect::fault::status(kind))
    }

    /// The status that clients here get in the place of one.
    pub fn folded(&self, status: u16) -> u16 {
        self.fold.iter().find(|(from, _)| *from == status).map_or(status, |(_, to)| *to)
    }

    /// Whether a path is this base or lies below it, and what follows the base.
    pub fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.base).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// All surfaces of a process.
#[derive(Clone, Debug)]
pub struct Surfaces {
    list: Vec<Surface>,
    /// What is carried by any of them.
    pub families: Families,
    /// Where no surface is: probes, unknown paths, what is no request. It speaks as all surfaces do where they agree.
    pub nowhere: Surface,
}

impl Surfaces {
    /// Those of a list, none of which lies below another.
    pub fn new(list: Vec<Surface>) -> Self {
        let first = list.first();
        let style = first.map(|s| s.style).filter(|style| list.iter().all(|s| s.style == *style));
        let fold = first.map(|s| s.fold.clone()).filter(|fold| list.iter().all(|s| s.fold == *fold));
        let plain = plain("", Families::NONE, style.unwrap_or(Style::OpenAi));
        let nowhere = Surface { fold: fold.unwrap_or_default(), ..plain };
        let families = list.iter().fold(Families::NONE, |all, surface| all.and(surface.families));
        Self { list, families, nowhere }
    }

    /// The surface that a path lies on.
    pub fn of(&self, path: &str) -> Option<&Surface> {
        self.list.iter().find(|surface| surface.below(path).is_some())
    }
}

impl Deref for Surfaces {
    type Target = [Surface];

    fn deref(&self) -> &[Surface] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-1: what lies on no surface is answered as all surfaces answer, where they agree.
    #[test]
    fn r_api_1_nowhere_speaks_as_all_do() {
        let style = |words: &[&str]| {
            let list = words.iter().flat_map(|word| Preset::named(word).unwrap().surfaces()).collect();
            let nowhere = Surfaces::new(list).nowhere;
            (nowhere.style, nowhere.folded(503))
        };
        assert_eq!(style(&["000"]), (Style::Numeric, 502));
        assert_eq!(style(&["002"]), (Style::Detail, 503));
        assert_eq!(style(&["003"]), (Style::OpenAi, 503));
        assert_eq!(style(&["default"]), (Style::OpenAi, 503));
        assert_eq!(style(&[]), (Style::OpenAi, 503));
    }

    /// R-API-9: a list is in the words of those who read it.
    #[test]
    fn r_api_9_lists_are_in_the_words_of_their_surface() {
        for (style, families, shape) in [
            (Style::OpenAi, "openai anthropic gemini", Shape::OpenAi),
            (Style::Anthropic, "openai anthropic gemini", Shape::Anthropic),
            (Style::Detail, "anthropic", Shape::Anthropic),
            (Style::Detail, "gemini", Shape::Gemini),
            (Style::Gemini, "openai", Shape::Gemini),
            (Style::Router, "openai anthropic", Shape::OpenAi),
        ] {
            let families = Families::named(families.split(' ')).unwrap();
            assert_eq!(plain("/x", families, style).lists(), shape, "{style:?} {families:?}");
        }
    }

    #[test]
    fn a_base_ends_at_a_slash() {
        let surfaces = Surfaces::new(defaults());
        let base = |path: &str| surfaces.of(path).map(|s| s.base.to_string());
        for (path, wanted) in
            [("/v1", "/v1"), ("/v1/x", "/v1"), ("/v1beta/models", "/v1beta"), ("/api/v1/x", "/api/v1")]
        {
            assert_eq!(base(path).as_deref(), Some(wanted), "{path}");
        }
        for path in ["/", "", "/v2", "/v1x", "/api/manage/keys", "v1"] {
            assert_eq!(base(path), None, "{path}");
        }
    }
}
