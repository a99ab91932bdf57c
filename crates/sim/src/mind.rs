//! The simulated model: decides what is answered. In: an `Ask`. Out: an `Answer`, always the same for the same ask.
//! Never here: a dialect, time, the network.

use crate::ask::{Answer, Ask, Choice, Finish, Format, Piece, ToolDef};
use crate::count::{first_tokens, tokens_of};
use crate::{schema, wording};
use serde_json::Value;

const QUOTE_BYTES_MAX: usize = 2_000;
const OUTPUT_TOKENS_MAX: u64 = 200_000;
/// Words of a tool's name that are at least this long call it when they are said.
const NAME_WORD_MIN: usize = 4;

/// Thinks and answers.
pub(crate) fn answer(ask: &Ask) -> Answer {
    let exact = ask.directives.number("tokens").map(|n| n.min(OUTPUT_TOKENS_MAX));
    let mut pieces = Vec::new();
    let mut thinking = match ask.directives.get("think") {
        Some(value) => value.parse().unwrap_or(ask.thinking.max(16)),
        None => ask.thinking,
    };
    thinking = thinking.min(exact.unwrap_or(u64::MAX));
    if thinking > 0 {
        pieces.push(Piece::Thinking(wording::filler(thinking)));
    }
    if ask.directives.has("redacted") {
        pieces.push(Piece::Redacted);
    }
    let mut finish = Finish::End;
    let wanted = wanted_calls(ask);
    if ask.directives.has("refuse") {
        pieces.push(Piece::Refusal("I cannot help with that.".to_owned()));
        finish = Finish::Refusal;
    } else if wanted.is_empty() {
        pieces.push(Piece::Text(spoken(ask, exact, thinking)));
    } else {
        if let Some(text) = ask.directives.get("text") {
            pieces.push(Piece::Text(text.to_owned()));
        }
        pieces.extend(wanted.into_iter().map(|tool| call(ask, tool)));
        finish = Finish::Calls;
    }
    let finish = obey_stop(&mut pieces, &ask.stop).unwrap_or(finish);
    let cut = obey_limit(&mut pieces, ask.max_tokens);
    let finish = match ask.directives.get("finish") {
        Some(said) => Finish::Said(said.to_owned()),
        None if cut => Finish::Length,
        None => finish,
    };
    let count = |piece: &Piece| size(piece);
    let thinking_tokens = match pieces.first() {
        Some(piece @ Piece::Thinking(_)) => size(piece),
        _ => 0,
    };
    let output_tokens = pieces.iter().map(count).sum();
    Answer { pieces, finish, output_tokens, thinking_tokens }
}

/// The tokens of one piece of output.
fn size(piece: &Piece) -> u64 {
    match piece {
        Piece::Thinking(text) | Piece::Text(text) | Piece::Refusal(text) => tokens_of(text),
        Piece::Redacted => 0,
        Piece::Call { name, arguments } => ((name.len() + arguments.len()) as u64).div_ceil(4),
    }
}

/// The tools to call: named by a directive, forced by the choice, or spoken of in the prompt.
fn wanted_calls(ask: &Ask) -> Vec<&ToolDef> {
    if ask.choice == Choice::Never || ask.tools.is_empty() {
        return Vec::new();
    }
    let find = |name: &str| ask.tools.iter().find(|tool| tool.name == name);
    let mut wanted: Vec<&ToolDef> = match (&ask.choice, ask.directives.get("call")) {
        (Choice::Named(name), _) => find(name).into_iter().collect(),
        (Choice::Auto, _) if !ask.results.is_empty() => Vec::new(),
        (_, Some(names)) => names.split(',').filter_map(find).collect(),
        _ => ask.tools.iter().filter(|tool| spoken_of(tool, &ask.said)).collect(),
    };
    if wanted.is_empty() && ask.choice == Choice::Required {
        wanted.extend(ask.tools.first());
    }
    if !ask.parallel {
        wanted.truncate(1);
    }
    wanted
}

/// Whether the prompt says the tool's name, or a long word of it (`weather` for `get_weather`).
fn spoken_of(tool: &ToolDef, said: &str) -> bool {
    let said = said.to_lowercase();
    let name = tool.name.to_lowercase();
    let mut words = name.split(['_', '-', '.']).filter(|w| w.len() >= NAME_WORD_MIN);
    said.contains(&name) || words.any(|word| said.contains(word))
}

fn call(ask: &Ask, tool: &ToolDef) -> Piece {
    let arguments = match ask.directives.get("args") {
        Some(text) => text.to_owned(),
        None if tool.freeform => "sim".to_owned(),
        None => schema::example(&tool.schema, "sim").to_string(),
    };
    Piece::Call { name: tool.name.clone(), arguments }
}

/// The visible words of an answer that calls no tool.
fn spoken(ask: &Ask, exact: Option<u64>, thinking: u64) -> String {
    if let Some(text) = ask.directives.get("text") {
        return text.to_owned();
    }
    if let Some(exact) = exact {
        return wording::filler(exact - thinking);
    }
    match &ask.format {
        Format::Schema(schema) => return schema::example(schema, "sim").to_string(),
        Format::JsonObject => return serde_json::json!({"answer": described(ask)}).to_string(),
        Format::Text => {}
    }
    described(ask)
}

