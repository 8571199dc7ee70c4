//! The command line: reads settings, calls one function of `app`, prints what went wrong. No logic.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use freehold::app;
use freehold::authz::platform::PlatformRole;
use freehold::config::{Config, Mode, Settings, duration};
use freehold::email::EmailAddress;
use freehold::error::Error;
use freehold::oauth::keys::Rotation;
use freehold::telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The backend a multi-tenant product starts from: sign-in, tenants, roles, decisions.
#[derive(Debug, Parser)]
#[command(name = "freehold", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run for development: this machine only, nothing else installed, sample people to sign in as.
    Dev,
    /// Run in production. Refuses to start while a setting is unsafe or missing, and names each.
    Serve,
    /// Bring the database's schema up to date; makes the SQLite file too.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Print who may do what: role × permission and route × permission.
    Access,
    /// Check the audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Manage the keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Manage operators, who run the installation.
    Operator {
        #[command(subcommand)]
        command: OperatorCommand,
    },
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Follow every chain from its first event to its last; fails naming each that was altered, and where.
    Verify,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Put a new key in the place of the present one, which stays published until its last token has ended.
    Rotate {
        /// When the new key begins to sign: give those who keep copies of the published keys time to see it.
        #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
        signs_in: Duration,
        /// Let the new key sign at once, and end every token signed so far: when a key may have leaked, or
        /// `FREEHOLD_SECRET` was changed.
        #[arg(long, conflicts_with = "signs_in")]
        withdraw: bool,
    },
    /// Print the published keys, newest first.
    List,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Give the person with this verified address a role. They must have signed in once.
    Add {
        /// The address, as their identity provider verified it.
        email: EmailAddress,
        /// What they may do.
        #[arg(long, value_enum, default_value = "operator")]
        role: Role,
    },
    /// Take their role from the person with this verified address. The last operator stays.
    Remove {
        /// The address, as their identity provider verified it.
        email: EmailAddress,
    },
    /// Print who operates the installation.
    List,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Role {
    /// Sees and suspends tenants, sees and disables people.
    Operator,
    /// Sees tenants and people, and changes nothing.
    Support,
}

impl From<Role> for PlatformRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::Support => Self::Support,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say_error(&message);
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<(), String> {
    let settings = cli.settings;
    telemetry::log(&settings.log, settings.log_format).map_err(|error| error.to_string())?;
    let check = |mode| settings.check(mode).map_err(|problems| problems.to_string());
    let done = match cli.command {
        Command::Dev => app::dev(check(Mode::Dev)?).await,
        Command::Serve => app::serve(check(Mode::Serve)?).await,
        Command::Migrate => {
            app::migrate(&check(Mode::Database)?).await.map(|()| say("The schema is up to date."))
        }
        Command::Openapi => app::openapi(settings.policies.as_deref()).await.map(|text| say(&text)),
        Command::Access => app::access_tables(settings.policies.as_deref()).await.map(|text| say(&text)),
        Command::Audit { command: AuditCommand::Verify } => {
            app::verify_audit(&check(Mode::Database)?).await.map(|verdict| say(&verdict))
        }
        Command::Keys { command } => keys(&check(Mode::Database)?, &command).await.map(|said| say(&said)),
        Command::Operator { command } => {
            operator(&check(Mode::Database)?, command).await.map(|said| say(&said))
        }
    };
    done.map_err(|error| describe(&error))
}

/// Runs a command about signing keys; what to say of it.
async fn keys(config: &Config, command: &KeysCommand) -> Result<String, Error> {
    match command {
        KeysCommand::Rotate { withdraw: true, .. } => app::rotate_keys(config, Rotation::Withdrawing).await,
        KeysCommand::Rotate { signs_in, .. } => app::rotate_keys(config, Rotation::After(*signs_in)).await,
        KeysCommand::List => app::list_keys(config).await,
    }
}

/// Runs a command about operators; what to say of it.
async fn operator(config: &Config, command: OperatorCommand) -> Result<String, Error> {
    match command {
        OperatorCommand::Add { email, role } => {
            let role = PlatformRole::from(role);
            let name = app::add_operator(config, &email, role).await?;
            Ok(format!("{name} ({email}) now holds the role {}.", role.as_str()))
        }
        OperatorCommand::Remove { email } => {
            let name = app::remove_operator(config, &email).await?;
            Ok(format!("{name} ({email}) operates this installation no more."))
        }
        OperatorCommand::List => app::list_operators(config).await,
    }
}

/// What a person can act on, by itself; anything else with what caused it, a line each.
fn describe(error: &Error) -> String {
    if let Error::Conflict(text) | Error::Malformed(text) = error {
        return text.to_string();
    }
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let because: Vec<String> = causes.map(|cause| format!("\n  because: {cause}")).collect();
    format!("Freehold stops: {error}{}", because.concat())
}

#[allow(clippy::print_stdout, reason = "what a command was asked to print")]
fn say(text: &str) {
    println!("{}", text.trim_end());
}

#[allow(clippy::print_stderr, reason = "what the person who started it must read")]
fn say_error(text: &str) {
    eprintln!("{text}");
}
