//! A provider that costs next to nothing, so that what is measured is what stands before it.
//! In: an address; requests for Chat Completions or Messages. Out: the same few answers, made once at the start.
//! Never here: thinking, checking, HTTP beyond what wrk, nginx and the gateway send.

mod answers;
mod connection;

use answers::Answers;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:19000")).await?;
    let answers = Arc::new(Answers::new());
    let mut connections = JoinSet::new();
    loop {
        // Cancelling either arm loses nothing.
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                #[expect(clippy::disallowed_methods, reason = "the connections of the mock are owned here")]
                connections.spawn(connection::serve(stream, Arc::clone(&answers)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
