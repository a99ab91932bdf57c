//! What the declarations look like to people: the example file, the docs page, the values in force.
//! In: declarations, loaded texts. Out: text. Never here: a second list of settings.

use crate::config::declare::{Kind, OF_SURFACE, SETTINGS, SURFACE, Setting};
use crate::config::load::Loaded;
use crate::config::surfaces::{names, words};
use std::fmt::Write;

/// The example file: every setting with its default, commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# Settings of Tollgate, each with its default. Made by `tollgate config example`.\n\
         # Every setting can also be given as an environment variable, named in brackets.\n\
         # What is sold (providers, models, prices) is no setting: docs/CATALOGUE.md, `tollgate apply`.\n",
    );
    let mut section = "";
    // Keys of no section must stand before the first section.
    let (top, nested): (Vec<&Setting>, Vec<&Setting>) = SETTINGS.iter().partition(|s| !s.key.contains('.'));
    for setting in top.into_iter().chain(nested) {
        let (table, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if table != section {
            let _ = write!(out, "\n[{table}]");
            section = table;
        }
        let _ = write!(out, "\n# {} [{}]\n# {name} = {}\n", setting.doc, setting.env(), value(setting));
    }
    out.push_str(
        "\n# A surface more, or one of the preset's changed: any name, as many as you like. docs/SURFACES.md.\n\
         [surface.more]\n",
    );
    for setting in OF_SURFACE {
        let env = of_surface("MORE", setting);
        let _ = write!(out, "\n# {} [{env}]\n# {} = {}\n", setting.doc, setting.key, value(setting));
    }
    out
}

/// The variable that sets a setting of a surface.
fn of_surface(name: &str, setting: &Setting) -> String {
    format!("TOLLGATE_SURFACE__{name}__{}", setting.key.to_ascii_uppercase())
}

/// A default as a file says it.
fn value(setting: &Setting) -> String {
    match setting.kind {
        Kind::Number { .. } => setting.default.to_owned(),
        Kind::Words(_) | Kind::Pairs => {
            let quoted: Vec<String> = words(setting.default).map(|word| format!("\"{word}\"")).collect();
            format!("[{}]", quoted.join(", "))
        }
        _ => format!("\"{}\"", setting.default),
    }
}

/// The docs page; a test writes and compares it.
#[cfg(test)]
fn markdown() -> String {
    let mut out = String::from(
        "# Settings\n\nMade by `cargo xtask docs` of the declarations in the code. A setting is read from the file given \
         by `--config`, then\nfrom the environment, then from flags; the later wins. `tollgate config print` tells where \
         each value came from.\n\n| setting | environment | default | what it is for |\n| --- | --- | --- | --- |\n",
    );
    for s in SETTINGS {
        let default = if s.default.is_empty() { "(empty)" } else { s.default };
        let _ = writeln!(out, "| `{}` | `{}` | `{default}` | {} |", s.key, s.env(), s.doc);
    }
    out.push_str(
        "\n## Surfaces\n\nOf each surface, under a name of small letters and digits; what is not said is as the surface that it \
         starts from.\n[SURFACES.md](SURFACES.md) has the presets.\n\n| setting | environment | what it is for |\n| --- | --- | --- |\n",
    );
    for s in OF_SURFACE {
        let _ = writeln!(out, "| `{SURFACE}NAME.{}` | `{}` | {} |", s.key, of_surface("NAME", s), s.doc);
    }
    out
}

/// The values in force and where they came from; secrets masked.
pub fn print(loaded: &Loaded) -> Vec<(String, String, String)> {
    let row = |key: String, kind: Kind| {
        let (text, origin) = loaded.get(&key)?;
        let shown = if kind == Kind::Secret && !text.is_empty() { "***" } else { text };
        Some((key, shown.to_owned(), origin.to_string()))
    };
    let plain = SETTINGS.iter().filter_map(|s| row(s.key.to_owned(), s.kind));
    let of =
        |name: String| OF_SURFACE.iter().filter_map(move |s| row(format!("{SURFACE}{name}.{}", s.key), s.kind));
    plain.chain(names(loaded).into_iter().flat_map(of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Layers};

    struct Nothing;

    impl Environment for Nothing {
        fn get(&self, _: &str) -> Option<String> {
            None
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    /// The example with every comment sign of a value taken away is a valid file that says the defaults.
    #[test]
    fn the_example_is_valid() {
        let text: String = example()
            .lines()
            .map(|l| l.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(l).to_owned() + "\n")
            .collect();
        let path = std::env::temp_dir().join(format!("tollgate-example-{}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let loaded = Config::load(&Layers { file: Some(&path), env: &Nothing, flags: Vec::new() });
        std::fs::remove_file(&path).unwrap();
        let (config, _) = loaded.unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        assert_eq!(config.server.listen.port(), 8011);
    }

    #[expect(clippy::disallowed_methods, reason = "`cargo xtask docs` says by it that documents are to be written")]
    fn same(path: &str, text: &str) {
        if std::env::var_os("TOLLGATE_BLESS").is_some() {
            std::fs::write(path, text).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(stored == text, "{path} is stale; run `cargo xtask docs`");
    }

    #[test]
    fn generated_files_are_fresh() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        same(&format!("{root}/docs/SETTINGS.md"), &markdown());
        same(&format!("{root}/tollgate.example.toml"), &example());
    }
}
