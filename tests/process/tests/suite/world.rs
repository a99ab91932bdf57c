//! One gateway on SQLite with providers behind it, and a customer. In: a canary, settings, a catalogue. Out: calls and
//! what they cost. Never here: what is expected of them.

use process_tests::{
    Account, Call, Dialect, Ending, Folder, Gateway, Operator, Outcome, Providers, Reply, Setup, at, ending,
    exchange,
};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;

pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running gateway with all that it needs. The gateway goes first.
pub struct World {
    pub gateway: Gateway,
    pub operator: Operator,
    pub account: Account,
    pub providers: Providers,
    pub setup: Setup,
    _folder: Folder,
}

impl World {
    pub fn open(
        canary: &str,
        settings: &[(&str, &str)],
        catalogue: impl FnOnce(SocketAddr) -> Value,
    ) -> Outcome<Self> {
        let (providers, folder) = (Providers::start(canary)?, Folder::new("world")?);
        let setup = Setup::new(folder.path().join("data"));
        let setup = settings.iter().fold(setup, |setup, (name, value)| setup.with(name, value));
        let gateway = Gateway::start(&setup)?;
        let operator = gateway.operator()?;
        operator.apply(&catalogue(providers.address))?;
        let account = operator.customer("Customer", "100.00")?;
        Ok(Self { gateway, operator, account, providers, setup, _folder: folder })
    }

    /// A call, and how it ended.
    pub fn call(&self, call: &Call) -> Outcome<(Ending, Reply)> {
        let what = format!("{:?} {} stream={} {}", call.dialect, call.model, call.stream, call.text);
        let reply =
            exchange(self.gateway.address, &call.request(&self.account.key), PATIENCE).map_err(at(&what))?;
        let judged = ending(call, &reply).map_err(at(&what))?;
        Ok((judged, reply))
    }

    /// Anything, as bytes.
    pub fn send(&self, request: &[u8]) -> Outcome<Reply> {
        exchange(self.gateway.address, request, PATIENCE).map_err(at("a request"))
    }

    /// The `request.done` lines of a request that were written whole so far.
    pub fn done_lines(&self, id: &str) -> Vec<Value> {
        let log = self.gateway.log();
        let whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let lines = whole.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"] == "request.done" && line["request.id"] == id).collect()
    }

    /// That nothing is open, the books agree, and the process is well.
    pub fn settled(&self) -> Outcome<()> {
        let audit = self.operator.no_holds(Duration::from_secs(5))?;
        assert_eq!(audit.findings, Vec::<String>::new());
        let (posted, held) = self.operator.balance(&self.account)?;
        assert_eq!((held, posted), (0, 100_000_000_000 - audit.charged_nano));
        self.gateway.calm()
    }
}

/// A text said by both kinds of clients to both kinds of providers, streamed and not.
pub fn all_pairs(text: &str, max_tokens: u64) -> Vec<Call> {
    let mut calls = Vec::new();
    for dialect in Dialect::ALL {
        for model in ["to-openai", "to-anthropic"] {
            for stream in [false, true] {
                let (model, text) = (model.to_owned(), text.to_owned());
                calls.push(Call { dialect, model, text, max_tokens, stream });
            }
        }
    }
    calls
}
