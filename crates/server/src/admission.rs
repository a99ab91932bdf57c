//! The admission of a call by itself, as the pipeline makes it, so that bench/ can measure it. In: a request with a key, a model's
//! name. Out: whether it may run. Never here: a body, a provider, anything that the product itself calls.

use crate::entry::{Door, Entry};
use crate::house::House;
use crate::pipeline::find_model;
use admit::Scope;
use canon::Dialect;
use http::Request;

/// Who asks, whether its key is for this and for the model, and whether the limits have room; what they gave is free again at once.
pub async fn admit(house: &House, request: &Request<()>, model: &str) -> bool {
    let Some(surface) = house.surfaces.iter().next() else { return false };
    let door = Door { surface, endpoint: "chat.completions", dialect: Some(Dialect::OpenAiChat) };
    let entry = Entry::new(house, door, request);
    let Ok(key) = house.identify(&entry, request.headers()) else { return false };
    let caller = house.caller(key, entry.at).await;
    if house.may_use(&caller, Scope::Chat, entry.at).is_err() {
        return false;
    }
    let Ok(model) = find_model(house, &caller, model) else { return false };
    house.permit(&entry, &caller, &model, 25).await.is_ok()
}
