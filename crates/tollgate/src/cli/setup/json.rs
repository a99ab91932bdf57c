//! Changes one member of a JSON object, or of the object `env` in it, and leaves every other byte as it is; the same rules as in install.sh.
//! In: a text. Out: a text. Never here: which members.

use std::ops::Range;

/// Objects within each other are followed so deep.
const DEPTH_MAX: usize = 500;

/// A member, of the whole or of its `env`.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Whether it stands in `env`.
    pub in_env: bool,
    /// Its name, of letters that need no escape.
    pub name: &'a str,
}

/// Where a member stands.
struct Found {
    name: Range<usize>,
    value: Range<usize>,
}

/// Where an object stands: its braces, its members.
#[derive(Default)]
struct Object {
    opens: usize,
    closes: usize,
    members: Vec<Found>,
}

/// The whole, and `env` where it is an object.
#[derive(Default)]
struct Map {
    top: Object,
    env: Option<Object>,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    map: Map,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Env,
    Deeper,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, told: &str) -> Result<(), String> {
        self.blank();
        if self.peek() != Some(byte) {
            return Err(told.to_owned());
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.expect(b'"', "a name was expected")?;
        loop {
            match self.peek().ok_or("a text does not end")? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
    }

    fn value(&mut self, place: Place) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("it is too deep".to_owned());
        }
        self.blank();
        match self.peek() {
            Some(b'{') => self.object(place)?,
            Some(b'[') => self.list()?,
            Some(b'"') => self.string()?,
            _ => self.word()?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length =
            rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')).count();
        let word = rest.get(..length).unwrap_or_default();
        if serde_json::from_slice::<serde_json::Value>(word).is_err() {
            return Err("a value was expected".to_owned());
        }
        self.at += length;
        Ok(())
    }

    fn list(&mut self) -> Result<(), String> {
        self.at += 1;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(Place::Deeper)?;
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err("a comma was expected".to_owned()),
            }
        }
    }

    fn object(&mut self, place: Place) -> Result<(), String> {
        let mut found = Object { opens: self.at, ..Object::default() };
        self.at += 1;
        self.blank();
        while self.peek() != Some(b'}') || !found.members.is_empty() {
            self.blank();
            let name = self.at;
            self.string()?;
            let name = name..self.at;
            self.expect(b':', "a colon was expected")?;
            self.blank();
            let value = self.at;
            let is_env = place == Place::Top && self.text.get(name.clone()) == Some(b"\"env\"");
            self.value(if is_env { Place::Env } else { Place::Deeper })?;
            found.members.push(Found { name, value: value..self.at });
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err("a comma was expected".to_owned()),
            }
        }
        found.closes = self.at;
        self.at += 1;
        match place {
            Place::Top => self.map.top = found,
            Place::Env => self.map.env = Some(found),
            Place::Deeper => {}
        }
        Ok(())
    }
}

fn read(text: &str) -> Result<Map, String> {
    let mut reader = Reader { text: text.as_bytes(), at: 0, depth: 0, map: Map::default() };
    reader.blank();
    if reader.peek() != Some(b'{') {
        return Err("it is no object".to_owned());
    }
    reader.value(Place::Top)?;
    reader.blank();
    if reader.at < text.len() { Err("something stands behind its end".to_owned()) } else { Ok(reader.map) }
}

impl Map {
    fn object(&self, in_env: bool) -> Option<&Object> {
        if in_env { self.env.as_ref() } else { Some(&self.top) }
    }
}

impl Object {
    /// The place among the members; the last of a name counts.
    fn place(&self, text: &str, name: &str) -> Option<usize> {
        let wanted = format!("\"{name}\"");
        self.members.iter().rposition(|found| text.get(found.name.clone()) == Some(&wanted))
    }

    /// What stands before the first member.
    fn gap<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.opens + 1..self.members.first()?.name.start)
    }
}

fn replaced(text: &str, range: Range<usize>, by: &str) -> String {
    let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
    format!("{before}{by}{after}")
}

/// The value of a member, as it is written.
///
/// # Errors
/// When the text is no JSON object.
pub fn get<'t>(text: &'t str, member: Member<'_>) -> Result<Option<&'t str>, String> {
    let map = read(text)?;
    let found = map.object(member.in_env).and_then(|object| object.members.get(object.place(text, member.name)?));
    Ok(found.and_then(|found| text.get(found.value.clone())))
}

/// The text with a member of that value.
///
/// # Errors
/// When the text is no JSON object, or its `env` is none.
pub fn set(text: &str, member: Member<'_>, value: &str) -> Result<String, String> {
    let map = read(text)?;
    let Some(object) = map.object(member.in_env) else {
        if map.top.place(text, "env").is_some() {
            return Err("\"env\" is no object".to_owned());
        }
        let gap = map.top.gap(text).unwrap_or("\n  ");
        let inner = format!("{{{gap}{}\"{}\": {value}{gap}}}", unit(gap), member.name);
        return Ok(added(text, (&map, &map.top), Member { in_env: false, name: "env" }, &inner));
    };
    match object.place(text, member.name).and_then(|at| object.members.get(at)) {
        Some(found) => Ok(replaced(text, found.value.clone(), value)),
        None => Ok(added(text, (&map, object), member, value)),
    }
}

