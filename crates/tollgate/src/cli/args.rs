//! What may be written on the command line. In: nothing. Out: clap's types. Never here: doing anything.

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// A self-hosted gateway that sells access to AI models.
#[derive(Parser, Debug)]
#[command(name = "tollgate", version, propagate_version = true, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Which server to talk to.
    #[command(flatten)]
    pub connection: Connection,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How a command finds and opens the server.
#[derive(Group, Debug, Clone, Default)]
pub struct Connection {
    /// The server's address [env: TOLLGATE_URL; default: the configured listen address].
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub server: Option<String>,
    /// A file with the operator token [env: TOLLGATE_TOKEN holds the token itself; default: operator.token in the data folder].
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connection")]
    pub token_file: Option<PathBuf>,
}

impl Connection {
    /// Whether a server was named on the command line.
    pub const fn is_given(&self) -> bool {
        self.server.is_some() || self.token_file.is_some()
    }
}

/// Settings that have a flag.
#[derive(Group, Debug, Clone, Default)]
pub struct ConfigArgs {
    /// A configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
    /// Where clients connect.
    #[arg(long, global = true, value_name = "ADDR", help_heading = "Configuration")]
    pub listen: Option<String>,
    /// The data folder.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Configuration")]
    pub data: Option<PathBuf>,
    /// PostgreSQL in place of SQLite.
    #[arg(long, global = true, value_name = "URL", help_heading = "Configuration")]
    pub database_url: Option<String>,
    /// Limits counted by Redis for all nodes.
    #[arg(long, global = true, value_name = "URL", help_heading = "Configuration")]
    pub redis_url: Option<String>,
}

impl ConfigArgs {
    /// Whether a store was named on the command line.
    pub const fn names_a_store(&self) -> bool {
        self.data.is_some() || self.database_url.is_some()
    }
}

/// How to sign in.
#[derive(Group, Debug)]
pub struct SignIn {
    /// Read the key from stdin instead.
    #[arg(long)]
    pub key_stdin: bool,
    /// What the key is called.
    #[arg(long, value_name = "NAME", default_value = "tollgate login", conflicts_with = "key_stdin")]
    pub name: String,
    /// Only for this: chat, embeddings, images or read; may be given several times.
    #[arg(long, value_name = "SCOPE", conflicts_with = "key_stdin")]
    pub scope: Vec<String>,
}

/// How a demonstration is made.
#[derive(Group, Debug)]
pub struct DemoArgs {
    /// What the month is made of: the same seed makes the same calls.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Make no calls while it runs.
    #[arg(long)]
    pub quiet: bool,
    /// Make no month and nobody who can sign in: a workspace with $5 and a key.
    #[arg(long)]
    pub empty: bool,
    /// The port where clients connect.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Listen on an address that other machines reach, where --listen says so.
    #[arg(long)]
    pub public: bool,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the gateway.
    Serve,
    /// Run the gateway with simulated providers, a month of traffic, and people who can sign in.
    Demo(DemoArgs),
    /// Write a configuration and a catalogue to start with.
    Init(Start),
    /// Look at the configuration.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        verb: ConfigVerb,
    },
    /// Bring the catalogue (providers, models, prices) in line with a file.
    Apply {
        /// The catalogue file (TOML).
        file: PathBuf,
        /// Remove what the file does not name.
        #[arg(long)]
        prune: bool,
        /// Only show what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// Workspaces: customers' accounts.
    Workspace {
        /// What to do.
        #[command(subcommand)]
        verb: WorkspaceVerb,
    },
    /// API keys.
    Key {
        /// What to do.
        #[command(subcommand)]
        verb: KeyVerb,
    },
    /// Credit of workspaces.
    Credit {
        /// What to do.
        #[command(subcommand)]
        verb: CreditVerb,
    },
    /// Operator tokens.
    Token {
        /// What to do.
        #[command(subcommand)]
        verb: TokenVerb,
    },
    /// What stored secrets are sealed with.
    Secrets {
        /// What to do.
        #[command(subcommand)]
        verb: SecretsVerb,
    },
    /// Providers of the catalogue.
    Provider {
        /// What to do.
        #[command(subcommand)]
        verb: ListVerb,
    },
    /// Models of the catalogue.
    Model {
        /// What to do.
        #[command(subcommand)]
        verb: ListVerb,
    },
    /// Recent requests, newest first.
    Usage(WhichUsage),
    /// Say what is well and what is not, line by line, and what to do.
    Doctor,
    /// Recompute the ledger and say what does not agree; with --data or --database-url of a stopped store.
    Audit,
    /// What operators did, newest first.
    Log {
        /// How many entries.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Get a key of your own for a server: approve it in a browser, and it is kept on this machine.
    Login(SignIn),
    /// Forget the key that login keeps for a server.
    Logout,
    /// Whose key or token this is [env: TOLLGATE_API_KEY, else the key of login, else the operator token].
    Whoami,
    /// Set a program of this machine up for a server, with the key of login [env: TOLLGATE_API_KEY], or undo that.
    Setup(SetUp),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// What to set up.
#[derive(Group, Debug)]
pub struct SetUp {
    /// The program; env prints the variables instead.
    pub tool: Tool,
    /// Put everything back as it was.
    #[arg(long)]
    pub uninstall: bool,
}

/// A program that can be set up.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// Aider.
    Aider,
    /// Variables for an .env file.
    Env,
}

impl Tool {
    /// The folder of what is kept of it.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Aider => "aider",
            Self::Env => "env",
        }
    }
}

