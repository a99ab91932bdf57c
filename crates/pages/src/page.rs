//! A page of the documentation, as HTML and as Markdown. In: its entry, facts. Out: text. Never here: what it says (docs/).

use crate::contents::{Entry, Needs, PAGES};
use crate::facts::Facts;
use crate::fill::fill;
use crate::layout::Layout;
use crate::markdown::to_html;

/// The page as Markdown, as it is served beside the HTML.
pub fn doc_markdown(entry: &Entry, facts: &Facts) -> String {
    let filled = fill(entry.text, facts);
    let body = filled.trim_end();
    format!("# {}\n\n{}{body}\n", entry.title, missing(entry, facts))
}

/// What a page says first where the deployment lacks what it tells of.
fn missing(entry: &Entry, facts: &Facts) -> String {
    let there = match entry.needs {
        Needs::Nothing => true,
        Needs::OpenAi => facts.openai.is_some(),
        Needs::Anthropic => facts.anthropic.is_some(),
        Needs::Gemini => facts.gemini.is_some(),
        Needs::Account => facts.account.is_some(),
    };
    if !there {
        return "> This deployment does not carry these endpoints; calls to them are answered with 404.\n\n"
            .to_owned();
    }
    let languages = [
        (&facts.openai, ["{{openai_url}}", "{{openai_url}}"], "OpenAI's endpoints"),
        (&facts.anthropic, ["{{anthropic_url}}", "{{messages_url}}"], "Anthropic's Messages"),
        (&facts.gemini, ["{{gemini_url}}", "{{generate_url}}"], "Google's generateContent"),
    ];
    let told = |places: &[&str]| places.iter().any(|place| entry.text.contains(place));
    let lacks: Vec<&str> = languages
        .iter()
        .filter(|(base, places, _)| base.is_none() && told(places))
        .map(|(_, _, name)| *name)
        .collect();
    if lacks.is_empty() {
        return String::new();
    }
    format!(
        "> This deployment does not carry {}; what this page says of that does not hold here.\n\n",
        lacks.join(" and ")
    )
}

/// The page as HTML.
pub fn doc(entry: &Entry, facts: &Facts) -> String {
    let at = PAGES.iter().position(|other| other.name == entry.name).unwrap_or(0);
    let beside = |at: Option<usize>| at.and_then(|at| PAGES.get(at)).map(|other| (other.path(), other.title));
    let body = to_html(&doc_markdown(entry, facts));
    let layout = Layout {
        title: entry.title,
        description: entry.description,
        path: &entry.path(),
        markdown: Some(entry.markdown_path()),
        previous: beside(at.checked_sub(1)),
        next: beside(at.checked_add(1)),
        body: &body,
        hidden: false,
        facts,
    };
    layout.page()
}

/// What is said where there is no page.
pub fn lost(facts: &Facts) -> String {
    let layout = Layout {
        title: "No such page",
        description: "There is no page at this address.",
        path: "",
        markdown: None,
        previous: None,
        next: None,
        body: "<h1>No such page</h1>\n<p>There is no page at this address. All pages are listed beside this text, and \
               <a href=\"/docs\">the documentation begins here</a>.</p>\n",
        hidden: true,
        facts,
    };
    layout.page()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-WEB-2: every page is whole: one title, a description, the pages beside it, itself as Markdown; links between pages lead to pages.
    #[test]
    fn r_web_2_every_page_is_whole() {
        let facts = Facts { origin: "https://x.example".into(), ..Facts::default() };
        for entry in PAGES {
            let html = doc(entry, &facts);
            assert_eq!(html.matches("<h1>").count(), 1, "{}", entry.name);
            assert!(html.contains(&format!("<link rel=\"canonical\" href=\"https://x.example{}\">", entry.path())));
            assert!(
                html.contains(&entry.markdown_path()) && html.contains("aria-current=\"page\""),
                "{}",
                entry.name
            );
            assert!(!html.contains("<script") && !html.contains(" style="), "{}", entry.name);
            assert!(entry.description.len() > 20 && entry.description.ends_with('.'), "{}", entry.name);
            for link in html.split("href=\"/docs/").skip(1).filter_map(|rest| rest.split(['"', '#']).next()) {
                let name = link.strip_suffix(".md").unwrap_or(link);
                let known = crate::contents::find(name).is_some() || ["index", "api", "pages.css"].contains(&name);
                assert!(known || name.starts_with("api/"), "{}: {link}", entry.name);
            }
        }
    }

    /// R-WEB-2: a page about what is not there says so.
    #[test]
    fn r_web_2_a_page_says_what_is_not_there() {
        let page = |facts: &Facts| doc(crate::contents::find("messages").unwrap(), facts);
        assert!(page(&Facts::default()).contains("does not carry these endpoints"));
        let anthropic = Facts { anthropic: Some("/v1".into()), ..Facts::default() };
        assert!(!page(&anthropic).contains("does not carry"));
        let tools = doc_markdown(crate::contents::find("tools").unwrap(), &anthropic);
        assert!(tools.contains("does not carry OpenAI's endpoints; what this page"), "{tools}");
    }
}
