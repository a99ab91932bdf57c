//! The scripts that set Claude Code up. In: facts, perhaps a key or a token. Out: a script in which every value was looked at letter by
//! letter. Never here: whether a key is good, who may have one (server).

use crate::facts::Facts;

const SH: &str = include_str!("../scripts/install.sh");
const PS1: &str = include_str!("../scripts/install.ps1");
/// What tokens begin with; keys of models never do where the operator did not choose this prefix.
const TOKEN_BEGINS: &str = "it_";
/// No key or token is longer.
const KEY_BYTES_MAX: usize = 200;

/// Whether a text may stand in a script as a key or a token: letters that mean nothing to any shell.
pub fn is_plain_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= KEY_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether a text means nothing to a shell within single quotes, nor within a text of JSON.
fn is_plain_value(text: &str) -> bool {
    text.bytes().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'~' | b'[' | b']' | b'@')
    })
}

/// The script for POSIX shells.
pub fn install_sh(facts: &Facts, key: Option<&str>) -> String {
    filled(SH, facts, key)
}

/// The script for PowerShell.
pub fn install_ps1(facts: &Facts, key: Option<&str>) -> String {
    filled(PS1, facts, key)
}

fn filled(script: &str, facts: &Facts, key: Option<&str>) -> String {
    let key = key.filter(|key| is_plain_key(key)).unwrap_or_default();
    let (key, token) = if key.starts_with(TOKEN_BEGINS) { ("", key) } else { (key, "") };
    let values = [
        ("@GATEWAY@", facts.origin.as_str()),
        ("@BASE_URL@", &facts.anthropic_url()),
        ("@ACCOUNT_URL@", &facts.account_url()),
        ("@MODEL@", claude_model(facts)),
        ("@KEY@", key),
        ("@TOKEN@", token),
    ];
    values.into_iter().fold(script.to_owned(), |text, (place, value)| {
        text.replace(place, if is_plain_value(value) { value } else { "" })
    })
}

/// The model that Claude Code is told to take: none where its own names are sold.
pub fn claude_model(facts: &Facts) -> &str {
    let own = |name: &str| name.starts_with("claude");
    let known = |id: &str, older: &[String]| own(id) || older.iter().any(|name| own(name));
    let sold = facts.models.iter().any(|model| model.serves == "chat" && known(&model.id, &model.legacy_names));
    let chats = facts.models.iter().any(|model| model.serves == "chat");
    if sold || !chats { "" } else { facts.chat_model() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ModelFact;

    fn facts(origin: &str) -> Facts {
        Facts { origin: origin.into(), anthropic: Some("/v1".into()), ..Facts::default() }
    }

    /// R-WEB-3: what comes in an address cannot become a command, whatever it is.
    #[test]
    fn r_web_3_no_key_becomes_a_command() {
        for hostile in
            ["';id;'", "$(id)", "`id`", "a b", "a\nb", "\"x", "it_'", "", "a\\", "a%27", &"a".repeat(201)]
        {
            assert!(!is_plain_key(hostile), "{hostile}");
            let script = install_sh(&facts("https://x.example"), Some(hostile));
            assert_eq!(script, install_sh(&facts("https://x.example"), None), "{hostile}");
        }
        let script = install_sh(&facts("https://x.example/'$(id)'"), None);
        assert!(!script.contains("$(id)") && script.contains("GATEWAY=''"));
    }

    /// R-WEB-3: a token and a key have places of their own, in both scripts; no place stays empty by mistake.
    #[test]
    fn r_web_3_scripts_are_filled() {
        for script in [install_sh, install_ps1] {
            let with = |key| script(&facts("https://x.example"), key);
            assert!(with(Some("sk-a_b")).contains("'sk-a_b'") && with(Some("it_abc")).contains("'it_abc'"));
            for place in ["@GATEWAY@", "@BASE_URL@", "@ACCOUNT_URL@", "@KEY@", "@TOKEN@", "@MODEL@"] {
                assert!(!with(None).contains(place), "{place}");
            }
        }
    }

    /// R-WEB-3: where no model has a name of Anthropic's, Claude Code is told which to take.
    #[test]
    fn r_web_3_claude_code_is_told_a_model_where_it_knows_none() {
        let model = |id: &str| ModelFact { id: id.into(), serves: "chat", ..ModelFact::default() };
        let with = |models| Facts { models, ..facts("https://x.example") };
        assert_eq!(claude_model(&with(vec![model("a"), model("claude-x")])), "");
        assert_eq!(claude_model(&with(vec![model("a")])), "a");
        let older = ModelFact { legacy_names: vec!["claude-3".into()], ..model("a") };
        assert_eq!(claude_model(&with(vec![older])), "");
        assert_eq!(claude_model(&with(Vec::new())), "");
    }
}
