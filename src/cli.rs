//! The command line.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks"
)]

mod audit;
mod backup;
mod export;
mod health;
mod import;
mod outbox;
mod output;
mod payment;
mod progress;
mod settle;

use std::{
    io::{self, BufRead, IsTerminal, Read},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use async_graphql::SDLExportOptions;
use clap::{Args, Parser, Subcommand, ValueEnum};
use entity::member::Role;
use migration::{Migrator, MigratorTrait};
use rand::RngExt;
use sandbox::Sandbox;
use sea_orm::DbErr;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    app::{App, Audience},
    clock::Clock,
    config::{DatabaseSettings, Limits, LogFormat, LogSettings, Secret, ServeSettings},
    db::{Db, is_unreachable},
    demo,
    fault::Failure,
    graphql::build_schema,
    member::{self, Keys, NewMember, SignUpRefusal},
    panics,
    payment::Payments,
    picture::Pictures,
    rate::RateLimits,
    secret,
    server::{Server, Start},
    text::Language,
    trace::Tracing,
};

use self::{
    audit::AuditCommand, backup::BackupCommand, export::ExportCommand, health::HealthCommand,
    import::ImportCommand, outbox::OutboxCommand, payment::PaymentCommand, settle::SettleCommand,
};

/// What a command says when it cannot do its work.
pub type CommandError = Box<dyn std::error::Error + Send + Sync>;

/// Jangteo (장터): a GraphQL commerce backend for shops in Korea.
///
/// To try it: `jangteo serve --demo`, and open the address that it prints.
#[derive(Debug, Parser)]
#[command(name = "jangteo", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the shop: GraphQL over HTTP and WebSocket, GraphiQL, health.
    Serve(Box<ServeSettings>),
    /// Change the database's schema, or look at it.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Load the demo shop into the database: whatever of it is missing.
    Seed(DatabaseSettings),
    /// Print the GraphQL schema in SDL.
    Schema,
    /// Make members, and give them roles.
    #[command(subcommand)]
    Member(MemberCommand),
    /// Play PortOne, Toss Payments, KakaoPay and a data platform, for development: no money moves.
    Sandbox(SandboxCommand),
    /// Look at payments: what came of them, and which of them need somebody.
    #[command(subcommand)]
    Payment(PaymentCommand),
    /// Look at what the data platform is told: what waits, what was given up and why; have it tried again.
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Pay stores out: close a period, and write each store a sheet of what it is paid for. Run again, it pays
    /// nothing twice and writes the same sheets.
    Settle(SettleCommand),
    /// Take things in from files that spreadsheets write.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Write things into files that spreadsheets open.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Check that money and stock add up, over every row, while the server runs. Changes nothing. Exits with 0
    /// if they do, 1 if anything is broken, 2 if it could not be told.
    Audit(Box<AuditCommand>),
    /// Ask a server whether it is ready. Exits with 0 if it is, for whoever watches over it.
    Health(HealthCommand),
    /// Copy the database into a new file while the shop sells. For SQLite: PostgreSQL is backed up with its own
    /// programs.
    Backup(BackupCommand),
}

#[derive(Debug, Subcommand)]
enum Migrate {
    /// Bring the schema up to date.
    Up(DatabaseSettings),
    /// Take the newest migrations back, with the data that they hold.
    Down {
        #[command(flatten)]
        database: DatabaseSettings,
        /// How many.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// List the migrations, and whether each is applied. Changes nothing.
    Status(DatabaseSettings),
}

#[derive(Debug, Subcommand)]
enum MemberCommand {
    /// Make a member. The password is read from standard input, one line.
    Create(CreateMember),
    /// Give a member another role. It counts from their next sign-in or refresh on.
    SetRole {
        #[command(flatten)]
        database: DatabaseSettings,
        /// Whose.
        user_id: String,
        /// Which.
        role: CliRole,
    },
}

#[derive(Debug, Args)]
struct CreateMember {
    #[command(flatten)]
    database: DatabaseSettings,
    /// The name to sign in with.
    user_id: String,
    /// The name that others see; the user id unless given.
    #[arg(long)]
    nickname: Option<String>,
    /// What they may do.
    #[arg(long, value_enum, default_value_t = CliRole::Member)]
    role: CliRole,
}

#[derive(Debug, Args)]
struct SandboxCommand {
    /// The address and port to listen on; port 0 takes a free one.
    #[arg(
        long,
        env = "SANDBOX_LISTEN",
        default_value = "127.0.0.1:8081",
        value_name = "ADDRESS:PORT"
    )]
    listen: SocketAddr,
    /// The shop that webhooks are sent to, for instance http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    shop: Option<String>,
    /// A file that keeps the payments over a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CliRole {
    Member,
    Merchant,
    Admin,
}

