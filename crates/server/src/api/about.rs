//! What everybody may know of this gateway, so that a page can say it before anybody signs in. In: settings. Out: who may sign
//! up, where models are called. Never here: a name of a provider, a number of anything.

use super::gate::Ticket;
use super::read::Answer;
use super::schema::FamilyName;
use crate::house::{House, Worker};
use crate::settings::Registration;
use crate::surface::Surface;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

/// What everybody may know.
#[derive(Serialize, JsonSchema)]
pub struct About {
    /// The version of Tollgate.
    version: &'static str,
    /// Who may sign up: everybody (`open`), who is invited into a workspace (`invited`), nobody (`closed`).
    #[schemars(extend("enum" = ["open", "invited", "closed"]))]
    registration: &'static str,
    /// Whether who asks has a session, complete or not: then `GET /session` tells it.
    signed_in: bool,
    /// Whether nobody runs the platform yet, so that the token of `setup.token` is still of use.
    setup_needed: bool,
    /// What links begin with; null is where this was asked.
    public_url: Option<String>,
    /// Where models are called, in the order of the settings.
    surfaces: Vec<SurfaceTold>,
}

/// A base path.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Surface")]
pub struct SurfaceTold {
    /// The path (`/v1`).
    base: String,
    /// What it speaks.
    #[schemars(with = "Vec<FamilyName>")]
    families: Vec<&'static str>,
}

impl SurfaceTold {
    fn of(surface: &Surface) -> Self {
        Self { base: surface.base.to_string(), families: surface.families.names() }
    }
}

impl About {
    fn of(house: &House, signed_in: bool) -> Self {
        Self {
            signed_in,
            version: env!("CARGO_PKG_VERSION"),
            registration: match house.settings.registration {
                Registration::Open => "open",
                Registration::Invited => "invited",
                Registration::Closed => "closed",
            },
            setup_needed: !house.people.has_operator(),
            public_url: house.settings.public_url.clone(),
            surfaces: house.surfaces.iter().map(SurfaceTold::of).collect(),
        }
    }
}

/// `GET /about`.
pub async fn show(State(worker): State<Worker>, ticket: Ticket) -> Answer {
    Answer::ok(&About::of(&worker.house, ticket.principal.signed().is_some()))
}
