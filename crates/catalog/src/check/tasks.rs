//! How a provider tells its tasks, checked. In: its document. Out: the whole shape, defaults included, or problems.
//! Never here: reading a task (crate dialect).

use super::Problems;
use crate::catalogue::TaskShape;
use crate::doc::TasksDoc;

/// What stands for a task in the path that asks about it.
const ID: &str = "{id}";
/// Longest path, place or state, in bytes.
const TEXT_BYTES_MAX: usize = 200;

/// Checks a shape; what is not said is as Tollgate itself tells tasks.
pub fn tasks(doc: &TasksDoc, at: &str, problems: &mut Problems) -> TaskShape {
    let text = |said: &Option<String>, otherwise: &str| said.clone().unwrap_or_else(|| otherwise.to_owned());
    let words = |said: &Option<Vec<String>>, otherwise: &[&str]| {
        said.clone().unwrap_or_else(|| otherwise.iter().map(|word| (*word).to_owned()).collect())
    };
    let shape = TaskShape {
        begin: text(&doc.begin, "/images/generations"),
        ask: text(&doc.ask, "/tasks/{id}"),
        id: text(&doc.id, "task_id"),
        state: text(&doc.state, "status"),
        pending: words(&doc.pending, &["pending", "queued", "processing", "running"]),
        succeeded: words(&doc.succeeded, &["succeeded", "completed"]),
        failed: words(&doc.failed, &["failed", "canceled", "cancelled", "expired"]),
        images: text(&doc.images, "data"),
        url: text(&doc.url, "url"),
        b64_json: text(&doc.b64_json, "b64_json"),
    };
    for (field, path, ids) in [("begin", &shape.begin, 0), ("ask", &shape.ask, 1)] {
        if !is_path(path) || path.matches(ID).count() != ids {
            let once = if ids == 1 { " with {id} in it once" } else { "" };
            problems.add(
                format!("{at}.tasks.{field}"),
                format!("expected a path below base_url that starts with '/'{once}"),
            );
        }
    }
    // An element may be an address itself, and may have no bytes in it.
    for (field, place, may_be_empty) in [
        ("id", &shape.id, false),
        ("state", &shape.state, false),
        ("images", &shape.images, false),
        ("url", &shape.url, true),
        ("b64_json", &shape.b64_json, true),
    ] {
        if !(is_place(place) || may_be_empty && place.is_empty()) {
            problems.add(format!("{at}.tasks.{field}"), "expected names of fields with dots between them");
        }
    }
    states(&shape, at, problems);
    shape
}

/// Each state means one thing.
fn states(shape: &TaskShape, at: &str, problems: &mut Problems) {
    let mut seen: Vec<String> = Vec::new();
    for (field, states) in [("pending", &shape.pending), ("succeeded", &shape.succeeded), ("failed", &shape.failed)]
    {
        if states.is_empty() {
            problems.add(format!("{at}.tasks.{field}"), "expected at least one state");
        }
        for (n, state) in states.iter().enumerate() {
            let folded = state.to_ascii_lowercase();
            if !(1..=TEXT_BYTES_MAX).contains(&state.len()) {
                problems.add(format!("{at}.tasks.{field}[{n}]"), "expected a state as the provider writes it");
            } else if seen.contains(&folded) {
                problems.add(format!("{at}.tasks.{field}[{n}]"), format!("the state \"{state}\" is there twice"));
            }
            seen.push(folded);
        }
    }
}

fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '\\' | '"');
    text.starts_with('/') && text.len() <= TEXT_BYTES_MAX && text.chars().all(plain)
}

fn is_place(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && text.split('.').all(|name| !name.is_empty() && !name.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> (TaskShape, Vec<String>) {
        let mut problems = Problems::default();
        let shape = tasks(&serde_json::from_str(json).unwrap(), "p", &mut problems);
        (shape, problems.0.into_iter().map(|problem| problem.path).collect())
    }

    /// R-API-8: what differs at a provider of tasks is declared, each state once.
    #[test]
    fn r_api_8_shapes_of_tasks_are_checked() {
        let (shape, problems) = checked("{}");
        assert_eq!((problems, shape.ask.as_str(), shape.id.as_str()), (Vec::new(), "/tasks/{id}", "task_id"));
        let (shape, problems) = checked(
            r#"{"begin":"/services/make?x=1","ask":"/jobs/{id}/state","id":"output.job.id","url":"","b64_json":"",
                "pending":["WAITING"],"succeeded":["DONE"],"failed":["BROKEN"]}"#,
        );
        assert_eq!((problems, shape.pending), (Vec::new(), vec!["WAITING".to_owned()]));
        for (json, path) in [
            (r#"{"begin":"images"}"#, "p.tasks.begin"),
            (r#"{"begin":"/a/{id}"}"#, "p.tasks.begin"),
            (r#"{"begin":"/a b"}"#, "p.tasks.begin"),
            (r#"{"ask":"/tasks"}"#, "p.tasks.ask"),
            (r#"{"ask":"/{id}/{id}"}"#, "p.tasks.ask"),
            (r#"{"id":""}"#, "p.tasks.id"),
            (r#"{"state":"a..b"}"#, "p.tasks.state"),
            (r#"{"images":""}"#, "p.tasks.images"),
            (r#"{"url":"."}"#, "p.tasks.url"),
            (r#"{"pending":[]}"#, "p.tasks.pending"),
            (r#"{"pending":[""]}"#, "p.tasks.pending[0]"),
            (r#"{"succeeded":["ok","Pending"]}"#, "p.tasks.succeeded[1]"),
            (r#"{"failed":["succeeded"]}"#, "p.tasks.failed[0]"),
        ] {
            assert_eq!(checked(json).1, [path], "{json}");
        }
    }
}