/// Says back what was understood, so that a lost part of a prompt is seen in the answer.
fn described(ask: &Ask) -> String {
    let mut text = String::new();
    for result in &ask.results {
        let how = if result.is_error { "failed" } else { "answered" };
        text.push_str(&format!("The tool {how}: {}. ", quote(&result.text)));
    }
    if ask.results.is_empty() {
        text.push_str(&format!("You said: {}. ", quote(plain(&ask.said).trim())));
    }
    for media in &ask.media {
        text.push_str(&format!("I was given: {media}. "));
    }
    text.truncate(text.trim_end().len());
    text
}

fn quote(text: &str) -> &str {
    first_tokens(text, (QUOTE_BYTES_MAX / 4) as u64)
}

/// The text without its directives.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("[[sim:") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find("]]").map_or(rest.len(), |end| start + end + 2);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Ends the text before the first stop sequence in it; what would have come later is not said.
fn obey_stop(pieces: &mut Vec<Piece>, stop: &[String]) -> Option<Finish> {
    for index in 0..pieces.len() {
        let Piece::Text(text) = &mut pieces[index] else {
            continue;
        };
        let hits = stop.iter().filter_map(|s| text.find(s.as_str()).map(|at| (at, s)));
        if let Some((at, sequence)) = hits.min_by_key(|(at, _)| *at) {
            text.truncate(at);
            pieces.truncate(index + 1);
            return Some(Finish::Stop(sequence.clone()));
        }
    }
    None
}

/// Cuts the answer to `limit` tokens; true when something was cut.
fn obey_limit(pieces: &mut Vec<Piece>, limit: Option<u64>) -> bool {
    let mut left = limit.unwrap_or(u64::MAX);
    for index in 0..pieces.len() {
        let need = size(&pieces[index]);
        if need <= left {
            left -= need;
            continue;
        }
        match &mut pieces[index] {
            Piece::Thinking(text) | Piece::Text(text) | Piece::Refusal(text) => {
                text.truncate(first_tokens(text, left).len());
            }
            Piece::Call { name, arguments } => {
                let room = (left * 4).saturating_sub(name.len() as u64);
                let room = usize::try_from(room).unwrap_or(usize::MAX).min(arguments.len());
                let end = (0..=room).rev().find(|at| arguments.is_char_boundary(*at));
                arguments.truncate(end.unwrap_or(0));
            }
            Piece::Redacted => {}
        }
        let keep = size(&pieces[index]) <= left && left > 0;
        pieces.truncate(index + usize::from(keep));
        return true;
    }
    false
}

/// The arguments as an object, for dialects that want one; an empty object when they were cut.
pub(crate) fn arguments_object(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::Object(serde_json::Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::answer;
    use crate::ask::{Ask, Choice, Finish, Format, Piece, ToolDef, ToolResult};
    use crate::directive::Directives;
    use serde_json::json;

    fn ask(said: &str) -> Ask {
        Ask {
            said: said.to_owned(),
            directives: Directives::parse(said).unwrap(),
            parallel: true,
            ..Ask::default()
        }
    }

    fn tool(name: &str) -> ToolDef {
        ToolDef {
            name: name.to_owned(),
            schema: json!({"type": "object", "properties": {"city": {"type": "string"}}}),
            ..ToolDef::default()
        }
    }

    fn text(ask: &Ask) -> String {
        match &answer(ask).pieces[..] {
            [Piece::Text(text)] => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_prompt_comes_back_without_its_directives() {
        assert_eq!(text(&ask("hi [[sim: burst]]there")), "You said: hi there.");
    }

    #[test]
    fn exactly_the_tokens_asked_for_are_given_and_counted() {
        let given = answer(&ask("x [[sim: tokens=100 think=30]]"));
        assert_eq!((given.output_tokens, given.thinking_tokens), (100, 30));
        assert_eq!(given.finish, Finish::End);
        let mut limited = ask("x [[sim: tokens=100 think=30]]");
        limited.max_tokens = Some(40);
        let given = answer(&limited);
        assert_eq!((given.output_tokens, given.finish), (40, Finish::Length));
        limited.max_tokens = Some(100);
        assert_eq!(answer(&limited).finish, Finish::End);
    }

    #[test]
    fn a_tool_is_called_when_it_is_spoken_of_or_forced() {
        let mut one = ask("what is the weather?");
        one.tools = vec![tool("get_weather"), tool("send_mail")];
        let called = Piece::Call { name: "get_weather".into(), arguments: r#"{"city":"sim"}"#.into() };
        assert_eq!(answer(&one).pieces, std::slice::from_ref(&called));
        one.said = "hello".into();
        assert_eq!(answer(&one).finish, Finish::End);
        one.choice = Choice::Required;
        assert_eq!(answer(&one).pieces, [called]);
        one.choice = Choice::Never;
        assert_eq!(answer(&one).finish, Finish::End);
    }

    #[test]
    fn a_tool_result_is_quoted_and_not_asked_for_again() {
        let mut one = ask("what is the weather? [[sim: call=get_weather]]");
        one.tools = vec![tool("get_weather")];
        one.results = vec![ToolResult { text: "12 C".into(), is_error: false }];
        assert_eq!(text(&one), "The tool answered: 12 C.");
    }

    #[test]
    fn stop_sequences_end_the_text() {
        let mut one = ask("x [[sim: text=\"one STOP two END\"]]");
        one.stop = vec!["END".into(), "STOP".into()];
        assert_eq!(answer(&one).finish, Finish::Stop("STOP".into()));
        assert_eq!(text(&one), "one ");
    }

    #[test]
    fn structured_output_is_json_for_the_schema() {
        let mut one = ask("x");
        one.format = Format::Schema(json!({"properties": {"n": {"type": "integer"}}}));
        assert_eq!(text(&one), r#"{"n":1}"#);
    }
}
