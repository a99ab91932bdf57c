//! What pictures were ordered, and what is charged for those that came. In: a look at the request, a model, what was made. Out:
//! rates, a usage. Pure. Never here: where pictures are kept, the ledger.

use canon::{Fault, FaultKind};
use catalog::{ImagePrices, Model, Price};
use dialect::{Made, Peek, Pictures};
use ledger::meter::Rates;
use units::{Class, PicoRate, Tokens, Usage, UsageSource};

/// What pictures were asked for, and what each may cost.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// How many at most.
    pub count: u64,
    /// Tokens of one at most, where they are counted.
    pub tokens_each: Tokens,
    size: Option<String>,
    quality: Option<String>,
    prices: ImagePrices,
}

impl Ordered {
    /// What a request orders of a model; `None` where it is about something else.
    pub fn read(peek: &Peek, model: &Model) -> Option<Self> {
        let Pictures { count, size, quality, .. } = &peek.pictures;
        let prices = match &model.price {
            Some((_, Price::Rates { images, .. })) => images.clone(),
            _ => ImagePrices::default(),
        };
        (*count > 0).then(|| Self {
            count: u64::from(*count),
            tokens_each: model.image_tokens_max,
            size: size.clone(),
            quality: quality.clone(),
            prices,
        })
    }

    /// The rate of the dearest picture that may come.
    ///
    /// # Errors
    /// When pictures of this size and quality have no price; the fault names the field.
    pub fn dearest(&self) -> Result<PicoRate, Fault> {
        self.rate(&Made::default()).ok_or_else(|| self.unsold())
    }

    /// The rate of a picture that came out like this: what a server tells goes before what was asked for. `None` where it has
    /// no price.
    pub fn rate(&self, made: &Made) -> Option<PicoRate> {
        let size = made.size.as_deref().or(self.size.as_deref());
        let quality = made.quality.as_deref().or(self.quality.as_deref());
        PicoRate::each(self.prices.dearest(size, quality)?).ok()
    }

    fn unsold(&self) -> Fault {
        let of_size = |size: &String| self.prices.dearest(Some(size), None).is_none();
        let (field, word) = match (&self.size, &self.quality) {
            (Some(size), quality) if of_size(size) || quality.is_none() => ("size", size),
            (_, Some(quality)) => ("quality", quality),
            _ => return Fault::new(FaultKind::PriceUnknown, "The pictures of this model have no price yet."),
        };
        Fault::invalid(field, format!("Pictures of the {field} `{word}` are not sold for this model."))
    }

    /// What is charged for pictures of which so much was told, `prompt` tokens being estimated: where tokens have a price and
    /// nobody told them, each picture is taken for as many as were held for it.
    pub fn usage(&self, told: &Usage, prompt: Tokens, rates: &Rates) -> (Usage, UsageSource) {
        // A report of no tokens where a picture came is none.
        let counted = told.answer_total() > 0;
        let free = |class| rates.rate(class) == Some(PicoRate::ZERO);
        if counted || (free(Class::Input) && free(Class::Output)) {
            return (*told, UsageSource::Provider);
        }
        let prompt = told.prompt_total().max(prompt);
        let answer = told.count(Class::Images).saturating_mul(self.tokens_each);
        (told.with(Class::Input, prompt).with(Class::Output, answer), UsageSource::Estimated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::Dialect;

    /// A model with this price, and a request for pictures of it.
    fn ordered(price: &str, more: &str) -> Ordered {
        let docs = format!(
            r#"{{"provider":[{{"name":"p","kind":"openai","base_url":"http://127.0.0.1","credentials":["k"]}}],
                "model":[{{"id":"m","serves":"images","context_length":9000,"price":{price},"image_tokens_max":1000,
                           "route":[{{"provider":"p","model":"u"}}]}}]}}"#
        );
        let docs: catalog::CatalogueDoc = serde_json::from_str(&docs).unwrap();
        let price = (units::PriceId::from_bytes([1; 16]), docs.model[0].price.clone().unwrap());
        let catalogue = catalog::check(1, &docs, &[("m".to_owned(), price)].into()).unwrap();
        let body = bytes::Bytes::from(format!(r#"{{"model":"m","prompt":"a"{more}}}"#));
        let peek = dialect::peek(Dialect::Images, &body).unwrap();
        Ordered::read(&peek, &catalogue.models["m"]).unwrap()
    }

    const NAMED: &str =
        r#"{"image.1024x1024.low":"0.01","image.1024x1024.high":"0.16","image.1536x1024.high":"0.25"}"#;

    /// R-BILL-3: what is left open may become the dearest; what came is charged as it came.
    #[test]
    fn r_bill_3_what_came_is_priced_as_it_came() {
        let usd = |cents: i64| PicoRate::each(units::NanoUsd::new(cents * 10_000_000)).unwrap();
        let made = |size: &str, quality: &str| Made {
            count: 1,
            size: Some(size.to_owned()).filter(|s| !s.is_empty()),
            quality: Some(quality.to_owned()).filter(|q| !q.is_empty()),
        };
        let open = ordered(NAMED, "");
        assert_eq!(open.dearest().unwrap(), usd(25));
        assert_eq!(open.rate(&made("1024x1024", "low")), Some(usd(1)));
        assert_eq!(open.rate(&made("1024x1024", "")), Some(usd(16)));
        assert_eq!(open.rate(&made("64x64", "low")), None);
        let asked = ordered(NAMED, r#","size":"1024x1024","quality":"low","n":3"#);
        assert_eq!((asked.dearest().unwrap(), asked.count), (usd(1), 3));
    }

    /// R-API-8: what has no price is refused by its field.
    #[test]
    fn r_api_8_a_picture_without_a_price_is_refused_by_name() {
        for (more, field) in [
            (r#","size":"64x64""#, "size"),
            (r#","quality":"hd""#, "quality"),
            (r#","size":"64x64","quality":"low""#, "size"),
            (r#","size":"1536x1024","quality":"low""#, "quality"),
        ] {
            let fault = ordered(NAMED, more).dearest().unwrap_err();
            assert_eq!((fault.kind, fault.param.as_deref()), (FaultKind::InvalidRequest, Some(field)), "{more}");
        }
    }

    /// R-BILL-3: tokens that have a price and are not told are taken for as many as were held.
    #[test]
    fn r_bill_3_untold_tokens_are_estimated_where_they_have_a_price() {
        let by_piece = ordered(r#"{"image":"0.04"}"#, "");
        let (zero, some) = (PicoRate::ZERO, PicoRate::each(units::NanoUsd::new(1)).unwrap());
        let two = Usage::NONE.with(Class::Images, 2);
        let rates = |rate| Rates::UNKNOWN.with(Class::Input, rate).with(Class::Output, rate);
        assert_eq!(by_piece.usage(&two, 9, &rates(zero)), (two, UsageSource::Provider));
        let estimated = two.with(Class::Input, 9).with(Class::Output, 2_000);
        assert_eq!(by_piece.usage(&two, 9, &rates(some)), (estimated, UsageSource::Estimated));
        let nothing = two.with(Class::Input, 0).with(Class::Output, 0);
        assert_eq!(by_piece.usage(&nothing, 9, &rates(some)), (estimated, UsageSource::Estimated));
        let told = two.with(Class::Input, 5).with(Class::Output, 100);
        assert_eq!(by_piece.usage(&told, 9, &rates(some)), (told, UsageSource::Provider));
    }
}
