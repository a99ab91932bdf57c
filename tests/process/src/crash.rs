//! kill -9 under load, again and again: what a client saw end is charged exactly once, nothing else is, no hold is left.
//! In: a store, how many kills, a seed. Out: a tally that must be all zero but for kills and ends.
//! Never here: the load (another process), the invariants of the ledger (its audit, from outside).

use crate::{
    Account, Audit, Chance, Database, Folder, Gateway, MASTER_KEY, Operator, Outcome, Providers, Setup, at,
    catalogue, wait_until,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a dead node's holds live on PostgreSQL.
const LEASE: Duration = Duration::from_secs(2);
/// More than a round can use, in USD.
const CREDIT: &str = "100.00";
const CREDIT_NANO: i64 = 100_000_000_000;

/// Which store is killed.
#[derive(Clone, Debug)]
pub enum Store {
    /// One process on SQLite.
    Sqlite,
    /// Two processes on one database of this server.
    Postgres(String),
}

/// What is to be done.
pub struct Plan {
    /// Which store.
    pub store: Store,
    /// How many processes are killed at least.
    pub kills: usize,
    /// Seed of the moments and the load.
    pub chance: Chance,
    /// The program whose verb `client` makes the load.
    pub client: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Processes killed.
    pub kills: usize,
    /// Ends that clients saw.
    pub ends: usize,
    /// Answers that said honestly that they failed: a starved node may lose its lease. No harm, but no load either.
    pub refused: usize,
    /// Ends without a usage row or without a charge.
    pub lost: usize,
    /// Requests with more than one row, and sums that are too large.
    pub double: usize,
    /// Charges that are not the price, malformed answers, sums that do not agree otherwise, holds that stay.
    pub wrong: usize,
    /// Findings of audits, before and after recovery.
    pub findings: usize,
    /// Holds of dead processes.
    pub voided: u64,
    /// What each of the above is about.
    pub details: Vec<String>,
}

impl Tally {
    /// Whether nothing was found.
    pub const fn is_clean(&self) -> bool {
        self.lost + self.double + self.wrong + self.findings == 0
    }

    fn wrong(&mut self, what: String) {
        self.wrong += 1;
        self.details.push(what);
    }

    fn audited(&mut self, when: &str, audit: &Audit) {
        self.findings += audit.findings.len();
        self.details.extend(audit.findings.iter().map(|finding| format!("{when}: {finding}")));
    }
}

impl Plan {
    /// Kills and looks until there were enough kills; `told` hears of every round.
    ///
    /// # Errors
    /// When the test itself cannot run (a process that does not start, a store that is not there).
    pub fn run(self, mut told: impl FnMut(&Tally)) -> Outcome<Tally> {
        let mut site = Site::open(&self)?;
        let mut tally = Tally::default();
        let mut round = 0;
        while tally.kills < self.kills {
            site.round(&self, round, &mut tally)?;
            round += 1;
            told(&tally);
        }
        Ok(tally)
    }
}

/// Everything that lives longer than a round. The gateways go first when this is dropped, the files last.
struct Site {
    gateways: Vec<Gateway>,
    setups: Vec<Setup>,
    operator: Operator,
    charged_before: i64,
    _providers: Providers,
    _database: Option<Database>,
    folder: Folder,
}

impl Site {
    fn open(plan: &Plan) -> Outcome<Self> {
        let providers = Providers::start("sim-upstream")?;
        let folder = Folder::new("crash")?;
        let (database, setups) = match &plan.store {
            Store::Sqlite => (None, vec![Setup::new(folder.path().join("data"))]),
            Store::Postgres(server) => {
                let database = Database::create(server)?;
                let setup = |n: u32| {
                    let setup = Setup::new(folder.path().join(format!("data-{n}")));
                    let lease = LEASE.as_millis().to_string();
                    setup
                        .with("TOLLGATE_DATABASE__URL", &database.url)
                        .with("TOLLGATE_DATABASE__LEASE_MS", &lease)
                        .with("TOLLGATE_MASTER_KEY", MASTER_KEY)
                };
                let setups = vec![setup(0), setup(1)];
                (Some(database), setups)
            }
        };
        // Extensions ahead of use are part of the load.
        let setups: Vec<Setup> = setups.into_iter().map(|s| s.with("TOLLGATE_RELAY__SLICE_TOKENS", "32")).collect();
        let gateways = setups.iter().map(Gateway::start).collect::<Outcome<Vec<_>>>()?;
        let first = gateways.first().ok_or("no gateway")?;
        let operator = first.operator()?;
        operator.apply(&catalogue(providers.address))?;
        Ok(Self {
            gateways,
            setups,
            operator,
            charged_before: 0,
            _providers: providers,
            _database: database,
            folder,
        })
    }

    /// Load, death, a look at the corpse, recovery, a look at the books.
    fn round(&mut self, plan: &Plan, round: usize, tally: &mut Tally) -> Outcome<()> {
        let account = self.operator.customer(&format!("round {round}"), CREDIT)?;
        let mut clients = Vec::new();
        for (n, gateway) in self.gateways.iter().enumerate() {
            self.operator.at(gateway.address).knows(&account)?;
            let file = self.folder.path().join(format!("ends-{round}-{n}"));
            clients.push((start_client(plan, gateway, &account, &file)?, file));
        }
        for (_, file) in &clients {
            wait_until("a client sees an end", Duration::from_secs(20), || {
                Ok(read(file).contains('\n').then_some(()))
            })?;
        }
        std::thread::sleep(Duration::from_micros(plan.chance.between(20_000, 1_600_000)));
        // Sometimes a node survives, and it is the survivor that must void the holds of the dead.
        let victims = if self.gateways.len() > 1 && round % 3 == 2 { 1 } else { self.gateways.len() };
        for gateway in self.gateways.iter_mut().take(victims) {
            gateway.kill()?;
            gateway.calm()?;
            tally.kills += 1;
            if victims > 1 {
                std::thread::sleep(Duration::from_micros(plan.chance.between(0, 300_000)));
            }
        }
        // What the dead process has sent is read to its last byte.
        std::thread::sleep(Duration::from_millis(60));
        let mut ends = String::new();
        for (mut client, file) in clients {
            client.kill().map_err(at("kill the client"))?;
            client.wait().map_err(at("wait for the client"))?;
            ends.push_str(&read(&file));
            // The folder must not grow with the rounds.
            std::fs::remove_file(&file).map_err(at("the file of ends"))?;
        }
        self.recover(victims, round, tally)?;
        self.compare(&account, &ends, tally)
    }

    /// The dead are looked at, then started again.
    fn recover(&mut self, victims: usize, round: usize, tally: &mut Tally) -> Outcome<()> {
        let first = self.setups.first().ok_or("no gateway")?;
        let (_, report) = first.audit_offline()?;
        let corpse = Audit::read(&report)?;
        tally.audited(&format!("round {round}, before recovery"), &corpse);
        for (gateway, setup) in self.gateways.iter_mut().zip(&self.setups).take(victims) {
            *gateway = Gateway::start(setup)?;
            gateway.calm()?;
        }
        let first = self.gateways.first().ok_or("no gateway")?;
        self.operator = self.operator.at(first.address);
        let risen = self.operator.audit()?;
        tally.audited(&format!("round {round}, after recovery"), &risen);
        if self.gateways.len() > 1 {
            // They live until their owner's lease ends; a survivor's own have ended by now.
            tally.voided += risen.open_holds;
        } else {
            tally.voided += corpse.open_holds;
            if risen.open_holds > 0 {
                tally.wrong(format!("round {round}: {} holds survived the start", risen.open_holds));
            }
        }
        let patience = LEASE + Duration::from_secs(1);
        if let Err(what) = self.operator.no_holds(patience) {
            tally.wrong(format!("round {round}: {what}"));
        }
        Ok(())
    }

    /// Ends against rows, rows against the balance, everything against the journal.
    fn compare(&mut self, account: &Account, ends: &str, tally: &mut Tally) -> Outcome<()> {
        let mut rows: HashMap<String, (usize, i64)> = HashMap::new();
        let mut charged = 0;
        for row in self.operator.rows(account)? {
            let entry = rows.entry(row.id).or_default();
            entry.0 += 1;
            entry.1 += row.charge_nano;
            charged += row.charge_nano;
        }
        for (id, (count, _)) in rows.iter().filter(|(_, (count, _))| *count > 1) {
            tally.double += 1;
            tally.details.push(format!("{id}: {count} usage rows"));
        }
        for line in ends.lines().filter_map(|line| line.strip_suffix('.')) {
            if line.starts_with("NOT ") {
                tally.refused += 1;
                tally.details.push(line.to_owned());
                continue;
            }
            let Some((id, price)) = line.strip_prefix("END ").and_then(|rest| rest.split_once(' ')) else {
                tally.wrong(line.to_owned());
                continue;
            };
            tally.ends += 1;
            match rows.get(id) {
                None | Some((_, 0)) => {
                    tally.lost += 1;
                    tally.details.push(format!("{id}: seen to end, {:?}", rows.get(id)));
                }
                Some((_, charge)) if charge.to_string() != price => {
                    tally.wrong(format!("{id}: charged {charge}, the price is {price}"));
                }
                Some(_) => {}
            }
        }
        let (posted, held) = self.operator.balance(account)?;
        let audit = self.operator.audit()?;
        tally.audited("at the end of a round", &audit);
        if charged != CREDIT_NANO - posted || held != 0 {
            tally.wrong(format!("rows sum to {charged}, {posted} of {CREDIT_NANO} is left, {held} held"));
        }
        self.charged_before += charged;
        if audit.charged_nano != self.charged_before {
            let (journal, rows) = (audit.charged_nano, self.charged_before);
            tally.double += usize::from(journal > rows);
            tally.wrong(format!("the journal sums to {journal}, all rows to {rows}"));
            self.charged_before = journal;
        }
        Ok(())
    }
}

fn start_client(plan: &Plan, gateway: &Gateway, account: &Account, file: &std::path::Path) -> Outcome<Child> {
    let mut client = Command::new(&plan.client);
    client.args(["client", &gateway.address.to_string(), &account.key, &plan.chance.next().to_string()]).arg(file);
    client.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(at("the client"))
}

fn read(file: &std::path::Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
