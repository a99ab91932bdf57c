//! The whole product as processes: gateways that are started, killed and audited, simulated providers that outlive them,
//! clients over plain sockets. In: a binary, seeds. Out: helpers of the tests beside this and of `cargo xtask soak`.
//! Never here: the gateway's own code (it is looked at from outside only); anything that ships.

mod binary;
mod broken;
mod browser;
mod call;
mod catalogue;
mod chance;
mod clock;
mod collector;
mod crash;
mod crowd;
mod database;
mod document;
mod ending;
mod folder;
mod gateway;
mod http;
mod load;
mod operator;
mod providers;
mod redis_server;
mod shell;

pub use binary::binary;
pub use broken::{Broken, broken_bodies, broken_texts, good, hostile_bodies};
pub use browser::Browser;
pub use call::{Call, Dialect, raw};
pub use catalogue::{NANO_PER_INPUT, NANO_PER_OUTPUT, catalogue, price_of};
pub use chance::Chance;
pub use clock::{WallClock, now, wait_until};
pub use collector::Collector;
pub use crash::{Plan, Store, Tally};
pub use crowd::crowd;
pub use database::{Database, certificate, server};
pub use document::{Document, Operation};
pub use ending::{Ending, ending, events};
pub use folder::Folder;
pub use gateway::{Ended, Gateway, MASTER_KEY, Setup};
pub use http::{Conversation, Head, Reply, exchange};
pub use load::load;
pub use operator::{Account, Audit, Operator, Row};
pub use providers::Providers;
pub use redis_server::RedisServer;
pub use shell::{Begun, Shell, Told};

/// What came of a step: a value, or why a test fails.
pub type Outcome<T> = Result<T, String>;

/// Any error with the step that it happened in.
pub fn at<E: std::fmt::Display>(step: &str) -> impl Fn(E) -> String {
    move |error| format!("{step}: {error}")
}
