//! The configuration: one TOML file, unknown keys refused, and the only place that reads an environment variable.
//!
//! [`Config::load`] refuses what can be seen in the file itself; [`Config::check`] (in `config/check.rs`) looks at what
//! the file points to. Both happen before a port is bound. Secrets never stand in the file: it names files.

mod apps;
mod audit;
mod check;
mod intake;
mod keys;
mod sign_in;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Deserializer};

pub use apps::Apps;
pub use audit::Audit;
pub(crate) use check::WARN_OF_LIST;
pub use check::{Finding, Severity};
pub use intake::{Intake, Sends, Supplier};
pub use keys::{Secret, Secrets};
pub use sign_in::{Letters, SignIn};

use crate::rates::PerMinute;

/// Overrides `telemetry.log` without touching the file.
const LOG_VARIABLE: &str = "RECORDGATE_LOG";

/// Everything that can be configured. Relative paths start at the folder of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where apps connect.
    pub listen: Listen,
    /// The certificate and its key.
    pub tls: Tls,
    /// What the service says about itself.
    pub service: Service,
    /// Where records are kept.
    pub store: Store,
    /// Where the gateway's own keys are kept.
    pub keys: Keys,
    /// Logs, traces and metrics.
    #[serde(default)]
    pub telemetry: Telemetry,
    /// What one client may use up.
    #[serde(default)]
    pub limits: Limits,
    /// Where suppliers connect; without it none can.
    pub intake: Option<Intake>,
    /// A loaded SNOMED CT.
    #[serde(default)]
    pub terminology: Terminology,
    /// Tables beside the built-in ones.
    #[serde(default)]
    pub tables: Tables,
    /// What apps are offered.
    #[serde(default)]
    pub apps: Apps,
    /// Who looked at records.
    #[serde(default)]
    pub audit: Audit,
    /// With whom people sign in; without any, and without letters, nobody can.
    #[serde(default)]
    pub sign_in: Vec<SignIn>,
    /// Signing in with a letter of the practice.
    #[serde(default)]
    pub letters: Letters,
}

/// `[tables]`: what an operator adds to the built-in tables. With another file than before, no record is served until it was
/// made anew (`recordgate admin reproject`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tables {
    /// More sensitive codes, in the shape of `profiles/codes/sensitive.csv`.
    pub sensitive_codes: Option<PathBuf>,
    /// More first names for the reading of free text, as `recordgate lexicon` writes them.
    pub first_names: Option<PathBuf>,
}

/// `[terminology]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terminology {
    /// A file that `recordgate terminology load` made. Without it the built-in tables count alone; with another one
    /// than before, the next load makes every patient's record anew.
    pub file: Option<PathBuf>,
}

/// `[listen]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Address and port for apps, always TLS: `0.0.0.0:8443`, `[::]:8443`.
    pub address: SocketAddr,
    /// Whether connections are asked for a certificate, to which an app's tokens can be bound (RFC 8705). Any one will do:
    /// it proves nothing but that its key is there. Browsers that have one ask their user which to show.
    #[serde(default)]
    pub client_certificates: bool,
}

/// `[tls]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file: the server's certificate first, then the certificates that lead to a root.
    pub certificate: PathBuf,
    /// PEM file: the certificate's private key. ECDSA P-256 costs a quarter of RSA for each new connection.
    pub key: PathBuf,
}

/// `[service]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Scheme, host and perhaps port under which apps reach this service, without a path or a slash at the end:
    /// `https://records.example`. The FHIR base is this and `/fhir/R4`.
    pub base_url: String,
}

impl Service {
    /// The host of the base URL, without its port and without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        let uri = self.base_url.parse::<http::Uri>().unwrap_or_default();
        uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
    }
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Folder of the records. Only the service's own user should be able to open it.
    pub dir: PathBuf,
    /// How large it may grow. Address space is reserved for it at once, disk only as it fills.
    #[serde(default = "max_gib")]
    pub max_gib: u32,
    /// How many days reports row by row are kept, however many batches come after them.
    #[serde(default = "report_days")]
    pub report_days: u32,
    /// How many rows of one practice's batches are kept in such reports at the most: then its oldest ones go before
    /// their time, which is logged.
    #[serde(default = "report_rows")]
    pub report_rows: u64,
}

impl Store {
    /// How long the logs are kept of which reports row by row are made.
    #[must_use]
    pub fn keep_rows(&self) -> store::KeepRows {
        let age = Duration::from_secs(u64::from(self.report_days) * 24 * 3600);
        store::KeepRows { age, rows: self.report_rows }
    }
}

fn report_days() -> u32 {
    35
}

fn report_rows() -> u64 {
    200_000_000
}

