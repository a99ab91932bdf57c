//! What a translation could not carry. In: a field path. Out: a value that the log and a response header name.
//! Never here: losses that change the meaning of a request: those are a 400.

use std::borrow::Cow;

/// What became of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossAction {
    /// It was left out.
    Dropped,
    /// A near value was sent.
    Approximated,
    /// Another field does nearly the same.
    Emulated,
}

impl LossAction {
    /// The word in logs and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Approximated => "approximated",
            Self::Emulated => "emulated",
        }
    }
}

/// One field that did not cross as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The field in the words of the client's dialect (`messages[2].content[0].image_url.detail`).
    pub path: String,
    /// What became of it.
    pub action: LossAction,
    /// One sentence that says why or how.
    pub detail: Cow<'static, str>,
}

impl Loss {
    /// A field that was left out.
    pub fn dropped(path: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(path, LossAction::Dropped, detail)
    }

    /// A field sent with a near value.
    pub fn approximated(path: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(path, LossAction::Approximated, detail)
    }

    /// A field carried by other means.
    pub fn emulated(path: impl Into<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(path, LossAction::Emulated, detail)
    }

    fn new(path: impl Into<String>, action: LossAction, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), action, detail: detail.into() }
    }
}
