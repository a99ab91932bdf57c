//! Every setting, declared once: key, kind, default, doc. In: nothing. Out: the table from which file, environment,
//! flags, example and docs come. Never here: reading or checking values.

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A socket address, perhaps empty.
    Address,
    /// A whole number within bounds.
    Number {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Addresses and networks, divided by commas.
    Networks,
    /// Some of these words: a list, or a text with commas between.
    Words(&'static [&'static str]),
    /// Statuses with the ones that stand for them (`503=502`): a list, or a text with commas between.
    Pairs,
    /// Text that is never shown.
    Secret,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its place in the file (`relay.idle_timeout_ms`).
    pub key: &'static str,
    /// What a value must look like.
    pub kind: Kind,
    /// What holds where nothing is said.
    pub default: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
}

impl Setting {
    /// The environment variable that sets it: `TOLLGATE_`, levels divided by two underscores.
    pub fn env(&self) -> String {
        format!("TOLLGATE_{}", self.key.replace('.', "__").to_ascii_uppercase())
    }
}

/// What the keys of a surface begin with, before its name.
pub const SURFACE: &str = "surface.";

const PRESETS: &[&str] = &["default", "000", "001", "002", "003", "004", "none"];
const FLAG: Kind = Kind::Choice(&["false", "true"]);

/// The settings of a surface (`surface.NAME.base`). What stands for a default is for the example: a surface is as the one it
/// starts from.
pub const OF_SURFACE: &[Setting] = &[
    setting(
        "from",
        Kind::Choice(PRESETS.split_at(6).0),
        "default",
        "Whose first surface it starts from: a preset. A name that the preset of the server uses itself (docs/SURFACES.md) \
         changes that surface instead.",
    ),
    setting("base", Kind::Text, "/more/v1", "Its base path. No base may lie below another, nor below /api/manage."),
    setting(
        "families",
        Kind::Words(&["openai", "anthropic", "gemini", "account"]),
        "openai,anthropic,gemini,account",
        "Which endpoints are there; the paths of all others are 404.",
    ),
    setting(
        "style",
        Kind::Choice(&["openai", "numeric", "detail", "anthropic", "coded", "router", "gemini"]),
        "openai",
        "How errors look; those of Messages are always Anthropic's, those of generateContent Google's.",
    ),
    setting("always_stream", FLAG, "false", "Whether Chat Completions are streamed whatever `stream` says."),
    setting(
        "stream_usage",
        Kind::Choice(&["on_request", "always"]),
        "on_request",
        "When streams of Chat and legacy Completions end with a chunk that tells usage.",
    ),
    setting(
        "models_list",
        Kind::Choice(&["key", "catalogue"]),
        "key",
        "Which models a list shows: what the calling key may call, or all that are not switched off.",
    ),
    setting("chat_id_prefix", Kind::Text, "chatcmpl-", "What ids of chat completions start with."),
    setting(
        "fold",
        Kind::Pairs,
        "",
        "Statuses that its clients do not know, each with the one they get instead (\"503=502\"); both 4xx or both 5xx.",
    ),
];

