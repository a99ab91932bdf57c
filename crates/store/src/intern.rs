//! Names of closed sets read back from disk as `&'static str`. In: text. Out: the one copy of it.
//! Never here: free text (the set is bounded; beyond its bound a name reads as `other`).

use parking_lot::Mutex;
use std::collections::HashSet;

/// Endpoint families and fault names together stay far below this.
const NAMES_MAX: usize = 512;

/// The one copy of a name. A new one is kept for the life of the process.
pub fn name(text: &str) -> &'static str {
    static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut names = NAMES.lock();
    let names = names.get_or_insert_with(HashSet::new);
    if let Some(known) = names.get(text) {
        return known;
    }
    if names.len() >= NAMES_MAX {
        return "other";
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_copy_a_name() {
        assert!(std::ptr::eq(super::name("chat.completions"), super::name("chat.completions")));
    }
}
