//! Which usage a request is charged for: the one place where that truth is chosen. In: what the upstream reported and
//! what passed by. Out: a usage and where it came from. Pure. Never here: rates, the ledger.
//!
//! The rule (docs/MONEY.md): a complete report of the provider counts as it is. Where it is missing or the answer's end was
//! not heard, a prompt not reported is counted in a sample of its text, an answer not reported is a quarter of the bytes that
//! passed, and media a thousand tokens each, and a fortieth of the bytes of documents and sounds beside them; all rounded up,
//! marked `estimated`, and never charged above the hold. What passed behind the last report of an answer is estimated on top
//! of it. No estimate of an answer is above the request's own limit.

use crate::doors::tokenizer;
use crate::relay::job::{Job, Terms};
use canon::{Dialect, Tally};
use dialect::Peek;
use units::{Class, Tokens, Usage, UsageSource};

/// Bytes of text that are taken for one token where nobody counted.
const BYTES_PER_TOKEN: u64 = 4;

/// A report that stands so many bytes of text before the end is still the last word: servers report on every chunk, before
/// or behind its text.
const UNREPORTED_BYTES_MAX: u64 = 256;

/// Chooses the usage of an answer of which `passed` bytes were shown. `cut` says that its end was not heard.
pub fn truth(job: &Job, tally: &Tally, passed: u64, cut: bool) -> (Usage, UsageSource) {
    if job.peek.pictures.count > 0 {
        return pictures(job, tally);
    }
    let (mut usage, source) = choose(job, tally, passed, cut || tally.unreported_bytes() > UNREPORTED_BYTES_MAX);
    if source == UsageSource::Estimated
        && let Terms::Billed(quote) = &job.terms
        && !tally.usage().iter().any(|(class, _)| class.is_answer())
    {
        usage.set(Class::Output, usage.count(Class::Output).min(quote.answer_max));
    }
    if job.peek.hour_cache && usage.get(Class::CacheWrite1h).is_none() && usage.count(Class::CacheWrite5m) > 0 {
        // The server does not tell for how long it keeps what it wrote, and an hour was asked for.
        usage.set(Class::CacheWrite1h, usage.count(Class::CacheWrite5m));
        usage.set(Class::CacheWrite5m, 0);
    }
    (usage, source)
}

fn choose(job: &Job, tally: &Tally, passed: u64, cut: bool) -> (Usage, UsageSource) {
    let reported = tally.usage();
    let sane = !reported.is_absurd();
    let prompt_known = sane && reported.iter().any(|(class, _)| class.is_prompt());
    let vectors = job.peek.dialect == Dialect::Embeddings;
    // A report of no answer where text passed is none.
    let told = reported.answer_total() > 0 || passed == 0;
    let answer_known = sane && told && (vectors || reported.iter().any(|(class, _)| class.is_answer()));
    if prompt_known && answer_known && !cut {
        return (*reported, UsageSource::Provider);
    }
    let mut usage = Usage::NONE;
    if prompt_known {
        reported.iter().filter(|(class, _)| class.is_prompt()).for_each(|(class, n)| usage.set(class, n));
    } else {
        usage.set(Class::Input, job.counted.unwrap_or_else(|| prompt_estimate(job)));
    }
    let passed = estimate(passed);
    if answer_known {
        reported.iter().filter(|(class, _)| class.is_answer()).for_each(|(class, n)| usage.set(class, n));
        // A cut answer's last report lags behind what passed.
        let missing = passed.saturating_sub(usage.answer_total());
        usage.set(Class::Output, usage.count(Class::Output).saturating_add(missing));
    } else {
        usage.set(Class::Output, passed);
    }
    (usage, UsageSource::Estimated)
}

/// Pictures are counted as they came; the tokens beside them, where they have a price and were not told, are estimated.
fn pictures(job: &Job, tally: &Tally) -> (Usage, UsageSource) {
    let ordered = match &job.terms {
        Terms::Billed(quote) => quote.ordered.as_ref().map(|ordered| (ordered, &quote.rates)),
        Terms::Free => None,
    };
    let Some((ordered, rates)) = ordered else { return (*tally.usage(), UsageSource::Provider) };
    ordered.usage(tally.usage(), prompt_estimate(job), rates)
}

/// The tokens of a prompt that nobody counted.
pub fn prompt_estimate(job: &Job) -> Tokens {
    estimate_prompt(&job.peek, text_tokens(job))
}

/// Text by its bytes, each image, document or sound as a thousand tokens, and their bytes beside that where they are
/// not images: a page of a document is some tens of kilobytes.
fn estimate_prompt(peek: &Peek, text: Tokens) -> Tokens {
    const MEDIA_TOKENS: u64 = 1_000;
    const MEDIA_BYTES_PER_TOKEN: u64 = 40;
    let items = u64::from(peek.media_items).saturating_mul(MEDIA_TOKENS);
    let sized = if peek.documents > 0 || peek.audio { peek.media_bytes.div_ceil(MEDIA_BYTES_PER_TOKEN) } else { 0 };
    text.saturating_add(items).saturating_add(sized)
}

/// The text of a prompt in tokens: counted in a sample of it, but for a short one, or where media are among it.
fn text_tokens(job: &Job) -> Tokens {
    let bytes = job.peek.prompt_bytes;
    let sample = Some(&job.sample).filter(|_| job.peek.media_bytes == 0);
    let counted = sample.and_then(|sample| sample.tokens(bytes, tokenizer(job.model.model.vocabulary)));
    counted.unwrap_or_else(|| estimate(bytes))
}

/// Tokens that so many bytes of text are taken for.
pub const fn estimate(bytes: u64) -> Tokens {
    bytes.div_ceil(BYTES_PER_TOKEN)
}
