//! Looks at what the configuration points to, before anything depends on it: certificates, keys, folders.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};

use super::Config;
use rustls::sign::CertifiedKey;

use crate::{
    operator::Operator,
    tls::{self, Validity},
};

/// How long before a certificate ends its operator is warned.
const WARN_BEFORE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but somebody should look.
    Warning,
    /// The service would not work or would not be safe; `serve` refuses to start.
    Error,
}

/// Something about the configuration that its operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The key that it is about.
    pub key: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{word}: {}: {}", self.key, self.message)
    }
}

impl Config {
    /// Everything that is wrong with what the configuration points to. Changes nothing: a folder that is made to see
    /// whether it can be is taken away again.
    #[must_use]
    pub fn check(&self, now: Timestamp) -> Vec<Finding> {
        let mut found = Vec::new();
        self.check_certificate(now, &mut found);
        self.check_folders(&mut found);
        if let Some(intake) = &self.intake {
            intake.check(now, &mut found);
            let (apps, suppliers) = (self.listen.address, intake.address);
            if collide(apps, suppliers) {
                let message = format!(
                    "suppliers cannot come to {suppliers}, since apps come to {apps} ([listen]): choose another port"
                );
                found.push(error("intake.address", message));
            }
        }
        if let Err(problem) = Operator::configured(self) {
            found.push(error(problem.key(), problem.to_string()));
        }
        self.apps.check(&mut found);
        self.sign_in.iter().for_each(|one| one.check(&mut found));
        found.extend(self.keys.problems().iter().map(|problem| error("keys.dir", problem.to_string())));
        found
    }

    fn check_certificate(&self, now: Timestamp, found: &mut Vec<Finding>) {
        private_key("tls.key", &self.tls.key, found);
        let pair = match tls::read(&self.tls.certificate, &self.tls.key) {
            Ok(pair) => pair,
            Err(problem) => return found.push(error(problem.key(), problem.to_string())),
        };
        in_time("tls.certificate", &pair, now, found);
        let host = self.service.host();
        if !tls::covers(&pair, &host) {
            let message = format!(
                "the certificate is not for {host}; correct one of the two, unless a proxy stands in front"
            );
            found.push(warning("service.base_url", message));
        }
    }

    fn check_folders(&self, found: &mut Vec<Finding>) {
        for (key, folder) in [("store.dir", &self.store.dir), ("keys.dir", &self.keys.dir)] {
            self::folder(key, folder, found);
        }
        if let Some(dir) = &self.audit.dir {
            self::folder("audit.dir", dir, found);
        }
        let records = fs::read_dir(&self.store.dir).is_ok_and(|mut files| files.next().is_some());
        if records && !self.keys.id_exists() {
            let message = "there are records but no id.key: a new one would change every resource's id; put back its copy";
            found.push(error("keys.dir", message.to_owned()));
        }
    }
}

/// Whether everybody can read a private key.
pub(super) fn private_key(key: &'static str, file: &Path, found: &mut Vec<Finding>) {
    if mode(file).is_some_and(|mode| mode & 0o007 != 0) {
        let message = format!("every user can read {}; run chmod o= on it", file.display());
        found.push(error(key, message));
    }
}

/// Whether a certificate is good now, and for how long.
pub(super) fn in_time(key: &'static str, pair: &CertifiedKey, now: Timestamp, found: &mut Vec<Finding>) {
    match tls::validity(pair, now) {
        Validity::Good => {}
        Validity::Ended(at) => found.push(error(key, format!("it ended at {at}; renew it"))),
        Validity::Begins(at) => {
            let message =
                format!("it is not valid before {at}; check this machine's clock, or use the old one");
            found.push(error(key, message));
        }
        Validity::Broken => {
            found.push(error(key, "clients will not be able to read it; have it issued again".into()));
        }
    }
    if let (Validity::Good, Validity::Ended(at)) =
        (tls::validity(pair, now), tls::validity(pair, now + WARN_BEFORE))
    {
        found.push(warning(key, format!("it ends at {at}; renew it and send SIGHUP")));
    }
}

/// How long before a revocation list is out of date its operator is warned.
pub(crate) const WARN_OF_LIST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether revocation lists are in force, and for how long. What cannot be read of them is told elsewhere.
pub(super) fn lists(files: &[PathBuf], now: Timestamp, found: &mut Vec<Finding>) {
    let ends = tls::lists(files).unwrap_or_default().into_iter();
    for (file, ends) in ends.filter_map(|list| Some((list.file, list.ends?))) {
        let file = file.display();
        if ends <= now {
            let message = format!(
                "{file} is out of date since {ends}, and every supplier is refused: fetch the new list and send SIGHUP"
            );
            found.push(error("intake.crls", message));
        } else if ends <= now + WARN_OF_LIST {
            let message = format!(
                "{file} is out of date from {ends} on, and then every supplier is refused: fetch the next list and send SIGHUP"
            );
            found.push(warning("intake.crls", message));
        }
    }
}

