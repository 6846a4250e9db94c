//! Traces, for whoever wants to see where a request's time goes: spans of OpenTelemetry, sent to a collector over
//! HTTP. Off unless a collector is named, and then a span costs the look at a level.
//!
//! A trace goes from the request through its operation to the order's wait, its *batch*, the batch's transaction, each
//! statement and each call to a gateway. A batch serves many requests and can be the child of but one: of the first in
//! it that is traced. It and the waits of all others have links to each other. Which requests are traced is decided when
//! they come, by whoever sent them (W3C `traceparent`) or by chance; a batch without a traced request is not traced.
//!
//! Spans tell what was done and how long it took: the text of statements without their values, routes and codes, and
//! nothing that anybody sent. Gateways hear nothing of a trace.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use axum::http::HeaderMap;
use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use reqwest::Client;
use sea_orm::{DbBackend, metric::Info};
use tokio::{runtime::Handle, task::spawn_blocking};
use tracing::{Level, Span, Subscriber, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::config::TraceSettings;

/// The target of every span that goes into traces. All but a request's and a batch's are of a level that the log
/// leaves out.
pub const TARGET: &str = "jangteo::trace";

/// What the instances call themselves.
const SERVICE: &str = "jangteo";

/// How long the collector may take. Spans that come meanwhile wait in a queue, and are dropped when it is full.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stop waits for the last spans to be sent.
const END_WITHIN: Duration = Duration::from_secs(5);

/// The most of a statement that is told, in bytes.
const STATEMENT_BYTES_MAX: usize = 4 * 1024;

/// As many as a batch has orders.
const LINKS_MAX: u32 = 1_000;

/// What makes spans, once traces are on.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Traces that are on.
#[derive(Debug)]
pub struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Tracing {
    /// Turns traces on, if a collector is named. Needs a Tokio runtime, by which spans are sent.
    ///
    /// # Errors
    /// What is wrong, naming the setting.
    pub fn begin(settings: &TraceSettings) -> Result<Option<Self>, String> {
        let Some(collector) = &settings.otel_exporter_otlp_endpoint else {
            return Ok(None);
        };
        let wrong = |error: &dyn std::fmt::Display| {
            format!("no traces can be sent (OTEL_EXPORTER_OTLP_ENDPOINT): {error}")
        };
        let client = Client::builder().timeout(EXPORT_TIMEOUT).build();
        let client = client.map_err(|error| wrong(&error))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(OnRuntime {
                client,
                runtime: Handle::current(),
                is_failing: Arc::default(),
            })
            .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| wrong(&error))?;
        let by_chance = Sampler::TraceIdRatioBased(settings.trace_ratio);
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder()
            .with_service_name(SERVICE)
            .with_attribute(version)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(by_chance)))
            .with_max_links_per_span(LINKS_MAX)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer(SERVICE);
        // Traces are turned on once: there is one log.
        _ = TRACER.set(tracer.clone());
        Ok(Some(Self { provider, tracer }))
    }

    /// What makes traces of the spans that are meant for them.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer.clone())
            .with_context_activation(false)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(TARGET, Level::TRACE))
    }

    /// Sends what has not been sent.
    pub async fn end(self) {
        // It waits for the thread that sends.
        let ended = spawn_blocking(move || self.provider.shutdown_with_timeout(END_WITHIN)).await;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::error!(%error, "the sender of traces died"),
        }
    }
}

/// The exporter's thread has no runtime; the HTTP client needs one.
#[derive(Clone, Debug)]
struct OnRuntime {
    client: Client,
    runtime: Handle,
    /// Whether the last export failed: said once, not every few seconds.
    is_failing: Arc<AtomicBool>,
}

