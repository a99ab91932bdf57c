//! Runs the simulated providers by themselves. In: an address (127.0.0.1:8012 when none). Out: a server.
//! Never here: behaviour; this is for trying SDKs against the wire without a gateway.

use std::sync::Arc;
use units::{Clock, Timestamp};

struct Wall;

impl Clock for Wall {
    #[expect(clippy::disallowed_methods, reason = "an example is its own wiring")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(0));
        Timestamp::from_ms(ms)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.unwrap_or_else(|| "127.0.0.1:8012".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    sim::serve(listener, sim::SimConfig::new(Arc::new(Wall)), async {
        // Without a signal there is no end, which is what is wanted.
        let _told = tokio::signal::ctrl_c().await;
    })
    .await
}
