//! `recordgate sandbox`: everything on this machine, with synthetic people, by the same code as the real thing.

use std::{
    fs,
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
};

use gateway::{
    clock::{Clock, SystemClock},
    config::Config,
    operator::Operator,
};
use ingest::Format;
use record::OdsCode;
use serde::{Deserialize, Serialize};
use store::{App, AppStatus, Store};

use crate::{
    Failure,
    args::{SandboxArgs, SandboxCommand},
    certificates,
    demo::{self, Demo},
    opened::Opened,
    pretend, report,
    serve::{Listeners, open, serve},
    users::{self, User},
};

const PRACTICE: &str = "Y99999";
const CLIENT_ID: &str = "demo-app";
const REDIRECT_URI: &str = "http://localhost:8000/callback";
const DEMO_PORT: u16 = 8000;
const MARKER: &str = "sandbox.json";
/// What a sandbox makes in its folder beside the marker, and may delete again.
const OURS: [&str; 7] =
    ["export", "store", "keys", "spool", "recordgate.toml", certificates::IDENTITY, certificates::LOGIN];
/// What its supplier may send for, beside the practice that it is filled with.
const OTHER_PRACTICE: &str = "Y99998";

/// What the folder of a sandbox says about itself.
#[derive(Serialize, Deserialize)]
struct Marker {
    version: String,
    patients: u32,
    seed: u64,
    users: Vec<User>,
    /// It was made to its end.
    #[serde(default)]
    finished: bool,
}

impl Marker {
    fn new(args: &SandboxArgs, users: Vec<User>, finished: bool) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { version, patients: args.patients, seed: args.seed, users, finished }
    }
}

/// How to push to a sandbox.
#[derive(Serialize)]
struct Supplying {
    base: String,
    certificate_file: PathBuf,
    key_file: PathBuf,
    practices: [&'static str; 2],
}

/// What `--ready-file` gets.
#[derive(Serialize)]
struct Ready<'a> {
    fhir_base: String,
    ca_file: PathBuf,
    intake: Supplying,
    /// The issuer of the pretend NHS login.
    login: &'a str,
    demo_app: Option<&'a str>,
    client_id: &'a str,
    redirect_uri: &'a str,
    users: &'a [User],
}

