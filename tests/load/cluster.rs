use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A PostgreSQL server that is killed and started again as a test wants it; what it has committed is on disk. Gone
/// when dropped.
pub struct Cluster {
    pub url: String,
    script: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Cluster {
    pub fn start() -> Self {
        Self::begin(&[])
    }

    /// A streaming replica of the other, at a URL like its.
    pub fn standby_of(primary: &Self) -> Self {
        Self::begin(&["--standby-of", &primary.url])
    }

    fn begin(arguments: &[&str]) -> Self {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres"))
            .args(arguments)
            .env("POSTGRES_DURABLE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres runs");
        let output = script.stdout.take().expect("its output is piped");
        let mut cluster = Self {
            url: String::new(),
            input: script.stdin.take(),
            script,
            output: BufReader::new(output),
        };
        cluster.url = cluster.line();
        cluster
    }

    /// Kills the server as a crash would (`pg_ctl stop -m immediate`).
    pub fn kill(&mut self) {
        self.say("kill");
        assert_eq!(self.line(), "killed");
    }

    /// Starts the server again, at the same URL.
    pub fn start_again(&mut self) {
        self.say("start");
        assert_eq!(self.line(), self.url);
    }

    fn say(&mut self, word: &str) {
        let input = self.input.as_mut().expect("it is open until the end");
        writeln!(input, "{word}").expect("scripts/postgres listens");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let length = self.output.read_line(&mut line);
        assert!(length.expect("text") > 0, "scripts/postgres failed");
        line.trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input is what it stops at.
        self.input = None;
        _ = self.script.wait();
    }
}
