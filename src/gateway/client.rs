//! The other end of the intake: a small HTTPS client that shows a certificate, for `recordgate push`. One request a
//! connection; files are read as they are sent.

mod refusal;

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use ::aws_lc_rs::digest::{Context as Digest, SHA256};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

/// For the connection and its handshake.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a broken connection may take to say why.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Without progress, after which an attempt is given up. A server may unpack a large file before it answers.
const STALLED: Duration = Duration::from_secs(300);
/// The longest answer that is read whole.
const LONGEST: usize = 64 << 20;
const PIECE: usize = 64 * 1024;

/// Why a request got no answer.
#[derive(Debug)]
pub enum ClientError {
    /// The arguments cannot be used; trying again does not help.
    Unusable(String),
    /// The connection failed or broke; it may work later.
    Broken(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(words) | Self::Broken(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for ClientError {}

fn unusable(words: String) -> ClientError {
    ClientError::Unusable(words)
}

/// What a request brings.
#[derive(Debug)]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// What is left of a file from where it stands, and where to count what has been sent.
    File(File, u64, Arc<AtomicU64>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match &mut *self {
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::File(_, 0, _) => Ok(Bytes::new()),
            Self::File(file, left, sent) => {
                let mut piece = vec![0; PIECE.min(usize::try_from(*left).unwrap_or(PIECE))];
                file.read_exact(&mut piece).map(|()| {
                    *left -= piece.len() as u64;
                    sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    piece.into()
                })
            }
        };
        Poll::Ready(match piece {
            Ok(piece) if piece.is_empty() => None,
            Ok(piece) => Some(Ok(Frame::data(piece))),
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, left, _) => *left,
        })
    }
}

/// A server, and the certificate that is shown to it.
pub struct Client {
    connector: TlsConnector,
    host: String,
    port: u16,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}:{})", self.host, self.port)
    }
}

impl Client {
    /// For a URL of `https`, host and perhaps port. The files are PEM: the certificate with those that lead to its root,
    /// its key, and the authorities that the server's certificate may come from.
    ///
    /// # Errors
    /// If a file or the URL cannot be used.
    pub fn new(url: &str, certificate: &Path, key: &Path, authorities: &Path) -> Result<Self, ClientError> {
        let uri = url.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("https"));
        let authority = uri.as_ref().and_then(http::Uri::authority);
        let Some(authority) = authority.filter(|_| uri.as_ref().is_some_and(|uri| uri.path() == "/")) else {
            return Err(unusable(format!("{url} is not like https://host:port, without a path")));
        };
        let config = config(certificate, key, authorities)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(443);
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), host, port })
    }

    /// For a URL of `https`, without a certificate of its own.
    ///
    /// # Errors
    /// If the URL cannot be used.
    pub(crate) fn anonymous(url: &http::Uri, roots: Arc<RootCertStore>) -> Result<Self, ClientError> {
        let authority = url.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.filter(|_| url.scheme_str() == Some("https"));
        let authority = authority.ok_or_else(|| unusable("it is not like https://host/path".to_owned()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(443);
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), host, port })
    }

    /// The host and port, as in an address.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Sends a request for a path and gives the answer's head; its body follows.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        mut request: http::Request<Content>,
    ) -> Result<http::Response<Incoming>, ClientError> {
        let broken = |error: hyper::Error| self.broken(&error);
        let authority = http::HeaderValue::try_from(self.authority());
        let authority = authority.map_err(|error| unusable(error.to_string()))?;
        request.headers_mut().insert(http::header::HOST, authority);
        let sent = match request.body() {
            Content::File(_, _, sent) => Arc::clone(sent),
            Content::Bytes(_) => Arc::default(),
        };
        let connected = timeout(CONNECT, self.connect()).await;
        let stream = connected.map_err(|_| ClientError::Broken("no connection in time".to_owned()))??;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request);
        tokio::pin!(answer);
        loop {
            let before = sent.load(Ordering::Relaxed);
            match timeout(STALLED, &mut answer).await {
                Ok(Ok(answer)) => return Ok(answer),
                // Why the connection ended says more than that it is not there.
                Ok(Err(error)) => {
                    let ended = timeout(LAST_WORDS, connection).await;
                    let cause = ended.ok().and_then(Result::ok).and_then(Result::err);
                    return Err(self.broken(&cause.unwrap_or(error)));
                }
                Err(_) if sent.load(Ordering::Relaxed) > before => {}
                Err(_) => return Err(ClientError::Broken("no progress for too long".to_owned())),
            }
        }
    }

    /// Whether it is worth another attempt, and in any case what went wrong.
    fn broken(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        let at = self.authority();
        match refusal::lasting(error) {
            Some(told) => unusable(format!("{at}: {told}")),
            None => ClientError::Broken(format!("{at}: {}", words(error))),
        }
    }

    async fn connect(&self) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ClientError> {
        let broken = |error: io::Error| self.broken(&error);
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| unusable(format!("{} is no host name", self.host)))?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(broken)?;
        let _ = stream.set_nodelay(true);
        self.connector.connect(name, stream).await.map_err(broken)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// If there is none, or it is too long.
    pub async fn ask(&self, request: http::Request<Content>) -> Result<http::Response<Bytes>, ClientError> {
        let (head, body) = self.send(request).await?.into_parts();
        let body = http_body_util::Limited::new(body, LONGEST);
        let body = timeout(STALLED, body.collect()).await;
        let body = body.map_err(|_| ClientError::Broken("no answer in time".to_owned()))?;
        let body = body.map_err(|error| ClientError::Broken(error.to_string()))?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }

    /// Sends a request and writes the body of the answer as it comes.
    ///
    /// # Errors
    /// If there is none, it breaks off, or it cannot be written.
    pub async fn copy(
        &self,
        request: http::Request<Content>,
        out: &mut (dyn Write + Send),
    ) -> Result<http::response::Parts, ClientError> {
        let (head, mut body) = self.send(request).await?.into_parts();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ClientError::Broken(words(&error)))?;
            if let Ok(data) = frame.into_data() {
                out.write_all(&data).map_err(|error| unusable(error.to_string()))?;
            }
        }
        Ok(head)
    }
}

