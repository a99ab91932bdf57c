//! Stop sequences that a server does not take, watched for here. In: the text of an answer as it comes. Out: the text that is
//! certain to come before any of them, and the sequence that came up. Never here: what ends then.

/// Holds back only what may be the beginning of a stop sequence.
#[derive(Debug, Default)]
pub(super) struct Stops {
    list: Vec<String>,
    held: String,
}

impl Stops {
    /// Watches for these; empty ones would match everywhere and are left out.
    pub fn new(list: &[String]) -> Self {
        Self { list: list.iter().filter(|s| !s.is_empty()).cloned().collect(), held: String::new() }
    }

    /// Takes more text; gives what may be shown, and the sequence that came up.
    pub fn take(&mut self, text: &str) -> (String, Option<String>) {
        if self.list.is_empty() {
            return (text.to_owned(), None);
        }
        self.held.push_str(text);
        let found = self.list.iter().filter_map(|stop| Some((self.held.find(stop.as_str())?, stop)));
        // Of two at the same place the longer one is what the client meant.
        if let Some((at, stop)) = found.min_by_key(|(at, stop)| (*at, usize::MAX - stop.len())) {
            let stop = stop.clone();
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), Some(stop));
        }
        let keep = self.beginning();
        let shown = self.held.len() - keep;
        let rest = self.held.split_off(shown);
        (std::mem::replace(&mut self.held, rest), None)
    }

    /// How many bytes at the end may be the beginning of a sequence.
    fn beginning(&self) -> usize {
        let longest = self.list.iter().map(String::len).max().unwrap_or(0).saturating_sub(1);
        let from = self.held.len().saturating_sub(longest);
        let starts = (from..self.held.len()).filter(|at| self.held.is_char_boundary(*at));
        let may = |at: &usize| self.list.iter().any(|stop| stop.starts_with(&self.held[*at..]));
        starts.into_iter().find(may).map_or(0, |at| self.held.len() - at)
    }

    /// The text ended: what was held back is text.
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(stops: &[&str], text: &str, size: usize) -> (String, Option<String>) {
        let list: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut stops = Stops::new(&list);
        let mut out = String::new();
        let chars: Vec<char> = text.chars().collect();
        for part in chars.chunks(size) {
            let (shown, hit) = stops.take(&part.iter().collect::<String>());
            out.push_str(&shown);
            if hit.is_some() {
                return (out, hit);
            }
        }
        out.push_str(&stops.rest());
        (out, None)
    }

    #[test]
    fn text_is_cut_exactly_however_it_comes() {
        for (stops, text, shown, hit) in [
            (&["END"][..], "one END two", "one ", Some("END")),
            (&["END"], "one EN", "one EN", None),
            (&["aab"], "aaab", "a", Some("aab")),
            (&["b", "ab"], "xab", "x", Some("ab")),
            (&["漢字"], "é漢é漢字", "é漢é", Some("漢字")),
            (&["", "q"], "abc", "abc", None),
            (&[], "abc", "abc", None),
        ] {
            for size in 1..6 {
                let (found, stop) = cut(stops, text, size);
                assert_eq!((found.as_str(), stop.as_deref()), (shown, hit), "{text} by {size}");
            }
        }
    }
}
