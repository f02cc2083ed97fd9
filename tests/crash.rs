//! I7: what was acknowledged is durable, and a crash at any instant leaves each patient's released record either old or
//! new. The process is killed for good, by SIGKILL, at moments spread over its whole run.
#![expect(clippy::disallowed_methods, reason = "kills are spread over the time that a run takes")]

pub mod held;
mod remade;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use held::Patient;
use store::Store;

use crate::{
    command::{
        command,
        export::{Cut, Export, place},
        site::{Site, small},
    },
    support::practice,
};

const KILLS: usize = 50;
/// Change it to try other moments.
const SEED: u64 = 7;
/// More patients than are swapped in together, more rows than are stored together.
const CUT: Cut = Cut { patients: 96, consultations: 42, observations: 3 };

type Held = BTreeMap<String, Patient>;

/// Moments by chance, from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A part of a span of time.
    fn part_of(&mut self, span: Duration) -> Duration {
        span.mul_f64((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// From when on chance decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum From {
    Start,
    Storing,
    Releasing,
}

/// How long a run takes from each of those moments to its end.
struct Spans(BTreeMap<From, Duration>);

/// A store with the first run of an export, and the second run that is to come.
struct Scene {
    site: Site,
    second: Export,
    patients: Vec<String>,
    before: Held,
}

impl Scene {
    fn new() -> Self {
        let site = Site::new();
        let first = Export::cut(&site.path("first"), 1, CUT);
        let ran = site.ingest(&first.dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let rows = ["Coding_ClinicalCode", "Admin_Patient", "CareRecord_Consultation"]
            .map(|name| first.rows(name).len());
        assert!(rows.iter().sum::<usize>() > 4100, "observations come with a later chunk: {rows:?}");
        let second = first.run(2, &site.path("second"));
        change(&second);
        let patients = first.patients();
        let before = held::read(&site.store(), &practice(), &patients);
        Self { site, second, patients, before }
    }

    fn held(&self, site: &Site) -> Held {
        held::read(&site.store(), &practice(), &self.patients)
    }

    /// Loads the second run to its end, with a look at the time.
    fn measured(&self, site: &Site) -> Spans {
        let mut moments = BTreeMap::from([(From::Start, Instant::now())]);
        let config = site.config();
        let args = Site::arguments(&config, "emis-csv", self.second.dir.to_str().unwrap());
        let mut child = command(&args).stderr(Stdio::piped()).spawn().unwrap();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            moments.extend(phase(&line.unwrap()).map(|from| (from, Instant::now())));
        }
        assert!(child.wait().unwrap().success());
        assert_eq!(moments.len(), 3, "storing and releasing were told");
        Spans(moments.into_iter().map(|(from, begun)| (from, begun.elapsed())).collect())
    }

    /// Starts to load the second run and kills it so long after a moment of its run. `false` if it ended before.
    fn kill(&self, site: &Site, from: From, after: Duration) -> bool {
        let config = site.config();
        kill(&Site::arguments(&config, "emis-csv", self.second.dir.to_str().unwrap()), from, after)
    }
}

fn phase(line: &str) -> Option<From> {
    match line {
        "storing…" => Some(From::Storing),
        "releasing…" => Some(From::Releasing),
        _ => None,
    }
}

fn kill(args: &[&str], from: From, after: Duration) -> bool {
    let mut child = command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    if from != From::Start {
        lines.find(|line| phase(line.as_ref().unwrap()) == Some(from));
    }
    sleep(after);
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    assert!(ended.signal() == Some(9) || ended.success(), "{ended:?}");
    ended.signal() == Some(9)
}

/// What the second run says otherwise than the first: of each patient the surname; of some an observation that is
/// confidential now, deleted, or has another date.
fn change(second: &Export) {
    second.edit("Admin_Patient", |rows| {
        let at = place(rows, "Surname");
        rows.iter_mut().skip(1).for_each(|row| row[at] = format!("{}-Changed", row[at]));
    });
    second.edit("CareRecord_Observation", |rows| {
        let [confidential, deleted, date] =
            ["IsConfidential", "Deleted", "EffectiveDate"].map(|c| place(rows, c));
        for (number, row) in rows.iter_mut().enumerate().skip(1) {
            match number % 6 {
                0 => row[confidential] = "true".to_owned(),
                2 => row[deleted] = "true".to_owned(),
                4 => row[date] = "2021-02-03".to_owned(),
                _ => {}
            }
        }
    });
}

/// What a killed load left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// Nothing of the batch.
    Untouched,
    /// An open batch.
    Open,
    /// A closed batch of which nothing is released yet.
    Closed,
    /// Some patients have the new record, some the old one.
    Mixed,
    /// All have the new record.
    Done,
}

/// Whose records the second run changes.
fn changing(scene: &Scene, after: &Held) -> BTreeSet<String> {
    let changes = |key: &&String| after[*key].released != scene.before[*key].released;
    scene.patients.iter().filter(changes).cloned().collect()
}

/// Asserts that each patient has one of both records as a whole and has lost no fact, and tells what was left.
/// `released` is how many had the new record before, and then how many have it now.
fn left(site: &Site, scene: &Scene, after: &Held, released: &mut usize) -> Left {
    let store = site.store();
    let now = held::read(&store, &practice(), &scene.patients);
    let changing = changing(scene, after);
    let mut new = 0;
    for (key, patient) in &now {
        let (old_one, new_one) = (&scene.before[key], &after[key]);
        assert!(patient.facts >= old_one.facts, "facts that were acknowledged are gone");
        assert!(
            patient.released == old_one.released || patient.released == new_one.released,
            "neither old nor new"
        );
        new += usize::from(changing.contains(key) && patient.released == new_one.released);
    }
    let state = store.practice(&practice()).unwrap();
    let open = state.open_batch.is_some();
    assert!(
        new >= *released && (!open || new == *released),
        "taken back, or released while the batch is open"
    );
    *released = new;
    let waiting = store.dirty_count(&practice()).unwrap();
    let touched = open || state.batches > 1;
    assert!(
        open || !touched || waiting >= (changing.len() - new) as u64,
        "who has not the new record waits for it"
    );
    match (open, new) {
        (true, _) => Left::Open,
        (false, 0) if !touched => Left::Untouched,
        (false, 0) => Left::Closed,
        (false, new) if new == changing.len() => Left::Done,
        (false, _) => Left::Mixed,
    }
}

/// Kills half of the loads, several in a row on each copy of the store, and then lets one go to its end. What each
/// kill left.
fn campaign(scene: &Scene, after: &Held, spans: &Spans, mut chance: Chance) -> Vec<Left> {
    let mut seen = Vec::new();
    while seen.len() < KILLS / 2 {
        let site = scene.site.copy();
        let mut released = 0;
        for _ in 0..8 {
            let from = [From::Start, From::Storing, From::Releasing][(chance.next() % 3) as usize];
            if seen.len() >= KILLS / 2 || !scene.kill(&site, from, chance.part_of(spans.0[&from])) {
                break;
            }
            seen.push(left(&site, scene, after, &mut released));
        }
        let ran = site.ingest(&scene.second.dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(scene.held(&site) == *after, "a completed load differs from one without any kill: {seen:?}");
        site.has_nothing_open();
    }
    seen
}

#[test]
fn a_crash_at_any_instant_leaves_each_record_old_or_new_and_the_same_load_completes_it() {
    let scene = Scene::new();
    let clean = scene.site.copy();
    let spans = scene.measured(&clean);
    let after = scene.held(&clean);
    assert!(
        changing(&scene, &after).len() >= 75,
        "of sensitive patients no body is kept, so nothing of them changes"
    );
    assert!(
        after.values().map(|patient| patient.released.as_ref().unwrap().resources()).sum::<usize>() > 150
    );

    let begun = Instant::now();
    let mut seen = std::thread::scope(|scope| {
        let (scene, after, spans) = (&scene, &after, &spans);
        let campaigns = [0, 1].map(|n| scope.spawn(move || campaign(scene, after, spans, Chance(SEED + n))));
        campaigns.map(|campaign| campaign.join().unwrap()).concat()
    });
    let mut chance = Chance(SEED);
    while !(seen.contains(&Left::Open) && seen.contains(&Left::Mixed)) && seen.len() < 3 * KILLS {
        let from = if seen.contains(&Left::Open) { From::Releasing } else { From::Storing };
        let site = scene.site.copy();
        if scene.kill(&site, from, chance.part_of(spans.0[&from])) {
            seen.push(left(&site, &scene, &after, &mut 0));
        }
    }
    let states = [Left::Untouched, Left::Open, Left::Closed, Left::Mixed, Left::Done];
    let counts = states.map(|state| (state, seen.iter().filter(|left| **left == state).count()));
    eprintln!("{} kills in {:?}: {counts:?}", seen.len(), begun.elapsed());
    assert!(seen.len() >= KILLS);
    assert!(
        seen.contains(&Left::Open) && seen.contains(&Left::Mixed),
        "kills missed what they were for: {counts:?}"
    );

    // Without the first run, the second says the same.
    let fresh = scene.site.copy();
    fs::remove_dir_all(fresh.path("store")).unwrap();
    assert_eq!(fresh.ingest(&scene.second.dir).code, Some(0));
    let fresh = scene.held(&fresh);
    for (key, patient) in &fresh {
        let [fresh, after] = [patient, &after[key]].map(|one| one.released.as_ref().unwrap().bodies());
        assert!(fresh == after, "it does not");
    }
}

#[test]
fn after_an_interrupted_batch_only_that_batch_is_taken() {
    let site = Site::loaded();
    let before = site.held();
    let second = small().run(2, &site.path("second"));
    change(&second);
    let third = small().run(3, &site.path("third"));
    let config = site.config();
    let args = Site::arguments(&config, "emis-csv", second.dir.to_str().unwrap());
    interrupt(&site, &args);
    for other in [&third, small()] {
        let ran = site.ingest(&other.dir);
        ran.says(&[
            "has not been finished",
            &second.name("Admin_Organisation"),
            "load exactly those files again first",
            "visibility",
        ]);
        assert!(site.held().iter().all(|(key, patient)| patient.released == before[key].released));
    }
    // From another place and with a note beside them they are the same files.
    let moved = second.copy(&site.path("moved"));
    fs::write(moved.dir.join("NOTES.txt"), "sent again by hand").unwrap();
    let ran = site.ingest(&moved.dir);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let after = site.held();
    assert!(after.iter().all(|(key, patient)| patient.released != before[key].released));
    site.has_nothing_open();
    let ran = site.ingest(&third.dir);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_ne!(site.held(), after);
}

/// Kills a load while its batch is open.
fn interrupt(site: &Site, args: &[&str]) {
    let mut chance = Chance(SEED);
    for _ in 0..200 {
        assert!(kill(args, From::Storing, chance.part_of(Duration::from_millis(10))), "the load was faster");
        if site.store().practice(&practice()).unwrap().open_batch.is_some() {
            return;
        }
        assert_eq!(site.store().practice(&practice()).unwrap().batches, 1, "the batch was closed already");
    }
    panic!("no kill left the batch open");
}

#[test]
fn a_crash_in_the_very_first_load_leaves_no_half_of_a_key_and_a_store_that_opens() {
    let mut chance = Chance(SEED);
    let mut kills = 0;
    for _ in 0..4 {
        let site = Site::new();
        fs::remove_dir(site.path("keys")).unwrap();
        let config = site.config();
        let args = Site::arguments(&config, "emis-csv", small().dir.to_str().unwrap());
        for _ in 0..6 {
            kills += usize::from(kill(&args, From::Start, chance.part_of(Duration::from_millis(60))));
            for key in ["keys/id.key", "keys/cursor.key"] {
                assert!(length(&site.path(key)).is_none_or(|length| length == 32), "half of {key}");
            }
        }
        let ran = site.ingest(&small().dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(site.held().values().all(|patient| patient.released.is_some()));
        site.has_nothing_open();
    }
    assert!(kills > 12, "{kills}");
}

fn length(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.len())
}
