//! Credit is spent to the last nano-USD and never beyond (R-BILL-2), by many callers at once, on one process and on three.
//! Never here: kills (kill), providers that misbehave on purpose (hostile).

use process_tests::{
    Account, Call, Chance, Conversation, Database, Dialect, Ending, Folder, Gateway, Operator, Outcome, Providers,
    Setup, at, catalogue, crowd, ending, exchange, now, price_of, server,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);
const MASTER_KEY: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";
/// 100 answer tokens at 10.00 USD a million.
const PRICE: i64 = 1_000_000;
const SERVED: usize = 37;
const CALLERS: usize = 500;

/// Gateways that share a store, with providers behind them.
struct House {
    gateways: Vec<Gateway>,
    operator: Operator,
    _providers: Providers,
    _database: Option<Database>,
    _folder: Folder,
}

impl House {
    fn open(server: Option<&str>) -> Outcome<Self> {
        let (providers, folder) = (Providers::start("sim-upstream")?, Folder::new("exact")?);
        let database = server.map(Database::create).transpose()?;
        let count = if database.is_some() { 3 } else { 1 };
        let setup = |n: u32| {
            let setup = Setup::new(folder.path().join(format!("data-{n}")));
            let setup = setup.with("TOLLGATE_MASTER_KEY", MASTER_KEY).with("TOLLGATE_RELAY__SLICE_TOKENS", "16");
            match &database {
                Some(database) => setup.with("TOLLGATE_DATABASE__URL", &database.url),
                None => setup,
            }
        };
        let gateways = (0..count).map(|n| Gateway::start(&setup(n))).collect::<Outcome<Vec<_>>>()?;
        let operator = gateways[0].operator()?;
        operator.apply(&catalogue(providers.address))?;
        Ok(Self { gateways, operator, _providers: providers, _database: database, _folder: folder })
    }

    /// A customer that every gateway knows, with the catalogue there too.
    fn customer(&self, amount_usd: &str) -> Outcome<Account> {
        let account = self.operator.customer("exact", amount_usd)?;
        for gateway in &self.gateways {
            self.operator.at(gateway.address).knows(&account)?;
        }
        Ok(account)
    }

    fn calm(&self) -> Outcome<()> {
        self.gateways.iter().try_for_each(Gateway::calm)
    }
}

/// R6: 500 parallel calls against a balance for exactly 37.
fn exactly_37(server: Option<&str>) -> Outcome<()> {
    let house = House::open(server)?;
    let account = house.customer("0.037")?;
    let callers: Vec<usize> = (0..CALLERS).collect();
    let statuses = crowd(CALLERS, &callers, |n| {
        let call = Call {
            dialect: Dialect::ALL[n % 2],
            model: ["flat-openai", "flat-anthropic"][n / 2 % 2].to_owned(),
            text: format!("caller {n} [[sim: tokens=100 delay_ms=300]]"),
            max_tokens: 100,
            stream: false,
        };
        let address = house.gateways[n % house.gateways.len()].address;
        let reply = exchange(address, &call.request(&account.key), PATIENCE).map_err(at("a call"))?;
        ending(&call, &reply)
    })?;
    let statuses = statuses.into_iter().collect::<Outcome<Vec<Ending>>>()?;
    let count = |wanted: Ending| statuses.iter().filter(|s| **s == wanted).count();
    assert_eq!((count(Ending::Well), count(Ending::Refused(402))), (SERVED, CALLERS - SERVED));
    assert_eq!(house.operator.balance(&account)?, (0, 0));
    let rows = house.operator.rows(&account)?;
    let charges: Vec<i64> = rows.iter().map(|r| r.charge_nano).filter(|c| *c > 0).collect();
    assert_eq!(charges, vec![PRICE; SERVED]);
    books_balance(&house, &account, 37 * PRICE)?;
    house.calm()
}

/// R-API-13: callers of both surfaces spend one balance with one key. Sizes at random, streamed or not, some cut by the
/// provider, some left by the client.
fn random_sizes(server: Option<&str>) -> Outcome<()> {
    const GRANT: i64 = 100 * PRICE;
    let house = House::open(server)?;
    let account = house.customer("0.10")?;
    let chance = Chance::seeded()?;
    eprintln!("random sizes: seed {}", chance.seed());
    let calls: Vec<(Call, bool)> = (0..400).map(|_| draw(&chance)).collect();
    let (over, turn) = (AtomicBool::new(false), std::sync::atomic::AtomicUsize::new(0));
    let (endings, lowest) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&house.operator, &account, &over));
        let endings = crowd(48, &calls, |(call, leaves)| {
            let n = turn.fetch_add(1, Ordering::Relaxed);
            one(call, *leaves, house.gateways[n % house.gateways.len()].address, &account.key)
        });
        over.store(true, Ordering::Relaxed);
        (endings, watch.join())
    });
    let endings = endings?.into_iter().collect::<Outcome<Vec<Option<Ending>>>>()?;
    let (looks, lowest) = lowest.map_err(|_| "the watch panicked")??;
    assert!(lowest >= 0, "the balance was seen at {lowest}");
    let count = |wanted: Ending| endings.iter().filter(|e| **e == Some(wanted)).count();
    let (well, refused) = (count(Ending::Well), count(Ending::Refused(402)));
    eprintln!("{well} served, {refused} refused, {} others, {looks} looks", endings.len() - well - refused);
    assert!(well > 20 && refused > 20, "{well} served, {refused} refused");
    house.operator.no_holds(Duration::from_secs(5))?;
    books_balance(&house, &account, GRANT)?;
    crate::sums::agree(&house.operator, &account)?;
    house.calm()
}

