//! All that a store holds of patients, read through its own interface: facts, headers, and the bodies of both views
//! whatever the labels say.

use std::collections::BTreeMap;

use jiff::civil::date;
use policy::{
    AccessLevel, AccessRequest, Actor, Decision, Header, Labels, MadeWith, Permit, Released, Standing, View,
    admit, decide, disclose,
};
use record::{MarksCarried, OdsCode, PatientKey, ResourceType, Section};
use store::{Lmdb, Settings, Store, Subject};

use crate::support;

/// One patient.
#[derive(Debug, PartialEq, Eq)]
pub struct Patient {
    /// How many facts are in the vault.
    pub facts: usize,
    /// What is released, if anything ever was.
    pub released: Option<Record>,
}

/// One released record: what must be either old or new as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    made_with: MadeWith,
    subject: String,
    nhs_number: Option<record::NhsNumber>,
    standing: Standing,
    gone: Vec<(String, u32)>,
    resources: BTreeMap<(ResourceType, String), Resource>,
}

#[derive(Debug, PartialEq, Eq)]
struct Resource {
    labels: Labels,
    last_version: u32,
    /// Version and body.
    views: BTreeMap<View, (u32, Vec<u8>)>,
}

impl Record {
    pub fn resources(&self) -> usize {
        self.resources.len()
    }

    /// The bodies, whatever versions they have.
    pub fn bodies(&self) -> BTreeMap<(&str, View), &[u8]> {
        let resources = self.resources.iter();
        resources
            .flat_map(|((_, id), one)| {
                one.views.iter().map(|(view, (_, body))| ((id.as_str(), *view), &body[..]))
            })
            .collect()
    }
}

/// Opens the store of a folder.
pub fn open(dir: &std::path::Path) -> Lmdb {
    Lmdb::open(&Settings { dir: dir.to_owned(), max_gib: 4 }).unwrap()
}

/// Everything about patients. Each digest is compared with its body on the way.
pub fn read(store: &Lmdb, practice: &OdsCode, patients: &[String]) -> BTreeMap<String, Patient> {
    let one = |key: &String| {
        let patient = PatientKey::new(key).unwrap();
        let facts = store.facts(practice, &patient).unwrap().entries.len();
        let snapshot = store.read(&Subject { practice: practice.clone(), patient }).unwrap();
        let released = snapshot.map(|snapshot| {
            let Released { made_with, subject, standing, nhs_number, headers, gone } =
                snapshot.released().clone();
            let resource = |header: &Header| {
                let views = View::ALL.into_iter().filter_map(|view| {
                    let shown = header.view(view)?;
                    let body = permit(header.kind, view).map(|permit| {
                        let body = snapshot.body(&disclose(header, permit).unwrap()).unwrap();
                        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &body);
                        assert_eq!(
                            sum.as_ref()[..16],
                            shown.digest,
                            "the body is not the one that its header names"
                        );
                        body
                    });
                    Some((view, (shown.version, body.unwrap_or_else(|| shown.digest.to_vec()))))
                });
                Resource {
                    labels: header.labels.clone(),
                    last_version: header.last_version,
                    views: views.collect(),
                }
            };
            let resources = headers.iter().map(|header| ((header.kind, header.id.clone()), resource(header)));
            Record { made_with, subject, nhs_number, standing, gone, resources: resources.collect() }
        });
        (key.clone(), Patient { facts, released })
    };
    patients.iter().map(one).collect()
}

/// Leave to see one view of one type, as somebody would have it whose level opens it.
fn permit(kind: ResourceType, view: View) -> Option<Permit> {
    let standing = Standing {
        birth_date: Some(date(1980, 1, 1)),
        regular: true,
        dummy: false,
        sensitive: false,
        deceased: false,
        deducted_on: None,
        another_record: false,
    };
    let labels = Labels::new(Section::Demographics, Some(date(2020, 1, 1)), MarksCarried::Yes);
    [AccessLevel::Summary, AccessLevel::Detailed, AccessLevel::Full].into_iter().find_map(|level| {
        let admission = admit(&AccessRequest {
            today: date(2026, 11, 2),
            practice_shares: true,
            rules: &policy::PracticeRules::default(),
            suppressed: false,
            standing: &standing,
            actor: Actor::Patient(Some(&support::level(level))),
            types: &ResourceType::ALL.into(),
        });
        match decide(&admission.unwrap(), kind, &labels) {
            Decision::Show(permit) if permit.view() == view => Some(permit),
            _ => None,
        }
    })
}
