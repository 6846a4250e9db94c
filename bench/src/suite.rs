//! What is measured, in which order: rounds of everything, so that a drift of the machine's speed meets all of it
//! alike, and each measurement on a fresh copy of the loaded shop.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use jangteo::{
    clock::Clock,
    config::Secret,
    member::{Keys, Tokens},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    Result, audit,
    baseline::{self, Script},
    cli::{Baselines, Cli},
    crowd,
    database::{Databases, Kind, Named},
    history, looking_back,
    machine::Machine,
    platform::{self, Mood},
    reads::{self, Plan, Servers, question::Shop},
    report::{Batches, Case, Report, Run, Rush, Settings, Subject},
    scenario::{self, Duty, Load, Options},
    server::{JWT_SECRET, Program, Server},
    shop,
    usage::{Watched, load_average},
};

/// Longer than any benchmark: tokens are made once for a measurement.
const TOKEN_LIFETIME: Duration = Duration::from_hours(24);

/// Runs what the command line asks for, prints the table, writes the JSON; `false` where something did not add up.
#[expect(clippy::print_stdout, reason = "a command line speaks")]
pub async fn run(cli: Cli) -> Result<bool> {
    let program = match &cli.server {
        Some(path) => Program::at(path)?,
        None => Program::build()?,
    };
    let folder = Folder::make()?;
    let machine = Machine::look(&folder.0)?;
    let databases = Databases::start(&folder.0, &program, &cli.database, cli.products).await?;
    let mut suite = Suite {
        report: Report {
            machine,
            postgres: databases
                .postgres
                .as_ref()
                .map(|postgres| postgres.about.clone()),
            settings: Settings {
                seconds: cli.seconds,
                warm_up: cli.warm_up,
                rounds: cli.repeat,
                serve: cli.serve.clone(),
            },
            runs: Vec::new(),
            rushes: Vec::new(),
            looked_back: Vec::new(),
            reads: Vec::new(),
            idle: Vec::new(),
            crowds: Vec::new(),
            ratios: Vec::new(),
        },
        tokens: Tokens::new(
            Keys::new(&Secret::new(JWT_SECRET), None)?,
            Clock::system(),
            TOKEN_LIFETIME,
        ),
        cli: &cli,
        program: &program,
        databases,
        folder: &folder.0,
    };
    match (cli.crowd, cli.history) {
        (Some(listeners), _) => suite.with_a_crowd(listeners).await?,
        (None, orders) if cli.reads => suite.with_reads(orders.unwrap_or(reads::ORDERS)).await?,
        (None, Some(orders)) => suite.with_history(orders).await?,
        (None, None) if cli.platform => suite.with_platforms().await?,
        (None, None) => suite.rounds().await?,
    }
    let mut report = suite.report;
    report.compare();
    report.write(&cli.json)?;
    println!("{}", report.table()?);
    println!("All of it: {}", cli.json.display());
    Ok(report.is_sound())
}

/// A folder for databases and logs; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let path = env::temp_dir().join(format!("jangteo-bench.{}", process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is in a folder for what may be.
        _ = fs::remove_dir_all(&self.0);
    }
}

struct Suite<'c> {
    cli: &'c Cli,
    program: &'c Program,
    databases: Databases<'c>,
    folder: &'c Path,
    tokens: Tokens,
    report: Report,
}

