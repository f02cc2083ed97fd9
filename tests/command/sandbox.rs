//! The sandbox from its first start to its last, as somebody sees it who has just built it.
#![expect(
    clippy::disallowed_methods,
    reason = "a server that does not come up or go down must not hang the tests"
)]

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use super::{
    Ran, command, run,
    site::{Site, interrupted_sandbox, small},
};

/// A sandbox in progress; it ends with the test.
pub(super) struct Sandbox(Child);

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Sandbox {
    /// Starts one and waits until it is ready.
    pub(super) fn start(folder: &Path, ready: &Path, more: &[&str]) -> (Self, Json) {
        let (dir, file) = (folder.to_str().unwrap(), ready.to_str().unwrap());
        let common = ["sandbox", "--port", "0", "--patients", "12", "--dir", dir, "--ready-file", file];
        let out = fs::File::create(ready.with_extension("out")).unwrap();
        let err = fs::File::create(ready.with_extension("err")).unwrap();
        let mut child = command(&[&common[..], more].concat()).stdout(out).stderr(err).spawn().unwrap();
        let begun = Instant::now();
        while !ready.exists() {
            let said = || fs::read_to_string(ready.with_extension("err")).unwrap();
            assert!(child.try_wait().unwrap().is_none(), "{}", said());
            assert!(begun.elapsed() < Duration::from_secs(120), "not ready: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        (Self(child), serde_json::from_slice(&fs::read(ready).unwrap()).unwrap())
    }

    /// Asks it to stop, and gives the exit code.
    fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let begun = Instant::now();
        loop {
            if let Some(ended) = self.0.try_wait().unwrap() {
                return ended.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn sandbox(folder: &Path, more: &[&str]) -> Ran {
    run(&[&["sandbox", "--port", "0", "--dir", folder.to_str().unwrap()], more].concat())
}

pub(super) fn token(folder: &Path, user: &str) -> Ran {
    run(&["sandbox", "token", "--dir", folder.to_str().unwrap(), "--user", user])
}

/// What curl gets, or nothing (with a word) where there is no curl.
pub(super) fn curl(ready: &Json, path: &str, more: &[&str]) -> Option<(u16, Json)> {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: curl is not installed");
        return None;
    }
    let (ca, url) =
        (ready["ca_file"].as_str().unwrap(), format!("{}{path}", ready["fhir_base"].as_str().unwrap()));
    let common =
        ["--silent", "--show-error", "--noproxy", "*", "--cacert", ca, "--write-out", "\n%{http_code}", &url];
    let output = Command::new("curl").args(common).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    Some((status.parse().unwrap(), serde_json::from_str(body).unwrap()))
}

#[test]
fn a_sandbox_serves_stops_and_starts_again_with_what_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, file) = (dir.path().join("box"), dir.path().join("ready.json"));
    let (running, ready) = Sandbox::start(&folder, &file, &[]);
    has_its_shape(&ready, &folder);
    let said = fs::read_to_string(file.with_extension("out")).unwrap();
    let demo = ready["demo_app"].as_str().unwrap();
    for words in
        [demo, ready["fhir_base"].as_str().unwrap(), "pat01", "nothing here is real", "curl --cacert"]
    {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
    let users = ready["users"].as_array().unwrap();
    let user = users.iter().find(|user| user["level"] == "full").unwrap();
    let printed = token(&folder, user["user"].as_str().unwrap());
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    if let Some((status, statement)) = curl(&ready, "/metadata", &[]) {
        assert_eq!((status, &statement["resourceType"]), (200, &"CapabilityStatement".into()));
        let bearer = format!("Authorization: Bearer {}", printed.out.trim());
        let path = format!("/Patient/{}", user["patient"].as_str().unwrap());
        let (status, patient) = curl(&ready, &path, &["--header", &bearer]).unwrap();
        assert_eq!((status, &patient["resourceType"]), (200, &"Patient".into()), "{patient}");
        assert_eq!(curl(&ready, &path, &[]).unwrap().0, 401);
    }
    token(&folder, "nobody").says(&["no such user", "pat01"]);
    knows_its_server(demo, &ready);
    assert_eq!(running.stop(), Some(0));

    // Other options name what would be lost; nothing is touched.
    let before = fs::read(folder.join("recordgate.toml")).unwrap();
    for other in [["--patients", "13"], ["--seed", "2"]] {
        let more = [&["--patients", "12"], &other[..]].concat();
        let more = if other[0] == "--patients" { &more[2..] } else { &more[..] };
        sandbox(&folder, more).says(&["12 patients with seed 1", "--reset", "--dir"]);
    }
    assert_eq!(fs::read(folder.join("recordgate.toml")).unwrap(), before);

    // The same options take it up: the same people, and no load.
    let ready_again = dir.path().join("again.json");
    let begun = Instant::now();
    let (running, again) = Sandbox::start(&folder, &ready_again, &["--no-demo"]);
    assert_eq!(again["demo_app"], Json::Null);
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(again["users"], ready["users"]);
    assert!(!fs::read_to_string(ready_again.with_extension("err")).unwrap().contains("releasing"));
    assert_eq!(running.stop(), Some(0));
}

/// The demo app is on this machine, and is told where the FHIR server is and where people come back to.
fn knows_its_server(demo: &str, ready: &Json) {
    let ran = Command::new("curl")
        .args(["--silent", "--dump-header", "-", "--max-time", "10", "--noproxy", "*"])
        .arg(format!("{demo}/config.json"))
        .output();
    let Ok(ran) = ran else {
        eprintln!("skipped in part: curl is not installed");
        return;
    };
    let answer = String::from_utf8(ran.stdout).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("trusted-types 'none'"), "{head}");
    let told: Json = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&told["fhirBase"], told["redirectUri"].as_str()),
        (&ready["fhir_base"], Some(&*format!("{demo}/callback")))
    );
}

