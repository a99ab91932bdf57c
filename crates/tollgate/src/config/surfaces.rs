//! Surfaces of settings (R-API-1): a preset's, changed and joined by those that are declared. In: loaded texts. Out: surfaces,
//! or mistakes by name. Never here: what a surface does.

use crate::config::check::check;
use crate::config::declare::{OF_SURFACE, SURFACE};
use crate::config::load::{Loaded, Mistake, Origin};
use server::{Families, Models, Preset, Style, Surface};
use std::borrow::Cow;

/// Bases that are not to be had, nor what lies below them or above.
const RESERVED: [&str; 11] = [
    "/api/manage",
    "/api/device",
    "/healthz",
    "/readyz",
    "/metrics",
    "/assets",
    "/docs",
    "/pricing",
    "/status",
    "/legal",
    "/downloads",
];
/// The longest base path.
const BASE_BYTES_MAX: usize = 100;
/// The longest beginning of an id.
const ID_PREFIX_BYTES_MAX: usize = 32;

fn text<'a>(loaded: &'a Loaded, key: &str) -> &'a str {
    loaded.get(key).map_or("", |(text, _)| text.as_str())
}

fn key(name: &str, field: &str) -> String {
    format!("{SURFACE}{name}.{field}")
}

fn preset(loaded: &Loaded) -> Option<&'static Preset> {
    Preset::named(text(loaded, "preset"))
}

/// The names of all surfaces: the preset's in their order, then those that are declared.
pub fn names(loaded: &Loaded) -> Vec<String> {
    let own = preset(loaded).map(|preset| (preset.named)()).unwrap_or_default();
    let mut names: Vec<String> = own.into_iter().map(|(name, _)| name.to_owned()).collect();
    let declared = loaded.keys().filter_map(|key| key.strip_prefix(SURFACE)?.split_once('.'));
    for (name, _) in declared {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Puts what presets say where nobody said anything.
pub fn fill(loaded: &mut Loaded) {
    let Some(preset) = preset(loaded) else { return };
    if let Some(prefix) = loaded.get_mut("keys.prefix").filter(|(_, origin)| *origin == Origin::Default)
        && prefix.0 != preset.key_prefix
    {
        *prefix = (preset.key_prefix.to_owned(), Origin::Preset(preset.word));
    }
    let own = (preset.named)();
    for name in names(loaded) {
        let mut start = own.iter().find(|(own, _)| *own == name).map(|(_, surface)| (preset, surface.clone()));
        let from = loaded.get(&key(&name, "from")).map(|(word, _)| word.as_str());
        if from.is_some() || start.is_none() {
            let from = Preset::named(from.unwrap_or("default"));
            let first = from.and_then(|from| Some((from, from.surfaces().into_iter().next()?)));
            // A new surface has a place of its own.
            let place = start.map_or_else(Cow::default, |(_, surface)| surface.base);
            start = first.map(|(from, surface)| (from, Surface { base: place, ..surface }));
        }
        let Some((from, surface)) = start else { continue };
        let origin = if from.word == "default" { Origin::Default } else { Origin::Preset(from.word) };
        for (field, text) in texts(&surface) {
            loaded.entry(key(&name, field)).or_insert_with(|| (text, origin.clone()));
        }
    }
}

/// A surface as its settings say it.
fn texts(surface: &Surface) -> [(&'static str, String); 8] {
    let fold: Vec<String> = surface.fold.iter().map(|(from, to)| format!("{from}={to}")).collect();
    [
        ("base", surface.base.to_string()),
        ("families", surface.families.names().join(",")),
        ("style", surface.style.name().to_owned()),
        ("always_stream", surface.always_stream.to_string()),
        ("stream_usage", if surface.always_usage { "always" } else { "on_request" }.to_owned()),
        ("models_list", if surface.models == Models::Key { "key" } else { "catalogue" }.to_owned()),
        ("chat_id_prefix", surface.chat_id_prefix.to_string()),
        ("fold", fold.join(",")),
    ]
}

/// The surfaces, of texts that are filled and without mistakes.
pub fn surfaces(loaded: &Loaded) -> Vec<Surface> {
    let one = |name: String| {
        let text = |field: &str| text(loaded, &key(&name, field));
        Surface {
            base: Cow::Owned(text("base").to_owned()),
            families: Families::named(words(text("families"))).unwrap_or(Families::NONE),
            style: Style::from_name(text("style")).unwrap_or(Style::OpenAi),
            always_stream: text("always_stream") == "true",
            always_usage: text("stream_usage") == "always",
            models: if text("models_list") == "catalogue" { Models::Catalogue } else { Models::Key },
            chat_id_prefix: Cow::Owned(text("chat_id_prefix").to_owned()),
            fold: Cow::Owned(words(text("fold")).filter_map(pair).collect()),
        }
    };
    names(loaded).into_iter().map(one).collect()
}

/// The words of a list.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Two statuses of faults, both of the same side: what a client did wrong is never told as the server's, nor the other way.
pub fn pair(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('=')?;
    let (from, to) = (from.trim().parse::<u16>().ok()?, to.trim().parse::<u16>().ok()?);
    let known = |status: u16| (400..=599).contains(&status);
    (known(from) && known(to) && from / 100 == to / 100).then_some((from, to))
}

/// What is wrong with the texts, each by the name of its setting.
pub fn mistakes(loaded: &Loaded) -> Vec<Mistake> {
    let mut out = Vec::new();
    let mut wrong = |key: &str, told: &str| {
        let origin = loaded.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
        out.push(Mistake { origin, told: format!("`{key}` {told}") });
    };
    let names = names(loaded);
    if names.is_empty() && preset(loaded).is_some() {
        wrong("preset", "leaves no surface; declare one as `surface.NAME`");
    }
    for (n, name) in names.iter().enumerate() {
        for setting in OF_SURFACE {
            let key = key(name, setting.key);
            if let Some(Err(told)) = loaded.get(&key).map(|(text, _)| check(setting.kind, text)) {
                wrong(&key, &told);
            }
        }
        let (base_key, prefix_key) = (key(name, "base"), key(name, "chat_id_prefix"));
        let base = text(loaded, &base_key);
        if !is_base(base) {
            let told = "must be a path such as /v1: a slash and names of letters, digits, '-', '_' or '.'";
            wrong(&base_key, told);
        } else if let Some(reserved) = RESERVED.iter().find(|reserved| meet(base, reserved)) {
            wrong(&base_key, &format!("must keep away from {reserved}, which is Tollgate's own"));
        } else if let Some(other) = names[..n].iter().find(|other| meet(base, text(loaded, &key(other, "base")))) {
            wrong(&base_key, &format!("must not be the base of `{SURFACE}{other}`, nor lie below or above it"));
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let prefix = text(loaded, &prefix_key);
        if prefix.is_empty() || prefix.len() > ID_PREFIX_BYTES_MAX || !prefix.bytes().all(plain) {
            wrong(&prefix_key, &format!("must be 1 to {ID_PREFIX_BYTES_MAX} letters, digits, '-' or '_'"));
        }
    }
    out
}

/// Whether a text can be a base path.
fn is_base(text: &str) -> bool {
    let name = |name: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !name.is_empty() && name != "." && name != ".." && name.bytes().all(known)
    };
    text.len() <= BASE_BYTES_MAX && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(name))
}

/// Whether two paths are the same, or one lies below the other.
fn meet(one: &str, other: &str) -> bool {
    let below = |path: &str, base: &str| {
        path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    below(one, other) || below(other, one)
}

#[cfg(test)]
#[path = "surfaces_tests.rs"]
mod tests;