impl From<CliRole> for Role {
    fn from(role: CliRole) -> Self {
        match role {
            CliRole::Member => Self::Member,
            CliRole::Merchant => Self::Merchant,
            CliRole::Admin => Self::Admin,
        }
    }
}

/// Does what the command line says, and tells what to exit with.
///
/// # Errors
/// What went wrong, in words for who typed it.
pub async fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    let done = match cli.command {
        Command::Serve(settings) => serve(*settings).await,
        Command::Migrate(Migrate::Up(database)) => {
            let db = connect(&database).await?;
            db.migrate().await?;
            if db.migrations().await?.newer.is_empty() {
                println!("The schema is up to date.");
            } else {
                println!("The schema is newer than this program, and stays as it is.");
            }
            Ok(db.close().await?)
        }
        Command::Migrate(Migrate::Down { database, steps }) => {
            let db = connect(&database).await?;
            Migrator::down(db.writer(), Some(steps)).await?;
            println!("Took {steps} migration(s) back.");
            Ok(db.close().await?)
        }
        Command::Migrate(Migrate::Status(database)) => migration_status(&database).await,
        Command::Seed(database) => {
            let db = connect(&database).await?;
            db.migrate().await?;
            demo::load(&db, &Limits::default(), Clock::system().now()).await?;
            println!("The demo shop is loaded.");
            Ok(db.close().await?)
        }
        Command::Schema => {
            print!("{}", sdl());
            Ok(())
        }
        Command::Member(command) => member_command(command).await,
        Command::Sandbox(command) => play(command).await,
        Command::Payment(command) => command.run().await,
        Command::Outbox(command) => command.run().await,
        Command::Settle(command) => command.run().await,
        Command::Import(command) => command.run().await,
        Command::Export(command) => command.run().await,
        Command::Health(command) => command.run().await,
        Command::Audit(command) => return Ok(command.run().await),
        Command::Backup(command) => command.run().await,
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The schema as it stands in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions();
    format!("{}\n", build_schema(None).sdl_with_options(options).trim())
}

async fn serve(settings: ServeSettings) -> Result<(), CommandError> {
    settings.database.checked_url()?;
    let replica = settings.checked_replica_url()?;
    let limits = settings.limits()?;
    let origins = settings.origins()?;
    let tracing = Tracing::begin(&settings.traces)?;
    begin_logging(&settings.log, tracing.as_ref())?;
    panics::watch(|_| {});
    let secret = secret::find_or_make(settings.jwt_secret.clone(), &settings.database)?;
    let keys = Keys::new(&secret, settings.jwt_accepted_secret.as_ref())?;
    let pictures = settings.pictures.open(&settings.database, &secret)?;
    let mut db = connect(&settings.database).await?;
    if settings.auto_migrate {
        db.migrate().await?;
    }
    if let Some(replica) = replica {
        let DatabaseSettings {
            database_url: primary,
            database_connections: connections,
        } = &settings.database;
        let lag_max = Duration::from_millis(settings.database_replica_lag_ms_max);
        db = db
            .with_replica(primary, replica, *connections, lag_max)
            .await?;
    }
    let clock = Clock::system();
    if settings.demo {
        demo::load(&db, &limits, clock.now()).await?;
    }
    let stopped = stop_signal()?;
    let mut payments = settings.payments.clone();
    let mut platform = settings.platform.clone();
    let sandbox = if settings.demo {
        let keys = demo_gateways(&settings);
        let sandbox = Sandbox::start(keys.clone()).await?;
        payments = payments.at(&sandbox, &keys)?;
        if platform.platform_url.is_none() {
            platform = platform.at(&sandbox, &keys);
        }
        Some(sandbox)
    } else {
        None
    };
    let server = Server::start(Start {
        db,
        clock,
        limits,
        keys,
        rates: settings.rates.limits(),
        proxies: usize::from(settings.rates.proxies),
        listen: settings.listen,
        body_bytes_max: usize::try_from(settings.body_bytes_max)?,
        origins,
        payments,
        platform,
        pictures,
        nats: settings.nats,
        drain_for: Duration::from_secs(settings.drain_seconds),
        stop_within: Duration::from_secs(settings.stop_seconds),
    })
    .await?;
    if let Some(sandbox) = &sandbox {
        let webhook = |gateway| Some(format!("http://{}/webhooks/{gateway}", server.address));
        sandbox.send_webhooks_to(webhook("portone"), webhook("toss"));
    }
    greet(&server, sandbox.as_ref());
    stopped.await;
    println!("Stopping…");
    server.stop().await?;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await?;
    }
    if let Some(tracing) = tracing {
        tracing.end().await;
    }
    println!("Stopped.");
    Ok(())
}

