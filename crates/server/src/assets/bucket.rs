//! Pictures in a bucket of an S3-compatible store, shared by all nodes: `PREFIX DAY/ID`, so that whole days can be listed and
//! deleted. Requests are signed by `rusty-s3` and sent by the house's own client. In: ids and bytes. Out: the bytes again, as
//! they come. Never here: a key that is none of ours, the secret anywhere but in a signature.

use crate::assets::kind::KIND_BYTES;
use crate::assets::picture::{Picture, Rest};
use crate::assets::{AssetFault, Kind, day_of, end_of};
use crate::limits::{
    ASSET_BYTES_MAX, BUCKET_LIST_BYTES_MAX, BUCKET_SIGNATURE_TIME, BUCKET_SILENCE_MAX, BUCKET_TIME_MAX,
};
use crate::settings::BucketSettings;
use crate::upstream::{Answer, Call, Endpoint, Upstream, UpstreamError};
use bytes::{Bytes, BytesMut};
use canon::BoxError;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use rusty_s3::actions::{ListObjectsV2, ListObjectsV2Response};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use units::{AssetId, Timestamp, WorkspaceId};

/// The header under which the store keeps whose picture it is.
const OWNER: &str = "x-amz-meta-workspace";
/// A request is sent so often before its failure is told: stores ask to be asked again now and then.
const ATTEMPTS: usize = 2;

/// The bucket.
pub struct Bucket {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
}

/// The bucket, as one thread reaches it at one instant.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    bucket: &'a Bucket,
    upstream: &'a Upstream,
    now: Timestamp,
}

impl Bucket {
    /// The bucket of the settings. Nothing is asked of it yet.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn open(settings: &BucketSettings) -> Result<Self, String> {
        let style = if settings.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = settings.endpoint.parse().map_err(|_| "its endpoint is no address".to_owned())?;
        let bucket = rusty_s3::Bucket::new(endpoint, style, settings.bucket.clone(), settings.region.clone());
        Ok(Self {
            bucket: bucket.map_err(|_| "its endpoint and name make no address".to_owned())?,
            credentials: Credentials::new(
                settings.access_key_id.expose().clone(),
                settings.secret_access_key.expose().clone(),
            ),
            prefix: settings.prefix.clone(),
        })
    }

    /// The bucket over a thread's connections, for requests that are signed now.
    pub const fn at<'a>(&'a self, upstream: &'a Upstream, now: Timestamp) -> Place<'a> {
        Place { bucket: self, upstream, now }
    }

    fn key(&self, id: AssetId) -> String {
        format!("{}{}/{id}", self.prefix, day_of(id.made_at()))
    }
}

