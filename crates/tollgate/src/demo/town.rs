//! The people of the demonstration, and what they did: they sign up by letters, make keys, get credit, bring a key of their own. In: a
//! house on a clock of the past. Out: keys, passwords. Everything goes through the management API, as it would come by the network.
//! Never here: when it happens (history), calls of models.

use crate::demo::clock::Moving;
use crate::demo::history::HistoryError;
use crate::demo::kept::{Kept, SignIn};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use server::{House, Inside, Question};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use units::{Chance, Clock, KeyId, Timestamp};

/// A letter is looked for so often, so many times.
const LETTER_LOOKS: (Duration, u32) = (Duration::from_millis(5), 1_000);
/// Letters and digits that nobody takes for others.
const PLAIN: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Where people are: addresses that are kept for examples.
const ADDRESSES: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// Somebody.
#[derive(Clone, Copy, Debug)]
pub struct Somebody {
    /// Their name.
    pub name: &'static str,
    /// Their address.
    pub email: &'static str,
    /// Their place in an address block of theirs.
    pub host: u8,
}

const fn somebody(name: &'static str, email: &'static str, host: u8) -> Somebody {
    Somebody { name, email, host }
}

/// Who runs the platform.
pub const OPERATOR: Somebody = somebody("Olga Orlova", "operator@example.com", 0);
/// Who writes programs.
pub const DEVELOPER: Somebody = somebody("Dev Ndiaye", "developer@example.com", 1);
/// Who looks.
pub const VIEWER: Somebody = somebody("Vera Lind", "viewer@example.com", 2);
/// Who owns the first workspace.
pub const ADA: Somebody = somebody("Ada Okafor", "ada@example.com", 3);
/// Who owns the second one.
pub const NOOR: Somebody = somebody("Noor Haddad", "noor@northwind.example", 4);
/// Who pays its bills.
pub const BILLS: Somebody = somebody("Bill Tanaka", "bills@example.com", 5);

/// A house with people in it.
pub struct Town {
    /// The house.
    pub house: Arc<House>,
    /// Its time.
    pub clock: Arc<Moving>,
    inside: Inside,
    chance: Arc<dyn Chance>,
    /// Where the data are.
    data: PathBuf,
    passwords: BTreeMap<&'static str, String>,
    /// Keys by name: their ids, since when, and their texts.
    keys: BTreeMap<&'static str, (KeyId, Timestamp, String)>,
}

/// As whom something is asked.
struct As {
    headers: Vec<(HeaderName, HeaderValue)>,
    from: IpAddr,
}

impl Town {
    /// An empty one.
    pub fn new(house: Arc<House>, clock: Arc<Moving>, data: PathBuf) -> Self {
        let (inside, chance) = (Inside::new(house.clone()), house.chance.clone());
        Self { house, clock, inside, chance, data, passwords: BTreeMap::new(), keys: BTreeMap::new() }
    }

    /// The key of a program, where it is there at that time.
    pub fn key(&self, name: &str, at: Timestamp) -> Option<KeyId> {
        self.keys.get(name).filter(|(_, since, _)| *since <= at).map(|(id, _, _)| *id)
    }

