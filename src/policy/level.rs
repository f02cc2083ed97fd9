//! England's access levels to the GP record, and what each of them opens.

use std::{collections::BTreeMap, sync::LazyLock};

use record::ResourceType;
use serde::{Deserialize, Serialize};

use crate::{TableError, View};

/// The levels in their order (NHS England, GP Connect user permissions: `accessLevel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessLevel {
    /// No access.
    #[default]
    None,
    /// Demographics, medication and allergies.
    Summary,
    /// And all codes: the detailed coded record.
    Detailed,
    /// And documents.
    Documents,
    /// And free text.
    Full,
}

impl AccessLevel {
    /// Every level, lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Summary, Self::Detailed, Self::Documents, Self::Full];

    /// The name as the national model spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Summary => "summary",
            Self::Detailed => "detailed",
            Self::Documents => "documents",
            Self::Full => "full",
        }
    }
}

impl std::str::FromStr for AccessLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| format!("a level is one of {names}"))
    }
}

/// Which view of which resource type each level opens: `profiles/access_levels.toml`.
#[derive(Clone, Debug)]
pub struct LevelTable(BTreeMap<(AccessLevel, ResourceType), View>);

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cell {
    Withheld,
    Coded,
    Full,
}

impl LevelTable {
    /// Reads a table. Every level and every resource type must be in it.
    ///
    /// # Errors
    /// If it is not TOML of that shape, or a cell is missing.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let rows: BTreeMap<AccessLevel, BTreeMap<String, Cell>> =
            toml::from_str(text).map_err(TableError::new)?;
        let mut cells = BTreeMap::new();
        for level in AccessLevel::ALL {
            let row = rows
                .get(&level)
                .ok_or_else(|| TableError::new(format!("level {} is missing", level.name())))?;
            for kind in ResourceType::ALL {
                let missing = || TableError::new(format!("{}.{} is missing", level.name(), kind.name()));
                match row.get(kind.name()).ok_or_else(missing)? {
                    Cell::Withheld => {}
                    Cell::Coded => drop(cells.insert((level, kind), View::Coded)),
                    Cell::Full => drop(cells.insert((level, kind), View::Full)),
                }
            }
        }
        Ok(Self(cells))
    }

    /// Whether the table that is built in can be read.
    ///
    /// # Errors
    /// As [`LevelTable::parse`].
    pub fn check() -> Result<(), TableError> {
        Self::parse(include_str!("../../profiles/access_levels.toml")).map(drop)
    }

    /// The table that is built in. A table that cannot be read opens nothing.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<LevelTable> = LazyLock::new(|| {
            LevelTable::parse(include_str!("../../profiles/access_levels.toml"))
                .unwrap_or_else(|_| LevelTable(BTreeMap::new()))
        });
        &TABLE
    }

    /// The view that a level opens, or none.
    #[must_use]
    pub fn view(&self, level: AccessLevel, kind: ResourceType) -> Option<View> {
        self.0.get(&(level, kind)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_is_whole_and_a_higher_level_never_opens_less() {
        let table = LevelTable::parse(include_str!("../../profiles/access_levels.toml")).unwrap();
        for kind in ResourceType::ALL {
            for pair in AccessLevel::ALL.windows(2) {
                assert!(table.view(pair[0], kind) <= table.view(pair[1], kind), "{} {pair:?}", kind.name());
            }
        }
        assert_eq!(table.view(AccessLevel::Summary, ResourceType::Observation), None);
    }

    #[test]
    fn a_table_without_a_cell_is_refused() {
        assert!(LevelTable::parse("[none]\nPatient = \"withheld\"\n").is_err());
    }
}
