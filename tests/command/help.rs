//! `--help`, wrong arguments, and `check`.
#![expect(clippy::disallowed_methods, reason = "one variable says whether golden files are written")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{run, site::Site};

const COMMANDS: [&[&str]; 56] = [
    &[],
    &["sandbox"],
    &["sandbox", "token"],
    &["serve"],
    &["ingest"],
    &["push"],
    &["map"],
    &["synth"],
    &["redact"],
    &["lexicon"],
    &["check"],
    &["quality"],
    &["trace"],
    &["explain"],
    &["terminology"],
    &["terminology", "load"],
    &["admin"],
    &["admin", "abandon-batch"],
    &["admin", "rules"],
    &["admin", "hide"],
    &["admin", "unhide"],
    &["admin", "suppress"],
    &["admin", "unsuppress"],
    &["admin", "access"],
    &["admin", "access", "show"],
    &["admin", "access", "set"],
    &["admin", "proxy"],
    &["admin", "proxy", "add"],
    &["admin", "proxy", "end"],
    &["admin", "linkage"],
    &["admin", "linkage", "issue"],
    &["admin", "linkage", "list"],
    &["admin", "linkage", "revoke"],
    &["admin", "decisions"],
    &["admin", "review"],
    &["admin", "review", "list"],
    &["admin", "review", "show"],
    &["admin", "review", "decide"],
    &["admin", "reproject"],
    &["admin", "apps"],
    &["admin", "apps", "list"],
    &["admin", "apps", "show"],
    &["admin", "apps", "add"],
    &["admin", "apps", "change"],
    &["admin", "apps", "try"],
    &["admin", "apps", "approve"],
    &["admin", "apps", "suspend"],
    &["admin", "apps", "reinstate"],
    &["admin", "apps", "retire"],
    &["admin", "apps", "block"],
    &["admin", "apps", "unblock"],
    &["admin", "batches"],
    &["admin", "batches", "list"],
    &["admin", "batches", "show"],
    &["admin", "batches", "drop"],
    &["admin", "batches", "retry"],
];

#[test]
fn help_is_as_it_was_read_over_last() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/help");
    let update = std::env::var("RECORDGATE_UPDATE_GOLDEN").is_ok_and(|value| value == "1");
    for command in COMMANDS {
        let ran = run(&[command, &["--help"]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{command:?}");
        let name = if command.is_empty() { "recordgate".to_owned() } else { command.join("-") };
        let golden = folder.join(format!("{name}.txt"));
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&golden, &ran.out).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(ran.out, expected, "{} (RECORDGATE_UPDATE_GOLDEN=1 writes it anew)", golden.display());
    }
}

#[test]
fn every_command_that_help_lists_has_its_help_read_over() {
    let help = run(&["--help"]).out;
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names =
        listed.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let names: Vec<&str> = names.collect();
    assert!(names.len() >= 6, "{help}");
    for name in names {
        assert!(COMMANDS.iter().any(|command| command == &[name]), "{name} has no golden file");
    }
}

#[test]
fn wrong_arguments_end_with_2_and_say_what_would_be_right() {
    let none = run(&[]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("Usage: recordgate <COMMAND>") && none.err.contains("sandbox"), "{}", none.err);
    for (args, words) in [
        (&["serv"][..], "similar"),
        (&["serve"], "--config <FILE>"),
        (&["ingest", "--config", "x", "--practice", "Y99999", "--format", "emis-csv"], "<PATH>"),
        (&["ingest", "--practice", "Y-1"], "such as Y99999"),
        (&["ingest", "--format", "tpp"], "[possible values: emis-csv, gp2gp"),
        (&["push", "--format", "tpp"], "nhs003-edifact, gp-connect-stu3, tpp-csv]"),
        (&["map", "--format", "emis-csv", "x"], "--practice <ODS>"),
        (&["sandbox", "--patients", "3"], "12..=20000"),
    ] {
        let ran = run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(words) && ran.out.is_empty(), "{args:?}: {}", ran.err);
    }
    let version = run(&["--version"]);
    assert_eq!((version.code, version.out), (Some(0), format!("recordgate {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_good_configuration_is_good_and_check_makes_nothing() {
    let site = Site::new();
    let before = names(site.dir.path());
    let ran = run(&["check", "--config", &site.config()]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(ran.out, format!("{} is good\n", site.config()));
    assert_eq!(names(site.dir.path()), before);
    assert!(names(&site.path("keys")).is_empty());
}

#[test]
fn a_store_that_a_load_made_is_closed_to_others() {
    let site = Site::loaded();
    let mode = fs::metadata(site.path("store")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let ran = run(&["check", "--config", &site.config()]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), format!("{} is good\n", site.config()).as_str()));
}

#[test]
fn a_key_that_no_configuration_has_is_named() {
    let site = Site::new();
    let text = fs::read_to_string(site.config()).unwrap().replace("max_gib", "max_gb");
    fs::write(site.config(), text).unwrap();
    let ran = run(&["check", "--config", &site.config()]);
    ran.says(&["recordgate.toml", "unknown field `max_gb`", "line 10"]);
    run(&["serve", "--config", &site.config()]).says(&["unknown field `max_gb`"]);
    let missing = site.path("none.toml");
    run(&["check", "--config", missing.to_str().unwrap()]).says(&["cannot read", "none.toml"]);
}

#[test]
fn what_a_configuration_points_to_is_looked_at() {
    let site = Site::new();
    let check = |words: &[&str]| {
        let ran = run(&["check", "--config", &site.config()]);
        ran.says(&["cannot be used as it is"]);
        words.iter().for_each(|word| assert!(ran.out.contains(word), "{word:?} is not in: {}", ran.out));
        // Nothing is started that check would refuse.
        run(&["serve", "--config", &site.config()]).says(&["nothing was started"]);
    };
    let certificate = site.path("server.pem");
    let pem = fs::read(&certificate).unwrap();
    fs::remove_file(&certificate).unwrap();
    check(&["error: tls.certificate: cannot read", "server.pem"]);
    fs::write(&certificate, "no PEM").unwrap();
    check(&["error: tls.certificate: "]);
    fs::write(&certificate, pem).unwrap();

    let key = site.path("server.key");
    let pem = fs::read(&key).unwrap();
    fs::write(&key, another_key()).unwrap();
    check(&["error: tls.key: it does not belong to the certificate"]);
    fs::write(&key, pem).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    check(&["error: tls.key: every user can read", "chmod o="]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    fs::write(site.path("keys/id.key"), [1; 5]).unwrap();
    fs::set_permissions(site.path("keys/id.key"), fs::Permissions::from_mode(0o600)).unwrap();
    check(&["error: keys.dir", "5 bytes, not 32"]);
    fs::remove_file(site.path("keys/id.key")).unwrap();
    fs::write(site.path("store"), "a file").unwrap();
    check(&["error: store.dir", "is not a folder"]);
}

/// A good key of another certificate.
fn another_key() -> String {
    use aws_lc_rs::{rand::SystemRandom, signature as s};
    use base64::{Engine, engine::general_purpose::STANDARD};
    let key =
        s::EcdsaKeyPair::generate_pkcs8(&s::ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    let text = STANDARD.encode(key.as_ref());
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let (begin, end) = ["BEGIN", "END"].map(|word| format!("-----{word} PRIVATE KEY-----")).into();
    format!("{begin}\n{}\n{end}\n", lines.join("\n"))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}
