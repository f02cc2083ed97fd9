//! Rows to facts, one for each resource and one for each component, after all that they refer to has been settled.
//!
//! Marks come down along links. What a resource says that it depends on (its encounter, the request it answers) is one;
//! if that is not in the bundle it is awaited, and the resource withheld. What holds a resource (a list, a report, a
//! problem, a test group) is another; and where such a holder is hidden it says itself what it holds, so that a later
//! bundle that has the resource without its holder takes no mark off it.
//!
//! A bundle never says that a record is whole. It answers what was asked (some areas, some months), and nothing in it
//! tells what that was: so what it leaves out stays. Something that is to go has to be sent as `entered-in-error`.

use std::collections::{BTreeSet, HashMap};

use record::{
    CodeClass, CodeRef, Container, Content, Entry, EntryId, Fact, Issue, IssueCode, Link, Mark, MarksCarried,
    PatientKey, Reference, ReferenceKey, Role, Sink, SinkError, Staff, Statement,
};

use super::{
    bundle::Bundle,
    notes::Notes,
    row::{Body, Row},
};

/// The key of the entry that is the patient.
const PATIENT: &str = "patient";

/// Hands a whole bundle over.
pub(super) fn emit(bundle: Bundle, sink: &mut dyn Sink) -> Result<(), SinkError> {
    let Bundle { rows, patient, sequence, notes } = bundle;
    let settled = Settled::of(&rows, patient);
    let sequence = sequence.unwrap_or(0);
    let Some(key) = patient_key(rows.get(patient)) else { return reject_all(&rows, &notes, sink) };
    for (at, row) in rows.iter().enumerate() {
        let place = notes.place(row.line);
        match settled.facts(at, row, &key, sequence, &notes) {
            Ok(facts) => {
                for fact in facts {
                    sink.fact(&place, fact)?;
                }
            }
            Err(issue) => sink.reject(*issue),
        }
    }
    notes.into_issues().into_iter().for_each(|issue| sink.warn(issue));
    Ok(())
}

fn reject_all(rows: &[Row], notes: &Notes, sink: &mut dyn Sink) -> Result<(), SinkError> {
    for row in rows {
        let detail = "the patient has neither an NHS number nor an id";
        sink.reject(*notes.error(IssueCode::PatientInvalid, row.line, "Patient.id", detail));
    }
    Ok(())
}

/// The key of the patient: the NHS number, else the id that the source gave them. It is a key of this feed: another
/// feed about the same person, which may send whole records, neither replaces this one nor is replaced by it.
fn patient_key(row: Option<&Row>) -> Option<PatientKey> {
    let row = row?;
    let Body::Patient(person) = &row.body else { return None };
    match &person.nhs_number {
        Some(number) => PatientKey::of_message("gpc", number.expose()),
        None => PatientKey::of_message("gpc-id", &row.key),
    }
}

/// What the rows are to each other.
struct Settled<'a> {
    rows: &'a [Row],
    patient: usize,
    /// By key and by full address.
    found: HashMap<&'a str, usize>,
    /// Links to be added, by row.
    links: Vec<Vec<Link>>,
    /// Marks to be added, by row.
    marks: Vec<Vec<Mark>>,
    /// What the things around a row say that it is.
    class: Vec<Option<CodeClass>>,
    /// The rows whose marks come down to each row.
    above: Vec<Vec<usize>>,
    /// Holders and the statements that they hold.
    held: Vec<(usize, usize)>,
}

