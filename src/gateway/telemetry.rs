//! Logs, traces and metrics, and the only place that names a span, a metric or one of their attributes.
//!
//! Nothing that a client sent gets in: methods and routes come from closed lists, there are no queries, ids, header
//! values or addresses, and libraries' talkative log levels are off whatever is configured. From a caller's W3C trace
//! context its `traceparent` is taken (fixed form, hexadecimal), never its `tracestate`, which is free text.

use std::{
    fmt,
    io::IsTerminal,
    sync::OnceLock,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, MeterProvider, UpDownCounter},
    propagation::{Extractor, TextMapPropagator},
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use policy::Rule;
use record::{Fate, ResourceType};
use tracing::{Span, Subscriber, field::Empty, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry};

use crate::config::{self, LogFormat, LogLevel};

mod operation;

pub(crate) use operation::{list_ends_in, of_batch, of_supplier, reports_deleted, store_failed};

/// The service's name in telemetry.
const SERVICE: &str = "recordgate";
/// The crates whose own events may be logged at the configured level.
const OURS: [&str; 2] = ["gateway", "recordgate"];
/// How long the last export may take when the service stops.
const FLUSH: Duration = Duration::from_secs(5);

// OpenTelemetry semantic conventions for HTTP servers, stable since 1.23.
const REQUEST_DURATION: &str = "http.server.request.duration";
const REQUESTS_ACTIVE: &str = "http.server.active_requests";
const METHOD: &str = "http.request.method";
const ROUTE: &str = "http.route";
const STATUS: &str = "http.response.status_code";
const SCHEME: &str = "url.scheme";
const PROTOCOL: &str = "network.protocol.version";
const ERROR: &str = "error.type";

// Our own.
const DISCLOSURES: &str = "recordgate.decisions";
const INGEST_ROWS: &str = "recordgate.ingest.rows";
const DELIVERIES: &str = "recordgate.intake.batches";
const RECEIVED: &str = "recordgate.intake.bytes";
const HANDSHAKE_FAILURES: &str = "recordgate.tls.handshake_failures";
const CONNECTIONS: &str = "recordgate.connections";
const CONNECTIONS_REFUSED: &str = "recordgate.connections.refused";
const DECISION: &str = "recordgate.decision";
const RESOURCE_TYPE: &str = "recordgate.resource.type";
const RULE: &str = "recordgate.rule";
const FATE: &str = "recordgate.fate";
const STEP: &str = "recordgate.intake.step";
const REPORTS_DELETED: &str = "recordgate.reports.deleted";
const STORE_FAILED: &str = "recordgate.store.failures";
const LIST_ENDS: &str = "recordgate.intake.crl.remaining";
const WHY: &str = "recordgate.reason";

/// Seconds. Most answers take microseconds; the convention's own boundaries begin at 5 ms.
const BOUNDARIES: [f64; 17] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// The template of the route that answered, such as `/fhir/R4/{type}/{id}`. The service puts it into the extensions of
/// its response. It is a constant, so it cannot hold what a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteLabel(pub &'static str);

/// Why telemetry cannot be set up.
#[derive(Debug)]
pub struct TelemetryError(String);

impl fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "telemetry cannot be set up: {}", self.0)
    }
}

impl std::error::Error for TelemetryError {}

/// Keeps telemetry going; dropping it sends what has not been sent yet. Drop it outside the asynchronous runtime.
#[derive(Debug, Default)]
pub struct Guard {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(traces) = &self.traces {
            let _ = traces.shutdown_with_timeout(FLUSH);
        }
        if let Some(metrics) = &self.metrics {
            let _ = metrics.shutdown_with_timeout(FLUSH);
        }
    }
}

/// Starts logging to standard error and, if there is an endpoint, the export of traces and metrics. Once a process.
///
/// # Errors
/// If an exporter cannot be made, or telemetry has been started before.
pub fn init(config: &config::Telemetry) -> Result<Guard, TelemetryError> {
    let guard = match &config.otlp_endpoint {
        Some(endpoint) => exporters(endpoint, config.trace_share)?,
        None => Guard::default(),
    };
    let tracer = guard.traces.as_ref().map(|provider| provider.tracer(SERVICE));
    let subscriber = subscriber(config.log, config.log_format, std::io::stderr, tracer);
    tracing::subscriber::set_global_default(subscriber).map_err(|error| TelemetryError(error.to_string()))?;
    if let Some(provider) = &guard.metrics {
        let _ = INSTRUMENTS.set(Instruments::new(&provider.meter(SERVICE)));
    }
    quiet_panics();
    Ok(guard)
}

