//! Forms with files (`multipart/form-data`). In: a content type and a body. Out: where each part stands, or what is wrong with
//! the form. Never here: what a part means, a copy of a file.
//!
//! Readers differ in what they make of odd forms. What two of them could read differently is refused.

use crate::json::Span;
use canon::Fault;
use memchr::memmem;

/// Parts of one form, files and fields together.
const PARTS_MAX: usize = 100;
/// Bytes of the head of a part.
const HEAD_BYTES_MAX: usize = 8_192;
/// Bytes of a boundary (RFC 2046).
const BOUNDARY_BYTES_MAX: usize = 70;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub name: String,
    /// Whether it is a file.
    pub file: bool,
    /// Where its bytes stand.
    pub value: Span,
}

/// Reads the parts.
///
/// # Errors
/// A fault that says what is wrong with the form.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, Fault> {
    let boundary = boundary(content_type).ok_or_else(|| bad("its content type names no `boundary`"))?;
    let opening = format!("--{boundary}");
    let mark = format!("\r\n--{boundary}");
    let mark = memmem::Finder::new(mark.as_bytes());
    let end = || bad("it has no end");
    // The first boundary may stand at the very beginning, without a line before it.
    let mut at = match body.starts_with(opening.as_bytes()) {
        true => opening.len(),
        false => return Err(bad("it does not begin with its boundary")),
    };
    let mut parts = Vec::new();
    loop {
        match body.get(at..at + 2) {
            Some(b"--") => break,
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(bad("a boundary is followed by something else than a new line")),
            None => return Err(end()),
        }
        let rest = &body[at..];
        let head = memmem::find(&rest[..rest.len().min(HEAD_BYTES_MAX)], b"\r\n\r\n");
        let head = head.ok_or_else(|| bad("a part has no head"))?;
        let value = at + head + 4;
        // An empty part ends with the line that its head ended with.
        let from = value - 2;
        let to = from + mark.find(&body[from..]).ok_or_else(end)?;
        let (name, file) = read_head(&rest[..head])?;
        parts.push(Part { name, file, value: (value, to.max(value)) });
        if parts.len() > PARTS_MAX {
            return Err(bad(&format!("it has more than {PARTS_MAX} parts")));
        }
        at = to + mark.needle().len();
    }
    if !matches!(body.get(at + 2..), Some(b"" | b"\r\n")) {
        return Err(bad("something stands behind its end"));
    }
    Ok(parts)
}

fn bad(why: &str) -> Fault {
    Fault::invalid("body", format!("The body is no form that can be read: {why}."))
}

/// The boundary of a content type of forms.
fn boundary(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').map(str::trim);
    parameters.next().filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))?;
    let mut found = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim())
    });
    let text = found.next().filter(|_| found.next().is_none())?;
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    ((1..=BOUNDARY_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)).then_some(text)
}

/// The name of a part, and whether it is a file.
fn read_head(head: &[u8]) -> Result<(String, bool), Fault> {
    let head = std::str::from_utf8(head).map_err(|_| bad("the head of a part is no UTF-8"))?;
    let mut found = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or_else(|| bad("the head of a part has an odd line"))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-disposition") {
            let read = disposition(value).ok_or_else(|| bad("a part has no name, or an odd one"))?;
            if found.replace(read).is_some() {
                return Err(bad("a part has two names"));
            }
        } else if name.eq_ignore_ascii_case("content-transfer-encoding")
            && !["7bit", "8bit", "binary"].iter().any(|plain| value.eq_ignore_ascii_case(plain))
        {
            return Err(bad("its parts must be sent as they are, without a transfer encoding"));
        }
    }
    found.ok_or_else(|| bad("a part has no name, or an odd one"))
}

