//! The catalogue of faults: one row a kind. In: a kind. Out: its status and its names in every style, its meaning, what to do.
//! Never here: a second table; docs/FAULTS.md is printed from this one.

use canon::FaultKind;

/// One row.
pub(super) struct Row {
    /// The HTTP status.
    pub status: u16,
    /// The stable code: `code` of the openai, coded and router styles.
    pub code: &'static str,
    /// `type` of the openai style.
    pub openai: &'static str,
    /// `type` of the anthropic style.
    pub anthropic: &'static str,
    /// `type` of the numeric style.
    pub numeric: &'static str,
    /// The fixed text of the detail style, where it has one.
    pub detail: Option<&'static str>,
    /// What happened.
    pub meaning: &'static str,
    /// What the reader can do.
    pub remedy: &'static str,
}

impl Row {
    /// `type` of the router style has three values.
    pub const fn router(&self) -> &'static str {
        match self.status {
            401 => "authentication_error",
            502 | 529 => "upstream_error",
            _ => "gateway_error",
        }
    }

    /// `status` of the gemini style: the words are of the statuses.
    pub const fn gemini(&self) -> &'static str {
        match self.status {
            401 => "UNAUTHENTICATED",
            402 | 429 => "RESOURCE_EXHAUSTED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            405 => "UNIMPLEMENTED",
            408 => "DEADLINE_EXCEEDED",
            500 => "INTERNAL",
            502 | 503 | 529 => "UNAVAILABLE",
            _ => "INVALID_ARGUMENT",
        }
    }
}

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";

/// status, code, openai type, anthropic type, numeric type.
const fn new(
    status: u16,
    code: &'static str,
    types: [&'static str; 3],
    meaning: &'static str,
    remedy: &'static str,
) -> Row {
    Row { status, code, openai: types[0], anthropic: types[1], numeric: types[2], detail: None, meaning, remedy }
}

const fn with_detail(mut row: Row, detail: &'static str) -> Row {
    row.detail = Some(detail);
    row
}

macro_rules! rows {
    ($($kind:ident => $row:expr;)*) => {
        /// The row of a kind; the match is exhaustive, so a new kind does not build without its row.
        pub(super) const fn row(kind: FaultKind) -> &'static Row {
            match kind {
                $(FaultKind::$kind => { const ROW: &Row = &$row; ROW })*
            }
        }
    };
}