    /// What is kept for whoever starts it.
    pub fn kept(&self, seed: u64, working: &[&'static str]) -> Kept {
        let people = [("operator", OPERATOR), ("developer", DEVELOPER), ("viewer", VIEWER)];
        let sign_in = |(who, somebody): (&str, Somebody)| SignIn {
            who: who.to_owned(),
            email: somebody.email.to_owned(),
            password: self.passwords.get(somebody.email).cloned().unwrap_or_default(),
        };
        let text = |name: &&str| Some(((*name).to_owned(), self.keys.get(*name)?.2.clone()));
        Kept {
            seed: Some(seed),
            api_key: self.keys.get("demo key").map(|(_, _, text)| text.clone()).unwrap_or_default(),
            people: people.into_iter().map(sign_in).collect(),
            programs: working.iter().filter_map(text).collect(),
        }
    }

    async fn ask(&self, who: &As, (method, path): (Method, &str), body: Value) -> Result<Value, HistoryError> {
        let told = format!("{method} {path}");
        let question = Question { method, path, headers: &who.headers, body, from: who.from };
        let answer = self.inside.ask(question).await;
        let answer = answer.ok_or_else(|| HistoryError::Refused { what: told.clone(), told: Value::Null })?;
        match answer.status < 400 {
            true => Ok(answer.body),
            false => Err(HistoryError::Refused { what: told, told: answer.body }),
        }
    }

    /// The first operator's token, as on the machine itself.
    fn at_home(&self) -> Result<As, HistoryError> {
        let text = read(crate::wiring::token_file(&self.data))?;
        let bearer = HeaderValue::try_from(format!("Bearer {text}"));
        let bearer = bearer.map_err(|_| HistoryError::Letter("operator"))?;
        Ok(As { headers: vec![(AUTHORIZATION, bearer)], from: Ipv4Addr::LOCALHOST.into() })
    }

    fn nobody(who: Somebody) -> As {
        let [a, b, c, d] = ADDRESSES.octets();
        As { headers: Vec::new(), from: Ipv4Addr::new(a, b, c, d.saturating_add(who.host)).into() }
    }

    /// A new session of somebody.
    async fn signed_in(&self, who: Somebody) -> Result<As, HistoryError> {
        let nobody = Self::nobody(who);
        let password = self.passwords.get(who.email).map_or("", String::as_str);
        let body = json!({ "email": who.email, "password": password });
        let question = Question { method: Method::POST, path: "/session", headers: &[], body, from: nobody.from };
        let answer = self.inside.ask(question).await;
        let opened = answer.and_then(|answer| {
            let csrf = HeaderValue::from_str(answer.body["csrf_token"].as_str()?).ok()?;
            Some(vec![(COOKIE, answer.cookie?), (HeaderName::from_static("x-csrf-token"), csrf)])
        });
        let headers = opened.ok_or(HistoryError::Letter(who.email))?;
        Ok(As { headers, ..nobody })
    }

    /// A password that can be typed; it is new each time, whatever the seed.
    fn new_password(&mut self, who: Somebody) -> String {
        let mut random = [0; 12];
        self.chance.fill(&mut random);
        let letters: Vec<char> = random.iter().map(|n| char::from(PLAIN[usize::from(n % 32)])).collect();
        let words: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
        let password = words.join("-");
        self.passwords.insert(who.email, password.clone());
        password
    }

    /// The first operator is made, by the token that lies beside the data.
    pub async fn set_up(&mut self) -> Result<(), HistoryError> {
        let token = read(crate::wiring::setup_file(&self.data))?;
        let password = self.new_password(OPERATOR);
        let body = json!({ "token": token, "email": OPERATOR.email, "name": OPERATOR.name, "password": password });
        self.ask(&Self::nobody(OPERATOR), (Method::POST, "/setup"), body).await.map(drop)
    }

    /// The catalogue is put in force.
    pub async fn sell(&self, catalogue: &Value) -> Result<(), HistoryError> {
        let operator = self.signed_in(OPERATOR).await?;
        self.ask(&operator, (Method::PUT, "/catalogue"), catalogue.clone()).await.map(drop)
    }

    /// The operator makes a workspace, and gives it credit.
    pub async fn found(&self, name: &str, slug: &str) -> Result<(), HistoryError> {
        let body = json!({ "name": name, "slug": slug });
        self.ask(&self.at_home()?, (Method::POST, "/workspaces"), body).await.map(drop)
    }

    /// The operator gives credit.
    pub async fn grant(&self, slug: &str, body: Value) -> Result<(), HistoryError> {
        let path = format!("/workspaces/{slug}/credit");
        let operator = self.signed_in(OPERATOR).await?;
        self.ask(&operator, (Method::POST, &path), body).await.map(drop)
    }

    /// Somebody is invited, signs up by the letter some time later, and is in.
    pub async fn join(&mut self, who: Somebody, by: Option<Somebody>, slug: &str) -> Result<(), HistoryError> {
        let role = match who.email {
            email if email == VIEWER.email => "viewer",
            email if email == DEVELOPER.email => "developer",
            email if email == BILLS.email => "billing",
            _ => "owner",
        };
        let token = self.invited((who.email, role), by, slug).await?;
        let known = self.passwords.contains_key(who.email);
        self.clock.set(self.clock.now().plus(Duration::from_secs(14 * 60 + u64::from(who.host) * 77)));
        if !known {
            let password = self.new_password(who);
            let body = json!({ "email": who.email, "name": who.name, "password": password, "invitation": token });
            return self.ask(&Self::nobody(who), (Method::POST, "/register"), body).await.map(drop);
        }
        let person = self.signed_in(who).await?;
        self.ask(&person, (Method::POST, "/invitations/accept"), json!({ "token": token })).await.map(drop)
    }

    /// Invites, and reads the letter.
    async fn invited(
        &self,
        (email, role): (&'static str, &str),
        by: Option<Somebody>,
        slug: &str,
    ) -> Result<String, HistoryError> {
        let host = match by {
            Some(by) => self.signed_in(by).await?,
            None => self.at_home()?,
        };
        let path = format!("/workspaces/{slug}/invitations");
        self.ask(&host, (Method::POST, &path), json!({ "email": email, "role": role })).await?;
        for _ in 0..LETTER_LOOKS.1 {
            if let Some(token) = self.letter(email) {
                return Ok(token);
            }
            tokio::time::sleep(LETTER_LOOKS.0).await;
        }
        Err(HistoryError::Letter(email))
    }

    /// The token of the letter of now with an invitation to an address.
    fn letter(&self, to: &str) -> Option<String> {
        let folder = std::fs::read_dir(self.data.join("mail")).ok()?;
        let mut paths: Vec<PathBuf> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let now = format!("{}-", self.clock.now().ms());
        let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
        paths.retain(|path| name(path).is_some_and(|name| name.starts_with(&now) && name.ends_with(".eml")));
        let token = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).ok()?.replace("=\r\n", "");
            let (head, link) = text.split_once("/invitation#")?;
            head.contains(&format!("To: {to}")).then(|| link.split_whitespace().next().map(str::to_owned))?
        };
        paths.iter().find_map(token)
    }

