//! A day of the shop, as docs/shop-day.md tells it, and what docs/api.md shows: everything on these pages is done over the
//! public API and the command line, and comes out as it says there.

mod page;

use std::{
    collections::HashMap,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use jangteo::{config::Limits, payment::PaymentSettings};
use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::block_in_place, time::sleep};

use crate::support::{Client, Database, Received, Shop, Subscription};
use page::{Names, Step, steps};

/// How often a question is asked again for what falls due by itself.
const PATIENCE: u32 = 1_800;

/// Where the shop is on the pages.
const SHOP: &str = "http://127.0.0.1:8080";

both! {
    async fn a_day_of_the_shop_goes_as_its_page_tells_it(database: Database) {
        let steps = steps(include_str!("../../docs/shop-day.md"));
        assert!(steps.len() > 30, "the page has {} steps", steps.len());
        Day::begin(database, false).await.play_all(steps).await;
    }

    async fn the_api_answers_as_its_page_shows(database: Database) {
        let steps = steps(include_str!("../../docs/api.md"));
        assert!(steps.len() > 15, "the page has {} steps", steps.len());
        Day::begin(database, true).await.play_all(steps).await;
    }
}

/// The shop, and what has been learnt so far.
struct Day {
    shop: Shop,
    _gateways: Sandbox,
    /// What the page has given names to: ids, codes, access tokens.
    names: Names,
    /// The subscriptions that are open, by their names.
    streams: HashMap<String, Subscription>,
    has_time_passed: bool,
    folder: TempDir,
}

impl Day {
    async fn begin(database: Database, instant_charge: bool) -> Self {
        let keys = Settings::demo(([127, 0, 0, 1], 0).into());
        let gateways = Sandbox::start(keys.clone()).await.expect("a sandbox");
        let payments = PaymentSettings::default()
            .at(&gateways, &keys)
            .expect("payments");
        let limits = Limits {
            // Time passes in leaps here.
            access_token: Duration::from_hours(24 * 365),
            instant_charge,
            ..Limits::default()
        };
        let shop = Shop::open_paying(database.create().await, limits, payments).await;
        // What different orders tell a store is in the order of time.
        shop.let_time_pass();
        Self {
            shop,
            _gateways: gateways,
            names: Names::default(),
            streams: HashMap::new(),
            has_time_passed: false,
            folder: TempDir::new().expect("a temporary folder"),
        }
    }

    async fn play_all(mut self, steps: Vec<Step>) {
        for step in steps {
            self.play(step).await;
        }
        for mut stream in self.streams.into_values() {
            stream.expect_silence().await;
        }
    }

    async fn play(&mut self, step: Step) {
        match step {
            Step::Ask {
                line,
                who,
                text,
                answer,
            } => {
                let text = self.names.filled(&text);
                let mut told = self.ask(&who, &text).await;
                // What falls due by itself may take a moment, after time has leapt.
                for _ in 0..(if self.has_time_passed { PATIENCE } else { 0 }) {
                    if self.names.clone().compare(&answer, &told).is_ok() {
                        break;
                    }
                    sleep(Duration::from_millis(50)).await;
                    told = self.ask(&who, &text).await;
                }
                self.has_time_passed = false;
                self.compare(line, &answer, &told);
            }
            Step::Listen { who, stream, text } => {
                let text = self.names.filled(&text);
                let listening = self.client(&who).subscribe(&text, json!({})).await;
                self.streams.insert(stream, listening);
            }
            Step::Told {
                line,
                stream,
                events,
            } => {
                for expected in events {
                    let listening = self.streams.get_mut(&stream);
                    let listening = listening.unwrap_or_else(|| panic!("nobody opened {stream}"));
                    match listening.receive().await {
                        Received::Next(payload) => {
                            self.compare(line, &expected, &payload["data"]);
                        }
                        Received::Complete if expected == "complete" => {
                            self.streams.remove(&stream);
                        }
                        other => panic!("line {line}: {stream} got {other:?}"),
                    }
                }
            }
            Step::Run {
                line,
                commands,
                prints,
            } => {
                let commands = self.names.filled(&commands);
                let printed = self.run(&commands.replace(SHOP, &self.shop.url("")));
                if let Err(difference) = self.names.compare_text(&prints, &printed) {
                    panic!("line {line}: {difference}\n{printed}");
                }
            }
            Step::Pass(time) => {
                self.shop.advance(time);
                self.has_time_passed = true;
            }
        }
    }

    fn client(&self, who: &str) -> Client {
        match who {
            "anybody" => self.shop.anonymous(),
            member => self.shop.anonymous().with_token(self.names.get(member)),
        }
    }

    async fn ask(&self, who: &str, text: &str) -> Value {
        let answer = self.client(who).send(text, json!({})).await;
        match answer.body.get("errors") {
            // Of errors only the code is for programs.
            Some(errors) => json!({ "errors": errors[0]["extensions"]["code"] }),
            None => answer.body["data"].clone(),
        }
    }

    fn compare(&mut self, line: usize, expected: &Value, told: &Value) {
        if let Err(difference) = self.names.compare(expected, told) {
            panic!("line {line}: {difference}\n{told:#}");
        }
    }

    /// Runs commands in a shell that knows `jangteo`, the shop's database and nothing else of the shop.
    fn run(&self, commands: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_jangteo"));
        let programs = program.parent().expect("a folder").display();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-euc", commands])
            .current_dir(self.folder.path())
            .env("PATH", format!("{programs}:{path}"))
            .env("DATABASE_URL", &self.shop.database.url)
            .stdin(Stdio::null());
        let output = block_in_place(|| shell.output()).expect("a shell runs");
        assert!(output.status.success(), "{commands}\n{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}
