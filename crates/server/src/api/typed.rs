//! What was typed to find something. In: `q`, an id, texts. Out: how well they fit. Never here: what is looked through.

use crate::api::read::Checks;

/// What was typed, in small letters and without the blanks about it.
pub struct Typed {
    text: String,
    /// Ids are written out only where one may have been typed.
    is_of_id: bool,
}

/// How well something fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is what was typed.
    Is,
    /// It begins so.
    Begins,
    /// It has that somewhere in it.
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
        Self { is_of_id: text.contains('_'), text }
    }

    /// What was typed, in small letters.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How well the best of some texts fits.
    pub fn fit(&self, texts: &[&str]) -> Option<Fit> {
        texts.iter().filter_map(|text| self.fit_in(text)).min()
    }

    /// How well the best of an id and some texts fits.
    pub fn fit_of(&self, id: &impl ToString, texts: &[&str]) -> Option<Fit> {
        let of_id = if self.is_of_id { self.fit(&[&id.to_string()]) } else { None };
        of_id.into_iter().chain(self.fit(texts)).min()
    }

    fn fit_in(&self, text: &str) -> Option<Fit> {
        match self.place_in(text)? {
            0 if text.len() == self.text.len() => Some(Fit::Is),
            0 => Some(Fit::Begins),
            _ => Some(Fit::Has),
        }
    }

    /// Where a text has what was typed, however it is written. Plain letters, which nearly all are, take no copy of the text.
    fn place_in(&self, text: &str) -> Option<usize> {
        let typed = &*self.text;
        if !typed.is_ascii() {
            return text.to_lowercase().find(typed);
        }
        // Nothing that was typed is no part of anything: windows of nothing there are none.
        let size = typed.len().max(1);
        text.as_bytes().windows(size).position(|part| part.eq_ignore_ascii_case(typed.as_bytes()))
    }
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
            ("01h", "usr_01h", vec![], None),
            ("", "usr_01h", vec!["a", ""], None),
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
