//! From a patient's entries to UK Core R4 resources. Pure: the same entries give the same bytes, in whatever order
//! they come. It decides what an entry becomes and what it looks like as FHIR; who may see it is decided elsewhere
//! (`policy`), and nothing here reads a mark.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")
)]

mod blood_pressure;
mod classify;
mod coding;
mod complete;
mod envelope;
mod ethnicity;
mod giving;
mod immunization;
mod index;
mod observation;
mod panel;
mod patient;
mod quantity;
mod table;
mod terminology;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod vital_signs;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use fhir::{EncodeError, Patient, types::Extension};
use record::{
    CodeClass, CodeRef, CodeSystem, Content, Demographics, Dictionary, Effective, Entry, EntryId, OdsCode,
    ResourceType, Section, Statement, Value,
};

use crate::{
    blood_pressure::Readings,
    classify::Resolved,
    giving::Giving,
    panel::{Panels, Statements},
};
pub use crate::{
    blood_pressure::is_blood_pressure,
    classify::{WhyNot, is_degraded},
    coding::clean,
    complete::complete,
    envelope::{profiles, security_label, xml},
    index::{fold, index},
    quantity::{looks_like_a_unit, perhaps_ucum, ucum},
    terminology::{Counts, Release, Terminology, TerminologyError},
};

/// What mapping needs to know beside the entries.
pub struct Context<'a> {
    /// The practice's code list and staff.
    pub dictionary: &'a dyn Dictionary,
    /// The practice.
    pub practice: &'a OdsCode,
    /// Its name.
    pub practice_name: Option<&'a str>,
    /// What SNOMED CT says beyond our own tables, where an operator has loaded it.
    pub terminology: Option<&'a Terminology>,
    /// The logical id of what an entry becomes.
    pub id: &'a dyn Fn(ResourceType, &EntryId) -> String,
    /// Whether what an entry says may be told as a part of the Patient, which is shown to more people than it.
    pub may_tell: &'a dyn Fn(&EntryId) -> bool,
}

/// What a patient's entries became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// The resources: the Patient, then the others in the order of their entries' keys.
    pub resources: Vec<Mapped>,
    /// The entries that became none, and are part of none, in the order of their keys.
    pub unmapped: Vec<Unmapped>,
}

/// A resource.
#[derive(Clone, PartialEq, Eq)]
pub struct Mapped {
    /// Its type.
    pub kind: ResourceType,
    /// Its logical id.
    pub id: String,
    /// Its JSON: `{"resourceType":…,"id":…,"meta":{"profile":[…]},…`. `meta` holds nothing else.
    pub json: Vec<u8>,
    /// The part of the record that it belongs to.
    pub section: Section,
    /// The entries that it was made from; the first is the one that it is named after.
    pub sources: Vec<EntryId>,
    /// The entries of the Observations that it refers to as members.
    pub members: Vec<EntryId>,
    /// When it was recorded: the earliest of its sources', and unknown if one of theirs is.
    pub recorded: Option<Effective>,
    /// Every coding in it, to be labelled by; and the sensitive codes that they lie under in a loaded terminology.
    pub concepts: Vec<(CodeSystem, String)>,
    /// What kinds of things its sources' codes stand for, to be labelled by.
    pub classes: Vec<CodeClass>,
}

impl Mapped {
    /// The last part of the first profile that it claims: the most special one.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        const FIRST: &[u8] = b"\"profile\":[\"";
        let at = self.json.windows(FIRST.len()).position(|window| window == FIRST)? + FIRST.len();
        let url = std::str::from_utf8(self.json.get(at..)?).ok()?.split(['"', '|']).next()?;
        url.rsplit('/').next()
    }
}

/// It holds a patient's data, so it does not print them.
impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} ({} bytes)", self.kind.name(), self.id, self.json.len())
    }
}

/// An entry that became no resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// The entry.
    pub entry: EntryId,
    /// Why.
    pub why: WhyNot,
}

/// Maps the entries of one patient. Of two entries with one key the later of the slice counts.
#[must_use]
pub fn map(entries: &[Entry], context: &Context) -> Mapping {
    let Some(terminology) = context.terminology else {
        return map_completed(entries.iter().map(|entry| (&entry.id, entry)).collect(), context);
    };
    let completed = |entry| terminology.complete(entry).map_or(Cow::Borrowed(entry), Cow::Owned);
    let entries: Vec<Cow<'_, Entry>> = entries.iter().map(completed).collect();
    let dictionary = terminology::Completed { inner: context.dictionary, terminology };
    let context = Context { dictionary: &dictionary, ..*context };
    let mut mapping =
        map_completed(entries.iter().map(|entry| (&entry.id, entry.as_ref())).collect(), &context);
    for made in &mut mapping.resources {
        let under = terminology.sensitive_roots(&made.concepts);
        made.concepts.extend(under);
    }
    mapping
}

