//! Providers that are known: what they speak, where, and what they want differently. In: nothing. Out: a table, and an
//! entry of it as TOML. Never here: a model, a price, a secret.

use std::fmt::Write;

/// A provider that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name on the command line and in the catalogue.
    pub name: &'static str,
    /// What is to be known of it.
    pub told: &'static str,
    /// The language that it speaks, as a catalogue says it.
    pub kind: &'static str,
    /// Where its API starts.
    pub base_url: &'static str,
    /// The environment variable of its credential; none where a server asks for none.
    pub variable: Option<&'static str>,
    /// What it wants differently: fields of `[provider.quirks]` with their values as TOML writes them.
    quirks: &'static [(&'static str, &'static str)],
}

/// Every provider that is known, vendors first.
pub const PRESETS: [Preset; 11] = [
    Preset {
        name: "anthropic",
        told: "Claude models. Newer ones are asked to think adaptively: `thinking` of their routes",
        kind: "anthropic",
        base_url: "https://api.anthropic.com/v1",
        variable: Some("ANTHROPIC_API_KEY"),
        quirks: &[],
    },
    Preset {
        name: "openai",
        told: "OpenAI by Chat Completions, embeddings and images",
        kind: "openai",
        base_url: "https://api.openai.com/v1",
        variable: Some("OPENAI_API_KEY"),
        quirks: &[("prompt_cache_key", "true")],
    },
    Preset {
        name: "openai-responses",
        told: "OpenAI by Responses, which its models that reason want for tools",
        kind: "openai-responses",
        base_url: "https://api.openai.com/v1",
        variable: Some("OPENAI_API_KEY"),
        quirks: &[("prompt_cache_key", "true")],
    },
    Preset {
        name: "gemini",
        told: "Gemini 3 and later. Earlier models want `thinking = \"budget\"` and no more of these on their routes",
        kind: "gemini",
        base_url: "https://generativelanguage.googleapis.com/v1beta",
        variable: Some("GEMINI_API_KEY"),
        quirks: &[("thinking", "\"level\""), ("result_media", "true"), ("signature_stand_in", "true")],
    },
    Preset {
        name: "xai",
        told: "Grok models",
        kind: "openai",
        base_url: "https://api.x.ai/v1",
        variable: Some("XAI_API_KEY"),
        quirks: &[],
    },
    Preset {
        name: "openrouter",
        told: "Many models of many vendors, some of them free",
        kind: "openai",
        base_url: "https://openrouter.ai/api/v1",
        variable: Some("OPENROUTER_API_KEY"),
        quirks: &[("max_tokens_field", "\"max_tokens\""), ("reasoning_field", "\"reasoning\"")],
    },
    Preset {
        name: "deepseek",
        told: "DeepSeek models. Answers by a JSON schema are not among what it takes",
        kind: "openai",
        base_url: "https://api.deepseek.com/v1",
        variable: Some("DEEPSEEK_API_KEY"),
        quirks: &[
            ("max_tokens_field", "\"max_tokens\""),
            ("system", "\"system_in_place\""),
            ("reasoning_field", "\"reasoning_content\""),
            ("structured_output", "false"),
        ],
    },
    Preset {
        name: "mistral",
        told: "Mistral models. Its streams tell their usage unasked",
        kind: "openai",
        base_url: "https://api.mistral.ai/v1",
        variable: Some("MISTRAL_API_KEY"),
        quirks: &[
            ("max_tokens_field", "\"max_tokens\""),
            ("stream_options", "false"),
            ("system", "\"system_in_place\""),
        ],
    },
    Preset {
        name: "groq",
        told: "Open models on Groq's machines",
        kind: "openai",
        base_url: "https://api.groq.com/openai/v1",
        variable: Some("GROQ_API_KEY"),
        quirks: &[("system", "\"system_in_place\""), ("reasoning_field", "\"reasoning\"")],
    },
    Preset {
        name: "local",
        told: "A server of your own that speaks Chat Completions (Ollama's port; vLLM and llama.cpp have others)",
        kind: "openai",
        base_url: "http://127.0.0.1:11434/v1",
        variable: None,
        quirks: &[("max_tokens_field", "\"max_tokens\""), ("system", "\"system_in_place\"")],
    },
    Preset {
        name: "tollgate",
        told: "Another Tollgate: write its address here, and give it a key of yours there",
        kind: "openai",
        base_url: "https://tollgate.example.com/v1",
        variable: Some("UPSTREAM_TOLLGATE_API_KEY"),
        quirks: &[],
    },
];

impl Preset {
    /// The provider of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Its entry of a catalogue, as TOML.
    pub fn toml(&self) -> String {
        let credential = self.variable.map_or_else(|| "none".to_owned(), |variable| format!("env:{variable}"));
        let mut out = format!(
            "# {}.\n[[provider]]\nname = \"{}\"\nkind = \"{}\"\nbase_url = \"{}\"\ncredentials = [\"{credential}\"]\n",
            self.told, self.name, self.kind, self.base_url,
        );
        if !self.quirks.is_empty() {
            out.push_str("[provider.quirks]\n");
        }
        for (field, value) in self.quirks {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{field} = {value}");
        }
        out
    }
}
