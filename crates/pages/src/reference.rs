//! The reference of an API, made of its OpenAPI document. In: documents that this gateway serves. Out: HTML. Never here: what a document
//! says (server).

mod example;
mod schema;

use crate::facts::Facts;
use crate::layout::Layout;
use schema::{Schemas, escaped, words};
use serde_json::Value;
use std::fmt::Write;

/// A document, and where it is told.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// Its name in addresses (`v1`, `manage`).
    pub name: String,
    /// The base path that its paths lie below.
    pub base: &'a str,
    /// What it is, in a sentence.
    pub about: String,
    /// The document.
    pub value: &'a Value,
}

impl Document<'_> {
    /// The path of its page.
    pub fn path(&self) -> String {
        format!("/docs/api/{}", self.name)
    }
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page that lists documents: name, base path, what each is.
pub fn references(facts: &Facts, documents: &[(String, String, String)]) -> String {
    let mut body = String::from(
        "<h1>API reference</h1>\n<p>Made of the OpenAPI documents that this gateway serves itself. Each needs no key to be read, and \
         generators of clients take it as it is.</p>\n<div class=\"table\" role=\"group\" aria-label=\"Documents\" tabindex=\"0\"><table>\n\
         <thead><tr><th>reference</th><th>what it is</th><th>OpenAPI</th></tr></thead>\n<tbody>\n",
    );
    for (name, base, about) in documents {
        let (name, base, about) = (escaped(name), escaped(base), escaped(about));
        // Writing to a string cannot fail.
        let _ = writeln!(
            body,
            "<tr><td><a href=\"/docs/api/{name}\"><code>{base}</code></a></td><td>{about}</td>\
             <td><a href=\"{base}/openapi.json\">{base}/openapi.json</a></td></tr>"
        );
    }
    body.push_str("</tbody></table></div>\n");
    let titled = ("API reference", "Every operation, from the OpenAPI documents.");
    Layout::alone(titled, "/docs/api", &body, facts).page()
}

/// The page of a document.
pub fn reference(facts: &Facts, document: &Document<'_>) -> String {
    let base = escaped(document.base);
    let mut body = format!(
        "<h1>API reference: {base}</h1>\n<p>{}</p>\n<p>Paths are below <code>{}{base}</code>. The document itself: \
         <a href=\"{base}/openapi.json\">openapi.json</a>. <a href=\"/docs/api\">All references</a>.</p>\n",
        escaped(&document.about),
        escaped(&facts.origin),
    );
    let schemas = Schemas::of(document.value);
    body.push_str("<h2 id=\"operations\">Operations</h2>\n<ul>\n");
    for (path, method, operation) in operations(document.value) {
        let (id, summary) = (escaped(text(operation, "operationId")), words(text(operation, "summary")));
        let _ = writeln!(
            body,
            "<li><a href=\"#{id}\"><span class=\"method\">{method}</span> <code>{}</code></a> {summary}</li>",
            escaped(path)
        );
    }
    body.push_str("</ul>\n");
    for (path, method, operation) in operations(document.value) {
        body.push_str(&described(facts, document, (path, method, operation), &schemas));
    }
    body.push_str(&schemas.described());
    let title = format!("API reference: {}", document.base);
    Layout::alone((&title, &document.about), &document.path(), &body, facts).page()
}

/// Every operation of a document, in its order.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        METHODS.into_iter().filter_map(move |method| Some((path.as_str(), method, methods.get(method)?)))
    })
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("")
}

type Operation<'a> = (&'a str, &'static str, &'a Value);