/// A sandbox for the demo shop, whose payments last as long as the shop's database file.
fn demo_gateways(settings: &ServeSettings) -> sandbox::Settings {
    sandbox::Settings {
        state: settings
            .database
            .sqlite_file()
            .map(|file| file.with_extension("sandbox.json")),
        ..sandbox::Settings::demo(settings.sandbox_address())
    }
}

/// Plays the gateways until a signal.
async fn play(command: SandboxCommand) -> Result<(), CommandError> {
    let stopped = stop_signal()?;
    let keys = sandbox::Settings {
        state: command.state,
        ..sandbox::Settings::demo(command.listen)
    };
    let sandbox = Sandbox::start(keys.clone()).await?;
    if let Some(shop) = &command.shop {
        let webhook = |gateway| Some(format!("{}/webhooks/{gateway}", shop.trim_end_matches('/')));
        sandbox.send_webhooks_to(webhook("portone"), webhook("toss"));
    }
    println!("The sandbox is open. It is for development: no money moves.\n");
    println!("  Payments   {}", sandbox.url("/"));
    println!("  Events     {}\n", sandbox.url("/events"));
    println!("A shop uses it with these settings:\n");
    for (name, value) in [
        ("ACCEPT_TEST_PAYMENTS", "true".to_owned()),
        ("PORTONE_URL", sandbox.url("/portone")),
        (
            "PORTONE_SCRIPT_URL",
            sandbox.url("/portone/v2/browser-sdk.js"),
        ),
        ("PORTONE_API_SECRET", keys.portone.api_secret),
        ("PORTONE_STORE_ID", keys.portone.store_id),
        ("PORTONE_CHANNEL_KEY", keys.portone.channel_key),
        ("PORTONE_WEBHOOK_SECRETS", keys.portone.webhook_secret),
        ("TOSS_URL", sandbox.url("/toss")),
        ("TOSS_SCRIPT_URL", sandbox.url("/toss/v2/standard")),
        ("TOSS_CLIENT_KEY", keys.toss.client_key),
        ("TOSS_SECRET_KEY", keys.toss.secret_key),
        ("KAKAOPAY_URL", sandbox.url("/kakaopay")),
        ("KAKAOPAY_SECRET_KEY", keys.kakaopay.secret_key),
        ("KAKAOPAY_CID", keys.kakaopay.cid),
        ("PLATFORM_URL", sandbox.url("/platform")),
        ("PLATFORM_SECRETS", keys.platform.secrets.join(",")),
    ] {
        println!("  {name}={value}");
    }
    println!("\nStop with Ctrl-C.");
    stopped.await;
    println!("Stopping…");
    Ok(sandbox.stop().await?)
}

fn greet(server: &Server, sandbox: Option<&Sandbox>) {
    let address = server.address;
    println!("Jangteo is open.\n");
    println!("  GraphiQL   http://{address}/graphiql");
    println!("  GraphQL    http://{address}/graphql   (POST, or WebSocket: graphql-transport-ws)");
    if let Some(sandbox) = sandbox {
        println!(
            "  Payments   {}   (a sandbox that plays PortOne, Toss and KakaoPay)",
            sandbox.url("/")
        );
        println!(
            "  Events     {}   (a data platform that hears of each order)",
            sandbox.url("/events")
        );
        let name = |member: &demo::catalog::DemoMember| member.user_id;
        let buyers = demo::catalog::MEMBERS
            .iter()
            .map(name)
            .collect::<Vec<_>>()
            .join(", ");
        let merchants = demo::catalog::STORES
            .iter()
            .map(|store| name(&store.merchant));
        let merchants = merchants.collect::<Vec<_>>().join(", ");
        println!(
            "\nDemo accounts, all with the password {}:\n",
            demo::catalog::PASSWORD
        );
        println!("  members    {buyers}");
        println!("  merchants  {merchants}");
        println!("  admin      {}", name(&demo::catalog::ADMIN));
    }
    println!("\nStop with Ctrl-C.");
}

/// Ctrl-C, or what service managers send; from the call on, neither ends the process by itself.
fn stop_signal() -> Result<impl Future<Output = ()>, io::Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn begin_logging(settings: &LogSettings, tracing: Option<&Tracing>) -> Result<(), CommandError> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| format!("LOG is not a list of log levels: {error}"))?;
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = match settings.log_format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let log = tracing_subscriber::registry().with(log.with_filter(filter));
    match tracing {
        Some(tracing) => log.with(tracing.layer()).init(),
        None => log.init(),
    }
    Ok(())
}

