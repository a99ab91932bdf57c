//! What an account may ask for, by what it has. In: the tiers of the catalogue, plans, whether there is a balance. Out: the
//! tier that is shown, the others that it is in, and the limits that hold together. Never here: buying a plan, counting requests.

use catalog::{FairUse, Limits, Model, Tier, Tiers, When};
use std::sync::Arc;

/// What an account may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The tier whose name callers read: that of the highest plan.
    pub tier: Arc<Tier>,
    /// The other tiers that it is in.
    others: Vec<Arc<Tier>>,
    /// The limits of all of them together.
    pub limits: Limits,
    /// Whether it has neither plan nor balance, nor a tier that an operator gave it for such.
    pub has_nothing: bool,
}

impl Allowance {
    /// That of one tier.
    pub fn of(tier: Arc<Tier>) -> Self {
        Self { limits: tier.limits, has_nothing: tier.when == When::Free, tier, others: Vec::new() }
    }

    /// That of plans (R-LIM-1), which count whatever the balance is: several have the highest rate and the highest concurrency of
    /// them, and the sum of their days. A plan that no tier is named after counts for nothing; `None` where all are such.
    pub fn of_plans<'a>(tiers: &Tiers, plans: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let named = plans.into_iter().filter_map(|name| tiers.get(name));
        let mut held = named.filter(|tier| tier.when == When::Plan);
        let mut all = Self::of(held.next()?.clone());
        for tier in held {
            all.limits = together(all.limits, tier.limits);
            // Of equal ones the later is told.
            let lower = if rank(&tier.limits) >= rank(&all.tier.limits) {
                std::mem::replace(&mut all.tier, tier.clone())
            } else {
                tier.clone()
            };
            all.others.push(lower);
        }
        Some(all)
    }

    /// That of an account without a plan.
    pub fn of_balance(tiers: &Tiers, has_balance: bool) -> Self {
        let tier = if has_balance { tiers.balance() } else { tiers.free() };
        // Where no tier is for those who have a balance, they are in the one for those who have nothing.
        Self { has_nothing: !has_balance, ..Self::of(tier.clone()) }
    }

    /// Whether the account may use a model (R-ROUTE-1).
    pub fn may_use(&self, model: &Model) -> bool {
        model.is_for(std::iter::once(&self.tier).chain(&self.others).map(|tier| &**tier))
    }

    /// How its requests wait where use is fair. Nothing is published of such a tier: no numbers, no limit headers.
    pub fn fair_use(&self) -> Option<FairUse> {
        self.tier.fair_use
    }
}

/// No limit is higher than any.
fn rank(limits: &Limits) -> (u32, u32, u32) {
    let most = |limit: Option<u32>| limit.unwrap_or(u32::MAX);
    (most(limits.requests_per_minute), most(limits.concurrent), most(limits.requests_per_day))
}

fn together(a: Limits, b: Limits) -> Limits {
    Limits {
        requests_per_minute: highest(a.requests_per_minute, b.requests_per_minute),
        concurrent: highest(a.concurrent, b.concurrent),
        requests_per_day: a.requests_per_day.zip(b.requests_per_day).map(|(a, b)| a.saturating_add(b)),
        tokens_per_minute: highest(a.tokens_per_minute, b.tokens_per_minute),
    }
}

fn highest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    a.zip(b).map(|(a, b)| a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plans: &[&str], has_balance: bool) -> (String, [Option<u32>; 3]) {
        let tiers = Tiers::default();
        let found = Allowance::of_plans(&tiers, plans.iter().copied());
        let found = found.unwrap_or_else(|| Allowance::of_balance(&tiers, has_balance));
        let limits = found.limits;
        (found.tier.name.to_string(), [limits.requests_per_minute, limits.concurrent, limits.requests_per_day])
    }

    /// R-LIM-1: the condition of each tier, and several plans together.
    #[test]
    fn r_lim_1_the_tier_follows_what_an_account_has() {
        for (plans, balance, name, numbers) in [
            (&[][..], false, "free", [5, 1, 50]),
            (&[], true, "topup", [30, 2, 500]),
            (&["starter"], false, "starter", [30, 2, 1_000]),
            (&["starter"], true, "starter", [30, 2, 1_000]),
            (&["ultra"], false, "ultra", [120, 8, 10_000]),
            (&["starter", "max"], false, "max", [90, 6, 6_000]),
            (&["ultra", "pro"], true, "ultra", [120, 8, 12_000]),
            (&["pro", "pro"], false, "pro", [60, 3, 4_000]),
            (&["gone"], true, "topup", [30, 2, 500]),
            // What is no plan cannot be bought as one.
            (&["topup"], false, "free", [5, 1, 50]),
            (&["gone", "pro"], false, "pro", [60, 3, 2_000]),
        ] {
            assert_eq!(of(plans, balance), (name.to_owned(), numbers.map(Some)), "{plans:?} {balance}");
        }
    }

    /// R-LIM-1: who pays is told from who does not, whatever tiers there are.
    #[test]
    fn r_lim_1_who_has_nothing_is_known() {
        let tiers = Tiers::default();
        for (found, nothing) in [
            (Allowance::of_balance(&tiers, false), true),
            (Allowance::of_balance(&tiers, true), false),
            (Allowance::of(tiers.free().clone()), true),
            (Allowance::of(tiers.balance().clone()), false),
            (Allowance::of_plans(&tiers, ["pro"]).unwrap(), false),
        ] {
            assert_eq!(found.has_nothing, nothing, "{}", found.tier.name);
        }
    }

    /// The highest rate of one plan goes with the highest concurrency of another; what is not limited is highest.
    #[test]
    fn limits_are_taken_one_by_one() {
        let limits = |a, b, c, d| Limits {
            requests_per_minute: a,
            concurrent: b,
            requests_per_day: c,
            tokens_per_minute: d,
        };
        let fast = limits(Some(100), Some(1), Some(10), Some(5));
        let wide = limits(Some(10), Some(9), Some(20), Some(7));
        assert_eq!(together(fast, wide), limits(Some(100), Some(9), Some(30), Some(7)));
        assert_eq!(together(fast, limits(None, Some(2), None, None)), limits(None, Some(2), None, None));
        assert!(rank(&limits(None, Some(1), Some(1), None)) > rank(&fast));
    }
}
