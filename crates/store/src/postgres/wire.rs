//! Ids and legs as PostgreSQL has them. In: 16 bytes. Out: a uuid, and back. Never here: a query.

use bytes::BytesMut;
use ledger::Leg;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use units::{GrantId, NanoUsd};

/// 16 bytes on their way to or from a uuid column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl ToSql for Uuid {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Uuid {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.try_into()?))
    }

    accepts!(UUID);
}

/// Legs packed into one value.
pub fn pack(legs: &[Leg]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(legs.len() * 24);
    for leg in legs {
        packed.extend_from_slice(&leg.grant.bytes());
        packed.extend_from_slice(&leg.amount.nano().to_be_bytes());
    }
    packed
}

/// The legs of a packed value; `None` when it is not whole.
pub fn unpack(packed: &[u8]) -> Option<Vec<Leg>> {
    if !packed.len().is_multiple_of(24) {
        return None;
    }
    packed
        .chunks_exact(24)
        .map(|leg| {
            let (grant, amount) = leg.split_at(16);
            Some(Leg {
                grant: GrantId::from_bytes(grant.try_into().ok()?),
                amount: NanoUsd::new(i64::from_be_bytes(amount.try_into().ok()?)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_come_back() {
        let legs =
            [3, i64::MAX].map(|n| Leg { grant: GrantId::from_bytes([n as u8; 16]), amount: NanoUsd::new(n) });
        assert_eq!(unpack(&pack(&legs)), Some(legs.to_vec()));
        assert_eq!(unpack(&[0; 25]), None);
    }
}
