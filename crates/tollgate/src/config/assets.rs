//! Settings of kept pictures and of the links to them. In: loaded texts. Out: settings of the server, or mistakes by name.
//! Never here: whether a bucket answers.

use crate::config::load::{Loaded, Mistake, Origin};
use http::Uri;
use server::{AssetHome, AssetSettings, BucketSettings};
use std::path::Path;
use std::time::Duration;
use units::Secret;

/// What must be said where a bucket is named.
const WITH_BUCKET: [&str; 4] =
    ["assets.endpoint", "assets.region", "assets.access_key_id", "assets.secret_access_key"];

fn text<'a>(loaded: &'a Loaded, key: &str) -> &'a str {
    loaded.get(key).map_or("", |(text, _)| text.as_str())
}

/// The settings, of texts without mistakes.
pub fn settings(loaded: &Loaded) -> AssetSettings {
    let number = |key: &str| text(loaded, key).parse::<u64>().unwrap_or(0);
    let owned = |key: &str| text(loaded, key).to_owned();
    let prefix = text(loaded, "assets.prefix").trim_end_matches('/');
    let home = match text(loaded, "assets.bucket") {
        "" => AssetHome::Folder {
            dir: Path::new(text(loaded, "data.dir")).join("assets"),
            bytes_max: number("assets.folder_bytes_max"),
        },
        bucket => AssetHome::Bucket(BucketSettings {
            endpoint: owned("assets.endpoint"),
            region: owned("assets.region"),
            bucket: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            path_style: text(loaded, "assets.path_style") == "true",
            access_key_id: Secret::new(owned("assets.access_key_id")),
            secret_access_key: Secret::new(owned("assets.secret_access_key")),
        }),
    };
    AssetSettings {
        link_for: Duration::from_millis(number("assets.link_ms")),
        kept_for: Duration::from_millis(number("assets.kept_ms")),
        home,
    }
}

/// What is wrong with the texts, each by the name of its setting.
pub fn mistakes(loaded: &Loaded) -> Vec<Mistake> {
    let origin = |key: &str| loaded.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
    let mut out = Vec::new();
    let mut wrong = |key: &str, told: &str| {
        out.push(Mistake { origin: origin(key), told: format!("`{key}` {told}") });
    };
    let number = |key: &str| text(loaded, key).parse::<u64>().ok();
    if number("assets.kept_ms").zip(number("assets.link_ms")).is_some_and(|(kept, link)| kept < link) {
        wrong("assets.kept_ms", "must be at least `assets.link_ms`: a link to a picture that is gone is no link");
    }
    let public = text(loaded, "server.public_url");
    if !public.is_empty() && !is_base(public) {
        wrong("server.public_url", "must be http(s)://host, perhaps with a port and a path, and nothing else");
    }
    let bucket = text(loaded, "assets.bucket");
    if bucket.is_empty() {
        return out;
    }
    for key in WITH_BUCKET {
        if text(loaded, key).is_empty() {
            wrong(key, "must be said where `assets.bucket` is");
        }
    }
    let endpoint = text(loaded, "assets.endpoint");
    if !endpoint.is_empty() && !is_base(endpoint) {
        wrong("assets.endpoint", "must be http(s)://host, perhaps with a port, and nothing else");
    }
    // Both become parts of an address that is signed as it is written.
    if !is_plain(bucket) || bucket.contains('/') {
        wrong("assets.bucket", "must be letters, digits, '-', '_' or '.'");
    }
    let prefix = text(loaded, "assets.prefix").trim_end_matches('/');
    if !prefix.is_empty() && !is_plain(prefix) {
        wrong("assets.prefix", "must be names of letters, digits, '-', '_' or '.', with a '/' between them");
    }
    out
}

/// Whether a text is names between slashes, none of which leads elsewhere.
fn is_plain(text: &str) -> bool {
    let name = |name: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !name.is_empty() && name != "." && name != ".." && name.bytes().all(known)
    };
    text.split('/').all(name)
}

