//! The models of a workspace, as its members read them: what each costs, takes and gives, and whether the workspace may call it. In: a
//! workspace. Out: what a key of it without rules of its own would be told, and more words about it. Never here: a provider, a route,
//! the lists that keys read (doors/models).

use crate::api::gate::Seated;
use crate::api::read::Answer;
use crate::api::schema::Shown;
use crate::doors::models::{endpoint_types, may_call};
use crate::house::{House, Worker};
use crate::live::{LiveModel, LivePrice};
use crate::own;
use admit::Allowance;
use axum::extract::State;
use catalog::{Limits, Price, Reasoning};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::{NanoUsd, WorkspaceId};

/// The models of a workspace.
#[derive(Serialize, JsonSchema)]
pub struct AccountModels {
    /// In the order of their ids.
    data: Vec<AccountModelTold>,
}

/// A model.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountModel")]
pub struct AccountModelTold {
    /// What calls name.
    id: String,
    /// What people read.
    name: String,
    category: String,
    /// The group that it is listed in.
    group: Option<String>,
    /// A word beside its name.
    label: Option<String>,
    owned_by: String,
    /// Which calls it answers.
    #[schemars(extend("enum" = ["chat", "embeddings", "images"]))]
    serves: &'static str,
    /// In which languages it is called (`openai`, `openai-response`, `anthropic`, `gemini`, `embeddings`, `image-generation`).
    endpoints: Vec<&'static str>,
    /// What it can do, in the operator's words (`tools`, `vision`).
    capabilities: Vec<String>,
    /// Whether it reasons, and whether that shows.
    #[schemars(extend("enum" = ["none", "visible", "hidden"]))]
    reasoning: &'static str,
    /// Prompt and answer together, in tokens.
    context_length: u64,
    /// The longest answer, in tokens; 0 where it answers no chats.
    max_output_tokens: u64,
    price: ModelPrice,
    /// Whether it is served with a key that the workspace brought to a provider.
    own_key: bool,
    /// Whether the workspace may call it now.
    may_call: bool,
    /// The tiers whose accounts may; null is all.
    tiers: Option<Vec<String>>,
    limits: ModelLimits,
}

/// What a model costs the workspace.
#[derive(Serialize, JsonSchema)]
pub struct ModelPrice {
    /// Whether it costs nothing.
    free: bool,
    /// USD for a million tokens by class, exactly; a class that is not there costs as much as the one that it is a part of.
    #[schemars(with = "BTreeMap<String, String>")]
    rates_usd: Map<String, Value>,
    /// USD for each request besides.
    request_usd: Option<Shown<NanoUsd>>,
    /// USD for each image (`image`, or `image.<size>.<quality>`).
    #[schemars(with = "BTreeMap<String, String>")]
    images_usd: Map<String, Value>,
}

/// How often one account may call a model, beside the limits of its tier; null is no such limit.
#[derive(Serialize, JsonSchema)]
pub struct ModelLimits {
    requests_per_minute: Option<u32>,
    concurrent_requests: Option<u32>,
    requests_per_day: Option<u32>,
    tokens_per_minute: Option<u64>,
}

/// `GET /workspaces/{workspace}/models`.
pub async fn list(State(worker): State<Worker>, seated: Seated) -> Answer {
    let (house, row) = (&worker.house, &seated.seat.workspace);
    let allowance = house.allowance(row.id, Some(&row.rules), house.clock.now()).await;
    let catalogue = house.catalogue.load();
    let enabled = catalogue.models.values().filter(|live| live.model.enabled);
    let mut data: Vec<AccountModelTold> =
        enabled.filter_map(|live| told(house, row.id, &allowance, live)).collect();
    data.sort_by(|a, b| a.id.cmp(&b.id));
    Answer::ok(&AccountModels { data })
}

/// A model, where it is there for the workspace: whoever may not call one learns of it as a caller would.
fn told(
    house: &House,
    workspace: WorkspaceId,
    allowance: &Allowance,
    live: &Arc<LiveModel>,
) -> Option<AccountModelTold> {
    let may = allowance.may_use(&live.model);
    if !may && house.settings.hides_models {
        return None;
    }
    let place = own::listed(house, workspace, live).filter(|place| may_call(place))?;
    let model = &place.model;
    let Limits { requests_per_minute, concurrent, requests_per_day, tokens_per_minute } = model.limits;
    Some(AccountModelTold {
        id: model.id.to_string(),
        name: model.display_name.clone(),
        category: model.category.clone(),
        group: model.group.clone(),
        label: model.label.clone(),
        owned_by: model.owned_by.clone(),
        serves: model.serves.name(),
        endpoints: endpoint_types(&place, house.surfaces.families),
        capabilities: model.capabilities.clone(),
        reasoning: match model.reasoning {
            Reasoning::None => "none",
            Reasoning::Visible => "visible",
            Reasoning::Hidden => "hidden",
        },
        context_length: model.context_length,
        max_output_tokens: model.max_output_tokens,
        price: price_of(&place),
        own_key: !Arc::ptr_eq(&place, live),
        may_call: may,
        tiers: model.tiers.as_ref().map(|names| names.iter().map(ToString::to_string).collect()),
        limits: ModelLimits {
            requests_per_minute,
            concurrent_requests: concurrent,
            requests_per_day,
            tokens_per_minute,
        },
    })
}

fn price_of(live: &LiveModel) -> ModelPrice {
    let free = matches!(live.price, LivePrice::Free);
    let mut price = ModelPrice { free, rates_usd: Map::new(), request_usd: None, images_usd: Map::new() };
    if let (false, Some((_, Price::Rates { rates, request, images }))) = (free, &live.model.price) {
        price.rates_usd =
            rates.iter().map(|(class, rate)| (class.name().into(), rate.to_string().into())).collect();
        price.request_usd = Some(*request).filter(|request| *request > NanoUsd::ZERO).map(Shown);
        let priced = images.iter().filter(|(_, price)| *price > NanoUsd::ZERO);
        price.images_usd = priced.map(|(field, price)| (field, price.to_string().into())).collect();
    }
    price
}
