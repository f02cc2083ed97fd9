//! The configuration file: what is read, and what is refused.

use super::*;

const SMALLEST: &str = r#"
    listen.address = "127.0.0.1:0"
    tls = { certificate = "c.pem", key = "/k.pem" }
    service.base_url = "https://records.example:8443"
    store.dir = "records"
    keys.dir = "keys"
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/recordgate/recordgate.toml"), None)
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/recordgate.toml")
}

#[test]
fn the_sample_configuration_parses() {
    Config::parse(&std::fs::read_to_string(sample()).unwrap(), &sample(), None).unwrap();
}

#[test]
fn the_sample_shows_every_default_as_it_is() {
    let text = std::fs::read_to_string(sample()).unwrap();
    let shown = Config::parse(&text, &sample(), None).unwrap();
    assert_eq!(shown.limits, Limits::default());
    assert_eq!(shown.telemetry, Telemetry::default());
    assert_eq!(shown.store.max_gib, max_gib());
    assert_eq!((shown.store.report_days, shown.store.report_rows), (report_days(), report_rows()));
    let intake = shown.intake.unwrap();
    let (head, suppliers) = text.split_once("[intake]").unwrap().1.split_once("[[intake.supplier]]").unwrap();
    let smallest: String = head
        .lines()
        .filter(|line| {
            ["address", "certificate", "key", "client_ca", "spool"].iter().any(|k| line.starts_with(k))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let smallest = toml::from_str::<Intake>(&format!("{smallest}supplier = []")).unwrap();
    let without = |intake: Intake| format!("{:?}", Intake { suppliers: vec![], crls: vec![], ..intake });
    assert_eq!(without(smallest), without(intake.clone()));
    assert!(intake.suppliers.len() == 2 && suppliers.contains("keys = "));
    let sections = toml::from_str::<toml::Table>(&text).unwrap();
    assert_eq!(sections["limits"].as_table().unwrap().len(), 15, "a limit is missing from the sample");
}

#[test]
fn an_unknown_key_is_refused_with_its_name() {
    for (section, key) in [("limits", "conections"), ("telemetry", "endpoint"), ("tls", "cert")] {
        let error = parse(&format!("{SMALLEST}\n{section}.{key} = 1")).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
    let error = parse(&format!("{SMALLEST}\n[admin]\nopen = true")).unwrap_err().to_string();
    assert!(error.contains("unknown field `admin`"), "{error}");
}

#[test]
fn relative_paths_start_at_the_files_folder() {
    let config = parse(SMALLEST).unwrap();
    assert_eq!(config.tls.certificate, Path::new("/etc/recordgate/c.pem"));
    assert_eq!(config.tls.key, Path::new("/k.pem"));
    assert_eq!(config.service.host(), "records.example");
    let tables = "[tables]\nsensitive_codes = 's.csv'\nfirst_names = '/n.csv'";
    let tables = parse(&format!("{SMALLEST}\n{tables}")).unwrap().tables;
    assert_eq!(tables.sensitive_codes.unwrap(), Path::new("/etc/recordgate/s.csv"));
    assert_eq!(tables.first_names.unwrap(), Path::new("/n.csv"));
}

#[test]
fn a_base_url_is_https_and_an_origin() {
    for bad in [
        "http://records.example",
        "https://records.example/",
        "https://records.example/fhir",
        "https://u:p@records.example",
        "https://records.example?x=1",
        "https://records.example#top",
        "records.example",
        "https://",
        "",
    ] {
        let error = parse(&SMALLEST.replace("https://records.example:8443", bad)).unwrap_err().to_string();
        assert!(error.starts_with("service.base_url: "), "{bad}: {error}");
    }
}

#[test]
fn a_value_out_of_range_is_refused_with_its_key() {
    for (line, key) in [
        ("limits.connections = 0", "limits.connections"),
        ("limits.uri_bytes = 99999", "limits.uri_bytes"),
        ("store.max_gib = 0", "store.max_gib"),
        ("store.report_days = 0", "store.report_days"),
        ("store.report_rows = 1", "store.report_rows"),
        ("limits.header_seconds = 0", "between 1 and 3600"),
        ("telemetry.log = 'loud'", "loud"),
        ("telemetry.trace_share = 1.5", "telemetry.trace_share"),
        ("telemetry.otlp_endpoint = 'https://collector'", "telemetry.otlp_endpoint"),
    ] {
        let error = parse(&format!("{SMALLEST}\n{line}")).unwrap_err().to_string();
        assert!(error.contains(key), "{line}: {error}");
    }
}

#[test]
fn the_environment_changes_the_log_level_and_nothing_else() {
    let with = |name: &str| Config::parse(SMALLEST, Path::new("x.toml"), Some(name.to_owned()));
    assert_eq!(with("DEBUG").unwrap().telemetry.log, LogLevel::Debug);
    assert_eq!(with("").unwrap().telemetry.log, LogLevel::Info);
    assert!(with("hyper=trace").unwrap_err().to_string().starts_with("RECORDGATE_LOG: "));
}

const PROVIDER: &str = r#"
    [[sign_in]]
    id = "nhs-login"
    name = "NHS login"
    issuer = "https://auth.login.example"
    client_id = "recordgate"
    key = "login.pem"
    authorities = "/etc/ssl/authorities.pem"
"#;

#[test]
fn a_provider_has_a_name_of_its_own_and_an_issuer_over_tls() {
    let config = parse(&format!("{SMALLEST}{PROVIDER}")).unwrap();
    let [one] = config.sign_in.as_slice() else { panic!("one provider") };
    assert_eq!(one.key, Path::new("/etc/recordgate/login.pem"), "from the folder of the file");
    for (good, bad) in [
        ("\"nhs-login\"", "\"NHS/login\""),
        ("\"nhs-login\"", "\"\""),
        ("\"NHS login\"", "\" \""),
        ("\"recordgate\"", "\"\""),
        ("https://auth", "http://auth"),
        ("login.example\"", "login.example?x=1\""),
        ("name =", "nom ="),
    ] {
        assert!(parse(&format!("{SMALLEST}{}", PROVIDER.replace(good, bad))).is_err(), "{bad}");
    }
    let twice = parse(&format!("{SMALLEST}{PROVIDER}{PROVIDER}")).unwrap_err().to_string();
    assert!(twice.contains("each provider stands there once"), "{twice}");
    let other = PROVIDER.replace("nhs-login", "other-login").replace("auth.login", "other.login");
    assert_eq!(parse(&format!("{SMALLEST}{PROVIDER}{other}")).unwrap().sign_in.len(), 2);
}

#[test]
fn the_pattern_of_a_provider_in_the_sample_can_be_used_as_it_stands() {
    let text = std::fs::read_to_string(sample()).unwrap();
    let (_, rest) = text.split_once("# [[sign_in]]\n").unwrap();
    let rest = rest.split_once("[telemetry]").unwrap().0;
    let keys = rest.lines().filter_map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = \"")));
    let shown = format!("[[sign_in]]\n{}", keys.collect::<Vec<_>>().join("\n"));
    let config = parse(&format!("{SMALLEST}{shown}")).unwrap();
    assert_eq!(config.sign_in[0].key_id.as_deref(), Some("recordgate-1"));
}
