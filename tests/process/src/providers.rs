//! The simulated providers, on a thread of the test, so that they outlive every gateway that is killed.
//! In: a canary. Out: an address; they end when this is dropped. Never here: what they answer.

use crate::{Outcome, WallClock, at, exchange, raw};
use serde_json::Value;
use sim::SimConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Running providers.
pub struct Providers {
    /// Where they listen.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Providers {
    /// Starts them; `canary` is planted in all that they say beside their answers.
    ///
    /// # Errors
    /// When there is no socket or thread to be had.
    pub fn start(canary: &str) -> Outcome<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(at("simulated providers"))?;
        listener.set_nonblocking(true).map_err(at("simulated providers"))?;
        let address = listener.local_addr().map_err(at("simulated providers"))?;
        let mut config = SimConfig::new(Arc::new(WallClock));
        config.canary = canary.to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(at("simulated providers"))?;
        let serve = async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            let end = async {
                // Ends too when the sender is dropped.
                let _told = stopped.await;
            };
            let _ended = sim::serve(listener, config, end).await;
        };
        let builder = std::thread::Builder::new().name("providers".into());
        #[expect(
            clippy::disallowed_methods,
            reason = "the thread of the providers is joined when they are dropped"
        )]
        let thread = builder.spawn(move || runtime.block_on(serve)).map_err(at("simulated providers"))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// What reached them, as their journal tells it.
    ///
    /// # Errors
    /// When they do not answer.
    pub fn journal(&self) -> Outcome<Value> {
        let asked = raw("GET", "/_sim/requests", &[], b"");
        let told = exchange(self.address, &asked, Duration::from_secs(10)).map_err(at("the journal"))?;
        Ok(told.json())
    }
}

impl Drop for Providers {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A provider that panicked has said so on stderr.
            let _ended = thread.join();
        }
    }
}
