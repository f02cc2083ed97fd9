//! One entry told in words: what it is, what it stands inside, what it became, who gets it.

use std::collections::BTreeSet;

use gateway::loader::Looked;
use jiff::civil::Date;
use policy::{AccessLevel, AccessRequest, Actor, Decision, Grant, Header, View, admit, decide, disclose};
use project::Projected;
use record::{
    CodeRef, CodeSystem, Coded, Container, Content, Entry, EntryId, Mark, MarksCarried, OdsCode, Place,
    ResourceType, Role, Statement, StatementStatus, Value,
};
use store::{Practice, Store};

use crate::{Failure, quality::sheet};

/// Entries of one line that are told in full, and more than these that are named.
const FEW: usize = 5;
const LISTED: usize = 40;
/// How far up containers are told; real ones are five deep.
const DEPTH: usize = 12;

/// What is told from.
pub(super) struct Telling<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) practice: &'a OdsCode,
    pub(super) settings: &'a Practice,
    pub(super) base: &'a str,
    pub(super) today: Date,
    pub(super) show_text: bool,
    pub(super) looked: &'a Looked,
    pub(super) own: Option<&'a Grant>,
    pub(super) suppressed: bool,
}

impl Telling<'_> {
    /// Tells every entry that was last read at a place, or one of them; of many only which they are.
    pub(super) fn tell(&self, place: &Place, only: Option<&EntryId>) -> Result<(), Failure> {
        let here = |entry: &Entry| entry.place == *place && only.is_none_or(|id| entry.id == *id);
        let here: Vec<_> = self.looked.entries.iter().filter(|(entry, _)| here(entry)).collect();
        if here.len() > FEW {
            say!(
                "entries   {} were last read on this line; choose one of them: trace --entry ID",
                here.len()
            );
            for (entry, _) in here.iter().take(LISTED) {
                say!("          {}  {}", entry.id.as_str(), kind(entry));
            }
            if here.len() > LISTED {
                say!("          and {} more; the report row by row has the id of each", here.len() - LISTED);
            }
            return Ok(());
        }
        for (entry, batch) in here {
            say!("entry     {}: {}", entry.id.as_str(), kind(entry));
            say!(
                "          last changed by batch {batch} of {}, the source's own order {}",
                self.settings.batches,
                entry.sequence
            );
            if entry.deleted {
                say!("          the source deleted it");
            }
            if let Some(Content::Statement(statement)) = &entry.content {
                self.statement(statement)?;
            }
            self.words(entry);
            self.marks(entry);
            self.became(entry);
        }
        Ok(())
    }

    fn statement(&self, statement: &Statement) -> Result<(), Failure> {
        match &statement.code {
            CodeRef::Given(coded, _) => codes(coded),
            CodeRef::Local(key) => match self.store.code(self.practice, key)? {
                Some((coded, _)) => codes(&coded),
                None => say!("code      {key} of the practice's own list, which has not come yet"),
            },
        }
        if let Some(Value::Quantity(quantity) | Value::Range(quantity, _)) = &statement.value {
            match quantity.unit.as_deref().map(|unit| (unit, project::ucum(unit))) {
                Some((sent, Some(ucum))) => say!("unit      {sent}, in UCUM {ucum}"),
                Some((sent, None)) if self.show_text => {
                    say!("unit      {sent}, which units.csv does not know: words")
                }
                Some((_, None)) => say!("unit      one that units.csv does not know: it is served as words"),
                None => say!("unit      none was sent"),
            }
        }
        if statement.status == StatementStatus::Unfiled {
            say!(
                "status    not final by its source's own word: nothing is made of it until it comes again as final"
            );
        }
        Ok(())
    }

    /// What a person wrote, only where it was asked for.
    fn words(&self, entry: &Entry) {
        let Some(Content::Statement(statement)) = &entry.content else { return };
        if !self.show_text {
            if !statement.text.is_empty() {
                say!("text      there is free text; --show-text prints it");
            }
            return;
        }
        if let CodeRef::Given(Coded { original_text: Some(text), .. }, _) = &statement.code {
            say!("rubric    {}", text.expose());
        }
        match &statement.value {
            Some(Value::Quantity(quantity)) => {
                let sign = quantity.comparator.map_or("", record::Comparator::sign);
                say!("value     {sign}{} {}", quantity.value, quantity.unit.as_deref().unwrap_or(""));
            }
            Some(Value::Unread) => say!("value     one that could not be read"),
            Some(Value::Text(text)) => say!("value     {}", text.expose()),
            Some(Value::Coded(coded)) => codes(coded),
            Some(Value::Range(low, high)) => say!("value     {} to {}", low.value, high.value),
            Some(Value::BloodPressure(systolic, diastolic)) => match diastolic {
                Some(diastolic) => say!("value     {} over {}", systolic.value, diastolic.value),
                None => say!("value     {} (systolic alone)", systolic.value),
            },
            None => {}
        }
        statement.text.iter().for_each(|text| say!("text      {}", text.expose()));
    }

    /// Its own marks, and those of everything that it stands inside.
    fn marks(&self, entry: &Entry) {
        let marks: Vec<&str> = entry.marks.iter().map(mark).collect();
        let carried = match entry.marks_carried {
            MarksCarried::Yes => "",
            MarksCarried::No => " (its feed cannot carry them, so that its free text stays back)",
        };
        say!("marks     {}{carried}", if marks.is_empty() { "none".to_owned() } else { marks.join(", ") });
        let mut seen: BTreeSet<&EntryId> = BTreeSet::from([&entry.id]);
        let mut open: Vec<(&Entry, usize)> = vec![(entry, 0)];
        while let Some((inside, depth)) = open.pop() {
            for link in &inside.links {
                if depth >= DEPTH || !seen.insert(&link.to) {
                    continue;
                }
                let to = self.looked.entries.iter().map(|(entry, _)| entry).find(|other| other.id == link.to);
                let found = match to {
                    None => "has not come yet: until then this is shown to nobody".to_owned(),
                    Some(to) if to.content.is_none() => {
                        "was deleted before it came: shown to nobody".to_owned()
                    }
                    Some(to) if to.marks.is_empty() => format!("no marks, {}", at(to)),
                    Some(to) => {
                        let marks: Vec<&str> = to.marks.iter().map(mark).collect();
                        format!("marked {}, {}", marks.join(", "), at(to))
                    }
                };
                say!(
                    "          {:indent$}in the {} {}: {found}",
                    "",
                    role(link.role),
                    link.to.as_str(),
                    indent = depth * 2
                );
                open.extend(to.map(|to| (to, depth + 1)));
            }
        }
    }

    fn became(&self, entry: &Entry) {
        let projection = &self.looked.projection;
        if let Some(waits) = projection.waiting.iter().find(|waiting| waiting.entry == entry.id) {
            say!("waits     {}: {}", waits.code.code(), waits.code.advice());
        }
        let made: Vec<&Projected> =
            projection.resources.iter().filter(|made| made.mapped.sources.contains(&entry.id)).collect();
        if made.is_empty() {
            let left = projection.unmapped.iter().find(|left| left.entry == entry.id);
            match (left, &entry.content) {
                (Some(left), _) => {
                    say!("became    no resource ({}): {}", left.why.code(), sheet::why(left.why.code()));
                }
                (None, Some(Content::Patient(_))) => {
                    say!("became    no resource: another row is the patient's, or it was deleted")
                }
                (None, _) => match projection.waiting.iter().find(|one| one.entry == entry.id) {
                    Some(waits) => {
                        say!(
                            "became    no resource, it waits ({}): {}",
                            waits.code.code(),
                            waits.code.advice()
                        );
                    }
                    None => say!("became    no resource: its patient has not come, or was deleted"),
                },
            }
            say!("an app    gets nothing of it");
        }
        for made in made {
            self.resource(made);
        }
    }

    fn resource(&self, made: &Projected) {
        let mapped = &made.mapped;
        let parts = match mapped.sources.len() {
            1 => String::new(),
            parts => format!(", put together from {parts} entries"),
        };
        let profile = mapped.profile().unwrap_or("no profile");
        say!("became    {}/{} ({profile}){parts}", mapped.kind.name(), mapped.id);
        if !mapped.members.is_empty() {
            say!("          with {} other Observations as its members", mapped.members.len());
        }
        for reason in &made.labels.reasons {
            say!("label     {}: {}", reason.code(), reason.words());
        }
        let views: Vec<&str> = [("coded", made.views.coded.is_some()), ("full", made.views.full.is_some())]
            .into_iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| name)
            .collect();
        say!("views     {}", if views.is_empty() { "none".to_owned() } else { views.join(" and ") });
        let header =
            self.looked.released.as_ref().and_then(|released| released.header(mapped.kind, &mapped.id));
        match header {
            None => say!("released  not yet: the patient's record waits to be made"),
            Some(header) => {
                if header.labels != made.labels {
                    say!(
                        "released  as it was before the last change; the patient's record waits to be made anew"
                    );
                }
                self.app(header);
            }
        }
    }

    /// What an app gets at each level, by the same decisions as requests.
    fn app(&self, header: &Header) {
        say!("address   {}/fhir/R4/{}/{}", self.base, header.kind.name(), header.id);
        // A patient without a grant is told below.
        for level in AccessLevel::ALL.into_iter().filter(|level| *level != AccessLevel::None) {
            let grant = Grant {
                effective_date: Date::MIN,
                current: level,
                historical: level,
                sections_off: BTreeSet::new(),
            };
            say!("an app    at level {:<10} gets {}", level.name(), self.at_level(header, &grant));
        }
        match self.own {
            None => say!("now       nothing: no access was granted to this patient yet"),
            Some(own) => {
                say!("now       by what was granted to this patient: {}", self.at_level(header, own))
            }
        }
        say!("          where an app gets nothing, the address answers as for an id that never was");
    }

    fn at_level(&self, header: &Header, grant: &Grant) -> String {
        let Some(released) = &self.looked.released else { return "nothing".to_owned() };
        let types: BTreeSet<ResourceType> = ResourceType::ALL.into_iter().collect();
        let admission = match admit(&AccessRequest {
            today: self.today,
            practice_shares: self.settings.shares,
            rules: &self.settings.rules,
            suppressed: self.suppressed,
            standing: &released.standing,
            actor: Actor::Patient(Some(grant)),
            types: &types,
        }) {
            Ok(admission) => admission,
            Err(refusal) => return format!("nothing of this patient ({})", refusal.code()),
        };
        let permit = match decide(&admission, header.kind, &header.labels) {
            Decision::Withhold(rule) => return format!("nothing ({})", rule.code()),
            Decision::Show(permit) => permit,
        };
        let rule = permit.rule().code();
        let Some(shown) = disclose(header, permit) else {
            return format!("nothing ({rule}, but it has no such view)");
        };
        let view = match shown.view() {
            View::Coded => "coded",
            View::Full => "full",
        };
        format!("the {view} view, version {} of {:.0} ({rule})", shown.version(), shown.updated())
    }
}