impl OnRuntime {
    fn tell(&self, went: &Result<Response<Bytes>, HttpError>) {
        let why = match went {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let was_failing = self.is_failing.swap(why.is_some(), Ordering::Relaxed);
        match why {
            Some(why) if !was_failing => tracing::warn!(why, "the collector takes no traces"),
            None if was_failing => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let response = client.execute(request.try_into()?).await?;
            let mut answer = Response::builder().status(response.status());
            if let Some(headers) = answer.headers_mut() {
                headers.clone_from(response.headers());
            }
            Ok::<_, HttpError>(answer.body(response.bytes().await?)?)
        });
        let went = sent.await.map_err(Into::into).and_then(|sent| sent);
        self.tell(&went);
        went
    }
}

/// The span of a request over HTTP. With traces on it belongs to the trace that its sender began, if any.
pub fn request(request_id: &str, method: &str, path: &str, headers: &HeaderMap) -> Span {
    if TRACER.get().is_none() {
        return tracing::info_span!("request", request_id);
    }
    let span = tracing::info_span!(
        target: TARGET, "request", otel.kind = "server", request_id, trace_id = Empty
    );
    let sender = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // Nobody can have begun the span in between.
    _ = span.set_parent(sender);
    let context = span.context();
    context.span().update_name(format!("{method} {path}"));
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.route", path.to_owned());
    show_trace_id(&span);
    span
}

/// Tells how a request was answered.
pub fn answered(span: &Span, status: u16) {
    if TRACER.get().is_some() {
        span.set_attribute("http.response.status_code", i64::from(status));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
    }
}

/// The span of a batch that serves these: a child of the first that is traced, linked with the others, both ways.
pub fn batch<'s>(orders: usize, causes: impl IntoIterator<Item = &'s Span>) -> Span {
    if TRACER.get().is_none() {
        return Span::none();
    }
    let causes = causes.into_iter().map(|cause| (cause, context(cause)));
    let mut traced = causes.filter(|(_, context)| context.is_sampled());
    let Some((first, _)) = traced.next() else {
        return Span::none();
    };
    let batch = tracing::info_span!(
        target: TARGET, parent: first, "batch", orders, trace_id = Empty
    );
    let own = context(&batch);
    for (other, of_other) in traced {
        batch.add_link(of_other);
        other.add_link(own.clone());
    }
    show_trace_id(&batch);
    batch
}

/// Puts the trace's id where log lines show it.
fn show_trace_id(span: &Span) {
    let context = context(span);
    if context.is_sampled() {
        span.record("trace_id", tracing::field::display(context.trace_id()));
    }
}

fn context(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

/// Adds a statement that is done to the trace that it was made for, if any.
pub fn statement(info: &Info<'_>) {
    let Some(tracer) = TRACER.get() else {
        return;
    };
    let parent = Span::current().context();
    if !parent.span().span_context().is_sampled() {
        return;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "traces are told in the machine's time"
    )]
    let end = SystemTime::now();
    let sql = info.statement.sql.as_str();
    let verb = sql.split_whitespace().next().unwrap_or("statement");
    let system = match info.statement.db_backend {
        DbBackend::Sqlite => "sqlite",
        _ => "postgresql",
    };
    let mut span = tracer
        .span_builder(verb.to_owned())
        .with_kind(SpanKind::Client)
        .with_start_time(end - info.elapsed)
        .with_attributes([
            KeyValue::new("db.system.name", system),
            KeyValue::new("db.query.text", beginning(sql).to_owned()),
        ])
        .start_with_context(tracer, &parent);
    if info.failed {
        span.set_status(Status::error(""));
    }
    span.end_with_timestamp(end);
}

/// As much of a statement as is told.
fn beginning(sql: &str) -> &str {
    &sql[..sql.floor_char_boundary(STATEMENT_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_is_cut_between_characters() {
        assert_eq!(beginning("SELECT 1"), "SELECT 1");
        let long = format!("x{}", "장".repeat(STATEMENT_BYTES_MAX));
        let told = beginning(&long);
        assert!(told.len() <= STATEMENT_BYTES_MAX && told.len() > STATEMENT_BYTES_MAX - 3);
    }
}
