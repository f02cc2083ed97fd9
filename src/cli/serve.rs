//! `recordgate serve`, and the serving that the sandbox shares with it.

use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use gateway::{
    accept,
    audit::Trail,
    clock::{Clock, SystemClock},
    config::{self, Config, Secrets, Severity},
    demo,
    fetch::Fetcher,
    fhir::CursorKey,
    intake::Intake,
    oauth::{
        FetchKeys, Offer,
        stand_in::{self, StandIn},
    },
    operator::Operator,
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
    let apps = bind(config.listen.address)?;
    let suppliers = config.intake.as_ref().map(|intake| bind(intake.address)).transpose()?;
    serve(&config, Listeners { apps, suppliers, demo: None, stand_in: None }, false, || Ok(()))?;
    Ok(ExitCode::SUCCESS)
}

/// Where requests come in.
pub(crate) struct Listeners {
    /// From apps.
    pub(crate) apps: TcpListener,
    /// From suppliers, if there is an intake.
    pub(crate) suppliers: Option<TcpListener>,
    /// From browsers that want the demo app: in sandboxes only.
    pub(crate) demo: Option<(TcpListener, demo::Site)>,
    /// From browsers and from this service, for the pretend NHS login: in sandboxes only.
    pub(crate) stand_in: Option<(TcpListener, StandIn)>,
}

/// What apps are offered.
fn offer(config: &Config, secrets: &Secrets) -> Result<Offer, Failure> {
    let fetch = config.apps.key_authorities.as_deref().map(Fetcher::new).transpose()?;
    let identity = config.apps.identity(&secrets.id)?.map(Arc::new);
    let fetch = fetch.map(|fetch| Arc::new(fetch) as Arc<dyn FetchKeys>);
    let providers =
        config.sign_in.iter().map(|one| one.provider().map(Arc::new)).collect::<Result<_, _>>()?;
    let certificates = config.listen.client_certificates;
    let (registration, letters) = (config.apps.registration, config.letters.accept);
    Ok(Offer { fetch, registration, identity, providers, letters, certificates })
}

/// Takes a configured address.
fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
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

/// Serves until told to stop. `ready` is called once requests are answered.
pub(crate) fn serve(
    config: &Config,
    listeners: Listeners,
    sandbox: bool,
    ready: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let guard = telemetry::init(&config.telemetry)?;
    let secrets = config.keys.open()?;
    let ids = IdKey::new(secrets.id.expose());
    let store = Arc::new(open(config)?);
    store.bind(&ids.fingerprint())?;
    let operator = Arc::new(Operator::configured(config)?);
    let suppliers = match (&config.intake, listeners.suppliers) {
        (Some(intake), Some(listener)) => {
            Some(Suppliers::new(config, intake, Arc::clone(&store), ids, listener, Arc::clone(&operator))?)
        }
        _ => None,
    };
    let certificates = tls::Certificates::load(&config.tls.certificate, &config.tls.key)?;
    let server = if config.listen.client_certificates {
        tls::server_config_asking(Arc::clone(&certificates))?
    } else {
        tls::server_config(Arc::clone(&certificates))?
    };
    let cursors = CursorKey::new(secrets.cursor.expose())
        .ok_or_else(|| Failure("the key for page links cannot be used".to_owned()))?;
    let urls = Urls { base: config.service.base_url.clone() };
    let trail = trail(config)?;
    let service = Service::new(store, trail, Arc::new(SystemClock), urls, cursors, sandbox)
        .with_operator(operator)
        .limited(config.limits.per_minute())
        .offering(offer(config, &secrets)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let limits = config.limits.clone();
    let result = runtime.block_on(async {
        let listener = asynchronous(listeners.apps)?;
        let (trigger, shutdown) = shutdown::channel();
        let of_suppliers =
            suppliers.as_ref().map(|one| (Arc::clone(&one.certificates), Arc::clone(&one.clients)));
        let reload = move || {
            read_again("the certificate", certificates.reload(SystemClock.now()));
            if let Some((certificates, clients)) = &of_suppliers {
                let certificate = certificates.reload(SystemClock.now());
                read_again("the intake's certificate", certificate);
                read_again("the suppliers' authorities and revocation lists", clients.reload());
            }
        };
        shutdown::on_signals(trigger, reload)?;
        let taking = suppliers.map(|one| tokio::spawn(one.serve(shutdown.clone())));
        if let Some((listener, site)) = listeners.demo.filter(|_| sandbox) {
            tokio::spawn(demo::serve(asynchronous(listener)?, site, shutdown.clone()));
        }
        if let Some((listener, stand_in)) = listeners.stand_in.filter(|_| sandbox) {
            let tls = Arc::clone(&server);
            tokio::spawn(stand_in::serve(asynchronous(listener)?, tls, stand_in, shutdown.clone()));
        }
        ready()?;
        accept::serve(listener, server, limits, Arc::new(service), shutdown).await?;
        match taking {
            Some(taking) => taking.await?,
            None => Ok(()),
        }
    });
    runtime.shutdown_timeout(LAST_WAIT);
    drop(guard);
    result
}

/// Goes on writing down who looks.
fn trail(config: &Config) -> Result<Arc<Trail>, Failure> {
    let dir = config.audit_dir();
    let trail = Trail::open(&dir, config.audit.keep_days.map(NonZeroU32::get), SystemClock.now());
    trail.map_err(|error| Failure(format!("audit.dir: cannot write {}: {error}", dir.display())))
}

fn asynchronous(listener: TcpListener) -> std::io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}

