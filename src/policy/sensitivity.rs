//! Classes of entries that are sensitive by what they say: which codes are in them (`profiles/codes/sensitive.csv`) and
//! from whom they are withheld (`profiles/sensitivity.toml`).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use record::{CodeClass, CodeSystem};
use serde::{Deserialize, Serialize};

use crate::{PracticeRules, TableError};

/// A class of sensitive entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Gender related issues.
    GenderIdentity,
    /// Assisted fertilisation.
    AssistedFertilisation,
    /// Termination of pregnancy.
    TerminationOfPregnancy,
    /// Sexually transmitted infections.
    SexuallyTransmittedInfection,
    /// Domestic abuse.
    DomesticAbuse,
}

impl Sensitivity {
    /// Every class.
    pub const ALL: [Self; 5] = [
        Self::GenderIdentity,
        Self::AssistedFertilisation,
        Self::TerminationOfPregnancy,
        Self::SexuallyTransmittedInfection,
        Self::DomesticAbuse,
    ];

    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::GenderIdentity => "gender-identity",
            Self::AssistedFertilisation => "assisted-fertilisation",
            Self::TerminationOfPregnancy => "termination-of-pregnancy",
            Self::SexuallyTransmittedInfection => "sexually-transmitted-infection",
            Self::DomesticAbuse => "domestic-abuse",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::GenderIdentity => "gender identity",
            Self::AssistedFertilisation => "assisted fertilisation",
            Self::TerminationOfPregnancy => "termination of pregnancy",
            Self::SexuallyTransmittedInfection => "a sexually transmitted infection",
            Self::DomesticAbuse => "domestic abuse",
        }
    }
}

impl std::str::FromStr for Sensitivity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = Self::ALL.map(Self::code).join(", ");
        Self::ALL
            .into_iter()
            .find(|class| class.code() == text)
            .ok_or_else(|| format!("a class is one of {names}"))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rule {
    Show,
    Withhold,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    patient: Rule,
    proxy: Rule,
    #[serde(rename = "why")]
    _why: String,
}

/// Reads a table in which every class has its row.
fn parse(text: &str) -> Result<BTreeMap<Sensitivity, Row>, TableError> {
    let rows: BTreeMap<Sensitivity, Row> = toml::from_str(text).map_err(TableError::new)?;
    match Sensitivity::ALL.into_iter().find(|class| !rows.contains_key(class)) {
        Some(class) => Err(TableError::new(format!("class {} is missing", class.code()))),
        None => Ok(rows),
    }
}

/// The classes that are withheld from a patient, or from somebody who acts for them. If the table cannot be read, all.
pub(crate) fn withheld(rules: &PracticeRules, from_proxy: bool) -> BTreeSet<Sensitivity> {
    static TABLE: LazyLock<BTreeMap<Sensitivity, Row>> =
        LazyLock::new(|| parse(include_str!("../../profiles/sensitivity.toml")).unwrap_or_default());
    let withholds = |class: &Sensitivity| {
        let row = TABLE.get(class);
        if from_proxy {
            row.is_none_or(|row| row.proxy == Rule::Withhold) && !rules.shown_to_proxies.contains(class)
                || rules.withheld_from_patients.contains(class)
        } else {
            row.is_none_or(|row| row.patient == Rule::Withhold)
                || rules.withheld_from_patients.contains(class)
        }
    };
    Sensitivity::ALL.into_iter().filter(withholds).collect()
}

/// The first line of a table of sensitive codes.
const HEADER: &str = "system,code,class,what it is";

/// Which codes are sensitive, and in which classes.
#[derive(Clone, Debug, Default)]
pub struct SensitiveCodes {
    exact: HashMap<(String, String), BTreeSet<Sensitivity>>,
    /// System, first characters, class.
    chapters: Vec<(String, String, Sensitivity)>,
    /// The table could not be read, so that every code may be in any class.
    unreadable: bool,
}

