//! A small store for tests: two patients, a parent who is one of them and acts for the other, two apps.

use std::sync::Arc;

use jiff::Timestamp;
use policy::{Release, Released, Standing};
use record::{OdsCode, PatientKey};
use store::{Account, App, AppStatus, Lmdb, NewRelease, Settings, Store, Subject};

use crate::{
    authorize::{self, Asked, Authorization, Server},
    binding::Shown,
    client::{Client, Credentials, NotNow, Published, authenticate},
    code::{self, Exchange},
    jwk::KeySet,
    token::{TokenError, Tokens},
};

pub(crate) const FHIR: &str = "https://127.0.0.1:8443/fhir/R4";
pub(crate) const CALLBACK: &str = "https://app.example/callback";
// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

// Made with Python's cryptography (OpenSSL), so that what is tested is not what made them.
pub(crate) const RSA_SET: &str = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"rsa\",\"alg\":\"RS384\",\"use\":\"sig\",\"key_ops\":[\
\"verify\"],\"n\":\"2RYYS6QhBEBDJ8L7KpbUYfAm5rJ2987BLc8RU1IwEyxrN1dloOW2JxjWa_IsGCK7ca4GUVSC\
MtKCtBKOFYSJFwIdHAoC_Ed5qfVbA998bwqrzYpieD-OUSebzELGEi_DMCyv_1b4c26QxSiIIyWfQU8D2a0Ib_hyXcES\
BZIEVPtCDwYnWoRejRXD1mPR2ehFiXYUJ7PA1mSZoNx4Vyvxdcxw3K4yudhwWeW95yf-AY69BbOj3wfs74qULxP7BIdh\
O_x6IfrnEPxHPRV46e-HCT4IR6Jr8CJaBmx27MFJZFx1fQRl_x28Qhfj8KBw1qjUaPRDvbNJWg6ls9_RAUmF9Q\",\"e\
\":\"AQAB\"}]}";

pub(crate) const P384_SET: &str = "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"p384\",\"crv\":\"P-384\",\"x\":\"Jx8Aw_NgWNptXHwCaTLK2o\
cEIK72h5X5dkQWP355S44cuN_PU6LepTVQLKRNce79\",\"y\":\"iaafPzoDEmVuSIU4SC640JSxgGA1wXGi98ezihX\
34_1wRxxI_w9dptjYZuBjOG8r\"}]}";

pub(crate) const RSA_ASSERTION: &str = "eyJhbGciOiAiUlMzODQiLCAidHlwIjogIkpXVCIsICJraWQiOiAicnNhIn0.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJh\
cHAiLCAiYXVkIjogImh0dHBzOi8vMTI3LjAuMC4xOjg0NDMvb2F1dGgvdG9rZW4iLCAiZXhwIjogMTc4MDMxNTQ0MCwg\
ImlhdCI6IDE3ODAzMTUyMDAsICJqdGkiOiAidmVjdG9yLVJTMzg0In0.dcfjALCFtmwLc2DrUC6uIEPIufMPO76TfWJG\
KJkBD7xfDXrInaoSDStUcxKvxWb_zrNgcikjOjZw70J2uJpmfYAL6sa1mgL6e61Sl8hy6Qg3FplqApFwQgM90U3z6x9a\
pEI2kTsvaozzQ4glc-qJ4P83268OtDEkoWS50HnZbzQVwXdLJy0ABt3bNE9_qP6QaodTTC0mZ8MBkuGxBOdacidriUU3\
oc0U5loHqVCf5hugQC48kLc_ubO388xTwYSrliGIuLhnOZymft0l9BBli1zhr40lUGmG-4KW9nZ8ui7gPjg1yWYeUdu6\
9eeDoA7MvQA8SqbkJpbwbg0-MZlMBQ";

pub(crate) const P384_ASSERTION: &str = "eyJhbGciOiAiRVMzODQiLCAidHlwIjogIkpXVCIsICJraWQiOiAicDM4NCJ9.eyJpc3MiOiAiYXBwIiwgInN1YiI6ICJ\
hcHAiLCAiYXVkIjogImh0dHBzOi8vMTI3LjAuMC4xOjg0NDMvb2F1dGgvdG9rZW4iLCAiZXhwIjogMTc4MDMxNTQ0MCw\
gImlhdCI6IDE3ODAzMTUyMDAsICJqdGkiOiAidmVjdG9yLUVTMzg0In0.ljDhTjm9Vy5iO_zNzyfftKoKP7WmztmLfSu\
qUagOJfjtym6QRqWjbNgTYIEpqo-rwydv2eiRmXSIicE3HurZL9VwMXW2BqAep-A4Ksr8kTe5-D8IgVInQxO6QoAc5cy\
4";

pub(crate) struct Fixture {
    pub(crate) store: Arc<Lmdb>,
    _dir: tempfile::TempDir,
}

/// No app publishes keys.
pub(crate) struct NoKeys;

