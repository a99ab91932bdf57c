//! Tools of a Responses request. In: `tools` and `tool_choice`. Out: functions of `canon` under flat names, and what the
//! client knows them as. Never here: calls of them (items), answers.

use super::freeform::ARGUMENT;
use crate::read::{At, Object, items, raw_json, raw_object, text};
use canon::{ClientTool, Fault, Function, Loss, Place, RawJson, Request, Tool, ToolChoice};

/// What stands between a namespace and a name.
const BETWEEN: &str = "__";

/// The flat name of a tool.
pub(super) fn flat(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}{BETWEEN}{name}"),
        _ => name.to_owned(),
    }
}

/// Reads `tools`.
pub(super) fn read(request: &mut Request, raw: &[u8], losses: &mut Vec<Loss>) -> Result<(), Fault> {
    let at = At::field("tools");
    let mut reader = Reader { request, losses };
    for (n, raw) in items(raw, &at)?.into_iter().enumerate() {
        let at = at.index(n);
        let tool = Object::read(raw, &at)?;
        if tool.required("type", &at)? == "namespace" {
            let namespace = tool.required("name", &at)?;
            let at = at.key("tools");
            for (n, raw) in items(tool.get("tools").unwrap_or(b"[]"), &at)?.into_iter().enumerate() {
                reader.tool(raw, Some(&namespace), &at.index(n))?;
            }
            continue;
        }
        reader.tool(raw, None, &at)?;
    }
    Ok(())
}

struct Reader<'r> {
    request: &'r mut Request,
    losses: &'r mut Vec<Loss>,
}

impl Reader<'_> {
    fn tool(&mut self, raw: &[u8], namespace: Option<&str>, at: &At<'_>) -> Result<(), Fault> {
        let tool = Object::read(raw, at)?;
        let kind = tool.required("type", at)?;
        let freeform = match &*kind {
            "function" => false,
            "custom" => true,
            _ if namespace.is_some() => {
                let told = format!("Tools of type `{kind}` in a namespace cannot be carried over to this model.");
                return Err(at.key("type").unsupported(&told));
            }
            _ => {
                self.request.tools.push(Tool::Server {
                    kind,
                    raw: raw_json(raw, at)?,
                    place: Place::of(at.to_string()),
                });
                return Ok(());
            }
        };
        let name = tool.required("name", at)?;
        let flat = self.unique(flat(namespace, &name), at)?;
        let mut function = Function {
            name: flat.clone(),
            description: tool.text("description", at)?,
            schema: None,
            strict: None,
            deferred: tool.flag("defer_loading", at)?.unwrap_or(false),
            cache: None,
        };
        if freeform {
            self.free(&tool, &mut function, at)?;
        } else {
            let at = at.key("parameters");
            function.schema = tool.get("parameters").map(|raw| raw_object(raw, &at)).transpose()?;
            function.strict = tool.flag("strict", &at)?;
        }
        if freeform || namespace.is_some() {
            let namespace = namespace.map(str::to_owned);
            self.request.client_tools.push(ClientTool { flat, namespace, name, freeform });
        }
        self.request.tools.push(Tool::Function(function));
        Ok(())
    }

    /// Two tools under one flat name could not be told apart when they are called.
    fn unique(&self, flat: String, at: &At<'_>) -> Result<String, Fault> {
        let taken = |tool: &Tool| matches!(tool, Tool::Function(function) if function.name == flat);
        if self.request.tools.iter().any(taken) {
            let path = at.key("name").to_string();
            return Err(Fault::invalid(path, format!("Two tools would be called `{flat}`; rename one of them.")));
        }
        Ok(flat)
    }

    /// A tool that takes free text is a function of one string. A grammar is asked for in words, and not enforced.
    fn free(&mut self, tool: &Object<'_>, function: &mut Function, at: &At<'_>) -> Result<(), Fault> {
        function.schema = Some(schema(at)?);
        let at = at.key("format");
        let Some(raw) = tool.get("format") else { return Ok(()) };
        let format = Object::read(raw, &at)?;
        if let Some(definition) = format.text("definition", &at)? {
            let syntax = format.text("syntax", &at)?.unwrap_or_default();
            let said = function.description.take().unwrap_or_default();
            let words = format!("{said}\n\n`{ARGUMENT}` must match this {syntax} grammar:\n{definition}");
            function.description = Some(words.trim_start().to_owned());
            self.losses.push(Loss::emulated("tools[].format", "the grammar is asked for in words, not enforced"));
        }
        Ok(())
    }
}

fn schema(at: &At<'_>) -> Result<RawJson, Fault> {
    let text = format!(
        "{{\"type\":\"object\",\"properties\":{{\"{ARGUMENT}\":{{\"type\":\"string\"}}}},\"required\":[\"{ARGUMENT}\"],\
         \"additionalProperties\":false}}"
    );
    raw_json(text.as_bytes(), at)
}

/// Reads `tool_choice`, once the tools are known.
pub(super) fn choice(request: &Request, raw: &[u8]) -> Result<ToolChoice, Fault> {
    const WHAT: &str = "auto, none, required, or an object that names a tool";
    let at = At::field("tool_choice");
    if raw.first() == Some(&b'"') {
        return match &*text(raw, &at)? {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" => Ok(ToolChoice::Required),
            _ => Err(at.refuse(WHAT)),
        };
    }
    let choice = Object::read(raw, &at).map_err(|_| at.refuse(WHAT))?;
    match &*choice.required("type", &at)? {
        "allowed_tools" => {
            let inner = choice.get("allowed_tools").and_then(Object::open);
            let inner = inner.as_ref().unwrap_or(&choice);
            let at = at.key("tools");
            let mut names = Vec::new();
            for (n, raw) in items(inner.get("tools").unwrap_or(b"[]"), &at)?.into_iter().enumerate() {
                let at = at.index(n);
                names.extend(named(request, &Object::read(raw, &at)?, &at)?);
            }
            Ok(ToolChoice::Allowed { required: inner.str("mode").as_deref() == Some("required"), names })
        }
        _ => {
            let mut names = named(request, &choice, &at)?;
            match names.len() {
                1 => Ok(ToolChoice::Named(names.remove(0))),
                _ => Ok(ToolChoice::Allowed { required: true, names }),
            }
        }
    }
}

/// The flat names of what a choice names: one tool, or all of a namespace.
fn named(request: &Request, choice: &Object<'_>, at: &At<'_>) -> Result<Vec<String>, Fault> {
    let kind = choice.required("type", at)?;
    match &*kind {
        "function" | "custom" => {
            let name = choice.required("name", at)?;
            Ok(vec![flat(choice.text("namespace", at)?.as_deref(), &name)])
        }
        "namespace" => {
            let name = choice.required("name", at)?;
            let inside = request.client_tools.iter().filter(|tool| tool.namespace.as_ref() == Some(&name));
            Ok(inside.map(|tool| tool.flat.clone()).collect())
        }
        _ => {
            let told = format!("This model cannot run tools of type `{kind}`.");
            Err(at.key("type").unsupported(&told))
        }
    }
}
