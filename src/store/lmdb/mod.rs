//! The embedded engine: LMDB by way of heed. Nothing to install, one writer, readers that never wait.

mod abandon;
mod apps;
mod at_once;
mod bodies;
mod connections;
mod decisions;
mod delivery;
mod disk;
mod documents;
mod files;
mod guest;
mod kept;
mod keyed;
mod kin;
mod linkage;
mod logs;
mod made_with;
mod mapped;
mod packed;
mod recent;
mod reference;
mod release;
mod review;
mod rows;
mod sizes;
mod vault;
mod waiting;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bodies::Bodies;
use decisions::KeptAccess;
use heed::{Database, Env, EnvFlags, EnvOpenOptions, RoTxn, RwTxn, WithoutTls, types::Bytes};
use mapped::Mapped;
use policy::{FeedAccess, MadeWith, Oversight, PracticeRules, Released};
use recent::Recent;
use record::{CodeClass, Coded, Fact, Fate, NhsNumber, OdsCode, OnlineUser, PatientKey, Place, Staff};
pub use sizes::SpaceSize;

use crate::{
    Abandoned, Access, Account, App, AsOf, Begun, Connection, Failures, NewRelease, PatientFacts, Practice,
    Proven, Snapshot, Store, StoreError, Subject, TokenRecord, Whole, health::Health,
};

type Space = Database<Bytes, Bytes>;

/// The format that this version writes.
const FORMAT: u32 = 6;

/// Where the store is and how far it may grow.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder.
    pub dir: PathBuf,
    /// The most that it may hold, in GiB. It is address space, not disk: the file grows as it is filled.
    pub max_gib: u64,
}

/// The embedded engine.
#[derive(Clone)]
pub struct Lmdb {
    env: Env<WithoutTls>,
    recent: Arc<Recent>,
    health: Arc<Health>,
    mapped: Mapped,
    bodies: Bodies,
    meta: Space,
    vault: Space,
    file: Space,
    reference: Space,
    dirty: Space,
    waiting: Space,
    released: Space,
    body: Space,
    subject: Space,
    nhs_number: Space,
    guest: Space,
    guest_number: Space,
    holder: Space,
    owner: Space,
    feed_access: Space,
    practice: Space,
    access: Space,
    oversight: Space,
    decision: Space,
    app: Space,
    app_history: Space,
    used: Space,
    used_until: Space,
    pushed: Space,
    pushed_until: Space,
    account: Space,
    token: Space,
    connection: Space,
    linkage: Space,
    revoked: Space,
    rows: Space,
    review: Space,
    logs: Space,
    delivery: Space,
    delivery_open: Space,
    delivery_content: Space,
}