impl<'a> Settled<'a> {
    fn of(rows: &'a [Row], patient: usize) -> Self {
        let mut found = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            found.entry(row.key.as_str()).or_insert(at);
            if let Some(address) = &row.address {
                found.entry(address.as_str()).or_insert(at);
            }
        }
        let count = rows.len();
        let mut settled = Self {
            rows,
            patient,
            found,
            links: vec![Vec::new(); count],
            marks: vec![Vec::new(); count],
            class: vec![None; count],
            above: vec![Vec::new(); count],
            held: Vec::new(),
        };
        for (at, row) in rows.iter().enumerate() {
            settled.names(at, row);
            settled.about(at, row);
            settled.holds(at, row);
            settled.members(at, row);
        }
        settled.hidden_holders();
        settled
    }

    /// Lets every holder that is hidden, whatever by, say what it holds; and gives a problem the marks of the
    /// observation that names it, which what is filed under it may one day come without.
    fn hidden_holders(&mut self) {
        let mut down: Vec<BTreeSet<Mark>> =
            self.rows.iter().map(|row| row.marks.iter().cloned().collect()).collect();
        loop {
            let from = |above: usize| down.get(above).into_iter().flatten().cloned();
            let all =
                |above: &Vec<usize>| above.iter().flat_map(|above| from(*above)).collect::<BTreeSet<_>>();
            let come: Vec<BTreeSet<Mark>> = self.above.iter().map(all).collect();
            let before: usize = down.iter().map(BTreeSet::len).sum();
            down.iter_mut().zip(come).for_each(|(marks, come)| marks.extend(come));
            if down.iter().map(BTreeSet::len).sum::<usize>() == before {
                break;
            }
        }
        for (holder, to) in std::mem::take(&mut self.held) {
            if let (Some(marks), Some(held)) = (down.get(holder), self.rows.get(to))
                && !marks.is_empty()
            {
                self.link(holder, Role::About, &held.key);
            }
        }
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.about.is_empty()) {
            let named: Vec<usize> = row.about.iter().filter_map(|to| Some(self.usable(to)?.0)).collect();
            for marks in named.into_iter().filter_map(|named| down.get(named)) {
                if let Some(own) = self.marks.get_mut(at) {
                    own.extend(marks.iter().cloned());
                }
            }
        }
    }

    fn is_above(&mut self, above: usize, below: usize) {
        if let Some(all) = self.above.get_mut(below) {
            all.push(above);
        }
    }

    fn link(&mut self, from: usize, role: Role, to: &str) {
        let own = self.rows.get(from).is_some_and(|row| row.key == to);
        match (EntryId::new(to), self.links.get_mut(from), self.marks.get_mut(from)) {
            (Some(to), Some(links), _) if !own => links.push(Link { role, to }),
            // What cannot even be waited for cannot be known to be unmarked.
            (None, _, Some(marks)) => marks.push(Mark::Unrecognised),
            _ => {}
        }
    }

    /// The row that a reference means, if it can be used.
    fn usable(&self, reference: &str) -> Option<(usize, &'a Row)> {
        let at = *self.found.get(reference)?;
        let row = self.rows.get(at)?;
        (!matches!(row.body, Body::Rejected(_))).then_some((at, row))
    }

    fn names(&mut self, at: usize, row: &Row) {
        for (role, reference) in &row.names {
            match self.usable(reference) {
                Some((above, to)) => {
                    self.link(at, *role, &to.key);
                    self.is_above(above, at);
                }
                None => self.link(at, *role, reference),
            }
        }
        for reference in &row.derived {
            let (role, to) = match self.usable(reference) {
                Some((above, to)) => {
                    self.is_above(above, at);
                    let part =
                        to.members.iter().any(|member| self.usable(member).is_some_and(|(m, _)| m == at));
                    (if part { Role::Panel } else { Role::Heading }, to.key.as_str())
                }
                None => (Role::Heading, reference.as_str()),
            };
            self.link(at, role, to);
        }
    }

    /// A problem is as hidden as the observation that names it, and all that is filed under it with it.
    fn about(&mut self, at: usize, row: &Row) {
        for reference in &row.about {
            if let Some((named, to)) = self.usable(reference) {
                self.link(at, Role::About, &to.key);
                self.is_above(named, at);
            }
        }
    }

    fn holds(&mut self, at: usize, row: &Row) {
        for reference in &row.holds {
            let Some((to, held)) = self.usable(reference) else { continue };
            match (&row.body, &held.body) {
                // What cannot be kept cannot say it later: its marks go over at once.
                (Body::Rejected(_), _) => self.mark(to, &row.marks),
                (Body::Container(kind, class), Body::Statements(..)) => {
                    let role = if *kind == Container::Problem { Role::Problem } else { Role::Heading };
                    self.link(to, role, &row.key);
                    self.held.push((at, to));
                    if let Some(known) = self.class.get_mut(to) {
                        // That it is about a relative is stronger than that it is a test.
                        *known =
                            if *known == Some(CodeClass::FamilyHistory) { *known } else { class.or(*known) };
                    }
                }
                (Body::Container(..), Body::Container(..)) => {
                    self.link(to, Role::Heading, &row.key);
                    self.is_above(at, to);
                }
                _ => {}
            }
        }
    }

    fn members(&mut self, at: usize, row: &Row) {
        for reference in &row.members {
            match self.usable(reference) {
                Some((to, _)) if matches!(row.body, Body::Rejected(_)) => self.mark(to, &row.marks),
                Some((to, _)) => {
                    self.link(to, Role::Panel, &row.key);
                    self.is_above(at, to);
                    self.held.push((at, to));
                }
                // A group without one of its parts is another group; the part may be what it is withheld for.
                None => self.link(at, Role::Heading, reference),
            }
        }
    }

    fn mark(&mut self, at: usize, marks: &[Mark]) {
        if let Some(own) = self.marks.get_mut(at) {
            own.extend(marks.iter().cloned());
        }
    }

    fn facts(
        &self,
        at: usize,
        row: &Row,
        key: &PatientKey,
        sequence: u64,
        notes: &Notes,
    ) -> Result<Vec<Fact>, Box<Issue>> {
        let sequence = row.sequence.unwrap_or(sequence);
        let entry = |entry: Entry| Fact::Entry(key.clone(), Box::new(entry));
        let named = |id: &str, content: Content| self.entry(at, row, id, content, sequence, notes);
        let content = match &row.body {
            Body::Rejected(issue) => return Err(issue.clone()),
            Body::Staff(name) => {
                let staff = Reference::Staff(Staff { name: name.clone(), role: None });
                return Ok(vec![Fact::Reference(
                    ReferenceKey::Staff(row.key.clone()),
                    Box::new(staff),
                    sequence,
                )]);
            }
            Body::Patient(person) => {
                let mut person = person.clone();
                person.usual_gp = person.usual_gp.and_then(|to| self.staff(&to));
                return Ok(vec![entry(named(PATIENT, Content::Patient(person))?)]);
            }
            Body::Statements(header, components) => {
                return self
                    .statements(at, row, header, components, sequence, notes)
                    .map(|entries| entries.into_iter().map(entry).collect());
            }
            Body::Container(container, _) => Content::Container(*container),
            Body::InRole(_) | Body::Organisation(_) => Content::Container(Container::Heading),
        };
        Ok(vec![entry(named(&row.key, content)?)])
    }

    fn statements(
        &self,
        at: usize,
        row: &Row,
        header: &Statement,
        components: &[Statement],
        sequence: u64,
        notes: &Notes,
    ) -> Result<Vec<Entry>, Box<Issue>> {
        if row.subject.as_deref().and_then(|to| self.found.get(to)) != Some(&self.patient) {
            let detail = "it is not about the patient of the bundle";
            return Err(notes.error(IssueCode::PatientInvalid, row.line, "subject", detail));
        }
        let content = |statement: &Statement| {
            let mut statement = Box::new(statement.clone());
            statement.performer = row.performer.as_deref().and_then(|to| self.staff(to));
            if let CodeRef::Given(_, class) = &mut statement.code
                && let Some(around) = self.class.get(at).copied().flatten()
                && (class.is_none() || around == CodeClass::FamilyHistory)
            {
                *class = Some(around);
            }
            if let Some(vaccination) = &mut statement.vaccination {
                let maker = row.maker.as_deref().and_then(|to| self.organisation(to));
                vaccination.manufacturer = maker.or(vaccination.manufacturer.take());
            }
            Content::Statement(statement)
        };
        let header = self.entry(at, row, &row.key, content(header), sequence, notes)?;
        let mut entries = vec![header];
        for (number, component) in components.iter().enumerate() {
            let id = format!("{}#{}", row.key, number + 1);
            let mut part = self.entry(at, row, &id, content(component), sequence, notes)?;
            part.links = entries
                .iter()
                .take(1)
                .map(|header| Link { role: Role::Panel, to: header.id.clone() })
                .collect();
            entries.push(part);
        }
        Ok(entries)
    }

    fn entry(
        &self,
        at: usize,
        row: &Row,
        id: &str,
        content: Content,
        sequence: u64,
        notes: &Notes,
    ) -> Result<Entry, Box<Issue>> {
        let id = EntryId::new(id).ok_or_else(|| {
            notes.error(IssueCode::KeyInvalid, row.line, "id", "the resource has no usable id")
        })?;
        let mut links = self.links.get(at).cloned().unwrap_or_default();
        links.sort_by(|one, other| (one.role, &one.to).cmp(&(other.role, &other.to)));
        links.dedup();
        let mut marks = row.marks.clone();
        marks.extend(self.marks.get(at).into_iter().flatten().cloned());
        marks.sort();
        marks.dedup();
        Ok(Entry {
            id,
            content: Some(content),
            links,
            marks,
            marks_carried: MarksCarried::Yes,
            recorded: row.recorded,
            deleted: row.deleted,
            sequence,
            place: notes.place(row.line),
        })
    }

    /// The key of the clinician that a reference means, by way of their role if need be.
    fn staff(&self, reference: &str) -> Option<String> {
        match self.usable(reference)?.1 {
            Row { body: Body::Staff(_), key, .. } => Some(key.clone()),
            Row { body: Body::InRole(Some(practitioner)), .. } => match self.usable(practitioner)?.1 {
                Row { body: Body::Staff(_), key, .. } => Some(key.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name of the organisation that a reference means.
    fn organisation(&self, reference: &str) -> Option<String> {
        let Body::Organisation(Some(name)) = &self.usable(reference)?.1.body else { return None };
        (name.len() <= 100 && !name.contains(char::is_control)).then(|| name.clone())
    }
}
