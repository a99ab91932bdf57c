//! What programs read first: llms.txt, llms-full.txt, robots.txt, sitemap.xml. In: facts. Out: texts. Never here: a page (page).

use crate::contents::PAGES;
use crate::facts::Facts;
use crate::page::doc_markdown;
use crate::pricing::pricing_markdown;
use crate::tables::{clients, plain};
use std::fmt::Write;

/// Pages beside the documentation that everybody may read.
const OTHERS: [&str; 7] =
    ["/docs/api", "/pricing", "/status", "/legal/terms", "/legal/privacy", "/legal/support", "/legal/licenses"];

/// What there is to read, in the form of llmstxt.org.
pub fn llms(facts: &Facts) -> String {
    let mut out = format!(
        "# {}\n\n> A gateway to models of several vendors behind one address and one key.\n\n{}\nEvery page is there as Markdown; all of \
         them in one file are at {}/llms-full.txt.\n",
        plain(facts.name()),
        clients(facts),
        facts.origin
    );
    let mut group = "";
    for entry in PAGES {
        if entry.group != group {
            group = entry.group;
            // Writing to a string cannot fail.
            let _ = write!(out, "\n## {group}\n\n");
        }
        let _ =
            writeln!(out, "- [{}]({}{}): {}", entry.title, facts.origin, entry.markdown_path(), entry.description);
    }
    let _ = write!(out, "\n## Reference\n\n- [Prices]({0}/pricing.md): What each model costs.\n", facts.origin);
    let _ = writeln!(out, "- [State]({0}/status.md): How the models did in the last 24 hours.", facts.origin);
    for surface in &facts.surfaces {
        let (origin, base) = (&facts.origin, &surface.base);
        let _ = writeln!(out, "- [OpenAPI of {base}]({origin}{base}/openapi.json): Every operation below {base}.");
    }
    let _ = writeln!(
        out,
        "- [OpenAPI of /api/manage]({0}/api/manage/openapi.json): Workspaces, keys, usage, for programs.",
        facts.origin
    );
    out
}

/// All pages in one text.
pub fn llms_full(facts: &Facts) -> String {
    let pages = PAGES.iter().map(|entry| doc_markdown(entry, facts));
    pages.chain([pricing_markdown(facts)]).collect::<Vec<_>>().join("\n\n")
}

/// What search engines may read: every page, and neither the API nor where a letter leads one reader. Of the console they see what
/// anybody does: the way in.
pub fn robots(facts: &Facts) -> String {
    let closed = ["/api/", "/invitation", "/reset", "/verify", "/device"].map(|path| format!("Disallow: {path}\n"));
    format!("User-agent: *\n{}Sitemap: {}/sitemap.xml\n", closed.concat(), facts.origin)
}

/// Every public page.
pub fn sitemap(facts: &Facts) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    let paths = PAGES.iter().map(crate::contents::Entry::path).chain(OTHERS.map(str::to_owned));
    for path in paths {
        // The origin is a checked host, so nothing in it needs an escape.
        let _ = writeln!(out, "<url><loc>{}{path}</loc></url>", facts.origin);
    }
    out.push_str("</urlset>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-WEB-2: programs find every page.
    #[test]
    fn r_web_2_lists_have_every_page() {
        let facts = Facts { origin: "https://x.example".into(), ..Facts::default() };
        let (llms, map, full) = (llms(&facts), sitemap(&facts), llms_full(&facts));
        for entry in PAGES {
            assert!(llms.contains(&format!("https://x.example{}", entry.markdown_path())), "{}", entry.name);
            assert!(map.contains(&format!("<loc>https://x.example{}</loc>", entry.path())), "{}", entry.name);
            assert!(full.contains(&format!("# {}\n", entry.title)), "{}", entry.name);
        }
        assert!(robots(&facts).contains("Sitemap: https://x.example/sitemap.xml"));
    }
}
