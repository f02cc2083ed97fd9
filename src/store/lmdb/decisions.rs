//! Decisions of a practice in LMDB: the document that each changes and `practice 0 number` in the log, in one
//! transaction.

use std::ops::Bound;

use heed::RwTxn;
use policy::{Decided, Oversight, Review};
use record::{OdsCode, PatientKey};
use serde::{Deserialize, Serialize};

use super::{Lmdb, key};
use crate::{Access, Account, Change, Decision, Decisions, Proven, StoreError, Subject};

/// Who may see a record, as it is kept.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct KeptAccess {
    #[serde(flatten)]
    pub(super) access: Access,
    /// Nothing was decided about the patient's own access: it is as the feed says.
    #[serde(default)]
    pub(super) own_as_feed: bool,
}

impl Decisions for Lmdb {
    fn decide(
        &self,
        practice: &OdsCode,
        change: &Change,
        decided: &Decided,
    ) -> Result<Option<u64>, StoreError> {
        let mut txn = self.env.write_txn()?;
        let changed = match (change, change.patient()) {
            (Change::Rules { changes }, _) => {
                let mut settings = self.practice_in(&txn, practice)?;
                let before = settings.rules.clone();
                settings.rules = changes.iter().fold(before.clone(), |rules, change| rules.turned(*change));
                self.put_practice(&mut txn, practice, &settings)?;
                settings.rules != before
            }
            (Change::App { client_id, blocked }, _) => {
                let mut settings = self.practice_in(&txn, practice)?;
                let changed = match blocked {
                    true => settings.blocked_apps.insert(client_id.clone()),
                    false => settings.blocked_apps.remove(client_id),
                };
                self.put_practice(&mut txn, practice, &settings)?;
                changed
            }
            (Change::Hide { .. } | Change::Unhide { .. } | Change::Review { .. }, Some(patient)) => {
                self.oversee(&mut txn, practice, patient, change, decided)?
            }
            (Change::Linkage { .. } | Change::EndLinkage { .. }, _) => {
                self.change_linkage(&mut txn, practice, change, decided)?
            }
            (_, Some(patient)) => self.change_access(&mut txn, practice, patient, change, decided)?,
            (_, None) => false,
        };
        if !changed {
            return Ok(None);
        }
        let number = self.log_decision(&mut txn, practice, change, decided)?;
        self.commit(txn)?;
        Ok(Some(number))
    }

    fn decisions(&self, practice: &OdsCode, after: u64, limit: usize) -> Result<Vec<Decision>, StoreError> {
        let txn = self.reader()?;
        let (from, end) = (log_key(practice, after), log_key(practice, u64::MAX));
        let range = (Bound::Excluded(from.as_slice()), Bound::Included(end.as_slice()));
        let mut found = Vec::new();
        for item in self.decision.range(&txn, &range)?.take(limit) {
            found.push(crate::codec::unpack_json(item?.1, SPACE)?);
        }
        Ok(found)
    }
}

const SPACE: &str = "decision";

fn log_key(practice: &OdsCode, number: u64) -> Vec<u8> {
    let mut key = practice.as_str().as_bytes().to_vec();
    key.push(0);
    key.extend(number.to_be_bytes());
    key
}

impl Lmdb {
    fn log_decision(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        change: &Change,
        decided: &Decided,
    ) -> Result<u64, StoreError> {
        let mut settings = self.practice_in(txn, practice)?;
        settings.decisions += 1;
        let number = settings.decisions;
        self.put_practice(txn, practice, &settings)?;
        let line = Decision { number, change: change.clone(), decided: decided.clone() };
        self.put_document(txn, self.decision, &log_key(practice, number), &line, SPACE)?;
        Ok(number)
    }

    /// What is decided about an entry: the patient is to be projected anew, and what is hidden is so at once.
    fn oversee(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        change: &Change,
        decided: &Decided,
    ) -> Result<bool, StoreError> {
        let at = key(practice, Some(patient), &[]);
        let mut oversight: Oversight =
            self.document_in(txn, self.oversight, &at, "oversight")?.unwrap_or_default();
        let changed = match change {
            Change::Hide { entry, .. } if !oversight.hidden.contains_key(entry) => {
                oversight.hidden.insert(entry.clone(), decided.clone());
                true
            }
            Change::Unhide { entry, .. } => oversight.hidden.remove(entry).is_some(),
            Change::Review { entry, words, release, .. } => {
                let known = oversight.review(entry, *words).is_some_and(|known| known.release == *release);
                let review = Review { release: *release, words: *words, decided: decided.clone() };
                if !known {
                    oversight.reviewed.insert(entry.clone(), review);
                }
                !known
            }
            _ => false,
        };
        if changed {
            self.put_document(txn, self.oversight, &at, &oversight, "oversight")?;
            self.withhold_at_once(txn, practice, patient, change, decided.at)?;
            self.dirty.put(txn, &at, &[])?;
            self.tell_kin(txn, practice)?;
            // Whoever projects this practice now has read what was decided before.
            let mut settings = self.practice_in(txn, practice)?;
            settings.overseen += 1;
            self.put_practice(txn, practice, &settings)?;
        }
        Ok(changed)
    }

    fn change_access(
        &self,
        txn: &mut RwTxn<'_>,
        practice: &OdsCode,
        patient: &PatientKey,
        change: &Change,
        decided: &Decided,
    ) -> Result<bool, StoreError> {
        let at = key(practice, Some(patient), &[]);
        let none = || KeptAccess { own_as_feed: true, ..KeptAccess::default() };
        let mut kept: KeptAccess = self.document_in(txn, self.access, &at, "access")?.unwrap_or_else(none);
        let changed = match change {
            Change::Suppress { .. } if kept.access.suppressed.is_none() => {
                kept.access.suppressed = Some(decided.clone());
                true
            }
            Change::Unsuppress { .. } => kept.access.suppressed.take().is_some(),
            Change::Access { grant, .. } => {
                let known = !kept.own_as_feed && kept.access.own.as_ref() == Some(grant);
                kept.access.own = Some(grant.clone());
                kept.own_as_feed = false;
                !known
            }
            Change::Proxy { account, proxy, .. } => {
                let subject = Subject { practice: practice.clone(), patient: patient.clone() };
                self.acts_for(txn, account, &subject)?;
                kept.access.proxies.insert(account.clone(), (**proxy).clone()).as_ref() != Some(&**proxy)
            }
            Change::EndProxy { account, last, .. } => match kept.access.proxies.get_mut(account) {
                Some(proxy) if proxy.ends.is_none_or(|ends| *last < ends) => {
                    proxy.ends = Some(*last);
                    true
                }
                Some(_) | None => false,
            },
            _ => false,
        };
        if changed {
            self.put_document(txn, self.access, &at, &kept, "access")?;
        }
        Ok(changed)
    }

    /// The account, if it is there already, can be signed in with for this patient; so can that of whoever proves to be who
    /// was named.
    fn acts_for(&self, txn: &mut RwTxn<'_>, account: &str, subject: &Subject) -> Result<(), StoreError> {
        let known: Option<Account> = self.document_in(txn, self.account, account.as_bytes(), "account")?;
        let named =
            || Proven::named(account).map(|_| Account { id: account.to_owned(), ..Account::default() });
        match known.or_else(named) {
            Some(mut known) if !known.acts_for.contains(subject) => {
                known.acts_for.push(subject.clone());
                self.put_document(txn, self.account, account.as_bytes(), &known, "account")
            }
            Some(_) | None => Ok(()),
        }
    }
}