/// What tools that start a sandbox rely on.
fn has_its_shape(ready: &Json, folder: &Path) {
    let mut keys: Vec<&String> = ready.as_object().unwrap().keys().collect();
    keys.sort();
    let known = ["ca_file", "client_id", "demo_app", "fhir_base", "intake", "login", "redirect_uri", "users"];
    assert_eq!(keys, known);
    let login = ready["login"].as_str().unwrap();
    assert!(login.starts_with("https://127.0.0.1:") && !login.ends_with('/'), "{login}");
    let base = ready["fhir_base"].as_str().unwrap();
    assert!(base.starts_with("https://127.0.0.1:") && base.ends_with("/fhir/R4"), "{base}");
    let ca = Path::new(ready["ca_file"].as_str().unwrap());
    assert!(ca.is_absolute());
    assert_eq!(fs::read(ca).unwrap(), fs::read(folder.join("ca.pem")).unwrap());
    let users = ready["users"].as_array().unwrap();
    assert!(users.len() >= 12, "{users:?}");
    for user in users {
        let mut keys: Vec<&String> = user.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["about", "level", "nhs_number", "patient", "user"]);
    }
    assert!(
        users.iter().any(|user| user["level"] == "none") && users.iter().any(|user| user["user"] == "pat01")
    );
}

#[test]
fn an_interrupted_sandbox_says_so_and_reset_makes_it_anew() {
    let dir = tempfile::tempdir().unwrap();
    let folder = interrupted_sandbox(&dir.path().join("box"));
    sandbox(&folder, &["--patients", "12"]).says(&["was interrupted", "--reset"]);
    token(&folder, "pat01").says(&["is not the folder of a sandbox"]);
    let (running, ready) = Sandbox::start(&folder, &dir.path().join("ready.json"), &["--reset"]);
    has_its_shape(&ready, &folder);
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn reset_never_deletes_what_no_sandbox_made() {
    let site = Site::loaded();
    let before = site.held();
    for more in [&["--patients", "12"][..], &["--patients", "12", "--reset"]] {
        sandbox(site.dir.path(), more).says(&["is not the folder of a sandbox", "--dir"]);
    }
    assert_eq!(site.held(), before);
    assert!(site.path("keys/id.key").exists());
}

#[test]
fn tokens_are_printed_in_sandboxes_only() {
    let site = Site::loaded();
    token(site.dir.path(), "pat01").says(&["is not the folder of a sandbox", "only there"]);
    token(&small().dir, "pat01").says(&["is not the folder of a sandbox"]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("box");
    let ran = run(&["sandbox", "--port", &port, "--dir", folder.to_str().unwrap()]);
    ran.says(&[&format!("cannot listen on 127.0.0.1:{port}"), "--port"]);
    let taken = ["--demo-port", &*port];
    sandbox(&folder, &taken).says(&[
        &format!("cannot listen on 127.0.0.1:{port}"),
        "--demo-port",
        "--no-demo",
    ]);
    assert!(!folder.exists());
}
