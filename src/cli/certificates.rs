//! A development certificate authority and a server certificate of its own, for the sandbox only.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::Failure;

/// Writes `ca.pem`, `server.pem` and `server.key` into a folder, unless they are there.
pub(crate) fn make(dir: &Path) -> Result<(), Failure> {
    if ["ca.pem", "server.pem", "server.key"].iter().all(|name| dir.join(name).is_file()) {
        return Ok(());
    }
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "recordgate sandbox CA (nothing here is real)");
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "recordgate sandbox");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.use_authority_key_identifier_extension = true;
    // Clients such as Chromium refuse server certificates that live longer than 398 days.
    server.not_before = time::OffsetDateTime::now_utc() - time::Duration::days(1);
    server.not_after = server.not_before + time::Duration::days(365);
    let pem = server.signed_by(&key, &Issuer::from_params(&ca, &ca_key))?.pem();
    fs::write(dir.join("ca.pem"), ca_pem)?;
    fs::write(dir.join("server.pem"), pem)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(dir.join("server.key"))?;
    file.write_all(key.serialize_pem().as_bytes())?;
    Ok(())
}
