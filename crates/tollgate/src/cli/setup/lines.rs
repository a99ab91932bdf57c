//! Files of lines: marked blocks that are ours, and lines of others that are commented out while ours hold. In: a text. Out: the text with
//! or without ours. Never here: files (kept), JSON.

use super::Facts;
use super::kept::Edit;
use crate::cli::exit::Trouble;

/// What stands before a line of others that does not hold while ours do.
const RESTS: &str = "#tollgate# ";

/// A marked block.
pub struct Block {
    begin: String,
    end: String,
    lines: Vec<String>,
}

impl Block {
    fn new(name: &str, lines: Vec<String>) -> Self {
        Self { begin: format!("# >>> tollgate {name} >>>"), end: format!("# <<< tollgate {name} <<<"), lines }
    }

    fn text(&self) -> String {
        let lines = std::iter::once(&self.begin).chain(&self.lines).chain([&self.end]);
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The text without the block, and where it was. A first mark without its second is somebody else's text.
    fn taken_out(&self, text: &str) -> (String, Option<usize>) {
        let (mut at, mut first, mut found) = (0, None, None);
        for line in text.split_inclusive('\n') {
            let mark = line.trim_end_matches(['\n', '\r']);
            if mark == self.begin {
                first = Some(at);
            }
            at += line.len();
            if let Some(start) = first.filter(|_| mark == self.end && found.is_none()) {
                found = Some(start..at);
            }
        }
        match found {
            Some(range) => {
                let (before, after) = (text.get(..range.start).unwrap_or(""), text.get(range.end..).unwrap_or(""));
                (format!("{before}{after}"), Some(range.start))
            }
            None => (text.to_owned(), None),
        }
    }
}

/// What is written into a file of lines.
pub struct Lines {
    head: Option<Block>,
    tail: Option<Block>,
    /// Names whose lines at the top of the file rest meanwhile, with what follows a name.
    rests: Vec<(&'static str, char)>,
    /// What the whole must not hold elsewhere.
    excludes: Option<&'static str>,
    is_toml: bool,
}

/// The lines that shells read.
pub fn shell(folder: &str) -> Lines {
    let place = format!("$HOME/.config/tollgate/{folder}/env");
    let about = if folder == "claude-code" { "The gateway of Claude Code" } else { "The key of Codex" };
    let undo = if folder == "claude-code" { "install.sh --uninstall" } else { "tollgate setup codex --uninstall" };
    let lines = vec![
        format!("# {about}; to take this out: {undo}"),
        format!("if [ -r \"{place}\" ]; then . \"{place}\"; fi"),
    ];
    Lines { head: None, tail: Some(Block::new(folder, lines)), rests: Vec::new(), excludes: None, is_toml: false }
}

/// Codex's configuration without what stands in the blocks: enough to take them out.
pub fn codex_marks() -> Lines {
    Lines {
        head: Some(Block::new("codex", Vec::new())),
        tail: Some(Block::new("codex provider", Vec::new())),
        rests: vec![("model", '='), ("model_provider", '=')],
        excludes: Some("[model_providers.tollgate]"),
        is_toml: true,
    }
}

/// Codex's configuration.
pub fn codex(facts: &Facts) -> Result<Lines, Trouble> {
    let (model, base) = (facts.must("TOLLGATE_MODEL")?, facts.must("OPENAI_BASE_URL")?);
    let head = vec![format!("model = \"{model}\""), "model_provider = \"tollgate\"".to_owned()];
    let tail = [
        "[model_providers.tollgate]".to_owned(),
        "name = \"Tollgate\"".to_owned(),
        format!("base_url = \"{base}\""),
        "env_key = \"TOLLGATE_API_KEY\"".to_owned(),
        "wire_api = \"responses\"".to_owned(),
    ];
    let marks = codex_marks();
    Ok(Lines {
        head: Some(Block::new("codex", head)),
        tail: Some(Block::new("codex provider", tail.to_vec())),
        ..marks
    })
}

/// Aider's configuration without what stands in the block.
pub fn aider_marks() -> Lines {
    let rests = vec![("model", ':'), ("openai-api-base", ':'), ("openai-api-key", ':')];
    Lines { head: None, tail: Some(Block::new("aider", Vec::new())), rests, excludes: None, is_toml: false }
}

/// Aider's configuration.
pub fn aider(facts: &Facts) -> Result<Lines, Trouble> {
    let (model, base) = (facts.must("TOLLGATE_MODEL")?, facts.must("OPENAI_BASE_URL")?);
    let lines = vec![
        format!("model: \"openai/{model}\""),
        format!("openai-api-base: \"{base}\""),
        format!("openai-api-key: \"{}\"", facts.key.expose()),
    ];
    Ok(Lines { tail: Some(Block::new("aider", lines)), ..aider_marks() })
}

impl Lines {
    fn without_blocks(&self, text: &str) -> String {
        let blocks = self.head.iter().chain(&self.tail);
        blocks.fold(text.to_owned(), |text, block| block.taken_out(&text).0)
    }

