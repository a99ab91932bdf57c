//! Answers that callers of Responses want kept (R-API-4): sealed in the store, found again for a later turn. In: an id, items,
//! the answer's object. Out: the same. Never here: what stands in a body (dialect::responses), a door.

use crate::house::House;
use crate::limits::{KEPT_BYTES_MAX, KEPT_ID_BYTES_MAX, KEPT_INPUT_BYTES_MAX};
use crate::relay::unavailable;
use bytes::Bytes;
use canon::{Fault, FaultKind, Loss};
use std::time::Duration;
use store::port::AnswerRow;
use units::{Secret, Timestamp, WorkspaceId};

/// One answer as it was kept.
pub struct Kept {
    /// All items it answered, those of earlier turns first: a JSON array.
    pub input: Bytes,
    /// Its response object.
    pub object: Bytes,
}

/// What is to be kept of a call beside its answer.
pub struct Keeping {
    /// All items that are answered: a JSON array.
    pub input: Bytes,
}

impl Keeping {
    /// What is to be kept of a conversation.
    ///
    /// # Errors
    /// The loss that the client is told of where it is too large.
    pub fn of(input: Bytes) -> Result<Self, Loss> {
        if input.len() > KEPT_INPUT_BYTES_MAX {
            return Err(Loss::dropped("store", "the conversation is too large to be kept"));
        }
        Ok(Self { input })
    }
}

/// Whether a text may be an id of ours: no other goes near the store.
fn may_be(id: &str) -> bool {
    let stem = id.strip_prefix("resp_").filter(|stem| !stem.is_empty() && id.len() <= KEPT_ID_BYTES_MAX);
    stem.is_some_and(|stem| stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

/// Where a sealed answer belongs: bound into the seal.
pub fn answer_place(workspace: WorkspaceId, id: &str) -> String {
    format!("answer/{workspace}/{id}")
}

impl House {
    /// Whether answers are kept at all.
    pub fn keeps(&self) -> bool {
        !self.settings.kept_for.is_zero()
    }

    /// The kept answer of a workspace; `None` when there is none of this id any more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn kept(&self, workspace: WorkspaceId, id: &str, now: Timestamp) -> Result<Option<Kept>, Fault> {
        if !may_be(id) {
            return Ok(None);
        }
        let row = self.store.find_answer(workspace, id.to_owned(), now).await.map_err(unavailable)?;
        // One that no key of the ring sealed is as good as gone.
        let Some(row) = row else { return Ok(None) };
        let opened = self.unseal(&answer_place(workspace, id), row.sealed.expose()).await.ok();
        Ok(opened.and_then(|opened| {
            let (len, text) = opened.expose().split_once('\n')?;
            let (input, object) = text.split_at_checked(len.parse().ok()?)?;
            Some(Kept {
                input: Bytes::copy_from_slice(input.as_bytes()),
                object: Bytes::copy_from_slice(object.as_bytes()),
            })
        }))
    }

    /// Keeps an answer. That it could not be kept costs the caller a later turn by id, not this answer: the log says why.
    pub async fn keep(&self, workspace: WorkspaceId, id: &str, keeping: &Keeping, object: &Bytes) {
        let mut text = format!("{}\n", keeping.input.len());
        let parts = [std::str::from_utf8(&keeping.input), std::str::from_utf8(object)];
        let whole = parts.into_iter().all(|part| part.map(|part| text.push_str(part)).is_ok());
        if !whole || text.len() > KEPT_BYTES_MAX {
            return self.log.warn("answer.not_kept", &[("response.id", id), ("error", "too large")]);
        }
        let now = self.clock.now();
        let row = AnswerRow {
            id: id.to_owned(),
            workspace,
            created_at: now,
            expires_at: later(now, self.settings.kept_for),
            sealed: Secret::new(self.vault.seal(&answer_place(workspace, id), &text, &*self.chance)),
        };
        if let Err(error) = self.store.keep_answer(row, self.settings.kept_bytes_max).await {
            self.log.warn("answer.not_kept", &[("response.id", id), ("error", &error.to_string())]);
        }
    }

    /// Forgets an answer of a workspace; says whether there was one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn forget(&self, workspace: WorkspaceId, id: &str) -> Result<bool, Fault> {
        if !may_be(id) {
            return Ok(false);
        }
        self.store.forget_answer(workspace, id.to_owned()).await.map_err(unavailable)
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_ms(now.ms().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// The fault for an answer that a request goes on from and that is not there.
pub fn not_kept(id: &str) -> Fault {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(KEPT_ID_BYTES_MAX).collect();
    let told = format!("There is no kept answer \"{shown}\"; send the whole conversation in `input`.");
    Fault::new(FaultKind::ResponseNotKept, told).at("previous_response_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-API-4: a conversation that is too large to be kept is answered, and its client is told.
    #[test]
    fn r_api_4_what_is_too_large_to_be_kept_is_told() {
        let told = |bytes: usize| Keeping::of(Bytes::from(vec![b' '; bytes])).err().map(|loss| loss.path);
        assert_eq!(told(KEPT_INPUT_BYTES_MAX), None);
        assert_eq!(told(KEPT_INPUT_BYTES_MAX + 1).as_deref(), Some("store"));
    }

    /// R-API-4: what cannot be an id of ours never reaches the store; a NUL would be an error there.
    #[test]
    fn r_api_4_only_ids_of_ours_are_looked_for() {
        assert!(may_be("resp_01m8m9fht2et2tn478vh923gxy"));
        let long = format!("resp_{}", "a".repeat(KEPT_ID_BYTES_MAX));
        for other in ["", "resp_", "resp_a\0b", "resp_A", "msg_1", "resp_a b", "resp_\u{e9}", &long] {
            assert!(!may_be(other), "{other:?}");
        }
    }
}
