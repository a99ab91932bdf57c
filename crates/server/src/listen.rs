//! Accepting connections: one acceptor hands them out to worker threads, each with its own runtime and upstream pool.
//! In: a listener and a house. Out: served connections until shutdown. Never here: what a request means.

mod patient;
mod refusal;

use crate::address::Peer;
use crate::closing::Closing;
use crate::doors::Front;
use crate::house::{House, Worker};
use crate::image_tasks;
use crate::limits::{
    ACCEPT_REST, FIRST_BYTE_TIME_MAX, HANDED_OUT_MAX, HEADER_BYTES_MAX, HEADER_TIME_MAX, LAST_CALL_TIME_MAX,
    SETTLE_TIME_MAX, STALLED_READER_TIME_MAX,
};
use crate::tasks::Tasks;
use crate::upstream::Upstream;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use patient::Patient;
use refusal::Refusals;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// The running doors.
pub struct Doors {
    house: Arc<House>,
    stop: watch::Sender<bool>,
    threads: Vec<std::thread::JoinHandle<bool>>,
    hands: Vec<mpsc::Sender<std::net::TcpStream>>,
}

impl Doors {
    /// Starts the worker threads.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be made.
    pub fn open(house: &Arc<House>) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (mut threads, mut hands) = (Vec::new(), Vec::new());
        for n in 0..house.settings.threads.max(1) {
            let (hand, taken) = mpsc::channel(HANDED_OUT_MAX);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (house, stopped) = (house.clone(), stopped.clone());
            #[expect(clippy::disallowed_methods, reason = "the home of the worker threads")]
            let thread = std::thread::Builder::new()
                .name(format!("worker-{n}"))
                .spawn(move || runtime.block_on(work(house, taken, stopped, n == 0)))?;
            threads.push(thread);
            hands.push(hand);
        }
        Ok(Self { house: house.clone(), stop, threads, hands })
    }

    /// Accepts connections until `shutdown` ends; then gives notice, lets what runs end, at most the drain time, and makes
    /// the rest end. Says whether all has ended.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> bool {
        self.accept(&listener, shutdown).await;
        self.house.drain();
        let notice = self.house.settings.drain_notice;
        self.accept(&listener, tokio::time::sleep(notice)).await;
        drop(listener);
        self.close().await
    }

    async fn accept(&self, listener: &TcpListener, until: impl Future<Output = ()>) {
        let mut until = pin!(until);
        let mut turn = 0_usize;
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut until => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    turn = turn.wrapping_add(1);
                    self.hand_out(stream, turn).await;
                }
                // Out of descriptors, or a client that left already: neither is a reason to stop.
                Err(_) => tokio::time::sleep(ACCEPT_REST).await,
            }
        }
    }

    async fn hand_out(&self, stream: TcpStream, turn: usize) {
        let Some(hand) = self.hands.get(turn % self.hands.len().max(1)) else { return };
        if let Ok(stream) = stream.into_std() {
            // A worker that is gone means shutdown: the connection is closed.
            let _ = hand.send(stream).await;
        }
    }

    /// Lets the workers end: no new request on a connection, running ones to their end. Says whether all have.
    async fn close(self) -> bool {
        // The receivers live as long as the threads.
        let _ = self.stop.send(true);
        drop(self.hands);
        let (ended, wait) = tokio::sync::oneshot::channel();
        #[expect(clippy::disallowed_methods, reason = "waits for the workers without holding up the runtime")]
        let joiner = std::thread::Builder::new().name("join".into()).spawn(move || {
            // A worker that panicked left things undone.
            let all = self.threads.into_iter().map(|thread| thread.join().unwrap_or(false));
            let _ = ended.send(all.fold(true, |all, one| all & one));
        });
        joiner.is_ok() && wait.await.unwrap_or(false)
    }
}

async fn work(
    house: Arc<House>,
    mut taken: mpsc::Receiver<std::net::TcpStream>,
    mut stopped: watch::Receiver<bool>,
    keeps_tasks: bool,
) -> bool {
    let (tasks, closing) = (Tasks::default(), Closing::default());
    let upstream = Upstream::new(house.settings.relay.connect_timeout);
    let worker = Worker { house: house.clone(), upstream, tasks: tasks.clone(), closing: closing.clone() };
    if keeps_tasks {
        let (keeping, mut stopped) = (image_tasks::keep(worker.clone()), stopped.clone());
        // Whatever it is at, the next start finds it.
        tasks.spawn(async move {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => {}
                () = keeping => {}
            }
        });
    }
    let front = Front::new(worker);
    loop {
        let stream = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            stream = taken.recv() => stream,
        };
        let Some(stream) = stream else { break };
        let Ok(stream) = TcpStream::from_std(stream) else { continue };
        // Frames are joined above; the kernel must not wait for more.
        let _ = stream.set_nodelay(true);
        tasks.spawn(converse(stream, front.clone(), stopped.clone(), closing.clone()));
    }
    end(&house, &tasks, &closing).await
}

/// Lets what runs end by itself, then by its protocol, then without its clients; what earned a charge is charged each time.
async fn end(house: &House, tasks: &Tasks, closing: &Closing) -> bool {
    if tasks.close_and_wait(house.settings.drain_time_max).await {
        return true;
    }
    house.log.warn("server.last_call", &[("running", &tasks.running().to_string())]);
    closing.call_last();
    if tasks.close_and_wait(LAST_CALL_TIME_MAX).await {
        return true;
    }
    closing.cut();
    tasks.close_and_wait(SETTLE_TIME_MAX + LAST_CALL_TIME_MAX).await
}

/// One connection, to its end or until shutdown lets its running request finish.
async fn converse(stream: TcpStream, front: Front, mut stopped: watch::Receiver<bool>, closing: Closing) {
    let peer = stream.peer_addr().ok().map(|at| Peer(at.ip()));
    let socket = Patient::new(stream, STALLED_READER_TIME_MAX, FIRST_BYTE_TIME_MAX);
    let socket = Refusals::new(socket, front.house());
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let front = front.clone();
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        // The buffer alone is no limit: one read may fill more of it than was asked for.
        .max_header_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        // A broken connection is the client's affair; its relay ends by itself.
        _ = connection.as_mut() => return,
        _ = stopped.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        biased;
        _ = connection => {}
        () = closing.until_cut() => {}
    }
}
