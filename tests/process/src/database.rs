//! A database of one's own on the test server. In: TOLLGATE_TEST_PG. Out: an address; it goes when this is dropped.
//! Never here: tables.

use crate::{Chance, Outcome, at};

/// The server that TOLLGATE_TEST_PG names; without one it says so, and the caller skips its half.
pub fn server(who: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "how a test learns of the server")]
    let server = std::env::var("TOLLGATE_TEST_PG").ok().filter(|url| !url.is_empty());
    if server.is_none() {
        use std::io::Write;
        // Past the capture of the test harness, so that it is seen.
        let _told = writeln!(std::io::stderr(), "{who} on PostgreSQL is NOT RUN: TOLLGATE_TEST_PG names no server");
    }
    server
}

/// A database on that server.
pub struct Database {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Database {
    /// Makes it on a server (`postgres://user@host:port/any`).
    ///
    /// # Errors
    /// What the server says.
    pub fn create(server: &str) -> Outcome<Self> {
        let name = format!("tollgate_{}", Chance::unique());
        let (before, _) = server.rsplit_once('/').ok_or("TOLLGATE_TEST_PG is not postgres://host/database")?;
        let url = format!("{before}/{name}");
        tell(server, &format!("CREATE DATABASE {name}"))?;
        Ok(Self { server: server.to_owned(), name, url })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The whole server goes away after the tests.
        let _gone = tell(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn tell(server: &str, statement: &str) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(at("a runtime"))?;
    runtime.block_on(async {
        #[expect(clippy::disallowed_methods, reason = "a test makes and drops databases of its own")]
        let (client, link) =
            tokio_postgres::connect(server, tokio_postgres::NoTls).await.map_err(at("the test server"))?;
        tokio::select! {
            done = client.batch_execute(statement) => done.map_err(at(statement)),
            _ = link => Err(format!("{statement}: the connection ended")),
        }
    })
}
