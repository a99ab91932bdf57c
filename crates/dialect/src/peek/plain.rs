//! The look at a request that holds no conversation. In: a body, the fields that its endpoint reads itself. Out: a `Peek` of
//! the fields that all endpoints share; its own fields go to the endpoint one by one. Never here: what an own field means.

use super::fields::{Field, Fields, look_alike, model_required, other_spelling};
use super::{Peek, check_text, not_json};
use crate::json::{Bad, Members, blank};
use bytes::Bytes;
use canon::{Dialect, Fault};

/// Looks at a body. `take` gets each field of `own` (at most 64) with its value; two of the same name are refused, and so is
/// another spelling of any.
pub(super) fn look(
    dialect: Dialect,
    body: &Bytes,
    own: &[&'static str],
    mut take: impl FnMut(&'static str, &[u8]) -> Result<(), Fault>,
) -> Result<Peek, Fault> {
    let mut members = Members::new(body, check_text(body)?, 0).map_err(not_json)?;
    let mut fields = Fields::new(dialect);
    // Usage is shown to those that ask.
    fields.peek.asks_usage = false;
    let mut seen = 0_u64;
    while let Some(member) = members.next().map_err(not_json)? {
        let name = member.name(body);
        if let Some(n) = own.iter().position(|own| own.as_bytes() == &*name) {
            if seen & (1 << n) != 0 {
                return Err(Fault::invalid(own[n], format!("`{}` is given twice.", own[n])));
            }
            seen |= 1 << n;
            take(own[n], member.text(body))?;
        } else if let Some(field) = Field::of(&name) {
            fields.take(field, body, member)?;
        } else {
            look_alike(&name)?;
            other_spelling("", &name, own)?;
        }
    }
    let rest = blank(body, members.end());
    if rest < body.len() {
        return Err(not_json(Bad::Trailing(rest)));
    }
    if fields.peek.model.is_empty() {
        return Err(model_required());
    }
    fields.limits()?;
    let mut peek = fields.peek;
    peek.cuts.last = members.last();
    peek.messages = 1;
    peek.prompt_bytes = body.len() as u64;
    Ok(peek)
}
