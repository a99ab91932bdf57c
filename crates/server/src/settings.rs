//! What an operator may change about the server. In: values read and checked by tollgate::config. Out: the same.
//! Never here: reading files or the environment, defaults (they are declared once, in tollgate::config).

use crate::traces::TraceSettings;
use canon::Dialect;
pub use dialect::fault::Style;
pub use dialect::tasks::PendingData;
use ipnet::IpNet;
pub use limits::SharedConfig;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use units::{NanoUsd, Secret};

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// What links of this server begin with, without a slash at the end; `None` is what each request came by.
    pub public_url: Option<String>,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether a model that a key may not call is told as one that does not exist (404 instead of 403).
    pub hides_models: bool,
    /// Where limits are counted for all nodes; `None` counts for this node alone.
    pub limits: Option<SharedConfig>,
    /// Worker threads, each with its own runtime and upstream connections.
    pub threads: usize,
    /// What new keys start with.
    pub key_prefix: String,
    /// The largest request body of any endpoint, before and after decompression.
    pub body_bytes_max: usize,
    /// The largest ones of endpoints that take less.
    pub bodies: BodySettings,
    /// How long a client may take to send its body.
    pub body_time_max: Duration,
    /// Where calls are traced to; `None` traces none.
    pub traces: Option<TraceSettings>,
    /// Where what lasts is kept on this machine.
    pub data_dir: PathBuf,
    /// How often the books are audited; zero is never.
    pub audit_every: Duration,
    /// How long usage is kept.
    pub usage_kept: UsageKept,
    /// How long answers are kept that callers of Responses may go on from; zero keeps none.
    pub kept_for: Duration,
    /// The bytes that all kept answers of a workspace may have; the oldest go.
    pub kept_bytes_max: u64,
    /// How pictures are kept.
    pub assets: AssetSettings,
    /// How long a task may take before it is given up.
    pub task_time_max: Duration,
    /// How a pending task tells the pictures that it has not.
    pub pending_data: PendingData,
    /// What a credit is worth where costs are shown in credits.
    pub credit: NanoUsd,
    /// Who runs the platform, as its public pages say it.
    pub operator: OperatorSettings,
    /// Who may sign up.
    pub registration: Registration,
    /// How letters go out.
    pub mail: MailSettings,
    /// How the relay waits and tries.
    pub relay: RelaySettings,
    /// How long connections are still accepted at shutdown while `/readyz` says no, so that balancers look elsewhere.
    pub drain_notice: Duration,
    /// How long running answers may take to end at shutdown.
    pub drain_time_max: Duration,
    /// How the `request.done` line is written.
    pub log: LogFormat,
}

/// The largest request bodies by endpoint, in bytes; 0 is as large as any (R-API-17).
#[derive(Clone, Copy, Debug, Default)]
pub struct BodySettings {
    /// Chat Completions.
    pub chat_completions: usize,
    /// Messages and their count.
    pub messages: usize,
    /// Responses and their count.
    pub responses: usize,
    /// generateContent and its count.
    pub generate_content: usize,
    /// Legacy Completions.
    pub completions: usize,
    /// Embeddings.
    pub embeddings: usize,
    /// New images.
    pub images_generations: usize,
    /// Changed images.
    pub images_edits: usize,
}

impl Settings {
    /// What links in letters begin with. Never what a request says: who asks for another's letter would choose its links.
    pub fn base(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// The largest body of calls in a language.
    pub fn body_bytes_max(&self, dialect: Dialect) -> usize {
        let bodies = &self.bodies;
        let own = match dialect {
            Dialect::OpenAiChat => bodies.chat_completions,
            Dialect::Anthropic => bodies.messages,
            Dialect::OpenAiResponses => bodies.responses,
            Dialect::Gemini => bodies.generate_content,
            Dialect::Completions => bodies.completions,
            Dialect::Embeddings => bodies.embeddings,
            Dialect::Images => bodies.images_generations,
            Dialect::ImageEdits => bodies.images_edits,
            _ => 0,
        };
        if own == 0 { self.body_bytes_max } else { own.min(self.body_bytes_max) }
    }
}

/// Settings of the relay.
#[derive(Clone, Copy, Debug)]
pub struct RelaySettings {
    /// For a connection to a provider.
    pub connect_timeout: Duration,
    /// For the first byte of an answer.
    pub first_byte_timeout: Duration,
    /// Between two bytes of an answer.
    pub idle_timeout: Duration,
    /// For a whole call.
    pub total_timeout: Duration,
    /// A silent stream gets a keep-alive this often.
    pub keepalive: Duration,
    /// Attempts of one request, over all routes.
    pub attempts_max: u8,
    /// The longest wait before the same route is tried again.
    pub retry_wait_max: Duration,
    /// Output tokens held ahead of use on a stream whose billed output is all visible.
    pub slice_tokens: u64,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// `name key=value`.
    Text,
    /// None.
    Off,
}

/// Settings of kept pictures.
#[derive(Clone, Debug)]
pub struct AssetSettings {
    /// How long a link is good.
    pub link_for: Duration,
    /// How long a picture is kept; no link outlives it.
    pub kept_for: Duration,
    /// Where.
    pub home: AssetHome,
}

/// Where pictures are kept.
#[derive(Clone, Debug)]
pub enum AssetHome {
    /// In a folder of this machine, for one node alone.
    Folder {
        /// The folder.
        dir: PathBuf,
        /// The bytes that all pictures may have.
        bytes_max: u64,
    },
    /// In a bucket that all nodes share.
    Bucket(BucketSettings),
}

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug)]
pub struct BucketSettings {
    /// Where the store answers (`https://host`).
    pub endpoint: String,
    /// The region that signatures name.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What keys begin with; empty, or with a slash at its end.
    pub prefix: String,
    /// Whether the bucket's name stands in the path, and not in the host.
    pub path_style: bool,
    /// Who signs.
    pub access_key_id: Secret<String>,
    /// With what.
    pub secret_access_key: Secret<String>,
}

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Who is invited into a workspace.
    Invited,
    /// Nobody.
    Closed,
}

/// What the operator says of themselves on the public pages; what is empty is said to be missing.
#[derive(Clone, Debug, Default)]
pub struct OperatorSettings {
    /// What the service is called.
    pub name: String,
    /// An address of mail or of a page.
    pub support: String,
    /// Terms of use: an address, or the text in Markdown.
    pub terms: String,
    /// What becomes of data: an address, or the text in Markdown.
    pub privacy: String,
}

/// Settings of letters.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Who they come from (`Tollgate <tollgate@example.com>`).
    pub from: String,
    /// Where they go.
    pub home: MailHome,
}

/// Where letters go.
#[derive(Clone, Debug)]
pub enum MailHome {
    /// Into a folder of this machine, a file each.
    Folder(PathBuf),
    /// To a mail server (`smtps://user:password@host`).
    Server(Secret<String>),
}

/// How long usage is kept.
#[derive(Clone, Copy, Debug)]
pub struct UsageKept {
    /// Rows, in UTC days, the running one among them; at least 32, for caps by month read them.
    pub rows_days: i64,
    /// Sums by hour, in days.
    pub hours_days: i64,
}
