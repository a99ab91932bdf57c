//! Keys that `login` keeps on this machine, one for each server. In: an environment, an address. Out: a file that its owner alone
//! reads. Never here: operator tokens, asking a server.

use crate::cli::exit::Trouble;
use crate::config::Environment;
use crate::master_key::write_private;
use crate::wiring::make_private_dir;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use units::Secret;

/// A key that is kept.
pub struct Kept {
    /// Where it calls: the server's address and a base path.
    pub base_url: String,
    /// The key.
    pub key: Secret<String>,
}

/// The file: `tollgate/credentials.json` where programs keep their settings.
pub struct Credentials(PathBuf);

impl Credentials {
    /// Finds its place. Nothing has to be there yet.
    pub fn find(environment: &impl Environment) -> Result<Self, Trouble> {
        let folder =
            |name: &str| environment.get(name).filter(|path| Path::new(path).is_absolute()).map(PathBuf::from);
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let told = "neither XDG_CONFIG_HOME nor HOME says where to keep a key";
        config
            .map(|config| Self(config.join("tollgate/credentials.json")))
            .ok_or_else(|| Trouble::Usage(told.into()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn unreadable(&self, why: impl std::fmt::Display) -> Trouble {
        Trouble::Failed(format!("{}: {why}", self.0.display()))
    }

    fn servers(&self) -> Result<Map<String, Value>, Trouble> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Map::new()),
            Err(error) => return Err(self.unreadable(error)),
        };
        let mut file: Value = serde_json::from_str(&text).map_err(|error| self.unreadable(error))?;
        match file["servers"].take() {
            Value::Object(servers) => Ok(servers),
            Value::Null => Ok(Map::new()),
            _ => Err(self.unreadable("expected `servers` to be an object")),
        }
    }

    fn write(&self, servers: &Map<String, Value>) -> Result<(), Trouble> {
        let text = serde_json::to_string_pretty(&json!({ "servers": servers })).map_err(|e| self.unreadable(e))?;
        let new = self.0.with_extension(format!("{}.new", std::process::id()));
        let folder = self.0.parent().unwrap_or(Path::new("/"));
        // Whoever reads it meanwhile has the whole of the old one or of the new one.
        make_private_dir(folder)
            .and_then(|()| write_private(&new, &text))
            .and_then(|()| std::fs::rename(&new, &self.0))
            .map_err(|error| self.unreadable(error))
    }

    /// The key for a server.
    pub fn of(&self, server: &str) -> Result<Option<Kept>, Trouble> {
        let servers = self.servers()?;
        let kept = servers.get(server);
        let text = |name: &str| kept.and_then(|kept| kept[name].as_str()).map(str::to_owned);
        Ok(text("base_url").zip(text("key")).map(|(base_url, key)| Kept { base_url, key: Secret::new(key) }))
    }

    /// Keeps a key in the place of the one before.
    pub fn keep(&self, server: &str, kept: &Kept) -> Result<(), Trouble> {
        let mut servers = self.servers()?;
        servers.insert(server.to_owned(), json!({ "base_url": kept.base_url, "key": kept.key.expose() }));
        self.write(&servers)
    }

    /// Forgets a key; says whether there was one.
    pub fn forget(&self, server: &str) -> Result<bool, Trouble> {
        let mut servers = self.servers()?;
        let had = servers.remove(server).is_some();
        if had {
            self.write(&servers)?;
        }
        Ok(had)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Home(PathBuf);

    impl Environment for Home {
        fn get(&self, name: &str) -> Option<String> {
            (name == "HOME").then(|| self.0.display().to_string())
        }

        fn names(&self) -> Vec<String> {
            vec!["HOME".into()]
        }
    }

    impl Drop for Home {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// R-WEB-4: a key for each server, in a file that nobody else reads.
    #[test]
    fn r_web_4_keys_are_kept_for_each_server() {
        let home = Home(std::env::temp_dir().join(format!("tollgate-login-{}", std::process::id())));
        let credentials = Credentials::find(&home).unwrap();
        let kept = |key: &str| Kept { base_url: "http://a/v1".into(), key: Secret::new(key.into()) };
        let found = |server: &str| credentials.of(server).unwrap().map(|kept| kept.key.expose().clone());
        assert_eq!((found("http://a"), credentials.forget("http://a").unwrap()), (None, false));
        credentials.keep("http://a", &kept("one")).unwrap();
        credentials.keep("http://b", &kept("two")).unwrap();
        credentials.keep("http://a", &kept("three")).unwrap();
        assert_eq!((found("http://a").as_deref(), found("http://b").as_deref()), (Some("three"), Some("two")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(credentials.path()), mode(credentials.path().parent().unwrap())), (0o600, 0o700));
        }
        assert!(credentials.forget("http://a").unwrap());
        assert_eq!((found("http://a"), found("http://b").as_deref()), (None, Some("two")));
        std::fs::write(credentials.path(), "{").unwrap();
        assert!(credentials.keep("http://a", &kept("four")).is_err());
    }
}
