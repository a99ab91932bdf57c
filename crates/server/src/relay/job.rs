//! What a relay is to do, complete: nothing in it is looked up again. In: what the pipeline found. Out: the same.
//! Never here: anything that can fail.

use crate::callers::LiveKey;
use crate::entry::Entry;
use crate::kept::Keeping;
use crate::live::LiveModel;
use crate::relay::quote::Quote;
use crate::relay::sample::Sample;
use crate::room::Share;
use bytes::Bytes;
use canon::{Dialect, Loss, Request, Tally};
use dialect::{Echo, EmbeddingInputs, Peek, RequestHead};
use ledger::{Cap, Caps, Counted};
use limits::Permit;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use units::Tokens;

/// How a request is paid.
#[derive(Clone, Debug)]
pub enum Terms {
    /// The model is explicitly free: no hold, no charge.
    Free,
    /// By a quote.
    Billed(Box<Quote>),
}

impl Job {
    /// Whether the requests of somebody whom it counts for have a cap.
    pub fn counts_requests(&self) -> bool {
        self.caps.iter().any(Cap::is_of_requests)
    }
}

impl Terms {
    /// Whether only a report of the provider tells what a call costs of which so much is known: its answer may be billed
    /// beyond what shows, or its prompt is larger than its text. Pictures cost much and show only at their end.
    pub fn needs_report(&self, tally: &Tally) -> bool {
        match self {
            Self::Free => false,
            Self::Billed(quote) => {
                let untold = quote.untold_prompt && tally.usage().prompt_total() == 0;
                quote.hides || tally.hidden_reasoning() || untold || quote.ordered.is_some()
            }
        }
    }
}

/// One model call.
pub struct Job {
    /// Its id, door and times.
    pub entry: Entry,
    /// Who asks.
    pub caller: Arc<LiveKey>,
    /// What the limits gave, for each model that was turned to: it is free again when the call has ended.
    pub permits: Mutex<Vec<Permit>>,
    /// Whose spend it counts for besides the key's.
    pub counts_for: Counted,
    /// What it may not exceed, whatever the balance is.
    pub caps: Caps,
    /// For what.
    pub model: Arc<LiveModel>,
    /// The models that serve in its place, in order, where it cannot.
    pub instead: VecDeque<Arc<LiveModel>>,
    /// The body as it came.
    pub body: Bytes,
    /// The room it takes.
    pub share: Option<Share>,
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
    /// Pieces of the body, kept when the body is let go: by them a prompt is estimated that no provider reports.
    pub sample: Sample,
    /// Whether a stream is one JSON array.
    pub array: bool,
    /// What links of the answer begin with; empty where it has none.
    pub origin: String,
    /// The content type of a body that is a form.
    pub form: Option<String>,
    /// What the answer repeats of the request (Responses).
    pub echo: Echo,
    /// What is to be kept beside the answer.
    pub keeping: Option<Keeping>,
    /// What was left out of the body before anybody is asked.
    pub losses: Vec<Loss>,
    /// The tokens of a prompt that came as tokens, where no provider reports them.
    pub counted: Option<Tokens>,
}

impl Job {
    /// No provider will be asked any more: the request itself is let go, but for a sample. A conversation may be megabytes,
    /// and its answer may take minutes.
    pub fn let_go(&mut self) {
        if matches!(self.terms, Terms::Billed(_)) {
            self.sample = Sample::of(&self.body, self.entry.id);
        }
        if self.peek.dialect == Dialect::Embeddings
            && let Some(EmbeddingInputs::Tokens(tokens)) = dialect::embedding_inputs(&self.body)
        {
            self.counted = Some(tokens);
        }
        self.body = Bytes::new();
        if self.keeping.is_none() {
            self.share = None;
        }
        self.decoded = None;
    }
}