rows! {
    InvalidRequest => new(400, "invalid_request", [INVALID, INVALID, "invalid_request"],
        "The body is not what the endpoint takes.",
        "Correct the field that is named and send the request again.");
    ModelRequired => new(400, "model_required", [INVALID, INVALID, "model_required"],
        "No model was named.",
        "Set `model` to an id of the model list.");
    MessagesRequired => new(400, "messages_required", [INVALID, INVALID, "messages_required"],
        "The conversation is missing or empty.",
        "Send at least one message.");
    PromptRequired => new(400, "prompt_required", [INVALID, INVALID, "prompt_required"],
        "The prompt is missing or empty.",
        "Send a prompt.");
    ResponseNotKept => new(400, "previous_response_not_found",
        [INVALID, INVALID, "previous_response_not_found"],
        "The answer that the request goes on from is not kept: too old, deleted, another workspace's, or not to be stored.",
        "Send the whole conversation in `input`.");
    UnsupportedParameter => new(400, "unsupported_parameter", [INVALID, INVALID, "unsupported_parameter"],
        "The model cannot do what a field asks, and leaving it out would change the meaning.",
        "Remove the field that is named, or choose a model that can do it.");
    ContextTooLong => new(400, "context_length_exceeded", [INVALID, INVALID, "context_length_exceeded"],
        "Prompt and answer together do not fit into the model's context window.",
        "Shorten the conversation or lower the limit of answer tokens.");
    InvalidKey => with_detail(new(401, "invalid_api_key",
        [INVALID, "authentication_error", "invalid_api_key"],
        "The key is missing, misspelt, unknown, expired or revoked.",
        "Check the key and where it is sent: `Authorization: Bearer` or `x-api-key`."), "Invalid API key");
    InsufficientCredits => new(402, "insufficient_credits",
        ["insufficient_quota", "billing_error", "insufficient_balance"],
        "The balance does not cover the largest cost of the call.",
        "Add credit, or lower the limit of answer tokens.");
    CreditsInFlight => new(402, "credits_in_flight",
        ["insufficient_quota", "billing_error", "insufficient_balance"],
        "The balance would do, but calls under way hold too much of it.",
        "Wait until they end, or add credit.");
    SpendCapReached => new(402, "spend_cap_reached",
        ["insufficient_quota", "billing_error", "spend_cap_reached"],
        "A spend cap of the key, the member or the end user is reached.",
        "Raise the cap, or wait for its next window.");
    ApiDisabled => new(403, "api_disabled", ["permission_error", "permission_error", "api_disabled"],
        "The API is switched off for the platform or the workspace.",
        "Ask the operator.");
    ScopeNotAllowed => new(403, "scope_not_allowed",
        ["permission_error", "permission_error", "scope_not_allowed"],
        "The key lacks the scope that this endpoint needs.",
        "Use a key that has it.");
    ModelNotAllowed => new(403, "model_not_allowed",
        ["permission_error", "permission_error", "model_not_allowed"],
        "The model exists, but not for this key or tier.",
        "Choose a model of the key's own list, or have it allowed.");
    ProviderKeyRefused => new(403, "provider_key_refused",
        ["permission_error", "permission_error", "provider_key_refused"],
        "The provider refused the key that the workspace brought to it, and no other place may serve the model.",
        "Replace the workspace's key for the provider that is named, or remove it.");
    AddressBlocked => new(403, "address_blocked",
        ["permission_error", "permission_error", "address_blocked"],
        "Too many failed authentications came from this address.",
        "Correct the key and wait until the block ends.");
    AddressNotAllowed => new(403, "address_not_allowed",
        ["permission_error", "permission_error", "address_not_allowed"],
        "The key may only be used from other addresses.",
        "Call from an address of the key's list, or have this one added.");
    LinkNotValid => new(403, "invalid_link", ["permission_error", "permission_error", "invalid_link"],
        "The address of a picture is not one that was given out.",
        "Use the address as it was told, to its last character.");
    NotFound => new(404, "not_found", [INVALID, "not_found_error", "not_found"],
        "There is no such path or object.",
        "Check the path and the base URL.");
    ModelNotAvailable => new(404, "model_not_available", [INVALID, "not_found_error", "model_not_available"],
        "There is no model of this id.",
        "Use an id of the model list.");
    MethodNotAllowed => new(405, "method_not_allowed", [INVALID, INVALID, "method_not_allowed"],
        "The path exists, the method does not.",
        "Use a method of the `Allow` header.");
    Timeout => new(408, "timeout", ["timeout_error", "timeout_error", "timeout"],
        "The request was sent too slowly, or the total time ran out.",
        "Send the body faster, or ask for a shorter answer; stream long ones.");
    TooLarge => new(413, "request_too_large", [INVALID, "request_too_large", "request_too_large"],
        "The body is above the limit of the endpoint.",
        "Send less, or refer to media by URL.");
    RateLimited => with_detail(new(429, "rate_limit_exceeded",
        ["rate_limit_error", "rate_limit_error", "rate_limit_exceeded"],
        "A limit of requests, of concurrency or of the day is reached.",
        "Wait as long as `Retry-After` says."), "Rate limit exceeded");
    HeadersTooLarge => new(431, "headers_too_large", [INVALID, INVALID, "headers_too_large"],
        "The request line and the headers are above their limit.",
        "Send fewer or shorter headers.");
    Internal => new(500, "internal_error", [SERVER, "api_error", "internal_error"],
        "Something is wrong with the gateway itself.",
        "Try again later; tell the operator the request id.");
    UpstreamFailed => new(502, "provider_error", [SERVER, "api_error", "provider_error"],
        "The model's provider failed or gave an answer that makes no sense.",
        "Try again; nothing that was not delivered is charged.");
    UpstreamRefused => new(400, "request_refused", [INVALID, INVALID, "request_refused"],
        "The model's provider refused the request as invalid.",
        "Check the fields against what the model supports.");
    PriceUnknown => new(503, "price_unknown", [SERVER, "api_error", "price_unknown"],
        "The model has no price yet, so it is not sold.",
        "Choose another model, or ask the operator.");
    NoRoute => new(503, "provider_not_configured", [SERVER, "api_error", "provider_not_configured"],
        "The model has no usable route.",
        "Choose another model, or ask the operator.");
    Unavailable => new(503, "unavailable", [SERVER, "api_error", "unavailable"],
        "Every route of the model is busy or down.",
        "Wait as long as `Retry-After` says.");
    LedgerUnavailable => new(503, "billing_unavailable", [SERVER, "api_error", "billing_unavailable"],
        "Credit cannot be checked at the moment.",
        "Wait as long as `Retry-After` says.");
    Overloaded => new(529, "overloaded", [SERVER, "overloaded_error", "overloaded"],
        "The model's provider is overloaded.",
        "Wait as long as `Retry-After` says.");
}