fn added(text: &str, (map, object): (&Map, &Object), member: Member<'_>, value: &str) -> String {
    let top = map.top.gap(text).unwrap_or("\n  ");
    let fresh = if member.in_env { format!("{top}{}", unit(top)) } else { top.to_owned() };
    let gap = object.gap(text).unwrap_or(&fresh);
    let written = format!("{gap}\"{}\": {value}", member.name);
    match object.members.last() {
        Some(last) => replaced(text, last.value.end..last.value.end, &format!(",{written}")),
        None => {
            let broken = gap.contains('\n');
            let end = match (member.in_env, broken) {
                (true, true) => top,
                (false, true) => "\n",
                _ => "",
            };
            replaced(text, object.opens + 1..object.closes, &format!("{written}{end}"))
        }
    }
}

/// The indentation that a line break leads to.
fn unit(gap: &str) -> &str {
    gap.rfind('\n').and_then(|at| gap.get(at + 1..)).unwrap_or("")
}

/// The text without a member.
///
/// # Errors
/// When the text is no JSON object.
pub fn del(text: &str, member: Member<'_>) -> Result<String, String> {
    let map = read(text)?;
    let Some(object) = map.object(member.in_env) else { return Ok(text.to_owned()) };
    let Some(at) = object.place(text, member.name) else { return Ok(text.to_owned()) };
    let members = &object.members;
    let range =
        match (at.checked_sub(1).and_then(|before| members.get(before)), members.get(at), members.get(at + 1)) {
            (Some(before), Some(this), _) => before.value.end..this.value.end,
            (None, Some(this), Some(next)) => this.name.start..next.name.start,
            _ => object.opens + 1..object.closes,
        };
    Ok(replaced(text, range, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: Member<'static> = Member { in_env: true, name: "URL" };
    const FLAG: Member<'static> = Member { in_env: false, name: "flag" };

    /// R-WEB-3: what is not ours stays as it is, to the letter, however it is written.
    #[test]
    fn r_web_3_members_are_set_and_taken_out() {
        for (text, with) in [
            ("{}", "{\n  \"env\": {\n    \"URL\": 1\n  },\n  \"flag\": true\n}"),
            ("{\"a\":1}", "{\"a\":1,\"env\": {\"URL\": 1},\"flag\": true}"),
            (
                "{\n\t\"a\": [1, {\"env\": 2}]\n}\n",
                "{\n\t\"a\": [1, {\"env\": 2}],\n\t\"env\": {\n\t\t\"URL\": 1\n\t},\n\t\"flag\": true\n}\n",
            ),
            ("{ \"env\": { \"X\": \"\\\"}\" } }", "{ \"env\": { \"X\": \"\\\"}\", \"URL\": 1 }, \"flag\": true }"),
            ("{\n  \"env\": {}\n}", "{\n  \"env\": {\n    \"URL\": 1\n  },\n  \"flag\": true\n}"),
        ] {
            let set = set(&set(text, URL, "1").unwrap(), FLAG, "true").unwrap();
            assert_eq!(set, with, "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(&set).is_ok(), "{set}");
            assert_eq!((get(&set, URL).unwrap(), get(&set, FLAG).unwrap()), (Some("1"), Some("true")));
            let gone = del(&del(&set, URL).unwrap(), FLAG).unwrap();
            assert!(get(&gone, URL).unwrap().is_none() && get(&gone, FLAG).unwrap().is_none(), "{gone}");
            assert!(serde_json::from_str::<serde_json::Value>(&gone).is_ok(), "{gone}");
        }
        assert_eq!(set("{\"flag\": \"old\", \"b\":2}", FLAG, "true").unwrap(), "{\"flag\": true, \"b\":2}");
        assert_eq!(del("{\"flag\": 1, \"b\":2}", FLAG).unwrap(), "{\"b\":2}");
    }

    /// R-WEB-3: what is no JSON is refused, not mended.
    #[test]
    fn r_web_3_what_is_no_json_is_refused() {
        for bad in [
            "",
            "[]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{\"a\":\"x",
            "{} x",
            "// c\n{}",
            "{\"a\":tru}",
            "{\"env\":3}",
            "{,}",
        ] {
            assert!(set(bad, URL, "1").is_err(), "{bad}");
        }
        assert!(set(&"[".repeat(1_000), URL, "1").is_err());
        assert!(set(&format!("{{\"a\":{}", "[".repeat(1_000)), URL, "1").is_err());
    }
}
