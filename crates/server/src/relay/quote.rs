//! What a request may cost at most, and how much of that is held first. In: a peek, a model, settings. Out: a quote.
//! Pure. Never here: asking the ledger (tab), counting what was used (usage).

use crate::limits::TOOLS_TOKENS_MAX;
use crate::relay::pictures::Ordered;
use canon::Fault;
use catalog::{Model, Reasoning};
use dialect::{Made, Peek};
use ledger::meter::{self, Bounds, MeterError, Rates, Reach};
use units::{Class, NanoUsd, PriceId, Tokens};

/// The terms of a billed request.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The version of the price, frozen.
    pub price: PriceId,
    /// Its rates.
    pub rates: Rates,
    /// Upper bound of prompt tokens; corrected when the upstream first reports usage.
    pub prompt: Tokens,
    /// Which of the rarer classes can occur.
    pub reach: Reach,
    /// How many answers are asked for.
    pub choices: u64,
    /// The largest answer there can be, all choices together.
    pub answer_max: Tokens,
    /// So much of the answer is held at first; less than `answer_max` only on streams whose billed output shows.
    pub first: Tokens,
    /// Output held ahead of use at each extension.
    pub slice: Tokens,
    /// Whether the answer may be billed beyond what shows: then only the provider's report tells its size.
    pub hides: bool,
    /// Whether the prompt's size is not told by its text: media, or something that the provider fetches.
    pub untold_prompt: bool,
    /// Whether the client set the limit of the answer itself.
    pub client_set_max: bool,
    /// What pictures were asked for, where they were.
    pub ordered: Option<Ordered>,
}

impl Quote {
    /// The terms of a request that costs nothing whatever comes of it.
    pub fn nothing() -> Self {
        Self {
            price: PriceId::from_bytes([0; 16]),
            rates: Rates::FREE,
            prompt: 0,
            reach: Reach::default(),
            choices: 1,
            answer_max: 0,
            first: 0,
            slice: 0,
            hides: false,
            untold_prompt: false,
            client_set_max: true,
            ordered: None,
        }
    }

    /// Works out the terms. A request holds its whole largest answer, unless it streams and all its billed output
    /// can be seen on the stream: then it holds a slice and extends ahead of use.
    ///
    /// # Errors
    /// When pictures are asked for that have no price.
    pub fn new(peek: &Peek, model: &Model, terms: (PriceId, Rates), slice: Tokens) -> Result<Self, Fault> {
        let (price, mut rates) = terms;
        let ordered = Ordered::read(peek, model);
        if let Some(ordered) = &ordered {
            rates = rates.with(Class::Images, ordered.dearest()?);
        }
        let choices = u64::from(peek.choices.max(1));
        // The client's own limit goes to the provider as it is, so it is the bound, also above what the model is said to
        // give: whatever comes is covered.
        let asked = match &ordered {
            Some(ordered) => ordered.count.saturating_mul(ordered.tokens_each),
            None => peek.max_output.unwrap_or(model.max_output_tokens),
        };
        // A prediction that the answer does not follow is billed beside it.
        let answer_max = asked.saturating_mul(choices).saturating_add(peek.prediction_bytes);
        let hidden = match model.reasoning {
            Reasoning::Hidden => true,
            Reasoning::Visible => peek.hidden_reasoning_requested,
            Reasoning::None => peek.hidden_reasoning_requested || peek.reasoning_requested,
        };
        let sliced = peek.stream && !hidden;
        Ok(Self {
            price,
            rates,
            prompt: prompt_bound(peek, model),
            reach: reach(peek),
            choices,
            answer_max,
            first: if sliced { slice.saturating_mul(choices).min(answer_max) } else { answer_max },
            slice,
            hides: hidden,
            untold_prompt: peek.open_prompt || peek.media_items > 0,
            // Fewer pictures than were asked for are no answer.
            client_set_max: peek.max_output.is_some() || ordered.is_some(),
            ordered,
        })
    }

    /// The largest cost with an answer of that many tokens.
    ///
    /// # Errors
    /// When the price lacks a rate or the sum does not fit.
    pub fn cost_of(&self, answer: Tokens) -> Result<NanoUsd, MeterError> {
        meter::worst_case(&self.bounds(answer), &self.rates)
    }

    fn bounds(&self, answer: Tokens) -> Bounds {
        let images = self.ordered.as_ref().map_or(0, |ordered| ordered.count);
        Bounds { prompt: self.prompt, answer, reach: self.reach, images }
    }

    /// What pictures cost that came out like this. One that has no price costs what was held for it.
    pub fn price_of(&mut self, made: &Made) {
        if let Some(rate) = self.ordered.as_ref().and_then(|ordered| ordered.rate(made)) {
            self.rates = std::mem::take(&mut self.rates).with(Class::Images, rate);
        }
    }

    /// How many answer tokens an amount covers beside the prompt.
    pub fn covered_by(&self, amount: NanoUsd) -> Tokens {
        meter::affordable_answer(amount, &self.bounds(0), &self.rates).ok().flatten().unwrap_or(0)
    }
}

/// Servers may write to their cache unasked, but only for a time that is asked for do they keep it an hour.
const fn reach(peek: &Peek) -> Reach {
    let hour = peek.hour_cache || peek.open_prompt;
    Reach { cache_write_5m: true, cache_write_1h: hour, audio_in: peek.audio, audio_out: peek.audio }
}

/// Every token is at least one byte of the request's text; images, documents, sounds and what providers say around tools are
/// bounded apart. Never more than the model's context holds, which is the bound where the body does not tell.
fn prompt_bound(peek: &Peek, model: &Model) -> Tokens {
    if peek.open_prompt {
        return model.context_length;
    }
    let media = u64::from(peek.media_items).saturating_mul(model.image_tokens_max);
    let sized = if peek.documents > 0 || peek.audio { peek.media_bytes } else { 0 };
    let tools = if peek.has_tools { TOOLS_TOKENS_MAX } else { 0 };
    let beside = media.saturating_add(sized).saturating_add(tools);
    peek.prompt_bytes.saturating_add(beside).min(model.context_length)
}
