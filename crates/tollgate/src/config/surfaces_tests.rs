//! Tables about surfaces and presets. In: settings as people write them. Out: surfaces, or what is told of mistakes.
//! Never here: files, which load.rs reads.

use super::*;
use crate::config::declare::{Kind, SETTINGS};
use crate::config::{Config, Environment, Layers, example, print};
use server::PRESETS;

struct Map(Vec<(&'static str, &'static str)>);

impl Environment for Map {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(n, _)| (*n).to_owned()).collect()
    }
}

fn load(env: &[(&'static str, &'static str)]) -> Result<(Config, Loaded), Vec<String>> {
    let loaded = Config::load(&Layers { file: None, env: &Map(env.to_vec()), flags: Vec::new() });
    loaded.map_err(|all| all.into_iter().map(|m| m.to_string()).collect())
}

fn from_file(name: &str, text: &str) -> Result<Config, String> {
    let path = std::env::temp_dir().join(format!("tollgate-surfaces-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let loaded = Config::load(&Layers { file: Some(&path), env: &Map(Vec::new()), flags: Vec::new() });
    std::fs::remove_file(&path).unwrap();
    loaded.map(|(config, _)| config).map_err(|all| {
        let told: Vec<_> = all.into_iter().map(|m| m.told).collect();
        told.join("; ")
    })
}

/// The words of settings are the words of the code.
#[test]
fn words_are_the_codes_own() {
    let choices = |settings: &[crate::config::declare::Setting], key: &str| {
        let setting = settings.iter().find(|s| s.key == key).unwrap();
        match setting.kind {
            Kind::Choice(words) | Kind::Words(words) => words.to_vec(),
            _ => Vec::new(),
        }
    };
    let presets: Vec<_> = PRESETS.iter().map(|preset| preset.word).collect();
    assert_eq!(choices(SETTINGS, "preset"), presets);
    let starts: Vec<_> = PRESETS.iter().filter(|p| !p.surfaces().is_empty()).map(|p| p.word).collect();
    assert_eq!(choices(OF_SURFACE, "from"), starts);
    let styles: Vec<_> = Style::ALL.iter().map(|style| style.name()).collect();
    assert_eq!(choices(OF_SURFACE, "style"), styles);
    assert_eq!(choices(OF_SURFACE, "families"), Families::NAMES);
    let prefix = SETTINGS.iter().find(|s| s.key == "keys.prefix").unwrap().default;
    assert_eq!(Preset::named("default").unwrap().key_prefix, prefix);
}

/// R-API-1: one word sets everything; what is set by texts is what the preset says.
#[test]
fn r_api_1_a_preset_is_one_word() {
    let default = load(&[]).unwrap().0;
    assert_eq!(default.surfaces, server::default_surfaces());
    assert_eq!(default.server.key_prefix, "sk-tg-");
    for preset in PRESETS.iter().filter(|p| p.word != "none") {
        let (config, _) = load(&[("TOLLGATE_PRESET", preset.word)]).unwrap();
        assert_eq!(config.surfaces, preset.surfaces(), "{}", preset.word);
        assert_eq!(config.server.key_prefix, preset.key_prefix);
    }
    let told = |word| {
        let (config, _) = load(&[("TOLLGATE_PRESET", word)]).unwrap();
        let bases: Vec<_> = config.surfaces.iter().map(|s| format!("{} {}", s.base, s.style.name())).collect();
        (bases.join(", "), config.surfaces[0].chat_id_prefix.to_string(), config.server.key_prefix)
    };
    for (word, bases, id, prefix) in [
        ("000", "/api/v1 numeric", "chatcmpl_", "ez-"),
        ("001", "/v1 openai", "req_", "sk-"),
        ("002", "/v1 detail", "cmpl_", "zk_live_"),
        ("003", "/v1 router, /anthropic/v1 anthropic", "chatcmpl-", "sk-"),
        ("004", "/api/v1 coded", "chatcmpl-", "sk_live_"),
    ] {
        assert_eq!(told(word), (bases.to_owned(), id.to_owned(), prefix.to_owned()), "{word}");
    }
    let first = |word| load(&[("TOLLGATE_PRESET", word)]).unwrap().0.surfaces.swap_remove(0);
    assert_eq!((first("000").folded(503), first("000").folded(529), first("004").folded(503)), (502, 502, 503));
    assert!(first("003").always_stream && !first("000").always_stream && first("002").always_usage);
}

/// What is said beside a preset wins, and everything in force is printed with where it came from.
#[test]
fn r_api_1_settings_win_over_presets() {
    let (config, loaded) = load(&[
        ("TOLLGATE_PRESET", "000"),
        ("TOLLGATE_KEYS__PREFIX", "acme-"),
        ("TOLLGATE_SURFACE__API__STYLE", "detail"),
        ("TOLLGATE_SURFACE__MORE__BASE", "/more/v1"),
        ("TOLLGATE_SURFACE__MORE__FROM", "003"),
        ("TOLLGATE_SURFACE__MORE__FAMILIES", "openai, account"),
        ("TOLLGATE_SURFACE__BARE__BASE", "/bare"),
    ])
    .unwrap();
    let [api, bare, more] = &config.surfaces[..] else { panic!("{:?}", config.surfaces) };
    assert_eq!((&*api.base, api.style, api.folded(503)), ("/api/v1", Style::Detail, 502));
    assert_eq!((&*more.base, more.style, more.always_stream), ("/more/v1", Style::Router, true));
    assert_eq!(more.families.names(), ["openai", "account"]);
    assert_eq!((&*bare.base, bare.style, bare.families), ("/bare", Style::OpenAi, Families::ALL));
    assert_eq!(config.server.key_prefix, "acme-");
    let rows = print(&loaded);
    let row = |key: &str| rows.iter().find(|(k, _, _)| k == key).map(|(_, v, o)| format!("{v} ({o})"));
    assert_eq!(row("surface.api.style").unwrap(), "detail (TOLLGATE_SURFACE__API__STYLE)");
    assert_eq!(row("surface.api.fold").unwrap(), "503=502,529=502 (preset 000)");
    assert_eq!(row("surface.more.always_stream").unwrap(), "true (preset 003)");
    assert_eq!(row("surface.bare.style").unwrap(), "openai (default)");
    assert_eq!(config.base_of(|f| f.anthropic), Some("/bare"));
}

#[test]
fn r_api_1_files_declare_surfaces() {
    let config = from_file(
        "good",
        "preset = \"none\"\n[surface.one]\nbase = \"/a/b.c\"\nfamilies = [\"gemini\"]\nalways_stream = true\n\
         fold = [\"529=503\", \"413=400\"]\n[surface.two]\nfrom = \"002\"\nbase = \"/two\"\n",
    )
    .unwrap();
    assert_eq!(config.surfaces[0].fold, vec![(529, 503), (413, 400)]);
    assert_eq!((&*config.surfaces[1].chat_id_prefix, config.surfaces[1].style), ("cmpl_", Style::Detail));
    // The example is a file with a surface in it.
    let lines = example();
    assert!(lines.contains("\n[surface.more]") && lines.contains("# families = [\"openai\","));
    for (name, text, told) in [
        ("array", "[surface.v1]\nfamilies = [1]", "`surface.v1.families` must be a list of texts"),
        ("field", "[surface.v1]\nbas = \"/x\"", "did you mean `surface.v1.base`?"),
        ("name", "[surface.V1]\nbase = \"/x\"", "`surface.V1`: the name must be"),
        ("text", "[surface]\nv1 = \"/x\"", "`surface.v1` must be a table"),
        ("deep", "[surface.v1.base]\nx = 1", "`surface.v1.base` must be a text"),
    ] {
        let found = from_file(name, text).err().unwrap_or_default();
        assert!(found.contains(told), "{name}: {found}");
    }
}

/// R-API-1: what cannot be is told by the name of the setting.
#[test]
fn r_api_1_mistakes_about_surfaces_are_told_by_name() {
    for (env, told) in [
        (&[("TOLLGATE_PRESET", "005")][..], "TOLLGATE_PRESET: `preset` must be one of default, 000,"),
        (&[("TOLLGATE_PRESET", "none")], "`preset` leaves no surface"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/v1")], "`surface.x.base` must not be the base of `surface.v1`"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/v1/more")], "must not be the base of `surface.v1`, nor lie below"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/anthropic")], "`surface.anthropic`, nor lie below or above it"),
        (&[("TOLLGATE_SURFACE__X__BASE", "v2")], "`surface.x.base` must be a path such as /v1"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/v2/")], "`surface.x.base` must be a path"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/")], "`surface.x.base` must be a path"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/{id}")], "`surface.x.base` must be a path"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/a/../b")], "`surface.x.base` must be a path"),
        (&[("TOLLGATE_SURFACE__X__STYLE", "openai")], "`surface.x.base` must be a path"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/api/manage/x")], "must keep away from /api/manage"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/api")], "must keep away from /api/manage"),
        (&[("TOLLGATE_SURFACE__X__BASE", "/readyz")], "must keep away from /readyz"),
        (&[("TOLLGATE_SURFACE__V1__FAMILIES", "openai,video")], "`surface.v1.families` must be some of openai,"),
        (&[("TOLLGATE_SURFACE__V1__FAMILIES", "")], "`surface.v1.families` must be some of"),
        (&[("TOLLGATE_SURFACE__V1__STYLE", "plain")], "`surface.v1.style` must be one of openai,"),
        (&[("TOLLGATE_SURFACE__V1__ALWAYS_STREAM", "yes")], "`surface.v1.always_stream` must be one of"),
        (&[("TOLLGATE_SURFACE__V1__FROM", "none")], "`surface.v1.from` must be one of"),
        (&[("TOLLGATE_SURFACE__V1__FOLD", "401=200")], "`surface.v1.fold` must be pairs"),
        (&[("TOLLGATE_SURFACE__V1__FOLD", "401=500")], "`surface.v1.fold` must be pairs"),
        (&[("TOLLGATE_SURFACE__V1__CHAT_ID_PREFIX", "a b")], "`surface.v1.chat_id_prefix` must be 1 to 32"),
        (&[("TOLLGATE_SURFACE__V1__BAS", "/x")], "TOLLGATE_SURFACE__V1__BAS: there is no such setting"),
        (&[("TOLLGATE_SURFACE__A_B__BASE", "/x")], "TOLLGATE_SURFACE__A_B__BASE: there is no such setting"),
    ] {
        let found = load(env).err().unwrap_or_default().join("; ");
        assert!(found.contains(told), "{env:?}: {found}");
    }
}

/// docs/SURFACES.md tells each preset as it is.
#[test]
fn the_page_of_surfaces_tells_the_presets() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SURFACES.md")).unwrap();
    for preset in PRESETS {
        let surfaces = (preset.named)();
        for (name, surface) in &surfaces {
            let facts =
                texts(surface).map(|(_, text)| if text.is_empty() { "-".to_owned() } else { format!("`{text}`") });
            let row = format!("| `{}` | `{name}` | {} | `{}` |", preset.word, facts.join(" | "), preset.key_prefix);
            assert!(page.contains(&row), "docs/SURFACES.md lacks\n{row}");
        }
    }
}
