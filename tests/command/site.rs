//! A configured place to load exports into, and small exports that tests share.
#![expect(clippy::disallowed_methods, reason = "a sandbox that does not start must not hang the tests")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::LazyLock,
    time::{Duration, Instant},
};

use store::{Lmdb, Store};
use tempfile::TempDir;

use super::{
    Ran,
    export::{Cut, Export},
    run,
};
use crate::{
    crash::held::{self, Patient},
    support::practice,
};

pub const PRACTICE: &str = "Y99999";

/// A certificate and its key, from a sandbox that was stopped as soon as it had made them.
static CERTIFICATE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let folder = interrupted_sandbox(&dir.path().join("sandbox"));
    (fs::read(folder.join("server.pem")).unwrap(), fs::read(folder.join("server.key")).unwrap())
});

/// Starts a sandbox and kills it once it has its configuration, while it fills its store.
pub fn interrupted_sandbox(folder: &Path) -> PathBuf {
    let args = ["sandbox", "--port", "0", "--patients", "12", "--dir", folder.to_str().unwrap()];
    let mut child = super::command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !folder.join("export").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    folder.to_owned()
}

/// A folder with a good configuration, and certificate and keys as it says.
pub struct Site {
    pub dir: TempDir,
}

impl Site {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("server.pem"), &CERTIFICATE.0).unwrap();
        fs::write(dir.path().join("server.key"), &CERTIFICATE.1).unwrap();
        fs::set_permissions(dir.path().join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::DirBuilder::new().mode(0o700).create(dir.path().join("keys")).unwrap();
        fs::write(
            dir.path().join("recordgate.toml"),
            "[listen]\naddress = \"127.0.0.1:0\"\n[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n\
             [service]\nbase_url = \"https://localhost\"\n[store]\ndir = \"store\"\nmax_gib = 4\n[keys]\ndir = \"keys\"\n",
        )
        .unwrap();
        Self { dir }
    }

    /// A site into which the small export was loaded.
    pub fn loaded() -> Self {
        let site = Self::new();
        let ran = site.ingest(&small().dir);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        site
    }

    /// Another site with the same keys and what the store holds.
    pub fn copy(&self) -> Self {
        let other = Self::new();
        for folder in ["keys", "store"] {
            fs::create_dir_all(other.path(folder)).unwrap();
            for file in fs::read_dir(self.path(folder)).unwrap() {
                let file = file.unwrap();
                if file.file_name() != "lock.mdb" {
                    fs::copy(file.path(), other.path(folder).join(file.file_name())).unwrap();
                }
            }
        }
        other
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn config(&self) -> String {
        self.path("recordgate.toml").to_str().unwrap().to_owned()
    }

    /// The arguments of `ingest` for a format and a path.
    pub fn arguments<'a>(config: &'a str, format: &'a str, path: &'a str) -> [&'a str; 8] {
        ["ingest", "--config", config, "--practice", PRACTICE, "--format", format, path]
    }

    pub fn ingest(&self, path: &Path) -> Ran {
        self.ingest_as("emis-csv", path)
    }

    pub fn ingest_as(&self, format: &str, path: &Path) -> Ran {
        run(&Self::arguments(&self.config(), format, path.to_str().unwrap()))
    }

    pub fn store(&self) -> Lmdb {
        held::open(&self.path("store"))
    }

    /// Everything that is held of the patients of the small export.
    pub fn held(&self) -> BTreeMap<String, Patient> {
        held::read(&self.store(), &practice(), &small().patients())
    }

    /// Asserts that nothing of any batch is there.
    pub fn is_empty(&self) {
        assert!(self.held().values().all(|patient| patient.facts == 0 && patient.released.is_none()));
        self.has_nothing_open();
        assert_eq!(self.store().practice(&practice()).unwrap().batches, 0);
    }

    /// Asserts that no batch is open and nobody waits.
    pub fn has_nothing_open(&self) {
        let store = self.store();
        assert_eq!(store.dirty_count(&practice()).unwrap(), 0);
        assert_eq!(store.practice(&practice()).unwrap().open_batch, None);
    }
}

/// Twelve patients with a few rows each.
pub fn small() -> &'static Export {
    static SMALL: LazyLock<(TempDir, Export)> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let export = Export::cut(
            &dir.path().join("small"),
            1,
            Cut { patients: 12, consultations: 6, observations: 12 },
        );
        (dir, export)
    });
    &SMALL.1
}

/// A GP2GP message of a synthetic patient, as text.
pub fn message() -> &'static str {
    static MESSAGE: LazyLock<String> = LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("messages");
        let ran = run(&["synth", "--format", "gp2gp", "--patients", "3", to.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let mut texts: Vec<String> =
            fs::read_dir(to).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        texts.sort_by_key(String::len);
        texts.swap_remove(0)
    });
    &MESSAGE
}

/// A folder with one file in it.
pub fn folder_with(site: &Site, name: &str, content: &[u8]) -> PathBuf {
    let folder = site.path("given");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
    folder
}
