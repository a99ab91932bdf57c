//! What whoever starts the demonstration again must still know: passwords and keys of its people, which the store keeps as digests
//! alone. In: a data folder. Out: a file in it that its owner alone reads. Never here: secrets of anything but the demonstration.

use crate::master_key::write_private;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// How somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// What they are there for.
    pub who: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// What the month was made of, where there is one.
    pub seed: Option<u64>,
    /// The key to try it with.
    pub api_key: String,
    /// Who can sign in.
    pub people: Vec<SignIn>,
    /// Programs that go on calling, with their keys.
    pub programs: Vec<(String, String)>,
}

/// Where it is kept.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("demo.json")
}

impl Kept {
    /// What was kept; `None` where nothing was, or it cannot be read.
    pub fn read(data_dir: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file(data_dir)).ok()?;
        let value: Value = serde_json::from_str(&text).ok()?;
        let word = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let person = |one: &Value| {
            Some(SignIn { who: word(one, "who")?, email: word(one, "email")?, password: word(one, "password")? })
        };
        let program = |one: &Value| Some((word(one, "name")?, word(one, "key")?));
        Some(Self {
            seed: value["seed"].as_u64(),
            api_key: word(&value, "api_key")?,
            people: value["people"].as_array()?.iter().filter_map(person).collect(),
            programs: value["programs"].as_array()?.iter().filter_map(program).collect(),
        })
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        let programs: Vec<Value> =
            self.programs.iter().map(|(name, key)| json!({ "name": name, "key": key })).collect();
        let value = json!({
            "seed": self.seed, "api_key": self.api_key, "people": self.people(), "programs": programs,
        });
        write_private(&file(data_dir), &format!("{value:#}\n"))
    }

    /// Who can sign in, as JSON.
    pub fn people(&self) -> Value {
        let told = |one: &SignIn| json!({ "who": one.who, "email": one.email, "password": one.password });
        self.people.iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_is_for_its_owner_alone() {
        let dir = std::env::temp_dir().join(format!("tollgate-kept-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        assert_eq!(Kept::read(&dir), None);
        let sign_in = SignIn { who: "viewer".into(), email: "v@example.com".into(), password: "p".into() };
        let kept = Kept {
            seed: Some(u64::MAX),
            api_key: "k".into(),
            people: vec![sign_in],
            programs: vec![("a".into(), "b".into())],
        };
        kept.write(&dir).unwrap();
        assert_eq!(Kept::read(&dir), Some(kept));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(file(&dir)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(file(&dir), "{}").unwrap();
        assert_eq!(Kept::read(&dir), None);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