/// Codings, and what the code of a source's own list stands for.
pub type LabelledBy = (Vec<(CodeSystem, String)>, Option<CodeClass>);

/// The codings by which a statement is labelled that contains others, whether or not it becomes a resource itself, and what
/// its code stands for. `None` if the code has not come.
#[must_use]
pub fn labelled_by(
    statement: &Statement,
    dictionary: &dyn Dictionary,
    terminology: Option<&Terminology>,
) -> Option<LabelledBy> {
    let (coded, class) = match &statement.code {
        CodeRef::Given(coded, class) => (coded.clone(), *class),
        CodeRef::Local(key) => dictionary.code(key).map(|(coded, class)| (coded, Some(class)))?,
    };
    let Some(terminology) = terminology else { return Some((coding::concepts(&coded).collect(), class)) };
    let coded = terminology.complete_code(&coded).unwrap_or(coded);
    let mut concepts: Vec<(CodeSystem, String)> = coding::concepts(&coded).collect();
    concepts.extend(terminology.sensitive_roots(&concepts));
    Some((concepts, class))
}

fn map_completed(entries: BTreeMap<&EntryId, &Entry>, context: &Context) -> Mapping {
    let mut mapping = Mapping::default();
    let Some((owner, demographics)) = owner(&entries) else {
        mapping.unmapped =
            entries.values().map(|entry| unmapped(&entry.id, without_patient(entry))).collect();
        return mapping;
    };
    let patient = (context.id)(ResourceType::Patient, &owner.id);
    let ethnicity = ethnicity::extension(entries.values().copied(), context);
    mapping.take(&owner.id, mapped_patient(&patient, owner, demographics, ethnicity, context));

    let mut statements = Statements::new();
    for (&id, &entry) in entries.iter().filter(|(id, _)| **id != &owner.id) {
        match classify::resolve(entry, context.dictionary, context.terminology) {
            Ok(resolved) => _ = statements.insert(id, resolved),
            Err(why) => mapping.unmapped.push(unmapped(id, why)),
        }
    }
    panel::inherit_classes(&mut statements);
    let panels = Panels::of(&statements);
    let pressures = panels.blood_pressures(&statements);
    // A blood pressure without a heading is named after one of its own readings.
    let readings = pressures.iter().flat_map(|(id, readings)| readings.ids().filter(move |half| half != id));
    let taken: BTreeSet<&EntryId> = readings.collect();
    for (&id, resolved) in statements.iter().filter(|(id, _)| !taken.contains(*id)) {
        let made = if resolved.vaccination != Giving::Nothing {
            mapped_immunization(&patient, resolved, context)
        } else if let Some(made) = mapped_pressure_row(&patient, resolved, context) {
            made
        } else if let Some(readings) = pressures.get(id) {
            mapped_blood_pressure(&patient, resolved, readings, context)
        } else {
            let members = panels.members(id, &statements, &taken);
            mapped_observation(&patient, resolved, &members, context)
        };
        mapping.take(id, made);
    }
    mapping.unmapped.sort_by(|a, b| a.entry.cmp(&b.entry));
    mapping
}

impl Mapping {
    fn take(&mut self, entry: &EntryId, made: Result<Mapped, EncodeError>) {
        match made {
            Ok(mapped) => self.resources.push(mapped),
            Err(EncodeError) => self.unmapped.push(unmapped(entry, WhyNot::NotEncodable)),
        }
    }
}

fn unmapped(entry: &EntryId, why: WhyNot) -> Unmapped {
    Unmapped { entry: entry.clone(), why }
}

/// The patient's own entry: the one of the latest sequence.
fn owner<'a>(entries: &BTreeMap<&EntryId, &'a Entry>) -> Option<(&'a Entry, &'a Demographics)> {
    let patients = entries.values().filter(|entry| !entry.deleted).filter_map(|entry| match &entry.content {
        Some(Content::Patient(demographics)) => Some((*entry, demographics.as_ref())),
        _ => None,
    });
    patients.max_by_key(|(entry, _)| entry.sequence)
}

fn without_patient(entry: &Entry) -> WhyNot {
    match entry.content {
        Some(Content::Container(_)) if !entry.deleted => WhyNot::Container,
        Some(_) if !entry.deleted => WhyNot::PatientAwaited,
        _ => WhyNot::Deleted,
    }
}

