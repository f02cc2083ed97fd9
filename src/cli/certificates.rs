//! A development certificate authority, a server certificate and a supplier's client certificate, for the sandbox only.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use auth::provider::ClientKey;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType,
};

use crate::Failure;

/// What is written.
pub(crate) const FILES: [&str; 5] = ["ca.pem", "server.pem", "server.key", "supplier.pem", "supplier.key"];
/// Who the supplier's certificate says that its holder is.
pub(crate) const SUPPLIER: &str = "spiffe://sandbox.recordgate/supplier/demo";

/// Writes [`FILES`] into a folder, unless they are there.
pub(crate) fn make(dir: &Path) -> Result<(), Failure> {
    if FILES.iter().all(|name| dir.join(name).is_file()) {
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
    let issuer = Issuer::from_params(&ca, &ca_key);
    let pem = server.signed_by(&key, &issuer)?.pem();
    let supplier_key = KeyPair::generate()?;
    let mut supplier = CertificateParams::new(Vec::<String>::new())?;
    supplier.distinguished_name.push(DnType::CommonName, "recordgate sandbox supplier");
    supplier.subject_alt_names.push(SanType::URI(SUPPLIER.try_into()?));
    supplier.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    supplier.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    supplier.use_authority_key_identifier_extension = true;
    (supplier.not_before, supplier.not_after) = (server.not_before, server.not_after);
    let supplier_pem = supplier.signed_by(&supplier_key, &issuer)?.pem();
    fs::write(dir.join("ca.pem"), ca_pem)?;
    fs::write(dir.join("server.pem"), pem)?;
    fs::write(dir.join("supplier.pem"), supplier_pem)?;
    private(&dir.join("server.key"), &key)?;
    private(&dir.join("supplier.key"), &supplier_key)
}

/// The key of ID tokens.
pub(crate) const IDENTITY: &str = "identity.pem";
/// The key by which the pretend NHS login knows the sandbox.
pub(crate) const LOGIN: &str = "login.pem";

/// Writes an RSA key into a folder, unless it is there.
pub(crate) fn make_rsa(dir: &Path, name: &str) -> Result<(), Failure> {
    let file = dir.join(name);
    if file.is_file() {
        return Ok(());
    }
    private(&file, &rsa()?)
}

/// A key that lives as long as the process.
pub(crate) fn passing_key() -> Result<ClientKey, Failure> {
    Ok(ClientKey::new(&rsa()?.serialize_der(), None)?)
}

fn rsa() -> Result<KeyPair, Failure> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?)
}

/// Writes a key that only its owner may read.
fn private(file: &Path, key: &KeyPair) -> Result<(), Failure> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    file.write_all(key.serialize_pem().as_bytes())?;
    Ok(())
}