/// What an error says, and what caused it: a refused certificate is told only there.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

fn config(certificate: &Path, key_file: &Path, authorities: &Path) -> Result<ClientConfig, ClientError> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key_file)
        .map_err(|error| unusable(format!("{}: {error}", key_file.display())))?;
    let roots = self::authorities(authorities)?;
    let failed = |error: rustls::Error| unusable(format!("the certificate cannot be used: {error}"));
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => unusable(format!(
                "--cert and --key do not belong together: the key in {} is not that of the first certificate in {}",
                key_file.display(),
                certificate.display()
            )),
            other => failed(other),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The authorities of a PEM file.
pub(crate) fn authorities(file: &Path) -> Result<RootCertStore, ClientError> {
    let mut roots = RootCertStore::empty();
    for one in certificates(file)? {
        roots.add(one).map_err(|error| unusable(format!("{}: {error}", file.display())))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let failed = |error: rustls::pki_types::pem::Error| unusable(format!("{}: {error}", file.display()));
    let all: Vec<_> =
        CertificateDer::pem_file_iter(file).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    if all.is_empty() { Err(unusable(format!("{} holds no certificate", file.display()))) } else { Ok(all) }
}

/// How files are compressed on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    /// As in `Content-Encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Writes a compressed copy of a file, the same each time.
    ///
    /// # Errors
    /// If one of the files fails.
    pub fn pack(self, mut from: File, mut to: File) -> io::Result<()> {
        match self {
            Self::None => drop(io::copy(&mut from, &mut to)?),
            Self::Gzip => {
                let mut packed = flate2::write::GzEncoder::new(to, flate2::Compression::default());
                io::copy(&mut from, &mut packed)?;
                packed.finish()?;
            }
            Self::Zstd => zstd::stream::copy_encode(from, to, 0)?,
        }
        Ok(())
    }
}

/// SHA-256, a piece at a time.
pub struct Sum(Digest);

impl Default for Sum {
    fn default() -> Self {
        Self(Digest::new(&SHA256))
    }
}

impl Sum {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The sum, as an announcement has it.
    #[must_use]
    pub fn hexadecimal(self) -> String {
        self.0.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sum(..)")
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn a_key_of_another_certificate_is_told_as_that() {
        let dir = tempfile::tempdir().unwrap();
        let [own, other] = [KeyPair::generate().unwrap(), KeyPair::generate().unwrap()];
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let (certificate, key) = (dir.path().join("own.pem"), dir.path().join("own.key"));
        std::fs::write(&certificate, params.self_signed(&own).unwrap().pem()).unwrap();
        std::fs::write(&key, own.serialize_pem()).unwrap();
        let made = || Client::new("https://localhost:1", &certificate, &key, &certificate);
        assert!(made().is_ok());
        std::fs::write(&key, other.serialize_pem()).unwrap();
        let told = made().unwrap_err().to_string();
        assert!(
            told.starts_with("--cert and --key do not belong together") && told.contains("own.key"),
            "{told}"
        );
    }
}
