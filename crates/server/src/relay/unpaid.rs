//! What a client is told when its call cannot be paid: credit, caps, a ledger that does not answer. In: what the ledger said.
//! Out: faults in a customer's words. Never here: asking the ledger (tab.rs).

use crate::limits::{IN_FLIGHT_RETRY, LEDGER_RETRY};
use canon::{BoxError, Fault, FaultKind, Retry};
use ledger::{Cap, Capped, LimitSource, Most, Refusal};
use store::port::StoreError;
use units::{NanoUsd, Timestamp};

/// The price is not complete.
pub fn unpriced(error: ledger::meter::MeterError) -> Fault {
    Fault::new(FaultKind::PriceUnknown, "This model has no complete price yet, so it cannot be called.")
        .because(error)
}

/// The ledger did not answer: no hold, no call.
pub fn unavailable(error: StoreError) -> Fault {
    Fault::new(
        FaultKind::LedgerUnavailable,
        "The ledger cannot take new requests at the moment; nothing was charged.",
    )
    .retry(Retry::After(LEDGER_RETRY))
    .because(error)
}

/// The charge is queued and not durable yet: the end may not be shown, and nobody may say that nothing was charged.
pub fn unsettled(cause: BoxError) -> Fault {
    let told = "The end of this answer is held back because its charge could not be written in time; what was delivered is \
                charged once.";
    Fault::new(FaultKind::LedgerUnavailable, told).because(cause)
}

/// Credit was not reserved: says what is in the way, and how soon it may be better.
pub fn refused(refusal: &Refusal, now: Timestamp) -> Fault {
    let (needed, available) = (refusal.needed, refusal.available.max(NanoUsd::ZERO));
    match refusal.source {
        LimitSource::Balance => Fault::new(
            FaultKind::InsufficientCredits,
            format!(
                "Insufficient credits: this call may cost up to {needed} USD and {available} USD is available; \
                 add credit or lower the answer's token limit."
            ),
        ),
        LimitSource::InFlight => Fault::new(
            FaultKind::CreditsInFlight,
            format!(
                "Calls under way hold your credit: this one may cost up to {needed} USD and {available} USD is free; \
                 try again when they have ended."
            ),
        )
        .retry(Retry::After(IN_FLIGHT_RETRY)),
        LimitSource::Cap(cap) if available > NanoUsd::ZERO => cap_too_near(cap, (needed, available), now),
        LimitSource::Cap(cap) => cap_reached(cap, now),
        LimitSource::CapInFlight(cap) => Fault::new(
            FaultKind::SpendCapReached,
            format!(
                "Calls under way hold the rest of {}: this one may cost up to {needed} USD and {available} USD is free; \
                 try again when they have ended.",
                told_cap(cap)
            ),
        )
        .retry(Retry::After(IN_FLIGHT_RETRY)),
    }
}

/// Whose a cap is.
const fn owner(of: Capped) -> &'static str {
    match of {
        Capped::KeyInAll | Capped::Key(_) => "the key's",
        Capped::Member(_) => "the member's",
        Capped::EndUser(_) => "the end user's",
    }
}

/// Of which span of time a cap is, as words behind a number.
fn a_span(of: Capped) -> String {
    of.span().map_or_else(String::new, |span| format!(" a {}", span.name()))
}

/// What a cap is called.
fn told_cap(cap: Cap) -> String {
    let (owner, span) = (owner(cap.of), a_span(cap.of));
    match cap.most {
        Most::Spend(limit) => format!("{owner} spend cap of {limit} USD{span}"),
        Most::Requests(limit) => format!("{owner} quota of {limit} requests{span}"),
    }
}

/// Some of a cap is left, and less than the call may cost: a smaller call goes through. Waiting helps one that fits the whole cap.
fn cap_too_near(cap: Cap, (needed, available): (NanoUsd, NanoUsd), now: Timestamp) -> Fault {
    let Most::Spend(limit) = cap.most else { return cap_reached(cap, now) };
    let ends = cap.of.span().map(|span| span.ends(now)).filter(|_| needed <= limit);
    let wait = ends.map_or_else(String::new, |ends| format!(", or wait: it begins anew at {ends}"));
    let (owner, span) = (owner(cap.of), a_span(cap.of));
    let told = format!(
        "Spend cap reached: {limit} USD{span}. {available} USD of {owner} is left, and this call may cost up to {needed} USD: \
         lower the answer's token limit{wait}."
    );
    let fault = Fault::new(FaultKind::SpendCapReached, told);
    match ends {
        Some(ends) => fault.retry(Retry::After(ends.since(now))),
        None => fault,
    }
}