    /// Lines of others that hold at the top of the file: in TOML before the first table.
    fn rest(&self, text: &str) -> String {
        let mut in_table = false;
        let line = |line: &str| {
            in_table |= self.is_toml && line.trim_start().starts_with('[');
            let names = self.rests.iter().any(|(name, sign)| {
                line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(*sign))
            });
            if names && !in_table { format!("{RESTS}{line}") } else { line.to_owned() }
        };
        text.split_inclusive('\n').map(line).collect()
    }
}

impl Edit for Lines {
    fn edit(&self, text: &str) -> Result<String, String> {
        let mut rest = self.without_blocks(text);
        if self.excludes.is_some_and(|other| rest.lines().any(|line| line.trim() == other)) {
            return Err(format!("it has {} already", self.excludes.unwrap_or("")));
        }
        // A block that is there already is written again in its place, so that a second run changes nothing.
        if let (None, Some(tail)) = (&self.head, &self.tail)
            && let (others, Some(at)) = tail.taken_out(text)
        {
            let (before, after) = (others.get(..at).unwrap_or(""), others.get(at..).unwrap_or(""));
            return Ok(self.rest(&format!("{before}\u{0}{after}")).replace('\u{0}', &tail.text()));
        }
        rest = self.rest(&rest);
        if !rest.is_empty() && !rest.ends_with('\n') {
            rest.push('\n');
        }
        let (head, tail) = (self.head.as_ref().map(Block::text), self.tail.as_ref().map(Block::text));
        let whole = format!("{}{rest}{}", head.unwrap_or_default(), tail.unwrap_or_default());
        if self.is_toml && whole.parse::<toml::Table>().is_err() {
            return Err("it is no TOML, or would be none any more".to_owned());
        }
        Ok(whole)
    }

    fn undo(&self, text: &str, _: Option<&str>, _: &str) -> Result<String, String> {
        let rest = self.without_blocks(text);
        let line = |line: &str| line.strip_prefix(RESTS).unwrap_or(line).to_owned();
        Ok(if self.rests.is_empty() { rest } else { rest.split_inclusive('\n').map(line).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Secret;

    fn facts() -> Facts {
        let told = "OPENAI_BASE_URL=http://x/v1\nTOLLGATE_MODEL=m\n".to_owned();
        Facts { told, key: Secret::new("sk-k".into()) }
    }

    fn check(lines: &Lines, text: &str, holds: &[&str]) {
        let once = lines.edit(text).unwrap();
        assert_eq!(lines.edit(&once).unwrap(), once, "{text}");
        for part in holds {
            assert!(once.contains(part), "{part}: {once}");
        }
        let undone = lines.undo(&once, None, "").unwrap();
        assert_eq!(undone.trim_end(), text.trim_end());
    }

    /// R-WEB-4: blocks go in once and come out, and what others wrote rests and holds again.
    #[test]
    fn r_web_4_blocks_go_in_and_come_out() {
        let bash = shell("claude-code");
        for text in ["", "x=1\n", "x=1", "# >>> tollgate claude-code >>>\nhalf a block\n"] {
            check(&bash, text, &["if [ -r"]);
        }
        let codex = codex(&facts()).unwrap();
        check(
            &codex,
            "model = \"a\"\nmodel_reasoning_effort = \"low\"\n\n[x]\nmodel = \"b\"\n",
            &[
                "#tollgate# model = \"a\"",
                "\nmodel_reasoning_effort",
                "\nmodel = \"b\"",
                "base_url = \"http://x/v1\"",
            ],
        );
        let whole: toml::Table = codex.edit("model = \"a\"\n[x]\ny = 1\n").unwrap().parse().unwrap();
        assert_eq!(whole["model"].as_str(), Some("m"));
        check(
            &aider(&facts()).unwrap(),
            "model: gpt\nread: [a]\n",
            &["#tollgate# model: gpt", "openai-api-key: \"sk-k\""],
        );
        assert!(codex.edit("not toml at all [").is_err());
        assert!(codex.edit("[model_providers.tollgate]\nname = \"mine\"\n").is_err());
    }
}
