//! Markdown to HTML. In: Markdown of this crate, filled with facts. Out: HTML without a script, a style or a tag that the Markdown did not
//! mean. Never here: the frame around it (layout).

use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The HTML of a text.
pub fn to_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<usize> = None;
    let mut ids: Vec<String> = Vec::new();
    for event in Parser::new_ext(text, options) {
        match event {
            // What looks like a tag is letters: facts may come from anybody.
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::Start(Tag::Heading { .. }) => {
                heading = Some(events.len());
                events.push(event);
            }
            Event::End(TagEnd::Heading(_)) => {
                name_heading(&mut events, heading.take(), &mut ids);
                events.push(event);
            }
            Event::Start(Tag::Table(columns)) => {
                events.push(raw("<div class=\"table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">"));
                // Alignments would become styles within tags, which no page may have.
                events.push(Event::Start(Tag::Table(vec![Alignment::None; columns.len()])));
            }
            Event::End(TagEnd::Table) => {
                events.push(event);
                events.push(raw("</div>\n"));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                events.push(raw(&format!("<pre tabindex=\"0\"><code class=\"language-{}\">", language(&kind))));
            }
            Event::End(TagEnd::CodeBlock) => events.push(raw("</code></pre>\n")),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(address(&dest_url));
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            other => events.push(other),
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events.into_iter());
    out
}

fn raw(text: &str) -> Event<'static> {
    Event::Html(CowStr::from(text.to_owned()))
}

/// The language of a block, in letters alone.
fn language(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else { return "text".to_owned() };
    let word = info.split_whitespace().next().unwrap_or("text");
    word.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Where a link leads: `keys.md#caps` beside this page is `/docs/keys#caps`; what is no address of the web is nothing.
fn address(target: &str) -> String {
    let known = ["https://", "http://", "/", "#", "mailto:"];
    if known.iter().any(|begin| target.starts_with(begin)) {
        return target.to_owned();
    }
    let (path, place) = target.split_once('#').map_or((target, ""), |(path, place)| (path, place));
    let Some(name) = path.strip_suffix(".md") else { return "#".to_owned() };
    let hash = if place.is_empty() { "" } else { "#" };
    match name {
        "index" => format!("/docs{hash}{place}"),
        name => format!("/docs/{name}{hash}{place}"),
    }
}

/// Gives a heading the id that links name: its words in small letters, with dashes; one that is taken gets a number.
fn name_heading(events: &mut [Event<'_>], from: Option<usize>, ids: &mut Vec<String>) {
    let Some(from) = from else { return };
    let words: String = events
        .iter()
        .skip(from + 1)
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.to_lowercase()),
            _ => None,
        })
        .collect();
    let parts = words.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = parts.collect::<Vec<_>>().join("-");
    if ids.contains(&slug) {
        slug = format!("{slug}-{}", ids.len());
    }
    ids.push(slug.clone());
    if let Some(Event::Start(Tag::Heading { id, level, .. })) = events.get_mut(from) {
        // Titles of pages are what links to the page lead to.
        *id = (*level != HeadingLevel::H1).then(|| CowStr::from(slug));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-WEB-2: nothing in a text becomes a tag, a script or an address that runs.
    #[test]
    fn r_web_2_what_is_written_stays_letters() {
        let html = to_html("<script>alert(1)</script>\n\na <img src=x onerror=y> [b](javascript:alert) [c](x.exe)");
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"), "{html}");
        assert!(html.contains("&lt;script&gt;") && html.contains("&lt;img"), "{html}");
        let fenced = to_html("```bash\" onload=\"x\n</code><script>\n```");
        assert!(!fenced.contains("<script") && !fenced.contains("onload=\""), "{fenced}");
    }

    #[test]
    fn pages_link_to_pages() {
        let html = to_html("[k](keys.md#caps-and-more) [i](index.md) [o](https://x.example/y) [h](#here)");
        for link in ["/docs/keys#caps-and-more", "\"/docs\"", "https://x.example/y", "\"#here\""] {
            assert!(html.contains(link), "{link}: {html}");
        }
    }

    #[test]
    fn headings_have_names_of_their_own() {
        let html = to_html("# T\n\n## What `x` is\n\n## What x is\n");
        assert!(
            html.contains("<h1>T") && html.contains("id=\"what-x-is\"") && html.contains("id=\"what-x-is-2\""),
            "{html}"
        );
    }
}
