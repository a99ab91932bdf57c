//! A frame that says more of the text that the one before it was about. In: a frame that a reader has read. Out: the text of the
//! next one, where that differs in this one string alone; then it need not be read. Never here: what a frame means, two
//! frames that differ anywhere else.

use crate::codec::Varies;
use crate::json::{skip, string_end, string_value};
use crate::sse::Fields;

/// A frame cut at the quotes of its text, and around the report behind it.
#[derive(Debug)]
pub(super) struct Repeat {
    /// Up to the opening quote, and with it.
    head: Box<[u8]>,
    /// From the closing quote to the report, or to the end.
    middle: Box<[u8]>,
    /// What is behind the report, where there is one.
    tail: Option<Box<[u8]>>,
}

/// What a frame says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said<'f> {
    /// More of the text.
    pub text: String,
    /// The usage told beside it.
    pub report: Option<&'f [u8]>,
}

impl Repeat {
    /// A frame of which so much may vary.
    pub fn of(frame: &[u8], fields: &Fields<'_>, varies: Varies) -> Option<Self> {
        let start = fields.whole? + fields.data.len() - fields.data.trim_ascii_start().len();
        let (from, to) = (start + varies.text.0 + 1, start + varies.text.1 - 1);
        let until = varies.report.map_or(frame.len(), |report| start + report.0);
        let (head, middle) = (frame.get(..from)?, frame.get(to..until)?);
        let tail = match varies.report {
            Some((_, end)) => Some(frame.get(start + end..)?.into()),
            None => None,
        };
        let quotes = head.last() == Some(&b'"') && middle.first() == Some(&b'"');
        quotes.then(|| Self { head: head.into(), middle: middle.into(), tail })
    }

    /// What a frame says, if it differs from this one in that alone. What stands around it was found to be JSON.
    pub fn said<'f>(&self, frame: &'f [u8]) -> Option<Said<'f>> {
        let rest = frame.strip_prefix(&*self.head)?;
        let end = string_end(rest, 0).ok()?;
        let behind = rest.get(end - 1..)?.strip_prefix(&*self.middle)?;
        let report = match &self.tail {
            None => behind.is_empty().then_some(None)?,
            Some(tail) => {
                let end = skip(behind, 0, 0).ok()?;
                let (report, rest) = behind.split_at_checked(end)?;
                let whole = report.first() == Some(&b'{') && rest == &**tail;
                (whole && std::str::from_utf8(report).is_ok()).then_some(Some(report))?
            }
        };
        let from = self.head.len() - 1;
        let text = string_value(frame.get(from..from + 1 + end)?).filter(|text| !text.is_empty())?;
        Some(Said { text: text.into_owned(), report })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sse::fields;

    const FRAME: &[u8] = b"event: x\ndata:  {\"a\":\"one\",\"b\":2}\n\n";

    #[test]
    fn only_the_text_may_differ() {
        let read = fields(FRAME).unwrap();
        let known = Repeat::of(FRAME, &read, Varies { text: (5, 10), report: None }).unwrap();
        let text = |frame: &str| known.said(frame.as_bytes()).map(|said| said.text);
        let other = "event: x\ndata:  {\"a\":\"two \\n\\u00e9\",\"b\":2}\n\n";
        assert_eq!(text(other).as_deref(), Some("two \n\u{e9}"));
        for other in [
            "event: x\ndata:  {\"a\":\"\",\"b\":2}\n\n",
            "event: x\ndata:  {\"a\":\"two\",\"b\":3}\n\n",
            "event: x\ndata:  {\"a\":\"two\",\"b\":2}\n",
            "event: y\ndata:  {\"a\":\"two\",\"b\":2}\n\n",
            "event: x\ndata:  {\"a\":\"two\\x\",\"b\":2}\n\n",
            "event: x\ndata:  {\"a\":\"two",
            "event: x\ndata:  {\"a\":null,\"b\":2}\n\n",
        ] {
            assert_eq!(text(other), None, "{other}");
        }
        assert_eq!(known.said(b"event: x\ndata:  {\"a\":\"\xff\",\"b\":2}\n\n"), None);
        assert!(Repeat::of(FRAME, &read, Varies { text: (5, 9), report: None }).is_none());
    }

    #[test]
    fn a_report_may_differ_too() {
        let frame = b"data: {\"a\":\"one\",\"u\":{\"n\":1},\"b\":2}\n\n";
        let known =
            Repeat::of(frame, &fields(frame).unwrap(), Varies { text: (5, 10), report: Some((15, 22)) }).unwrap();
        let report = |frame: &'static str| known.said(frame.as_bytes()).and_then(|said| said.report);
        let said = report("data: {\"a\":\"x\",\"u\":{\"n\":[2]},\"b\":2}\n\n");
        assert_eq!(said, Some(&b"{\"n\":[2]}"[..]));
        for other in [
            "data: {\"a\":\"x\",\"u\":{\"n\":1},\"b\":3}\n\n",
            "data: {\"a\":\"x\",\"u\":null,\"b\":2}\n\n",
            "data: {\"a\":\"x\",\"u\":{\"n\":},\"b\":2}\n\n",
            "data: {\"a\":\"x\",\"v\":{\"n\":1},\"b\":2}\n\n",
        ] {
            assert_eq!(report(other), None, "{other}");
        }
    }
}