fn mapped_patient(
    id: &str,
    entry: &Entry,
    demographics: &Demographics,
    ethnicity: Option<(Extension, &EntryId)>,
    context: &Context,
) -> Result<Mapped, EncodeError> {
    let (extension, said_by) = ethnicity.unzip();
    let made =
        Patient { extension: extension.into_iter().collect(), ..patient::patient(id, demographics, context) };
    Ok(Mapped {
        kind: ResourceType::Patient,
        id: id.to_owned(),
        json: fhir::encode_patient(&made)?,
        section: Section::Demographics,
        sources: [Some(&entry.id), said_by].into_iter().flatten().cloned().collect(),
        members: Vec::new(),
        recorded: entry.recorded,
        concepts: Vec::new(),
        classes: Vec::new(),
    })
}

fn mapped_immunization(patient: &str, resolved: &Resolved, context: &Context) -> Result<Mapped, EncodeError> {
    let id = (context.id)(ResourceType::Immunization, &resolved.entry.id);
    let made = immunization::immunization(&id, patient, resolved, context.dictionary);
    let json = fhir::encode_immunization(&made)?;
    let mut mapped = mapped(ResourceType::Immunization, id, json, &[resolved]);
    let told = resolved.statement.vaccination.iter();
    let details = told.flat_map(|told| [&told.product, &told.reason, &told.site, &told.route]);
    mapped.concepts.extend(details.flatten().flat_map(coding::concepts));
    Ok(Mapped { section: Section::Immunisations, ..mapped })
}

fn mapped_pressure_row(
    patient: &str,
    row: &Resolved,
    context: &Context,
) -> Option<Result<Mapped, EncodeError>> {
    let id = (context.id)(ResourceType::Observation, &row.entry.id);
    let made = blood_pressure::of_one_row(&id, patient, row, context.dictionary)?;
    Some(fhir::encode_observation(&made).map(|json| {
        let mut mapped = mapped(ResourceType::Observation, id, json, &[row]);
        mapped.concepts.push(blood_pressure::normalised());
        mapped
    }))
}

fn mapped_blood_pressure(
    patient: &str,
    header: &Resolved,
    readings: &Readings,
    context: &Context,
) -> Result<Mapped, EncodeError> {
    let id = (context.id)(ResourceType::Observation, &header.entry.id);
    let made = blood_pressure::observation(&id, patient, header, readings, context.dictionary);
    let json = fhir::encode_observation(&made)?;
    let halves = readings.statements().filter(|half| !std::ptr::eq(half.entry, header.entry));
    let parts: Vec<&Resolved> = std::iter::once(header).chain(halves).collect();
    let mut mapped = mapped(ResourceType::Observation, id, json, &parts);
    mapped.concepts.push(blood_pressure::normalised());
    Ok(mapped)
}

fn mapped_observation(
    patient: &str,
    resolved: &Resolved,
    members: &[&EntryId],
    context: &Context,
) -> Result<Mapped, EncodeError> {
    let id = (context.id)(ResourceType::Observation, &resolved.entry.id);
    let ids: Vec<String> =
        members.iter().map(|member| (context.id)(ResourceType::Observation, member)).collect();
    let made = observation::observation(&id, patient, resolved, &ids, context.dictionary);
    let json = fhir::encode_observation(&made)?;
    let members = members.iter().map(|member| (*member).clone()).collect();
    Ok(Mapped { members, ..mapped(ResourceType::Observation, id, json, &[resolved]) })
}

/// A resource made from these statements; the first names it and says the section.
fn mapped(kind: ResourceType, id: String, json: Vec<u8>, parts: &[&Resolved]) -> Mapped {
    let concepts = parts.iter().flat_map(|part| {
        let value = match &part.statement.value {
            Some(Value::Coded(coded)) => Some(coding::concepts(coded)),
            _ => None,
        };
        coding::concepts(&part.coded).chain(value.into_iter().flatten())
    });
    Mapped {
        kind,
        id,
        json,
        section: parts.first().map_or(Section::Consultations, |part| observation::section(part)),
        sources: parts.iter().map(|part| part.entry.id.clone()).collect(),
        members: Vec::new(),
        recorded: earliest(parts.iter().map(|part| part.entry.recorded)),
        concepts: concepts.collect(),
        classes: parts.iter().map(|part| part.class).collect(),
    }
}

fn earliest(mut recorded: impl Iterator<Item = Option<Effective>>) -> Option<Effective> {
    let first = recorded.next()??;
    recorded.try_fold(first, |earliest, next| {
        next.map(|next| if next.span() < earliest.span() { next } else { earliest })
    })
}
