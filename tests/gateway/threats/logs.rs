//! T43: what is logged at the most talkative level while an app tries everything. The logging is the product's own, so
//! it runs in a process of its own, whose standard error is read.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::Command,
};

use gateway::{
    config::{LogFormat, LogLevel, Telemetry},
    telemetry,
};
use policy::AccessLevel;

use super::{CANARY, HIDDEN_CODE, Stage, everything};
use crate::{
    gateway::portal::Portal,
    support::{World, level, subject},
};

const CHILD: &str = "RECORDGATE_TEST_LOGS";

#[test]
#[expect(clippy::disallowed_methods, reason = "how the test tells its own process what to do")]
fn t43_no_datum_of_a_patient_and_no_token_is_logged() {
    if let Ok(format) = std::env::var(CHILD) {
        return talk(&format);
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let name = format!("{module}::t43_no_datum_of_a_patient_and_no_token_is_logged");
    for format in ["text", "json"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture", "--test-threads", "1"])
            .env(CHILD, format)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let logged = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}{logged}");
        let secrets: Vec<&str> =
            said.lines().filter_map(|line| line.split_once("SECRET ")).map(|(_, it)| it).collect();
        assert!(secrets.len() > 6, "{said}");
        for word in ["not admitted", "panic: this is a bug"] {
            assert!(logged.contains(word), "it was not silence that kept the secrets: {logged}");
        }
        let lower = logged.to_lowercase();
        let data = [
            "9990000018",
            CANARY,
            HIDDEN_CODE,
            "27113001",
            "Testp",
            "Alex",
            "82.5",
            "weight-day",
            "1980-05-04",
            "NOPAT",
        ];
        for secret in secrets.iter().chain(&data) {
            assert!(!lower.contains(&secret.to_lowercase()), "{secret} is in the log");
        }
    }
}

/// Drives everything with the product's own logging, and says on standard output what must not be in it.
#[allow(clippy::print_stdout, reason = "read by the test")]
fn talk(format: &str) {
    let log_format = if format == "json" { LogFormat::Json } else { LogFormat::Text };
    let telemetry = Telemetry { log: LogLevel::Trace, log_format, ..Telemetry::default() };
    let _guard = telemetry::init(&telemetry).unwrap();
    let stage = Stage::new();
    assert!(everything(&stage.world, &stage.token).len() > 500);
    let world = &stage.world;
    world.let_in("p", &subject("p"), level(AccessLevel::None));
    for path in ["Patient", "Observation?code=165816005", "Observation/x", "Immunization?_count=x"] {
        stage.get(path);
    }
    for secret in [
        stage.token.clone(),
        world.logical_id("p"),
        world.logical_id("q"),
        super::observation("p", "weight-day"),
    ] {
        println!("SECRET {secret}");
    }
    let portal = Portal::of(World::of(super::entries()));
    let code = portal.code(&[]);
    let tokens = portal.redeem(&code, &[]).json();
    portal.redeem(&code, &[]);
    portal.ask(&[("redirect_uri", Some("https://quagga.example/"))]);
    portal.refresh("app", tokens["refresh_token"].as_str().unwrap(), Some("patient/*.cruds"));
    println!("SECRET {code}");
    for name in ["access_token", "refresh_token"] {
        println!("SECRET {}", tokens[name].as_str().unwrap());
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| panic!("Quagga 9990000018")));
    assert!(panicked.is_err());
}
