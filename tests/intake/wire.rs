//! A client of a few lines that sends exactly what a test says, and nothing more.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use serde_json::Value as Json;

use crate::support::Answer;

/// Somebody who connects, with a certificate or without.
#[derive(Clone)]
pub struct Wire {
    pub address: SocketAddr,
    pub config: Arc<ClientConfig>,
}

/// What it shows: its certificate, others that lead to the root, its key.
pub type Shown = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

impl Wire {
    pub fn new(address: SocketAddr, root: &CertificateDer<'static>, shown: Option<Shown>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let mut config = match shown {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { address, config: Arc::new(config) }
    }

    pub fn connect(&self) -> Tls {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        StreamOwned::new(ClientConnection::new(Arc::clone(&self.config), name).unwrap(), stream)
    }

    /// The head of a request, with what every one needs.
    pub fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n")
    }

    /// Sends a request and reads the answer, which may come before all is sent.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let length = body.len().to_string();
        let headers = [headers, &[("Content-Length", length.as_str())]].concat();
        let mut tls = self.connect();
        let sent =
            tls.write_all(Self::head(method, path, &headers).as_bytes()).and_then(|()| tls.write_all(body));
        let _ = sent.and_then(|()| tls.flush());
        answer(&mut tls).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// Whether a request is answered at all; if not, what TLS says.
    pub fn refusal(&self) -> Option<String> {
        let mut tls = self.connect();
        let sent = tls.write_all(Self::head("GET", "/intake/v1/batches", &[]).as_bytes());
        match sent.and_then(|()| answer(&mut tls)) {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{}", answer.text());
                None
            }
            Err(error) => Some(error.to_string()),
        }
    }
}

/// Reads an answer to the end of its connection.
pub fn answer(tls: &mut Tls) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1 << 14];
    loop {
        match tls.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            // The other side may close the connection without a word once it has answered.
            Err(_) if !bytes.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(std::io::Error::from(ErrorKind::UnexpectedEof))?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = http::HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.append(http::HeaderName::try_from(name).unwrap(), value.try_into().unwrap());
    }
    let mut body = bytes[end + 4..].to_vec();
    if headers.get("transfer-encoding").is_some() {
        body = unchunked(&body);
    }
    Ok(Answer { status, headers, body })
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[end + 4 + length..];
    }
}
