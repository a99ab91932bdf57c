//! Layers of configuration: default, file, environment, flag, the later over the earlier. In: texts. Out: one text a
//! setting with its origin, or every mistake. Never here: what a value means (check).

use crate::config::declare::{Kind, OF_SURFACE, SETTINGS, SURFACE, Setting};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where values are read from.
pub trait Environment {
    /// The variable of that name.
    fn get(&self, name: &str) -> Option<String>;
    /// The names there are.
    fn names(&self) -> Vec<String>;
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The word of a preset.
    Preset(&'static str),
    /// A file, at a line.
    File(PathBuf, usize),
    /// An environment variable.
    Env(String),
    /// A flag of the command.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(word) => write!(f, "preset {word}"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it was said.
    pub origin: Origin,
    /// What is wrong and what was expected.
    pub told: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.told)
    }
}

/// Texts by key, with their origins.
pub type Loaded = BTreeMap<String, (String, Origin)>;

/// The declaration of a key; that of a surface has any name in it.
pub fn declared(key: &str) -> Option<&'static Setting> {
    let Some((name, field)) = key.strip_prefix(SURFACE).and_then(|rest| rest.split_once('.')) else {
        return SETTINGS.iter().find(|s| s.key == key);
    };
    OF_SURFACE.iter().find(|s| s.key == field && is_name(name))
}

/// Whether a surface may be called so: variables of the environment have room for no more.
fn is_name(name: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(known)
}

/// The longest name of a surface.
const NAME_BYTES_MAX: usize = 32;

/// What is laid over the defaults.
pub struct Layers<'a> {
    /// The file, if there is one.
    pub file: Option<&'a Path>,
    /// The environment.
    pub env: &'a dyn Environment,
    /// Flags that were given: key, flag name, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Layers<'_> {
    /// Reads all layers. Mistakes do not stop the reading: all are told.
    pub fn load(&self) -> (Loaded, Vec<Mistake>) {
        let mut loaded: Loaded =
            SETTINGS.iter().map(|s| (s.key.to_owned(), (s.default.to_owned(), Origin::Default))).collect();
        let mut mistakes = Vec::new();
        if let Some(path) = self.file {
            read_file(path, &mut loaded, &mut mistakes);
        }
        for setting in SETTINGS {
            let name = setting.env();
            if let Some(value) = self.env.get(&name) {
                loaded.insert(setting.key.to_owned(), (value, Origin::Env(name)));
            }
        }
        let known: Vec<String> = SETTINGS.iter().map(Setting::env).collect();
        for name in self.env.names() {
            // Names without a level belong to commands (`TOLLGATE_TOKEN`) or to somebody else.
            if !name.starts_with("TOLLGATE_") || known.contains(&name) {
                continue;
            }
            if let Some((key, value)) = surface_key(&name).zip(self.env.get(&name)) {
                loaded.insert(key, (value, Origin::Env(name)));
                continue;
            }
            let bare = |text: &str| text.replace('_', "");
            let meant = known.iter().find(|known| bare(known) == bare(&name));
            let told = match meant {
                Some(meant) => format!("there is no such setting; did you mean `{meant}`?"),
                None if name.contains("__") => "there is no such setting".to_owned(),
                None => continue,
            };
            mistakes.push(Mistake { origin: Origin::Env(name), told });
        }
        for (key, flag, value) in &self.flags {
            loaded.insert((*key).to_owned(), (value.clone(), Origin::Flag(flag)));
        }
        (loaded, mistakes)
    }
}

/// The key of a surface that a variable sets.
fn surface_key(name: &str) -> Option<String> {
    let key = name.strip_prefix("TOLLGATE_")?.replace("__", ".").to_ascii_lowercase();
    declared(&key).filter(|_| key.starts_with(SURFACE)).map(|_| key)
}