impl Published for NoKeys {
    fn keys(&self, _: &str, _: &str) -> Result<Arc<KeySet>, NotNow> {
        Err(NotNow)
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn subject(key: &str) -> Subject {
    Subject { practice: practice(), patient: PatientKey::new(key).unwrap() }
}

fn practice() -> OdsCode {
    "Y99999".parse().unwrap()
}

pub(crate) fn asked() -> Asked<'static> {
    Asked {
        client_id: Some("app"),
        redirect_uri: Some(CALLBACK),
        response_type: Some("code"),
        scope: Some("launch/patient openid fhirUser patient/*.rs offline_access launch/patient"),
        state: Some("s1"),
        aud: Some(FHIR),
        code_challenge: Some(CHALLENGE),
        code_challenge_method: Some("S256"),
        ..Asked::default()
    }
}

/// Neither proof nor certificate.
pub(crate) const NOTHING: Shown<'static> = Shown { key: None, certificate: None };

/// A server that signs no ID tokens.
pub(crate) fn server(sandbox: bool) -> Server<'static> {
    Server { fhir_base: FHIR, sandbox, identity: false }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Lmdb::open(&Settings { dir: dir.path().to_owned(), max_gib: 1 }).unwrap();
        for key in ["adult", "child"] {
            let as_of = store.practice(&practice()).unwrap().as_of();
            assert!(store.release(&practice(), &as_of, &[released(key)]).unwrap());
        }
        let account = |id: &str, own: Option<&str>, acts_for: &[&str]| Account {
            id: id.to_owned(),
            own: own.map(subject),
            acts_for: acts_for.iter().map(|key| subject(key)).collect(),
            ..Account::default()
        };
        store.set_account(&account("adult", Some("adult"), &[])).unwrap();
        store.set_account(&account("parent", Some("adult"), &["child"])).unwrap();
        store.set_account(&account("stranger", None, &[])).unwrap();
        store.set_app(&app("app", CALLBACK)).unwrap();
        store.set_app(&app("other", "https://other.example/callback")).unwrap();
        Self { store: Arc::new(store), _dir: dir }
    }

    pub(crate) fn set_status(&self, status: AppStatus) {
        let app = self.store.app("app").unwrap().unwrap();
        self.store.set_app(&App { status, ..app }).unwrap();
    }

    pub(crate) fn approved(&self) -> Authorization {
        authorize::judge(&*self.store, server(false), &asked()).unwrap()
    }

    pub(crate) fn code(&self, account: &str, patient: &str) -> String {
        self.code_for(asked().scope.unwrap(), account, patient)
    }

    pub(crate) fn code_for(&self, scope: &str, account: &str, patient: &str) -> String {
        self.code_of(&Asked { scope: Some(scope), ..asked() }, account, patient)
    }

    pub(crate) fn code_of(&self, asked: &Asked<'_>, account: &str, patient: &str) -> String {
        let approved = authorize::judge(&*self.store, server(false), asked).unwrap();
        let account = self.store.account(account).unwrap().unwrap();
        code::issue(&*self.store, now(), &approved, &account, &subject(patient)).unwrap()
    }

    pub(crate) fn client(&self, id: &str) -> Client {
        let sent = Credentials { client_id: Some(id), ..Credentials::default() };
        authenticate(&*self.store, &NoKeys, &[], (now(), false), &sent).unwrap()
    }

    pub(crate) fn exchange<'a>(&self, client: &'a Client, code: &'a str) -> Exchange<'a> {
        Exchange { client, code, redirect_uri: CALLBACK, verifier: VERIFIER, shown: NOTHING }
    }

    pub(crate) fn redeem(&self, code: &str) -> Result<Tokens, TokenError> {
        code::redeem(&*self.store, now(), false, &self.exchange(&self.client("app"), code))
    }

    pub(crate) fn tokens(&self, account: &str, patient: &str) -> Tokens {
        self.redeem(&self.code(account, patient)).unwrap()
    }
}

/// An app with which nothing is wrong, and which nobody has looked at.
pub(crate) fn good_app() -> App {
    let scopes = ["launch/patient", "offline_access", "patient/*.rs"].map(str::to_owned).to_vec();
    App { status: AppStatus::Proposed, scopes, ..app("new", "https://new.example/callback") }
}

fn app(id: &str, redirect_uri: &str) -> App {
    let scopes = ["launch/patient", "openid", "fhirUser", "offline_access", "patient/*.cruds", "user/*.rs"];
    App {
        client_id: id.to_owned(),
        name: "An app".to_owned(),
        redirect_uris: vec![redirect_uri.to_owned()],
        scopes: scopes.map(str::to_owned).to_vec(),
        status: AppStatus::Approved,
        ..App::default()
    }
}

fn released(key: &str) -> NewRelease {
    let standing = Standing {
        birth_date: None,
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let released = Released {
        made_with: policy::MadeWith::default(),
        subject: format!("id-{key}"),
        standing,
        nhs_number: None,
        headers: Vec::new(),
        gone: Vec::new(),
    };
    NewRelease {
        patient: PatientKey::new(key).unwrap(),
        release: Release { access: policy::FeedAccess::default(), released, bodies: Vec::new() },
        waiting: Vec::new(),
        made: jiff::Timestamp::UNIX_EPOCH,
        incomplete: false,
        screened: None,
    }
}
