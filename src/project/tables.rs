//! The tables that a record is made with, and their fingerprint. Every file under `profiles/` has its row here: a test
//! says so.

use std::sync::LazyLock;

use aws_lc_rs::digest::{Context, SHA256};
use policy::{MadeWith, PracticeRules, Screening};

use crate::OwnTables;

/// Where a table counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// In the record: whether something may be shown, in which view, under which label or section.
    Shown,
    /// In the record: how something is written.
    Written,
    /// Elsewhere: at each request, or when an export is read. A record is no other for it.
    Asked,
}

use Counts::{Asked, Shown, Written};

/// Raise it whenever code of `map`, `redact`, `policy::label` or `project` changes what a record shows, which no table
/// tells: every record is then made anew before it is served.
const RULES: u32 = 5;

macro_rules! tables {
    ($($path:literal $counts:ident,)+) => {
        [$(($path, include_str!(concat!("../../profiles/", $path)), $counts),)+]
    };
}

/// Path under `profiles/`, text, and where it counts.
const TABLES: [(&str, &str, Counts); 32] = tables![
    "access_levels.toml" Asked,
    "codes/access_control.csv" Asked,
    "codes/blood_pressure.csv" Shown,
    "codes/ethnicity.csv" Written,
    "codes/hierarchies.csv" Shown,
    "codes/identifying.csv" Shown,
    "codes/listed.csv" Written,
    "codes/not_given.csv" Shown,
    "codes/other_people.csv" Shown,
    "codes/sensitive.csv" Shown,
    "codes/social_history.csv" Shown,
    "codes/units.csv" Shown,
    "codes/vaccinations.csv" Shown,
    "codes/vital_signs.csv" Shown,
    "disclosure/immunization.toml" Shown,
    "disclosure/observation.toml" Shown,
    "disclosure/patient.toml" Shown,
    "lexicon/cues.csv" Shown,
    "lexicon/facts.csv" Shown,
    "lexicon/first_names.csv" Shown,
    "lexicon/kinship.csv" Shown,
    "lexicon/nicknames.csv" Shown,
    "lexicon/ordinary_words.csv" Shown,
    "lexicon/protected.csv" Shown,
    "lexicon/review.csv" Shown,
    "lexicon/roles.csv" Shown,
    "lexicon/surnames.csv" Shown,
    "lexicon/talk.csv" Shown,
    "makers.csv" Asked,
    "online_services.csv" Shown,
    "registration_types.toml" Shown,
    "sensitivity.toml" Asked,
];

static BUILT_IN: LazyLock<MadeWith> = LazyLock::new(|| of(RULES, env!("CARGO_PKG_VERSION"), &TABLES));

/// What a record is made with by this program, by a practice's rules, with an operator's own tables, and with a terminology
/// that an operator has loaded (by its identity; empty if there is none). A terminology counts as a way of writing: what is
/// not for an app is kept from it by the tables; what lies under a sensitive code is so too once the record is made anew.
#[must_use]
pub fn made_with(rules: &PracticeRules, terminology: &str, own: &OwnTables) -> MadeWith {
    let mut all = Context::new(&SHA256);
    all.update(&BUILT_IN.all);
    all.update(&shown(own));
    for part in [&rules.made_with(), terminology] {
        all.update(&(part.len() as u64).to_le_bytes());
        all.update(part.as_bytes());
    }
    MadeWith { shown: shown(own), all: first_half(all), screening: rules.screening }
}

/// The fingerprint of what decides what is shown: the built-in tables, and those of an operator if there are any.
fn shown(own: &OwnTables) -> [u8; 16] {
    let Some(print) = own.print() else { return BUILT_IN.shown };
    let mut sum = Context::new(&SHA256);
    sum.update(&BUILT_IN.shown);
    sum.update(print);
    first_half(sum)
}

