//! Whether a key may be used at this moment. In: the dates of a key and `now`. Out: yes, or why not.
//! Never here: limits (gauges has them) and caps (the ledger).

use units::Timestamp;

/// The dates that decide whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Why a key may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Standing {
    /// Whether the key works at `now`.
    ///
    /// # Errors
    /// Why it does not.
    pub fn at(&self, now: Timestamp) -> Result<(), Denied> {
        if self.revoked_at.is_some() {
            return Err(Denied::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(Denied::Expired),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_its_instant_and_when_revoked() {
        let at = Timestamp::from_ms;
        let key = Standing { expires_at: Some(at(10)), revoked_at: None };
        assert_eq!(key.at(at(9)), Ok(()));
        assert_eq!(key.at(at(10)), Err(Denied::Expired));
        let revoked = Standing { revoked_at: Some(at(1)), ..key };
        assert_eq!(revoked.at(at(9)), Err(Denied::Revoked));
        assert_eq!(Standing::default().at(at(i64::MAX)), Ok(()));
    }
}
