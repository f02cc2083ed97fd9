//! What a supplier's own switches for online access grant: `profiles/online_services.csv`, a line for each combination.
//!
//! The historical level is `none` throughout. A feed says since when somebody has access, not from which date on the
//! practice has checked the record for what must not be shown; what came before has to be opened by the practice itself.

use std::{collections::BTreeMap, sync::LazyLock};

use record::OnlineServices;

use crate::{AccessLevel, TableError};

/// The levels, current and historical, that each combination of switches grants.
#[derive(Clone, Debug)]
pub struct OnlineTable(BTreeMap<OnlineServices, (AccessLevel, AccessLevel)>);

static BUILT_IN: LazyLock<OnlineTable> = LazyLock::new(|| {
    OnlineTable::parse(include_str!("../../profiles/online_services.csv"))
        .unwrap_or_else(|_| OnlineTable(BTreeMap::new()))
});

impl OnlineTable {
    /// The table that this program was built with. One that cannot be read grants nothing.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Checks the built-in table.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check() -> Result<(), TableError> {
        Self::parse(include_str!("../../profiles/online_services.csv")).map(|_| ())
    }

    fn parse(text: &str) -> Result<Self, TableError> {
        let mut table = BTreeMap::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.splitn(6, ',').collect();
            let wrong = || TableError::new(format!("this line is not one of switches and levels: {line}"));
            let [record, summary, detailed, current, historical, _] = cells[..] else {
                return Err(wrong());
            };
            let on = |cell: &str| match cell {
                "on" => Ok(true),
                "off" => Ok(false),
                _ => Err(wrong()),
            };
            let services =
                OnlineServices { record: on(record)?, summary: on(summary)?, detailed: on(detailed)? };
            let level = |cell: &str| cell.parse::<AccessLevel>().map_err(TableError::new);
            if table.insert(services, (level(current)?, level(historical)?)).is_some() {
                return Err(TableError::new(format!("this combination stands twice: {line}")));
            }
        }
        if table.len() == 8 { Ok(Self(table)) } else { Err(TableError::new("a combination is missing")) }
    }

    /// The levels for what is recorded since access was given, and for what came before.
    #[must_use]
    pub fn levels(&self, services: OnlineServices) -> (AccessLevel, AccessLevel) {
        self.0.get(&services).copied().unwrap_or((AccessLevel::None, AccessLevel::None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = OnlineServices> {
        (0..8u8).map(|bits| OnlineServices {
            record: bits & 1 != 0,
            summary: bits & 2 != 0,
            detailed: bits & 4 != 0,
        })
    }

    #[test]
    fn every_combination_has_its_line_and_none_opens_text_or_the_past() {
        OnlineTable::check().unwrap();
        for services in all() {
            let (current, historical) = OnlineTable::built_in().levels(services);
            assert!(current <= AccessLevel::Detailed, "{services:?}");
            assert_eq!(historical, AccessLevel::None, "{services:?}");
            let nothing = services == OnlineServices::default();
            assert_eq!(current == AccessLevel::None, nothing, "{services:?}");
            assert_eq!(current == AccessLevel::Detailed, services.detailed, "{services:?}");
        }
    }

    #[test]
    fn a_table_with_a_gap_a_double_or_another_word_is_none() {
        let good = include_str!("../../profiles/online_services.csv");
        let (first, rest) = good.split_once("off,off,off").unwrap();
        let (_, without) = rest.split_once('\n').unwrap();
        assert!(OnlineTable::parse(&format!("{first}{without}")).is_err());
        assert!(OnlineTable::parse(&format!("{good}off,off,off,full,full,\n")).is_err());
        assert!(OnlineTable::parse(&good.replacen("off,", "maybe,", 1)).is_err());
        assert!(OnlineTable::parse(&good.replacen(",summary,none", ",more,none", 1)).is_err());
    }
}
