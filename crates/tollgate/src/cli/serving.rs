//! `serve`. In: flags. Out: a running gateway. Never here: how it runs (serve.rs at the root).

use crate::cli::args::ConfigArgs;
use crate::cli::exit::Trouble;
use crate::config::{Config, Layers, Loaded, Mistake, ProcessEnvironment};
use crate::serve::{self, Ready, ServeError};

/// Runs the gateway until a signal.
pub fn serve(args: &ConfigArgs) -> Result<(), Trouble> {
    let (config, _) = load(args)?;
    run(&config, Box::new(|_| Box::pin(async { Ok(()) })))
}

/// Runs the gateway; `ready` runs once it answers.
pub fn run(config: &Config, ready: Ready) -> Result<(), Trouble> {
    serve::run(config, Box::new(std::io::stderr()), ready).map_err(|error| match &error {
        ServeError::Wiring(cause) if cause.is_configuration() => Trouble::Usage(error.to_string()),
        _ => Trouble::Failed(error.to_string()),
    })
}

/// The configuration that flags, environment and file make.
pub fn load(args: &ConfigArgs) -> Result<(Config, Loaded), Trouble> {
    load_with(args, Vec::new())
}

/// The same with further flags, which win.
pub fn load_with(
    args: &ConfigArgs,
    more: Vec<(&'static str, &'static str, String)>,
) -> Result<(Config, Loaded), Trouble> {
    mistakes_of(args, more).map_err(|mistakes| {
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Trouble::Usage(format!("the configuration is not valid:\n  {}", told.join("\n  ")))
    })
}

/// The configuration, or every mistake in it.
pub fn mistakes_of(
    args: &ConfigArgs,
    more: Vec<(&'static str, &'static str, String)>,
) -> Result<(Config, Loaded), Vec<Mistake>> {
    let text = |path: &std::path::PathBuf| path.display().to_string();
    let mut flags = Vec::new();
    flags.extend(args.listen.clone().map(|v| ("server.listen", "listen", v)));
    flags.extend(args.data.as_ref().map(|v| ("data.dir", "data", text(v))));
    flags.extend(args.database_url.clone().map(|v| ("database.url", "database-url", v)));
    flags.extend(args.redis_url.clone().map(|v| ("limits.redis_url", "redis-url", v)));
    flags.extend(more);
    Config::load(&Layers { file: args.config.as_deref(), env: &ProcessEnvironment, flags })
}
