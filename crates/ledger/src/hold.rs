//! A hold while it is open, and the one move it may make. In: an order and its legs. Out: the same until it closes.
//! Never here: where the credit comes from (wallet.rs).

use crate::{Counted, HoldAnswer, HoldOrder, HoldState};
use units::{GrantId, KeyId, MoneyError, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What a hold has reserved in one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The grant.
    pub grant: GrantId,
    /// How much of it.
    pub amount: NanoUsd,
}

/// A hold that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHold {
    /// The request.
    pub id: RequestId,
    /// Who pays.
    pub workspace: WorkspaceId,
    /// The key that asked.
    pub key: KeyId,
    /// Whose spend is counted besides.
    pub counted: Counted,
    /// What was asked for at first.
    pub want: NanoUsd,
    /// The least that was asked for.
    pub floor: NanoUsd,
    /// When.
    pub at: Timestamp,
    /// The number of the last extension; 0 before the first.
    pub seq: u32,
    /// What is reserved, in drain order, extensions included; at most one leg a grant.
    pub legs: Vec<Leg>,
}

impl OpenHold {
    /// The whole hold, extensions included.
    ///
    /// # Errors
    /// `Overflow`, which no hold that a wallet made can reach.
    pub fn amount(&self) -> Result<NanoUsd, MoneyError> {
        self.legs.iter().try_fold(NanoUsd::ZERO, |sum, leg| sum.plus(leg.amount))
    }

    /// What the same id asked again comes to: the same answer for the same words, a conflict for others.
    ///
    /// # Errors
    /// `Overflow`, which no hold that a wallet made can reach.
    pub fn again(&self, order: &HoldOrder) -> Result<HoldAnswer, MoneyError> {
        let same = self.workspace == order.workspace
            && self.key == order.key
            && self.counted == order.counted
            && self.want == order.want
            && self.floor == order.floor;
        Ok(if same { HoldAnswer::Held { amount: self.amount()? } } else { HoldAnswer::Conflict(HoldState::Open) })
    }

    /// Adds to the leg of a grant, or a leg at the end.
    pub(crate) fn raise(&mut self, grant: GrantId, by: NanoUsd) -> Result<(), MoneyError> {
        match self.legs.iter_mut().find(|leg| leg.grant == grant) {
            Some(leg) => leg.amount = leg.amount.plus(by)?,
            None => self.legs.push(Leg { grant, amount: by }),
        }
        Ok(())
    }
}

/// A move that the states of a hold do not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hold that is {from:?} cannot become {to:?}")]
pub struct WrongMove {
    /// What it was.
    pub from: HoldState,
    /// What it was to become.
    pub to: HoldState,
}

impl HoldState {
    /// Whether it is closed for good.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Settled { .. } | Self::Released | Self::Expired)
    }

    /// The one move of a hold: from open to a closed state.
    ///
    /// # Errors
    /// Every other move.
    pub const fn close(self, to: Self) -> Result<Self, WrongMove> {
        match (self, to) {
            (Self::Open, Self::Settled { .. } | Self::Released | Self::Expired) => Ok(to),
            (from, to) => Err(WrongMove { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_closes_once_and_nothing_else_moves() {
        let settled = HoldState::Settled { charged: NanoUsd::new(5) };
        let all = [HoldState::Open, settled, HoldState::Released, HoldState::Expired, HoldState::Unknown];
        for from in all {
            for to in all {
                let allowed = from == HoldState::Open && to.is_closed();
                assert_eq!(from.close(to).is_ok(), allowed, "{from:?} -> {to:?}");
            }
        }
    }
}
