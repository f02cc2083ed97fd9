//! The ethnic category. GP systems keep it as coded observations: the newest is the patient's
//! (`profiles/codes/ethnicity.csv`). It is told as a part of the Patient, so that only what may itself be shown counts:
//! an observation that is withheld or deleted is as if it had never been.

use std::{collections::HashMap, sync::LazyLock};

use fhir::{
    types::{Extension, ExtensionValue},
    url,
};
use jiff::Timestamp;
use record::{CodeRef, Coded, Content, Effective, Entry, EntryId, Statement, StatementStatus, Subject};

use crate::{Context, coding::concept_of, table::CodeTable};

static TABLE: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/ethnicity.csv")));

/// England's categories (UK Core, `UKCore-EthnicCategoryEngland`).
const CATEGORIES: [(&str, &str); 17] = [
    ("A", "White - British"),
    ("B", "White - Irish"),
    ("C", "White - Any other White background"),
    ("D", "Mixed - White and Black Caribbean"),
    ("E", "Mixed - White and Black African"),
    ("F", "Mixed - White and Asian"),
    ("G", "Mixed - Any other mixed background"),
    ("H", "Asian or Asian British - Indian"),
    ("J", "Asian or Asian British - Pakistani"),
    ("K", "Asian or Asian British - Bangladeshi"),
    ("L", "Asian or Asian British - Any other Asian background"),
    ("M", "Black or Black British - Caribbean"),
    ("N", "Black or Black British - African"),
    ("P", "Black or Black British - Any other Black background"),
    ("R", "Other Ethnic Groups - Chinese"),
    ("S", "Other Ethnic Groups - Any other ethnic group"),
    ("Z", "Not stated"),
];

/// The extension that tells the newest category of these entries, and the entry that says so. Two of one age that
/// disagree tell none.
pub(crate) fn extension<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    context: &Context,
) -> Option<(Extension, &'a EntryId)> {
    let mut codes = Codes::new();
    let told =
        |entry: &'a Entry| told(entry, context, &mut codes).map(|(age, category)| (age, category, &entry.id));
    let said: Vec<(Age, &str, &EntryId)> = entries.filter_map(told).collect();
    let newest = said.iter().map(|(age, ..)| *age).max()?;
    let mut newest = said.iter().filter(|(age, ..)| *age == newest);
    let (_, category, said_by) = *newest.next()?;
    if newest.any(|(_, other, _)| *other != category) {
        return None;
    }
    let (code, display) = CATEGORIES.iter().find(|(code, _)| *code == category)?;
    let concept = concept_of(url::system::ETHNIC_CATEGORY_ENGLAND, code, display);
    let extension = Extension {
        url: url::extension::ETHNIC_CATEGORY.to_owned(),
        value: Some(ExtensionValue::CodeableConcept(Box::new(concept))),
        ..Default::default()
    };
    Some((extension, said_by))
}

/// When it was so, then when it was entered.
type Age = (Option<Timestamp>, Option<Timestamp>);

/// What codes of the practice's list say, each looked up once.
type Codes<'a> = HashMap<&'a str, Option<&'static str>>;

fn told<'a>(entry: &'a Entry, context: &Context, codes: &mut Codes<'a>) -> Option<(Age, &'static str)> {
    let Some(Content::Statement(statement)) = &entry.content else { return None };
    let ours = statement.subject == Subject::Patient && statement.status == StatementStatus::Final;
    if !ours || entry.deleted {
        return None;
    }
    let category = category(statement, context, codes)?;
    let start = |at: &Effective| at.span().0;
    let recorded = entry.recorded.as_ref().map(start);
    let age = (statement.effective.as_ref().map(start).or(recorded), recorded);
    (context.may_tell)(&entry.id).then_some((age, category))
}

fn category<'a>(statement: &'a Statement, context: &Context, codes: &mut Codes<'a>) -> Option<&'static str> {
    let of = |coded: &Coded| {
        let cells = coded.codings.iter().find_map(|coding| TABLE.code(coding))?.0;
        cells.first().copied()
    };
    match &statement.code {
        CodeRef::Given(coded, _) => of(coded),
        CodeRef::Local(key) => *codes
            .entry(key)
            .or_insert_with(|| context.dictionary.code(key).and_then(|(coded, _)| of(&coded))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::Value as Json;

    use super::*;
    use crate::{
        table,
        testing::{Made, body, find, id, map_all, map_where, patient, read, snomed},
    };

    fn white_british(name: &str, year: i16) -> Made {
        on(Made::new(name, vec![read("9i0", "White British")]), year)
    }

    fn pakistani(name: &str, year: i16) -> Made {
        on(Made::new(name, vec![snomed("92461000000105", "Pakistani")]), year)
    }

    fn on(made: Made, year: i16) -> Made {
        made.with(|statement| statement.effective = Some(Effective::Day(date(year, 5, 1))))
    }

    fn told(made: Vec<Made>) -> Option<String> {
        let entries: Vec<Entry> = made.into_iter().map(|made| made.0).chain([patient()]).collect();
        code(&body(find(&map_all(&entries), "patient")))
    }

    fn code(patient: &Json) -> Option<String> {
        let coding = &patient["extension"][0]["valueCodeableConcept"]["coding"][0];
        coding["code"].as_str().map(str::to_owned)
    }

    #[test]
    fn the_newest_category_is_the_patients() {
        assert_eq!(told(vec![]), None);
        assert_eq!(told(vec![white_british("a", 2001), pakistani("b", 2011)]).as_deref(), Some("J"));
        assert_eq!(told(vec![white_british("a", 2012), pakistani("b", 2011)]).as_deref(), Some("A"));
        assert_eq!(told(vec![Made::snomed("a", "27113001", "Body weight")]), None);
    }

    #[test]
    fn of_one_day_what_was_entered_later_counts_and_what_still_disagrees_tells_nothing() {
        let mut later = pakistani("b", 2011);
        later.0.recorded = Some(Effective::Day(date(2024, 3, 3)));
        assert_eq!(told(vec![white_british("a", 2011), later]).as_deref(), Some("J"));
        assert_eq!(told(vec![white_british("a", 2011), pakistani("b", 2011)]), None);
        assert_eq!(told(vec![white_british("a", 2011), white_british("b", 2011)]).as_deref(), Some("A"));
    }

    #[test]
    fn what_is_withheld_deleted_or_about_somebody_else_is_as_if_it_had_never_been() {
        let older = || white_british("a", 2001).0;
        let newer = || pakistani("b", 2011);
        let map = map_where(&[older(), newer().0, patient()], &|entry| *entry != id("b"));
        assert_eq!(code(&body(find(&map, "patient"))).as_deref(), Some("A"));
        let mut deleted = newer();
        deleted.0.deleted = true;
        let relatives = newer().with(|statement| statement.subject = Subject::SomebodyElse);
        let draft = newer().with(|statement| statement.status = StatementStatus::Unfiled);
        for hidden in [deleted, relatives, draft] {
            assert_eq!(told(vec![Made(older()), hidden]).as_deref(), Some("A"));
        }
    }

    #[test]
    fn every_row_of_the_table_names_a_category() {
        let rows = table::rows(include_str!("../../profiles/codes/ethnicity.csv"));
        assert!(rows.len() > 100);
        for row in rows {
            assert!(CATEGORIES.iter().any(|(code, _)| *code == row[2]), "{row:?}");
        }
    }
}