/// What to start with.
#[derive(Group, Debug)]
pub struct Start {
    /// The catalogue: vendors (their own names) or aliases (names of your own).
    #[arg(long, value_name = "NAME", default_value = "vendors")]
    pub preset: String,
    /// Only the models that this provider serves, in every language of its vendor; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Known providers to write besides those of the catalogue; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub provider: Vec<String>,
    /// The folder to write into; it is made when it is not there.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Only show the catalogues and providers that there are.
    #[arg(long)]
    pub list: bool,
}

/// Configuration verbs.
#[derive(Subcommand, Debug)]
pub enum ConfigVerb {
    /// Say whether the configuration is valid, with every mistake.
    Check,
    /// Print every setting, its value and where it came from.
    Print,
    /// Print an example file with every setting.
    Example,
}

/// Workspace verbs.
#[derive(Subcommand, Debug)]
pub enum WorkspaceVerb {
    /// Make a workspace.
    Create {
        /// What people call it.
        name: String,
        /// Its name in addresses; made of the name when absent.
        #[arg(long)]
        slug: Option<String>,
    },
    /// List all workspaces with their balances.
    List,
}

/// Key verbs.
#[derive(Subcommand, Debug)]
pub enum KeyVerb {
    /// Make a key. It is printed once and never again.
    Create {
        /// The workspace's id or slug.
        #[arg(long)]
        workspace: String,
        /// What people call it.
        #[arg(long, default_value = "key")]
        name: String,
        /// When it ends (RFC 3339).
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// List keys.
    List {
        /// Only of this workspace.
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Revoke a key: it is refused from now on.
    Revoke {
        /// The key's id (`key_...`).
        id: String,
    },
}

/// Credit verbs.
#[derive(Subcommand, Debug)]
pub enum CreditVerb {
    /// Give a workspace credit.
    Grant {
        /// The workspace's id or slug.
        #[arg(long)]
        workspace: String,
        /// Decimal USD, such as 5.00.
        #[arg(long, value_name = "USD")]
        amount: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// paid or promo.
        #[arg(long, default_value = "paid")]
        kind: String,
        /// When it vanishes (RFC 3339).
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// Your own id of this grant (`gra_...`): giving it twice with one id gives it once.
        #[arg(long)]
        id: Option<String>,
    },
}

/// Token verbs.
#[derive(Subcommand, Debug)]
pub enum TokenVerb {
    /// Make an operator token. It is printed once and never again.
    Create {
        /// What people call it.
        name: String,
    },
    /// List operator tokens.
    List,
    /// Revoke an operator token.
    Revoke {
        /// The token's id (`opt_...`).
        id: String,
    },
}

/// Verbs about what secrets are sealed with.
#[derive(Subcommand, Debug)]
pub enum SecretsVerb {
    /// Make a new key and seal every stored secret with it; the server does it while it runs.
    Rotate {
        /// In place of that: let another master key open the store. Holds 64 hex digits; made when it is not there. A SQLite store must be stopped.
        #[arg(long, value_name = "FILE")]
        new_master_key_file: Option<PathBuf>,
    },
}

/// What can be done with catalogue entries.
#[derive(Subcommand, Debug)]
pub enum ListVerb {
    /// List them.
    List,
}

/// Which requests.
#[derive(Group, Debug, Default)]
pub struct WhichUsage {
    /// Only of this workspace.
    #[arg(long)]
    pub workspace: Option<String>,
    /// Only of this key (`key_...`).
    #[arg(long)]
    pub key: Option<String>,
    /// Only of this model.
    #[arg(long)]
    pub model: Option<String>,
    /// Only from this time on (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only requests older than this one (`req_...`).
    #[arg(long)]
    pub before: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}
