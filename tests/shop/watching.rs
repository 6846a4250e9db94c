//! What whoever watches the server is told: every figure, what counts in it, and that the documents, the dashboard
//! and the alarms speak of figures that there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use jangteo::config::Limits;
use serde_json::{Value, json};

use crate::{
    payments::PayingShop,
    support::{Database, PLACE_ORDER, Shop, refusal},
};

/// What a scrape tells.
struct Scrape {
    /// Each family's type and help, by its name.
    families: BTreeMap<String, [String; 2]>,
    /// Each sample's value, by its name and labels.
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    async fn of(shop: &Shop) -> Self {
        let answer = reqwest::get(shop.url("/metrics")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let told = answer.text().await.expect("text");
        assert!(told.ends_with("# EOF\n"), "{told}");
        let mut scrape = Self {
            families: BTreeMap::new(),
            samples: BTreeMap::new(),
        };
        for line in told.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a help");
                help.clone_into(&mut scrape.family(name)[1]);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                kind.clone_into(&mut scrape.family(name)[0]);
            } else if !line.starts_with('#') {
                let (name, value) = line.rsplit_once(' ').expect("a sample");
                let value = value.parse().expect("a number");
                let before = scrape.samples.insert(name.to_owned(), value);
                assert_eq!(before, None, "{name} is told once");
            }
        }
        scrape
    }

    fn family(&mut self, name: &str) -> &mut [String; 2] {
        self.families.entry(name.to_owned()).or_default()
    }

    fn value(&self, sample: &str) -> f64 {
        let value = self.samples.get(sample);
        *value.unwrap_or_else(|| panic!("{sample} is told: {:#?}", self.samples.keys()))
    }

    /// The names that an expression can use.
    fn names(&self) -> BTreeSet<&str> {
        let samples = self.samples.keys();
        samples
            .filter_map(|sample| sample.split('{').next())
            .collect()
    }

    /// A line of the table in docs/metrics.md for each family.
    fn table(&self) -> BTreeSet<String> {
        let row = |(name, [kind, help]): (&String, &[String; 2])| {
            let suffix = match kind.as_str() {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            let labels = self.labels(name);
            let help = help.trim_end_matches('.');
            format!("| `{name}{suffix}` | {kind} | {labels} | {help} |")
        };
        self.families.iter().map(row).collect()
    }

    fn labels(&self, family: &str) -> String {
        let mut of_family = self.samples.keys().filter_map(|sample| {
            let (name, labels) = sample.split_once('{')?;
            let suffix = name.strip_prefix(family)?;
            let is_of_family = ["", "_total", "_info", "_bucket"].contains(&suffix);
            is_of_family.then_some(labels)
        });
        let labels = of_family.next().unwrap_or_default();
        let names = labels.split(',').filter_map(|label| label.split_once('='));
        let names = names.filter(|(name, _)| *name != "le");
        let names = names.map(|(name, _)| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    }
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The figures that an expression names.
fn figures(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    words
        .filter(|word| word.starts_with("jangteo_") || word.starts_with("process_"))
        .collect()
}

/// Every expression of a dashboard, with the title of its panel.
fn expressions(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().expect("a title").to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().map(move |target| {
            let expression = target["expr"].as_str().expect("an expression");
            (title.clone(), expression.to_owned())
        })
    };
    panels.iter().flat_map(of_panel).collect()
}

/// The rules of all groups.
fn alarms() -> Vec<Value> {
    let file = serde_saphyr::from_str::<Value>(&read("deploy/prometheus/alerts.yml"));
    let file = file.expect("YAML");
    let groups = file["groups"].as_array().expect("groups");
    let rules = groups.iter().filter_map(|group| group["rules"].as_array());
    let rules = rules.flatten().cloned().collect::<Vec<_>>();
    assert!(rules.len() > 10, "{} alarms", rules.len());
    rules
}

both! {
    async fn every_figure_stands_in_the_documents(shop: PayingShop) {
        let told = Scrape::of(&shop.shop).await.table();
        let document = read("docs/metrics.md");
        let rows = document.lines().filter(|line| line.starts_with("| `"));
        let rows = rows.map(str::to_owned).collect::<BTreeSet<_>>();
        let missing = told.difference(&rows).collect::<Vec<_>>();
        assert!(missing.is_empty(), "docs/metrics.md needs {missing:#?}");
        // What is only told where it is configured, or on the other database, is written down all the same.
        let others = rows.difference(&told).filter(|row| !row.contains(" Only "));
        let others = others.collect::<Vec<_>>();
        assert!(others.is_empty(), "docs/metrics.md has {others:#?}, which are not told");
    }

    async fn the_dashboard_and_the_alarms_speak_of_figures_that_there_are(shop: PayingShop) {
        let scrape = Scrape::of(&shop.shop).await;
        let document = read("docs/metrics.md");
        let names = scrape.names();
        let is_there = |name: &str| names.contains(name) || document.contains(&format!("| `{name}` |"));
        let dashboard = serde_json::from_str(&read("deploy/grafana/jangteo.json")).expect("JSON");
        let expressions = expressions(&dashboard);
        assert!(expressions.len() > 30, "the dashboard has {}", expressions.len());
        for (title, expression) in &expressions {
            let wanted = figures(expression);
            assert!(!wanted.is_empty(), "{title}: {expression}");
            for name in wanted {
                assert!(is_there(name), "{title} names {name}");
            }
        }
        for alarm in alarms() {
            let expression = alarm["expr"].as_str().expect("an expression");
            for name in figures(expression) {
                assert!(is_there(name), "{} names {name}", alarm["alert"]);
            }
        }
    }

    async fn work_is_counted_where_it_is_done(shop: Shop) {
        let before = Scrape::of(&shop).await;
        let shirt = shop.product("셔츠", &[("M", 1_000, 5)]).await;
        let mina = shop.member().await;
        mina.charge(10_000, "charge").await;
        mina.order(&shirt, 0, 2, "one").await;
        let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 9 });
        let refused = mina.place(json!({ "lines": [line], "idempotencyKey": "two" })).await;
        assert_eq!(refusal(&refused).0, "INSUFFICIENT_STOCK");
        let anonymous = shop.anonymous();
        anonymous.send("{ cart { total } }", json!({})).await;
        anonymous.send("{ nonsense", json!({})).await;
        reqwest::get(shop.url("/nowhere")).await.expect("an answer");

        let after = Scrape::of(&shop).await;
        let more = |sample: &str| after.value(sample) - before.value(sample);
        let counted = |sample: &str, times: f64| {
            let more = more(sample);
            assert!((more - times).abs() < 0.5, "{sample}: {more}");
        };
        counted("jangteo_orders_total{outcome=\"placed\"}", 1.0);
        counted("jangteo_orders_total{outcome=\"refused\"}", 1.0);
        counted("jangteo_orders_batch_size_count", 2.0);
        counted("jangteo_orders_batch_size_sum", 2.0);
        counted("jangteo_orders_queue_wait_seconds_count", 2.0);
        for stage in ["load", "decide", "apply", "commit"] {
            counted(&format!("jangteo_orders_batch_stage_seconds_count{{stage=\"{stage}\"}}"), 2.0);
        }
        counted("jangteo_graphql_operations_total{kind=\"query\",outcome=\"refused\"}", 1.0);
        counted("jangteo_graphql_operations_total{kind=\"unread\",outcome=\"refused\"}", 1.0);
        counted("jangteo_graphql_errors_total{code=\"UNAUTHENTICATED\"}", 1.0);
        counted("jangteo_graphql_errors_total{code=\"INTERNAL\"}", 0.0);
        counted("jangteo_http_responses_total{route=\"other\",status=\"4xx\"}", 1.0);
        let mutations = more("jangteo_graphql_operations_total{kind=\"mutation\",outcome=\"ok\"}");
        assert!(mutations >= 2.0, "{mutations}");
        counted("jangteo_graphql_operation_duration_seconds_count{kind=\"mutation\"}", mutations);
        for sample in [
            "jangteo_database_transactions_total{outcome=\"committed\"}",
            "jangteo_database_begin_duration_seconds_count",
            "jangteo_database_commit_duration_seconds_count",
            "jangteo_database_statement_duration_seconds_count",
        ] {
            assert!(more(sample) >= 2.0, "{sample}");
        }
        for (sample, value) in [("jangteo_database_up", 1.0), ("jangteo_ready", 1.0), ("jangteo_orders_queued", 0.0)] {
            assert!((after.value(sample) - value).abs() < 0.5, "{sample}");
        }
        assert!(after.value("process_resident_memory_bytes") > 1e6);
        assert!(after.value("process_open_fds") > 3.0);
    }

    async fn an_order_that_finds_the_queue_full_counts_as_overloaded(database: Database) {
        let limits = Limits { order_queue: 1, order_batch: 1, instant_charge: true, ..Limits::default() };
        let shop = Shop::open_with(database, limits).await;
        let mina = shop.member().await;
        shop.app().placement.stop().await;
        let line = json!({ "optionId": "option_01h2xcejqtf2nbrexx3vqjhp41", "quantity": 1 });
        let input = json!({ "input": { "lines": [line], "idempotencyKey": "key" } });
        mina.send(PLACE_ORDER, input).await;
        let scrape = Scrape::of(&shop).await;
        for sample in [
            "jangteo_orders_total{outcome=\"overloaded\"}",
            "jangteo_graphql_operations_total{kind=\"mutation\",outcome=\"failed\"}",
            "jangteo_graphql_errors_total{code=\"OVERLOADED\"}",
        ] {
            assert!((scrape.value(sample) - 1.0).abs() < 0.5, "{sample}");
        }
    }

    async fn the_live_figures_are_told_when_the_database_is_away(shop: Shop) {
        let there = Scrape::of(&shop).await;
        shop.app().db.clone().close().await.expect("the connections close");
        let away = Scrape::of(&shop).await;
        for sample in ["jangteo_database_up", "jangteo_ready"] {
            assert!(there.value(sample) > 0.5 && away.value(sample) < 0.5, "{sample}");
        }
        let missing = there.names().difference(&away.names()).copied().collect::<BTreeSet<_>>();
        assert!(missing.contains("jangteo_refunds_open"), "{missing:?}");
        assert!(away.names().contains("jangteo_orders_queued"));
        assert!(missing.len() < 20, "only what the database knows is missing: {missing:?}");
    }
}

#[test]
fn every_alarm_has_its_place_in_the_handbook() {
    let alarms = alarms();
    let runbooks = alarms.iter().map(|alarm| {
        let runbook = alarm["annotations"]["runbook"].as_str();
        let anchor = runbook.and_then(|runbook| runbook.strip_prefix("docs/operations.md#"));
        anchor.unwrap_or_else(|| panic!("{} has a place in the handbook", alarm["alert"]))
    });
    let anchors = runbooks.collect::<BTreeSet<_>>();
    // The handbook comes with the deployment.
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let Ok(handbook) = fs::read_to_string(handbook) else {
        return;
    };
    let headings = handbook.lines().filter_map(|line| {
        let heading = line.strip_prefix('#')?.trim_start_matches('#').trim();
        let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(kept)
            .collect::<String>();
        Some(kept.replace(' ', "-"))
    });
    let headings = headings.collect::<BTreeSet<_>>();
    for anchor in anchors {
        assert!(
            headings.contains(anchor),
            "docs/operations.md has no #{anchor}"
        );
    }
}
