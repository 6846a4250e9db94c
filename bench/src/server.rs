//! The server under load: the release binary, a process of its own.

use std::{
    env, fs,
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::Result;

/// The key of the access tokens that clients come with.
pub const JWT_SECRET: &str = "a key that only the benchmark's clients and server share";

/// The `jangteo` program.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// Builds it, as a user would.
    pub fn build() -> Result<Self> {
        let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--release", "--locked", "--package", "jangteo"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()?;
        if !status.success() {
            return Err("the server was not built".into());
        }
        // This program lies in its profile's folder of the target folder.
        let own = env::current_exe()?;
        let target = own
            .ancestors()
            .nth(2)
            .ok_or("where is the target folder?")?;
        Self::at(&target.join("release/jangteo"))
    }

    /// One that was built elsewhere.
    pub fn at(path: &Path) -> Result<Self> {
        let path = path
            .canonicalize()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    /// A run of it on that database, with no settings from the surroundings.
    pub fn command(&self, arguments: &[&str], database_url: &str) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env_clear()
            .env("DATABASE_URL", database_url)
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which must be a good one.
    pub fn run(&self, arguments: &[&str], database_url: &str) -> Result<()> {
        let output = self.command(arguments, database_url).output()?;
        if output.status.success() {
            Ok(())
        } else {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("jangteo {}: {errors}", arguments.join(" ")).into())
        }
    }
}

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
    /// Open as long as the server may print.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it on a free port and waits until it has told which.
    pub fn start(
        program: &Program,
        database_url: &str,
        flags: &[String],
        folder: &Path,
    ) -> Result<Self> {
        let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"], database_url);
        command
            .args(flags)
            .env("JWT_SECRET", JWT_SECRET)
            // Counted as everywhere, but without an end.
            .env("MUTATIONS_PER_MINUTE", "100000000")
            .env("COST_PER_MINUTE", "0")
            .env("STRANGER_COST_PER_MINUTE", "0")
            .env("REQUESTS_AT_ONCE", "0")
            .env("STRANGER_REQUESTS_AT_ONCE", "0")
            .env("LOG", "warn");
        Self::launch(command, folder.join("server.log"))
    }

    /// Starts the server that is written by hand: this program, once more.
    pub fn by_hand(database_url: &str, folder: &Path) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command
            .args(["--by-hand", database_url])
            .stdin(Stdio::null());
        Self::launch(command, folder.join("by-hand.log"))
    }

    fn launch(mut command: Command, log: PathBuf) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some((_, address)) = line.split_once("http://") {
                let address = address.trim().trim_end_matches("/graphiql").parse()?;
                return Ok(Self {
                    address,
                    child,
                    log,
                    _output: output,
                });
            }
            line.clear();
        }
        child.wait()?;
        Err(format!("the server did not start: {}", fs::read_to_string(log)?).into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it in order; gives what it complained about, if anything.
    pub fn stop(mut self) -> Result<String> {
        Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        let status = self.child.wait()?;
        let log = fs::read_to_string(&self.log)?;
        if status.success() {
            Ok(log)
        } else {
            Err(format!("the server ended badly ({status}): {log}").into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it has ended already, this does nothing.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
