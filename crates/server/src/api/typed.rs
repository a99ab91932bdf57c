//! What was typed to find something. In: `q`, an id, texts. Out: how well they fit. Never here: what is looked through.

use crate::api::read::Checks;

/// A part of an id has so many characters, a digit among them, or its prefix.
const ID_PART_CHARS_MIN: usize = 4;

/// What was typed, in small letters and without the blanks about it.
pub struct Typed {
    text: String,
    /// Ids are written out only where one may have been typed.
    is_of_id: bool,
}

/// How well something fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// A text is what was typed.
    Is,
    /// A text begins so.
    Begins,
    /// Each word that was typed is somewhere in a text, in any order.
    Has,
}

impl Typed {
    /// Reads `q`, of so many characters at least and at most; another number goes to `checks`.
    pub fn of(q: &str, (least, most): (usize, usize), checks: &mut Checks) -> Self {
        let text = q.trim();
        if !(least..=most).contains(&text.chars().count()) {
            checks.add("q", format!("expected {least} to {most} characters"));
        }
        let text = text.to_lowercase();
        Self { is_of_id: is_of_id(&text), text }
    }

    /// What was typed, in small letters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How well something with these texts fits. Nothing fits where nothing was typed.
    pub fn fit(&self, texts: &[&str]) -> Option<Fit> {
        if self.text.is_empty() {
            return None;
        }
        if self.text.is_ascii() {
            return self.fit_in(texts);
        }
        let small: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        self.fit_in(&small)
    }

    /// The same of something with an id.
    pub fn fit_of(&self, id: &impl ToString, texts: &[&str]) -> Option<Fit> {
        if !self.is_of_id {
            return self.fit(texts);
        }
        let id = id.to_string();
        let all: Vec<&str> = texts.iter().copied().chain([&*id]).collect();
        self.fit(&all)
    }

    /// Plain letters, which nearly all are, fit however they are written, so that no text is copied for them.
    fn fit_in(&self, texts: &[impl AsRef<str>]) -> Option<Fit> {
        let begin = texts.iter().filter_map(|text| self.begin_of(text.as_ref().as_bytes())).min();
        begin.or_else(|| {
            let mut words = self.text.split_whitespace().map(str::as_bytes);
            let all = words.all(|word| texts.iter().any(|text| has(text.as_ref().as_bytes(), word)));
            all.then_some(Fit::Has)
        })
    }

    fn begin_of(&self, text: &[u8]) -> Option<Fit> {
        let begin = text.get(..self.text.len())?;
        let fit = if text.len() == begin.len() { Fit::Is } else { Fit::Begins };
        begin.eq_ignore_ascii_case(self.text.as_bytes()).then_some(fit)
    }
}

/// Whether it may be a part of an id, with its prefix or without. Two or three letters stand in many ids by chance.
fn is_of_id(text: &str) -> bool {
    let plain = text.len() >= ID_PART_CHARS_MIN && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.contains('_') || (plain && text.bytes().any(|byte| byte.is_ascii_digit()))
}

fn has(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_fits_as_it_stands() {
        for (q, id, texts, fit) in [
            (" Acme ", "", vec!["Acme", "x"], Some(Fit::Is)),
            ("acme", "", vec!["the acme", "Acme Ltd"], Some(Fit::Begins)),
            ("cm", "", vec!["Acme"], Some(Fit::Has)),
            ("acme", "", vec!["acm", ""], None),
            ("ömega", "", vec!["Die ÖMEGA"], Some(Fit::Has)),
            ("me", "", vec!["Öme"], Some(Fit::Has)),
            ("usr_01", "usr_01h", vec![], Some(Fit::Begins)),
            // A part of an id without its prefix; where it is too short, or no digit is in it, it is taken for a name's.
            ("1M6Q", "ws_01m6q", vec![], Some(Fit::Has)),
            ("01h", "usr_01h", vec![], None),
            ("acme", "ws_01acme", vec![], None),
            ("", "usr_01h", vec!["a", ""], None),
            // In small letters it is longer than as it was typed.
            ("İ", "", vec!["İ"], Some(Fit::Is)),
            ("İ", "", vec!["İx"], Some(Fit::Begins)),
            // Each word is somewhere, whatever stands between them and in which text.
            ("jane smith", "", vec!["j@example.com", "Jane A. Smith"], Some(Fit::Has)),
            ("Smith  ÖMEGA", "", vec!["die ömega", "Jane Smith"], Some(Fit::Has)),
            ("smith usr_01", "usr_01h", vec!["Jane Smith"], Some(Fit::Has)),
            ("jane brown", "", vec!["Jane A. Smith"], None),
            // What is just so, or begins so, is better.
            ("jane smith", "", vec!["Jane Smith"], Some(Fit::Is)),
            ("jane s", "", vec!["s@example.com", "Jane Smith"], Some(Fit::Begins)),
            ("a smith", "", vec!["Jane A Smith"], Some(Fit::Has)),
        ] {
            let typed = Typed::of(q, (0, 100), &mut Checks::default());
            assert_eq!(typed.fit_of(&id, &texts), fit, "{q} {id} {texts:?}");
        }
    }

    #[test]
    fn too_few_and_too_many_characters_are_told() {
        for (q, good) in [("", false), (" a ", false), ("ab", true), ("äöü", true), ("İİİ", true), ("abcd", false)]
        {
            let mut checks = Checks::default();
            Typed::of(q, (2, 3), &mut checks);
            assert_eq!(checks.done().is_ok(), good, "{q}");
        }
    }
}
