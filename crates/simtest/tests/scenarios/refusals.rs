//! Calls that are refused again and again: each is answered and logged, and so many of a minute leave a record. In: floods on a paused
//! clock. Out: usage rows. Never here: which call is refused for what (limits, rules, money).

use crate::{ask, secs};
use serde_json::json;
use simtest::{Client, Setup, SimHouse, json_answer};
use tokio::time::advance;
use units::NanoUsd;

/// Records of refused calls that one workspace leaves in a minute (`server::limits`).
const RECORDED: usize = 60;

/// R-USE-1: who cannot pay, or asks wrongly, is answered and logged each time, but does not fill the disk with records.
#[tokio::test(start_paused = true)]
async fn r_use_1_refusals_leave_so_many_records_a_minute() {
    let wrong = json!({ "model": "gone", "messages": [{ "role": "user", "content": "x" }] });
    for (body, status) in [(ask(false), 402), (wrong, 404)] {
        let sim = SimHouse::open(Setup { credit: NanoUsd::ZERO, ..Setup::default() }).await;
        // Two minutes that begin anew, whenever the simulation began.
        for minute in 1..=2 {
            advance(secs(60)).await;
            sim.log.take();
            for _ in 0..RECORDED + 5 {
                assert_eq!(sim.chat(&body, Client::ReadsAll).await.status, status);
            }
            assert_eq!(sim.book.rows().len(), minute * RECORDED, "{status}");
            assert_eq!(sim.log.take().matches("request.done").count(), RECORDED + 5, "{status}");
        }
        // What is paid has its record all the same.
        sim.manage("POST", "/workspaces/sim/credit", &json!({ "amount_usd": "1", "reason": "paid" })).await;
        sim.upstreams.set("one", vec![json_answer("Hello", 10, 5)]);
        assert_eq!(sim.chat(&ask(false), Client::ReadsAll).await.status, 200);
        assert_eq!(sim.book.rows().len(), 2 * RECORDED + 1, "{status}");
    }
}
