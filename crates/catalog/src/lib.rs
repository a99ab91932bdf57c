//! What is sold, to whom and who serves it: tiers, models, prices, providers, routes; catalogues to start with.
//! In: documents as an operator writes them. Out: a checked `Catalogue`, or every problem at once. Never here: secrets in the clear, IO, dialects, the ledger.

mod catalogue;
mod check;
mod diff;
mod doc;
mod price;
mod starter;
mod tier;

pub use catalogue::{
    Auth, Catalogue, MaxTokensField, Model, OwnKeys, Provider, ProviderKind, Quirks, Reasoning, ReasoningField,
    Route, Serves, SystemPlacement, TaskShape, ThinkingForm, Timeouts, Vocabulary,
};
pub use check::{Problem, StoredPrice, address, canonical, check, fee_name};
pub use diff::{DiffLine, Edit, FieldDiff, diff};
pub use doc::{
    CatalogueDoc, FairUseDoc, ModelDoc, ModelLimitsDoc, OwnKeysDoc, PriceDoc, ProviderDoc, QuirksDoc, RouteDoc,
    TasksDoc, TierDoc, TimeoutsDoc,
};
pub use price::{ImagePrices, Price, Rate};
pub use starter::{Choice, PRESETS, Preset, STARTERS, Starter};
pub use tier::{FairUse, Limits, Tier, Tiers, When};
