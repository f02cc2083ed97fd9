//! What a hostile app signs, or says that it signed: T46 to T51.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use gateway::oauth::{FetchKeys, Fetched, Offer};
use serde_json::json;
use store::AppKeys;

use crate::gateway::{
    portal::{Portal, fault},
    signing::{BEARER_ASSERTION, CONFIDENTIAL, Signer, encoded, header},
};

/// Counts who asks, and has the keys.
#[derive(Default)]
struct Counted {
    asked: AtomicUsize,
    urls: Mutex<Vec<String>>,
}

impl FetchKeys for Counted {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.urls.lock().unwrap().push(url.to_owned());
        Ok(Fetched { body: Signer::shared().jwks().into(), cache_control: Some("max-age=300".to_owned()) })
    }
}

fn counted() -> (Portal, Arc<Counted>) {
    let counted = Arc::new(Counted::default());
    let portal = Portal::confidential();
    let offer = Offer { fetch: Some(counted.clone() as Arc<dyn FetchKeys>), ..Offer::default() };
    (portal.offering(offer), counted)
}

#[test]
fn t46_what_is_not_signed_with_the_registered_key_proves_nothing() {
    let portal = Portal::confidential();
    let signer = Signer::shared();
    let claims = || portal.claims().to_string();
    let unsigned = |alg: &str| {
        let header = json!({"alg": alg, "kid": "rsa", "typ": "JWT"}).to_string();
        format!("{}.{}.", encoded(header), encoded(claims()))
    };
    let zero = |header: &str, length| {
        format!("{}.{}.{}", encoded(header), encoded(claims()), encoded(vec![0u8; length]))
    };
    let with = |name: &str, value: serde_json::Value| {
        let mut header = header("RS384", "rsa");
        header[name] = value;
        signer.sign(&header.to_string(), &claims())
    };
    let good = portal.assertion();
    let (text, signature) = good.rsplit_once('.').unwrap();
    let (protected, payload) = text.split_once('.').unwrap();
    let one = json!({"protected": protected, "signature": signature});
    let general = json!({"payload": payload, "signatures": [one, one]});
    for wrong in [
        unsigned("none"),
        unsigned("None"),
        unsigned("NONE"),
        unsigned("RS384"),
        signer.hmac(&json!({"alg": "HS256", "kid": "rsa"}).to_string(), &claims()),
        signer.hmac(&json!({"alg": "RS384", "kid": "rsa"}).to_string(), &claims()),
        zero(r#"{"alg":"ES384","kid":"ec"}"#, 96),
        zero(r#"{"alg":"ES256","kid":"ec"}"#, 64),
        signer.sign(r#"{"alg":"ES384","kid":"rsa"}"#, &claims()),
        signer.sign(r#"{"alg":"RS384","kid":"ec"}"#, &claims()),
        signer.sign(r#"{"alg":"RS384","kid":"rsa","alg":"none"}"#, &claims()),
        signer.sign(r#"{"alg":"RS384"}"#, &claims()),
        with("alg", json!("rs384-RS384")),
        with("crit", json!(["exp"])),
        with("crit", json!([])),
        with("crit", json!(null)),
        with("b64", json!(false)),
        with("enc", json!("A256GCM")),
        with("zip", json!("DEF")),
        format!("{good}.{signature}"),
        format!("{good}=="),
        format!("{text}.{signature}A"),
        format!("{}.e30.AAAA.AAAA.AAAA", encoded(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#)),
        general.to_string(),
        text.to_owned(),
        "..".to_owned(),
        "x".to_owned(),
    ] {
        assert_eq!(portal.proves(&wrong), 401, "{wrong}");
    }
    assert_eq!(portal.proves(&good), 200, "the one that all were made from");
}

#[test]
fn t47_no_header_of_an_assertion_makes_the_server_look_anywhere() {
    let (portal, counted) = counted();
    let signer = Signer::shared();
    for kid in ["../../dev/null", "' OR 1=1 --", "https://evil.example/key", "/etc/passwd\0", ""] {
        let assertion = signer.sign(&header("ES384", kid).to_string(), &portal.claims().to_string());
        assert_eq!(portal.proves(&assertion), 401, "{kid}");
    }
    let long = signer.sign(&header("ES384", &"k".repeat(30_000)).to_string(), &portal.claims().to_string());
    assert_eq!(portal.proves(&long), 401);
    let longer =
        signer.sign(&header("ES384", &"k".repeat(1 << 20)).to_string(), &portal.claims().to_string());
    assert_eq!(portal.proves(&longer), 400, "no form is that long");
    let key: serde_json::Value = serde_json::from_str(&signer.jwks()).unwrap();
    for (name, value, status) in [
        ("jku", json!("https://evil.example/jwks"), 401),
        ("x5u", json!("https://evil.example/chain.pem"), 200),
        ("jwk", key["keys"][1].clone(), 200),
        ("x5c", json!(["AAAA"]), 200),
    ] {
        let mut header = header("ES384", "ec");
        header[name] = value;
        let assertion = signer.sign(&header.to_string(), &portal.claims().to_string());
        assert_eq!(portal.proves(&assertion), status, "{name} is refused, or as if it were not there");
    }
    let other = Signer::shared().jwks().replace("\"ec\"", "\"other\"");
    let mut header = header("ES384", "other");
    header["jwk"] = serde_json::from_str::<serde_json::Value>(&other).unwrap()["keys"][1].clone();
    let assertion = signer.sign(&header.to_string(), &portal.claims().to_string());
    assert_eq!(portal.proves(&assertion), 401, "a key that comes with the assertion is not the app's");
    assert_eq!(counted.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn t48_times_are_whole_numbers_and_count_to_the_second() {
    let portal = Portal::confidential();
    let now = portal.claims()["iat"].as_i64().unwrap();
    for (name, value, status) in [
        ("exp", json!(now + 240), 200),
        ("exp", json!((now + 240).to_string()), 401),
        ("exp", json!(240.5), 401),
        ("exp", json!(-1), 401),
        ("exp", json!(null), 401),
        ("exp", json!([now + 240]), 401),
        ("exp", json!(true), 401),
        ("exp", json!(i64::MAX), 401),
        ("exp", json!(u64::MAX), 401),
        ("exp", json!(now - 59), 200),
        ("exp", json!(now - 60), 401),
        ("exp", json!(now + 360), 200),
        ("exp", json!(now + 361), 401),
        ("nbf", json!(now + 60), 200),
        ("nbf", json!(now + 61), 401),
        ("nbf", json!(now.to_string()), 401),
        ("iat", json!(now + 60), 200),
        ("iat", json!(now + 61), 401),
        ("iat", json!("yesterday"), 401),
        ("iat", json!(i64::MIN), 401),
    ] {
        assert_eq!(portal.claiming(name, value.clone()), status, "{name} {value}");
    }
    let mut without = portal.claims();
    without.as_object_mut().unwrap().remove("exp");
    let head = header("ES384", "ec").to_string();
    assert_eq!(portal.proves(&Signer::shared().sign(&head, &without.to_string())), 401);
    let raw = |exp: &str| {
        let claims = portal.claims().to_string();
        let (from, _) = claims.split_once("\"exp\":").unwrap();
        let rest = claims.split_once("\"exp\":").unwrap().1.split_once(',').unwrap().1;
        portal.proves(&Signer::shared().sign(&head, &format!("{from}\"exp\":{exp},{rest}")))
    };
    assert_eq!(raw(&(now + 240).to_string()), 200);
    for exp in
        ["1e400", "1e10", "Infinity", "NaN", &format!("{}.0", now + 240), &format!("1,\"exp\":{}", now + 240)]
    {
        assert_eq!(raw(exp), 401, "{exp}");
    }
}

#[test]
fn t49_an_assertion_is_of_its_app_for_this_server_and_no_other_token() {
    let portal = Portal::confidential();
    let token = format!("{}/oauth/token", crate::gateway::portal::HERE);
    for (name, value, status) in [
        ("aud", json!(token), 200),
        ("aud", json!(crate::gateway::portal::HERE), 200),
        ("aud", json!([token]), 401),
        ("aud", json!([token, "https://other.example/token"]), 401),
        ("aud", json!("https://other.example/oauth/token"), 401),
        ("aud", json!(&token[..token.len() - 1]), 401),
        ("aud", json!(format!("{token}/")), 401),
        ("aud", json!(token.to_uppercase()), 401),
        ("aud", json!(""), 401),
        ("iss", json!("app"), 401),
        ("sub", json!("app"), 401),
        ("iss", json!(null), 401),
        ("jti", json!(""), 401),
        ("jti", json!(7), 401),
        ("jti", json!("j".repeat(257)), 401),
    ] {
        assert_eq!(portal.claiming(name, value.clone()), status, "{name} {value}");
    }
    for (typ, status) in
        [(json!("at+jwt"), 401), (json!("dpop+jwt"), 401), (json!(""), 401), (json!("jwt"), 200)]
    {
        let mut header = header("ES384", "ec");
        header["typ"] = typ;
        let assertion = Signer::shared().sign(&header.to_string(), &portal.claims().to_string());
        assert_eq!(portal.proves(&assertion), status);
    }
    let assertion = portal.assertion();
    assert_eq!(portal.status(&assertion, "Patient"), 401, "an assertion is no access token");
    let form = [("client_assertion_type", "x"), ("client_assertion", assertion.as_str()), ("token", "x")];
    assert_eq!(portal.post("/oauth/revoke", &form).status, 401);
    assert_eq!(portal.proves(&assertion), 200);
}

#[test]
fn t50_unknown_key_names_make_one_question_in_a_cool_down_and_hold_nobody_up() {
    const URL: &str = "https://app.example/jwks.json";
    let (portal, counted) = counted();
    portal.has_keys(AppKeys::Url { url: URL.to_owned() });
    assert_eq!(portal.proves(&portal.assertion()), 200);
    let signer = Signer::shared();
    let asked = || counted.asked.load(Ordering::Relaxed);
    assert_eq!(asked(), 1);
    let unknown = |number: usize| {
        let head = header("ES384", &format!("unknown-{number}")).to_string();
        portal.proves(&signer.sign(&head, &portal.claims().to_string()))
    };
    for number in 0..1000 {
        if number % 100 == 99 {
            portal.world.clock.forward(1);
        }
        assert_eq!(unknown(number), 401);
        if number % 100 == 0 {
            assert_eq!(portal.proves(&portal.assertion()), 200, "from what is kept");
        }
    }
    assert!(asked() <= 2, "{}", asked());
    assert!(counted.urls.lock().unwrap().iter().all(|url| url == URL));
    portal.world.clock.forward(300);
    assert_eq!(portal.proves(&portal.assertion()), 200);
    assert_eq!(asked(), 3, "its server allows five minutes");
}

#[test]
fn t50_keys_that_cannot_be_had_are_told_as_such_and_not_asked_for_again_at_once() {
    struct Silent(AtomicUsize);
    impl FetchKeys for Silent {
        fn fetch(&self, _: &str) -> Result<Fetched, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err("no answer".to_owned())
        }
    }
    let silent = Arc::new(Silent(AtomicUsize::default()));
    let offer = Offer { fetch: Some(silent.clone() as Arc<dyn FetchKeys>), ..Offer::default() };
    let portal = Portal::new().offering(offer);
    portal.has_keys(AppKeys::Url { url: "https://app.example/jwks.json".to_owned() });
    for _ in 0..5 {
        let answer = portal.post_as("/oauth/revoke", &portal.assertion(), &[("token", "x")]);
        assert_eq!(fault(&answer), (503, "temporarily_unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), Some("10"));
    }
    assert_eq!(silent.0.load(Ordering::Relaxed), 1);
}

#[test]
fn t51_an_assertion_is_taken_once_by_one_of_a_hundred_and_never_again() {
    let portal = Portal::confidential();
    let assertion = portal.assertion();
    let taken = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100).map(|_| scope.spawn(|| portal.proves(&assertion) == 200)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(taken, 1);
    // Another server over the same store remembers nothing but what is on disk.
    let again = Portal::of(portal.world);
    assert_eq!(again.proves(&assertion), 401);
    let mut forged = again.claims();
    forged["jti"] = json!("burnt");
    let bent = format!("{}x", Signer::shared().sign(&header("ES384", "ec").to_string(), &forged.to_string()));
    assert_eq!(again.proves(&bent), 401);
    assert_eq!(again.claiming("jti", json!("burnt")), 200, "what proves nothing uses nothing up");
}

#[test]
fn t51_a_clock_that_is_put_back_brings_no_assertion_back() {
    let portal = Portal::confidential();
    let assertion = portal.assertion();
    assert_eq!(portal.proves(&assertion), 200);
    portal.world.clock.forward(3600);
    for _ in 0..3 {
        assert_eq!(portal.proves(&portal.assertion()), 200);
    }
    portal.world.clock.forward(-3600);
    assert_eq!(portal.proves(&assertion), 401);
    let form = [("client_assertion_type", BEARER_ASSERTION), ("client_id", CONFIDENTIAL), ("token", "x")];
    assert_eq!(portal.post("/oauth/revoke", &form).status, 401);
}
