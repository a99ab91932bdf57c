//! What a page may say about the deployment that gives it out. In: values that the server found. Out: the same, by name.
//! Never here: a provider, a route, anything of one customer but who reads.

/// A deployment, as its pages tell it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What links begin with (`https://api.example.com`), checked: it becomes a part of scripts.
    pub origin: String,
    /// Base paths of the first surface that speaks each language.
    pub openai: Option<String>,
    /// The same for Messages.
    pub anthropic: Option<String>,
    /// The same for generateContent.
    pub gemini: Option<String>,
    /// Where a key learns of itself.
    pub account: Option<String>,
    /// All surfaces.
    pub surfaces: Vec<SurfaceFact>,
    /// What new keys begin with.
    pub key_prefix: String,
    /// Every model that is sold.
    pub models: Vec<ModelFact>,
    /// Tiers and their limits.
    pub tiers: Vec<TierFact>,
    /// Every way a call can fail.
    pub faults: Vec<FaultFact>,
    /// Who runs it.
    pub operator: Operator,
    /// Who reads, where somebody is signed in.
    pub reader: Option<Reader>,
    /// Whether everybody may sign up.
    pub open_registration: bool,
    /// The largest request body, in bytes.
    pub body_bytes_max: usize,
    /// For how many hours answers of Responses are kept.
    pub kept_hours: u64,
    /// The version of Tollgate.
    pub version: &'static str,
}

/// Who runs a deployment, in their own words; what they did not say is empty.
#[derive(Clone, Debug, Default)]
pub struct Operator {
    /// What they call the service.
    pub name: String,
    /// An address of mail or of a page.
    pub support: String,
    /// Terms of use: an address, or the text in Markdown.
    pub terms: String,
    /// What becomes of data: an address, or the text in Markdown.
    pub privacy: String,
}

/// Who reads a page.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// The beginning of a key of theirs, as lists show it.
    pub key_prefix: Option<String>,
}

/// A base path with its ways.
#[derive(Clone, Debug, Default)]
pub struct SurfaceFact {
    /// The base path.
    pub base: String,
    /// The families that it carries.
    pub families: Vec<&'static str>,
    /// How its errors look.
    pub style: &'static str,
    /// Whether chats are streamed unasked.
    pub always_stream: bool,
}

