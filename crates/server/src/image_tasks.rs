//! Pictures that are made in a provider's own time (R-API-8): what is kept of such a task between its beginning and its end. In: a
//! begun task. Out: its document, what a client is told of it. Never here: the wire of a provider (dialect::tasks), asking it
//! (keeper), the pictures themselves (assets).

mod keeper;

pub use keeper::{keep, next_look};

use crate::assets;
use crate::house::House;
use bytes::Bytes;
use dialect::tasks::{Picture, TaskReply, TaskState, write_task};
use ledger::{Counted, UsageRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::port::{TaskRow, TaskState as Stands};
use units::{
    AssetId, Class, CredentialId, KeyId, NanoUsd, PriceId, TaskId, Timestamp, Usage, UsageSource, WorkspaceId,
};

/// The name of the endpoint that begins tasks, in records.
pub const ENDPOINT: &str = "images.generations";

/// All that is kept of a task beside its row: a JSON text. It is complete: what a catalogue says later changes no task under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The key that asked.
    #[serde(with = "as_text")]
    pub key: KeyId,
    /// The public model.
    pub model: String,
    /// Who makes it.
    pub provider: String,
    /// By which of the provider's credentials: another account may know nothing of it.
    #[serde(with = "as_text")]
    pub credential: CredentialId,
    /// The provider's name for the model.
    pub upstream_model: String,
    /// Its id at the provider.
    pub upstream_task: String,
    /// How many pictures at most.
    pub count: u32,
    /// How it is paid; nothing where the model is free.
    pub terms: Option<TaskTerms>,
    /// Whether it has an empty hold though it is free: somebody's requests have a cap.
    #[serde(default)]
    pub counted: bool,
    /// How many providers were asked before one began it.
    pub attempts: u8,
    /// The caller's own id.
    pub client_request_id: Option<String>,
    /// The name that was asked for, where the model has another one.
    #[serde(default)]
    pub asked_model: Option<String>,
    /// The caller's own session.
    #[serde(default)]
    pub session: Option<String>,
    /// The client by its own word.
    #[serde(default)]
    pub client: Option<String>,
    /// From then on it is given up, in milliseconds since 1970.
    pub deadline_ms: i64,
    /// The pictures that came.
    #[serde(default)]
    pub pictures: Vec<String>,
    /// Pictures that were kept already while others could not be had, by their address: each is brought once.
    #[serde(default)]
    pub brought: BTreeMap<String, String>,
}

/// What a task costs, worked out when it was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskTerms {
    /// The version of the price.
    #[serde(with = "as_text")]
    pub price: PriceId,
    /// What one picture, two pictures, ... cost, in nano-USD.
    pub costs: Vec<i64>,
    /// The tokens that are taken for the prompt and for each picture, where tokens have a price: nobody tells them.
    pub tokens: Option<(u64, u64)>,
}

impl TaskTerms {
    /// What so many pictures used, and where that is known from.
    pub fn usage(&self, made: u32) -> (Usage, UsageSource) {
        let usage = Usage::NONE.with(Class::Images, u64::from(made));
        match self.tokens {
            None => (usage, UsageSource::Provider),
            Some((prompt, each)) => {
                let answer = u64::from(made).saturating_mul(each);
                (usage.with(Class::Input, prompt).with(Class::Output, answer), UsageSource::Estimated)
            }
        }
    }

    /// What so many pictures cost; more than were ordered cost as much as all of them.
    pub fn cost(&self, made: u32) -> NanoUsd {
        let most = self.costs.len();
        let place = usize::try_from(made).unwrap_or(most).min(most);
        place.checked_sub(1).and_then(|n| self.costs.get(n)).map_or(NanoUsd::ZERO, |nano| NanoUsd::new(*nano))
    }
}

impl Document {
    /// Whether a hold is its own, which its end closes.
    pub const fn is_held(&self) -> bool {
        self.terms.is_some() || self.counted
    }

    /// Reads what is kept; `None` when it cannot be read.
    pub fn read(row: &TaskRow) -> Option<Self> {
        serde_json::from_str(&row.document).ok()
    }

