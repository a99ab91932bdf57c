//! What runs on this node, by request, so that its leases go on. In: permits as they come and go. Out: all of them.
//! Never here: saying so (keeper).

use super::script::Bases;
use parking_lot::Mutex;
use units::RequestId;

/// The requests that run.
#[derive(Default)]
pub struct Live(Mutex<foldhash::HashMap<RequestId, (Bases, u32)>>);

impl Live {
    /// One more permit of a request.
    pub fn begin(&self, request: RequestId, bases: &Bases) {
        self.0.lock().entry(request).or_insert_with(|| (bases.clone(), 0)).1 += 1;
    }

    /// One permit of it ended; whether it was the last.
    pub fn end(&self, request: RequestId) -> bool {
        let mut all = self.0.lock();
        let Some((_, permits)) = all.get_mut(&request) else { return false };
        *permits = permits.saturating_sub(1);
        *permits == 0 && all.remove(&request).is_some()
    }

    /// Whether it runs.
    pub fn has(&self, request: RequestId) -> bool {
        self.0.lock().contains_key(&request)
    }

    /// All that run.
    pub fn all(&self) -> Vec<(RequestId, Bases)> {
        self.0.lock().iter().map(|(request, (bases, _))| (*request, bases.clone())).collect()
    }
}
