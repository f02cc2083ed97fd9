//! A disk that is really full, and then is not.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value as Json;

use super::{
    run,
    sandbox::{Sandbox, curl, token},
};

/// A small disk of its own; it goes with the test.
struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

impl Disk {
    /// `None` (with a word) where this user may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=40m", "tmpfs"]).arg(at).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            eprintln!("skipped: a disk of its own can be mounted by root alone");
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Writes until nothing more goes on it. Whoever removes the file makes room again.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("fill");
        let mut file = fs::File::create(&path).unwrap();
        for size in [1 << 16, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

#[test]
fn t42_on_a_full_disk_nothing_is_shown_that_is_not_written_down_nothing_is_lost_and_then_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(&dir.path().join("small")) else { return };
    let folder = disk.0.join("box");
    let (_running, ready) = Sandbox::start(&folder, &dir.path().join("ready.json"), &["--no-demo"]);
    let bearer = format!("Authorization: Bearer {}", token(&folder, "pat01").out.trim());
    let ask = || curl(&ready, "/Observation?_count=3", &["--header", &bearer]);
    let Some(first) = ask() else { return };
    assert_eq!(first.0, 200);
    let fill = disk.fill();
    // There is room for some lines in what the file has of the disk already.
    let refused: Option<(u16, Json)> = (0..40).filter_map(|_| ask()).find(|(status, _)| *status != 200);
    let (status, outcome) = refused.unwrap();
    assert_eq!((status, &outcome["issue"][0]["code"]), (503, &"transient".into()), "{outcome}");
    assert_eq!(ask().unwrap().0, 503);
    let export = dir.path().join("export");
    let export = export.to_str().unwrap();
    run(&["synth", "--format", "emis-csv", "--practice", "Y99998", "--patients", "2", export]).is_good(&[]);
    let of = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let intake = ready["intake"]["base"].as_str().unwrap();
    let (cert, key, ca) = (of("supplier.pem"), of("supplier.key"), of("ca.pem"));
    let push = [
        "push",
        "--url",
        intake,
        "--cert",
        &cert,
        "--key",
        &key,
        "--ca",
        &ca,
        "--practice",
        "Y99998",
        "--format",
        "emis-csv",
        export,
    ];
    run(&push).says(&["The disk is full"]);
    fs::remove_file(fill).unwrap();
    assert_eq!(ask().unwrap().1["entry"], first.1["entry"]);
    run(&push).is_good(&[]);
    let config = of("recordgate.toml");
    run(&["admin", "audit", "verify", "--config", &config]).is_good(&["none missing"]);
}
