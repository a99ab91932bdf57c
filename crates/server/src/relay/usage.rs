//! Which usage a request is charged for: the one place where that truth is chosen. In: what the upstream reported and
//! what passed by. Out: a usage and where it came from. Pure. Never here: rates, the ledger.
//!
//! The rule (docs/MONEY.md): a complete report of the provider counts as it is. Where it is missing or the answer's end was
//! not heard, a prompt not reported is estimated as a quarter of its bytes, an answer not reported as a quarter of the bytes
//! that passed, and a thousand tokens for each image, document or sound, and a fortieth of the bytes of documents and sounds
//! beside them; all rounded up, marked `estimated`, and never charged above the hold.

use canon::Tally;
use dialect::Peek;
use units::{Class, Tokens, Usage, UsageSource};

/// Bytes of text that are taken for one token where nobody counted.
const BYTES_PER_TOKEN: u64 = 4;

/// Chooses the usage of an answer of which `passed` bytes were shown. `cut` says that its end was not heard.
pub fn truth(tally: &Tally, passed: u64, peek: &Peek, cut: bool) -> (Usage, UsageSource) {
    let reported = tally.usage();
    let sane = !reported.is_absurd();
    let prompt_known = sane && reported.iter().any(|(class, _)| class.is_prompt());
    let answer_known = sane && reported.iter().any(|(class, _)| !class.is_prompt());
    if prompt_known && answer_known && !cut {
        return (*reported, UsageSource::Provider);
    }
    let mut usage = Usage::NONE;
    if prompt_known {
        reported.iter().filter(|(class, _)| class.is_prompt()).for_each(|(class, n)| usage.set(class, n));
    } else {
        usage.set(Class::Input, estimate_prompt(peek));
    }
    let passed = estimate(passed);
    if answer_known {
        reported.iter().filter(|(class, _)| !class.is_prompt()).for_each(|(class, n)| usage.set(class, n));
        // A cut answer's last report lags behind what passed.
        let missing = passed.saturating_sub(usage.answer_total());
        usage.set(Class::Output, usage.count(Class::Output).saturating_add(missing));
    } else {
        usage.set(Class::Output, passed);
    }
    (usage, UsageSource::Estimated)
}

/// Text by its bytes, each image, document or sound as a thousand tokens, and their bytes beside that where they are
/// not images: a page of a document is some tens of kilobytes.
fn estimate_prompt(peek: &Peek) -> Tokens {
    const MEDIA_TOKENS: u64 = 1_000;
    const MEDIA_BYTES_PER_TOKEN: u64 = 40;
    let items = u64::from(peek.media_items).saturating_mul(MEDIA_TOKENS);
    let sized = if peek.documents > 0 || peek.audio { peek.media_bytes.div_ceil(MEDIA_BYTES_PER_TOKEN) } else { 0 };
    estimate(peek.prompt_bytes).saturating_add(items).saturating_add(sized)
}

/// Tokens that so many bytes of text are taken for.
pub const fn estimate(bytes: u64) -> Tokens {
    bytes.div_ceil(BYTES_PER_TOKEN)
}
