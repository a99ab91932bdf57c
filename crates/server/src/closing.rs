//! The last words of a process that is asked to end. In: the phases of the end, set by the thread's own loop. Out: what
//! runs there can wait for them. Never here: how long a phase takes (listen), what is said then (relay).

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// The end of one worker thread, seen by what still runs on it.
#[derive(Clone, Default)]
pub struct Closing {
    last_call: CancellationToken,
    cut: CancellationToken,
}

impl Closing {
    /// Every answer under way is to end now, inside its protocol, and be charged.
    pub fn call_last(&self) {
        self.last_call.cancel();
    }

    /// Whoever still reads is hung up on: relays end without their clients.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    /// Ends at the last call.
    pub fn last_call(&self) -> WaitForCancellationFuture<'_> {
        self.last_call.cancelled()
    }

    /// Ends when clients are hung up on.
    pub fn until_cut(&self) -> WaitForCancellationFuture<'_> {
        self.cut.cancelled()
    }
}
