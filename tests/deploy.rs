//! What `deploy/` ships is as the program is: settings that there are, files that are there, nothing that is open.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory;
use jangteo::cli::Cli;
use serde_json::Value;

/// Variables of the pictures' own: what each does is told by who made the image.
const OTHERS: [&str; 3] = ["POSTGRES_", "GF_", "GRAFANA_"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = folder().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn compose() -> Value {
    serde_saphyr::from_str(&read("compose/compose.yaml")).expect("YAML")
}

/// The environment variables that the program reads.
fn settings() -> BTreeSet<String> {
    let program = Cli::command();
    let serve = program.find_subcommand("serve").expect("a command");
    let name = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
    serve
        .get_arguments()
        .filter_map(|argument| argument.get_env().map(name))
        .collect()
}

fn assert_known<'n>(file: &str, names: impl IntoIterator<Item = &'n str>) {
    let settings = settings();
    let mut known = 0;
    for name in names {
        if OTHERS.iter().any(|others| name.starts_with(others)) {
            continue;
        }
        assert!(settings.contains(name), "{file}: {name} is no setting");
        known += 1;
    }
    assert!(known > 0, "{file} sets nothing");
}

/// The names in lines of `NAME=value`, also of those that are out of use.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (name, _) = line.trim_start_matches('#').split_once('=')?;
        let is_name =
            |char: char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_';
        (!name.is_empty() && name.chars().all(is_name)).then_some(name)
    })
}

#[test]
fn every_setting_that_is_set_is_one() {
    for file in ["systemd/jangteo.env", "compose/example.env"] {
        assert_known(file, names_in(&read(file)));
    }
    let dockerfile = read("Dockerfile");
    let set = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("ENV "))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| pair.split_once('='));
    assert_known("Dockerfile", set.map(|(name, _)| name));
    let compose = compose();
    for service in ["migrate", "jangteo-1"] {
        let environment = compose["services"][service]["environment"].as_object();
        let environment = environment.expect("settings").keys().map(String::as_str);
        assert_known(service, environment);
    }
}

#[test]
fn what_must_be_filled_in_is_asked_for() {
    let asked = read("compose/example.env");
    let asked = names_in(&asked).collect::<BTreeSet<_>>();
    let compose = read("compose/compose.yaml");
    let used = compose.split("${").skip(1).map(|text| {
        let end = text.find(|char: char| !char.is_ascii_uppercase() && char != '_');
        &text[..end.unwrap_or(text.len())]
    });
    assert_eq!(used.collect::<BTreeSet<_>>(), asked);
}

#[test]
fn the_parts_that_run_together_are_there_and_nothing_more_is_open() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        if let Some(image) = service["image"]
            .as_str()
            .filter(|image| *image != "jangteo")
        {
            let version = image.split_once(':').map(|(_, version)| version);
            assert!(
                version.is_some_and(|version| version != "latest"),
                "{name}: {image} is whatever it is that day"
            );
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            let port = port.as_str().expect("a port");
            assert!(port.starts_with("127.0.0.1:"), "{name} is open at {port}");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let (source, _) = volume
                .as_str()
                .and_then(|it| it.split_once(':'))
                .expect("a volume");
            let is_there = if source.starts_with('.') {
                folder().join("compose").join(source).exists()
            } else {
                compose["volumes"].get(source).is_some()
            };
            assert!(is_there, "{name}: there is no {source}");
        }
        let needed = match &service["depends_on"] {
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            Value::Object(names) => names.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        for needed in needed {
            assert!(
                services.contains_key(needed),
                "{name}: there is no {needed}"
            );
        }
    }
    let balancer = services["haproxy"]["environment"]
        .as_object()
        .expect("names");
    for instance in ["1", "2", "3"] {
        let address = format!("jangteo-{instance}:8080");
        assert_eq!(balancer[&format!("INSTANCE_{instance}")], address);
        let service = &services[&format!("jangteo-{instance}")];
        assert_eq!(service["networks"]["shop"]["aliases"][0], "jangteo");
    }
}

#[test]
fn the_image_runs_as_nobody_and_runs_commands_that_there_are() {
    let dockerfile = read("Dockerfile");
    let (_, image) = dockerfile.rsplit_once("\nFROM ").expect("stages");
    let user = image.lines().find_map(|line| line.strip_prefix("USER "));
    assert!(user.is_some_and(|user| !user.starts_with("root") && !user.starts_with('0')));
    let program = Cli::command();
    for command in ["health", "serve", "migrate"] {
        assert!(program.find_subcommand(command).is_some(), "{command}");
    }
    assert!(image.contains(r#"CMD ["jangteo", "health"]"#));
    assert!(image.ends_with("ENTRYPOINT [\"jangteo\"]\nCMD [\"serve\"]\n"));
}

/// What the image is built from is let in, and what the build reads is among it.
#[test]
fn the_build_of_the_image_gets_what_it_reads() {
    let root = folder();
    let root = root.parent().expect("the project");
    let ignored = fs::read_to_string(root.join(".dockerignore")).expect("a list");
    let let_in = ignored.lines().filter_map(|line| line.strip_prefix('!'));
    let let_in = let_in.collect::<BTreeSet<_>>();
    for name in &let_in {
        assert!(root.join(name).exists(), "there is no {name}");
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .expect("members");
    for member in serde_json::from_str::<Vec<String>>(members).expect("names") {
        assert!(let_in.contains(member.as_str()), "{member} is kept out");
    }
}