/// Reads `form-data; name="..."; filename="..."`.
fn disposition(value: &str) -> Option<(String, bool)> {
    let mut rest = value.strip_prefix("form-data")?.trim_start();
    let (mut name, mut file) = (None, false);
    while let Some(more) = rest.strip_prefix(';') {
        let (key, after) = more.trim_start().split_once('=')?;
        let (text, after) = match after.strip_prefix('"') {
            // A quote inside is told as %22 by browsers and with a backslash by others; no name here has one.
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let (text, after) = after.split_at(after.find(';').unwrap_or(after.len()));
                (text.trim(), after)
            }
        };
        let key = key.trim().to_ascii_lowercase();
        file |= key == "filename" || key == "filename*";
        if key == "name" && (text.contains('\\') || name.replace(text.to_owned()).is_some()) {
            return None;
        }
        rest = after.trim_start();
    }
    (rest.is_empty() || file).then_some(())?;
    Some((name.filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))?, file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KIND: &str = "multipart/form-data; boundary=xyz";

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut body = String::new();
        for (head, value) in parts {
            body.push_str(&format!("--xyz\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"));
        }
        (body + "--xyz--\r\n").into_bytes()
    }

    #[test]
    fn r_api_8_fields_and_files_are_told_apart() {
        let body = form(&[
            (r#"name="prompt""#, "a fox"),
            (r#"name="image[]"; filename="a;b\"c.png""#, "\u{1}\r\n\r\n--xy"),
            ("name= n ", ""),
        ]);
        let found = parts(KIND, &body).unwrap();
        let told: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.file, &body[p.value.0..p.value.1])).collect();
        let expect: [(&str, bool, &[u8]); 3] =
            [("prompt", false, b"a fox"), ("image[]", true, b"\x01\r\n\r\n--xy"), ("n", false, b"")];
        assert_eq!(told, expect);
        assert!(parts("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"xyz\"", &body).is_ok());
    }

    #[test]
    fn odd_forms_are_refused() {
        let good = String::from_utf8(form(&[(r#"name="a""#, "b")])).unwrap();
        for kind in [
            "",
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=xyz; boundary=abc",
            "multipart/form-data; boundary=x z",
            "multipart/form-data-more; boundary=xyz",
        ] {
            assert!(parts(kind, good.as_bytes()).is_err(), "{kind}");
        }
        for (from, to) in [
            ("--xyz--", "--xyz"),
            ("--xyz--\r\n", "--xyz--\r\n--xyz"),
            ("--xyz\r\n", "\r\n--xyz\r\n"),
            ("--xyz\r\n", "--xyz \r\n"),
            ("name=\"a\"", "filename=\"a\""),
            ("name=\"a\"", "name=\"a\"; name=\"b\""),
            ("name=\"a\"", "name=\"\""),
            ("name=\"a\"", "name="),
            ("name=\"a\"", "name=\" a\""),
            ("name=\"a\"", "name=\"a\" b"),
            ("name=\"a\"", "name=\"a\"\r\nContent-Disposition: form-data; name=\"b\""),
            ("name=\"a\"", "name=\"a\"\r\nContent-Transfer-Encoding: base64"),
            ("name=\"a\"", "name=\"a\"\r\nodd"),
            ("\r\n\r\nb", "\r\nb"),
        ] {
            let bad = good.replacen(from, to, 1);
            let fault = parts(KIND, bad.as_bytes()).unwrap_err();
            assert_eq!(fault.param.as_deref(), Some("body"), "{bad}");
        }
        let many = form(&vec![(r#"name="a""#, "b"); PARTS_MAX + 1]);
        assert!(parts(KIND, &many).is_err());
    }

    proptest! {
        #[test]
        fn no_damage_is_a_panic(at in 0_usize..200, drop in 0_usize..40, put in "[\r\n:;=\"a-z-]{0,9}") {
            let body = form(&[(r#"name="prompt""#, "a fox"), (r#"name="image"; filename="a.png""#, "\u{1}\r\n--x")]);
            let at = at.min(body.len());
            let to = (at + drop).min(body.len());
            let body = [&body[..at], put.as_bytes(), &body[to..]].concat();
            for part in parts(KIND, &body).unwrap_or_default() {
                prop_assert!(part.value.0 <= part.value.1 && part.value.1 <= body.len());
            }
        }
    }
}