fn read_file(path: &Path, loaded: &mut Loaded, mistakes: &mut Vec<Mistake>) {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let told = format!("the configuration file cannot be read: {error}");
            return mistakes.push(Mistake { origin: Origin::File(path.into(), 0), told });
        }
    };
    match toml::de::DeTable::parse(&text) {
        Ok(table) => {
            let mut reader = Reader { path, text: &text, loaded, mistakes };
            reader.table("", table.get_ref());
        }
        Err(error) => {
            let line = error.span().map_or(0, |span| line_of(&text, span.start));
            let told = error.message().to_owned();
            mistakes.push(Mistake { origin: Origin::File(path.into(), line), told });
        }
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    loaded: &'a mut Loaded,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &toml::de::DeTable<'_>) {
        for (name, value) in table {
            let dot = if prefix.is_empty() { "" } else { "." };
            let key = format!("{prefix}{dot}{}", name.get_ref());
            let origin = Origin::File(self.path.into(), line_of(self.text, name.span().start));
            self.value(&key, value.get_ref(), origin);
        }
    }

    fn value(&mut self, key: &str, value: &toml::de::DeValue<'_>, origin: Origin) {
        use toml::de::DeValue;
        let text = match value {
            DeValue::Table(table) if is_table(key) => return self.table(key, table),
            DeValue::Array(list)
                if declared(key).is_some_and(|s| matches!(s.kind, Kind::Words(_) | Kind::Pairs)) =>
            {
                let words = list.iter().map(|word| word.get_ref().as_str());
                words.collect::<Option<Vec<&str>>>().map(|words| words.join(","))
            }
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            _ => None,
        };
        let told = match (declared(key), text) {
            (Some(_), Some(text)) => {
                self.loaded.insert(key.to_owned(), (text, origin));
                return;
            }
            (Some(setting), None) => match setting.kind {
                Kind::Words(_) | Kind::Pairs => format!("`{key}` must be a list of texts"),
                _ => format!("`{key}` must be a text or a whole number"),
            },
            (None, _) => unknown(key),
        };
        self.mistakes.push(Mistake { origin, told });
    }
}

/// Whether a key is the place of others.
fn is_table(key: &str) -> bool {
    let inside = format!("{key}.");
    let of_surface = inside == SURFACE
        || inside.strip_prefix(SURFACE).is_some_and(|name| !name.trim_end_matches('.').contains('.'));
    of_surface || SETTINGS.iter().any(|s| s.key.starts_with(&inside))
}

fn unknown(key: &str) -> String {
    if let Some((name, field)) = key.strip_prefix(SURFACE).map(|rest| rest.split_once('.').unwrap_or((rest, ""))) {
        if !is_name(name) {
            return format!("`{SURFACE}{name}`: the name must be 1 to {NAME_BYTES_MAX} small letters and digits");
        }
        if field.is_empty() {
            return format!("`{key}` must be a table of settings");
        }
    }
    let mut known: Vec<String> = SETTINGS.iter().map(|s| s.key.to_owned()).collect();
    if let Some((name, _)) = key.strip_prefix(SURFACE).and_then(|rest| rest.split_once('.')) {
        known.extend(OF_SURFACE.iter().map(|s| format!("{SURFACE}{name}.{}", s.key)));
    }
    let near = known.iter().map(|known| (distance(known, key), known)).min();
    match near {
        Some((distance, near)) if distance <= 3 => format!("there is no setting `{key}`; did you mean `{near}`?"),
        _ => format!("there is no setting `{key}`"),
    }
}

/// How many characters must be changed, added or left out to get from one text to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Map(Vec<(&'static str, &'static str)>);

    impl Environment for Map {
        fn get(&self, name: &str) -> Option<String> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        }
        fn names(&self) -> Vec<String> {
            self.0.iter().map(|(n, _)| (*n).to_owned()).collect()
        }
    }

    #[test]
    fn later_layers_win_and_every_mistake_is_told() {
        let dir = std::env::temp_dir().join(format!("tollgate-config-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("t.toml");
        std::fs::write(
            &path,
            "[server]\nlisten = \"127.0.0.1:1\"\nlisen = 1\n[relay]\nattempts_max = 2\n[x]\ny=1\n",
        )
        .unwrap();
        let env = Map(vec![
            ("TOLLGATE_RELAY__ATTEMPTS_MAX", "5"),
            ("TOLLGATE_RELAY__ATEMPTS", "5"),
            ("TOLLGATE_TOKEN", "t"),
            ("TOLLGATE_SERVICE_HOST", "10.0.0.1"),
            ("TOLLGATE_DATABASE_URL", "postgres://x"),
        ]);
        let flags = vec![("server.listen", "listen", "127.0.0.1:2".to_owned())];
        let (loaded, mistakes) = Layers { file: Some(&path), env: &env, flags }.load();
        assert_eq!(loaded["server.listen"], ("127.0.0.1:2".into(), Origin::Flag("listen")));
        assert_eq!(loaded["relay.attempts_max"].0, "5");
        let told: Vec<_> = mistakes.iter().map(|m| m.told.as_str()).collect();
        assert_eq!(
            told,
            [
                "there is no setting `server.lisen`; did you mean `server.listen`?",
                "there is no setting `x`",
                "there is no such setting",
                "there is no such setting; did you mean `TOLLGATE_DATABASE__URL`?"
            ]
        );
        assert_eq!(mistakes[0].origin, Origin::File(path, 3));
        std::fs::remove_dir_all(dir).unwrap();
    }
}