fn kind(entry: &Entry) -> &'static str {
    match &entry.content {
        None => "a deletion that came before the entry itself",
        Some(Content::Patient(_)) => "the patient's own row",
        Some(Content::Statement(_)) => "a statement",
        Some(Content::WithLists(_)) => "a statement with values of the practice's lists",
        Some(Content::Detail(_)) => "a part of who the patient is, and not served itself",
        Some(Content::OnlineAccess(_)) => "access that somebody was given, which is not served",
        Some(Content::Container(container)) => match container {
            Container::Consultation => "a consultation, which holds entries and is not served itself",
            Container::Heading => "a heading, which holds entries and is not served itself",
            Container::Problem => "a problem, which links entries and is not served itself",
            Container::Request => "a request, which results answer and is not served itself",
            Container::Comment => "a comment on another entry",
        },
    }
}

fn mark(mark: &Mark) -> &'static str {
    match mark {
        Mark::NotForPatient => "not for the patient",
        Mark::Confidential => "confidential",
        Mark::SensitivePatient => "sensitive patient",
        Mark::Unrecognised => "a mark that is not understood",
        Mark::InAnotherFeed => "marked in another feed of the practice",
        Mark::NotFiled => {
            "sent by a laboratory and not filed by the practice; \
             it is shown once it comes as an entry of the practice's own feed"
        }
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Consultation => "consultation",
        Role::Heading => "heading",
        Role::Panel => "panel",
        Role::Problem => "problem",
        Role::Request => "request",
        Role::About => "statement that it is about",
    }
}

fn at(entry: &Entry) -> String {
    format!("{}:{}", entry.place.file, entry.place.line)
}

/// Codes as sent, without their terms: those could be anybody's words.
fn codes(coded: &Coded) {
    for coding in &coded.codings {
        let system = match &coding.system {
            CodeSystem::SnomedCt => "SNOMED CT",
            CodeSystem::SnomedCtDescription => "SNOMED CT description",
            CodeSystem::ReadV2 => "Read v2",
            CodeSystem::Ctv3 => "CTV3",
            CodeSystem::Egton => "EMIS",
            CodeSystem::Dmd => "dm+d",
            CodeSystem::Oid(oid) => oid,
            CodeSystem::Listed => "a list of the practice",
        };
        say!("code      {system} {}", coding.code);
    }
    if coded.codings.is_empty() {
        say!("code      words only");
    }
}
