//! The `tollgate` binary. In: arguments, the environment, a configuration file. Out: a running gateway, or one command
//! done. Never here: what the gateway does (server), what commands say (cli).

mod cli;
mod config;
mod serve;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