/// Whether a folder can be used and is not open to all.
pub(super) fn folder(key: &'static str, folder: &Path, found: &mut Vec<Finding>) {
    if folder.is_dir() {
        if mode(folder).is_some_and(|mode| mode & 0o007 != 0) {
            let message = format!("every user can look into {}; run chmod o= on it", folder.display());
            found.push(warning(key, message));
        }
    } else if folder.exists() {
        return found.push(error(key, format!("{} is not a folder", folder.display())));
    }
    if let Err(problem) = can_be_written(folder) {
        let message = format!(
            "{} cannot be made or written to ({problem}): name another folder, or give it to the user that runs the service",
            folder.display()
        );
        found.push(error(key, message));
    }
}

/// Makes a folder where records would go, or would have to be made, and takes it away again.
fn can_be_written(folder: &Path) -> io::Result<()> {
    let missing = folder.ancestors().take_while(|above| !(is_there(above) || above.exists())).last();
    let probe = match missing {
        Some(missing) => missing.to_owned(),
        None => folder.join(format!(".recordgate-check-{}", std::process::id())),
    };
    match fs::DirBuilder::new().mode(0o700).create(&probe) {
        Ok(()) => fs::remove_dir(&probe),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && probe.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether two listeners cannot have these addresses at a time.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let one_takes_all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || one_takes_all)
}

/// Whether a folder is there. What is above a bare name is the working directory.
fn is_there(folder: &Path) -> bool {
    folder.as_os_str().is_empty() || folder.is_dir()
}

fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode())
}

pub(super) fn error(key: &'static str, message: String) -> Finding {
    Finding { severity: Severity::Error, key, message }
}