/// Whether a record of a practice may be served that was made with this: whatever decides what it shows is what it was,
/// and the practice holds back no more than it did.
#[must_use]
pub fn may_serve(made_with: &MadeWith, rules: &PracticeRules, own: &OwnTables) -> bool {
    made_with.may_be_served(&shown(own), rules)
}

fn of(rules: u32, version: &str, tables: &[(&str, &str, Counts)]) -> MadeWith {
    let (mut shown, mut all) = (Context::new(&SHA256), Context::new(&SHA256));
    shown.update(&rules.to_le_bytes());
    for (path, text, counts) in tables {
        let into = match counts {
            Shown => &mut shown,
            Written => &mut all,
            Asked => continue,
        };
        for part in [path, text] {
            into.update(&(part.len() as u64).to_le_bytes());
            into.update(part.as_bytes());
        }
    }
    let shown = first_half(shown);
    all.update(&shown);
    all.update(version.as_bytes());
    MadeWith { shown, all: first_half(all), screening: Screening::default() }
}

fn first_half(sum: Context) -> [u8; 16] {
    sum.finish().as_ref().first_chunk::<16>().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_decides_what_is_shown_changes_both_prints_and_another_the_second_alone() {
        let tables = |text: &'static str, counts| [("a", "x", Shown), ("b", text, counts)];
        for (counts, shown_changes, all_changes) in
            [(Shown, true, true), (Written, false, true), (Asked, false, false)]
        {
            let (before, after) = (of(1, "1", &tables("y", counts)), of(1, "1", &tables("z", counts)));
            let changes = (before.shown != after.shown, before.all != after.all);
            assert_eq!(changes, (shown_changes, all_changes), "{counts:?}");
        }
    }

    #[test]
    fn rules_count_as_what_is_shown_and_version_and_terminology_as_how_it_is_written() {
        let one = of(1, "1", &TABLES);
        assert_ne!(of(2, "1", &TABLES).shown, one.shown);
        let newer = of(1, "2", &TABLES);
        assert!(newer.shown == one.shown && newer.all != one.all);
        let (rules, none) = (PracticeRules::default(), OwnTables::default());
        let (without, with) = (made_with(&rules, "", &none), made_with(&rules, "edition 1", &none));
        assert!(without.shown == with.shown && without.all != with.all);
        assert_eq!(with, made_with(&rules, "edition 1", &none));
        let since = PracticeRules { free_text_from: Some(jiff::civil::date(2024, 1, 1)), ..rules.clone() };
        assert!(
            made_with(&since, "", &none).shown == without.shown
                && made_with(&since, "", &none).all != without.all
        );
        assert!(may_serve(&with, &rules, &none), "whichever terminology it was made with");
        assert!(!may_serve(&MadeWith::default(), &rules, &none), "what says nothing of it is not served");
    }

    #[test]
    fn an_operators_own_tables_decide_what_is_shown() {
        let codes = |code: &str| format!("system,code,class,what it is\nsnomed,{code},domestic-abuse,x\n");
        let own = |codes: Option<&str>, names| OwnTables::parse(codes, names).unwrap();
        let (one, other, names) = (codes("1"), codes("2"), "name,also\n");
        let all = [
            OwnTables::default(),
            own(Some(&one), None),
            own(Some(&other), None),
            own(None, Some(names)),
            own(Some(&one), Some(names)),
        ];
        let rules = PracticeRules::default();
        for (at, own) in all.iter().enumerate() {
            let made = made_with(&rules, "", own);
            for (beside, other) in all.iter().enumerate() {
                assert_eq!(may_serve(&made, &rules, other), at == beside, "{at} {beside}");
            }
        }
    }

    #[test]
    fn text_that_moves_from_one_table_to_the_next_is_not_the_same() {
        let split = |first: &'static str, second: &'static str| {
            of(1, "1", &[("a", first, Shown), ("b", second, Shown)])
        };
        assert_ne!(split("xy", "z"), split("x", "yz"));
    }
}