/// A model that is sold.
#[derive(Clone, Debug, Default)]
pub struct ModelFact {
    /// What calls name.
    pub id: String,
    /// What people read.
    pub name: String,
    /// `chat`, `embeddings` or `images`.
    pub serves: &'static str,
    /// `none`, `visible` or `hidden`.
    pub reasoning: &'static str,
    /// In whose languages it is called.
    pub endpoints: Vec<&'static str>,
    /// What it can do, in the operator's words.
    pub capabilities: Vec<String>,
    /// Prompt and answer together, in tokens.
    pub context_length: u64,
    /// The longest answer, in tokens.
    pub max_output_tokens: u64,
    /// Whether it costs nothing.
    pub free: bool,
    /// USD for a million tokens by class, exactly.
    pub rates_usd: Vec<(&'static str, String)>,
    /// USD for each request besides.
    pub request_usd: Option<String>,
    /// USD for each image.
    pub images_usd: Vec<ImagePrice>,
    /// The tiers whose accounts may call it; `None` is all.
    pub tiers: Option<Vec<String>>,
    /// Older names that mean it.
    pub legacy_names: Vec<String>,
}

/// What a kind of picture costs.
#[derive(Clone, Debug, Default)]
pub struct ImagePrice {
    /// `image`, or `image.SIZE.QUALITY`.
    pub kind: String,
    /// USD for one.
    pub usd: String,
}

/// A tier and what accounts of it may ask for; `None` is not published, or no limit.
#[derive(Clone, Debug, Default)]
pub struct TierFact {
    /// Its name.
    pub name: String,
    /// `free`, `balance` or `plan`.
    pub when: &'static str,
    /// Whether its numbers are not published.
    pub fair_use: bool,
    /// Requests in any 60 seconds.
    pub requests_per_minute: Option<u32>,
    /// Requests at once.
    pub concurrent: Option<u32>,
    /// Requests in a UTC day.
    pub requests_per_day: Option<u32>,
    /// Tokens a minute.
    pub tokens_per_minute: Option<u64>,
}

/// A way in which a call fails.
#[derive(Clone, Debug, Default)]
pub struct FaultFact {
    /// The status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// Whose business it is.
    pub who: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Facts {
    /// The first model that fits, else the word for one.
    fn model(&self, fits: impl Fn(&ModelFact) -> bool) -> Option<&ModelFact> {
        let everybody = self.models.iter().find(|model| model.tiers.is_none() && fits(model));
        everybody.or_else(|| self.models.iter().find(|model| fits(model)))
    }

    /// A model for conversations.
    pub fn chat_model(&self) -> &str {
        let tools = |model: &ModelFact| model.serves == "chat" && model.capabilities.iter().any(|c| c == "tools");
        let found = self.model(tools).or_else(|| self.model(|model| model.serves == "chat"));
        found.map_or("YOUR_MODEL", |model| &model.id)
    }

    /// A model that shows how it reasons, else any that reasons, else any.
    pub fn thinking_model(&self) -> &str {
        let visible = self.model(|model| model.serves == "chat" && model.reasoning == "visible");
        let found = visible.or_else(|| self.model(|model| model.serves == "chat" && model.reasoning == "hidden"));
        found.map_or_else(|| self.chat_model(), |model| &model.id)
    }

    /// A model with a long context.
    pub fn long_model(&self) -> &str {
        let chats = self.models.iter().filter(|model| model.serves == "chat" && model.tiers.is_none());
        chats.max_by_key(|model| model.context_length).map_or_else(|| self.chat_model(), |model| &model.id)
    }

    /// A model for vectors.
    pub fn embedding_model(&self) -> &str {
        self.model(|model| model.serves == "embeddings").map_or("YOUR_EMBEDDING_MODEL", |model| &model.id)
    }

    /// A model for pictures.
    pub fn image_model(&self) -> &str {
        self.model(|model| model.serves == "images").map_or("YOUR_IMAGE_MODEL", |model| &model.id)
    }

    /// What OpenAI's clients are given as their base URL.
    pub fn openai_url(&self) -> String {
        format!("{}{}", self.origin, self.openai.as_deref().unwrap_or("/v1"))
    }

    /// What Anthropic's clients are given: they add `/v1/messages` by themselves.
    pub fn anthropic_url(&self) -> String {
        let base = self.anthropic.as_deref().unwrap_or("/v1");
        format!("{}{}", self.origin, base.strip_suffix("/v1").unwrap_or(base))
    }

    /// Where Messages are, whole.
    pub fn messages_url(&self) -> String {
        format!("{}{}", self.origin, self.anthropic.as_deref().unwrap_or("/v1"))
    }

    /// What Google's clients are given: they add `/v1beta` by themselves.
    pub fn gemini_url(&self) -> String {
        let base = self.gemini.as_deref().unwrap_or("/v1beta");
        format!("{}{}", self.origin, base.strip_suffix("/v1beta").unwrap_or(base))
    }

    /// Where generateContent is, whole.
    pub fn generate_url(&self) -> String {
        format!("{}{}", self.origin, self.gemini.as_deref().unwrap_or("/v1beta"))
    }

    /// Where a key learns of itself.
    pub fn account_url(&self) -> String {
        let base = self.account.as_deref().or(self.openai.as_deref()).unwrap_or("/v1");
        format!("{}{base}", self.origin)
    }

    /// What the service is called.
    pub fn name(&self) -> &str {
        if self.operator.name.is_empty() { "Tollgate" } else { &self.operator.name }
    }
}