    /// An invitation that nobody accepts; it may be withdrawn.
    pub async fn invite_in_vain(&self, email: &'static str, withdrawn: bool) -> Result<(), HistoryError> {
        let ada = self.signed_in(ADA).await?;
        let path = "/workspaces/demo/invitations";
        let made = self.ask(&ada, (Method::POST, path), json!({ "email": email, "role": "developer" })).await?;
        if let Some(id) = made["id"].as_str().filter(|_| withdrawn) {
            self.clock.set(self.clock.now().plus(Duration::from_secs(6 * 60)));
            self.ask(&ada, (Method::DELETE, &format!("{path}/{id}")), Value::Null).await?;
        }
        Ok(())
    }

    /// Somebody makes a key.
    pub async fn make_key(
        &mut self,
        by: Somebody,
        (slug, name): (&str, &'static str),
        rules: Value,
    ) -> Result<(), HistoryError> {
        let person = self.signed_in(by).await?;
        let path = format!("/workspaces/{slug}/keys");
        let made = self.ask(&person, (Method::POST, &path), json!({ "name": name, "rules": rules })).await?;
        let read = made["id"].as_str().and_then(|id| id.parse().ok()).zip(made["key"].as_str());
        let (id, text) = read.ok_or(HistoryError::Letter(name))?;
        self.keys.insert(name, (id, self.clock.now(), text.to_owned()));
        Ok(())
    }

    /// The owner of the first workspace does something to one of its keys.
    pub async fn tend_key(&mut self, name: &'static str, how: &Tending) -> Result<(), HistoryError> {
        let Some((id, ..)) = self.keys.get(name) else { return Err(HistoryError::Letter(name)) };
        let path = format!("/workspaces/demo/keys/{id}");
        let ada = self.signed_in(ADA).await?;
        match how {
            Tending::Revoke => self.ask(&ada, (Method::DELETE, &path), Value::Null).await?,
            Tending::Change(rules) => self.ask(&ada, (Method::PATCH, &path), json!({ "rules": rules })).await?,
            Tending::Rotate => {
                let made = self.ask(&ada, (Method::POST, &format!("{path}/rotate")), json!({})).await?;
                if let (Some(text), Some(kept)) = (made["key"].as_str(), self.keys.get_mut(name)) {
                    text.clone_into(&mut kept.2);
                }
                made
            }
        };
        Ok(())
    }

    /// The second workspace brings a key of its own to a provider.
    pub async fn bring_own_key(&self) -> Result<(), HistoryError> {
        let noor = self.signed_in(NOOR).await?;
        let own = json!({ "provider": "simulated-gemini", "label": "our own account", "key": "sim-own-credential-northwind" });
        self.ask(&noor, (Method::POST, "/workspaces/northwind/provider-keys"), own).await.map(drop)
    }

    /// A program may manage the first workspace.
    pub async fn make_management_key(&self) -> Result<(), HistoryError> {
        let ada = self.signed_in(ADA).await?;
        let ends = self.clock.now().plus(Duration::from_secs(180 * 86_400)).to_string();
        let body = json!({ "name": "deployment", "role": "admin", "expires_at": ends });
        self.ask(&ada, (Method::POST, "/workspaces/demo/management-keys"), body).await.map(drop)
    }

    /// What each member of the first workspace may spend.
    pub async fn cap_members(&self) -> Result<(), HistoryError> {
        let ada = self.signed_in(ADA).await?;
        let rules = json!({ "rules": { "member": { "day_micro_usd": 40_000_000_u64 } } });
        self.ask(&ada, (Method::PATCH, "/workspaces/demo"), rules).await.map(drop)
    }
}

/// What is done to a key.
#[derive(Debug)]
pub enum Tending {
    /// It gets other rules.
    Change(Value),
    /// It gets a new text.
    Rotate,
    /// It ends.
    Revoke,
}

fn read(path: PathBuf) -> Result<String, HistoryError> {
    let read = std::fs::read_to_string(&path);
    read.map(|text| text.trim().to_owned()).map_err(|cause| HistoryError::File(path, cause))
}
