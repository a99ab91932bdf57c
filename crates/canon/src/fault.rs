//! What went wrong, in the house's own words. In: a kind, what may be told, perhaps a cause. Out: `Fault`.
//! Never here: HTTP bodies or a style's names (dialect::fault renders), upstream names, hosts or secrets in `told`.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A cause as it was met lower down. It goes to the log, never to a client.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Text that a client may read.
pub type Told = Cow<'static, str>;

/// Whose pager rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The program that called.
    Client,
    /// The customer: credit, keys, limits.
    Tenant,
    /// A provider.
    Upstream,
    /// Tollgate or its operator.
    House,
}

/// What the caller may do about it. Who else is asked before the caller is told is not a fault's to say (route::Failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again gives the same.
    Never,
    /// Another try may go better; how soon is the caller's to choose.
    Again,
    /// Waiting this long helps; told as `Retry-After`, whole seconds rounded up.
    After(Duration),
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident, $text:literal, $blame:ident;)*) => {
        /// Every kind of fault a request can end with. The list is closed: a new one is a change of contract
        /// (docs/FAULTS.md).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FaultKind { $($(#[$doc])* $name,)* }

        impl FaultKind {
            /// All kinds, in the order of the published table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name in logs and usage records.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whose pager rings.
            pub const fn blame(self) -> Blame {
                match self { $(Self::$name => Blame::$blame,)* }
            }
        }
    };
}

kinds! {
    /// The body is not what the endpoint takes; the field is named.
    InvalidRequest, "invalid_request", Client;
    /// No `model` was given.
    ModelRequired, "model_required", Client;
    /// No `messages` were given.
    MessagesRequired, "messages_required", Client;
    /// No prompt was given.
    PromptRequired, "prompt_required", Client;
    /// The answer that a request goes on from is not kept (any more).
    ResponseNotKept, "response_not_kept", Client;
    /// The model cannot do what a field asks; the field is named.
    UnsupportedParameter, "unsupported_parameter", Client;
    /// Prompt and answer do not fit into the model's context.
    ContextTooLong, "context_too_long", Client;
    /// No key, a misspelt key, an unknown or revoked key, or two different keys.
    InvalidKey, "invalid_key", Client;
    /// The balance does not cover the largest cost of the call.
    InsufficientCredits, "insufficient_credits", Tenant;
    /// The balance would do, but calls under way hold too much of it.
    CreditsInFlight, "credits_in_flight", Tenant;
    /// A spend cap of the key, a member or an end user is reached.
    SpendCapReached, "spend_cap_reached", Tenant;
    /// The API is switched off for the platform or the workspace.
    ApiDisabled, "api_disabled", Tenant;
    /// The key lacks a scope.
    ScopeNotAllowed, "scope_not_allowed", Tenant;
    /// The model exists, but not for this key or tier.
    ModelNotAllowed, "model_not_allowed", Tenant;
    /// A provider refused the key that the workspace brought to it; the provider is named.
    ProviderKeyRefused, "provider_key_refused", Tenant;
    /// Too many failed authentications from this address.
    AddressBlocked, "address_blocked", Client;
    /// The key may not be used from this address.
    AddressNotAllowed, "address_not_allowed", Tenant;
    /// The address of a kept picture is not signed by this house.
    LinkNotValid, "link_not_valid", Client;
    /// No such path or object.
    NotFound, "not_found", Client;
    /// No such model.
    ModelNotAvailable, "model_not_available", Client;
    /// The path exists, the method does not.
    MethodNotAllowed, "method_not_allowed", Client;
    /// The client was too slow, or the total time ran out.
    Timeout, "timeout", Client;
    /// The body is above the endpoint's limit.
    TooLarge, "too_large", Client;
    /// A rate, concurrency or day limit is reached.
    RateLimited, "rate_limited", Tenant;
    /// The head of the request is above its limit.
    HeadersTooLarge, "headers_too_large", Client;
    /// A defect of Tollgate.
    Internal, "internal", House;
    /// The provider failed or answered nonsense.
    UpstreamFailed, "upstream_failed", Upstream;
    /// The provider refused the request as invalid.
    UpstreamRefused, "upstream_refused", Client;
    /// The model has no price yet, so it cannot be sold.
    PriceUnknown, "price_unknown", House;
    /// The model has no usable route.
    NoRoute, "no_route", House;
    /// Every route is busy or down; waiting helps.
    Unavailable, "unavailable", House;
    /// The ledger cannot take holds at the moment.
    LedgerUnavailable, "ledger_unavailable", House;
    /// The provider is overloaded.
    Overloaded, "overloaded", Upstream;
}

/// One fault of one request: what a client is told, and what the log is told.
#[derive(Debug)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// What may be done about it.
    pub retry: Retry,
    /// The only text a client sees. One sentence, no host or secret, no upstream's name but that of a provider which the
    /// workspace brought a key to.
    pub told: Told,
    /// The field of the request it is about (`messages[3].content`).
    pub param: Option<Cow<'static, str>>,
    /// What was met lower down; for the log.
    pub cause: Option<BoxError>,
}

impl Fault {
    /// A fault that trying again does not mend.
    pub fn new(kind: FaultKind, told: impl Into<Told>) -> Self {
        Self { kind, retry: Retry::Never, told: told.into(), param: None, cause: None }
    }

    /// A request that names what is wrong with one of its fields.
    pub fn invalid(param: impl Into<Cow<'static, str>>, told: impl Into<Told>) -> Self {
        Self::new(FaultKind::InvalidRequest, told).at(param)
    }

    /// Names the field.
    #[must_use]
    pub fn at(mut self, param: impl Into<Cow<'static, str>>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Says what may be done about it.
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Seconds for `Retry-After`, rounded up, where waiting helps.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self.retry {
            Retry::After(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            Retry::Never | Retry::Again => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.told)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|c| {
            let cause: &(dyn Error + 'static) = c.as_ref();
            cause
        })
    }
}
