//! The prompt cache: which prefixes were seen before. In: marks in a prompt. Out: how its tokens are counted.
//! Never here: what a prefix says; entries do not grow old.

use crate::ask::Input;
use crate::count::Meter;
use parking_lot::Mutex;
use std::collections::HashSet;

/// Entries kept before all are forgotten.
const ENTRIES_MAX: usize = 100_000;

/// The prefixes that were marked.
#[derive(Default)]
pub(crate) struct Cache {
    seen: Mutex<HashSet<[u8; 32]>>,
}

/// A `cache_control` mark: everything before it is a prefix.
pub(crate) struct Mark {
    digest: [u8; 32],
    tokens: u64,
    hour: bool,
}

impl Mark {
    pub(crate) fn at(meter: &Meter, hour: bool) -> Self {
        Self { digest: meter.digest(), tokens: meter.tokens(), hour }
    }
}

impl Cache {
    /// Splits `total` tokens: up to the last mark that was seen they are read, up to the last mark they are
    /// written, the rest is fresh. Remembers every mark for the same `model`.
    pub(crate) fn account(&self, model: &str, marks: &[Mark], total: u64) -> Input {
        let mut seen = self.seen.lock();
        if seen.len() > ENTRIES_MAX {
            seen.clear();
        }
        let key = |mark: &Mark| {
            let mut digest = mark.digest;
            for (slot, byte) in digest.iter_mut().zip(model.bytes()) {
                *slot ^= byte;
            }
            digest
        };
        let mut input = Input::default();
        let hit = marks.iter().rposition(|mark| seen.contains(&key(mark)));
        let mut done = 0;
        for (index, mark) in marks.iter().enumerate() {
            let part = mark.tokens.saturating_sub(done);
            match (hit.is_some_and(|hit| index <= hit), mark.hour) {
                (true, _) => input.cache_read += part,
                (false, true) => input.cache_write_1h += part,
                (false, false) => input.cache_write_5m += part,
            }
            done = done.max(mark.tokens);
            seen.insert(key(mark));
        }
        input.fresh = total.saturating_sub(done);
        input
    }

    pub(crate) fn clear(&self) {
        self.seen.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, Mark};
    use crate::ask::Input;
    use crate::count::Meter;

    #[test]
    fn a_prefix_is_written_once_and_then_read() {
        let cache = Cache::default();
        let mut meter = Meter::default();
        meter.text("a long system prompt");
        let first = Mark::at(&meter, true);
        meter.text(" and a first turn");
        let second = Mark::at(&meter, false);
        let marks = [first, second];
        let written = cache.account("m", &marks, 20);
        assert_eq!(written, Input { fresh: 10, cache_read: 0, cache_write_5m: 5, cache_write_1h: 5 });
        let read = cache.account("m", &marks, 20);
        assert_eq!(read, Input { fresh: 10, cache_read: 10, cache_write_5m: 0, cache_write_1h: 0 });
        assert_eq!(cache.account("other", &marks[..1], 20).cache_write_1h, 5);
        assert_eq!(written.total(), 20);
    }
}
