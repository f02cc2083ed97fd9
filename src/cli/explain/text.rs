//! An explanation for a terminal: who is admitted, a line or a few for each entry, a sum by rule.

use auth::sign_in::Role;
use gateway::explain::{Answer, Ground, Told, ToldResource, Words};
use policy::{LegalBasis, age_on};
use record::{EntryId, Section};

use super::Sheet;
use crate::quality::sheet;

pub(super) fn tell(sheet: &Sheet<'_>) {
    admission(sheet);
    entries(&sheet.explained.entries);
    say!("\nsummary");
    for one in sheet.explained.summary() {
        let shown = match (one.view, &one.words) {
            (Some(view), _) => format!("shown, {} view", view.name()),
            (None, Some(_)) => "not shown".to_owned(),
            (None, None) => "part of no resource".to_owned(),
        };
        let words = one.words.as_deref().unwrap_or_else(|| sheet::why(&one.code));
        say!("{:>9}  {shown:<19} {:<32} {words}", one.count, one.code);
    }
}

fn admission(sheet: &Sheet<'_>) {
    let explained = &sheet.explained;
    let age = explained
        .birth_date
        .map_or("of unknown age".to_owned(), |born| format!("aged {}", age_on(born, sheet.on).max(0)));
    let id = explained.patient.as_deref().map_or(String::new(), |id| format!(", Patient/{id}"));
    say!("patient   {} of {}{id}, {age}", sheet.subject.patient.expose(), sheet.args.practice);
    match &sheet.app {
        None => say!("app       {}: not known here", sheet.args.app),
        Some(app) => say!("app       {} ({})", app.client_id, app.name),
    }
    if explained.role.is_some() {
        let types: Vec<&str> = explained.types.iter().map(|kind| kind.name()).collect();
        let types = if types.is_empty() { "nothing".to_owned() } else { types.join(", ") };
        say!("          it may be given {types}; a token may open less");
    }
    let role = match explained.role {
        None => "cannot open this record".to_owned(),
        Some(Role::Patient) => "is the patient".to_owned(),
        Some(Role::Proxy) => "acts for the patient".to_owned(),
    };
    say!("user      {} {role}", sheet.args.user);
    if let Some(proxy) = &sheet.proxy {
        let until = proxy.ends.map_or("without an end".to_owned(), |last| format!("until {last}"));
        let reviewed = if proxy.reviewed_since_eleven { ", looked at since the patient was 11" } else { "" };
        let relationship = proxy.relationship.as_deref().unwrap_or("relationship not stated");
        let basis = basis(proxy.legal_basis);
        say!("          {relationship}, {basis}, from {} {until}{reviewed}", proxy.starts);
    }
    match &sheet.grant {
        None => say!("access    none granted"),
        Some(grant) => say!(
            "access    {} for what was recorded from {} on, {} for what came before",
            grant.current.name(),
            grant.effective_date,
            grant.historical.name()
        ),
    }
    let off = |who: &str, sections: &mut dyn Iterator<Item = &Section>| {
        let names: Vec<String> = sections.map(name).collect();
        if !names.is_empty() {
            say!("          switched off {who}: {}", names.join(", "));
        }
    };
    off("for everybody at the practice", &mut sheet.practice.rules.sections_off.iter());
    off("for this patient", &mut sheet.grant.iter().flat_map(|grant| &grant.sections_off));
    if sheet.practice.open_batch.is_some() {
        say!(
            "          batch {} is open: what it brought is not shown before it is whole",
            sheet.practice.batches
        );
    }
    match explained.admission {
        Ok(()) => say!("admitted  yes, on {}", sheet.on),
        Err(refused) => say!("admitted  no, on {}: {} ({})", sheet.on, refused.words(), refused.code()),
    }
    if let Some(words) = &sheet.closed {
        say!("          {words}");
    }
}

