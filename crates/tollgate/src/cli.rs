//! The commands. In: arguments. Out: what a person or a script reads, and an exit code. The one place that writes to
//! stdout (data) and stderr (talk). Commands are clients of the server's API; only `serve`, `demo`, an offline
//! `audit` and the change of the master key open a store. Never here: rules of the product.

mod apply;
mod args;
mod audit;
mod client;
mod configure;
mod credentials;
mod credit;
mod demo;
mod doctor;
mod exit;
mod init;
mod keys;
mod listing;
mod login;
mod output;
mod secrets;
mod serving;
mod setup;
mod tokens;
mod whoami;
mod workspaces;

pub use client::Client;
pub use exit::Trouble;

use args::{Args, Command};
use clap::{CommandFactory, Parser};
use output::Output;
use std::process::ExitCode;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let output = Output::new(args.json);
    match dispatch(args, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            output.trouble(&trouble);
            ExitCode::from(trouble.code())
        }
    }
}

fn dispatch(args: Args, output: &Output) -> Result<(), Trouble> {
    let Args { command, json: _, connection, config } = args;
    let client = || Client::new(&connection, &config);
    match command {
        Command::Serve => serving::serve(&config),
        Command::Demo(how) => demo::demo(&config, &how, output),
        Command::Doctor => doctor::doctor(&connection, &config, output),
        Command::Init(start) => init::init(&start, output),
        Command::Config { verb } => configure::run(&verb, &config, output),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "tollgate", &mut std::io::stdout());
            Ok(())
        }
        Command::Audit if config.names_a_store() && !connection.is_given() => audit::offline(&config, output),
        Command::Audit => audit::online(&client()?, output),
        Command::Apply { file, prune, dry_run } => apply::apply(&client()?, &file, prune, dry_run, output),
        Command::Workspace { verb } => workspaces::run(&client()?, verb, output),
        Command::Key { verb } => keys::run(&client()?, verb, output),
        Command::Credit { verb } => credit::run(&client()?, verb, output),
        Command::Token { verb } => tokens::run(&client()?, verb, output),
        Command::Secrets { verb } => secrets::run(verb, &config, client, output),
        Command::Provider { .. } => listing::providers(&client()?, output),
        Command::Model { .. } => listing::models(&client()?, output),
        Command::Usage(which) => listing::usage(&client()?, &which, output),
        Command::Log { limit } => listing::log(&client()?, limit, output),
        Command::Login(how) => login::login(&how, &connection, &config, output),
        Command::Logout => login::logout(&connection, &config, output),
        Command::Setup(how) => setup::setup(&how, &connection, &config, output),
        Command::Whoami => whoami::whoami(&connection, &config, output),
    }
}