impl Suite<'_> {
    async fn rounds(&mut self) -> Result<()> {
        for round in 1..=self.cli.repeat {
            if self.cli.baselines != Baselines::Only {
                for kind in self.cli.database.clone() {
                    self.jangteo(round, kind).await?;
                }
            }
            if self.cli.baselines != Baselines::No && self.cli.has(Kind::Postgres) {
                self.baselines(round).await?;
            }
        }
        Ok(())
    }

    /// A round of Jangteo on one database.
    async fn jangteo(&mut self, round: u32, kind: Kind) -> Result<()> {
        for options in self.cli.scenario.clone() {
            if options == Options::Rush {
                self.rush(round, kind).await?;
                continue;
            }
            for clients in self.cli.clients.clone() {
                let case = Case {
                    subject: Subject::Jangteo,
                    database: kind,
                    history: 0,
                    options,
                    clients,
                };
                let database = self.databases.copy(kind, "measured").await?;
                self.orders(round, case, &database).await?;
                self.databases.remove(&database).await?;
            }
        }
        Ok(())
    }

    /// Closed loops on that database, and the audit.
    async fn orders(&mut self, round: u32, case: Case, database: &Named) -> Result<()> {
        progress(round, &case);
        let begun = Clock::system().now();
        let settings = match case.subject {
            Subject::Telling(mood) => telling(mood)?,
            Subject::Jangteo | Subject::Sql(_) => Vec::new(),
        };
        let flags = [self.cli.serve.clone(), settings].concat();
        let server = Server::start(self.program, &database.url, &flags, self.folder)?;
        let load = self.load(&server, case.database);
        let shoppers = scenario::shoppers(load, case.options, case.clients).await?;
        let measured = scenario::closed_loops(shoppers, &load.watched, self.duty()).await?;
        let load_average = load_average()?;
        complain(&server.stop()?);
        let mut run = Run::new(round, case, measured, load_average);
        run.batches = batches(database, begun).await?;
        run.findings = audit::findings(self.program, database)?;
        self.report.runs.push(run);
        Ok(())
    }

    async fn rush(&mut self, round: u32, kind: Kind) -> Result<()> {
        progress(round, &format_args!("rush on {kind}"));
        let database = self.databases.copy(kind, "measured").await?;
        let begun = Clock::system().now();
        let server = self.serve(&database)?;
        let rushed = scenario::rush(self.load(&server, kind)).await?;
        let load_average = load_average()?;
        complain(&server.stop()?);
        let mut findings = audit::findings(self.program, &database)?;
        if rushed.orders != u64::from(shop::RUSH_UNITS.unsigned_abs()) {
            let wrong = format!("{} orders of {} pieces", rushed.orders, shop::RUSH_UNITS);
            findings = Some(findings.map_or(wrong.clone(), |others| format!("{wrong}; {others}")));
        }
        self.report.rushes.push(Rush {
            round,
            database: kind,
            rushed,
            batches: batches(&database, begun).await?,
            load_average,
            findings,
        });
        self.databases.remove(&database).await
    }

    /// A round of hand-written SQL.
    async fn baselines(&mut self, round: u32) -> Result<()> {
        for options in self.cli.scenario.clone() {
            if options == Options::Rush {
                continue;
            }
            for clients in self.cli.clients.clone() {
                for script in [Script::Statements, Script::OneStatement] {
                    self.baseline(round, script, options, clients).await?;
                }
            }
            for script in Script::BATCHES {
                self.baseline(round, script, options, baseline::BATCH_SESSIONS)
                    .await?;
            }
        }
        Ok(())
    }

    async fn baseline(
        &mut self,
        round: u32,
        script: Script,
        options: Options,
        sessions: u32,
    ) -> Result<()> {
        let case = Case {
            subject: Subject::Sql(script),
            database: Kind::Postgres,
            history: 0,
            options,
            clients: sessions,
        };
        progress(round, &case);
        let database = self.databases.copy(Kind::Postgres, "measured").await?;
        baseline::prepare(&database).await?;
        let call = baseline::Call {
            script,
            options,
            sessions,
        };
        let postgres = self.databases.pid(Kind::Postgres);
        let measured = call
            .run(&database, postgres, self.duty(), self.folder)
            .await?;
        self.report
            .runs
            .push(Run::new(round, case, measured, load_average()?));
        self.databases.remove(&database).await
    }

    /// Listeners, once a round.
    async fn with_a_crowd(&mut self, listeners: u32) -> Result<()> {
        for round in 1..=self.cli.repeat {
            for kind in self.cli.database.clone() {
                progress(round, &format_args!("{listeners} listeners on {kind}"));
                let database = self.databases.copy(kind, "measured").await?;
                let server = self.serve(&database)?;
                let load = self.load(&server, kind);
                let (rate, seconds) = (self.cli.rate, self.cli.seconds);
                let crowd = crowd::measure(load, kind, listeners, rate, seconds).await?;
                complain(&server.stop()?);
                self.report.crowds.push(crowd);
                self.databases.remove(&database).await?;
            }
        }
        Ok(())
    }

    /// Questions, to Jangteo and to a server by hand, on a shop with a history.
    async fn with_reads(&mut self, orders: u32) -> Result<()> {
        let shop = Shop {
            products: self.cli.products,
            orders,
        };
        for kind in self.cli.database.clone() {
            let database = self.databases.copy(kind, "measured").await?;
            progress(0, &format_args!("{orders} orders into {kind}"));
            history::fill(&database, orders).await?;
            for round in 1..=self.cli.repeat {
                progress(round, &format_args!("reads on {kind}"));
                let started = Instant::now();
                let jangteo = self.serve(&database)?;
                self.report
                    .idle
                    .push(reads::idle(kind, &jangteo, started).await?);
                let servers = Servers {
                    jangteo,
                    by_hand: Server::by_hand(&database.url, self.folder)?,
                    database: self.databases.pid(kind),
                };
                let plan = Plan {
                    round,
                    database: kind,
                    shop,
                    clients: &self.cli.clients,
                    tokens: &self.tokens,
                    duty: self.duty(),
                };
                let reads = reads::measure(&servers, &plan).await?;
                complain(&servers.jangteo.stop()?);
                self.report.reads.extend(reads);
            }
            self.databases.remove(&database).await?;
        }
        Ok(())
    }

    /// The same orders on an empty shop and on one with a history, in turn, and what queries take on both.
    async fn with_history(&mut self, orders: u32) -> Result<()> {
        for kind in self.cli.database.clone() {
            let empty = self.databases.copy(kind, "measured").await?;
            let full = self.databases.copy(kind, "grown").await?;
            progress(0, &format_args!("{orders} orders into {kind}"));
            history::fill(&full, orders).await?;
            for (database, history) in [(&empty, 0), (&full, orders)] {
                let server = self.serve(database)?;
                let reads =
                    looking_back::measure(server.address, &self.tokens, kind, history).await?;
                self.report.looked_back.extend(reads);
                complain(&server.stop()?);
            }
            for round in 1..=self.cli.repeat {
                self.grown_round(round, kind, [(&empty, 0), (&full, orders)])
                    .await?;
            }
            self.databases.remove(&empty).await?;
            self.databases.remove(&full).await?;
        }
        Ok(())
    }

    async fn grown_round(
        &mut self,
        round: u32,
        kind: Kind,
        shops: [(&Named, u32); 2],
    ) -> Result<()> {
        for options in self.cli.scenario.clone() {
            if options == Options::Rush {
                continue;
            }
            for clients in self.cli.clients.clone() {
                for (database, history) in shops {
                    let case = Case {
                        subject: Subject::Jangteo,
                        database: kind,
                        history,
                        options,
                        clients,
                    };
                    self.orders(round, case, database).await?;
                }
            }
        }
        Ok(())
    }

    /// The same orders with nobody to tell, and with each kind of platform, in turn.
    async fn with_platforms(&mut self) -> Result<()> {
        let subjects = Mood::ALL.map(Subject::Telling);
        for round in 1..=self.cli.repeat {
            for kind in self.cli.database.clone() {
                for options in self.cli.scenario.clone() {
                    if options == Options::Rush {
                        continue;
                    }
                    for clients in self.cli.clients.clone() {
                        for subject in [Subject::Jangteo].into_iter().chain(subjects) {
                            let case = Case {
                                subject,
                                database: kind,
                                history: 0,
                                options,
                                clients,
                            };
                            let database = self.databases.copy(kind, "measured").await?;
                            self.orders(round, case, &database).await?;
                            self.databases.remove(&database).await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn serve(&self, database: &Named) -> Result<Server> {
        Server::start(self.program, &database.url, &self.cli.serve, self.folder)
    }

    fn load(&self, server: &Server, kind: Kind) -> Load<'_> {
        Load {
            address: server.address,
            tokens: &self.tokens,
            watched: Watched {
                server: Some(server.pid()),
                database: self.databases.pid(kind),
                load: None,
            },
        }
    }

    fn duty(&self) -> Duty {
        Duty {
            warm_up: Duration::from_secs(self.cli.warm_up),
            measured: Duration::from_secs(self.cli.seconds),
        }
    }
}

/// Flags for a server that tells a platform of this kind.
fn telling(mood: Mood) -> Result<Vec<String>> {
    let url = format!("http://{}", platform::open(mood)?);
    let secret = "whsec_YSBzZWNyZXQgb2YgdGhlIGJlbmNobWFyaydz".to_owned();
    let flags = [
        "--platform-url".to_owned(),
        url,
        "--platform-secrets".to_owned(),
        secret,
    ];
    Ok(flags.into())
}

/// How many orders shared a commit: all of a batch are placed at the same microsecond.
async fn batches(database: &Named, since: DateTime<Utc>) -> Result<Option<Batches>> {
    let connection = database.connect().await?;
    let statement = Statement::from_sql_and_values(
        connection.get_database_backend(),
        r#"SELECT CAST(AVG(size) AS DOUBLE PRECISION), MAX(size)
FROM (SELECT COUNT(*) AS size FROM "order" WHERE placed_at >= $1 GROUP BY placed_at) AS batch"#,
        [since.into()],
    );
    let row = connection.query_one_raw(statement).await?.ok_or("no row")?;
    let mean = row.try_get_by_index::<Option<f64>>(0)?;
    let max = row.try_get_by_index::<Option<i64>>(1)?;
    connection.close().await?;
    Ok(mean.zip(max).map(|(mean, max)| Batches { mean, max }))
}

#[expect(clippy::print_stderr, reason = "a command line speaks")]
fn progress(round: u32, what: &impl std::fmt::Display) {
    eprintln!("round {round}: {what}");
}

/// What the server wrote into its log, where it wrote anything.
#[expect(clippy::print_stderr, reason = "a command line speaks")]
fn complain(log: &str) {
    if !log.is_empty() {
        eprintln!("{log}");
    }
}