impl Lmdb {
    /// Opens a store, or makes one in a folder that is there or can be made.
    ///
    /// # Errors
    /// If the folder cannot be used, or another version wrote it.
    pub fn open(settings: &Settings) -> Result<Self, StoreError> {
        // Whoever else is on the machine has no business here, whatever the umask is.
        private_folder(&settings.dir)?;
        let bytes = usize::try_from(settings.max_gib.saturating_mul(1 << 30)).unwrap_or(usize::MAX >> 1);
        let env = open_env(&settings.dir, bytes)?;
        let mut txn = env.write_txn()?;
        let space = |txn: &mut RwTxn<'_>, name| env.create_database::<Bytes, Bytes>(txn, Some(name));
        let meta = space(&mut txn, "meta")?;
        check_format(meta, &mut txn)?;
        let store = Self {
            recent: Arc::default(),
            health: Arc::default(),
            mapped: Mapped::find(&settings.dir),
            bodies: Bodies::of(meta, &mut txn)?,
            meta,
            vault: space(&mut txn, "vault")?,
            file: space(&mut txn, "file")?,
            reference: space(&mut txn, "reference")?,
            dirty: space(&mut txn, "dirty")?,
            waiting: space(&mut txn, "waiting")?,
            released: space(&mut txn, "released")?,
            body: space(&mut txn, "body")?,
            subject: space(&mut txn, "subject")?,
            nhs_number: space(&mut txn, "nhs-number")?,
            guest: space(&mut txn, "guest")?,
            guest_number: space(&mut txn, "guest-number")?,
            holder: space(&mut txn, "holder")?,
            owner: space(&mut txn, "owner")?,
            feed_access: space(&mut txn, "feed-access")?,
            practice: space(&mut txn, "practice")?,
            access: space(&mut txn, "access")?,
            oversight: space(&mut txn, "oversight")?,
            decision: space(&mut txn, "decision")?,
            app: space(&mut txn, "app")?,
            app_history: space(&mut txn, "app-history")?,
            used: space(&mut txn, "used")?,
            used_until: space(&mut txn, "used-until")?,
            pushed: space(&mut txn, "pushed")?,
            pushed_until: space(&mut txn, "pushed-until")?,
            account: space(&mut txn, "account")?,
            token: space(&mut txn, "token")?,
            connection: space(&mut txn, "connection")?,
            linkage: space(&mut txn, "linkage")?,
            revoked: space(&mut txn, "revoked")?,
            rows: space(&mut txn, "rows-2")?,
            logs: space(&mut txn, "logs")?,
            review: space(&mut txn, "review")?,
            delivery: space(&mut txn, "delivery")?,
            delivery_open: space(&mut txn, "delivery-open")?,
            delivery_content: space(&mut txn, "delivery-content")?,
            env: env.clone(),
        };
        // Logs of an earlier form can be read no longer.
        if let Some(old) = env.open_database::<Bytes, Bytes>(&txn, Some("rows"))? {
            old.clear(&mut txn)?;
        }
        store.commit(txn)?;
        Ok(store)
    }

    /// Makes a transaction durable.
    fn commit(&self, txn: RwTxn<'_>) -> Result<(), StoreError> {
        self.noted(txn.commit().map_err(StoreError::from))
    }

    /// Finds out why a write failed, and notes it if that was for want of the disk.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let found = |error| disk::found_out(error, self.env.path(), disk::has_room);
        result.map_err(found).inspect_err(|error| self.health.note(error))
    }

    fn reader(&self) -> Result<RoTxn<'_, WithoutTls>, StoreError> {
        Ok(self.env.read_txn()?)
    }
}

fn private_folder(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[expect(
    unsafe_code,
    reason = "LMDB maps its file; nobody else writes to it, which open() asks us to promise"
)]
fn open_env(dir: &Path, bytes: usize) -> Result<Env<WithoutTls>, StoreError> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(bytes).max_dbs(48).max_readers(1024);
    // SAFETY: the folder is the store's own (systemd's StateDirectory, or the sandbox's), on a local disk; only
    // recordgate opens it, through LMDB's lock file.
    unsafe {
        options.flags(EnvFlags::NO_READ_AHEAD);
        Ok(options.open(dir)?)
    }
}

fn check_format(meta: Space, txn: &mut RwTxn<'_>) -> Result<(), StoreError> {
    let found = meta.get(txn, b"format")?.and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    match found {
        None => Ok(meta.put(txn, b"format", &FORMAT.to_le_bytes())?),
        Some(FORMAT) => Ok(()),
        Some(found) => Err(StoreError::Format { found, known: FORMAT }),
    }
}

/// `practice 0 patient 0 rest`: what belongs to one patient lies together. No part holds a zero byte.
fn key(practice: &OdsCode, patient: Option<&PatientKey>, rest: &[&str]) -> Vec<u8> {
    let mut key = practice.as_str().as_bytes().to_vec();
    for part in patient.map(PatientKey::expose).into_iter().chain(rest.iter().copied()) {
        key.push(0);
        key.extend_from_slice(part.as_bytes());
    }
    key
}

/// The prefix of all keys under one.
fn under(practice: &OdsCode, patient: Option<&PatientKey>) -> Vec<u8> {
    key(practice, patient, &[""])
}

impl Store for Lmdb {
    fn failures(&self) -> Failures {
        self.health.failures()
    }