pub(crate) fn run(args: SandboxArgs) -> Result<ExitCode, Failure> {
    if let Some(SandboxCommand::Token { dir, user, scope }) = args.command {
        return token(&dir, &user, &scope);
    }
    let apps = bind(args.port, "--port")?;
    let after = if args.port == 0 { 0 } else { args.port.checked_add(1).unwrap_or(0) };
    let suppliers = bind(args.intake_port.unwrap_or(after), "--intake-port")?;
    let demo = demo_app_of(&args)?;
    let login = pretend::bind(args.port)?;
    let here = |listener: &TcpListener| {
        listener.local_addr().map(|address| format!("https://127.0.0.1:{}", address.port()))
    };
    let urls = Urls {
        base: here(&apps)?,
        intake: here(&suppliers)?,
        login: here(&login)?,
        demo: demo.as_ref().map(|demo| demo.url.clone()),
    };
    let marker = prepare(&args, &urls)?;
    let config = Config::load(&args.dir.join("recordgate.toml"))?;
    let store = open(&config)?;
    demo::register(&store, CLIENT_ID, redirect_uris(&args, demo.as_ref()))?;
    let stand_in = Some((login, pretend::stand_in(&config, &store, &urls.login, &marker.users)?));
    drop(store);
    let ca = fs::canonicalize(args.dir.join("ca.pem"))?;
    let site = |demo: Demo| Ok::<_, Failure>((demo.site(&urls.base, CLIENT_ID, &ca, &marker.users)?, demo));
    let demo = demo.map(site).transpose()?.map(|(site, demo)| (demo.listener, site));
    serve(&config, Listeners { apps, suppliers: Some(suppliers), demo, stand_in }, true, || {
        announce(&args.dir, &urls, &marker);
        match &args.ready_file {
            Some(file) => ready_file(file, &args.dir, &urls, &marker),
            None => Ok(()),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where a sandbox is.
struct Urls {
    base: String,
    intake: String,
    login: String,
    demo: Option<String>,
}

/// The demo app's listener, unless it is not wanted.
fn demo_app_of(args: &SandboxArgs) -> Result<Option<Demo>, Failure> {
    if args.no_demo {
        return Ok(None);
    }
    let usual = if args.port == 0 { 0 } else { DEMO_PORT };
    let listener = bind(args.demo_port.unwrap_or(usual), "--demo-port")
        .map_err(|Failure(words)| Failure(format!("{words}; or leave the demo app out with --no-demo")))?;
    Ok(Some(Demo::new(listener)?))
}

/// Where people may be sent back to from the sign-in.
fn redirect_uris(args: &SandboxArgs, demo: Option<&Demo>) -> Vec<String> {
    let mut uris = vec![REDIRECT_URI.to_owned()];
    for uri in demo.map(Demo::redirect_uri).into_iter().chain(args.redirect_uri.iter().cloned()) {
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    uris
}

fn bind(port: u16, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        Failure(format!(
            "cannot listen on 127.0.0.1:{port}: {error}; take another with {option}, or 0 for any"
        ))
    })
}

/// Makes the folder, or takes up one that was made with the same options. A folder is a sandbox's from its marker on,
/// which is the first thing in it: nothing is ever deleted or written over in any other folder.
fn prepare(args: &SandboxArgs, urls: &Urls) -> Result<Marker, Failure> {
    let dir = &args.dir;
    fs::create_dir_all(dir).map_err(|error| Failure(format!("{}: {error}", dir.display())))?;
    let mut found = read_marker(dir)?;
    if found.is_none() && fs::read_dir(dir)?.next().is_some() {
        return Err(Failure(format!(
            "{} holds files and is not the folder of a sandbox: name another folder with --dir",
            dir.display()
        )));
    }
    if args.reset {
        found = None;
    }
    match &found {
        Some(marker) => taken_up(args, marker)?,
        None => {
            write_marker(dir, &Marker::new(args, Vec::new(), false))?;
            clear(dir)?;
        }
    }
    certificates::make(dir)?;
    certificates::make_rsa(dir, certificates::IDENTITY)?;
    certificates::make_rsa(dir, certificates::LOGIN)?;
    fs::write(dir.join("recordgate.toml"), configuration(urls))?;
    match found {
        Some(marker) => Ok(marker),
        None => {
            let marker = Marker::new(args, fill(args)?, true);
            write_marker(dir, &marker)?;
            Ok(marker)
        }
    }
}

/// Whether what a folder holds is what was asked for.
fn taken_up(args: &SandboxArgs, found: &Marker) -> Result<(), Failure> {
    let dir = args.dir.display();
    if !found.finished {
        return Err(Failure(format!(
            "{dir} holds a sandbox that was interrupted while it was made: say --reset to make it anew, or name another \
             --dir"
        )));
    }
    if (found.version.as_str(), found.patients, found.seed)
        == (env!("CARGO_PKG_VERSION"), args.patients, args.seed)
    {
        return Ok(());
    }
    Err(Failure(format!(
        "{dir} holds a sandbox of {} patients with seed {}, made by version {}: say --reset to replace it, or name \
         another --dir",
        found.patients, found.seed, found.version
    )))
}

fn read_marker(dir: &Path) -> Result<Option<Marker>, Failure> {
    let path = dir.join(MARKER);
    match fs::read(&path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(marker) => Ok(Some(marker)),
            Err(error) => Err(Failure(format!("{} cannot be understood: {error}", path.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure(format!("cannot read {}: {error}", path.display()))),
    }
}

fn write_marker(dir: &Path, marker: &Marker) -> Result<(), Failure> {
    write_whole(&dir.join(MARKER), &serde_json::to_vec_pretty(marker)?)
}

/// Writes a file aside and moves it to its name, so that nobody reads half of it.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let part = file.with_extension("part");
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, file));
    written.map_err(|error| Failure(format!("cannot write {}: {error}", file.display())))
}

fn clear(dir: &Path) -> Result<(), Failure> {
    for name in OURS.into_iter().chain(certificates::FILES) {
        let path = dir.join(name);
        let done = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match done {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn configuration(Urls { base, intake, login, .. }: &Urls) -> String {
    let [address, intake] = [base, intake].map(|url| url.trim_start_matches("https://"));
    let formats = Format::ALL.map(|format| format!("\"{format}\"")).join(", ");
    let (supplier, identity) = (certificates::SUPPLIER, certificates::IDENTITY);
    let login = pretend::configuration(login);
    format!(
        "# Made by `recordgate sandbox`.\n[listen]\naddress = \"{address}\"\n[tls]\ncertificate = \"server.pem\"\n\
         key = \"server.key\"\n[service]\nbase_url = \"{base}\"\n[store]\ndir = \"store\"\nmax_gib = 16\n[keys]\n\
         dir = \"keys\"\n[apps]\nregistration = true\nidentity_keys = [\"{identity}\"]\n[letters]\naccept = true\n[limits]\nrequests_per_address = 0\nrequests_per_record = 0\n[telemetry]\nlog = \"warn\"\n[intake]\naddress = \"{intake}\"\ncertificate = \"server.pem\"\n\
         key = \"server.key\"\nclient_ca = \"ca.pem\"\nspool = \"spool\"\nquota_gib = 65536\nfile_gib = 1\n\
         open_batches = 10000\n[[intake.supplier]]\nname = \"demo\"\nspiffe = \"{supplier}\"\nsends = \
         [{{ practices = [\"{PRACTICE}\", \"{OTHER_PRACTICE}\"], formats = [{formats}] }}]\n{login}"
    )
}

/// Writes a synthetic export, loads it as a real one is loaded, and adds an app and people who can sign in.
fn fill(args: &SandboxArgs) -> Result<Vec<User>, Failure> {
    let practice: OdsCode = PRACTICE.parse()?;
    let opened = Opened::read(&args.dir.join("recordgate.toml"))?;
    let export = args.dir.join("export");
    let options = synth::Options { seed: args.seed, ..synth::Options::new(practice.clone(), args.patients) };
    let summary = synth::write(synth::Format::EmisCsv, &options, &export, &mut |_| {})?;
    let result =
        opened.work(&Operator::default(), &practice, |loader| loader.load(Format::EmisCsv, &[export]));
    let report = result?;
    if let Some(issue) = report.issues.iter().find(|issue| issue.severity == record::Severity::Fatal) {
        return Err(Failure(issue.to_string()));
    }
    tell!("{}", report::text(&report).trim_end());
    opened.store.set_app(&demo_app())?;
    Ok(users::make(&opened.store, &practice, &summary.people, SystemClock.today())?)
}

fn demo_app() -> App {
    let scopes = [
        "launch/patient",
        "openid",
        "fhirUser",
        "offline_access",
        "patient/*.rs",
        "patient/*.read",
        "patient/Patient.rs",
        "patient/Observation.rs",
        "patient/Immunization.rs",
    ];
    App {
        client_id: CLIENT_ID.to_owned(),
        name: "Demo app".to_owned(),
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        scopes: scopes.map(str::to_owned).to_vec(),
        status: AppStatus::Approved,
        ..App::default()
    }
}

fn announce(dir: &Path, Urls { base, intake, demo, .. }: &Urls, marker: &Marker) {
    // Whole paths, so that the line works in whatever folder it is pasted.
    let binary =
        std::env::current_exe().map_or_else(|_| "recordgate".to_owned(), |path| path.display().to_string());
    let folder = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let folder = folder.display();
    say!("recordgate {}   sandbox: synthetic people, nothing here is real\n", env!("CARGO_PKG_VERSION"));
    if let Some(demo) = demo {
        say!("  Demo app  {demo}   open it in a browser and sign in as pat01");
    }
    say!("  FHIR      {base}/fhir/R4");
    say!("  Sign in   client id {CLIENT_ID}, redirect URI {REDIRECT_URI}");
    say!("  CA        {folder}/ca.pem");
    say!("  Intake    {intake}/intake/v1 with {folder}/supplier.pem and supplier.key\n");
    say!("  {:<16} {:<10} {:<33} about", "user", "level", "patient");
    for user in marker.users.iter().take(24) {
        say!("  {:<16} {:<10} {:<33} {}", user.user, user.level, user.patient, user.about);
    }
    if marker.users.len() > 24 {
        say!("  and {} more in {folder}/{MARKER}", marker.users.len() - 24);
    }
    say!("\n  Try:");
    say!(
        "curl --cacert {folder}/ca.pem -H \"Authorization: Bearer $({binary} sandbox token --dir {folder} --user pat01)\" \
         '{base}/fhir/R4/Observation?category=vital-signs&_count=3'"
    );
    say!(
        "{binary} synth --format emis-csv --practice {OTHER_PRACTICE} extract && {binary} push --url {intake} --cert \
         {folder}/supplier.pem --key {folder}/supplier.key --ca {folder}/ca.pem --practice {OTHER_PRACTICE} --format \
         emis-csv extract"
    );
}

fn ready_file(
    file: &Path,
    dir: &Path,
    Urls { base, intake, login, demo }: &Urls,
    marker: &Marker,
) -> Result<(), Failure> {
    let ready = Ready {
        fhir_base: format!("{base}/fhir/R4"),
        ca_file: fs::canonicalize(dir.join("ca.pem"))?,
        intake: Supplying {
            base: format!("{intake}/intake/v1"),
            certificate_file: fs::canonicalize(dir.join("supplier.pem"))?,
            key_file: fs::canonicalize(dir.join("supplier.key"))?,
            practices: [PRACTICE, OTHER_PRACTICE],
        },
        login,
        demo_app: demo.as_deref(),
        client_id: CLIENT_ID,
        redirect_uri: REDIRECT_URI,
        users: &marker.users,
    };
    write_whole(file, &serde_json::to_vec_pretty(&ready)?)
}

/// Prints an access token for one of the sandbox's users.
fn token(dir: &Path, user: &str, scope: &str) -> Result<ExitCode, Failure> {
    let marker = read_marker(dir)?.filter(|marker| marker.finished).ok_or_else(|| {
        Failure(format!(
            "{} is not the folder of a sandbox; tokens are handed out like this only there",
            dir.display()
        ))
    })?;
    if !marker.users.iter().any(|known| known.user == user) {
        let known: Vec<&str> = marker.users.iter().map(|user| user.user.as_str()).take(8).collect();
        return Err(Failure(format!("no such user; there are {} and so on", known.join(", "))));
    }
    let config = Config::load(&dir.join("recordgate.toml"))?;
    let store = open(&config)?;
    let token = auth::issue_sandbox_token(&store, SystemClock.now(), user, scope, CLIENT_ID)?;
    // Not `say!`: who asks for a token must know if it did not arrive.
    writeln!(std::io::stdout(), "{}", token.token)?;
    Ok(ExitCode::SUCCESS)
}
