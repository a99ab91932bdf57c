//! Accepts connections and owns their tasks. In: a listener, a config, an end. Out: answered connections.
//! Never here: what is answered.

use crate::body::Paced;
use crate::config::SimConfig;
use crate::route::{self, Sim};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The pause after a failed accept (out of file descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is over; open connections are dropped then.
#[expect(clippy::disallowed_methods, reason = "the connections of the providers are owned here")]
pub async fn serve(listener: TcpListener, config: SimConfig, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let sim = Arc::new(Sim::new(config));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        // Each arm may be cancelled: accept and join_next lose nothing, and the shutdown is pinned.
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&sim), stream));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(sim: Arc<Sim>, stream: TcpStream) {
    // Without this a small frame can wait 40 ms for an acknowledgement; a failure only costs that.
    let _slow_is_fine = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let sim = Arc::clone(&sim);
        async move { answer(&sim, request).await }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).max_buf_size(128 * 1024);
    // A cut by directive and a client that left are errors of the connection, and nobody's business.
    let _ended = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(sim: &Arc<Sim>, request: Request<Incoming>) -> io::Result<Response<Paced>> {
    route::handle(sim, request).await
}
