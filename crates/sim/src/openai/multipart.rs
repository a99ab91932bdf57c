//! Forms with files (`multipart/form-data`). In: a content type and a body. Out: the parts. Never here: their meaning.

/// One part of a form.
pub(super) struct Part<'a> {
    pub(super) name: String,
    /// The type of a file; `None` for a plain field.
    pub(super) file: Option<String>,
    pub(super) data: &'a [u8],
}

/// The parts of a form; `None` when it is no form.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let boundary = content_type.strip_prefix("multipart/form-data")?.split("boundary=").nth(1)?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = body.get(find(body, &mark)? + mark.len()..)?;
    let mut out = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, &[b"\r\n", &mark[..]].concat())?;
        out.push(one(&part[..end])?);
        rest = &part[end + 2 + mark.len()..];
    }
    rest.starts_with(b"--").then_some(out)
}

fn one(part: &[u8]) -> Option<Part<'_>> {
    let end = find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let mut name = None;
    let mut file = false;
    let mut kind = "application/octet-stream".to_owned();
    for line in head.split("\r\n") {
        let (key, value) = line.split_once(':')?;
        match key.to_ascii_lowercase().as_str() {
            "content-disposition" => {
                let quoted =
                    |key: &str| value.split(';').find_map(|p| p.trim().strip_prefix(key)?.strip_prefix("=\""));
                name = quoted("name").map(|text| text.trim_end_matches('"').to_owned());
                file = quoted("filename").is_some();
            }
            "content-type" => kind = value.trim().to_owned(),
            _ => {}
        }
    }
    Some(Part { name: name?, file: file.then_some(kind), data: &part[end + 4..] })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na fox\r\n--x\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\r\n--x--\r\n";
        let found = parts("multipart/form-data; boundary=x", body).unwrap();
        assert_eq!((found[0].name.as_str(), &found[0].file, found[0].data), ("prompt", &None, &b"a fox"[..]));
        assert_eq!((found[1].name.as_str(), found[1].file.as_deref()), ("image[]", Some("image/png")));
        assert_eq!(found[1].data, b"\x89PNG\r\n");
        assert!(parts("application/json", body).is_none());
        assert!(parts("multipart/form-data; boundary=x", &body[..60]).is_none());
    }
}
