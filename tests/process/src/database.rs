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

impl Database {
    /// How many connections to it are sealed with TLS, and how many are not.
    ///
    /// # Errors
    /// What the server says.
    pub fn connections(&self) -> Outcome<(i64, i64)> {
        let statement = format!(
            "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)
             FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '{}'",
            self.name
        );
        on(&self.server, async |client| {
            let row = client.query_one(&statement, &[]).await.map_err(at("pg_stat_ssl"))?;
            Ok((row.get(0), row.get(1)))
        })
    }
}

/// The file with the certificate of that server (`TOLLGATE_TEST_PG_CERT`).
///
/// # Errors
/// When none is named: a server is not tested by halves.
pub fn certificate() -> Outcome<String> {
    #[expect(clippy::disallowed_methods, reason = "how a test learns of it")]
    std::env::var("TOLLGATE_TEST_PG_CERT").map_err(at("TOLLGATE_TEST_PG is set, TOLLGATE_TEST_PG_CERT"))
}

impl Drop for Database {
    fn drop(&mut self) {
        // The whole server goes away after the tests.
        let _gone = tell(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn tell(server: &str, statement: &str) -> Outcome<()> {
    on(server, async |client| client.batch_execute(statement).await.map_err(at(statement)))
}

/// Does something on a connection to a server.
fn on<T>(server: &str, work: impl AsyncFnOnce(&tokio_postgres::Client) -> Outcome<T>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(at("a runtime"))?;
    runtime.block_on(async {
        #[expect(clippy::disallowed_methods, reason = "a test makes and drops databases of its own")]
        let (client, link) =
            tokio_postgres::connect(server, tokio_postgres::NoTls).await.map_err(at("the test server"))?;
        tokio::select! {
            done = work(&client) => done,
            _ = link => Err("the connection to the test server ended".to_owned()),
        }
    })
}
