//! The frame of every page. In: a title, a body that is HTML already. Out: a whole page. Never here: what the body says, a script.

use crate::contents::PAGES;
use crate::facts::Facts;
use askama::Template;

/// A page within its frame.
#[derive(Template)]
#[template(path = "layout.html")]
pub struct Layout<'a> {
    /// The title, without the name of the service.
    pub title: &'a str,
    /// What search engines show.
    pub description: &'a str,
    /// Its own path.
    pub path: &'a str,
    /// The path of the same as Markdown, where there is one.
    pub markdown: Option<String>,
    /// The page before: path, title.
    pub previous: Option<(String, &'static str)>,
    /// The page after.
    pub next: Option<(String, &'static str)>,
    /// The body, as HTML.
    pub body: &'a str,
    /// Whether search engines are to leave it out.
    pub hidden: bool,
    /// The deployment.
    pub facts: &'a Facts,
}

/// A group of the navigation.
struct Group {
    title: &'static str,
    links: Vec<(String, &'static str)>,
}

impl<'a> Layout<'a> {
    /// A page that is none of a series, and has no Markdown.
    pub const fn alone(
        (title, description): (&'a str, &'a str),
        path: &'a str,
        body: &'a str,
        facts: &'a Facts,
    ) -> Self {
        Self { title, description, path, markdown: None, previous: None, next: None, body, hidden: false, facts }
    }

    /// The navigation.
    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for entry in PAGES {
            let link = (entry.path(), entry.title);
            match groups.last_mut().filter(|group| group.title == entry.group) {
                Some(group) => group.links.push(link),
                None => groups.push(Group { title: entry.group, links: vec![link] }),
            }
        }
        groups.push(Group {
            title: "Reference",
            links: vec![
                ("/docs/api".to_owned(), "API reference"),
                ("/pricing".to_owned(), "Prices"),
                ("/status".to_owned(), "Status"),
            ],
        });
        groups
    }

    /// Whether a link leads to this page.
    fn is_here(&self, to: &str) -> bool {
        to == self.path
    }

    /// The page as text. Nothing in it can fail to be written.
    pub fn page(&self) -> String {
        self.render().unwrap_or_default()
    }
}
