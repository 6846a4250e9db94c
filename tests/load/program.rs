use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;
use tokio::task::block_in_place;

/// The program as a server, a process of its own; killed when dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    folder: TempDir,
    /// Open, so that the server can speak.
    _output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a server on that database and a free port, and waits until it is open.
    pub fn start(database_url: &str) -> Self {
        Self::start_with(database_url, &[])
    }

    /// Starts a server that is told more; the last word on where it listens is its.
    pub fn start_with(database_url: &str, flags: &[&str]) -> Self {
        let listen = if flags.contains(&"--listen") {
            &[][..]
        } else {
            &["--listen", "127.0.0.1:0"]
        };
        let folder = TempDir::new().expect("a temporary folder");
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut child = command(&[&["serve"], listen, flags].concat(), database_url)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program runs");
        let mut output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let address = address(&mut output);
        let mut program = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            folder,
            _output: output,
        };
        program.address = address.unwrap_or_else(|| panic!("no server: {}", program.log()));
        program
    }

    /// Kills it as a crash would: it does not hear of it.
    pub fn kill(mut self) {
        assert!(self.is_running(), "it died by itself: {}", self.log());
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    /// Stops it in order.
    pub fn stop(mut self) {
        let kill = format!("kill -TERM {}", self.child.id());
        let told = Command::new("sh").args(["-c", &kill]).status();
        assert!(told.expect("a shell").success(), "it was still there");
        let ended = self.child.wait().expect("it has ended");
        assert_eq!(ended.code(), Some(0), "{}", self.log());
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The most memory that it has had so far, in KiB; 0 where nobody tells.
    pub fn memory_peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        peak.unwrap_or_default()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Asserts that `jangteo audit` finds nothing.
pub fn assert_audit_is_clean(database_url: &str) {
    let audit = block_in_place(|| command(&["audit"], database_url).output());
    let audit = audit.expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (told, errors) = (text(&audit.stdout), text(&audit.stderr));
    assert_eq!(audit.status.code(), Some(0), "{told}{errors}");
    assert!(told.contains("stock"), "it tells what it checked: {told}");
}

/// Runs a command of the program, which must succeed.
pub fn run(arguments: &[&str], database_url: &str) {
    let ended = block_in_place(|| command(arguments, database_url).output());
    let ended = ended.expect("the program runs");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{arguments:?}: {errors}");
}

/// The program with settings of its own, whatever those of its surroundings.
fn command(arguments: &[&str], database_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jangteo"));
    command.args(arguments).env_clear().envs([
        ("DATABASE_URL", database_url),
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("INSTANT_CHARGE", "true"),
        ("INSTANT_CHARGE_CONFIRMED", "true"),
        ("BALANCE_MAX", "1000000000000"),
        // Everybody is at one address here, and busier than anybody.
        ("SIGN_INS_PER_MINUTE", "1000000"),
        ("MUTATIONS_PER_MINUTE", "1000000"),
        ("COST_PER_MINUTE", "0"),
        ("STRANGER_COST_PER_MINUTE", "0"),
        ("REQUESTS_AT_ONCE", "0"),
        ("STRANGER_REQUESTS_AT_ONCE", "0"),
    ]);
    command
}

/// Where the server says that it is open; `None` if it ends before.
fn address(output: &mut BufReader<ChildStdout>) -> Option<SocketAddr> {
    let mut line = String::new();
    while output.read_line(&mut line).expect("the server speaks") > 0 {
        if let Some((_, url)) = line.split_once("GraphiQL   http://") {
            let address = url.trim().trim_end_matches("/graphiql");
            return Some(address.parse().expect("an address"));
        }
        line.clear();
    }
    None
}