/// The words of 002 (R-ERR-3), and where the cap begins anew, when it does.
fn cap_reached(cap: Cap, now: Timestamp) -> Fault {
    let (kind, reached) = match cap.most {
        Most::Spend(limit) => {
            (FaultKind::SpendCapReached, format!("Spend cap reached: {limit} USD{}", a_span(cap.of)))
        }
        Most::Requests(_) => {
            let told = told_cap(cap);
            let (first, rest) = told.split_at(1);
            (FaultKind::RateLimited, format!("{}{rest} is used up", first.to_uppercase()))
        }
    };
    let Some(span) = cap.of.span() else { return Fault::new(kind, reached) };
    let ends = span.ends(now);
    Fault::new(kind, format!("{reached}; it begins anew at {ends}.")).retry(Retry::After(ends.since(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Span;

    fn reached(cap: Cap, now: Timestamp) -> Fault {
        let refusal = Refusal { source: LimitSource::Cap(cap), available: NanoUsd::ZERO, needed: NanoUsd::new(1) };
        refused(&refusal, now)
    }

    /// R-KEY-3: a quota of requests is a limit, and says whose and until when.
    #[test]
    fn r_key_3_a_used_up_quota_says_whose_and_until_when() {
        let now = Timestamp::parse_rfc3339("2026-03-03T09:00:00Z").unwrap();
        let fault = reached(Cap::requests(Capped::EndUser(Span::Day), 20), now);
        let told =
            "The end user's quota of 20 requests a day is used up; it begins anew at 2026-03-04T00:00:00.000Z.";
        assert_eq!((fault.kind, &*fault.told), (FaultKind::RateLimited, told));
        assert_eq!(fault.retry_after_s(), Some(15 * 3_600));
    }

    /// R-ERR-3: where a smaller call would go through, that is said, and waiting only where it helps.
    #[test]
    fn r_err_3_a_cap_that_is_too_near_says_what_is_left() {
        let now = Timestamp::parse_rfc3339("2026-03-03T09:00:00Z").unwrap();
        let told = |needed| {
            let cap = Cap::spend(Capped::Key(Span::Day), NanoUsd::new(1_000_000));
            let (source, available) = (LimitSource::Cap(cap), NanoUsd::new(400_000));
            let fault = refused(&Refusal { source, available, needed: NanoUsd::new(needed) }, now);
            (fault.told.to_string(), fault.retry_after_s())
        };
        let near = "Spend cap reached: 0.001 USD a day. 0.0004 USD of the key's is left, and this call may cost up to 0.0009 USD: \
                    lower the answer's token limit, or wait: it begins anew at 2026-03-04T00:00:00.000Z.";
        assert_eq!(told(900_000), (near.into(), Some(15 * 3_600)));
        let (never, wait) = told(5_000_000);
        assert!(never.ends_with("up to 0.005 USD: lower the answer's token limit."), "{never}");
        assert_eq!(wait, None);
    }

    /// R-KEY-2, R-ERR-3 (002-11): the words of the description, when a cap begins anew, and that waiting helps only then.
    #[test]
    fn r_key_2_a_reached_cap_says_which_and_until_when() {
        let now = Timestamp::parse_rfc3339("2026-03-03T09:00:00Z").unwrap();
        let told = |of| {
            let fault = reached(Cap::spend(of, NanoUsd::new(5_000_000_000)), now);
            assert_eq!(fault.kind, FaultKind::SpendCapReached);
            (fault.told.to_string(), fault.retry_after_s())
        };
        assert_eq!(told(Capped::KeyInAll), ("Spend cap reached: 5.00 USD".into(), None));
        let day = "Spend cap reached: 5.00 USD a day; it begins anew at 2026-03-04T00:00:00.000Z.";
        assert_eq!(told(Capped::EndUser(Span::Day)), (day.into(), Some(15 * 3_600)));
        let month = "Spend cap reached: 5.00 USD a month; it begins anew at 2026-04-01T00:00:00.000Z.";
        assert_eq!(told(Capped::Member(Span::Month)).0, month);
    }
}