/// Whether paths can be put behind an address.
fn is_base(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'@' | b'"' | b'<' | b'>' | b'\\');
    let uri: Option<Uri> = text.parse().ok().filter(|_| text.bytes().all(plain));
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|h| !h.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment, Layers};

    struct Map(Vec<(&'static str, &'static str)>);

    impl Environment for Map {
        fn get(&self, name: &str) -> Option<String> {
            self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        }
        fn names(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn load(env: &[(&'static str, &'static str)]) -> Result<Config, Vec<String>> {
        let loaded = Config::load(&Layers { file: None, env: &Map(env.to_vec()), flags: Vec::new() });
        loaded.map(|(config, _)| config).map_err(|all| all.into_iter().map(|m| m.told).collect())
    }

    const BUCKET: [(&str, &str); 4] = [
        ("TOLLGATE_ASSETS__BUCKET", "pictures"),
        ("TOLLGATE_ASSETS__ENDPOINT", "http://127.0.0.1:9000"),
        ("TOLLGATE_ASSETS__ACCESS_KEY_ID", "id"),
        ("TOLLGATE_ASSETS__SECRET_ACCESS_KEY", "sesame"),
    ];

    /// R-API-8: a folder unless a bucket is named, and no secret in what is printed.
    #[test]
    fn r_api_8_pictures_have_a_home() {
        let AssetHome::Folder { dir, bytes_max } = load(&[]).unwrap().server.assets.home else {
            panic!("a bucket")
        };
        assert_eq!((dir.as_path(), bytes_max), (Path::new("tollgate-data/assets"), 10 << 30));
        let prefix = ("TOLLGATE_ASSETS__PREFIX", "a/b");
        let config = load(&[&BUCKET[..], &[prefix]].concat()).unwrap();
        let AssetHome::Bucket(bucket) = &config.server.assets.home else { panic!("a folder") };
        assert_eq!((bucket.prefix.as_str(), bucket.path_style), ("a/b/", true));
        assert!(!format!("{config:?}").contains("sesame"));
        let public = load(&[("TOLLGATE_SERVER__PUBLIC_URL", "https://a.example/")]).unwrap();
        assert_eq!(public.server.public_url.as_deref(), Some("https://a.example"));
    }

    /// R-API-8: what cannot work is refused at the start, by name.
    #[test]
    fn r_api_8_mistakes_about_pictures_are_told_by_name() {
        let told = |env: &[(&'static str, &'static str)]| load(env).err().unwrap_or_default().join("; ");
        let shorter = [("TOLLGATE_ASSETS__KEPT_MS", "1000"), ("TOLLGATE_ASSETS__LINK_MS", "1001")];
        assert!(told(&shorter).contains("`assets.kept_ms` must be at least `assets.link_ms`"));
        assert_eq!(told(&[shorter[0], ("TOLLGATE_ASSETS__LINK_MS", "1000")]), "");
        let bare = told(&BUCKET[..1]);
        for key in ["assets.endpoint", "assets.access_key_id", "assets.secret_access_key"] {
            assert!(bare.contains(&format!("`{key}` must be said")), "{bare}");
        }
        for (name, value, key) in [
            ("TOLLGATE_SERVER__PUBLIC_URL", "api.example.com", "server.public_url"),
            ("TOLLGATE_SERVER__PUBLIC_URL", "https://u:p@api.example.com", "server.public_url"),
            ("TOLLGATE_SERVER__PUBLIC_URL", "https://api.example.com/?x=1", "server.public_url"),
            ("TOLLGATE_SERVER__PUBLIC_URL", "javascript://x", "server.public_url"),
            ("TOLLGATE_ASSETS__PREFIX", "a/../b", "assets.prefix"),
            ("TOLLGATE_ASSETS__PREFIX", "/a", "assets.prefix"),
            ("TOLLGATE_ASSETS__PREFIX", "a b", "assets.prefix"),
        ] {
            let told = told(&[&BUCKET[..], &[(name, value)]].concat());
            assert!(told.contains(&format!("`{key}` must be")), "{value}: {told}");
        }
        let mut other = BUCKET;
        other[0].1 = "a/b";
        assert!(told(&other).contains("`assets.bucket` must be"));
        other[1].1 = "ftp://x";
        assert!(told(&other).contains("`assets.endpoint` must be"));
    }
}