fn exporters(endpoint: &str, share: f64) -> Result<Guard, TelemetryError> {
    let failed = |error: opentelemetry_otlp::ExporterBuildError| TelemetryError(error.to_string());
    let address = |signal: &str| format!("{}/v1/{signal}", endpoint.trim_end_matches('/'));
    let spans = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(address("traces"))
        .build()
        .map_err(failed)?;
    let metrics = opentelemetry_otlp::MetricExporter::builder()
        .with_http()
        .with_endpoint(address("metrics"))
        .build()
        .map_err(failed)?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share)));
    let traces = SdkTracerProvider::builder().with_resource(resource()).with_sampler(sampler);
    let counts = SdkMeterProvider::builder().with_resource(resource());
    Ok(Guard {
        traces: Some(traces.with_batch_exporter(spans).build()),
        metrics: Some(counts.with_periodic_exporter(metrics).build()),
    })
}

fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder_empty().with_service_name(SERVICE).with_attribute(version).build()
}

/// Where log lines and spans go.
fn subscriber<W>(
    level: LogLevel,
    format: LogFormat,
    writer: W,
    tracer: Option<SdkTracer>,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let spans = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_targets(OURS.map(|ours| (ours, LevelFilter::INFO))))
    });
    registry().with(spans).with(lines.with_filter(filter(level)))
}

/// Ours at the configured level. Libraries only their errors: rustls, for one, has a warning that quotes the
/// server name a client sent. Troubles of the exporter itself are worth a warning.
fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(LevelFilter::ERROR)
        .with_target("opentelemetry", level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|ours| (ours, level)))
}

/// A panic says where it happened, never with which words: they may be a patient's.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let (file, line) = panic.location().map_or(("", 0), |at| (at.file(), at.line()));
        tracing::error!(file, line, "panic: this is a bug in recordgate");
    }));
}

struct Instruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    disclosures: Counter<u64>,
    ingest_rows: Counter<u64>,
    deliveries: Counter<u64>,
    received: Counter<u64>,
    handshake_failures: Counter<u64>,
    connections: UpDownCounter<i64>,
    connections_refused: Counter<u64>,
    operation: operation::Instruments,
}

/// Set by [`init`]; without it nothing is counted.
static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

impl Instruments {
    #[rustfmt::skip]
    fn new(meter: &Meter) -> Self {
        let counter = |name, unit, about| meter.u64_counter(name).with_unit(unit).with_description(about).build();
        let gauge = |name, unit, about| meter.i64_up_down_counter(name).with_unit(unit).with_description(about).build();
        Self {
            duration: meter.f64_histogram(REQUEST_DURATION).with_unit("s").with_boundaries(BOUNDARIES.to_vec())
                .with_description("Duration of HTTP server requests.").build(),
            active: gauge(REQUESTS_ACTIVE, "{request}", "Number of active HTTP server requests."),
            disclosures: counter(DISCLOSURES, "{resource}", "Resources released or withheld, by the rule that decided."),
            ingest_rows: counter(INGEST_ROWS, "{row}", "Rows of suppliers' exports, by what became of them."),
            deliveries: counter(DELIVERIES, "{batch}", "Batches of suppliers, by the step that they took."),
            received: counter(RECEIVED, "By", "Bytes of files that suppliers sent, as they came."),
            handshake_failures: counter(HANDSHAKE_FAILURES, "{connection}", "TLS handshakes that failed."),
            connections: gauge(CONNECTIONS, "{connection}", "Open connections."),
            connections_refused: counter(CONNECTIONS_REFUSED, "{connection}", "Connections closed because their address had too many."),
            operation: operation::Instruments::new(meter),
        }
    }
}

/// What was decided about resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// They were released.
    Released,
    /// They were withheld.
    Withheld,
}

/// Counts decisions. The rule is a code of a closed list; who asked and about whom is not said.
pub fn disclosures(decided: Decided, kind: ResourceType, rule: Rule, count: u64) {
    let Some(instruments) = INSTRUMENTS.get() else { return };
    let decision = match decided {
        Decided::Released => "released",
        Decided::Withheld => "withheld",
    };
    let attributes = [
        KeyValue::new(DECISION, decision),
        KeyValue::new(RESOURCE_TYPE, kind.name()),
        KeyValue::new(RULE, rule.code()),
    ];
    instruments.disclosures.add(count, &attributes);
}

/// Counts rows of an export.
pub fn ingest_rows(fate: Fate, count: u64) {
    let Some(instruments) = INSTRUMENTS.get() else { return };
    let fate = match fate {
        Fate::Stored => "stored",
        Fate::Unchanged => "unchanged",
        Fate::Parked => "parked",
        Fate::Rejected => "rejected",
    };
    instruments.ingest_rows.add(count, &[KeyValue::new(FATE, fate)]);
}

/// Counts a step that a supplier's batch took. Whose it was is not said.
pub(crate) fn delivery(step: &'static str) {
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.deliveries.add(1, &[KeyValue::new(STEP, step)]);
    }
}

/// Counts bytes that suppliers sent.
pub(crate) fn received_bytes(count: u64) {
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.received.add(count, &[]);
    }
}

/// What a handshake failed for if a supplier showed no certificate.
pub(crate) const NO_CERTIFICATE: &str = "no_client_certificate";

