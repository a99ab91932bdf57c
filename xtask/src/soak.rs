//! The verb `soak`: kill -9 under load, far more often than the tests do. In: `--kills N`, `--store`. Out: a table.
//! Never here: what is killed and checked (tests/process).

use crate::postgres::Postgres;
use crate::sdk;
use crate::shell::{cargo, succeeds};

/// Builds, starts a PostgreSQL, kills; false when something was lost, charged twice or wrong.
pub(crate) fn run(args: &[String]) -> Result<bool, String> {
    if sdk::build()?.failed > 0 {
        return Err("the gateway could not be built".to_owned());
    }
    let postgres = Postgres::start()?;
    let mut soak = cargo(&["run", "--quiet", "--package", "process-tests", "--bin", "soak", "--"]);
    soak.args(args).env("TOLLGATE_TEST_PG", &postgres.url).env("TOLLGATE_TEST_BIN", sdk::binary());
    succeeds(&mut soak)
}
