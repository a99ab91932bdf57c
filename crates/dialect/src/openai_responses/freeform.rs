//! Free text of a call that went out as a function with one string. In: the function's arguments as they come. Out: the text
//! of that string as it comes. Never here: which calls those are (names).

use crate::json::string_value;
use crate::read::Object;

/// The function's only argument.
pub(super) const ARGUMENT: &str = "input";

/// Takes the text out of arguments. Whatever does not look like `{"input":"..."}` waits for its end.
#[derive(Debug, Default)]
pub(super) struct Freeform {
    /// Everything so far.
    all: String,
    /// Where the string starts, once that is known.
    from: Option<usize>,
    /// Up to where it was told.
    at: usize,
    /// Whether the string has ended, or there is none.
    over: bool,
}

impl Freeform {
    /// Takes more; gives the text that is certain by now.
    pub fn take(&mut self, more: &str) -> String {
        self.all.push_str(more);
        if self.from.is_none() && !self.over {
            self.find();
        }
        if self.from.is_none() || self.over {
            return String::new();
        }
        let (to, over) = certain(self.all.as_bytes(), self.at);
        let text = unquoted(&self.all[self.at..to]);
        self.at = to;
        self.over = over;
        text
    }

    /// The arguments are whole; gives the text that was not told yet.
    pub fn rest(&mut self) -> String {
        if self.from.is_some() {
            return String::new();
        }
        let object = Object::open(self.all.as_bytes());
        let whole = object.filter(|_| crate::json::skip(self.all.trim().as_bytes(), 0, 0).is_ok());
        match whole.and_then(|object| object.str(ARGUMENT).map(std::borrow::Cow::into_owned)) {
            Some(text) => text,
            None if self.all.trim() == "{}" => String::new(),
            // The model did not keep to the form; what it wrote is what it meant.
            None => std::mem::take(&mut self.all),
        }
    }

    /// Looks for the start of the string.
    fn find(&mut self) {
        let mut rest = self.all.trim_start();
        for token in ["{", "\"input\"", ":", "\""] {
            match rest.strip_prefix(token) {
                Some(behind) if token == "\"" => rest = behind,
                Some(behind) => rest = behind.trim_start(),
                None => {
                    self.over = !token.starts_with(rest);
                    return;
                }
            }
        }
        self.at = self.all.len() - rest.len();
        self.from = Some(self.at);
    }
}

/// How far the string is certain from `at` on, and whether it ends there. Half an escape, and half a pair of escapes, is not.
fn certain(text: &[u8], mut at: usize) -> (usize, bool) {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return (at, true),
            b'\\' => {
                let escape = &text[at..];
                let len = if escape.get(1) == Some(&b'u') { 6 } else { 2 };
                let high = len == 6
                    && matches!(escape.get(2..4), Some([b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B']));
                let len = if high { 12 } else { len };
                if escape.len() < len {
                    return (at, false);
                }
                at += len;
            }
            _ => at += 1,
        }
    }
    (at, false)
}

/// A piece of a string between quotes, its escapes undone.
fn unquoted(piece: &str) -> String {
    string_value(format!("\"{piece}\"").as_bytes()).unwrap_or_default().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_comes_out_however_it_is_cut() {
        for (arguments, text) in [
            (r#"{"input":"a\nb \"q\" \u00e9 \ud83d\ude00 漢"}"#, "a\nb \"q\" é 😀 漢"),
            (r#" { "input" : "x" , "more":1 }"#, "x"),
            (r#"{"input":""}"#, ""),
            ("{}", ""),
            (r#"{"other":1,"input":"late"}"#, "late"),
            ("*** Begin Patch", "*** Begin Patch"),
            ("", ""),
            (r#"{"input":"broken of"#, "broken of"),
        ] {
            let chars: Vec<char> = arguments.chars().collect();
            for size in 1..9 {
                let mut freeform = Freeform::default();
                let mut found = String::new();
                for part in chars.chunks(size) {
                    found += &freeform.take(&part.iter().collect::<String>());
                }
                found += &freeform.rest();
                assert_eq!(found, text, "{arguments} by {size}");
            }
        }
    }
}
