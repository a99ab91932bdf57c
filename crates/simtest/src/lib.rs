//! Whole calls through the whole gateway on one thread with a paused clock: scripted providers, a ledger in memory that can
//! fail, clients that hang up. In: a script. Out: what the client saw, what was charged. For tests only.
//! Never here: a socket, a file, real time; anything that ships.

mod asks;
mod book;
mod bucket;
mod chance;
mod crowd;
mod house;
mod nobody;
mod paper;
mod script;
mod seen;
mod settings;
mod shelf;
mod shelf_own;
mod shelf_seals;
mod words;

pub use book::Book;
pub use bucket::Bucket;
pub use chance::SimChance;
pub use crowd::Crowd;
pub use house::{Client, Setup, SimHouse};
pub use script::{Script, Step, Upstreams};
pub use seen::{Ending, Seen};
pub use words::{
    Speaks, block_start, block_text, chat_chunk, chat_end, json_answer, message_answer, message_end, message_start,
};
