//! Traces, as a collector gets them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use jangteo::fault::Never;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value as Told,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use scoped_futures::ScopedFutureExt;
use tokio::{net::TcpListener, sync::oneshot, time::sleep};

use super::*;

/// Takes spans by OTLP over HTTP, as any collector does.
#[derive(Clone, Default)]
struct Collector {
    requests: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    /// Listens; gives its URL, too.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/v1/traces", post(Self::take))
            .with_state(collector.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        (collector, url)
    }

    async fn take(State(collector): State<Self>, body: Bytes) -> StatusCode {
        let request = ExportTraceServiceRequest::decode(body).expect("spans");
        collector.requests.lock().expect("no panic").push(request);
        StatusCode::OK
    }

    /// The spans of one trace.
    fn trace(&self, id: u128) -> Trace {
        let requests = self.requests.lock().expect("no panic");
        let of_resources = requests.iter().flat_map(|request| &request.resource_spans);
        let of_scopes = of_resources.flat_map(|resource| &resource.scope_spans);
        let spans = of_scopes.flat_map(|scope| &scope.spans);
        let spans = spans.filter(|span| span.trace_id == id.to_be_bytes());
        Trace(spans.cloned().collect())
    }

    /// What the instances say of themselves.
    fn resources(&self) -> BTreeSet<(String, String)> {
        let requests = self.requests.lock().expect("no panic");
        let resources = requests
            .iter()
            .flat_map(|request| &request.resource_spans)
            .filter_map(|spans| spans.resource.as_ref());
        let attributes = resources.flat_map(|resource| &resource.attributes);
        attributes
            .map(|attribute| (attribute.key.clone(), text(attribute.value.as_ref())))
            .collect()
    }
}

/// What an attribute says.
fn text(value: Option<&opentelemetry_proto::tonic::common::v1::AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Told::StringValue(text)) => text.clone(),
        Some(Told::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

struct Trace(Vec<Span>);

impl Trace {
    fn named(&self, name: &str) -> Vec<&Span> {
        self.0.iter().filter(|span| span.name == name).collect()
    }

    /// The only span of that name.
    fn one(&self, name: &str) -> &Span {
        let spans = self.named(name);
        assert_eq!(spans.len(), 1, "{name} among {:?}", self.names());
        spans[0]
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|span| span.name.as_str()).collect()
    }

    fn children(&self, parent: &Span) -> Vec<&Span> {
        let of_parent = |span: &&Span| span.parent_span_id == parent.span_id;
        self.0.iter().filter(of_parent).collect()
    }

    /// The statements that were made in that span.
    fn statements(&self, parent: &Span) -> Vec<String> {
        let statements = self
            .children(parent)
            .into_iter()
            .flat_map(|span| &span.attributes);
        statements
            .filter(|attribute| attribute.key == "db.query.text")
            .map(|attribute| text(attribute.value.as_ref()))
            .collect()
    }
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let told = |attribute: &'_ opentelemetry_proto::tonic::common::v1::KeyValue| {
        text(attribute.value.as_ref())
    };
    let attributes = span.attributes.iter();
    attributes
        .map(|attribute| (attribute.key.as_str(), told(attribute)))
        .collect()
}