fn described(
    facts: &Facts,
    document: &Document<'_>,
    (path, method, operation): Operation<'_>,
    schemas: &Schemas<'_>,
) -> String {
    let id = escaped(text(operation, "operationId"));
    let mut out = format!(
        "<section class=\"operation\" aria-labelledby=\"{id}\">\n<h3 id=\"{id}\"><span class=\"method\">{method}</span> <code>{}{}</code></h3>\n<p>{}</p>\n",
        escaped(document.base),
        escaped(path),
        words(text(operation, "summary"))
    );
    if let Some(may) = operation["x-tollgate-may"].as_str() {
        let _ = writeln!(out, "<p>Who may: {}.</p>", escaped(may.trim_end_matches('.')));
    } else if operation["security"].as_array().is_some_and(Vec::is_empty) {
        out.push_str("<p>It needs no key.</p>\n");
    }
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    if !parameters.is_empty() {
        out.push_str(&head("Parameters", &["name", "where", "type", "what it is"]));
        for parameter in parameters {
            let must = if parameter["required"] == true { " (needed)" } else { "" };
            let said = [text(parameter, "description"), text(&parameter["schema"], "description")];
            let said = said.into_iter().find(|said| !said.is_empty()).unwrap_or("");
            let _ = writeln!(
                out,
                "<tr><td><code>{}</code>{must}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escaped(text(parameter, "name")),
                escaped(text(parameter, "in")),
                schemas.kind(&parameter["schema"]),
                words(said)
            );
        }
        out.push_str("</tbody></table></div>\n");
    }
    for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "<p>Body, <code>{}</code>: {}</p>", escaped(kind), schemas.kind(&content["schema"]));
    }
    out.push_str(&head("Answers", &["status", "what it is", "body"]));
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let bodies = answer["content"].as_object().into_iter().flatten();
        let bodies: Vec<String> = bodies
            .map(|(kind, content)| format!("<code>{}</code> {}", escaped(kind), schemas.kind(&content["schema"])))
            .collect();
        let (status, said) = (escaped(status), words(text(answer, "description")));
        let _ = writeln!(out, "<tr><td>{status}</td><td>{said}</td><td>{}</td></tr>", bodies.join("<br>"));
    }
    out.push_str("</tbody></table></div>\n");
    let sample = example::curl(&facts.origin, document, (path, method, operation), schemas);
    let _ = writeln!(
        out,
        "<pre tabindex=\"0\"><code class=\"language-text\">{}</code></pre>\n</section>",
        escaped(&sample)
    );
    out
}

fn head(title: &str, columns: &[&str]) -> String {
    let cells: String = columns.iter().map(|column| format!("<th>{column}</th>")).collect();
    format!(
        "<div class=\"table\" role=\"group\" aria-label=\"{title}\" tabindex=\"0\"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// R-API-19: every operation of a document is on its page, and what a document says stays letters.
    #[test]
    fn r_api_19_every_operation_is_told() {
        let value = json!({
            "paths": { "/things/{id}": {
                "get": { "operationId": "getThing", "summary": "A <b>thing</b>.", "security": [],
                    "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                    "responses": { "200": { "description": "It.", "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Thing" } } } } } },
                "patch": { "operationId": "changeThing", "summary": "Changes it.", "x-tollgate-may": "owners",
                    "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
                    "responses": {} } } },
            "components": { "schemas": { "Thing": { "type": "object", "required": ["name"], "description": "A thing.",
                "properties": { "name": { "type": "string", "maxLength": 20 },
                    "parts": { "type": ["array", "null"], "items": { "$ref": "#/components/schemas/Thing" } } } } } },
        });
        let document = Document { name: "x".into(), base: "/x", about: "For <tests>.".into(), value: &value };
        let html = reference(&Facts { origin: "https://x.example".into(), ..Facts::default() }, &document);
        for part in [
            "id=\"getThing\"",
            "id=\"changeThing\"",
            "A &lt;b&gt;thing&lt;/b&gt;.",
            "Who may: owners.",
            "It needs no key.",
            "href=\"#schema-Thing\"",
            "id=\"schema-Thing\"",
            "at most 20",
            "https://x.example/x/things/ID",
            "&quot;name&quot;",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("<b>") && !html.contains("<tests>"));
        assert!(
            references(&Facts::default(), &[("v1".into(), "/v1".into(), "Models.".into())])
                .contains("/v1/openapi.json")
        );
    }
}