/// Says whether files that may have been renewed are in use.
fn read_again(what: &str, result: Result<(), tls::TlsError>) {
    match result {
        Ok(()) => tell!("recordgate: read again: {what}"),
        Err(error) => tell!("recordgate: not read again: {what}: {error}"),
    }
}

/// The listener for suppliers and what stands behind it.
struct Suppliers {
    intake: Arc<Intake>,
    certificates: Arc<tls::Certificates>,
    clients: Arc<tls::Clients>,
    limits: config::Limits,
    listener: TcpListener,
}

impl Suppliers {
    fn new(
        config: &Config,
        intake: &config::Intake,
        store: Arc<Lmdb>,
        ids: IdKey,
        listener: TcpListener,
        operator: Arc<Operator>,
    ) -> Result<Self, Failure> {
        let (certificate, key) = intake.pair();
        let certificates = tls::Certificates::load(certificate, key)?;
        let clients = intake.clients()?;
        let limits = intake.limits(&config.limits);
        let clock = Arc::new(SystemClock);
        let keep = config.store.keep_rows();
        let intake = Intake::open(store, clock, ids, intake.clone(), keep, Arc::clone(&clients), operator)?;
        Ok(Self { intake, certificates, clients, limits, listener })
    }

    /// Takes batches and loads them until told to stop. A load that does not end within the drain limit is cut, and
    /// begun again at the next start.
    async fn serve(self, shutdown: shutdown::Shutdown) -> Result<(), Failure> {
        let listener = asynchronous(self.listener)?;
        let server = self.clients.server_config(self.certificates)?;
        let drain = self.limits.drain;
        let working = tokio::spawn(Arc::clone(&self.intake).work(shutdown.clone()));
        accept::serve(listener, server, self.limits, self.intake, shutdown).await?;
        if tokio::time::timeout(drain, working).await.is_err() {
            tell!("recordgate: a load was cut; it will be begun again");
        }
        Ok(())
    }
}

/// Opens the configured store.
pub(crate) fn open(config: &Config) -> Result<Lmdb, Failure> {
    let settings = Settings { dir: config.store.dir.clone(), max_gib: u64::from(config.store.max_gib) };
    Lmdb::open(&settings).map_err(|error| {
        let Failure(words) = error.into();
        Failure(format!("store.dir: cannot open {}: {words}", settings.dir.display()))
    })
}
