//! Records that are made anew after tables have changed: killed at any instant, each is the old one or the new one, and
//! whoever goes on ends where a run without any kill does.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use store::Store;

use super::{
    CUT, Chance, From, SEED,
    held::{self, Patient},
    kill, phase,
};
use crate::{
    command::{command, export::Export, run, site::Site},
    support::{
        aged::{age, other_tables},
        practice,
    },
};

const KILLS: usize = 12;

/// A store whose records were made with other tables, most with other bytes.
struct Scene {
    site: Site,
    patients: Vec<String>,
    old: BTreeMap<String, Patient>,
}

impl Scene {
    fn new() -> Self {
        let site = Site::new();
        let export = Export::cut(&site.path("export"), 1, CUT);
        let ran = site.ingest(&export.dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        {
            let other = |id: &str| !id.starts_with('0');
            age(&site.store(), &practice(), other_tables(), other);
        }
        let patients = export.patients();
        let old = held::read(&site.store(), &practice(), &patients);
        Self { site, patients, old }
    }

    fn held(&self, site: &Site) -> BTreeMap<String, Patient> {
        held::read(&site.store(), &practice(), &self.patients)
    }

    /// How many patients have the new record. Nobody has anything else than the old or the new one, whole.
    fn done(&self, site: &Site, new: &BTreeMap<String, Patient>) -> usize {
        let now = self.held(site);
        for (key, patient) in &now {
            assert!(*patient == self.old[key] || *patient == new[key], "neither old nor new");
        }
        now.iter().filter(|(key, patient)| **patient == new[*key]).count()
    }
}

/// Runs it to its end and says how long it took from the beginning and from the first release on.
fn measured(config: &str) -> [Duration; 2] {
    let begun = Instant::now();
    let mut releasing = begun;
    let mut child =
        command(&["admin", "reproject", "--config", config]).stderr(Stdio::piped()).spawn().unwrap();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        if phase(&line.unwrap()).is_some() {
            releasing = Instant::now();
        }
    }
    assert!(child.wait().unwrap().success());
    assert!(releasing > begun, "it tells when it begins to release");
    [begun.elapsed(), releasing.elapsed()]
}

/// To begin again, or to go on if that is wanted and there is a run to go on with.
fn arguments<'a>(site: &Site, config: &'a str, go_on: bool) -> Vec<&'a str> {
    let begun = site.store().practice(&practice()).unwrap().made_with
        == project::made_with(&policy::PracticeRules::default(), "", &project::OwnTables::default());
    let resume: &[&str] = if begun && go_on { &["--resume"] } else { &[] };
    [&["admin", "reproject", "--config", config], resume].concat()
}

#[test]
fn a_run_that_is_killed_and_gone_on_with_ends_in_the_same_bytes_as_one_without_a_kill() {
    let scene = Scene::new();
    let clean = scene.site.copy();
    let [whole, releasing] = measured(&clean.config());
    let new = scene.held(&clean);
    let changed = new.iter().filter(|(key, patient)| **patient != scene.old[*key]).count();
    assert_eq!(changed, scene.patients.len(), "each says at least what it was made with");
    let (mut chance, mut kills, mut mixed) = (Chance(SEED), 0, 0);
    while kills < KILLS || (mixed == 0 && kills < 5 * KILLS) {
        let site = scene.site.copy();
        let config = site.config();
        let mut done = 0;
        for _ in 0..3 {
            let args = arguments(&site, &config, chance.next().is_multiple_of(2));
            let (from, span) =
                if chance.next() % 3 == 0 { (From::Start, whole) } else { (From::Releasing, releasing) };
            if !kill(&args, from, chance.part_of(span)) {
                break;
            }
            let now = scene.done(&site, &new);
            assert!(now >= done, "taken back");
            done = now;
            kills += 1;
            mixed += usize::from(done > 0 && done < new.len());
        }
        let ran = run(&arguments(&site, &config, kills % 2 == 0));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(scene.held(&site) == new, "it differs from a run without a kill");
        site.has_nothing_open();
    }
    eprintln!("{kills} kills, {mixed} of them in the midst; a whole run took {whole:?}");
    assert!(mixed > 0, "no kill was in the midst");
}