/// A section as files spell it.
fn name(section: &Section) -> String {
    let name = serde_json::to_value(section).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

fn basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::ParentalResponsibility => "parental responsibility",
        LegalBasis::Consent => "by the patient's consent",
        LegalBasis::BestInterest => "in the patient's best interest",
        LegalBasis::CourtAppointedPersonalWelfareDeputy => "deputy appointed by the court",
        LegalBasis::HealthAndWelfareLastingPowerOfAttorney => "lasting power of attorney",
        LegalBasis::Unstated => "on a basis that is not stated, so that the rules for parents count",
    }
}

/// A line for each entry, under the name of its file; more for what it became beside, and for where reasons come from.
fn entries(told: &[Told]) {
    let mut file: Option<&str> = None;
    for one in told {
        let here = one.entry.as_ref().map(|(entry, _)| entry.place.file.as_str());
        if here != file || here.is_none() {
            say!("\n{}", here.unwrap_or("made from entries that are no longer this patient's"));
            file = here;
        }
        let lead = one.entry.as_ref().map_or(String::new(), |(entry, batch)| {
            let recorded = entry.recorded.map_or("undated".to_owned(), |at| at.first_day().to_string());
            let gone = if entry.deleted { "  deleted by its source" } else { "" };
            format!("line {} of batch {batch}  {recorded}{gone}", entry.place.line)
        });
        entry(&lead, one);
    }
}

fn entry(lead: &str, told: &Told) {
    match (told.resources.as_slice(), told.nothing) {
        ([], Some(code)) => say!("  {lead}  not shown: part of no resource, {} ({code})", sheet::why(code)),
        ([], None) if told.waits.is_some() => say!("  {lead}  not shown: part of no resource, it waits"),
        ([], None) => {
            say!("  {lead}  not shown: part of no resource, its patient has not come, or was deleted");
        }
        (resources, _) => {
            for (at, one) in resources.iter().enumerate() {
                let lead = if at == 0 { lead } else { "and" };
                resource(lead, told.entry.as_ref().map(|(entry, _)| &entry.id), one);
            }
        }
    }
    if let Some(waits) = told.waits {
        say!("      waits: {} ({})", waits.advice(), waits.code());
    }
}

fn resource(lead: &str, own: Option<&EntryId>, told: &ToldResource) {
    let parts = if told.parts > 1 { format!(", of {} entries", told.parts) } else { String::new() };
    let code = told.answer.code();
    let answer = match told.answer {
        Answer::Shown { view, version, .. } => {
            format!("shown in the {} view, version {version} ({code})", view.name())
        }
        Answer::Refused(_) => format!("not shown ({code})"),
        Answer::Hidden(_) | Answer::NotReleased => format!("not shown: {} ({code})", told.answer.words()),
    };
    say!("  {lead}  {}/{}{parts}  {answer}", told.kind.name(), told.id);
    told.because.iter().for_each(|ground| say!("      {}", because(ground, own)));
    match told.words {
        Words::None => {}
        Words::Shown => say!("      its free text is shown as far as nothing speaks against it"),
        Words::StayBack => say!("      its free text stays back"),
    }
    if let Some(found) = &told.found {
        let decided = match found.decided {
            None => "",
            Some(true) => "; a clinician let it out",
            Some(false) => "; a clinician held it back",
        };
        say!("      screening says {} ({}){decided}", found.verdict.code(), found.rules.join(", "));
    }
    if told.changing {
        say!("      facts have changed since: the record waits to be made anew");
    }
}

fn because(ground: &Ground, own: Option<&EntryId>) -> String {
    let (code, on) = (ground.reason.code(), ground.on.as_str());
    match &ground.place {
        Some(_) if own == Some(&ground.on) => format!("{code}: from its own row"),
        Some((place, batch)) => format!("{code}: from {}:{} of batch {batch} ({on})", place.file, place.line),
        None => format!("{code}: {on} has not come"),
    }
}