fn max_gib() -> u32 {
    256
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Folder of `id.key` (resource ids are made with it: losing it changes every id) and `cursor.key` (page links are
    /// sealed with it), 32 bytes each. `serve` makes them on the first start; keep a copy of `id.key`.
    pub dir: PathBuf,
}

/// `[telemetry]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// An OpenTelemetry collector's OTLP/HTTP address, such as `http://127.0.0.1:4318`. Nothing is exported without it.
    pub otlp_endpoint: Option<String>,
    /// The share of requests that are traced, 0 to 1, where the caller's `traceparent` does not say. Metrics count all.
    pub trace_share: f64,
    /// How much is logged of the gateway itself: error, warn, info, debug or trace. Libraries never log above warn,
    /// since their more talkative levels may carry what a client sent.
    pub log: LogLevel,
    /// `text` or `json`, on standard error.
    pub log_format: LogFormat,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            trace_share: 1.0,
            log: LogLevel::default(),
            log_format: LogFormat::default(),
        }
    }
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what needs somebody's attention.
    Warn,
    /// And what the service does as a whole.
    #[default]
    Info,
    /// And a line for each request and connection.
    Debug,
    /// Everything.
    Trace,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// `[limits]`: what clients may use up, and how long they may take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at a time; more wait in the system's queue.
    pub connections: usize,
    /// Connections at a time from one IP address; more are closed at once.
    pub connections_per_address: usize,
    /// Requests in a minute from one IP address; more are answered 429. 0: no limit.
    pub requests_per_address: u32,
    /// Requests in a minute of one app in one patient's record; more are answered 429. 0: no limit.
    pub requests_per_record: u32,
    /// Requests at a time on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// Size of a request's body; a larger one is answered 413.
    pub request_body_bytes: usize,
    /// Size of a request's line and headers together; more is answered 431.
    pub request_header_bytes: u32,
    /// Number of headers; more are answered 431 (HTTP/1.1).
    pub request_headers: usize,
    /// Length of path and query; a longer one is answered 414.
    pub uri_bytes: usize,
    /// For the TLS handshake.
    #[serde(rename = "handshake_seconds", deserialize_with = "seconds")]
    pub handshake: Duration,
    /// For the headers of a request, counted from the end of the one before: HTTP/1.1 connections that ask nothing
    /// for this long are closed.
    #[serde(rename = "header_seconds", deserialize_with = "seconds")]
    pub header: Duration,
    /// For the body of a request; a slower one is answered 408.
    #[serde(rename = "body_seconds", deserialize_with = "seconds")]
    pub body: Duration,
    /// For a request as a whole, until the client has taken the answer; then the connection is cut.
    #[serde(rename = "request_seconds", deserialize_with = "seconds")]
    pub request: Duration,
    /// Without a request, after which a connection is closed.
    #[serde(rename = "idle_seconds", deserialize_with = "seconds")]
    pub idle: Duration,
    /// For requests in progress to finish when the service stops.
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
}

impl Limits {
    /// How often requests are answered.
    #[must_use]
    pub fn per_minute(&self) -> PerMinute {
        let limit = |requests: u32| Some(requests).filter(|requests| *requests > 0);
        PerMinute { address: limit(self.requests_per_address), record: limit(self.requests_per_record) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 1024,
            requests_per_address: 60_000,
            requests_per_record: 1200,
            streams_per_connection: 128,
            request_body_bytes: 64 * 1024,
            request_header_bytes: 16 * 1024,
            request_headers: 100,
            uri_bytes: 8 * 1024,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(30),
            body: Duration::from_secs(20),
            request: Duration::from_secs(60),
            idle: Duration::from_secs(120),
            drain: Duration::from_secs(20),
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        seconds @ 1..=3600 => Ok(Duration::from_secs(seconds)),
        _ => Err(serde::de::Error::custom("must be between 1 and 3600 seconds")),
    }
}

/// Why the configuration cannot be used.
#[derive(Debug)]
pub enum ConfigError {
    /// A file cannot be read.
    Unreadable {
        /// Which one.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML, or has a key that does not exist, or one of the wrong type.
    Syntax {
        /// Which file.
        file: PathBuf,
        /// Where, which key, and what was expected.
        source: Box<toml::de::Error>,
    },
    /// A value cannot be used.
    Value {
        /// The key, with its section.
        key: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, source } => write!(f, "cannot read {}: {source}", file.display()),
            Self::Syntax { file, source } => {
                write!(f, "{}: {}", file.display(), source.to_string().trim_end())
            }
            Self::Value { key, problem, remedy } => write!(f, "{key}: {problem}; {remedy}"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file and refuses what is wrong in itself.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML, has an unknown key, or a value out of its range.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|source| ConfigError::Unreadable { file: file.to_owned(), source })?;
        Self::parse(&text, file, std::env::var(LOG_VARIABLE).ok())
    }

    /// The folder of the audit trail.
    #[must_use]
    pub fn audit_dir(&self) -> PathBuf {
        self.audit.dir.clone().unwrap_or_else(|| self.store.dir.join("audit"))
    }

