//! What the operator says of terms, privacy and support, and the notices of what Tollgate is made of. In: facts, a name. Out: HTML.
//! Never here: a text that the operator did not write, but the notices.

use crate::facts::{Facts, Operator};
use crate::layout::Layout;
use crate::markdown::to_html;
use crate::tables::{plain, support};

/// Notices of everything that the binary holds; `cargo xtask licenses` writes them.
const NOTICES: &str = include_str!("../assets/licenses.txt");

/// A legal page by its name (`terms`, `privacy`, `support`).
pub fn legal(name: &str, facts: &Facts) -> Option<String> {
    let Operator { terms, privacy, .. } = &facts.operator;
    let (title, description, body) = match name {
        "terms" => ("Terms", "The terms of use of this service.", said("Terms", "terms of use", terms)),
        "privacy" => (
            "Privacy",
            "What becomes of your data at this service.",
            said("Privacy", "what becomes of your data", privacy),
        ),
        "support" => (
            "Support",
            "How to reach who runs this service.",
            format!(
                "# Support\n\n{}\n\nSend the `x-request-id` of the answer, the time and the code. Never send a key.\n\n\
             [Troubleshooting](troubleshooting.md) · [Status](/status)\n",
                support(facts)
            ),
        ),
        _ => return None,
    };
    Some(Layout::alone((title, description), &format!("/legal/{name}"), &to_html(&body), facts).page())
}

/// What an operator said: an address, a text, or nothing.
fn said(title: &str, what: &str, text: &str) -> String {
    let text = text.trim();
    let is_link = text.starts_with("https://") && !text.contains(['<', '>', ' ', '\n']);
    match text {
        "" => format!(
            "# {title}\n\nWho runs this service has not published {what} here. [Ask them](/legal/support) before you rely on it.\n"
        ),
        link if is_link => format!("# {title}\n\nThey are at <{link}>.\n"),
        text if text.starts_with("# ") => text.to_owned(),
        text => format!("# {title}\n\n{text}\n"),
    }
}

/// The notices.
pub fn licenses(facts: &Facts) -> String {
    let body = format!(
        "<h1>Licences</h1>\n<p>{} runs on Tollgate, which is licensed under Apache-2.0. The binary holds the packages below; \
         their notices are kept here as their licences ask for.</p>\n<pre tabindex=\"0\" class=\"notices\">{}</pre>\n",
        escaped(&plain(facts.name()).replace('\\', "")),
        escaped(NOTICES)
    );
    let titled = ("Licences", "Notices of the packages that Tollgate is made of.");
    Layout::alone(titled, "/legal/licenses", &body, facts).page()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-WEB-2: terms and privacy are the operator's; where there are none, the page says so.
    #[test]
    fn r_web_2_legal_pages_say_what_the_operator_said() {
        let with = |terms: &str| {
            let mut facts = Facts::default();
            facts.operator.terms = terms.into();
            legal("terms", &facts).unwrap()
        };
        assert!(with("").contains("has not published terms of use"));
        assert!(with("https://x.example/terms").contains("href=\"https://x.example/terms\""));
        assert!(with("Be **kind**.\n\n<script>x</script>").contains("<strong>kind</strong>"));
        assert!(!with("<script>x</script>").contains("<script>"));
        assert!(with("# Our terms\n\nBe kind.").contains("<h1>Our terms</h1>"));
        assert!(legal("nothing", &Facts::default()).is_none());
        assert!(licenses(&Facts::default()).contains("askama"));
    }
}