    fn bind(&self, key_fingerprint: &[u8; 8]) -> Result<(), StoreError> {
        const AT: &[u8] = b"id-key";
        let mut txn = self.env.write_txn()?;
        match self.meta.get(&txn, AT)? {
            Some(bound) if bound == key_fingerprint => return Ok(()),
            Some(_) => return Err(StoreError::OtherKey),
            None => self.meta.put(&mut txn, AT, key_fingerprint)?,
        }
        self.commit(txn)
    }

    fn begin(&self, practice: &OdsCode, fingerprint: &str) -> Result<Begun, StoreError> {
        self.begin_batch(practice, fingerprint)
    }

    fn put(&self, practice: &OdsCode, batch: u64, facts: &[Fact]) -> Result<Vec<Fate>, StoreError> {
        self.noted(self.put_facts(practice, batch, facts))
    }

    fn retain(&self, practice: &OdsCode, batch: u64, wholes: &[Whole]) -> Result<(), StoreError> {
        self.noted(self.retain_entries(practice, batch, wholes))
    }

    fn close(&self, practice: &OdsCode) -> Result<(), StoreError> {
        self.close_batch(practice)
    }

    fn settle(&self, practice: &OdsCode) -> Result<(), StoreError> {
        self.settle_batch(practice)
    }

    fn abandon(&self, practice: &OdsCode) -> Result<Option<Abandoned>, StoreError> {
        self.abandon_batch(practice)
    }

    fn dirty(&self, practice: &OdsCode, limit: usize) -> Result<Vec<PatientKey>, StoreError> {
        self.dirty_patients(practice, limit)
    }

    fn dirty_count(&self, practice: &OdsCode) -> Result<u64, StoreError> {
        let txn = self.reader()?;
        let count = self.dirty.prefix_iter(&txn, &under(practice, None))?.count();
        Ok(count as u64)
    }

    fn patients(
        &self,
        practice: &OdsCode,
        after: Option<&PatientKey>,
        limit: usize,
    ) -> Result<Vec<PatientKey>, StoreError> {
        self.released_patients(practice, after, limit)
    }

    fn practices(&self) -> Result<Vec<OdsCode>, StoreError> {
        self.known_practices()
    }

    fn make_with(&self, practice: &OdsCode, what: &MadeWith) -> Result<bool, StoreError> {
        let changes = Store::practice(self, practice)?.made_with != *what;
        if changes {
            self.make_records_with(practice, what)?;
        }
        Ok(changes)
    }

    fn make_anew(&self, practice: &OdsCode, what: &MadeWith) -> Result<u64, StoreError> {
        self.make_records_with(practice, what)
    }

    fn facts(&self, practice: &OdsCode, patient: &PatientKey) -> Result<PatientFacts, StoreError> {
        self.patient_facts(practice, patient)
    }

    fn unclaimed(&self, practice: &OdsCode) -> Result<Vec<(Place, u64)>, StoreError> {
        self.unclaimed_guests(practice)
    }

    fn code(&self, practice: &OdsCode, key: &str) -> Result<Option<(Coded, CodeClass)>, StoreError> {
        self.find_code(practice, key)
    }

    fn staff(&self, practice: &OdsCode, key: &str) -> Result<Option<Staff>, StoreError> {
        self.find_staff(practice, key)
    }

    fn all_staff(&self, practice: &OdsCode) -> Result<Vec<Staff>, StoreError> {
        self.list_staff(practice)
    }

    fn organisations(&self, practice: &OdsCode) -> Result<Vec<(String, OdsCode)>, StoreError> {
        self.list_organisations(practice)
    }

    fn online_user(&self, practice: &OdsCode, key: &str) -> Result<Option<OnlineUser>, StoreError> {
        self.find_online_user(practice, key)
    }

    fn release(&self, practice: &OdsCode, as_of: &AsOf, releases: &[NewRelease]) -> Result<bool, StoreError> {
        self.noted(self.swap_in(practice, as_of, releases))
    }

    fn subject(&self, logical_id: &str) -> Result<Option<Subject>, StoreError> {
        self.document(self.subject, logical_id.as_bytes(), "subject")
    }

