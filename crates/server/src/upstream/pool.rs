//! Idle connections, by origin. In: connections whose answer was read to its end. Out: the one used last, if it is still
//! good. Never here: connecting; a connection of another origin.

use crate::upstream::link::{Link, Origin};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Idle connections of one origin; more are closed.
const IDLE_MAX: usize = 1_024;
/// An idle connection is not used after so long: many servers close theirs after a minute.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);

type Idle = foldhash::HashMap<Arc<Origin>, Vec<(Link, Instant)>>;

/// The pool of one worker.
#[derive(Clone, Default)]
pub struct Pool(Arc<Mutex<Idle>>);

impl Pool {
    /// The connection of an origin that was used last and is still good; older ones that are not are closed.
    pub fn take(&self, origin: &Origin) -> Option<Link> {
        let mut idle = self.0.lock();
        let links = idle.get_mut(origin)?;
        while let Some((mut link, since)) = links.pop() {
            if since.elapsed() > IDLE_TIME_MAX {
                // The ones below are older still.
                links.clear();
                return None;
            }
            if link.is_idle() {
                return Some(link);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub fn give_back(&self, origin: Arc<Origin>, link: Link) {
        let mut idle = self.0.lock();
        let links = idle.entry(origin).or_default();
        if links.len() < IDLE_MAX {
            links.push((link, Instant::now()));
        }
    }
}