/// Sends an operation as part of a trace that the client has begun; gives its data.
async fn send_traced(server: &Serving, token: &str, trace: u128, input: Value) -> Value {
    let body = json!({ "query": PLACE_ORDER, "variables": { "input": input } });
    let answer = reqwest::Client::new()
        .post(format!("{}/graphql", server.url))
        .bearer_auth(token)
        .header(
            "traceparent",
            format!("00-{trace:032x}-00000000000000aa-01"),
        )
        .json(&body)
        .send()
        .await
        .expect("the server answers");
    let answer = answer.json::<Value>().await.expect("JSON");
    assert!(
        answer["data"]["placeOrder"]["order"].is_object(),
        "{answer:#}"
    );
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_one_trace_from_its_request_to_its_statements_and_its_gateway() {
    const TRACE: u128 = 0xabad_1dea_0000_0001;
    let (collector, url) = Collector::start().await;
    let place = Place::with_demo().await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("LOG", "info,jangteo::http=debug"),
    ];
    let server = place.serve(&["--demo"], &settings);
    let token = server.sign_in("mina", DEMO_PASSWORD).await;
    let token = token.expect("signed in");
    let line = json!({ "optionId": cheapest_of_many(&server).await, "quantity": 1 });
    let input =
        json!({ "lines": [line], "provider": "KAKAOPAY", "idempotencyKey": "a-secret-of-mina" });
    send_traced(&server, &token, TRACE, input).await;
    assert_eq!(
        server.stop("TERM"),
        Some(0),
        "what was not sent is sent at the stop"
    );

    let trace = collector.trace(TRACE);
    let request = trace.one("POST /graphql");
    assert_eq!(
        request.parent_span_id,
        0xaa_u64.to_be_bytes(),
        "the client's own span"
    );
    assert_eq!(request.kind, SpanKind::Server as i32);
    assert_eq!(attributes(request)["http.response.status_code"], "200");
    for span in &trace.0 {
        let mut parents = trace.0.iter().map(|parent| &parent.span_id);
        let is_connected = parents.any(|id| *id == span.parent_span_id);
        assert!(
            is_connected || span == request,
            "{} hangs in the air",
            span.name
        );
    }
    let operation = trace.one("mutation placeOrder");
    assert_eq!(operation.parent_span_id, request.span_id);
    let wait = trace.one("place");
    assert_eq!(wait.parent_span_id, operation.span_id);
    let batch = trace.one("batch");
    assert_eq!(batch.parent_span_id, wait.span_id);
    assert_eq!(attributes(batch)["orders"], "1");
    let [transaction] = trace.children(batch)[..] else {
        panic!("one transaction of the batch: {:?}", trace.names());
    };
    assert_eq!(transaction.name, "transaction");
    let names = trace
        .children(transaction)
        .iter()
        .map(|span| &*span.name)
        .collect::<BTreeSet<_>>();
    assert!(
        names.contains("begin") && names.contains("commit"),
        "{names:?}"
    );
    let statements = trace.statements(transaction);
    assert!(statements.len() >= 4, "{statements:#?}");
    assert!(
        statements.iter().any(|sql| sql.contains("INTO \"order\"")),
        "{statements:#?}"
    );
    let call = trace.one("KAKAOPAY prepare");
    assert_eq!(call.kind, SpanKind::Client as i32);
    assert_eq!(call.parent_span_id, operation.span_id);
    let told = attributes(call);
    assert_eq!(
        (&*told["outcome"], &*told["http.response.status_code"]),
        ("approved", "200")
    );

    // Nothing that anybody sent is told.
    let everything = format!("{:?}", trace.0);
    for secret in ["a-secret-of-mina", "mina", "민아", "Bearer", &token] {
        assert!(!everything.contains(secret), "{secret}");
    }
    let resources = collector.resources();
    for (key, value) in [
        ("service.name", "jangteo"),
        ("service.version", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(
            resources.contains(&(key.to_owned(), value.to_owned())),
            "{resources:?}"
        );
    }
    let log = place.log();
    let traced = |line: &&str| line.contains(&format!("{TRACE:032x}"));
    let line = log
        .lines()
        .find(traced)
        .unwrap_or_else(|| panic!("the log names the trace: {log}"));
    assert!(line.contains("request_id"), "{line}");
}

/// A number that the server tells Prometheus.
async fn figure(server: &Serving, name: &str) -> f64 {
    let told = reqwest::get(format!("{}/metrics", server.url))
        .await
        .expect("an answer");
    let told = told.text().await.expect("text");
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.expect("a figure").parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_linked_with_every_request_that_it_serves() {
    let (collector, url) = Collector::start().await;
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &*url)]);
    let token = server.sign_in("mina", DEMO_PASSWORD).await;
    let token = token.expect("signed in");
    let option = cheapest_of_many(&server).await;
    let order = async |trace: u128| {
        let line = json!({ "optionId": option, "quantity": 1 });
        let input = json!({ "lines": [line], "idempotencyKey": trace.to_string() });
        send_traced(&server, &token, trace, input).await;
    };

    // Somebody else has the writer: the first order waits for it, and the others for the first.
    let file = format!("sqlite://{}", place.file("jangteo.db").display());
    let db = Db::connect(&file, 1).await.expect("the database opens");
    let (held, is_held) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let ends = Mutex::new(Some((held, released)));
    let holding = db.transaction::<_, Never>(|_| {
        let ends = ends.lock().expect("no panic").take();
        async move {
            let (held, released) = ends.expect("it is begun once");
            held.send(()).expect("somebody waits");
            released.await.expect("it is released");
            Ok(())
        }
        .scope_boxed()
    });
    let until = async |name: &str, value: f64| {
        while (figure(&server, name).await - value).abs() > 0.5 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let directing = async {
        is_held.await.expect("the writer is held");
        let first = async {
            order(1).await;
        };
        let others = async {
            until("jangteo_orders_batch_size_count", 1.0).await;
            let releasing = async {
                until("jangteo_orders_queued", 2.0).await;
                release.send(()).expect("it is held");
            };
            tokio::join!(order(2), order(3), releasing);
        };
        tokio::join!(first, others);
    };
    let (held, ()) = tokio::join!(holding, directing);
    held.map_err(jangteo::fault::Failure::into_fault)
        .expect("it was held");
    assert_eq!(server.stop("TERM"), Some(0));

    assert_eq!(attributes(collector.trace(1).one("batch"))["orders"], "1");
    let [second, third] = [2, 3].map(|id| collector.trace(id));
    let (leader, linked) = if second.named("batch").is_empty() {
        (third, second)
    } else {
        (second, third)
    };
    let (batch, wait) = (leader.one("batch"), linked.one("place"));
    assert_eq!(attributes(batch)["orders"], "2");
    assert_eq!(batch.parent_span_id, leader.one("place").span_id);
    assert!(linked.named("batch").is_empty(), "{:?}", linked.names());
    let links = |span: &Span| {
        let links = span.links.iter();
        links
            .map(|link| (link.trace_id.clone(), link.span_id.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        links(batch),
        [(wait.trace_id.clone(), wait.span_id.clone())]
    );
    assert_eq!(
        links(wait),
        [(batch.trace_id.clone(), batch.span_id.clone())]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_sender_does_not_want_traced_is_not() {
    let (collector, url) = Collector::start().await;
    let place = Place::with_demo().await;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*url), ("TRACE_RATIO", "0")];
    let server = place.serve(&["--demo"], &settings);
    let token = server.sign_in("mina", DEMO_PASSWORD).await;
    let token = token.expect("signed in");
    let line = json!({ "optionId": cheapest_of_many(&server).await, "quantity": 1 });
    let input = json!({ "lines": [line], "idempotencyKey": "key" });
    send_traced(&server, &token, 7, input).await;
    assert_eq!(server.stop("TERM"), Some(0));
    assert_eq!(
        collector.trace(7).named("batch").len(),
        1,
        "its sender wants it"
    );
    let requests = collector.requests.lock().expect("no panic");
    let others = requests.iter().flat_map(|request| &request.resource_spans);
    let others = others
        .flat_map(|spans| &spans.scope_spans)
        .flat_map(|spans| &spans.spans);
    let others = others.filter(|span| span.trace_id != 7_u128.to_be_bytes());
    assert_eq!(others.count(), 0, "nobody asked for the sign-in");
}

#[test]
fn wrong_settings_of_traces_are_named() {
    let place = Place::new();
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
        ("TRACE_RATIO", "2"),
        ("TRACE_RATIO", "half"),
    ] {
        let ended = place.run(&["serve"], &[(name, value)], "");
        assert_eq!(ended.code, Some(2), "{}", ended.errors);
        let flag = name.to_lowercase().replace('_', "-");
        assert!(ended.errors.contains(&flag), "{}", ended.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_stops_nothing_and_is_said_once() {
    let place = Place::with_demo().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let server = place.serve(&["--demo"], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &*url)]);
    assert!(server.sign_in("mina", DEMO_PASSWORD).await.is_some());
    assert_eq!(server.stop("TERM"), Some(0));
    let log = place.log();
    assert_eq!(
        log.matches("the collector takes no traces").count(),
        1,
        "{log}"
    );
}