    fn with_nhs_number(&self, practice: &OdsCode, number: &NhsNumber) -> Result<Vec<Subject>, StoreError> {
        self.by_nhs_number(practice, number)
    }

    fn read<'s>(&'s self, subject: &Subject) -> Result<Option<Box<dyn Snapshot + 's>>, StoreError> {
        self.snapshot(subject)
    }

    fn practice(&self, practice: &OdsCode) -> Result<Practice, StoreError> {
        let found = self.document(self.practice, practice.as_str().as_bytes(), "practice")?;
        Ok(found.unwrap_or_default())
    }

    fn set_rules(&self, practice: &OdsCode, rules: &PracticeRules) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        let mut settings = self.practice_in(&txn, practice)?;
        settings.rules.clone_from(rules);
        self.put_document(&mut txn, self.practice, practice.as_str().as_bytes(), &settings, "practice")?;
        self.commit(txn)
    }

    fn access(&self, subject: &Subject) -> Result<Access, StoreError> {
        let key = key(&subject.practice, Some(&subject.patient), &[]);
        match self.document(self.access, &key, "access")? {
            Some(KeptAccess { access, own_as_feed: false }) => Ok(access),
            as_feed => {
                let access = as_feed.map_or_else(Access::default, |kept| kept.access);
                Ok(Access { own: self.feed_access(subject)?.own, ..access })
            }
        }
    }

    fn feed_access(&self, subject: &Subject) -> Result<FeedAccess, StoreError> {
        let key = key(&subject.practice, Some(&subject.patient), &[]);
        Ok(self.document(self.feed_access, &key, "feed-access")?.unwrap_or_default())
    }

    fn set_access(&self, subject: &Subject, access: &Access) -> Result<(), StoreError> {
        let key = key(&subject.practice, Some(&subject.patient), &[]);
        self.set_document(self.access, &key, access, "access")
    }

    fn oversight(&self, subject: &Subject) -> Result<Oversight, StoreError> {
        let key = key(&subject.practice, Some(&subject.patient), &[]);
        Ok(self.document(self.oversight, &key, "oversight")?.unwrap_or_default())
    }

    fn app(&self, client_id: &str) -> Result<Option<App>, StoreError> {
        self.document(self.app, client_id.as_bytes(), "app")
    }

    fn set_app(&self, app: &App) -> Result<(), StoreError> {
        self.set_document(self.app, app.client_id.as_bytes(), app, "app")
    }

    fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        let txn = self.reader()?;
        self.account_in(&txn, id)
    }

    fn set_account(&self, account: &Account) -> Result<(), StoreError> {
        self.set_document(self.account, account.id.as_bytes(), account, "account")
    }

    fn match_account(&self, id: &str, proven: &Proven, own: Option<&Subject>) -> Result<Account, StoreError> {
        self.matched(id, proven, own)
    }

    fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        self.document(self.token, hash, "token")
    }

    fn set_token(&self, hash: &[u8; 32], token: &TokenRecord) -> Result<(), StoreError> {
        self.set_document(self.token, hash, token, "token")
    }

    fn take_token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        self.take_once(hash)
    }

    fn revoke_family(&self, family: &str) -> Result<(), StoreError> {
        let mut txn = self.env.write_txn()?;
        self.revoked.put(&mut txn, family.as_bytes(), &[])?;
        self.commit(txn)
    }

    fn put_connection(&self, connection: &Connection, now: jiff::Timestamp) -> Result<(), StoreError> {
        self.keep_connection(connection, now)
    }

    fn connections(&self, account: &str) -> Result<Vec<Connection>, StoreError> {
        self.connections_of(account)
    }

    fn is_revoked(&self, family: &str) -> Result<bool, StoreError> {
        let txn = self.reader()?;
        Ok(self.revoked.get(&txn, family.as_bytes())?.is_some())
    }
}

/// One patient's released record in one read transaction.
struct LmdbSnapshot<'s> {
    txn: RoTxn<'s, WithoutTls>,
    bodies: &'s Bodies,
    body: Space,
    released: Arc<Released>,
    prefix: Vec<u8>,
}
