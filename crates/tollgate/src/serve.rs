//! Serving, from an open house to a drained one. In: a configuration, what to do when ready. Out: the end of the
//! process. Shutdown is a list: doors, relays, ledger, log. Never here: a path that only `demo` takes.

use crate::config::Config;
use crate::wiring::{self, SystemClock, WiringError};
use server::{Doors, House, Log, Upstream};
use sim::SimConfig;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

/// How long the ledger may take to write what queued.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(20);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;

/// Why serving did not start or ended badly.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The house does not open.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// An address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// Threads or signals are not to be had.
    #[error("the process cannot start: {0}")]
    Process(#[from] std::io::Error),
    /// It ended before everything was ended and written; the log says what.
    #[error("the process ended before everything was written; see the log")]
    Undone,
    /// What should run when ready failed.
    #[error("{0}")]
    Ready(String),
}

/// What runs once the server answers: it is told the address and may stop everything by an error.
pub type Ready = Box<dyn FnOnce(SocketAddr) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send>;

/// Serves until a signal. Log lines go to `lines`.
///
/// # Errors
/// Why it did not start.
pub fn run(config: &Config, lines: Box<dyn std::io::Write + Send>, ready: Ready) -> Result<(), ServeError> {
    // Accepting, following changes and background work of the store; requests run on the workers' own runtimes.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let log = Log::new(config.server.log, Arc::new(SystemClock));
    let writer = log.write_to(lines)?;
    let served = runtime.block_on(serve(config, log.clone(), ready));
    runtime.shutdown_timeout(Duration::from_secs(1));
    log.stop();
    // The writer's thread ends after the last line.
    let _ = writer.join();
    served
}

#[expect(clippy::disallowed_methods, reason = "the home of background tasks; they end with this function")]
async fn serve(config: &Config, log: Log, ready: Ready) -> Result<(), ServeError> {
    let reserved = reserve(config.server.listen)?;
    let mut background = JoinSet::new();
    if let Some(listen) = config.sim_listen {
        let sim = bind(listen).await?;
        background.spawn(async move {
            // The simulated providers end with the process.
            let _ = sim::serve(sim, SimConfig::new(Arc::new(SystemClock)), std::future::pending()).await;
        });
    }
    let monitors = match config.metrics_listen {
        Some(listen) => Some(bind(listen).await?),
        None => None,
    };
    let house = wiring::open(config, log.clone(), tokio::runtime::Handle::current()).await?;
    let listener = match reserved.listen(BACKLOG) {
        Ok(listener) => listener,
        Err(error) => {
            close(&house, &log).await;
            return Err(ServeError::Listen(config.server.listen, error));
        }
    };
    let address = listener.local_addr()?;
    background.spawn(house.clone().follow());
    background.spawn(house.clone().reap());
    background.spawn(house.clone().note_uses());
    background.spawn(house.clone().keep_limits());
    background.spawn(house.clone().share_rows());
    background.spawn(house.clone().sweep());
    background.spawn(house.clone().forget_usage());
    background.spawn(house.clone().audit_often());
    background.spawn(house.clone().keep_seals());
    let to_bucket = Upstream::new(config.server.relay.connect_timeout);
    background.spawn(house.clone().sweep_assets(to_bucket));
    let to_collector = Upstream::new(config.server.relay.connect_timeout);
    background.spawn(house.clone().send_traces(to_collector.clone()));
    let doors = Doors::open(&house)?;
    let mut places = vec![("listen", address.to_string())];
    if let Some(monitors) = monitors {
        places.push(("metrics", monitors.local_addr()?.to_string()));
        background.spawn(server::answer_monitors(monitors, house.clone()));
    }
    log.info("server.ready", &places.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
    let mut failed = None;
    let mut starting = JoinSet::new();
    starting.spawn(ready(address));
    let shutdown = async {
        tokio::select! {
            () = signal() => {}
            Some(told) = failure(&mut starting) => failed = Some(told),
        }
    };
    let drained = doors.serve(listener, shutdown).await;
    if !drained {
        log.error("server.cut_off", &[]);
    }
    let closed = close(&house, &log).await;
    background.shutdown().await;
    house.send_last_traces(&to_collector).await;
    match failed {
        Some(told) => Err(ServeError::Ready(told)),
        None if closed && drained => {
            log.info("server.stopped", &[]);
            Ok(())
        }
        None => Err(ServeError::Undone),
    }
}

/// Takes the address of clients, so that who else has it is told before a store is opened; but nobody is let in before the
/// house is open and the first operator token is written.
fn reserve(address: SocketAddr) -> Result<TcpSocket, ServeError> {
    let take = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    take().map_err(|e| ServeError::Listen(address, e))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|e| ServeError::Listen(address, e))
}

/// Ends only when what runs at the start failed.
async fn failure(starting: &mut JoinSet<Result<(), String>>) -> Option<String> {
    match starting.join_next().await {
        Some(Ok(Err(told))) => Some(told),
        _ => std::future::pending().await,
    }
}

/// Closes the ledger; says whether everything was written.
async fn close(house: &Arc<House>, log: &Log) -> bool {
    let told = match tokio::time::timeout(CLOSE_TIME_MAX, house.ledger.close()).await {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it took too long".to_owned(),
    };
    log.error("ledger.close_failed", &[("error", &told)]);
    false
}

/// Waits for the signal that ends the process.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    // Without signals the process runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
