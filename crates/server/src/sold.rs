//! Which routes may be asked for what a request wants: something beyond tokens at the ordinary rate (docs/MONEY.md), changed
//! pictures. In: a look at the request, a model. Out: the routes to pass over, or a fault that names the field. Pure.
//! Never here: prices, holds.

use crate::live::{LiveModel, LiveRoute};
use canon::{Dialect, Fault, FaultKind};
use dialect::{Beyond, Peek};

/// The routes that are passed over, by their place.
///
/// # Errors
/// When none may be asked: the fault names the field.
pub fn passed_over(peek: &Peek, model: &LiveModel) -> Result<Vec<usize>, Fault> {
    if peek.dialect == Dialect::ImageEdits && !model.routes.is_empty() {
        return others(model, LiveRoute::changes_pictures).ok_or_else(|| makes_only(&model.model.id));
    }
    let Some(first) = peek.beyond.first().filter(|_| !model.routes.is_empty()) else { return Ok(Vec::new()) };
    let speaks = |route: &LiveRoute| route.target.dialect == peek.dialect;
    let allows = |route: &LiveRoute, beyond: &Beyond| speaks(route) && route.allow.contains(beyond.what);
    // Where a server of another dialect is not even asked, nothing is billed: the next best.
    let drops = |route: &LiveRoute, beyond: &Beyond| !speaks(route) && beyond.drops;
    others(model, |route| peek.beyond.iter().all(|b| allows(route, b)))
        .or_else(|| others(model, |route| peek.beyond.iter().all(|b| drops(route, b))))
        .ok_or_else(|| {
            let sold = |beyond: &Beyond| model.routes.iter().any(|route| allows(route, beyond));
            not_sold(peek.beyond.iter().find(|beyond| !sold(beyond)).unwrap_or(first), &model.model.id)
        })
}

/// The places of all other routes than the fitting ones; `None` when none fits.
fn others(model: &LiveModel, fits: impl Fn(&LiveRoute) -> bool) -> Option<Vec<usize>> {
    let unfit: Vec<usize> = (0..).zip(&model.routes).filter(|(_, r)| !fits(r)).map(|(n, _)| n).collect();
    (unfit.len() < model.routes.len()).then_some(unfit)
}

fn makes_only(model: &str) -> Fault {
    let told = format!("The model \"{model}\" makes pictures and changes none; use images/generations.");
    Fault::new(FaultKind::InvalidRequest, told).at("model")
}

fn not_sold(beyond: &Beyond, model: &str) -> Fault {
    let field = &beyond.field;
    let told = format!("What `{field}` asks for is not sold for this model (\"{model}\"); leave it out.");
    Fault::new(FaultKind::UnsupportedParameter, told).at(field.clone())
}
