//! What a practice decides for everybody, about single entries and about whole records, and the log of it.

use std::process::ExitCode;

use policy::{PracticeRules, Reading, RuleChange, Sensitivity, ThirdParties};
use record::{PatientKey, Section};
use store::{Change, Decision, Decisions, Store};

use super::desk::{Desk, has_entry};
use crate::{
    Failure,
    args::{Deciding, DecisionsArgs, EntryArgs, RulesArgs, SuppressArgs},
};

/// Turns switches, or shows them.
pub(super) fn rules(args: &RulesArgs) -> Result<ExitCode, Failure> {
    let desk = Desk::open(&args.config, &args.practice)?;
    if let (Some(by), Some(why)) = (&args.by, &args.why) {
        let changes = args.changes();
        if changes.is_empty() {
            return Err(Failure(
                "say which rule is to be changed; without --by and --why they are shown".to_owned(),
            ));
        }
        if desk.decide(&Change::Rules { changes }, &Deciding { by: by.clone(), why: why.clone() })? {
            // How free text is screened shows in the records themselves.
            desk.release()?;
        }
    }
    told(&desk.store().practice(&args.practice)?.rules);
    Ok(ExitCode::SUCCESS)
}

fn told(rules: &PracticeRules) {
    for section in Section::ALL {
        let state = if rules.sections_off.contains(&section) { "off for everybody" } else { "as granted" };
        say!("{:<32} {state}", section.name());
    }
    match rules.free_text_from {
        Some(day) => say!("{:<32} recorded on or after {day}", "free text of feeds without marks"),
        None => say!("{:<32} reviewed entries only", "free text of feeds without marks"),
    }
    let third_parties = match rules.screening.third_parties {
        ThirdParties::Withhold => "withheld whole",
        ThirdParties::Mask => "shown with that masked",
    };
    say!("{:<32} {third_parties}", "text that leads to a third party");
    let reading = match rules.screening.reading {
        Reading::Strict => "whoever is neither the patient nor a professional",
        Reading::Standard => "likewise, but for relatives of whom nothing was told in confidence",
    };
    say!("{:<32} {reading}", "third parties");
    for class in Sensitivity::ALL {
        let shown = |proxy| if rules.shows(class, proxy) { "shown to" } else { "withheld from" };
        say!("{:<32} {} patients, {} proxies", class.code(), shown(false), shown(true));
    }
}

/// Hides an entry, or takes that back.
pub(super) fn hide(args: &EntryArgs, hidden: bool) -> Result<ExitCode, Failure> {
    let (desk, patient, facts) = Desk::of(&args.about)?;
    if !has_entry(&facts, &args.entry) {
        return Err(Failure(
            "the patient has no entry of this key; `recordgate trace` prints keys".to_owned(),
        ));
    }
    let entry = args.entry.clone();
    let change = if hidden { Change::Hide { patient, entry } } else { Change::Unhide { patient, entry } };
    if !desk.decide(&change, &args.deciding)? {
        return Ok(ExitCode::SUCCESS);
    }
    if hidden {
        say!("the entry and all that it contains is withheld from now on");
    }
    if desk.store().practice(&desk.practice)?.open_batch.is_some() {
        say!("a batch is open: the record is made anew once it is closed");
        return Ok(ExitCode::SUCCESS);
    }
    desk.release()?;
    say!("the record was made anew");
    Ok(ExitCode::SUCCESS)
}

/// Suppresses a record, or takes that back.
pub(super) fn suppress(args: &SuppressArgs, suppressed: bool) -> Result<ExitCode, Failure> {
    let (desk, patient, _) = Desk::of(&args.about)?;
    let change = if suppressed { Change::Suppress { patient } } else { Change::Unsuppress { patient } };
    if desk.decide(&change, &args.deciding)? {
        match suppressed {
            true => say!("nothing of the record is served to anybody from now on"),
            false => say!("the record is served again to whoever may see it"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the log.
pub(super) fn list(args: &DecisionsArgs) -> Result<ExitCode, Failure> {
    const PAGE: usize = 500;
    let desk = Desk::open(&args.config, &args.practice)?;
    // What was decided about a patient stays when the record has gone.
    let named = |name: &str| desk.named(name).or_else(|lost| PatientKey::new(name).ok_or(lost));
    let patient = args.patient.as_deref().map(named).transpose()?;
    let mut after = 0;
    loop {
        let page = desk.store().decisions(&args.practice, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
        after = last.number;
        let asked = |line: &&Decision| patient.is_none() || line.change.patient() == patient.as_ref();
        page.iter().filter(asked).for_each(line);
    }
}

fn line(line: &Decision) {
    let decided = &line.decided;
    say!("{}  {:.0}  by {}", line.number, line.at(), decided.by);
    if let Some(patient) = line.change.patient() {
        say!("    of   {}", patient.expose());
    }
    match &line.change {
        Change::Rules { changes } => changes.iter().for_each(|change| say!("    what {}", rule(*change))),
        other => say!("    what {}", what(other)),
    }
    say!("    why  {}", decided.why);
}

fn rule(change: RuleChange) -> String {
    match change {
        RuleChange::Section { section, open: true } => format!("section {} as granted", section.name()),
        RuleChange::Section { section, open: false } => {
            format!("section {} off for everybody", section.name())
        }
        RuleChange::FreeTextFrom { day: Some(day) } => format!("free text of feeds without marks from {day}"),
        RuleChange::FreeTextFrom { day: None } => {
            "free text of feeds without marks only once reviewed".to_owned()
        }
        RuleChange::ThirdParties { third_parties: ThirdParties::Withhold } => {
            "text that leads to a third party withheld whole".to_owned()
        }
        RuleChange::ThirdParties { third_parties: ThirdParties::Mask } => {
            "third parties masked in free text".to_owned()
        }
        RuleChange::Reading { reading: Reading::Strict } => "free text read strictly".to_owned(),
        RuleChange::Reading { reading: Reading::Standard } => {
            "free text read by the standard rules".to_owned()
        }
        RuleChange::Sensitive { class, proxies, shown } => {
            let who = if proxies { "proxies" } else { "patients" };
            let what = if shown { "shown to" } else { "withheld from" };
            format!("{} {what} {who}", class.code())
        }
    }
}

fn what(change: &Change) -> String {
    match change {
        Change::Rules { changes } => format!("{} switches turned", changes.len()),
        Change::Hide { entry, .. } => format!("entry {} hidden", entry.as_str()),
        Change::Unhide { entry, .. } => format!("entry {} hidden no longer", entry.as_str()),
        Change::Review { entry, release: true, .. } => {
            format!("words of entry {} may go out", entry.as_str())
        }
        Change::Review { entry, release: false, .. } => {
            format!("words of entry {} stay back", entry.as_str())
        }
        Change::App { client_id, blocked: true } => format!("app {client_id} gets nothing of our patients"),
        Change::App { client_id, blocked: false } => format!("app {client_id} is blocked no longer"),
        Change::Suppress { .. } => "record suppressed".to_owned(),
        Change::Unsuppress { .. } => "record suppressed no longer".to_owned(),
        Change::Access { grant, .. } => format!("own access: {}", super::access::grant_words(grant)),
        Change::Proxy { account, proxy, .. } => {
            format!("{account} may act for the patient: {}", super::access::proxy_words(proxy))
        }
        Change::Linkage { id, expires, .. } => format!("letter {id} issued, good until {expires:.0}"),
        Change::EndLinkage { id, .. } => format!("letter {id} counts no longer"),
        Change::EndProxy { account, last, .. } => format!("{account} may act for the patient until {last}"),
    }
}
