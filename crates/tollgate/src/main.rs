//! The `tollgate` binary. In: arguments, the environment, a configuration file. Out: a running gateway, or one command
//! done. Never here: what the gateway does (server), what commands say (cli).

mod cli;
mod config;
mod console;
mod demo;
mod master_key;
mod serve;
mod wiring;

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A request is a few dozen small allocations and some large ones, made on one thread and often freed on another; this
/// allocator takes a third of the time of the system's for that (docs/PERFORMANCE.md). Its huge pages are off: they are
/// 0.3 us faster a request, and twice the memory at rest.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