impl SensitiveCodes {
    /// Reads lines `system,code,class,what it is` after a header, in front of which lines with # may stand; systems are `snomed`, `readv2` and `ctv3`. A `*` at
    /// the end of a Read or CTV3 code stands for anything that follows.
    ///
    /// # Errors
    /// The first line that is not of that shape.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let mut codes = Self::default();
        let mut lines = text.lines().enumerate().skip_while(|(_, line)| line.starts_with('#'));
        // Without one the first code would be taken for it.
        if lines.next().is_none_or(|(_, header)| header.trim_start_matches('\u{feff}').trim() != HEADER) {
            return Err(TableError::new(format!("the first line is not {HEADER}")));
        }
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |what: &str| TableError::new(format!("line {}: {what}", number + 1));
            let mut fields = line.splitn(4, ',').map(str::trim);
            let (Some(system), Some(code), Some(class)) = (fields.next(), fields.next(), fields.next())
            else {
                return Err(wrong("system, code and class are needed"));
            };
            let class = class.parse().map_err(|why: String| wrong(&why))?;
            if !["snomed", "readv2", "ctv3"].contains(&system) || code.is_empty() {
                return Err(wrong("the system is snomed, readv2 or ctv3, and the code is not blank"));
            }
            match code.strip_suffix('*') {
                Some(start) if system != "snomed" && !start.is_empty() => {
                    codes.chapters.push((system.to_owned(), start.to_owned(), class));
                }
                Some(_) => return Err(wrong("a * can only end a Read or CTV3 code")),
                None => {
                    _ = codes.exact.entry((system.to_owned(), code.to_owned())).or_default().insert(class)
                }
            }
        }
        Ok(codes)
    }

    /// The table that is built in and more lines of the same shape. Codes are only added; nothing that was in a class is
    /// taken out of it.
    ///
    /// # Errors
    /// The first line that is not of that shape.
    pub fn with(text: &str) -> Result<Self, TableError> {
        let more = Self::parse(text)?;
        let mut codes = Self::built_in().clone();
        codes.chapters.extend(more.chapters);
        for (code, classes) in more.exact {
            codes.exact.entry(code).or_default().extend(classes);
        }
        Ok(codes)
    }

    /// Whether the tables that are built in can be read.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check() -> Result<(), TableError> {
        parse(include_str!("../../profiles/sensitivity.toml"))?;
        Self::parse(include_str!("../../profiles/codes/sensitive.csv")).map(drop)
    }

    /// The table that is built in. With one that cannot be read everything is in every class.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<SensitiveCodes> = LazyLock::new(|| {
            SensitiveCodes::parse(include_str!("../../profiles/codes/sensitive.csv"))
                .unwrap_or_else(|_| SensitiveCodes { unreadable: true, ..SensitiveCodes::default() })
        });
        &TABLE
    }

    /// The classes of codings, and of what kinds of things their codes stand for.
    #[must_use]
    pub fn classes(&self, concepts: &[(CodeSystem, String)], kinds: &[CodeClass]) -> BTreeSet<Sensitivity> {
        if self.unreadable {
            return Sensitivity::ALL.into();
        }
        let mut found: BTreeSet<Sensitivity> =
            concepts.iter().flat_map(|(system, code)| self.of(system, code)).collect();
        if kinds.contains(&CodeClass::SexualHealth) {
            found.insert(Sensitivity::SexuallyTransmittedInfection);
        }
        found
    }

    fn of(&self, system: &CodeSystem, code: &str) -> BTreeSet<Sensitivity> {
        let five = code.get(..5).unwrap_or(code);
        let find = |system: &str, code: &str| {
            let exact = self.exact.get(&(system.to_owned(), code.to_owned())).into_iter().flatten().copied();
            let within =
                self.chapters.iter().filter(|(of, start, _)| of == system && code.starts_with(start));
            exact.chain(within.map(|(_, _, class)| *class)).collect::<BTreeSet<_>>()
        };
        match system {
            CodeSystem::SnomedCt => find("snomed", code),
            CodeSystem::ReadV2 => find("readv2", five),
            // CTV3 began as a copy of Read: what is sensitive in one is in the other.
            CodeSystem::Ctv3 => &find("ctv3", five) | &find("readv2", five),
            CodeSystem::SnomedCtDescription
            | CodeSystem::Egton
            | CodeSystem::Dmd
            | CodeSystem::Oid(_)
            | CodeSystem::Listed => BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_row_and_patients_are_shown_what_is_their_own() {
        SensitiveCodes::check().unwrap();
        assert!(withheld(&PracticeRules::default(), false).is_empty());
        assert_eq!(withheld(&PracticeRules::default(), true), Sensitivity::ALL.into());
    }

    #[test]
    fn what_a_practice_withholds_from_patients_it_withholds_from_proxies_too() {
        for class in Sensitivity::ALL {
            let rules = PracticeRules {
                withheld_from_patients: [class].into(),
                shown_to_proxies: Sensitivity::ALL.into(),
                ..PracticeRules::default()
            };
            assert_eq!(withheld(&rules, false), [class].into());
            assert_eq!(withheld(&rules, true), [class].into());
        }
    }

    #[test]
    fn codes_are_found_in_every_system_and_by_what_they_stand_for() {
        let codes = SensitiveCodes::parse(
            "# x\nsystem,code,class,what it is\nreadv2,14X3.,domestic-abuse,x\nsnomed,93461009,gender-identity,x\n",
        )
        .unwrap();
        let of = |system, code: &str| codes.classes(&[(system, code.to_owned())], &[]);
        assert_eq!(of(CodeSystem::ReadV2, "14X3.00"), [Sensitivity::DomesticAbuse].into());
        assert_eq!(of(CodeSystem::Ctv3, "14X3."), [Sensitivity::DomesticAbuse].into());
        assert_eq!(of(CodeSystem::SnomedCt, "93461009"), [Sensitivity::GenderIdentity].into());
        assert_eq!(of(CodeSystem::SnomedCt, "75367002"), [].into());
        let built_in =
            |code: &str| SensitiveCodes::built_in().classes(&[(CodeSystem::ReadV2, code.to_owned())], &[]);
        assert_eq!(built_in("A981.00"), [Sensitivity::SexuallyTransmittedInfection].into());
        assert_eq!(built_in("A8..."), [].into());
        let kc60 = codes.classes(&[], &[CodeClass::SexualHealth]);
        assert_eq!(kc60, [Sensitivity::SexuallyTransmittedInfection].into());
    }

    #[test]
    fn an_operators_table_adds_codes_and_takes_none_away() {
        let more = "system,code,class,what it is\nsnomed,73211009,domestic-abuse,x\nreadv2,C10*,gender-identity,x\n\
            snomed,76272004,domestic-abuse,x\n";
        let codes = SensitiveCodes::with(more).unwrap();
        let of = |system, code: &str| codes.classes(&[(system, code.to_owned())], &[]);
        assert_eq!(of(CodeSystem::SnomedCt, "73211009"), [Sensitivity::DomesticAbuse].into());
        assert_eq!(of(CodeSystem::ReadV2, "C10F."), [Sensitivity::GenderIdentity].into());
        let both = [Sensitivity::DomesticAbuse, Sensitivity::SexuallyTransmittedInfection];
        assert_eq!(of(CodeSystem::SnomedCt, "76272004"), both.into());
        assert_eq!(of(CodeSystem::ReadV2, "A981.00"), [Sensitivity::SexuallyTransmittedInfection].into());
        assert!(SensitiveCodes::with("system,code,class,what it is\nsnomed,1,other,x\n").is_err());
        assert!(SensitiveCodes::with("snomed,73211009,domestic-abuse,x\n").is_err(), "without a header");
    }

    #[test]
    fn a_table_with_an_unknown_class_or_system_is_refused() {
        for line in [
            "snomed,1,other,x",
            "snomed,1*,domestic-abuse,x",
            "readv2,*,domestic-abuse,x",
            "icd10,1,domestic-abuse,x",
            "snomed,,domestic-abuse,x",
            "snomed,1",
        ] {
            assert!(SensitiveCodes::parse(&format!("{HEADER}\n{line}\n")).is_err(), "{line}");
        }
    }
}
