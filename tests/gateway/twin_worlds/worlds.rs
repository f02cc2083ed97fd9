//! The pairs of worlds: what is hidden in A, and what B never had.

use jiff::civil::date;
use policy::{AccessLevel, Grant};
use record::{CodeClass, Effective, Entry, FreeText, Mark, Role, Section, Value};
use std::collections::BTreeSet;
use store::Store;

use crate::{
    gateway::fixture::{
        self, blood_count, blood_pressure, classed, consultation, deleted, later, linked, marked, noted, on,
        recorded, rubric, weight,
    },
    support::{World, coded, everything, practice, subject, with},
};

/// Two worlds that must look the same, and a third that shows what A hides.
pub struct Pair {
    pub name: &'static str,
    pub a: Side,
    pub b: Side,
    pub open: Side,
    /// In B there is a record at all.
    pub of_a_record: bool,
}

/// A world and its tokens.
pub struct Side {
    pub world: World,
    /// One for each of [`SCOPES`].
    tokens: Vec<String>,
}

/// What apps were allowed.
pub const SCOPES: [&str; 4] =
    ["launch/patient patient/*.rs", "patient/Observation.rs", "patient/Immunization.read", "patient/*.s"];

impl Side {
    /// The token for all that there is.
    pub fn token(&self) -> &str {
        &self.tokens[0]
    }

    /// The token for one of [`SCOPES`]; beyond them, one that nobody ever had.
    pub fn token_of(&self, scope: usize) -> &str {
        self.tokens.get(scope).map_or("nobody-ever-had-this", String::as_str)
    }
}

/// One by one what is sent to a world, in batches.
pub(super) type Batches = Vec<Vec<Entry>>;

/// A world in which everything came, in batches; then something is done. `account` looks at it.
pub(super) fn side(batches: Batches, account: &str, then: &dyn Fn(&World)) -> Side {
    let world = World::empty();
    for (number, batch) in batches.into_iter().enumerate() {
        if number > 0 {
            world.clock.forward(60);
        }
        world.put("p", batch);
    }
    then(&world);
    // The same hour in all worlds, however long it took.
    let late: jiff::Timestamp = "2026-11-02T13:00:00Z".parse().unwrap();
    let now = gateway::clock::Clock::now(&*world.clock);
    world.clock.forward(late.as_second() - now.as_second());
    Side { tokens: SCOPES.map(|scope| world.token(account, scope)).to_vec(), world }
}

/// With the record that is there in every world.
pub(super) fn beside(mut batches: Batches) -> Batches {
    let others = fixture::record();
    match batches.first_mut() {
        Some(first) => first.splice(0..0, others).for_each(drop),
        None => batches.push(others),
    }
    batches
}

pub(super) fn pair(name: &'static str, hidden: Batches, never: Vec<Entry>, open: Vec<Entry>) -> Pair {
    granted(name, hidden, never, open, everything())
}

pub(super) fn granted(
    name: &'static str,
    hidden: Batches,
    never: Vec<Entry>,
    open: Vec<Entry>,
    grant: Grant,
) -> Pair {
    let world = |batches: Batches| {
        side(beside(batches), "p", &|world| world.let_in("p", &subject("p"), grant.clone()))
    };
    let (a, b, open) = (world(hidden), world(vec![never]), world(vec![open]));
    Pair { name, a, b, open, of_a_record: true }
}

/// Something that is like nothing else in the record, between other things by date.
pub(super) fn secret() -> Entry {
    on(coded("secret", "165816005", "Secret finding"), Effective::Day(date(2023, 12, 24)))
}

pub(super) fn mmr() -> Entry {
    on(coded("secret-mmr", "38598009", "MMR vaccination"), Effective::Day(date(2022, 2, 2)))
}

fn hide(entries: Vec<Entry>, which: &str) -> Vec<Entry> {
    let hides =
        |entry: Entry| if entry.id.as_str() == which { marked(entry, Mark::NotForPatient) } else { entry };
    entries.into_iter().map(hides).collect()
}

fn only(entries: &[Entry], which: &str) -> Vec<Entry> {
    entries.iter().filter(|entry| entry.id.as_str() == which).cloned().collect()
}

fn without_links(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.iter_mut().for_each(|entry| entry.links.clear());
    entries
}

