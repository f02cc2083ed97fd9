//! `[intake]`: the listener for suppliers, who they are, and what each of them may send.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use record::OdsCode;
use serde::{Deserialize, Deserializer};

use super::{ConfigError, Finding, Limits, check, seconds, within};
use crate::tls::{self, Clients, Holder, Identity, Subject};

/// `[intake]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// Address and port for suppliers, always TLS with client certificates.
    pub address: SocketAddr,
    /// PEM file: the listener's certificate first, then those that lead to a root.
    pub certificate: PathBuf,
    /// PEM file: its private key.
    pub key: PathBuf,
    /// PEM file: the authorities that issue suppliers' certificates. Nobody else's are accepted.
    pub client_ca: PathBuf,
    /// PEM files: their revocation lists. With one, every issuer must have one, and none may be out of date.
    #[serde(default)]
    pub crls: Vec<PathBuf>,
    /// Folder for files until they are loaded. It needs room for twice the quotas, since compressed files are unpacked.
    pub spool: PathBuf,
    /// Each supplier's share of the spool: how much of it may be announced, arrive or wait to be loaded, in GiB.
    #[serde(default = "quota_gib")]
    pub quota_gib: u32,
    /// How large one file may be, not compressed, in GiB.
    #[serde(default = "file_gib")]
    pub file_gib: u32,
    /// How many files one batch may have.
    #[serde(default = "files_per_batch")]
    pub files_per_batch: usize,
    /// How many batches of one supplier may be unfinished or wait to be loaded.
    #[serde(default = "open_batches")]
    pub open_batches: usize,
    /// After this time a batch that was not committed is deleted.
    #[serde(default = "unfinished", rename = "unfinished_hours", deserialize_with = "hours")]
    pub unfinished: Duration,
    /// How long the results of batches are kept. Reports row by row go earlier, as `[store]` has it.
    #[serde(default = "keep", rename = "keep_days", deserialize_with = "days")]
    pub keep: Duration,
    /// Practices that are loaded at a time.
    #[serde(default = "loads")]
    pub loads: usize,
    /// Without a byte for this long an upload is answered 408; what has come is kept.
    #[serde(default = "idle", rename = "upload_idle_seconds", deserialize_with = "seconds")]
    pub upload_idle: Duration,
    /// For one request as a whole, however large its file; then the connection is cut, and what has come is kept.
    #[serde(default = "upload", rename = "upload_seconds", deserialize_with = "upload_seconds")]
    pub upload: Duration,
    /// Who may send.
    #[serde(rename = "supplier")]
    pub suppliers: Vec<Supplier>,
}

/// `[[intake.supplier]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// Its name in logs and in the spool: small letters, digits and hyphens. It must never change while it has batches.
    pub name: String,
    /// The one URI among its certificate's alternative names.
    pub spiffe: Option<String>,
    /// Or its certificate's subject.
    pub subject: Option<Subject>,
    /// SHA-256 of its public keys in hexadecimal. Without any, each certificate of the authorities with that name will do.
    #[serde(default)]
    pub keys: Vec<String>,
    /// How much of it may be announced or wait to be loaded, in GiB, if that is not `intake.quota_gib`.
    pub quota_gib: Option<u32>,
    /// What it may send.
    pub sends: Vec<Sends>,
}

/// Practices and formats; each of those in each of these.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sends {
    /// ODS codes.
    pub practices: BTreeSet<OdsCode>,
    /// Names of formats.
    pub formats: BTreeSet<String>,
}

fn quota_gib() -> u32 {
    64
}

fn file_gib() -> u32 {
    16
}

fn files_per_batch() -> usize {
    2000
}

fn open_batches() -> usize {
    64
}

fn unfinished() -> Duration {
    Duration::from_secs(48 * 3600)
}

fn keep() -> Duration {
    Duration::from_secs(90 * 24 * 3600)
}

fn loads() -> usize {
    2
}

fn idle() -> Duration {
    Duration::from_secs(30)
}

fn upload() -> Duration {
    Duration::from_secs(4 * 3600)
}

fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        hours @ 1..=720 => Ok(Duration::from_secs(hours * 3600)),
        _ => Err(serde::de::Error::custom("must be between 1 and 720 hours")),
    }
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        days @ 1..=3660 => Ok(Duration::from_secs(days * 24 * 3600)),
        _ => Err(serde::de::Error::custom("must be between 1 and 3660 days")),
    }
}

fn upload_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        seconds @ 60..=86_400 => Ok(Duration::from_secs(seconds)),
        _ => Err(serde::de::Error::custom("must be between 60 and 86400 seconds")),
    }
}

impl Supplier {
    /// Whether a certificate is this supplier's.
    #[must_use]
    pub fn is(&self, who: &Identity) -> bool {
        self.is_named(who) && (self.keys.is_empty() || self.keys.contains(&who.key))
    }

