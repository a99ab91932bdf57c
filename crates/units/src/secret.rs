//! Text that must not be printed. In: a secret. Out: the same, only by `expose`.
//! Never here: `Display`, `Serialize`, or any way to the text but `expose`.

use std::fmt;

/// A value that shows itself as `***` everywhere but where `expose` is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value that must not be printed.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call of this can be found with grep.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("sk-canary")), "***");
    }
}
