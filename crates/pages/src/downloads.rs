//! Files that set other programs up, with the addresses and models of the deployment and a place for the key. In: facts. Out: texts.
//! Never here: a key.

use crate::facts::Facts;
use crate::scripts::claude_model;
use serde_json::json;
use std::fmt::Write;

/// Where the key goes.
const KEY: &str = "YOUR_KEY";

/// A file.
#[derive(Clone, Debug)]
pub struct Download {
    /// Its name, below `/downloads/`.
    pub name: &'static str,
    /// Its type.
    pub kind: &'static str,
    /// What is in it.
    pub text: String,
}

/// Every file.
pub fn downloads(facts: &Facts) -> [Download; 3] {
    let text = "text/plain; charset=utf-8";
    [
        Download { name: "tollgate.env", kind: text, text: env(facts) },
        Download { name: "litellm.yaml", kind: "application/yaml; charset=utf-8", text: litellm(facts) },
        Download { name: "claude-code-router.json", kind: "application/json", text: router(facts) },
    ]
}

/// Variables for an .env file.
fn env(facts: &Facts) -> String {
    let mut out = format!(
        "# {}: put your key where it says {KEY}, and keep this file out of version control.\nTOLLGATE_API_KEY={KEY}\n",
        facts.origin
    );
    // Writing to a string cannot fail.
    if facts.openai.is_some() {
        let url = facts.openai_url();
        let _ = write!(out, "OPENAI_BASE_URL={url}\nOPENAI_API_BASE={url}\nOPENAI_API_KEY={KEY}\n");
    }
    if facts.anthropic.is_some() {
        let _ = write!(out, "ANTHROPIC_BASE_URL={}\nANTHROPIC_AUTH_TOKEN={KEY}\n", facts.anthropic_url());
    }
    let (model, thinking, long) = (facts.chat_model(), facts.thinking_model(), facts.long_model());
    let _ = write!(out, "# Models: by default, for reasoning, for long contexts.\nTOLLGATE_MODEL={model}\n");
    let _ = write!(out, "TOLLGATE_REASONING_MODEL={thinking}\nTOLLGATE_LONG_CONTEXT_MODEL={long}\n");
    if facts.anthropic.is_some() && !claude_model(facts).is_empty() {
        let _ = write!(out, "ANTHROPIC_MODEL={model}\nANTHROPIC_DEFAULT_HAIKU_MODEL={model}\n");
    }
    out
}

/// A LiteLLM proxy in front of this gateway.
fn litellm(facts: &Facts) -> String {
    let mut out = format!(
        "# A LiteLLM proxy whose models are those of {}. The key is read from TOLLGATE_API_KEY.\nmodel_list:\n",
        facts.origin
    );
    for model in &facts.models {
        // A JSON text is a YAML text.
        let (name, target) = (json!(model.id), json!(format!("openai/{}", model.id)));
        let _ = write!(
            out,
            "  - model_name: {name}\n    litellm_params:\n      model: {target}\n      api_base: {}\n      \
             api_key: os.environ/TOLLGATE_API_KEY\n",
            json!(facts.openai_url())
        );
    }
    if facts.models.is_empty() {
        out.truncate(out.len() - 1);
        out.push_str(" []\n");
    }
    out
}

/// The configuration of claude-code-router.
fn router(facts: &Facts) -> String {
    let ids: Vec<&str> =
        facts.models.iter().filter(|model| model.serves == "chat").map(|model| &*model.id).collect();
    let to = |model: &str| format!("tollgate,{model}");
    let config = json!({
        "Providers": [{
            "name": "tollgate",
            "api_base_url": format!("{}/chat/completions", facts.openai_url()),
            "api_key": KEY,
            "models": ids,
        }],
        "Router": {
            "default": to(facts.chat_model()),
            "background": to(facts.chat_model()),
            "think": to(facts.thinking_model()),
            "longContext": to(facts.long_model()),
        },
    });
    format!("{config:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ModelFact;

    /// R-WEB-5: files have the addresses and the models for each purpose, and no secret.
    #[test]
    fn r_web_5_downloads_are_filled() {
        let model = |id: &str, context, reasoning| ModelFact {
            id: id.into(),
            serves: "chat",
            context_length: context,
            reasoning,
            capabilities: vec!["tools".into()],
            ..ModelFact::default()
        };
        let models = vec![model("plain", 10, "none"), model("deep", 20, "visible"), model("long", 30, "hidden")];
        let base = Some("/v1".to_owned());
        let (openai, anthropic) = (base.clone(), base);
        let facts = Facts { origin: "https://x.example".into(), models, openai, anthropic, ..Facts::default() };
        let [env, litellm, router] = downloads(&facts);
        for line in [
            "OPENAI_BASE_URL=https://x.example/v1",
            "ANTHROPIC_BASE_URL=https://x.example",
            "ANTHROPIC_MODEL=plain",
            "TOLLGATE_REASONING_MODEL=deep",
            "TOLLGATE_LONG_CONTEXT_MODEL=long",
            "OPENAI_API_KEY=YOUR_KEY",
        ] {
            assert!(env.text.lines().any(|found| found == line), "{line}: {}", env.text);
        }
        assert_eq!(litellm.text.matches("model_name:").count(), 3);
        let router: serde_json::Value = serde_json::from_str(&router.text).unwrap();
        assert_eq!(router["Router"]["think"], "tollgate,deep");
        assert_eq!(router["Providers"][0]["api_base_url"], "https://x.example/v1/chat/completions");
        // What is not there is not told.
        let env = super::env(&Facts { anthropic: None, ..facts });
        assert!(env.contains("OPENAI_BASE_URL") && !env.contains("ANTHROPIC"), "{env}");
        assert!(super::litellm(&Facts::default()).contains("model_list: []"));
    }
}
