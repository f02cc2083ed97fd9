//! The listener of the command itself, met with raw bytes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// `recordgate sandbox`, ended with the test.
struct Running {
    child: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn running() -> Running {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready.json");
    let child = Command::new(env!("CARGO_BIN_EXE_recordgate"))
        .args(["sandbox", "--port", "0", "--patients", "12", "--dir"])
        .arg(dir.path().join("sandbox"))
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running { child, address: ([127, 0, 0, 1], 0).into(), _dir: dir };
    running.address = wait_for(&mut running.child, &ready);
    running
}

fn wait_for(child: &mut Child, ready: &Path) -> SocketAddr {
    // Three minutes at most.
    for _ in 0..3600 {
        if let Ok(bytes) = std::fs::read(ready) {
            let ready: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let base = ready["fhir_base"].as_str().unwrap();
            return base.trim_start_matches("https://").split('/').next().unwrap().parse().unwrap();
        }
        assert!(child.try_wait().unwrap().is_none(), "the sandbox ended");
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the sandbox is not ready");
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), body].concat()
}

/// A ClientHello of a legacy version with these extensions, in a record of its own.
fn hello(version: [u8; 2], suites: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = extensions.concat();
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(u16::try_from(suites.len()).unwrap().to_be_bytes());
    body.extend(suites);
    body.extend([1, 0]);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let mut record = vec![0x16, 3, 1];
    record.extend(u16::try_from(body.len() + 4).unwrap().to_be_bytes());
    record.extend([1, 0]);
    record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    record.extend(body);
    record
}

/// The type of the first record that comes back and its content.
fn answer(address: SocketAddr, hello: &[u8]) -> (u8, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(hello).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut content = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut content).unwrap();
    (head[0], content)
}

const X25519: [u8; 2] = [0, 0x1d];

fn common() -> Vec<Vec<u8>> {
    vec![
        extension(10, &[&[0, 4][..], &X25519, &[0, 0x17]].concat()),
        extension(11, &[1, 0]),
        // ECDSA with P-256, RSA-PSS and RSA, each with SHA-256.
        extension(13, &[0, 6, 4, 3, 8, 4, 4, 1]),
        extension(23, &[]),
    ]
}

#[test]
fn tls_below_1_2_is_refused() {
    let server = running();
    // TLS_ECDHE_{ECDSA,RSA}_WITH_AES_128_GCM_SHA256, and CBC suites that TLS 1.0 and 1.1 know.
    let suites = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x09, 0xc0, 0x13, 0x00, 0x2f];
    for old in [[3, 0], [3, 1], [3, 2]] {
        let (kind, alert) = answer(server.address, &hello(old, &suites, &common()));
        assert_eq!((kind, alert.as_slice()), (0x15, &[2, 70][..]), "{old:?}: a fatal protocol_version alert");
    }
    let (kind, server_hello) = answer(server.address, &hello([3, 3], &suites, &common()));
    assert_eq!((kind, server_hello[0], &server_hello[4..6]), (0x16, 2, &[3, 3][..]), "TLS 1.2 is answered");

    let mut share = vec![0, 36];
    share.extend(X25519);
    share.extend([0, 32]);
    share.extend([9; 32]);
    let extensions = [common(), vec![extension(43, &[2, 3, 4]), extension(51, &share)]].concat();
    let (kind, server_hello) = answer(server.address, &hello([3, 3], &[0x13, 1, 0x13, 2], &extensions));
    assert_eq!((kind, server_hello[0]), (0x16, 2));
    let chosen = extension(43, &[3, 4]);
    assert!(server_hello.windows(chosen.len()).any(|part| part == chosen), "TLS 1.3 is answered");
}
