//! Two processes on one store: `serve` answers apps while a practice explains, decides and makes records anew.
#![expect(clippy::disallowed_methods, reason = "a server that does not start must not hang the tests")]

use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use gateway::clock::{Clock, SystemClock};
use policy::MadeWith;
use serde_json::Value as Json;
use store::{Account, Store, Subject};

use super::{
    Ran, command, run,
    site::{PRACTICE, Site, small},
};
use crate::support::{
    CLIENT,
    aged::{age, other_tables, other_writing},
    app, everything, practice,
};

/// Requests that one call of curl makes over one connection.
const REQUESTS: usize = 20;
const SEARCH: &str = "Observation?_count=100";

/// A server over a site, ended with the test, and a patient who asks it.
struct Live {
    site: Site,
    child: Child,
    base: String,
    subject: Subject,
    token: String,
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Id of each Observation: its version, and its status, which tells how it was written.
type Listing = BTreeMap<String, (u32, String)>;

impl Live {
    /// `None` (with a word) where there is no curl.
    fn start() -> Option<Self> {
        if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
            eprintln!("skipped: curl is not installed");
            return None;
        }
        let site = Site::loaded();
        let subject = most(&site);
        let store = site.store();
        store.set_app(&app(CLIENT)).unwrap();
        let own = Some(subject.clone());
        store.set_account(&Account { id: "pat".into(), own, ..Account::default() }).unwrap();
        let access = store::Access { own: Some(everything()), ..store::Access::default() };
        store.set_access(&subject, &access).unwrap();
        let issued =
            auth::issue_sandbox_token(&store, SystemClock.now(), "pat", "patient/*.rs", CLIENT).unwrap();
        drop(store);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = fs::read_to_string(site.config()).unwrap();
        let text = text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        fs::write(site.config(), text.replace("https://localhost", &format!("https://localhost:{port}")))
            .unwrap();
        let err = fs::File::create(site.path("serve.err")).unwrap();
        let child = command(&["serve", "--config", &site.config()]).stdout(Stdio::null()).stderr(err).spawn();
        let base = format!("https://127.0.0.1:{port}/fhir/R4");
        let mut live = Self { site, child: child.unwrap(), base, subject, token: issued.token };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = fs::read_to_string(live.site.path("serve.err")).unwrap();
            assert!(live.child.try_wait().unwrap().is_none(), "{said}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{said}");
            thread::sleep(Duration::from_millis(20));
        }
        Some(live)
    }

    /// Asks for each of these over one connection.
    fn ask(&self, paths: &[&str]) -> Vec<(u16, Json)> {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--noproxy",
            "*",
            "--insecure",
            "--write-out",
            "\n%{http_code}\x1e",
        ]);
        curl.args(["--header", &format!("Authorization: Bearer {}", self.token)]);
        curl.args(paths.iter().map(|path| format!("{}/{path}", self.base)));
        let output = curl.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let answers = text.split_terminator('\x1e').map(|answer| {
            let (body, status) = answer.rsplit_once('\n').unwrap();
            (status.parse().unwrap(), serde_json::from_str(body).unwrap())
        });
        answers.collect()
    }

    /// What a search finds, asked several times; nothing where the record is not served.
    fn listings(&self) -> Vec<Option<Listing>> {
        self.ask(&[SEARCH; REQUESTS]).into_iter().map(listing).collect()
    }

    fn listing(&self) -> Listing {
        let mut found = self.ask(&[SEARCH]);
        listing(found.remove(0)).unwrap()
    }

    /// What the searches find that run while something else does.
    fn meanwhile(&self, work: impl FnOnce()) -> Vec<Option<Listing>> {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut found = self.listings();
                while !done.load(Ordering::Relaxed) {
                    found.extend(self.listings());
                }
                found.extend(self.listings());
                found
            });
            work();
            done.store(true, Ordering::Relaxed);
            asking.join().unwrap()
        })
    }

    fn reproject(&self, more: &[&str]) -> Ran {
        run(&[&["admin", "reproject", "--config", &self.site.config()], more].concat())
    }

    /// Kills a run after some time, and goes on with it if it had begun.
    fn interrupted(&self, after: Duration) {
        let args = ["admin", "reproject", "--config", &self.site.config()];
        let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        drop(child.kill());
        child.wait().unwrap();
        if self.reproject(&["--resume"]).code != Some(0) {
            assert_eq!(self.reproject(&[]).code, Some(0));
        }
    }

    fn explain(&self) -> Json {
        let config = self.site.config();
        let patient = self.subject.patient.expose();
        let args = ["explain", "--config", &config, "--practice", PRACTICE, "--patient", patient];
        let ran = run(&[&args[..], &["--app", CLIENT, "--user", "pat", "--json"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }

    fn decide(&self, what: &str, entry: &str) {
        let (config, patient) = (self.site.config(), self.subject.patient.expose());
        let args = ["admin", what, "--config", &config, "--practice", PRACTICE, "--patient", patient];
        let ran = run(&[&args[..], &["--entry", entry, "--by", "Dr A", "--why", "asked to"]].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

/// The patient of whom most is shown.
fn most(site: &Site) -> Subject {
    let store = site.store();
    let subjects = small()
        .patients()
        .into_iter()
        .map(|key| Subject { practice: practice(), patient: record::PatientKey::new(&key).unwrap() });
    let shown = |subject: &Subject| {
        let Some(snapshot) = store.read(subject).unwrap() else { return 0 };
        let released = snapshot.released();
        let standing = &released.standing;
        let served = standing.regular && !standing.sensitive && !standing.dummy && !standing.deceased;
        let shown = released.headers.iter().filter(|header| header.coded.is_some());
        if served && standing.deducted_on.is_none() && !standing.another_record { shown.count() } else { 0 }
    };
    subjects.max_by_key(shown).unwrap()
}

fn listing((status, bundle): (u16, Json)) -> Option<Listing> {
    if status == 503 {
        return None;
    }
    assert_eq!(status, 200, "{bundle}");
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let one = |entry: &Json| {
        let resource = &entry["resource"];
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let version = text(&resource["meta"]["versionId"]).parse().unwrap();
        (text(&resource["id"]), (version, text(&resource["status"])))
    };
    Some(entries.iter().filter(|entry| entry["search"]["mode"] == "match").map(one).collect())
}

/// Ages the records, has them made anew while an app asks, and checks every answer.
fn made_anew(live: &Live, made_with: MadeWith, is_served: bool, work: impl FnOnce()) {
    let before = live.listing();
    // An older version had written one half otherwise.
    let median = before.keys().nth(before.len() / 2).expect("something is served").as_str();
    let other = |id: &str| id < median;
    age(&live.site.store(), &practice(), made_with, other);
    let old = is_served.then(|| live.listing());
    let asked = live.meanwhile(work);
    let new = live.listing();
    assert!(before.len() > 1, "one half is written otherwise, the other not");
    for (id, (version, status)) in &new {
        let (was, written) = &before[id];
        assert_eq!(status, written);
        assert_eq!(
            *version,
            was + u32::from(other(id)),
            "a version moves where bytes moved and nowhere else"
        );
    }
    assert_eq!(new.len(), before.len());
    assert!(
        asked.iter().all(|answer| *answer == old || answer.as_ref() == Some(&new)),
        "an answer of both makings"
    );
    assert_eq!(asked.last(), Some(&Some(new)));
}

#[test]
fn records_are_made_anew_while_an_app_asks_and_no_answer_is_of_two_makings() {
    let Some(live) = Live::start() else { return };
    for (made_with, is_served) in [(other_writing(), true), (other_tables(), false), (other_writing(), true)]
    {
        made_anew(&live, made_with, is_served, || assert_eq!(live.reproject(&[]).code, Some(0)));
    }
    let log = fs::read_to_string(live.site.path("serve.err")).unwrap();
    assert!(!log.contains(live.subject.patient.expose()), "the log names no patient");
}

#[test]
fn a_run_that_is_killed_and_gone_on_with_beside_the_server_ends_the_same() {
    let Some(live) = Live::start() else { return };
    for (milliseconds, made_with, is_served) in [
        (0, other_writing(), true),
        (30, other_tables(), false),
        (60, other_writing(), true),
        (90, other_tables(), false),
    ] {
        made_anew(&live, made_with, is_served, || live.interrupted(Duration::from_millis(milliseconds)));
    }
    live.site.has_nothing_open();
}

#[test]
fn what_is_explained_beside_a_server_is_what_it_answers_and_what_is_hidden_is_gone_from_the_next_answer() {
    let Some(live) = Live::start() else { return };
    let agree = || -> Vec<(String, Option<u32>, Json)> {
        let explained = live.explain();
        let told = explained["entries"].as_array().unwrap().iter();
        let told: Vec<(String, Option<u32>, Json)> = told
            .flat_map(|entry| {
                let resources = entry["resources"].as_array().unwrap();
                resources.iter().map(|one| {
                    let path = format!("{}/{}", one["type"].as_str().unwrap(), one["id"].as_str().unwrap());
                    let version = one["version"].as_u64().map(|version| version.try_into().unwrap());
                    (path, version, entry["entry"]["id"].clone())
                })
            })
            .collect();
        let paths: Vec<&str> = told.iter().map(|(path, ..)| path.as_str()).collect();
        for ((path, version, _), (status, body)) in told.iter().zip(live.ask(&paths)) {
            assert_eq!(status, if version.is_some() { 200 } else { 404 }, "{path}");
            let got = body["meta"]["versionId"].as_str().map(|version| version.parse().unwrap());
            assert_eq!(got, *version, "{path}");
        }
        told
    };
    let before = agree();
    let (path, version, entry) = before
        .iter()
        .find(|(path, version, _)| path.starts_with("Observation") && version.is_some())
        .unwrap();
    let entry = entry.as_str().unwrap();
    live.decide("hide", entry);
    assert_eq!(live.ask(&[path])[0].0, 404);
    assert!(agree().iter().any(|(one, version, _)| one == path && version.is_none()));
    assert!(live.explain().to_string().contains("hidden-by-practice"));
    live.decide("unhide", entry);
    let after = agree();
    let again = after.iter().find(|(one, ..)| one == path).unwrap();
    assert!(again.1 > *version, "it is new to whoever synchronises");
}

#[test]
fn whoever_looked_is_told_by_the_trail_though_the_server_was_killed_and_a_changed_line_shows() {
    let Some(mut live) = Live::start() else { return };
    let first = live.ask(&[SEARCH, "Patient", "Observation/none"]);
    live.child.kill().unwrap();
    live.child.wait().unwrap();
    let config = live.site.config();
    let patient = live.subject.patient.expose().to_owned();
    let show = ["admin", "audit", "show", "--config", &config, "--practice", PRACTICE, "--patient", &patient];
    let shown = first[0].1["entry"].as_array().unwrap().len();
    let told = run(&show);
    told.is_good(&[
        &format!("pat (the patient), with {CLIENT}: searched for Observation: {shown} shown"),
        "searched for Patient: 1 shown",
        "read one Observation: there is none that they may see",
    ]);
    assert_eq!(told.out.lines().count(), 3, "{}", told.out);
    let id = first[1].1["entry"][0]["resource"]["id"].as_str().unwrap();
    let about = run(&[&show[..], &["--resource", id]].concat());
    assert_eq!(about.is_good(&["Patient: 1 shown"]).out.lines().count(), 1);
    let later = run(&[&show[..], &["--since", "2999-01-01"]].concat());
    assert_eq!(later.is_good(&[]).out, "");
    let verify = ["admin", "audit", "verify", "--config", &config];
    let good = run(&verify);
    good.is_good(&["lines 1 to 3: none changed"]);
    let head = good.out.lines().find_map(|line| line.strip_prefix("head ")).unwrap().to_owned();
    run(&[&verify[..], &["--once", &head]].concat()).is_good(&[&head]);
    let folder = live.site.path("store").join("audit");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let day = files.filter(|file| file.extension().is_some()).max().unwrap();
    let text = fs::read_to_string(&day).unwrap();
    fs::write(&day, text.replacen("\"account\":\"pat\"", "\"account\":\"tap\"", 1)).unwrap();
    let broken = run(&verify);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.err.contains("line 2: the line before it was changed"), "{}", broken.err);
}
