//! `recordgate serve`, and the serving that the sandbox shares with it.

use std::{net::TcpListener, process::ExitCode, sync::Arc, time::Duration};

use gateway::{
    accept,
    clock::{Clock, SystemClock},
    config::{Config, Severity},
    fhir::CursorKey,
    service::{Service, Urls},
    shutdown, telemetry, tls,
};
use project::IdKey;
use store::{Lmdb, Settings, Store};

use crate::{Failure, args::ServeArgs};

/// Threads that answer may block for this long after the last connection is closed.
const LAST_WAIT: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let config = Config::load(&args.config)?;
    check(&config)?;
    let listener = bind(&config)?;
    serve(&config, listener, false, || Ok(()))?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the configured address.
pub(crate) fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let address = config.listen.address;
    TcpListener::bind(address).map_err(|error| {
        Failure(format!("cannot listen on {address}: {error}; is another server running there?"))
    })
}

/// Refuses a configuration with which the service would not work or would not be safe.
fn check(config: &Config) -> Result<(), Failure> {
    let findings = config.check(SystemClock.now());
    findings.iter().for_each(|finding| tell!("{finding}"));
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(Failure("the configuration cannot be used; nothing was started".to_owned()));
    }
    Ok(())
}

/// Serves on a listener until told to stop. `ready` is called once requests are answered.
pub(crate) fn serve(
    config: &Config,
    listener: TcpListener,
    sandbox: bool,
    ready: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let guard = telemetry::init(&config.telemetry)?;
    let secrets = config.keys.open()?;
    let store = open(config)?;
    store.bind(&IdKey::new(secrets.id.expose()).fingerprint())?;
    let certificates = tls::Certificates::load(&config.tls.certificate, &config.tls.key)?;
    let server = tls::server_config(Arc::clone(&certificates))?;
    let cursors = CursorKey::new(secrets.cursor.expose())
        .ok_or_else(|| Failure("the key for page links cannot be used".to_owned()))?;
    let urls = Urls { base: config.service.base_url.clone() };
    let service = Service::new(Arc::new(store), Arc::new(SystemClock), urls, cursors, sandbox);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let limits = config.limits.clone();
    let result = runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (trigger, shutdown) = shutdown::channel();
        let reload = move || match certificates.reload(SystemClock.now()) {
            Ok(()) => tracing_line("the certificate was read again"),
            Err(error) => tracing_line(&format!("the certificate was not read again: {error}")),
        };
        shutdown::on_signals(trigger, reload)?;
        ready()?;
        accept::serve(listener, server, limits, Arc::new(service), shutdown).await.map_err(Failure::from)
    });
    runtime.shutdown_timeout(LAST_WAIT);
    drop(guard);
    result
}

fn tracing_line(words: &str) {
    tell!("recordgate: {words}");
}

/// Opens the configured store.
pub(crate) fn open(config: &Config) -> Result<Lmdb, Failure> {
    let settings = Settings { dir: config.store.dir.clone(), max_gib: u64::from(config.store.max_gib) };
    Lmdb::open(&settings).map_err(|error| {
        let Failure(words) = error.into();
        Failure(format!("store.dir: cannot open {}: {words}", settings.dir.display()))
    })
}
