//! What an operator asks of a running gateway. In: its address, a token. Out: accounts, rows, audits, as numbers.
//! Never here: a judgement.

use crate::{Outcome, at, exchange, raw, wait_until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use units::NanoUsd;

/// Longest wait for an answer of the API.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows of a page; the API gives no more.
const PAGE_ROWS: usize = 1_000;

/// The operator API of one gateway.
#[derive(Clone, Debug)]
pub struct Operator {
    address: SocketAddr,
    token: String,
}

/// A customer.
#[derive(Clone, Debug)]
pub struct Account {
    /// The id of its workspace.
    pub workspace: String,
    /// Its API key.
    pub key: String,
}

/// What the audit says.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What does not agree.
    pub findings: Vec<String>,
    /// Holds that are open.
    pub open_holds: u64,
    /// The journal's sum of charges.
    pub charged_nano: i64,
}

/// A usage row, as far as it is about money.
#[derive(Clone, Debug)]
pub struct Row {
    /// The request.
    pub id: String,
    /// Its charge.
    pub charge_nano: i64,
    /// All of it.
    pub value: Value,
}

impl Operator {
    /// Of the gateway at an address.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned() }
    }

    /// The same operator at another gateway on the same store.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, token: self.token.clone() }
    }

    /// The gateway's address.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for something.
    ///
    /// # Errors
    /// Any answer that is no success.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let what = format!("{method} {path}");
        let bearer = format!("Bearer {}", self.token);
        let body = body.map_or_else(Vec::new, |b| b.to_string().into_bytes());
        let request = raw(method, &format!("/api/manage{path}"), &[("authorization", &bearer)], &body);
        let reply = exchange(self.address, &request, PATIENCE).map_err(at(&what))?;
        if (200..300).contains(&reply.head.status) && reply.cut.is_none() {
            return Ok(reply.json());
        }
        Err(format!("{what}: {}", reply.shown()))
    }

    /// Puts a catalogue into force.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn apply(&self, catalogue: &Value) -> Outcome<()> {
        self.ask("PUT", "/catalogue", Some(catalogue)).map(|_| ())
    }

    /// A new workspace with that credit (decimal USD) and a key.
    ///
    /// # Errors
    /// What the API says.
    pub fn customer(&self, name: &str, amount_usd: &str) -> Outcome<Account> {
        let made = self.ask("POST", "/workspaces", Some(&json!({ "name": name })))?;
        let workspace = text(&made["id"])?;
        let credit = json!({ "amount_usd": amount_usd, "reason": "process test" });
        self.ask("POST", &format!("/workspaces/{workspace}/credit"), Some(&credit))?;
        let key = self.ask("POST", "/keys", Some(&json!({ "workspace": workspace, "name": name })))?;
        Ok(Account { workspace, key: text(&key["key"])? })
    }

    /// What a customer has and what of it is on hold, in nano-USD.
    ///
    /// # Errors
    /// When it is not there.
    pub fn balance(&self, account: &Account) -> Outcome<(i64, i64)> {
        let found = self.ask("GET", &format!("/workspaces/{}", account.workspace), None)?;
        Ok((nano(&found["balance_usd"])?, nano(&found["holds_usd"])?))
    }

    /// All usage rows of a customer.
    ///
    /// # Errors
    /// What the API says.
    pub fn rows(&self, account: &Account) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        let first = format!("/usage?limit={PAGE_ROWS}&workspace={}", account.workspace);
        let mut path = first.clone();
        loop {
            let page = self.ask("GET", &path, None)?;
            for value in page["data"].as_array().into_iter().flatten() {
                let charge = value["charge_nano_usd"].as_i64().ok_or("a row without a charge")?;
                rows.push(Row { id: text(&value["request_id"])?, charge_nano: charge, value: value.clone() });
            }
            match page["next"].as_str() {
                Some(next) => path = format!("{first}&before={next}"),
                None => return Ok(rows),
            }
        }
    }

    /// Recomputes the books.
    ///
    /// # Errors
    /// When there is no report.
    pub fn audit(&self) -> Outcome<Audit> {
        Audit::read(&self.ask("GET", "/audit", None)?)
    }

    /// Waits until no hold is open.
    ///
    /// # Errors
    /// When `patience` ends first.
    pub fn no_holds(&self, patience: Duration) -> Outcome<Audit> {
        wait_until("no hold is open", patience, || Ok(Some(self.audit()?).filter(|a| a.open_holds == 0)))
    }

    /// Waits until a key works here and the catalogue is in force: another gateway may have made both.
    ///
    /// # Errors
    /// When it does not within 10 s.
    pub fn knows(&self, account: &Account) -> Outcome<()> {
        let asked =
            raw("GET", "/v1/models/to-openai", &[("authorization", &format!("Bearer {}", account.key))], b"");
        wait_until("key and model work on every gateway", Duration::from_secs(10), || {
            let reply = exchange(self.address, &asked, PATIENCE).map_err(at("GET /v1/models"))?;
            Ok((reply.head.status == 200).then_some(()))
        })
    }
}

impl Audit {
    /// From the report of the API or of the command.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(report: &Value) -> Outcome<Self> {
        let findings = report["findings"].as_array().ok_or_else(|| format!("no report: {report}"))?;
        Ok(Self {
            findings: findings.iter().map(ToString::to_string).collect(),
            open_holds: report["open_holds"].as_u64().ok_or("a report without open_holds")?,
            charged_nano: report["charged_nano_usd"].as_i64().ok_or("a report without charges")?,
        })
    }
}

fn text(value: &Value) -> Outcome<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("not a text: {value}"))
}

fn nano(value: &Value) -> Outcome<i64> {
    NanoUsd::parse_usd(&text(value)?).map(NanoUsd::nano).map_err(at("an amount"))
}
