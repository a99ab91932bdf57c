//! A bucket in memory, which answers as S3-compatible stores do, so that pictures are kept on a paused clock. In: requests.
//! Out: answers. Never here: whether a signature is right (a real store sees to it in the tests of crates/server).

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Where it answers.
pub const BUCKET_HOST: &str = "bucket.sim";
/// The bucket's own path.
const ROOT: &str = "/pictures/";

/// Objects by key.
#[derive(Default)]
pub struct Bucket {
    objects: Mutex<BTreeMap<String, Bytes>>,
}

impl Bucket {
    /// The keys of all objects.
    pub fn keys(&self) -> Vec<String> {
        self.objects.lock().keys().cloned().collect()
    }

    /// Puts an object there, or another one in its place.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.objects.lock().insert(key.to_owned(), Bytes::copy_from_slice(bytes));
    }

    /// Takes an object away.
    pub fn remove(&self, key: &str) {
        self.objects.lock().remove(key);
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let query = request.uri().query().unwrap_or_default();
        let key = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
        let mut objects = self.objects.lock();
        let (status, body) = match *request.method() {
            _ if !query.contains("X-Amz-Signature=") => (StatusCode::FORBIDDEN, Bytes::new()),
            Method::PUT => {
                objects.insert(key.to_owned(), request.body().clone());
                (StatusCode::OK, Bytes::new())
            }
            Method::DELETE => {
                objects.remove(key);
                (StatusCode::NO_CONTENT, Bytes::new())
            }
            Method::GET if key.is_empty() => (StatusCode::OK, list(&objects, query).into()),
            Method::GET => match objects.get(key) {
                Some(bytes) => (StatusCode::OK, bytes.clone()),
                None => (StatusCode::NOT_FOUND, Bytes::new()),
            },
            _ => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let length = response.body().len().into();
        response.headers_mut().insert("content-length", length);
        response
    }
}

/// One page of the keys below a prefix; with a delimiter, what stands before the next one of it.
fn list(objects: &BTreeMap<String, Bytes>, query: &str) -> String {
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.replace("%2F", "/"))
    };
    let (prefix, delimiter) = (value("prefix").unwrap_or_default(), value("delimiter"));
    let mut lines: Vec<String> = Vec::new();
    for rest in objects.keys().filter_map(|key| key.strip_prefix(&prefix)) {
        let line = match delimiter.as_deref().and_then(|delimiter| rest.split_once(delimiter)) {
            Some((name, _)) => format!("<CommonPrefixes><Prefix>{prefix}{name}/</Prefix></CommonPrefixes>"),
            None => format!("<Contents><Key>{prefix}{rest}</Key></Contents>"),
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>{}\
         </ListBucketResult>",
        lines.concat()
    )
}
