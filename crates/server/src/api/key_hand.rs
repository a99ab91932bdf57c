//! Who takes keys in hand, and which: operators all of them, owners and admins those of their workspace, developers their own.
//! In: a ticket of the gate. Out: whether a key is theirs. Never here: what is done with a key (keys).

use crate::api::gate::{Seat, Ticket};
use crate::api::problem::Problem;
use crate::api::read::Checks;
use crate::house::House;
use crate::people::Principal;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::sync::Arc;
use store::port::{AuditEntry, KeyRow, Role, WorkspaceRow};
use units::{KeyId, Timestamp, UserId, WorkspaceId};

/// Who takes keys in hand: in the workspace of the path, or everywhere as an operator.
pub struct Hand {
    principal: Principal,
    seat: Option<Seat>,
}

impl<S: Sync> FromRequestParts<S> for Hand {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ticket { principal, seat } = Ticket::from_request_parts(parts, state).await?;
        // Without a workspace in the path it is an operators' route.
        if seat.is_none() && !principal.is_operator() {
            return Err(Problem::unauthorized());
        }
        Ok(Self { principal, seat })
    }
}

impl Hand {
    /// What the log calls them.
    pub fn name(&self) -> &str {
        self.principal.name()
    }

    /// Whether a key is theirs to see; one that is not looks as if it were not there.
    pub fn holds(&self, row: &KeyRow) -> bool {
        let Some(seat) = &self.seat else { return true };
        row.workspace == seat.workspace.id && (seat.role != Role::Developer || self.is_own(row))
    }

    /// The same as of now, if they still may.
    pub fn again(&self, house: &House) -> Option<Self> {
        let principal = self.principal.again(house)?;
        let seat = match &self.seat {
            None if principal.is_operator() => None,
            None => return None,
            Some(Seat { workspace, .. }) => {
                let workspace = house.workspaces.find(workspace.id)?;
                let role =
                    if principal.is_operator() { Role::Owner } else { principal.role_in(house, workspace.id)? };
                Some(Seat { workspace, role })
            }
        };
        Some(Self { principal, seat })
    }

    /// The workspace of the path; `None` for operators who look everywhere.
    pub fn place(&self) -> Option<WorkspaceId> {
        self.seat.as_ref().map(|seat| seat.workspace.id)
    }

    /// The keys to which they are narrowed, revoked ones too; `None` is all of the place.
    pub fn narrowed_to(&self, house: &House) -> Option<Vec<KeyId>> {
        let narrow = self.seat.as_ref().is_some_and(|seat| seat.role == Role::Developer);
        narrow.then(|| house.keys.ids(|row| self.holds(row)))
    }

    /// A user's keys are theirs; a program's are those that it made, for nobody.
    fn is_own(&self, row: &KeyRow) -> bool {
        match self.principal.user() {
            Some(signed) => row.owner == Some(signed.user.id),
            None => row.owner.is_none() && row.created_by == self.name(),
        }
    }

    /// The workspace that is meant: that of the path, or what an operator names. `at` is where they name it.
    pub fn workspace(&self, house: &House, named: Option<&str>, checks: &mut Checks) -> Option<Arc<WorkspaceRow>> {
        match (&self.seat, named) {
            (Some(seat), None) => return Some(Arc::clone(&seat.workspace)),
            (Some(_), Some(_)) => checks.add("workspace", "the path says it"),
            (None, None) => checks.add("workspace", "expected the id or slug of a workspace"),
            (None, Some(text)) => {
                let found = house.workspaces.named(text);
                if found.is_none() {
                    checks.add("workspace", "there is no such workspace");
                }
                return found;
            }
        }
        None
    }

    /// The workspace to whose keys an operator narrows a list.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn narrowed(&self, house: &House, named: &str, checks: &mut Checks) -> Result<Arc<WorkspaceRow>, Problem> {
        if let Some(seat) = &self.seat {
            checks.add("workspace", "the path says it");
            return Ok(Arc::clone(&seat.workspace));
        }
        house.workspaces.named(named).ok_or_else(|| Problem::not_found("workspace"))
    }

    /// Whose a new key is: of the member who makes it, or of the one whom an operator names.
    pub fn owner(
        &self,
        house: &House,
        workspace: WorkspaceId,
        named: Option<&str>,
        checks: &mut Checks,
    ) -> Option<UserId> {
        let is_member = |user: &UserId| house.people.role(workspace, *user).is_some_and(Role::has_keys);
        let own = self.principal.user().map(|signed| signed.user.id).filter(is_member);
        let Some(text) = named else { return own.filter(|_| self.seat.is_some()) };
        let user: UserId = checks.parse("owner", text)?;
        if own != Some(user) && !self.principal.is_operator() {
            checks.add("owner", "only operators make keys for somebody else");
        } else if !is_member(&user) {
            checks.add("owner", "expected a member of the workspace whose role may have keys");
        }
        Some(user)
    }

    /// An entry of the log about what they did to a key.
    pub fn did(&self, at: Timestamp, action: &str, row: &KeyRow, detail: &serde_json::Value) -> AuditEntry {
        AuditEntry { workspace: Some(row.workspace), ..self.principal.did(at, action, &row.id, detail) }
    }
}
