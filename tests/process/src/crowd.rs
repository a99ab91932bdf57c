//! Many callers at once. In: items, a number of threads, what to do with each. Out: what came of each, in order.
//! Never here: what is done.

use crate::{Outcome, at};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A caller's stack; 500 of them must not need a large machine.
const STACK_BYTES: usize = 512 * 1024;

/// Does something with every item, so many at once.
///
/// # Errors
/// When a thread cannot be made or panics.
pub fn crowd<T: Sync, R: Send>(threads: usize, items: &[T], act: impl Fn(&T) -> R + Sync) -> Outcome<Vec<R>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else { return done };
            done.push((n, act(item)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let spawn = |_| {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn_scoped(scope, work).map_err(at("a thread"))
        };
        let running: Vec<_> = (0..threads.min(items.len())).map(spawn).collect::<Outcome<_>>()?;
        let mut all = Vec::with_capacity(items.len());
        for thread in running {
            all.extend(thread.join().map_err(|_| "a caller panicked".to_owned())?);
        }
        Ok::<_, String>(all)
    })?;
    all.sort_by_key(|(n, _)| *n);
    Ok(all.into_iter().map(|(_, done)| done).collect())
}