    fn is_named(&self, who: &Identity) -> bool {
        match (&self.spiffe, &self.subject) {
            (Some(uri), None) => who.uri.as_ref() == Some(uri),
            (None, Some(subject)) => who.subject.as_ref() == Some(subject),
            (Some(_), Some(_)) | (None, None) => false,
        }
    }

    /// Whether it may send for a practice in a format.
    #[must_use]
    pub fn may_send(&self, practice: &OdsCode, format: &str) -> bool {
        self.sends.iter().any(|sends| sends.practices.contains(practice) && sends.formats.contains(format))
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, problem: &str, remedy| {
            Err(ConfigError::Value { key, problem: format!("{}: {problem}", self.name), remedy })
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 64 || !self.name.chars().all(plain) {
            return wrong("intake.supplier.name", "it is no name", "take small letters, digits and hyphens");
        }
        if self.spiffe.is_some() == self.subject.is_some() {
            let remedy = "say spiffe = \"spiffe://…\" or subject = \"C=GB, O=…, CN=…\"";
            return wrong("intake.supplier", "its certificate is not identified in exactly one way", remedy);
        }
        if self.spiffe.as_ref().is_some_and(|uri| !uri.starts_with("spiffe://")) {
            return wrong("intake.supplier.spiffe", "it does not begin with spiffe://", "write the whole id");
        }
        let is_hash = |key: &String| {
            key.len() == 64 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !self.keys.iter().all(is_hash) {
            let remedy =
                "openssl x509 -pubkey -noout -in FILE | openssl pkey -pubin -outform DER | sha256sum";
            return wrong("intake.supplier.keys", "one is no SHA-256 in small hexadecimal", remedy);
        }
        for format in self.sends.iter().flat_map(|sends| &sends.formats) {
            if format.parse::<ingest::Format>().is_err() {
                let problem = format!("{format} is no format");
                return wrong("intake.supplier.sends", &problem, "recordgate ingest --help names them");
            }
        }
        Ok(())
    }
}

impl Intake {
    /// How many bytes of a supplier may be announced or wait to be loaded.
    #[must_use]
    pub fn quota(&self, supplier: &Supplier) -> u64 {
        u64::from(supplier.quota_gib.unwrap_or(self.quota_gib)) << 30
    }

    /// The supplier that a certificate belongs to.
    #[must_use]
    pub fn supplier(&self, who: &Identity) -> Option<&Supplier> {
        self.suppliers.iter().find(|supplier| supplier.is(who))
    }

    /// The client certificates that are accepted: of the authorities, not revoked, and of a supplier.
    ///
    /// # Errors
    /// If a file cannot be read or used.
    pub fn clients(&self) -> Result<std::sync::Arc<Clients>, tls::TlsError> {
        let suppliers = self.suppliers.clone();
        Clients::load(&self.client_ca, &self.crls, move |who| {
            if suppliers.iter().any(|supplier| supplier.is(who)) {
                return Holder::Supplier;
            }
            let named = suppliers.iter().find(|supplier| supplier.is_named(who));
            named.map_or(Holder::Nobody, |supplier| Holder::OtherKey(supplier.name.clone()))
        })
    }

    /// The limits of its listener, which are those of apps but for what suppliers need.
    #[must_use]
    pub fn limits(&self, of_apps: &Limits) -> Limits {
        Limits {
            connections: 256,
            connections_per_address: 256,
            streams_per_connection: 16,
            request_body_bytes: 4 << 20,
            body: self.upload_idle,
            request: self.upload,
            ..of_apps.clone()
        }
    }

    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let own = [&mut self.certificate, &mut self.key, &mut self.client_ca, &mut self.spool];
        own.into_iter().chain(&mut self.crls)
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("intake.quota_gib", u64::from(self.quota_gib), 1, 65_536)?;
        within("intake.file_gib", u64::from(self.file_gib), 1, u64::from(self.quota_gib))?;
        within("intake.files_per_batch", self.files_per_batch as u64, 1, 20_000)?;
        within("intake.open_batches", self.open_batches as u64, 1, 10_000)?;
        within("intake.loads", self.loads as u64, 1, 64)?;
        let mut names = BTreeSet::new();
        for supplier in &self.suppliers {
            supplier.validate()?;
            let quota = supplier.quota_gib.unwrap_or(self.quota_gib);
            within("intake.supplier.quota_gib", u64::from(quota), u64::from(self.file_gib), 65_536)?;
            if !names.insert(&supplier.name) {
                let problem = format!("{} stands there twice", supplier.name);
                let remedy = "give each supplier one entry; sends may have several parts";
                return Err(ConfigError::Value { key: "intake.supplier.name", problem, remedy });
            }
        }
        Ok(())
    }

    /// What is wrong with what it points to.
    pub(super) fn check(&self, now: jiff::Timestamp, found: &mut Vec<Finding>) {
        check::private_key("intake.key", &self.key, found);
        match tls::read(&self.certificate, &self.key) {
            Ok(pair) => check::in_time("intake.certificate", &pair, now, found),
            Err(problem) => found.push(check::error("intake.certificate", problem.to_string())),
        }
        if let Err(problem) = self.clients() {
            found.push(check::error(problem.key(), problem.to_string()));
        }
        check::lists(&self.crls, now, found);
        if self.crls.is_empty() {
            let message = "no revocation list is named, so a supplier's stolen key can be stopped only by changing \
                           its entry here";
            found.push(check::warning("intake.crls", message.to_owned()));
        }
        check::folder("intake.spool", &self.spool, found);
    }

    /// The certificate file and its key, for the certificates in use.
    #[must_use]
    pub fn pair(&self) -> (&Path, &Path) {
        (&self.certificate, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"
        address = "127.0.0.1:0"
        certificate = "c.pem"
        key = "k.pem"
        client_ca = "ca.pem"
        spool = "spool"
        [[supplier]]
        name = "one"
        subject = "O=One, CN=push.one"
        sends = [{ practices = ["Y99999"], formats = ["gp2gp"] }]
    "#;

    fn parse(text: &str) -> Result<Intake, String> {
        let intake: Intake = toml::from_str(text).map_err(|error| error.to_string())?;
        intake.validate().map_err(|error| error.to_string())?;
        Ok(intake)
    }

    fn who(uri: &str, subject: &str, key: &str) -> Identity {
        Identity { uri: Some(uri.to_owned()), subject: subject.parse().ok(), key: key.to_owned() }
    }

    #[test]
    fn a_supplier_is_known_by_exactly_one_name_and_by_its_keys_if_they_are_pinned() {
        let by_subject = parse(SMALLEST).unwrap();
        assert!(by_subject.supplier(&who("spiffe://x", "O=One, CN=push.one", "k")).is_some());
        for other in ["O=One", "CN=push.one, O=One", "O=One, CN=push.one, CN=push.one", "O=one, CN=push.one"]
        {
            assert!(by_subject.supplier(&who("spiffe://x", other, "k")).is_none(), "{other}");
        }
        let spiffe = SMALLEST.replace("subject = \"O=One, CN=push.one\"", "spiffe = \"spiffe://x/1\"");
        let key = "a".repeat(64);
        let pinned = parse(&spiffe.replace("sends", &format!("keys = [\"{key}\"]\nsends"))).unwrap();
        assert!(pinned.supplier(&who("spiffe://x/1", "CN=any", &key)).is_some());
        assert!(pinned.supplier(&who("spiffe://x/1", "CN=any", &"b".repeat(64))).is_none());
        assert!(pinned.supplier(&who("spiffe://x/12", "CN=any", &key)).is_none());
    }

    #[test]
    fn practices_and_formats_go_together() {
        let more = r#", { practices = ["Y99998"], formats = ["emis-csv"] }]"#;
        let intake = parse(&SMALLEST.replace("}]", &format!("}}{more}"))).unwrap();
        let may =
            |practice: &str, format: &str| intake.suppliers[0].may_send(&practice.parse().unwrap(), format);
        assert!(may("Y99999", "gp2gp") && may("Y99998", "emis-csv"));
        assert!(!may("Y99999", "emis-csv") && !may("Y99998", "gp2gp") && !may("Y99997", "gp2gp"));
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_key() {
        for (from, to, key) in [
            ("name = \"one\"", "name = \"../one\"", "intake.supplier.name"),
            ("name = \"one\"", "name = \"\"", "intake.supplier.name"),
            ("subject", "spiffe = \"spiffe://x\"\nsubject", "intake.supplier"),
            ("subject = \"O=One, CN=push.one\"", "", "intake.supplier"),
            ("subject = \"O=One, CN=push.one\"", "spiffe = \"https://x\"", "intake.supplier.spiffe"),
            ("subject = \"O=One, CN=push.one\"", "subject = \"One\"", "a subject is written like"),
            ("[\"gp2gp\"]", "[\"gp3gp\"]", "intake.supplier.sends"),
            ("sends", "keys = [\"AA\"]\nsends", "intake.supplier.keys"),
            ("spool", "quota_gib = 0\nspool", "intake.quota_gib"),
            ("spool", "file_gib = 65\nspool", "intake.file_gib"),
            ("sends", "quota_gib = 15\nsends", "intake.supplier.quota_gib"),
            ("spool", "unfinished_hours = 0\nspool", "between 1 and 720 hours"),
            ("spool", "colour = 1\nspool", "unknown field `colour`"),
        ] {
            let error = parse(&SMALLEST.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(key), "{to}: {error}");
        }
        let twice = SMALLEST.split_once("[[supplier]]").unwrap().1;
        let error = parse(&format!("{SMALLEST}\n[[supplier]]{twice}")).unwrap_err();
        assert!(error.contains("twice"), "{error}");
    }
}