pub(super) fn warning(key: &'static str, message: String) -> Finding {
    Finding { severity: Severity::Warning, key, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{Issued, issue};

    fn days(days: i64) -> SignedDuration {
        SignedDuration::from_hours(24 * days)
    }

    /// A configuration whose files exist, and what `check` says of it at a number of days from the certificate's end.
    struct Case {
        dir: tempfile::TempDir,
        config: Config,
        issued: Issued,
    }

    fn case() -> Case {
        let dir = tempfile::tempdir().unwrap();
        let issued = issue("records.example");
        issued.write(dir.path());
        for folder in ["records", "keys"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
            fs::set_permissions(dir.path().join(folder), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let file = dir.path().join("recordgate.toml");
        fs::write(
            &file,
            r#"
            listen.address = "127.0.0.1:0"
            tls = { certificate = "certificate.pem", key = "key.pem" }
            service.base_url = "https://Records.example"
            store.dir = "records"
            keys.dir = "keys"
            "#,
        )
        .unwrap();
        let config = Config::load(&file).unwrap();
        Case { dir, config, issued }
    }

    impl Case {
        fn said(&self, days_before_end: i64) -> Vec<String> {
            let now = self.issued.not_after - days(days_before_end);
            self.config.check(now).iter().map(ToString::to_string).collect()
        }

        fn says(&self, days_before_end: i64, words: &str) {
            let said = self.said(days_before_end);
            assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
        }
    }

    #[test]
    fn a_good_configuration_has_no_findings() {
        assert_eq!(case().said(30), Vec::<String>::new());
    }

    #[test]
    fn the_end_of_a_certificate_is_a_warning_for_two_weeks_and_then_an_error() {
        let case = case();
        assert_eq!(case.said(15), Vec::<String>::new());
        case.says(13, "warning: tls.certificate: it ends at ");
        case.says(-1, "error: tls.certificate: it ended at ");
        case.says(7400, "error: tls.certificate: it is not valid before ");
    }

    #[test]
    fn a_revocation_list_is_a_warning_for_a_week_before_it_ends_and_then_an_error() {
        use rcgen::{
            BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa,
            KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber, date_time_ymd,
        };
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2026, 12, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("suppliers.crl");
        fs::write(&file, list.signed_by(&authority).unwrap().pem().unwrap()).unwrap();
        let said = |now: &str| {
            let mut found = Vec::new();
            lists(std::slice::from_ref(&file), now.parse().unwrap(), &mut found);
            found.iter().map(ToString::to_string).collect::<String>()
        };
        assert_eq!(said("2026-11-23T23:00:00Z"), "");
        let soon = said("2026-11-24T01:00:00Z");
        assert!(soon.starts_with("warning: intake.crls: ") && soon.contains("suppliers.crl"), "{soon}");
        let over = said("2026-12-01T00:00:00Z");
        assert!(over.starts_with("error: intake.crls: ") && over.contains("2026-12-01"), "{over}");
    }

    #[test]
    fn a_folder_by_a_bare_name_is_made_in_the_working_directory() {
        let mut found = Vec::new();
        folder("store.dir", Path::new("records-that-are-not-there"), &mut found);
        assert_eq!(found, []);
        folder("store.dir", Path::new("/dev/null/records"), &mut found);
        assert!(found[0].message.contains("cannot be made or written to (Not a directory"), "{found:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_and_a_look_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let mut found = Vec::new();
        folder("intake.spool", &dir.path().join("a/b"), &mut found);
        assert!(found.is_empty() && fs::read_dir(dir.path()).unwrap().next().is_none(), "{found:?}");
        // Nobody can make one there, root no more than others.
        for there in ["/proc/spool", "/proc"] {
            folder("intake.spool", Path::new(there), &mut found);
        }
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        let errors = told.iter().filter(|told| told.starts_with("error: intake.spool: /proc"));
        assert_eq!(
            errors.filter(|told| told.contains("cannot be made or written to")).count(),
            2,
            "{told:?}"
        );
    }

    #[test]
    fn two_listeners_cannot_have_one_address() {
        let collide = |one: &str, other: &str| collide(one.parse().unwrap(), other.parse().unwrap());
        assert!(collide("127.0.0.1:8443", "127.0.0.1:8443") && collide("0.0.0.0:8443", "10.0.0.1:8443"));
        assert!(collide("[::]:8443", "0.0.0.0:8443"));
        assert!(!collide("127.0.0.1:8443", "127.0.0.1:9443") && !collide("127.0.0.1:0", "127.0.0.1:0"));
        assert!(!collide("127.0.0.1:8443", "10.0.0.1:8443"));
    }

    #[test]
    fn a_certificate_for_another_host_is_a_warning() {
        let mut case = case();
        case.config.service.base_url = "https://other.example".into();
        case.says(30, "warning: service.base_url: the certificate is not for other.example");
    }

    #[test]
    fn a_key_that_does_not_fit_or_is_open_to_all_is_an_error() {
        let case = case();
        fs::set_permissions(case.dir.path().join("key.pem"), fs::Permissions::from_mode(0o604)).unwrap();
        case.says(30, "error: tls.key: every user can read");
        fs::remove_file(case.dir.path().join("key.pem")).unwrap();
        case.says(30, "error: tls.key: cannot read");
        let other = issue("records.example");
        other.write(case.dir.path());
        fs::write(case.dir.path().join("certificate.pem"), &case.issued.certificate_pem).unwrap();
        case.says(30, "error: tls.key: it does not belong to the certificate");
    }

    #[test]
    fn a_terminology_that_cannot_be_used_is_an_error() {
        let mut case = case();
        let file = case.dir.path().join("snomed.terms");
        case.config.terminology.file = Some(file.clone());
        case.says(30, "error: terminology.file: cannot read ");
        fs::write(&file, "no terminology").unwrap();
        case.says(30, "damaged");
        crate::terminology::write(&file, &project::TerminologyRelease::default().encode()).unwrap();
        assert_eq!(case.said(30), Vec::<String>::new());
    }

    #[test]
    fn a_table_of_the_operators_that_cannot_be_used_is_an_error_with_its_line() {
        let mut case = case();
        let [codes, names] = ["sensitive.csv", "names.csv"].map(|name| case.dir.path().join(name));
        case.config.tables.sensitive_codes = Some(codes.clone());
        case.says(30, "error: tables.sensitive_codes: cannot read ");
        fs::write(&codes, "system,code,class,what it is\nsnomed,1,secret,x\n").unwrap();
        case.says(30, "line 2: a class is one of");
        fs::write(&codes, "system,code,class,what it is\nsnomed,1,domestic-abuse,x\n").unwrap();
        case.config.tables.first_names = Some(names.clone());
        fs::write(&names, "name,also\nXylia,\n07700900123,\n").unwrap();
        case.says(30, "error: tables.first_names: ");
        case.says(30, "line 3: not a name");
        fs::write(&names, "name,also\nXylia,\n").unwrap();
        assert_eq!(case.said(30), Vec::<String>::new());
    }

    #[test]
    fn a_provider_whose_files_cannot_be_used_is_an_error() {
        let mut case = case();
        let [key, authorities] = ["login.pem", "ca.pem"].map(|name| case.dir.path().join(name));
        fs::write(&authorities, &case.issued.certificate_pem).unwrap();
        let rsa =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        fs::write(&key, rsa.serialize_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        case.config.sign_in = vec![super::super::SignIn {
            id: "nhs-login".to_owned(),
            name: "NHS login".to_owned(),
            issuer: "https://auth.login.example".to_owned(),
            client_id: "recordgate".to_owned(),
            key: key.clone(),
            key_id: None,
            authorities: authorities.clone(),
        }];
        assert_eq!(case.said(30), Vec::<String>::new());
        fs::write(&authorities, "none").unwrap();
        case.says(30, "error: sign_in.authorities: ");
        fs::write(&authorities, &case.issued.certificate_pem).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
        case.says(30, "error: sign_in.key: every user can read");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
        case.says(30, "it is no RSA key of 2048 bits or more");
    }

    #[test]
    fn records_without_the_key_of_their_ids_are_an_error() {
        let case = case();
        fs::write(case.dir.path().join("records/data.mdb"), "x").unwrap();
        case.says(30, "no id.key");
        case.config.keys.open().unwrap();
        assert_eq!(case.said(30), Vec::<String>::new());
    }
}
