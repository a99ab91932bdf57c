//! Coming and going: streams end well at SIGTERM, a data folder has one owner, a wrong master key is told.
//! Never here: kill -9 (kill).

use crate::world::{PATIENCE, World};
use process_tests::{Call, Conversation, Dialect, Ending, Gateway, Outcome, at, catalogue, crowd, ending};
use std::sync::Barrier;
use std::time::Duration;

const STREAMS: usize = 8;

fn stream(n: usize, directive: &str) -> Call {
    let model = ["to-openai", "to-anthropic"][n / 2 % 2].to_owned();
    let text = format!("stream {n} [[sim: {directive}]]");
    Call { dialect: Dialect::ALL[n % 2], model, text, max_tokens: 200, stream: true }
}

/// Reads a stream to its end; `begun` is met after its first frame.
fn read(world: &World, call: &Call, begun: &Barrier) -> Outcome<Ending> {
    let first = Conversation::open(world.gateway.address, PATIENCE).and_then(|mut conversation| {
        conversation.send(&call.request(&world.account.key))?;
        let head = conversation.head()?;
        let frame = conversation.frame()?;
        Ok((conversation, head, frame))
    });
    begun.wait();
    let (mut conversation, head, frame) = first.map_err(at("a stream"))?;
    let mut reply = conversation.rest(head);
    reply.body.splice(0..0, frame.unwrap_or_default());
    ending(call, &reply)
}

/// Starts streams, asks the process to end once all have begun, and gives back how they ended.
fn end_under_streams(world: &World, directive: &str) -> Outcome<Vec<Outcome<Ending>>> {
    let calls: Vec<Call> = (0..STREAMS).map(|n| stream(n, directive)).collect();
    let begun = Barrier::new(STREAMS + 1);
    std::thread::scope(|scope| {
        let readers = scope.spawn(|| crowd(STREAMS, &calls, |call| read(world, call, &begun)));
        begun.wait();
        world.gateway.terminate()?;
        readers.join().map_err(|_| "a reader panicked".to_owned())?
    })
}

#[test]
fn streams_end_well_and_are_charged_at_sigterm() -> Outcome<()> {
    let mut world = World::open("sim-upstream", &[("TOLLGATE_SERVER__DRAIN_TIME_MAX_MS", "10000")], catalogue)?;
    let endings = end_under_streams(&world, "tokens=100 pace_ms=30")?;
    assert_eq!(endings, vec![Ok(Ending::Well); STREAMS]);
    let ended = world.gateway.ended(Duration::from_secs(10))?;
    assert_eq!(ended.code, Some(0), "{}", world.gateway.log());
    world.gateway.calm()?;
    assert!(Conversation::open(world.gateway.address, PATIENCE).is_err(), "somebody still listens");
    let (code, report) = world.setup.audit_offline()?;
    assert_eq!((code, &report["clean"], &report["open_holds"]), (0, &true.into(), &0.into()), "{report}");

    // The folder is free again, and everything is in it.
    world.gateway = Gateway::start(&world.setup)?;
    world.operator = world.gateway.operator()?;
    let rows = world.operator.rows(&world.account)?;
    assert_eq!(rows.len(), STREAMS);
    for row in rows {
        assert_eq!(row.value["tokens"]["output"], 100, "{}", row.value);
        assert!(row.charge_nano > 1_000_000 && row.value["partial"] == false, "{}", row.value);
    }
    world.settled()
}

/// R-ERR-6, R-BILL-5: what outlives the drain time ends inside its protocol and is charged for what passed.
#[test]
fn r_err_6_what_outlives_the_drain_time_ends_and_is_charged() -> Outcome<()> {
    let mut world = World::open("sim-upstream", &[("TOLLGATE_SERVER__DRAIN_TIME_MAX_MS", "400")], catalogue)?;
    let endings = end_under_streams(&world, "tokens=200 pace_ms=200")?;
    assert!(endings.iter().all(|ending| *ending == Ok(Ending::Broken)), "{endings:?}");
    let ended = world.gateway.ended(Duration::from_secs(5))?;
    assert_eq!(ended.code, Some(0), "{}", world.gateway.log());
    world.gateway = Gateway::start(&world.setup)?;
    world.operator = world.gateway.operator()?;
    let rows = world.operator.rows(&world.account)?;
    assert_eq!(rows.len(), STREAMS);
    for row in rows {
        let value = &row.value;
        assert!(row.charge_nano > 0 && value["partial"] == true, "{value}");
        assert_eq!(value["fault"], "unavailable", "{value}");
    }
    world.settled()
}

/// A client that takes nothing of its answer cannot keep it from being charged.
#[test]
fn a_reader_that_stalls_is_charged_at_sigterm() -> Outcome<()> {
    let mut world = World::open("sim-upstream", &[("TOLLGATE_SERVER__DRAIN_TIME_MAX_MS", "300")], catalogue)?;
    let mut call = stream(0, "tokens=1000000");
    call.max_tokens = 1_000_000;
    let mut stalled = Conversation::open(world.gateway.address, PATIENCE).map_err(at("a stream"))?;
    stalled.send(&call.request(&world.account.key)).map_err(at("a stream"))?;
    assert_eq!(stalled.head().map_err(at("a head"))?.status, 200);
    // Until the sockets between us are full.
    std::thread::sleep(Duration::from_millis(700));
    world.gateway.terminate()?;
    let ended = world.gateway.ended(Duration::from_secs(10))?;
    assert_eq!(ended.code, Some(0), "{}", world.gateway.log());
    world.gateway = Gateway::start(&world.setup)?;
    world.operator = world.gateway.operator()?;
    let rows = world.operator.rows(&world.account)?;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].charge_nano > 0, "{}", rows[0].value);
    world.settled()
}

#[test]
fn a_data_folder_has_one_owner_and_one_master_key() -> Outcome<()> {
    let mut world = World::open("sim-upstream", &[], catalogue)?;
    let (code, told) = world.setup.refused()?;
    assert_eq!(code, 1);
    assert!(told.contains("in use by another process"), "{told}");
    let (ending, _) = world.call(&stream(0, "tokens=5"))?;
    assert_eq!(ending, Ending::Well, "the first process was disturbed");

    world.gateway.terminate()?;
    assert_eq!(world.gateway.ended(PATIENCE)?.code, Some(0));
    let (code, told) = world.setup.clone().with("TOLLGATE_MASTER_KEY", &"ab".repeat(32)).refused()?;
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("`master_key` is not the one this store was started with"), "{told}");

    world.gateway = Gateway::start(&world.setup)?;
    world.operator = world.gateway.operator()?;
    let (ending, _) = world.call(&stream(1, "tokens=5"))?;
    assert_eq!(ending, Ending::Well);
    world.settled()
}