    /// The text that is kept.
    pub fn text(&self) -> String {
        // Every part of it can be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When it is given up.
    pub const fn deadline(&self) -> Timestamp {
        Timestamp::from_ms(self.deadline_ms)
    }

    /// The record of the request that began it, as far as it is known before its end.
    pub fn row(&self, task: &TaskRow, now: Timestamp) -> UsageRow {
        UsageRow {
            request: task.id,
            at: task.created_at,
            workspace: task.workspace,
            key: self.key,
            // The ledger sets it from the hold.
            counted: Counted::default(),
            endpoint: ENDPOINT,
            model: self.model.as_str().into(),
            provider: self.provider.as_str().into(),
            upstream_model: self.upstream_model.as_str().into(),
            status: 200,
            fault: None,
            usage: Usage::NONE,
            source: UsageSource::None,
            price: self.terms.as_ref().map(|terms| terms.price),
            charge: NanoUsd::ZERO,
            cache_saved: NanoUsd::ZERO,
            latency_ms: u32::try_from(now.since(task.created_at).as_millis()).unwrap_or(u32::MAX),
            first_byte_ms: None,
            streamed: false,
            attempts: self.attempts,
            partial: false,
            client_request_id: self.client_request_id.clone(),
            asked_model: self.asked_model.as_deref().map(Arc::from),
            session: self.session.as_deref().map(Arc::from),
            client: self.client.as_deref().map(Arc::from),
            tries: Vec::new(),
        }
    }
}

/// Where links of an answer lead.
#[derive(Clone, Copy, Debug)]
pub struct Where<'a> {
    /// Scheme, host and port.
    pub origin: &'a str,
    /// The base path of the surface.
    pub base: &'a str,
}

/// What a client is told of a task that stands so.
pub fn told(house: &House, task: &TaskRow, document: &Document, place: Where<'_>, now: Timestamp) -> Bytes {
    let state = match task.state {
        Stands::Pending => TaskState::Pending,
        Stands::Failed => TaskState::Failed,
        Stands::Succeeded => {
            let ids = document.pictures.iter().filter_map(|id| id.parse::<AssetId>().ok());
            let link = |id| Picture::Url(assets::link(house, place.origin, place.base, id, now));
            TaskState::Succeeded(ids.map(link).collect())
        }
    };
    let id = TaskId::from_bytes(task.id.bytes());
    write_task(&TaskReply {
        created: task.created_at.seconds(),
        task_id: &id.to_string(),
        provider_task_id: &format!("ptask_{}", id.text().body()),
        model: &document.model,
        state: &state,
        pending_data: house.settings.pending_data,
    })
}

impl House {
    /// The task of a workspace; `None` when there is none of this id any more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn task(
        &self,
        workspace: WorkspaceId,
        id: TaskId,
        now: Timestamp,
    ) -> Result<Option<TaskRow>, canon::Fault> {
        let id = units::RequestId::from_bytes(id.bytes());
        self.store.find_task(workspace, id, now).await.map_err(crate::relay::unavailable)
    }
}

/// Ids as their text.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub fn serialize<T: Display, S: Serializer>(id: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-BILL-3: a task costs what so many pictures cost when it was begun, and never more than all it ordered.
    #[test]
    fn r_bill_3_a_task_is_priced_when_it_is_begun() {
        let terms = |tokens| TaskTerms { price: PriceId::from_bytes([1; 16]), costs: vec![40, 80, 120], tokens };
        let costs: Vec<i64> = [0, 1, 2, 3, 9].map(|n| terms(None).cost(n).nano()).into();
        assert_eq!(costs, [0, 40, 80, 120, 120]);
        let two = Usage::NONE.with(Class::Images, 2);
        assert_eq!(terms(None).usage(2), (two, UsageSource::Provider));
        let estimated = two.with(Class::Input, 7).with(Class::Output, 2_000);
        assert_eq!(terms(Some((7, 1_000))).usage(2), (estimated, UsageSource::Estimated));
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let document = Document {
            key: KeyId::from_bytes([1; 16]),
            model: "m".to_owned(),
            provider: "p".to_owned(),
            credential: CredentialId::from_bytes([2; 16]),
            upstream_model: "u".to_owned(),
            upstream_task: "t\"1".to_owned(),
            count: 2,
            terms: Some(TaskTerms { price: PriceId::from_bytes([3; 16]), costs: vec![1, 2], tokens: Some((1, 2)) }),
            counted: false,
            attempts: 1,
            client_request_id: None,
            asked_model: Some("n".to_owned()),
            session: None,
            client: Some("curl/8".to_owned()),
            deadline_ms: 9,
            pictures: vec!["ast_x".to_owned()],
            brought: [("https://a/b".to_owned(), "ast_y".to_owned())].into(),
        };
        let row = TaskRow {
            id: units::RequestId::from_bytes([4; 16]),
            workspace: WorkspaceId::from_bytes([5; 16]),
            state: Stands::Pending,
            created_at: Timestamp::from_ms(1),
            next_at: Timestamp::from_ms(1),
            vanishes_at: None,
            document: document.text(),
        };
        assert_eq!(Document::read(&row), Some(document));
        assert_eq!(Document::read(&TaskRow { document: "{}".to_owned(), ..row }), None);
    }
}
