//! What a relay is to do, complete: nothing in it is looked up again. In: what the pipeline found. Out: the same.
//! Never here: anything that can fail.

use crate::entry::Entry;
use crate::live::LiveModel;
use crate::relay::quote::Quote;
use bytes::Bytes;
use canon::{Loss, Request, Tally};
use dialect::{Peek, RequestHead};
use std::sync::Arc;
use store::port::KeyRow;

/// How a request is paid.
#[derive(Clone, Debug)]
pub enum Terms {
    /// The model is explicitly free: no hold, no charge.
    Free,
    /// By a quote.
    Billed(Box<Quote>),
}

impl Terms {
    /// Whether only a report of the provider tells what a call costs of which so much is known: its answer may be billed
    /// beyond what shows, or its prompt is larger than its text.
    pub fn needs_report(&self, tally: &Tally) -> bool {
        match self {
            Self::Free => false,
            Self::Billed(quote) => {
                let untold = quote.untold_prompt && tally.usage().prompt_total() == 0;
                quote.hides || tally.hidden_reasoning() || untold
            }
        }
    }
}

/// One model call.
pub struct Job {
    /// Its id, door and times.
    pub entry: Entry,
    /// Who asks.
    pub caller: Arc<KeyRow>,
    /// For what.
    pub model: Arc<LiveModel>,
    /// The body as it came.
    pub body: Bytes,
    /// What a look at it showed.
    pub peek: Peek,
    /// What the headers said.
    pub head: RequestHead,
    /// The body decoded, where a route speaks another dialect.
    pub decoded: Option<(Request, Vec<Loss>)>,
    /// The places of routes that must not be asked.
    pub passed_over: Vec<usize>,
    /// How it is paid.
    pub terms: Terms,
}

impl Job {
    /// No provider will be asked any more: the request itself is let go. A conversation may be megabytes, and its answer
    /// may take minutes.
    pub fn let_go(&mut self) {
        self.body = Bytes::new();
        self.decoded = None;
    }
}
