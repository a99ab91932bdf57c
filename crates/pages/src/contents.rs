//! The pages of the documentation, in the order in which they are read. In: nothing. Out: a table. Never here: what a page says
//! (docs/).

/// What a page needs of a deployment; where that is not there, the page says so at its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// A surface with OpenAI's endpoints.
    OpenAi,
    /// A surface with Messages.
    Anthropic,
    /// A surface with generateContent.
    Gemini,
    /// A surface where a key learns of itself.
    Account,
}

/// A page.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in addresses; the first page has none.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is for, in a sentence.
    pub description: &'static str,
    /// The group it is listed in.
    pub group: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Its text, with places for facts.
    pub(crate) text: &'static str,
}

impl Entry {
    /// Its path.
    pub fn path(&self) -> String {
        if self.name.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", self.name) }
    }

    /// The path of its Markdown.
    pub fn markdown_path(&self) -> String {
        format!("/docs/{}.md", if self.name.is_empty() { "index" } else { self.name })
    }
}

/// The page of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    PAGES.iter().find(|entry| entry.name == name)
}

/// A page of a file in docs/ that carries its name.
macro_rules! pages {
    ($($group:literal: { $($name:literal $file:literal $title:literal $needs:ident $description:literal;)* })*) => {
        /// Every page.
        pub const PAGES: &[Entry] = &[$($(Entry {
            name: $name,
            title: $title,
            description: $description,
            group: $group,
            needs: Needs::$needs,
            text: include_str!(concat!("../docs/", $file, ".md")),
        },)*)*];
    };
}

pages! {
    "Start": {
        "" "index" "Documentation" Nothing "What this gateway is, and where to find what.";
        "quickstart" "quickstart" "Quickstart" Nothing "From no key to the first answer in a minute.";
        "authentication" "authentication" "Authentication" Nothing "Where the key goes, and which base URL a client wants.";
        "models" "models" "Models and aliases" Nothing "The models that are sold here, and how one stands in for another.";
    }
    "Endpoints": {
        "chat-completions" "chat-completions" "Chat Completions" OpenAi "Conversations in OpenAI's first language.";
        "messages" "messages" "Messages" Anthropic "Conversations in Anthropic's language.";
        "responses" "responses" "Responses" OpenAi "Conversations in OpenAI's second language, kept for the next turn.";
        "gemini" "gemini" "generateContent" Gemini "Conversations in Google's language.";
        "completions" "completions" "Completions" OpenAi "The old endpoint for a prompt and what follows it.";
        "embeddings" "embeddings" "Embeddings" OpenAi "Vectors of texts, one or many in a call.";
        "images" "images" "Images and tasks" OpenAi "Pictures, at once or as a task.";
        "account" "account" "Key and account" Account "What a key may learn of itself: balance, limits, spend.";
    }
    "Guides": {
        "streaming" "streaming" "Streaming" Nothing "Answers word by word, in each language.";
        "tools" "tools" "Tools" Nothing "Letting a model call your functions.";
        "thinking" "thinking" "Thinking" Nothing "Reasoning: how much of it, and what of it is seen.";
        "keys" "keys" "Keys" Nothing "Keeping keys safe, caps and other rules, rotation.";
        "errors" "errors" "Errors and retries" Nothing "Every way a call can fail, and what to do.";
        "limits" "limits" "Limits and headers" Nothing "How much may be asked for, and how to see what is left.";
        "usage" "usage" "Usage and billing" Nothing "What a call costs, when it is paid, and where to read it.";
    }
    "Clients": {
        "agents" "agents" "Agents and tools" Nothing "Claude Code, Codex, Cursor, SDKs and others: status and set-up.";
        "claude-code" "claude-code" "Claude Code" Anthropic "The set-up script, the same by hand, and how to undo it.";
        "codex" "codex" "Codex and other commands" OpenAi "Setting up Codex, Aider and an .env file.";
        "migration" "migration" "Migration" Nothing "Coming from OpenAI, Anthropic, OpenRouter or LiteLLM.";
    }
    "More": {
        "troubleshooting" "troubleshooting" "Troubleshooting" Nothing "What went wrong, by what is seen.";
        "production" "production" "Production checklist" Nothing "What to have in place before users depend on it.";
        "changelog" "changelog" "Changelog" Nothing "What changed for people who call this gateway.";
    }
}