    fn parse(text: &str, file: &Path, log: Option<String>) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text)
            .map_err(|source| ConfigError::Syntax { file: file.to_owned(), source: Box::new(source) })?;
        if let Some(name) = log.filter(|name| !name.is_empty()) {
            config.telemetry.log = level(&name)?;
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        let paths =
            [&mut config.tls.certificate, &mut config.tls.key, &mut config.store.dir, &mut config.keys.dir];
        let paths = paths.into_iter().chain(config.intake.iter_mut().flat_map(Intake::paths));
        let tables = &mut config.tables;
        let tables = tables.sensitive_codes.iter_mut().chain(&mut tables.first_names);
        let paths = paths.chain(config.apps.paths()).chain(tables).chain(&mut config.audit.dir);
        let paths = paths.chain(config.sign_in.iter_mut().flat_map(SignIn::paths));
        for path in paths.chain(&mut config.terminology.file) {
            *path = folder.join(&path);
        }
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        base_url(&self.service.base_url)?;
        SignIn::validate(&self.sign_in)?;
        if let Some(endpoint) = &self.telemetry.otlp_endpoint {
            otlp_endpoint(endpoint)?;
        }
        if !(0.0..=1.0).contains(&self.telemetry.trace_share) {
            let problem = format!("{} is not between 0 and 1", self.telemetry.trace_share);
            let remedy = "0.1 traces every tenth request";
            return Err(ConfigError::Value { key: "telemetry.trace_share", problem, remedy });
        }
        let limits = &self.limits;
        within("store.max_gib", u64::from(self.store.max_gib), 1, 65_536)?;
        within("store.report_days", u64::from(self.store.report_days), 1, 3660)?;
        within("store.report_rows", self.store.report_rows, 1_000_000, 100_000_000_000)?;
        within("limits.connections", limits.connections as u64, 1, 1_000_000)?;
        within("limits.connections_per_address", limits.connections_per_address as u64, 1, 1_000_000)?;
        let most = 1_000_000_000;
        within("limits.requests_per_address", u64::from(limits.requests_per_address), 0, most)?;
        within("limits.requests_per_record", u64::from(limits.requests_per_record), 0, most)?;
        within("limits.streams_per_connection", u64::from(limits.streams_per_connection), 1, 1000)?;
        within("limits.request_body_bytes", limits.request_body_bytes as u64, 1024, 64 << 20)?;
        within("limits.request_header_bytes", u64::from(limits.request_header_bytes), 8192, 1 << 20)?;
        within("limits.request_headers", limits.request_headers as u64, 20, 1000)?;
        within("limits.uri_bytes", limits.uri_bytes as u64, 256, u64::from(limits.request_header_bytes))?;
        self.intake.as_ref().map_or(Ok(()), Intake::validate)
    }
}

fn within(key: &'static str, value: u64, low: u64, high: u64) -> Result<(), ConfigError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let problem = format!("{value} is not between {low} and {high}");
    Err(ConfigError::Value { key, problem, remedy: "choose a value in that range, or leave the key out" })
}

fn level(name: &str) -> Result<LogLevel, ConfigError> {
    use serde::de::IntoDeserializer;
    let text = name.to_ascii_lowercase();
    let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
        text.as_str().into_deserializer();
    LogLevel::deserialize(text).map_err(|error| ConfigError::Value {
        key: LOG_VARIABLE,
        problem: error.to_string(),
        remedy: "set the environment variable to one of those, or unset it",
    })
}

fn base_url(url: &str) -> Result<(), ConfigError> {
    let wrong = |problem: &str| {
        let remedy = "write the address that apps use, such as https://records.example";
        Err(ConfigError::Value { key: "service.base_url", problem: problem.to_owned(), remedy })
    };
    let Ok(uri) = url.parse::<http::Uri>() else { return wrong("it is not a URL") };
    if uri.scheme_str() != Some("https") {
        return wrong("it does not begin with https://");
    }
    if url.ends_with('/') {
        return wrong("it ends with a slash");
    }
    let origin_only = uri.path() == "/" && uri.query().is_none() && !url.contains(['#', '@', '?']);
    if !origin_only || uri.host().is_none_or(str::is_empty) {
        return wrong("it has more or less than a host and perhaps a port");
    }
    Ok(())
}

fn otlp_endpoint(url: &str) -> Result<(), ConfigError> {
    let wrong = |problem: &str| {
        let remedy = "name a collector next to this service, such as http://127.0.0.1:4318, and let it encrypt from there";
        Err(ConfigError::Value { key: "telemetry.otlp_endpoint", problem: problem.to_owned(), remedy })
    };
    let Ok(uri) = url.parse::<http::Uri>() else { return wrong("it is not a URL") };
    match uri.scheme_str() {
        Some("http") if uri.query().is_none() && !url.contains(['#', '@', '?']) => Ok(()),
        Some("http") => wrong("it has a query or a user name"),
        _ => wrong("it does not begin with http://"),
    }
}
