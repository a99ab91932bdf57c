//! The books as operators look at them: what everybody's credit comes to, who holds what, what moved. In: nothing. Out: rows.
//! Never here: a charge (usage rows have those), deciding about money.

use ledger::{Code, GrantKind};
use std::fmt;
use std::str::FromStr;
use units::{GrantId, KeyId, NanoUsd, RequestId, Timestamp, WorkspaceId};

/// What everybody's credit comes to, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// All unspent, unexpired credit: the sum of what every workspace is told. A hold of credit that has expired since counts once
    /// it has its row.
    pub posted: NanoUsd,
    /// The part of `posted` that was given, by plans or away; the rest was bought.
    pub granted: NanoUsd,
    /// What calls under way have reserved.
    pub held: NanoUsd,
    /// Workspaces that have something left.
    pub workspaces: u64,
}

/// Credit that is reserved just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRow {
    /// The request.
    pub id: RequestId,
    /// Who pays.
    pub workspace: WorkspaceId,
    /// The key that asked.
    pub key: KeyId,
    /// What is reserved, extensions included.
    pub amount: NanoUsd,
    /// Since when.
    pub at: Timestamp,
    /// Whether it is of a task, which outlives a process.
    pub task: bool,
}

/// Where a movement stands in the journal, for keyset pages: by instant, then as the journal tells rows apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MovementMark {
    /// When.
    pub at: Timestamp,
    /// The request or grant that it belongs to.
    pub of: [u8; 16],
    /// Why, as a number.
    pub code: i16,
    /// Which of the rows of one code.
    pub leg: i16,
}

impl MovementMark {
    /// Behind every other.
    pub(crate) const LAST: Self =
        Self { at: Timestamp::from_ms(i64::MAX), of: [0xff; 16], code: i16::MAX, leg: i16::MAX };
}

impl fmt::Display for MovementMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:032x}.{}.{}", self.at.ms(), u128::from_be_bytes(self.of), self.code, self.leg)
    }
}

/// A text that is no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the `next` of the page before")]
pub struct NoMark;

impl FromStr for MovementMark {
    type Err = NoMark;

    fn from_str(text: &str) -> Result<Self, NoMark> {
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(NoMark);
        let at = part()?.parse().map(Timestamp::from_ms).map_err(|_| NoMark)?;
        let of = part().and_then(|hex| u128::from_str_radix(hex, 16).map_err(|_| NoMark))?.to_be_bytes();
        let code = part()?.parse().map_err(|_| NoMark)?;
        let leg = part()?.parse().map_err(|_| NoMark)?;
        parts.next().map_or(Ok(Self { at, of, code, leg }), |_| Err(NoMark))
    }
}

/// Something that moved a balance and was no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its place.
    pub mark: MovementMark,
    /// Whether credit came in; else it vanished with its expiry.
    pub came: bool,
    /// How much.
    pub amount: NanoUsd,
    /// The grant that it is about.
    pub grant: GrantId,
    /// Whose balance.
    pub workspace: WorkspaceId,
    /// What kind of credit the grant is.
    pub kind: GrantKind,
    /// Why it was given.
    pub reason: String,
    /// By whom.
    pub actor: String,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

impl Movement {
    /// Whether rows of a code say that credit came in.
    pub(crate) const fn came(code: i16) -> bool {
        code == Code::Grant.number()
    }
}

/// Which movements are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MovementFilter {
    /// Only of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only those older than this one.
    pub before: Option<MovementMark>,
    /// At most so many.
    pub limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_from_their_text() {
        let mark = MovementMark { at: Timestamp::from_ms(1_795_167_000_000), of: [7; 16], code: 4, leg: 2 };
        for mark in [mark, MovementMark::LAST, MovementMark { of: [0; 16], ..mark }] {
            assert_eq!(mark.to_string().parse(), Ok(mark));
        }
        for bad in ["", "1", "1.2.3", "1.2.3.4.5", "x.0.1.1", "1.zz.1.1", "1.0.99999.1"] {
            assert_eq!(bad.parse::<MovementMark>(), Err(NoMark), "{bad}");
        }
    }
}
