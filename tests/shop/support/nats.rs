//! A NATS server for one test.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A NATS server with JetStream that is killed and started again as a test wants it. Gone when dropped.
pub struct Nats {
    pub url: String,
    /// Where it tells of itself.
    monitor: String,
    script: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Nats {
    pub fn start() -> Self {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/nats"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/nats runs");
        let output = script.stdout.take().expect("its output is piped");
        let mut nats = Self {
            url: String::new(),
            monitor: String::new(),
            input: script.stdin.take(),
            script,
            output: BufReader::new(output),
        };
        let urls = nats.line();
        let (url, monitor) = urls.split_once(' ').expect("two URLs");
        (nats.url, nats.monitor) = (url.to_owned(), monitor.to_owned());
        nats
    }

    /// Kills the server as a crash would: with it goes what it kept in memory.
    pub fn kill(&mut self) {
        self.say("kill");
        assert_eq!(self.line(), "killed");
    }

    /// Starts the server again, at the same URL.
    pub fn start_again(&mut self) {
        self.say("start");
        assert!(self.line().starts_with(&self.url));
    }

    /// What is subscribed to of the subjects that begin so.
    pub async fn subscribed(&self, prefix: &str) -> Vec<String> {
        let url = format!("{}/subsz?subs=1&limit=100000", self.monitor);
        let answer = reqwest::get(url).await.expect("NATS tells of itself");
        let told: serde_json::Value = answer.json().await.expect("JSON");
        let subscriptions = told["subscriptions_list"].as_array();
        let subscriptions = subscriptions.map(Vec::as_slice).unwrap_or_default();
        let subjects = subscriptions
            .iter()
            .filter_map(|subscription| subscription["subject"].as_str());
        let mut subjects = subjects
            // But for the stream's own.
            .filter(|subject| subject.starts_with(prefix) && !subject.ends_with('>'))
            .map(str::to_owned)
            .collect::<Vec<_>>();
        subjects.sort();
        subjects
    }

    fn say(&mut self, word: &str) {
        let input = self.input.as_mut().expect("it is open until the end");
        writeln!(input, "{word}").expect("scripts/nats listens");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let length = self.output.read_line(&mut line);
        assert!(length.expect("text") > 0, "scripts/nats failed");
        line.trim().to_owned()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        // The end of its input is what it stops at.
        self.input = None;
        _ = self.script.wait();
    }
}
