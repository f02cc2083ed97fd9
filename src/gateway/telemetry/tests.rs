//! Telemetry as tests see it: everything that is logged and exported, kept in memory.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex},
};

use opentelemetry_sdk::{
    metrics::{InMemoryMetricExporter, PeriodicReader},
    trace::InMemorySpanExporter,
};

use super::*;

/// Log lines, in memory.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that leaves the process by telemetry.
pub(crate) struct Watched {
    pub(crate) lines: Lines,
    pub(crate) spans: InMemorySpanExporter,
    metrics: InMemoryMetricExporter,
    traces_of: SdkTracerProvider,
    metrics_of: SdkMeterProvider,
}

impl Watched {
    pub(crate) fn metrics(&self) -> String {
        self.metrics_of.force_flush().unwrap();
        format!("{:?}", self.metrics.get_finished_metrics().unwrap())
    }

    pub(crate) fn spans(&self) -> String {
        self.traces_of.force_flush().unwrap();
        format!("{:?}", self.spans.get_finished_spans().unwrap())
    }
}

/// The real subscriber at its most talkative, and the real instruments, for the whole process.
pub(crate) fn watch() -> &'static Watched {
    static WATCHED: OnceLock<Watched> = OnceLock::new();
    WATCHED.get_or_init(|| {
        let lines = Lines::default();
        let spans = InMemorySpanExporter::default();
        let metrics = InMemoryMetricExporter::default();
        let traces_of = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        let reader = PeriodicReader::builder(metrics.clone()).build();
        let metrics_of = SdkMeterProvider::builder().with_reader(reader).build();
        let writer = lines.clone();
        let tracer = Some(traces_of.tracer(SERVICE));
        let subscriber = subscriber(LogLevel::Trace, LogFormat::Json, move || writer.clone(), tracer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        assert!(INSTRUMENTS.set(Instruments::new(&metrics_of.meter(SERVICE))).is_ok());
        Watched { lines, spans, metrics, traces_of, metrics_of }
    })
}

fn logged(level: LogLevel, format: LogFormat, what: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = subscriber(level, format, move || writer.clone(), None);
    tracing::subscriber::with_default(subscriber, what);
    lines.text()
}

#[test]
fn libraries_log_nothing_below_an_error_whatever_is_configured() {
    let text = logged(LogLevel::Trace, LogFormat::Text, || {
        tracing::warn!(target: "rustls::server", "canary warning");
        tracing::trace!(target: "h2::codec", "canary trace");
        tracing::warn!(target: "opentelemetry_sdk", "exporter warning");
        tracing::trace!("our trace");
    });
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("our trace") && text.contains("exporter warning"), "{text}");
}

#[test]
fn a_json_line_is_one_object() {
    let text = logged(LogLevel::Info, LogFormat::Json, || {
        tracing::info!(port = 1, "listening");
        tracing::debug!("not this");
    });
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["message"], &line["port"]), (&"listening".into(), &1.into()));
}

#[test]
fn a_panic_is_logged_by_its_place_and_not_by_its_words() {
    let text = logged(LogLevel::Info, LogFormat::Text, || {
        let usual = std::panic::take_hook();
        quiet_panics();
        let caught = std::panic::catch_unwind(|| panic!("canary"));
        std::panic::set_hook(usual);
        assert!(caught.is_err());
    });
    assert!(text.contains("telemetry/tests.rs") && !text.contains("canary"), "{text}");
}

#[test]
fn a_tracestate_is_never_taken() {
    let mut headers = HeaderMap::new();
    headers.insert(
        "traceparent",
        HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    );
    headers.insert("tracestate", HeaderValue::from_static("canary=1"));
    let parent = TraceContextPropagator::new().extract(&Traceparent(&headers));
    assert!(parent.span().span_context().is_valid());
    assert_eq!(parent.span().span_context().trace_state().header(), "");
}

#[test]
fn domain_counts_are_exported_with_closed_attributes() {
    let watched = watch();
    disclosures(Decided::Withheld, ResourceType::Observation, Rule::SectionOff, 3);
    ingest_rows(Fate::Parked, 5);
    handshake_failed("timeout");
    let metrics = watched.metrics();
    for word in
        [DISCLOSURES, "withheld", "Observation", "section-off", INGEST_ROWS, "parked", HANDSHAKE_FAILURES]
    {
        assert!(metrics.contains(word), "{word}: {metrics}");
    }
}

/// Takes one HTTP request and answers 200; says which path it was for.
fn collector(listener: &std::net::TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut taken = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = String::from_utf8_lossy(&taken).into_owned();
        if let Some((head, _)) = head.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if taken.len() >= head.len() + 4 + length.unwrap_or(0usize) {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
                return head.split(' ').nth(1).unwrap_or_default().to_owned();
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the exporter went away");
        taken.extend_from_slice(&buffer[..read]);
    }
}

#[test]
fn traces_and_metrics_reach_an_otlp_collector_before_the_guard_is_gone() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let took = std::thread::spawn(move || [collector(&listener), collector(&listener)]);
    let guard = exporters(&endpoint, 1.0).unwrap();
    let tracer = guard.traces.as_ref().unwrap().tracer(SERVICE);
    let subscriber = subscriber(LogLevel::Info, LogFormat::Text, io::sink, Some(tracer));
    tracing::subscriber::with_default(subscriber, || drop(tracing::info_span!("request")));
    Instruments::new(&guard.metrics.as_ref().unwrap().meter(SERVICE)).ingest_rows.add(1, &[]);
    drop(guard);
    let mut paths = took.join().unwrap();
    paths.sort();
    assert_eq!(paths, ["/v1/metrics", "/v1/traces"]);
}