/// Counts a TLS handshake that failed, and logs it for who is looking for the reason. Anybody can make one fail, so
/// that few are worth a line in every log.
pub(crate) fn handshake_failed(why: &'static str) {
    if why == NO_CERTIFICATE {
        tracing::info!(why, "a client without a certificate was refused");
    } else {
        tracing::debug!(why, "TLS handshake failed");
    }
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.handshake_failures.add(1, &[KeyValue::new(ERROR, why)]);
    }
}

/// Logs that a client certificate was refused: why, in a word and in words; and of one that an authority of ours issued,
/// whose name it has and the hash of its key.
pub(crate) fn certificate_refused(
    why: &'static str,
    words: &'static str,
    supplier: Option<&str>,
    key: Option<&str>,
) {
    tracing::warn!(why, supplier, key, "a client certificate was refused: {words}");
}

/// Counts a connection that was closed because its address had too many.
pub(crate) fn connection_refused() {
    tracing::debug!("connection refused: its address has too many");
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.connections_refused.add(1, &[]);
    }
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Connected(());

/// Counts a connection.
pub(crate) fn connected() -> Connected {
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.connections.add(1, &[]);
    }
    Connected(())
}

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(instruments) = INSTRUMENTS.get() {
            instruments.connections.add(-1, &[]);
        }
    }
}

/// One request: its span, and its part of the metrics.
#[derive(Debug)]
pub(crate) struct RequestSpan {
    span: Span,
    method: &'static str,
    protocol: &'static str,
    started: Instant,
    traced_by_caller: bool,
}

impl RequestSpan {
    /// A request has arrived. The id is the one that we made for it.
    #[expect(clippy::disallowed_methods, reason = "how long an answer takes is no time of day")]
    pub(crate) fn begin(method: &Method, version: Version, headers: &HeaderMap, id: &str) -> Self {
        let (method, protocol) = (method_label(method), protocol_label(version));
        let span = tracing::info_span!(
            "request",
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method,
            http.route = Empty,
            http.response.status_code = Empty,
            url.scheme = "https",
            network.protocol.version = protocol,
            error.type = Empty,
            recordgate.request.id = id,
        );
        let parent = TraceContextPropagator::new().extract(&Traceparent(headers));
        let traced_by_caller = parent.span().span_context().is_valid();
        if traced_by_caller {
            // It fails only where nothing is exported.
            let _ = span.set_parent(parent);
        }
        let request = Self { span, method, protocol, started: Instant::now(), traced_by_caller };
        request.count_active(1);
        request
    }

    /// The span, for the thread that does the work.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// What the response's `traceparent` says to a caller that sent one: its trace, our span.
    pub(crate) fn traceparent(&self) -> Option<HeaderValue> {
        if !self.traced_by_caller {
            return None;
        }
        let context = self.span.context();
        let context = context.span().span_context().clone();
        let text = format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags());
        if context.is_valid() { HeaderValue::try_from(text).ok() } else { None }
    }

    /// It has been answered.
    pub(crate) fn end(self, route: Option<RouteLabel>, status: StatusCode) {
        let took = self.started.elapsed();
        let failed = status.is_server_error();
        let code = i64::from(status.as_u16());
        let mut attributes = vec![
            KeyValue::new(METHOD, self.method),
            KeyValue::new(SCHEME, "https"),
            KeyValue::new(PROTOCOL, self.protocol),
            KeyValue::new(STATUS, code),
        ];
        self.span.record(STATUS, code);
        // tracing cannot rename a span, and its name is to be method and route.
        let context = self.span.context();
        match route {
            Some(RouteLabel(route)) => {
                context.span().update_name(format!("{} {route}", self.method));
                self.span.record(ROUTE, route);
                attributes.push(KeyValue::new(ROUTE, route));
            }
            None => context.span().update_name(self.method),
        }
        if failed {
            self.span.record("otel.status_code", "ERROR").record(ERROR, status.as_str());
            attributes.push(KeyValue::new(ERROR, code.to_string()));
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.span.in_scope(|| tracing::debug!(micros, "answered"));
        if let Some(instruments) = INSTRUMENTS.get() {
            instruments.duration.record(took.as_secs_f64(), &attributes);
        }
    }

    fn count_active(&self, change: i64) {
        if let Some(instruments) = INSTRUMENTS.get() {
            instruments
                .active
                .add(change, &[KeyValue::new(METHOD, self.method), KeyValue::new(SCHEME, "https")]);
        }
    }
}

/// Also where the client went away before its answer.
impl Drop for RequestSpan {
    fn drop(&mut self) {
        self.count_active(-1);
    }
}

/// Only the header of fixed form. `tracestate` would carry a client's own words into every exported span.
struct Traceparent<'a>(&'a HeaderMap);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then(|| self.0.get(key)?.to_str().ok()).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// The methods of RFC 9110 and PATCH; anything else could be a client's own words.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "PATCH" => "PATCH",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => "_OTHER",
    }
}

fn protocol_label(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}

#[cfg(test)]
pub(crate) mod tests;
