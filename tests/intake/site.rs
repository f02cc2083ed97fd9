//! A served intake with three suppliers, each with its own practice, and the authority that knows them.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints, RevokedCertParams,
    SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value as Json, json};

use super::wire::{Shown, Wire};
use crate::{
    command::{self, export::Export, site::Site},
    support::Answer,
};

pub const BATCHES: &str = "/intake/v1/batches";
pub const ONE: &str = "spiffe://nhs.example/one";
pub const THREE: &str = "spiffe://nhs.example/three";

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        Self::named("test authority")
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate with a key of its own.
    pub fn issue(&self, params: &CertificateParams) -> Shown {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    /// Its own certificate, as if it were a client's.
    pub fn own(&self) -> Shown {
        (vec![self.root()], PrivateKeyDer::Pkcs8(self.0.key().serialize_der().into()))
    }

    pub fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }

    /// An authority under this one.
    pub fn intermediate(&self, name: &str) -> (Self, CertificateDer<'static>) {
        self.intermediate_within(name, None)
    }

    /// The same, for these names only.
    pub fn intermediate_within(
        &self,
        name: &str,
        names: Option<NameConstraints>,
    ) -> (Self, CertificateDer<'static>) {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.name_constraints = names;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let made = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap();
        let certificate = made.der().clone();
        (Self(made), certificate)
    }

    /// A revocation list of these serial numbers, in force until a year.
    pub fn list(&self, revoked: &[u64], until: i32) -> String {
        self.list_until(revoked, jiff::civil::date(i16::try_from(until).unwrap(), 1, 1))
    }

    /// The same, in force until a day.
    pub fn list_until(&self, revoked: &[u64], until: jiff::civil::Date) -> String {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2021, 1, 1),
            next_update: date_time_ymd(
                until.year().into(),
                until.month().try_into().unwrap(),
                until.day().try_into().unwrap(),
            ),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

/// A client certificate's content: a SPIFFE id, and from 2020 to 2040.
pub fn client(uri: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "push");
    params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.serial_number = Some(SerialNumber::from(serial));
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}

/// The content of supplier two's certificate, which is known by its subject.
pub fn two() -> CertificateParams {
    let mut params = client("spiffe://nhs.example/none", 2);
    params.subject_alt_names.clear();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Two Systems");
    params.distinguished_name.push(DnType::CommonName, "push.two.example");
    params
}

/// `recordgate serve`, ended with the test.
pub struct Server {
    pub site: Site,
    pub authority: Authority,
    pub address: SocketAddr,
    /// Supplier `one`: Y99999 in these formats. Serial number 1.
    pub one: Wire,
    /// Supplier `two`: Y99998 in both formats.
    pub two: Wire,
    child: Option<Child>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    pub fn start() -> Self {
        Self::with("")
    }