/// No hold is open, the books agree, and what was granted is what is left and what was charged.
fn books_balance(house: &House, account: &Account, granted: i64) -> Outcome<()> {
    let audit = house.operator.audit()?;
    assert_eq!((audit.findings.as_slice(), audit.open_holds), (&[][..], 0));
    let charged: i64 = house.operator.rows(account)?.iter().map(|r| r.charge_nano).sum();
    let (posted, held) = house.operator.balance(account)?;
    assert_eq!((posted + charged, held), (granted, 0));
    assert_eq!(audit.charged_nano, charged);
    assert!(posted >= 0);
    Ok(())
}

fn draw(chance: &Chance) -> (Call, bool) {
    let stream = chance.once_in(2);
    let cut = if chance.once_in(5) { format!(" cut_after={}", chance.between(0, 10)) } else { String::new() };
    let tokens = chance.between(1, 250);
    let pace = chance.between(0, 4);
    let call = Call {
        dialect: Dialect::ALL[usize::from(chance.once_in(2))],
        model: if chance.once_in(2) { "to-openai" } else { "to-anthropic" }.to_owned(),
        text: format!("some words [[sim: tokens={tokens} pace_ms={pace}{cut}]]"),
        max_tokens: chance.between(1, 200),
        stream,
    };
    (call, stream && chance.once_in(8))
}

/// A call to its end; `None` when its client left.
fn one(call: &Call, leaves: bool, address: std::net::SocketAddr, key: &str) -> Outcome<Option<Ending>> {
    let mut conversation = Conversation::open(address, PATIENCE).map_err(at("a call"))?;
    conversation.send(&call.request(key)).map_err(at("a call"))?;
    let head = conversation.head().map_err(at("a call"))?;
    if leaves && head.status == 200 {
        conversation.frame().map_err(at("a call"))?;
        return Ok(None);
    }
    ending(call, &conversation.rest(head)).map(Some)
}

/// The lowest that balance, and balance less holds, were seen at; and how often it was looked.
fn watch(operator: &Operator, account: &Account, over: &AtomicBool) -> Outcome<(usize, i64)> {
    let (mut looks, mut lowest) = (0, i64::MAX);
    let end = now() + PATIENCE;
    while !over.load(Ordering::Relaxed) && now() < end {
        let (posted, held) = operator.balance(account)?;
        lowest = lowest.min(posted).min(posted - held);
        looks += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((looks, lowest))
}

/// A limit above what the model is said to give is held in full: nothing is written off when the provider gives more.
#[test]
fn a_limit_above_the_model_is_paid_for() -> Outcome<()> {
    let house = House::open(None)?;
    let account = house.customer("1.00")?;
    for dialect in Dialect::ALL {
        for (model, stream) in
            [("to-openai", false), ("to-openai", true), ("to-anthropic", false), ("to-anthropic", true)]
        {
            let text = "x [[sim: tokens=5000 burst]]".to_owned();
            let call = Call { dialect, model: model.to_owned(), text, max_tokens: 6_000, stream };
            assert_eq!(one(&call, false, house.gateways[0].address, &account.key)?, Some(Ending::Well));
        }
    }
    for row in house.operator.rows(&account)? {
        let count = |class: &str| row.value["tokens"][class].as_u64().unwrap_or(0);
        assert!(count("output") >= 4_096, "{}", row.value);
        assert_eq!(row.charge_nano, price_of(count("input"), count("output")), "{}", row.value);
    }
    books_balance(&house, &account, 1_000_000_000)
}

#[test]
fn exactly_37_of_500_on_sqlite() -> Outcome<()> {
    exactly_37(None)
}

#[test]
fn exactly_37_of_500_on_three_nodes() -> Outcome<()> {
    server("500 calls against credit for 37").map_or(Ok(()), |server| exactly_37(Some(&server)))
}

#[test]
fn random_sizes_on_sqlite() -> Outcome<()> {
    random_sizes(None)
}

#[test]
fn random_sizes_on_three_nodes() -> Outcome<()> {
    server("calls of random sizes").map_or(Ok(()), |server| random_sizes(Some(&server)))
}

fn heard_of(server: Option<&str>) -> Outcome<()> {
    let house = House::open(server)?;
    let account = house.customer("1.00")?;
    crate::sums::are_heard_of(&house.operator, &account, &house.gateways)?;
    house.calm()
}

#[test]
fn requests_are_heard_of_on_sqlite() -> Outcome<()> {
    heard_of(None)
}

#[test]
fn requests_are_heard_of_on_three_nodes() -> Outcome<()> {
    server("requests that are heard of on other nodes").map_or(Ok(()), |server| heard_of(Some(&server)))
}
