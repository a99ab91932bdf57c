//! Claude Code's settings: the members that are ours, and nothing else. In: what the gateway says, a text of JSON. Out: the text with or
//! without them. Never here: files (kept), how a text is changed (json).

use super::Facts;
use super::json::{Member, del, get, set};
use super::kept::Edit;
use crate::cli::exit::Trouble;

/// Names within `env`, in the order in which they are written; the last two only where no model has a name of Anthropic's.
const NAMES: [&str; 4] =
    ["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL"];
const PROMPT: Member<'static> = Member { in_env: false, name: "disableLoginPrompt" };

/// The members, with their values as JSON.
#[derive(Default)]
pub struct Settings(Vec<(Member<'static>, String)>);

impl Settings {
    /// Those for a gateway.
    pub fn of(facts: &Facts) -> Result<Self, Trouble> {
        let mut all = Vec::new();
        for (name, value) in values(facts)? {
            all.push((Member { in_env: true, name }, format!("\"{value}\"")));
        }
        all.push((PROMPT, "true".to_owned()));
        Ok(Self(all))
    }
}

fn values(facts: &Facts) -> Result<Vec<(&'static str, &str)>, Trouble> {
    let [base, token, models @ ..] = NAMES;
    let mut all = vec![(base, facts.must(base)?), (token, facts.key.expose().as_str())];
    all.extend(models.into_iter().filter_map(|name| Some((name, facts.of(name)?))));
    Ok(all)
}

/// The same as variables of a shell.
pub fn variables(facts: &Facts) -> Result<String, Trouble> {
    Ok(values(facts)?.into_iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect())
}

impl Edit for Settings {
    fn edit(&self, text: &str) -> Result<String, String> {
        let start = if text.is_empty() { "{}\n" } else { text };
        self.0.iter().try_fold(start.to_owned(), |text, (member, value)| set(&text, *member, value))
    }

    fn undo(&self, text: &str, before: Option<&str>, after: &str) -> Result<String, String> {
        let ours = NAMES.map(|name| Member { in_env: true, name }).into_iter().chain([PROMPT]);
        let mut text = text.to_owned();
        for member in ours {
            let (written, now) = (get(after, member)?, get(&text, member)?);
            // Somebody has set it to something else since, or it never was ours.
            if written.is_none() || written != now {
                continue;
            }
            text = match before.map(|before| get(before, member)).transpose()?.flatten() {
                Some(old) => set(&text, member, old)?,
                None => del(&text, member)?,
            };
        }
        let env = Member { in_env: false, name: "env" };
        let had_env = before.map(|before| get(before, env)).transpose()?.flatten().is_some();
        let is_empty =
            get(&text, env)?.is_some_and(|env| env.trim_matches(['{', '}', ' ', '\n', '\r', '\t']).is_empty());
        if is_empty && !had_env { del(&text, env) } else { Ok(text) }
    }
}