async fn connect(database: &DatabaseSettings) -> Result<Db, CommandError> {
    let url = database.checked_url()?;
    Db::connect(url, database.database_connections)
        .await
        .map_err(|error| cannot_open(database, &error).into())
}

/// The URL may hold a password, and stays out of the message.
fn cannot_open(database: &DatabaseSettings, error: &DbErr) -> String {
    let told = error.to_string().replace(&database.database_url, "…");
    match database.postgres_server() {
        Some(server) if is_unreachable(error) => format!(
            "cannot reach PostgreSQL at {server} (DATABASE_URL): check that it runs there, that this \
             machine may connect to it, and that it has connections to spare"
        ),
        Some(server) => format!("cannot open the database at {server} (DATABASE_URL): {told}"),
        None => format!("cannot open the database (DATABASE_URL): {told}"),
    }
}

async fn migration_status(database: &DatabaseSettings) -> Result<(), CommandError> {
    let db = connect(database).await?;
    let migrations = db.migrations().await?;
    for (name, is_applied) in migrations.known {
        println!(
            "{:8} {name}",
            if is_applied { "applied" } else { "pending" }
        );
    }
    for name in migrations.newer {
        println!("{:8} {name} (of a newer program)", "applied");
    }
    Ok(db.close().await?)
}

async fn member_command(command: MemberCommand) -> Result<(), CommandError> {
    match command {
        MemberCommand::Create(create) => {
            let nickname = create.nickname.unwrap_or_else(|| create.user_id.clone());
            let new = NewMember {
                user_id: create.user_id,
                password: read_password()?,
                nickname,
            };
            let app = shop(&create.database).await?;
            let created = member::create(&app, new, create.role.into()).await;
            let created = created.map_err(|failure| told(&failure))?;
            println!("Made {} ({}).", created.user_id, created.id);
            Ok(app.db.clone().close().await?)
        }
        MemberCommand::SetRole {
            database,
            user_id,
            role,
        } => {
            let app = shop(&database).await?;
            if !member::set_role(&app, &user_id, role.into()).await? {
                return Err(format!("there is no member with the user id {user_id}").into());
            }
            println!("Done.");
            Ok(app.db.clone().close().await?)
        }
    }
}

/// Whether nobody reads what is printed any more: who has read enough (`| head`) needs no word of it.
fn is_pipe_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// A database to look into, which must be there: SQLite's would be made, and found to be empty.
async fn existing(database: &DatabaseSettings) -> Result<Db, CommandError> {
    is_up_to_date(connect_to_existing(database).await?).await
}

/// The same, whatever its schema.
async fn connect_to_existing(database: &DatabaseSettings) -> Result<Db, CommandError> {
    database.checked_url()?;
    if let Some(file) = database.sqlite_file()
        && !file.exists()
    {
        return Err(format!("there is no database at {} (DATABASE_URL)", file.display()).into());
    }
    connect(database).await
}

/// A database whose schema is up to date.
async fn migrated(database: &DatabaseSettings) -> Result<Db, CommandError> {
    is_up_to_date(connect(database).await?).await
}

async fn is_up_to_date(db: Db) -> Result<Db, CommandError> {
    if db.is_migrated().await? {
        Ok(db)
    } else {
        Err("the database's schema is not up to date: run `jangteo migrate up`".into())
    }
}

/// The shop without its doors.
async fn shop(database: &DatabaseSettings) -> Result<Arc<App>, CommandError> {
    let db = migrated(database).await?;
    // Nobody signs in here: any key does.
    let secret = Secret::new(rand::rng().random::<[u8; 32]>());
    Ok(App::start(
        db,
        Clock::system(),
        Limits::default(),
        (Keys::new(&secret, None)?, &RateLimits::none()),
        Payments::none()?,
        Pictures::none(&secret),
        Audience::default(),
    ))
}

fn read_password() -> Result<String, CommandError> {
    if io::stdin().is_terminal() {
        eprint!("Password: ");
    }
    let mut line = String::new();
    io::stdin().lock().take(1024).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn told(failure: &Failure<SignUpRefusal>) -> String {
    match failure {
        Failure::Refused(SignUpRefusal::Invalid(invalid)) => {
            invalid.message.in_language(Language::English)
        }
        Failure::Refused(SignUpRefusal::UserIdTaken) => "another member has this user id".into(),
        Failure::Fault(fault) => fault.to_string(),
    }
}
