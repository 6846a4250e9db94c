//! The documents keep their word: every command of the README's tour runs, and answers as it says; every test that
//! docs/payments.md names is there; every alarm has its part in docs/operations.md, whose references lead somewhere.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

const README: &str = include_str!("../README.md");
const PAYMENTS: &str = include_str!("../docs/payments.md");
const OPERATIONS: &str = include_str!("../docs/operations.md");
const ALARMS: &str = include_str!("../deploy/prometheus/alerts.yml");

/// How GitHub refers to the headings of a document.
fn anchors(document: &str) -> Vec<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        heading
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_alarm_has_its_part_in_the_manual() {
    let anchors = anchors(OPERATIONS);
    let pages = ALARMS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runbook: docs/operations.md#"));
    let pages = pages.collect::<Vec<_>>();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        assert!(
            anchors.iter().any(|anchor| anchor == page),
            "{page}: {anchors:?}"
        );
    }
}

#[test]
fn the_manual_refers_to_what_is_there() {
    let here = anchors(OPERATIONS);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut count = 0;
    for part in OPERATIONS.split("](").skip(1) {
        let (target, _) = part.split_once(')').expect("a reference ends");
        if target.starts_with("https://") {
            continue;
        }
        count += 1;
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        if file.is_empty() {
            assert!(here.iter().any(|there| there == anchor), "{target}");
            continue;
        }
        let path = docs.join(file);
        assert!(path.exists(), "{target}");
        if !anchor.is_empty() {
            let document = fs::read_to_string(&path).expect("text");
            assert!(
                anchors(&document).iter().any(|there| there == anchor),
                "{target}"
            );
        }
    }
    assert!(count > 10, "{count} references");
}

/// The demo shop on a port of its own; stopped when dropped.
struct Demo {
    server: Child,
    address: String,
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Demo {
    fn open() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut server = Command::new(env!("CARGO_BIN_EXE_jangteo"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server runs");
        let mut output = BufReader::new(server.stdout.take().expect("its output is piped"));
        let address = loop {
            let mut line = String::new();
            let length = output.read_line(&mut line).expect("the server speaks");
            assert!(length > 0, "the server ended before it told its address");
            if let Some((_, rest)) = line.split_once("GraphiQL   http://") {
                break rest.trim().trim_end_matches("/graphiql").to_owned();
            }
        };
        Self {
            server,
            address,
            _output: output,
            _folder: folder,
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have died by itself, which the test has noticed.
        _ = self.server.kill();
        _ = self.server.wait();
    }
}

/// A block of the tour: its commands, and what they print as far as the README says.
struct Step {
    commands: String,
    prints: Vec<String>,
}

fn tour() -> Vec<Step> {
    let (_, tour) = README
        .split_once("\n## A five-minute tour\n")
        .expect("a tour");
    let (tour, _) = tour.split_once("\n## ").expect("something after the tour");
    let mut steps = Vec::<Step>::new();
    for block in tour.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').expect("a block has lines");
        match language {
            "sh" => steps.push(Step {
                commands: text.to_owned(),
                prints: Vec::new(),
            }),
            "json" => {
                let step = steps
                    .last_mut()
                    .expect("commands come before what they print");
                step.prints = text.lines().map(str::to_owned).collect();
            }
            other => panic!("a block of `{other}` in the tour: is it run?"),
        }
    }
    steps
}

/// Whether `text` is as described, where `…` stands for anything.
fn is_as_described(text: &str, description: &str) -> bool {
    let mut parts = description.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts = parts.collect::<Vec<_>>();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn every_command_of_the_tour_does_what_it_says() {
    let demo = Demo::open();
    let steps = tour();
    assert!(steps.len() >= 8, "the tour has {} steps", steps.len());
    // One shell for all: what a step sets, the next uses. A line of its own ends each step's output.
    let mut script = String::from("set -eu\n");
    for step in &steps {
        script += &step.commands.replace("127.0.0.1:8080", &demo.address);
        script += "\necho '-- end of step --'\n";
    }
    let mut shell = Command::new("sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell runs");
    let mut input = shell.stdin.take().expect("its input is piped");
    input.write_all(script.as_bytes()).expect("the shell reads");
    drop(input);
    let output = shell.wait_with_output().expect("the shell ends");
    assert!(output.status.success(), "the tour failed: {output:?}");

    let printed = String::from_utf8(output.stdout).expect("text");
    let printed = printed.split("-- end of step --\n").collect::<Vec<_>>();
    for (step, printed) in steps.iter().zip(printed) {
        let lines = printed
            .lines()
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>();
        assert_eq!(
            lines.len(),
            step.prints.len(),
            "{}\nprinted\n{printed}",
            step.commands
        );
        for (line, description) in lines.iter().zip(&step.prints) {
            assert!(
                is_as_described(line, description),
                "{}\nprinted\n{line}\nnot\n{description}",
                step.commands
            );
        }
    }
}

#[test]
fn every_variable_of_the_server_is_in_the_table() {
    let help = Command::new(env!("CARGO_BIN_EXE_jangteo"))
        .args(["serve", "--help"])
        .output()
        .expect("the program runs");
    let help = String::from_utf8(help.stdout).expect("text");
    let variables = help
        .split("[env: ")
        .skip(1)
        .filter_map(|rest| rest.split(['=', ']']).next())
        .collect::<Vec<_>>();
    assert!(variables.len() > 10, "the help names {variables:?}");
    for variable in variables {
        assert!(
            README.contains(&format!("| `{variable}` |")),
            "{variable} is not in the table"
        );
    }
}

/// The tests that the table of faults names, in its last column.
fn named_tests() -> Vec<&'static str> {
    let (_, table) = PAYMENTS
        .split_once("\n## Every fault and its test\n")
        .expect("a table of faults");
    let (table, _) = table
        .split_once("\n## ")
        .expect("something after the table");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    let cells = rows.filter_map(|row| row.trim_end_matches('|').rsplit('|').next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

/// Everything that is written in the folder, in Rust and JavaScript.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "node_modules" {
            sources(&path, text);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "mjs")
        {
            *text += &fs::read_to_string(&path).expect("a text");
        }
    }
}

#[test]
fn every_test_that_the_table_of_faults_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for folder in ["src", "tests", "sandbox/tests"] {
        sources(&root.join(folder), &mut text);
    }
    let named = named_tests();
    assert!(named.len() > 40, "the table names {named:?}");
    for name in named {
        let is_there = if name.contains(' ') {
            // The browser's tests have sentences for names.
            text.contains(&format!("test(\"{name}")) || text.contains(&format!("test(`{name}"))
        } else {
            text.contains(&format!("fn {name}(")) || text.contains(&format!("mod {name} {{"))
        };
        assert!(is_there, "there is no test {name}");
    }
}

#[test]
fn anything_may_stand_where_the_description_leaves_it_out() {
    assert!(is_as_described("abc", "abc"));
    assert!(is_as_described("a12c34e", "a…c…e"));
    assert!(!is_as_described("abcd", "abc"));
    assert!(!is_as_described("a12c34f", "a…c…e"));
}