    /// With more lines in `[intake]`.
    pub fn with(more: &str) -> Self {
        let site = Site::new();
        let authority = Authority::new();
        let mut server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (server.not_before, server.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
        let (chain, key) = authority.issue(&server);
        fs::write(site.path("intake.pem"), pem("CERTIFICATE", &chain[0])).unwrap();
        let file = site.path("intake.key");
        fs::write(&file, pem("PRIVATE KEY", key.secret_der())).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        fs::write(site.path("clients.pem"), authority.pem()).unwrap();
        fs::write(site.path("clients.crl"), authority.list(&[], 2040)).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let config = fs::read_to_string(site.config()).unwrap();
        let intake = format!(
            r#"
            [intake]
            address = "{address}"
            certificate = "intake.pem"
            key = "intake.key"
            client_ca = "clients.pem"
            crls = ["clients.crl"]
            spool = "spool"
            quota_gib = 1
            file_gib = 1
            open_batches = 8
            files_per_batch = 50
            upload_idle_seconds = 2
            {more}
            [[intake.supplier]]
            name = "one"
            spiffe = "{ONE}"
            sends = [{{ practices = ["Y99999"], formats = ["emis-csv", "gp2gp", "gp-connect-stu3"] }}]
            [[intake.supplier]]
            name = "two"
            subject = "O=Two Systems, CN=push.two.example"
            sends = [{{ practices = ["Y99998"], formats = ["emis-csv", "gp2gp"] }}]
            [[intake.supplier]]
            name = "three"
            spiffe = "{THREE}"
            keys = ["{}"]
            sends = [{{ practices = ["Y99997"], formats = ["gp2gp"] }}]
            "#,
            "0".repeat(64)
        );
        fs::write(site.config(), config + &intake).unwrap();
        let wire =
            |params: &CertificateParams| Wire::new(address, &authority.root(), Some(authority.issue(params)));
        let (one, two) = (wire(&client(ONE, 1)), wire(&two()));
        let mut server = Self { site, authority, address, one, two, child: None };
        server.run();
        server
    }

    /// Starts the process, and waits until it takes connections.
    pub fn run(&mut self) {
        let config = self.site.config();
        self.start_as(command::command(&["serve", "--config", &config]));
    }

    /// The same, where no file can be written beyond its first kilobytes: writes fail as on a disk that fails.
    pub fn run_on_a_failing_disk(&mut self) {
        let limited = "trap '' XFSZ; ulimit -f 32; exec \"$@\"";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", limited, "sh", env!("CARGO_BIN_EXE_recordgate"), "serve", "--config"]);
        shell.arg(self.site.config()).env_remove("RECORDGATE_LOG").stdin(Stdio::null());
        self.start_as(shell);
    }

    fn start_as(&mut self, mut command: std::process::Command) {
        let err = fs::File::options().create(true).append(true).open(self.site.path("err")).unwrap();
        let mut child = command.stdout(Stdio::null()).stderr(err).spawn().unwrap();
        for _ in 0..1200 {
            if TcpStream::connect(self.address).is_ok() {
                self.child = Some(child);
                return;
            }
            assert!(child.try_wait().unwrap().is_none(), "{}", self.said());
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("not ready: {}", self.said());
    }

    /// What it wrote on standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(self.site.path("err")).unwrap_or_default()
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.take().unwrap().wait().unwrap().code()
    }

    /// The most memory that it has held, in kilobytes.
    pub fn most_memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.as_ref().unwrap().id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many seconds of processors it has used.
    pub fn processor_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.as_ref().unwrap().id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        // Of its own, in user mode and in the kernel, in hundredths (proc(5)).
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// Another client with a certificate of this content from the same authority.
    pub fn wire(&self, params: &CertificateParams) -> Wire {
        Wire::new(self.address, &self.authority.root(), Some(self.authority.issue(params)))
    }

    pub fn spool(&self) -> PathBuf {
        self.site.path("spool")
    }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

pub fn sha256(bytes: &[u8]) -> String {
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Files to be delivered.
pub type Files = Vec<(String, Vec<u8>)>;

/// The files of a folder.
pub fn files_of(folder: &Path) -> Files {
    let mut files: Files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

pub fn export(export: &Export) -> Files {
    files_of(&export.dir)
}

/// One good GP2GP message.
pub fn message() -> Files {
    vec![("message.xml".to_owned(), command::site::message().as_bytes().to_vec())]
}

pub fn announcement(practice: &str, format: &str, files: &Files) -> Json {
    let files: Vec<Json> = files
        .iter()
        .map(|(name, bytes)| json!({"name": name, "size": bytes.len(), "sha256": sha256(bytes)}))
        .collect();
    json!({"practice": practice, "format": format, "files": files})
}

pub fn encoded(name: &str) -> String {
    name.replace(' ', "%20")
}

impl Wire {
    /// Announces a batch and gives its id.
    pub fn announce(&self, practice: &str, format: &str, files: &Files) -> String {
        let answer = self.post(BATCHES, &announcement(practice, format, files));
        assert_eq!(answer.status, 201, "{}", answer.text());
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location").unwrap(), format!("https://localhost{BATCHES}/{id}"));
        id
    }

    pub fn put(&self, id: &str, name: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.ask("PUT", &format!("{BATCHES}/{id}/files/{}", encoded(name)), headers, body)
    }

    pub fn commit(&self, id: &str) -> Answer {
        self.ask("POST", &format!("{BATCHES}/{id}/commit"), &[], b"")
    }

    /// Announces, sends and commits.
    pub fn deliver(&self, practice: &str, format: &str, files: &Files) -> String {
        let id = self.announce(practice, format, files);
        for (name, bytes) in files {
            let answer = self.put(&id, name, &[], bytes);
            assert_eq!(
                (answer.status, answer.header("upload-complete")),
                (204, Some("?1")),
                "{}",
                answer.text()
            );
        }
        let answer = self.commit(&id);
        assert_eq!(answer.status, 202, "{}", answer.text());
        let at = format!("https://localhost{BATCHES}/{id}");
        assert_eq!(answer.header("content-location"), Some(at.as_str()));
        assert!(answer.header("retry-after").is_some() && answer.header("x-progress").is_some());
        id
    }

    /// Waits until a batch is done.
    pub fn done(&self, id: &str) -> Json {
        for _ in 0..2400 {
            let answer = self.get(&format!("{BATCHES}/{id}"));
            if answer.status == 200 && answer.json()["state"] != "receiving" {
                return answer.json();
            }
            assert_eq!(answer.status, 202, "{}", answer.text());
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it is not done");
    }
}