const fn setting(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Setting {
    Setting { key, kind, default, doc }
}

const fn number(min: u64, max: u64) -> Kind {
    Kind::Number { min, max }
}

const fn body(key: &'static str, doc: &'static str) -> Setting {
    setting(key, number(0, 1 << 30), "0", doc)
}

const DAY_MS: u64 = 86_400_000;

/// All settings, in the order of the generated example.
pub const SETTINGS: &[Setting] = &[
    setting(
        "preset",
        Kind::Choice(PRESETS),
        "default",
        "The surfaces and the prefix of keys in one word: the usual ones, those of a public gateway (000 to 004), or none but what \
         is declared. docs/SURFACES.md tells each.",
    ),
    setting("server.listen", Kind::Address, "127.0.0.1:8011", "Where clients connect."),
    setting(
        "server.public_url",
        Kind::Text,
        "",
        "What links in answers begin with (https://api.example.com); empty is http:// and the host that a request came by. Set it \
         where TLS ends before Tollgate.",
    ),
    setting(
        "server.trusted_proxies",
        Kind::Networks,
        "",
        "Proxies before Tollgate, as addresses or networks (10.0.0.0/8, 192.0.2.7): only they are believed in x-forwarded-for.",
    ),
    setting("server.threads", number(0, 1_024), "0", "Worker threads; 0 is one a core."),
    setting(
        "server.body_bytes_max",
        number(1_024, 1 << 30),
        "33554432",
        "Largest request body of any endpoint, before and after decompression.",
    ),
    setting("server.body_time_max_ms", number(1, DAY_MS), "30000", "How long a client may take to send its body."),
    setting(
        "server.drain_notice_ms",
        number(0, DAY_MS),
        "0",
        "How long connections are still accepted at shutdown while /readyz says no.",
    ),
    setting(
        "server.drain_time_max_ms",
        number(0, DAY_MS),
        "30000",
        "How long running answers may take to end at shutdown.",
    ),
    body(
        "bodies.chat_completions_bytes_max",
        "Largest body of Chat Completions in bytes; 0 is server.body_bytes_max, here and below.",
    ),
    body("bodies.messages_bytes_max", "Of Messages and of their count."),
    body("bodies.responses_bytes_max", "Of Responses and of their count."),
    body("bodies.generate_content_bytes_max", "Of generateContent and of its count."),
    body("bodies.completions_bytes_max", "Of legacy Completions."),
    body("bodies.embeddings_bytes_max", "Of embeddings."),
    body("bodies.images_generations_bytes_max", "Of new images."),
    body("bodies.images_edits_bytes_max", "Of changed images, the pictures included."),
    setting(
        "data.dir",
        Kind::Text,
        "tollgate-data",
        "The data folder: SQLite, the master key, the first operator token.",
    ),
    setting(
        "database.url",
        Kind::Secret,
        "",
        "postgres://user:password@host/database; empty is SQLite in the data folder. ?sslmode=require encrypts and checks \
         the server's certificate (&sslrootcert=FILE: by an authority of your own); without it the way is plain.",
    ),
    setting(
        "database.lease_ms",
        number(500, DAY_MS),
        "30000",
        "How long a node may be silent before its holds are void (PostgreSQL).",
    ),
    setting(
        "master_key",
        Kind::Secret,
        "",
        "64 hex digits that open the keys which seal secrets and digest API keys; empty reads the file.",
    ),
    setting(
        "master_key_file",
        Kind::Text,
        "",
        "The file that holds the master key; empty is master.key in the data folder, made at the first start.",
    ),
    setting(
        "limits.redis_url",
        Kind::Secret,
        "",
        "redis://[user:password@]host:port of a Redis 7 or Valkey that counts limits for all nodes (rediss:// with TLS); empty \
         counts on each node by its part.",
    ),
    setting(
        "limits.strict",
        Kind::Choice(&["true", "false"]),
        "false",
        "Whether calls are refused (503) while that Redis is away; else each node judges by its part of each limit.",
    ),
    setting(
        "keys.hide_models",
        Kind::Choice(&["true", "false"]),
        "false",
        "Whether a model that a key may not call is told as one that does not exist (404) and not as forbidden (403).",
    ),
    setting(
        "keys.prefix",
        Kind::Text,
        "sk-tg-",
        "What new API keys start with: letters, digits, '-' or '_'. A preset has its own; keys made before stay valid.",
    ),
    setting(
        "credits.value_micro_usd",
        number(1, 1_000_000_000),
        "10000",
        "What a credit is worth in micro-USD, where model lists show what a call costs in credits (credit_cost).",
    ),
    setting(
        "accounts.registration",
        Kind::Choice(&["open", "invited", "closed"]),
        "open",
        "Who may sign up: everybody, who is invited into a workspace, or nobody.",
    ),
    setting("operator.name", Kind::Text, "", "What the service is called on its public pages; empty is Tollgate."),
    setting(
        "operator.support",
        Kind::Text,
        "",
        "How users reach who runs it, on the public pages: an address of mail, or https://...; empty is told as missing, here and below.",
    ),
    setting(
        "operator.terms",
        Kind::Text,
        "",
        "Terms of use at /legal/terms: an address (https://...), or the text itself in Markdown.",
    ),
    setting("operator.privacy", Kind::Text, "", "The same about data, at /legal/privacy."),
    setting(
        "mail.smtp_url",
        Kind::Secret,
        "",
        "The server that takes letters: smtps://user:password@host, or smtp://user:password@host?tls=required; empty writes \
         them into the folder mail of the data folder, a file each.",
    ),
    setting("mail.from", Kind::Text, "Tollgate <tollgate@localhost>", "Who letters come from."),
    setting(
        "audit.every_ms",
        number(0, 365 * DAY_MS),
        "86400000",
        "How often the books are recomputed, for the metric audit_findings and the log; 0 is never, but by `tollgate audit`.",
    ),
    setting(
        "usage.rows_days",
        number(32, 3_650),
        "90",
        "For so many UTC days rows of usage are kept, the running one among them; then whole days of them go. Sums by day stay.",
    ),
    setting(
        "usage.hours_days",
        number(32, 3_650),
        "400",
        "For so many days sums of usage by hour are kept: what is asked of older times is told by whole UTC days.",
    ),
    setting(
        "responses.kept_ms",
        number(0, 365 * DAY_MS),
        "259200000",
        "How long answers of Responses are kept, sealed, for a later turn by previous_response_id (unless the caller says \
         store: false); 0 keeps none.",
    ),
    setting(
        "responses.kept_bytes_max",
        number(0, 1 << 40),
        "268435456",
        "The bytes that all kept answers of a workspace may have; where there are more, or 10000 answers, the oldest go.",
    ),
    setting(
        "images.task_ms",
        number(1_000, DAY_MS / 2),
        "3600000",
        "How long pictures that a provider makes in its own time may take; then the task has failed, and nothing is charged.",
    ),
    setting(
        "images.pending_data",
        Kind::Choice(&["empty", "nulls"]),
        "empty",
        "What `data` of a pending task is: an empty list, or one picture whose url and b64_json are null.",
    ),
    setting(
        "assets.link_ms",
        number(1_000, 365 * DAY_MS),
        "86400000",
        "How long the link to a picture is good; no link outlives its picture.",
    ),
    setting(
        "assets.kept_ms",
        number(1_000, 365 * DAY_MS),
        "86400000",
        "How long pictures are kept, at least assets.link_ms; then they are deleted.",
    ),
    setting(
        "assets.folder_bytes_max",
        number(0, 1 << 50),
        "10737418240",
        "The bytes that all pictures in the data folder may have; a new one that does not fit is refused.",
    ),
    setting(
        "assets.bucket",
        Kind::Text,
        "",
        "The bucket of an S3-compatible store that keeps pictures, for several nodes; empty keeps them in the data folder.",
    ),
    setting("assets.endpoint", Kind::Text, "", "Where the store answers, as https://host or http://host:port."),
    setting("assets.region", Kind::Text, "us-east-1", "The region of the bucket, as requests are signed for it."),
    setting("assets.prefix", Kind::Text, "", "What keys in the bucket begin with (tollgate/); empty is nothing."),
    setting(
        "assets.path_style",
        Kind::Choice(&["true", "false"]),
        "true",
        "Whether the bucket's name stands in the path; false puts it before the endpoint's host.",
    ),
    setting("assets.access_key_id", Kind::Secret, "", "Who signs requests to the store."),
    setting("assets.secret_access_key", Kind::Secret, "", "What they are signed with."),
    setting("relay.connect_timeout_ms", number(1, DAY_MS), "5000", "For a connection to a provider."),
    setting(
        "relay.first_byte_timeout_ms",
        number(1, DAY_MS),
        "120000",
        "For the first sign of life of a stream: any byte of its body.",
    ),
    setting("relay.idle_timeout_ms", number(1, DAY_MS), "120000", "Between two bytes of a stream."),
    setting("relay.total_timeout_ms", number(1, DAY_MS), "600000", "For a whole call, retries included."),
    setting("relay.keepalive_ms", number(100, DAY_MS), "10000", "A silent stream gets a keep-alive this often."),
    setting("relay.attempts_max", number(1, 20), "3", "Routes tried for one request, retries included."),
    setting(
        "relay.retry_wait_max_ms",
        number(0, DAY_MS),
        "2000",
        "The longest wait before the same route is tried again.",
    ),
    setting(
        "relay.slice_tokens",
        number(16, 10_000_000),
        "4096",
        "Output tokens held ahead of use on a stream whose billed output is all visible.",
    ),
    setting("log.format", Kind::Choice(&["text", "json", "off"]), "text", "How log lines are written to stderr."),
    setting(
        "traces.endpoint",
        Kind::Text,
        "",
        "Where a collector of OpenTelemetry takes traces of calls (http://127.0.0.1:4318/v1/traces), as OTLP in JSON; empty traces \
         nothing.",
    ),
    setting(
        "traces.headers",
        Kind::Secret,
        "",
        "Headers for the collector, divided by commas (authorization=Bearer abc,x-tenant=7).",
    ),
    setting("traces.per_mille", number(0, 1_000), "1000", "Of so many calls in a thousand, drawn by lot."),
    setting(
        "traces.accept_parent",
        FLAG,
        "false",
        "Whether a caller's traceparent is taken over; then it says as well whether the call is traced.",
    ),
    setting(
        "traces.pass_on",
        FLAG,
        "false",
        "Whether providers are told a traceparent: the trace and the attempt, no id of this gateway.",
    ),
    setting("traces.service_name", Kind::Text, "tollgate", "What the collector knows this gateway as."),
    setting(
        "metrics.listen",
        Kind::Address,
        "",
        "Where /metrics is answered without a token, for a monitor in a private network; empty is off.",
    ),
    setting(
        "sim.listen",
        Kind::Address,
        "",
        "Where simulated providers listen, for demonstrations and tests; empty is off.",
    ),
];
