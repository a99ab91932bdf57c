//! Tokens for set-up scripts: a member makes one, a script on another machine changes it for a key of theirs, once. In: a workspace.
//! Out: the token, once, and the commands that take it. Never here: the change itself (doors/device), the script (pages).

use crate::api::gate::Seated;
use crate::api::problem::Problem;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::house::{House, Worker};
use crate::limits::{DEVICES_MAX, INSTALL_TIME};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::port::{DeviceDecision, DeviceRow, DeviceState};
use units::Timestamp;

/// What keys of set-up scripts are called, before the name of the machine.
const CLIENT: &str = "Claude Code";

/// A token, and how it is used.
#[derive(Serialize, JsonSchema)]
pub struct InstallToken {
    /// It works once.
    token: String,
    ends_at: Shown<Timestamp>,
    /// The command for a POSIX shell.
    sh: String,
    /// The command for PowerShell.
    powershell: String,
}

/// `POST /workspaces/{workspace}/install-tokens`: the key will belong to who made the token.
pub async fn create(State(worker): State<Worker>, seated: Seated) -> Result<Answer, Problem> {
    let house = &worker.house;
    let workspace = seated.seat.workspace.id;
    let member = seated.principal.user().filter(|signed| house.people.role(workspace, signed.user.id).is_some());
    let Some(signed) = member else {
        return Err(Problem::forbidden(
            "Only members set up their machines: the key belongs to who made the token.",
        ));
    };
    let (user, now) = (signed.user.id, house.clock.now());
    let ends_at = now.plus(INSTALL_TIME);
    let (token, id) = house.install_token();
    // Nobody types it: it is decided about at once.
    let mut user_code = [0; 32];
    house.chance.fill(&mut user_code);
    let row = DeviceRow {
        id,
        user_code,
        client: CLIENT.to_owned(),
        scopes: String::new(),
        address: seated.principal.address.clone(),
        made_at: now,
        ends_at,
        state: DeviceState::Waiting,
    };
    house.store.begin_device(row, DEVICES_MAX).await?;
    let log =
        seated.did(now, "install_token.create", &CLIENT, (None, Some(json!({ "ends_at": ends_at.to_string() }))));
    let decision = DeviceDecision { user_code, approved: Some((workspace, user)), at: now };
    house.store.decide_device(decision, log).await?;
    Ok(Answer::created(&told(house, token.expose(), ends_at)))
}

fn told(house: &House, token: &str, ends_at: Timestamp) -> InstallToken {
    let base = house.settings.base();
    InstallToken {
        token: token.to_owned(),
        ends_at: Shown(ends_at),
        sh: format!("curl -fsSL \"{base}/install.sh?key={token}\" | sh"),
        powershell: format!("irm \"{base}/install.ps1?key={token}\" | iex"),
    }
}