/// The bucket did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the bucket cannot be reached")]
struct Unreached(#[source] UpstreamError);

/// An answer that is not the one that was asked for.
fn odd(status: StatusCode) -> AssetFault {
    AssetFault::Home(format!("the bucket answered with {}", status.as_u16()).into())
}

fn failed(error: impl Into<BoxError>) -> AssetFault {
    AssetFault::Home(error.into())
}

impl Place<'_> {
    /// Keeps a picture.
    ///
    /// # Errors
    /// `Home` when the bucket does not take it.
    pub async fn put(self, id: AssetId, owner: WorkspaceId, kind: Kind, bytes: Bytes) -> Result<(), AssetFault> {
        let (key, owner) = (self.bucket.key(id), owner.to_string());
        let mut action = self.bucket.bucket.put_object(Some(&self.bucket.credentials), &key);
        action.headers_mut().insert(CONTENT_TYPE.as_str(), kind.media_type());
        action.headers_mut().insert(OWNER, owner.as_str());
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
            (HeaderName::from_static(OWNER), HeaderValue::try_from(&owner).map_err(failed)?),
        ];
        let signed = self.signed(&action)?;
        let answer = self.send(&signed, &headers, bytes).await?;
        if !answer.status.is_success() {
            return Err(odd(answer.status));
        }
        finish(answer).await
    }

    /// The picture of an id; `None` when there is none.
    ///
    /// # Errors
    /// `Home` when the bucket does not answer, `TooLarge` or `NoPicture` when what is there was not put there by us.
    pub async fn find(self, id: AssetId) -> Result<Option<Picture>, AssetFault> {
        let key = self.bucket.key(id);
        let signed = self.signed(&self.bucket.bucket.get_object(Some(&self.bucket.credentials), &key))?;
        let mut answer = self.send(&signed, &[], Bytes::new()).await?;
        if answer.status == StatusCode::NOT_FOUND {
            finish(answer).await?;
            return Ok(None);
        }
        // What is compressed is none of ours, and a length must be announced to be announced again.
        let length = answer.heard.length.filter(|_| answer.status == StatusCode::OK && !answer.heard.encoded);
        let length = length.ok_or_else(|| odd(answer.status))?;
        if length > ASSET_BYTES_MAX as u64 {
            return Err(AssetFault::TooLarge);
        }
        let mut first = BytesMut::new();
        while first.len() < KIND_BYTES {
            let read = tokio::time::timeout(BUCKET_SILENCE_MAX, answer.body.next()).await;
            match read.map_err(failed)?.map_err(failed)? {
                Some(bytes) => first.extend_from_slice(&bytes),
                None => break,
            }
        }
        let kind = Kind::of(&first).ok_or(AssetFault::NoPicture)?;
        Ok(Some(Picture::new(kind, length, first.freeze(), Rest::Bucket(answer.body))))
    }

    /// Deletes the days that ended at `over` or before.
    ///
    /// # Errors
    /// `Home` when the bucket does not answer; what was not deleted is found the next time.
    pub async fn sweep(self, over: Timestamp) -> Result<(), AssetFault> {
        let mut next = None;
        // What cannot be deleted keeps no other day from being.
        let mut swept = Ok(());
        loop {
            let page = self.page(&self.bucket.prefix, true, next).await?;
            for day in page.common_prefixes {
                let name = day.prefix.strip_prefix(&self.bucket.prefix).and_then(|name| name.strip_suffix('/'));
                // What is named otherwise is somebody else's.
                if name.and_then(end_of).is_some_and(|end| end <= over) {
                    swept = self.sweep_day(&day.prefix).await.and(swept);
                }
            }
            next = page.next_continuation_token;
            if next.is_none() {
                return swept;
            }
        }
    }

    async fn sweep_day(self, day: &str) -> Result<(), AssetFault> {
        let mut next = None;
        loop {
            let page = self.page(day, false, next).await?;
            for object in page.contents {
                if object.key.strip_prefix(day).is_some_and(|id| id.parse::<AssetId>().is_ok()) {
                    self.delete(&object.key).await?;
                }
            }
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(());
            }
        }
    }

    async fn delete(self, key: &str) -> Result<(), AssetFault> {
        let signed = self.signed(&self.bucket.bucket.delete_object(Some(&self.bucket.credentials), key))?;
        let answer = self.send(&signed, &[], Bytes::new()).await?;
        if !answer.status.is_success() && answer.status != StatusCode::NOT_FOUND {
            return Err(odd(answer.status));
        }
        finish(answer).await
    }

    /// A page of the keys that begin so, or of what they have up to the next slash.
    async fn page(
        self,
        prefix: &str,
        folders: bool,
        next: Option<String>,
    ) -> Result<ListObjectsV2Response, AssetFault> {
        let mut action = self.bucket.bucket.list_objects_v2(Some(&self.bucket.credentials));
        action.with_prefix(prefix);
        if folders {
            action.with_delimiter("/");
        }
        if let Some(token) = next {
            action.with_continuation_token(token);
        }
        let signed = self.signed(&action)?;
        let mut answer = self.send(&signed, &[], Bytes::new()).await?;
        if answer.status != StatusCode::OK {
            return Err(odd(answer.status));
        }
        let read = tokio::time::timeout(BUCKET_TIME_MAX, answer.body.whole(BUCKET_LIST_BYTES_MAX)).await;
        let text = read.map_err(failed)?.map_err(failed)?;
        let text = std::str::from_utf8(&text).map_err(failed)?;
        ListObjectsV2::parse_response(text).map_err(|error| failed(error.to_string()))
    }

    /// A request, signed for now.
    fn signed<'s, A: S3Action<'s>>(self, action: &A) -> Result<Endpoint, AssetFault> {
        let at = jiff::Timestamp::from_millisecond(self.now.ms()).map_err(failed)?;
        let url = action.sign_with_time(BUCKET_SIGNATURE_TIME, &at);
        let method = Method::from_bytes(A::METHOD.to_str().as_bytes()).map_err(failed)?;
        Endpoint::new(method, url.as_str().parse().map_err(failed)?, HeaderMap::new()).map_err(failed)
    }

    /// Sends a request, and again when the store fails.
    async fn send(
        self,
        signed: &Endpoint,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<Answer, AssetFault> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let call = Call { endpoint: signed, headers, body: body.clone() };
            let sent = tokio::time::timeout(BUCKET_TIME_MAX, self.upstream.send(call)).await;
            match sent.map_err(failed)? {
                Ok(answer) if attempt == ATTEMPTS || !answer.status.is_server_error() => return Ok(answer),
                Err(error) if attempt == ATTEMPTS => return Err(failed(Unreached(error))),
                _ => {}
            }
        }
    }
}

/// Reads an answer to its end, which says nothing more, so that its connection can be used again.
async fn finish(mut answer: Answer) -> Result<(), AssetFault> {
    let read = tokio::time::timeout(BUCKET_SILENCE_MAX, answer.body.whole(BUCKET_LIST_BYTES_MAX)).await;
    read.map_err(failed)?.map(drop).map_err(failed)
}

#[cfg(test)]
#[path = "tests/bucket.rs"]
mod tests;