pub fn pairs() -> Vec<Pair> {
    let mut pairs = vec![
        pair("a marked finding", vec![vec![marked(secret(), Mark::NotForPatient)]], vec![], vec![secret()]),
        pair(
            "a mark that nobody knows",
            vec![vec![marked(secret(), Mark::Unrecognised)]],
            vec![],
            vec![secret()],
        ),
        pair(
            "a confidential vaccination",
            vec![vec![marked(mmr(), Mark::Confidential)]],
            vec![],
            vec![mmr()],
        ),
        in_consultation(),
        pair(
            "a parent that has not come",
            vec![vec![linked(secret(), Role::Consultation, "never-sent")]],
            vec![],
            vec![secret()],
        ),
        pair(
            "hidden after it was seen",
            vec![vec![secret()], vec![later(marked(secret(), Mark::NotForPatient))]],
            vec![],
            vec![secret()],
        ),
        pair("deleted", vec![vec![secret()], vec![later(deleted(secret()))]], vec![], vec![secret()]),
        pair(
            "a code that holds somebody's details",
            vec![vec![on(coded("secret", "184142008", "Next of kin"), Effective::Day(date(2023, 12, 24)))]],
            vec![],
            vec![secret()],
        ),
        blood_pressures(),
        panels(),
    ];
    pairs.extend(by_grant());
    pairs.extend(words());
    pairs.extend(super::ways::pairs());
    pairs.extend(super::closed::pairs());
    pairs
}

fn in_consultation() -> Pair {
    let inside =
        || vec![linked(secret(), Role::Consultation, "visit"), linked(mmr(), Role::Consultation, "visit")];
    let hidden = [vec![marked(consultation("visit"), Mark::NotForPatient)], inside()].concat();
    let open = [vec![consultation("visit")], inside()].concat();
    pair("a hidden consultation", vec![hidden], vec![], open)
}

fn blood_pressures() -> Pair {
    let whole = || blood_pressure("secret-bp", date(2023, 12, 24));
    // It is hidden whole: a systolic reading alone would say that there is another.
    pair("half of a blood pressure", vec![hide(whole(), "secret-bp-diastolic")], vec![], whole())
}

fn panels() -> Pair {
    let whole = || blood_count("secret-fbc", date(2023, 12, 24));
    // The member that is not hidden stays; B has it as a result that never had a heading.
    let rest = without_links(only(&whole(), "secret-fbc-haemoglobin"));
    pair("a member of a panel", vec![hide(whole(), "secret-fbc-platelets")], rest, whole())
}

/// Hidden not by a mark but by what was granted.
fn by_grant() -> Vec<Pair> {
    let prospective =
        Grant { effective_date: date(2024, 1, 1), historical: AccessLevel::None, ..everything() };
    let old = recorded(secret(), date(2023, 12, 24));
    let undated = Entry { recorded: None, ..secret() };
    let off = Grant { sections_off: BTreeSet::from([Section::Immunisations]), ..everything() };
    let about = classed(coded("secret", "310376006", "No consent for immunisation"), CodeClass::Immunisation);
    vec![
        granted(
            "recorded before access begins",
            vec![vec![old]],
            vec![],
            vec![secret()],
            prospective.clone(),
        ),
        granted("recorded nobody knows when", vec![vec![undated]], vec![], vec![secret()], prospective),
        granted("of a section that is off", vec![vec![about]], vec![], vec![secret()], off),
    ]
}

/// Words that are withheld while the entry is shown.
fn words() -> Vec<Pair> {
    let said = |words: &str| Some(Value::Text(FreeText::new(words).unwrap()));
    let in_words = with(secret(), |statement| statement.value = said("as told by wife Zofia"));
    let with_value = with(secret(), |statement| statement.value = fixture_value());
    let noted_jab = noted(mmr(), "given in the left arm, mother Zofia Lis held her");
    vec![
        pair(
            "a note",
            vec![vec![noted(secret(), "her sister Zofia Lis called")]],
            vec![secret()],
            vec![with_value.clone()],
        ),
        pair("a result in words", vec![vec![in_words]], vec![secret()], vec![with_value.clone()]),
        pair(
            "a typed rubric",
            vec![vec![rubric(secret(), "what wife Zofia told me")]],
            vec![secret()],
            vec![with_value],
        ),
        pair(
            "the words with a vaccination",
            vec![vec![noted_jab]],
            vec![mmr()],
            vec![on(mmr(), Effective::Year(2022))],
        ),
    ]
}

fn fixture_value() -> Option<Value> {
    let Some(record::Content::Statement(statement)) = weight("w", "80").content else { return None };
    statement.value
}

/// Everything that a world keeps of the patient.
pub fn kept(side: &Side) -> Vec<(Entry, u64)> {
    side.world.store.facts(&practice(), &subject("p").patient).unwrap().entries
}
