//! What an operator may change about the server. In: values read and checked by tollgate::config. Out: the same.
//! Never here: reading files or the environment, defaults (they are declared once, in tollgate::config).

use std::net::SocketAddr;
use std::time::Duration;

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Worker threads, each with its own runtime and upstream connections.
    pub threads: usize,
    /// What new keys start with.
    pub key_prefix: String,
    /// The largest request body, before and after decompression.
    pub body_bytes_max: usize,
    /// How long a client may take to send its body.
    pub body_time_max: Duration,
    /// How long answers are kept that callers of Responses may go on from; zero keeps none.
    pub kept_for: Duration,
    /// The bytes that all kept answers of a workspace may have; the oldest go.
    pub kept_bytes_max: u64,
    /// How the relay waits and tries.
    pub relay: RelaySettings,
    /// How long connections are still accepted at shutdown while `/readyz` says no, so that balancers look elsewhere.
    pub drain_notice: Duration,
    /// How long running answers may take to end at shutdown.
    pub drain_time_max: Duration,
    /// How the `request.done` line is written.
    pub log: LogFormat,
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
