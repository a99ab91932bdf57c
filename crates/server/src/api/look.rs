//! An operator looks at a workspace as its members do, and changes nothing. In: a workspace. Out: an entry of its log, and of the
//! house's. Never here: keeping them from changes (gate, by the header that the console sends meanwhile).

use crate::api::operator::Operator;
use crate::api::problem::Problem;
use crate::api::read::{Answer, Named};
use crate::api::schema::Shown;
use crate::house::Worker;
use axum::extract::State;
use http::{HeaderMap, Method};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::port::AuditEntry;
use units::{Timestamp, WorkspaceId};

/// Who sends it with this value looks, and wants nothing changed.
pub const LOOK: &str = "x-tollgate-look";
const READ_ONLY: &str = "read-only";

/// A look that is in the log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Look")]
pub struct LookTold {
    workspace: Shown<WorkspaceId>,
    at: Shown<Timestamp>,
}

/// `POST /workspaces/{workspace}/look`.
pub async fn begin(
    State(worker): State<Worker>,
    operator: Operator,
    Named(workspace): Named,
) -> Result<Answer, Problem> {
    let house = &worker.house;
    let workspace = house.workspaces.named(&workspace).ok_or_else(|| Problem::not_found("workspace"))?;
    let at = house.clock.now();
    let log = operator.did(at, "workspace.look", workspace.id.to_string(), &json!({ "name": workspace.name }));
    house.store.note(AuditEntry { workspace: Some(workspace.id), ..log }).await?;
    Ok(Answer::created(&LookTold { workspace: Shown(workspace.id), at: Shown(at) }))
}

/// Whether a request says itself that nothing is to be changed.
///
/// # Errors
/// Where it would change something all the same, or says something else.
pub fn changes_nothing(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(LOOK) else { return Ok(()) };
    if value != READ_ONLY {
        return Err(Problem::body(format!("The header X-Tollgate-Look takes the value {READ_ONLY} alone.")));
    }
    if method.is_safe() {
        return Ok(());
    }
    Err(Problem::looking())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-ACC-2: whoever says that they look changes nothing, and who says it wrong is told.
    #[test]
    fn r_acc_2_who_looks_changes_nothing() {
        let said = |value: &str| HeaderMap::from_iter([(LOOK.parse().unwrap(), value.parse().unwrap())]);
        let holds = |method: &Method, headers: &HeaderMap| changes_nothing(method, headers).is_ok();
        for method in [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
            assert!(holds(&method, &HeaderMap::new()));
            assert_eq!(holds(&method, &said(READ_ONLY)), method == Method::GET, "{method}");
            assert!(!holds(&method, &said("yes")));
        }
    }
}
