//! A request in the words of one route's server. In: a job, a route. Out: body, headers, losses.
//! Spliced where the server speaks the client's language, encoded where not. Never here: credentials, sending.

use crate::live::LiveRoute;
use crate::relay::run::Run;
use bytes::Bytes;
use canon::{Dialect, Fault, FaultKind, Loss};
use dialect::{Encoded, Target, ToolNames};
use http::{HeaderName, HeaderValue};
use units::Tokens;

/// What is sent.
pub struct Letter {
    /// The body.
    pub body: Bytes,
    /// Headers of the dialect; credentials and the operator's own come on top.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The way back for names of tools.
    pub names: ToolNames,
    /// Stop sequences that the server does not take; the lane watches for them.
    pub stops: Vec<String>,
    /// What the translation dropped or changed.
    pub losses: Vec<Loss>,
}

impl Letter {
    /// Writes the request for a route. `insert` is the affordable limit of the answer, where one must be inserted.
    ///
    /// # Errors
    /// A fault that names the field which this server's language cannot carry.
    pub fn write(run: &Run, route: &LiveRoute, insert: Option<Tokens>) -> Result<Self, Fault> {
        let inserted = insert.map(|tokens| Target { insert_max_tokens: Some(tokens), ..route.target.clone() });
        let target = inserted.as_ref().unwrap_or(&route.target);
        let mut letter = Self::written(run, target)?;
        if let Some(key) = cache_key(run, target) {
            letter.body = dialect::with_cache_key(&letter.body, &key);
        }
        Ok(letter)
    }

    fn written(run: &Run, target: &Target) -> Result<Self, Fault> {
        let job = &run.job;
        let headers = headers(run, target);
        // Who makes pictures in this language changes them in it too.
        let edits = job.peek.dialect == Dialect::ImageEdits && target.dialect == Dialect::Images;
        if target.dialect == job.peek.dialect || edits {
            let body = dialect::straight::prepare(&job.body, &job.peek, target);
            return Ok(Self {
                body,
                headers,
                names: ToolNames::default(),
                stops: Vec::new(),
                losses: job.losses.clone(),
            });
        }
        if target.dialect == Dialect::GeminiEmbeddings {
            let Encoded { body, names, stops, losses, .. } = dialect::encode_embeddings(&job.body, target)?;
            return Ok(Self { body, headers, names, stops, losses });
        }
        if target.dialect == Dialect::GeminiImages {
            let Encoded { body, names, stops, losses } = dialect::encode_images(&job.body, target)?;
            return Ok(Self { body, headers, names, stops, losses });
        }
        let Some((request, decode_losses)) = &job.decoded else {
            return Err(Fault::new(FaultKind::Internal, "The request could not be translated."));
        };
        let encoded = dialect::encode_request(request, target)?;
        let mut losses = job.losses.clone();
        losses.extend_from_slice(decode_losses);
        losses.extend(encoded.losses);
        Ok(Self { body: encoded.body, headers, names: encoded.names, stops: encoded.stops, losses })
    }
}

/// The name of the client's session for a server that keeps prompts by such names, where nobody forbids to ask for that.
fn cache_key(run: &Run, target: &Target) -> Option<String> {
    let takes = matches!(target.dialect, Dialect::OpenAiChat | Dialect::OpenAiResponses);
    let session =
        run.job.head.session.as_deref().filter(|_| takes && target.prompt_cache_key && target.cache_insert)?;
    Some(run.worker.house.vault.session(run.job.caller.workspace, session))
}

/// The dialect's headers. A value that is no header value came from the client and says nothing to a server.
fn headers(run: &Run, target: &Target) -> Vec<(HeaderName, HeaderValue)> {
    let mut all = dialect::upstream_headers(&run.job.head, target);
    if run.job.peek.dialect == Dialect::ImageEdits {
        // A form goes on with its own boundary.
        all.push(("content-type", run.job.form.clone().unwrap_or_else(|| "application/json".to_owned())));
    }
    all.into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?)))
        .collect()
}
