//! What an operator has configured beside the built-in tables: a terminology, more sensitive codes, more first names.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use project::{OwnTableError, OwnTables};

use crate::{
    config::Config,
    loader::Also,
    terminology::{self, Loaded},
};

/// No table of a person's making comes near it.
const LARGEST: u64 = 64 << 20;

/// What is configured, read and fit to be used.
#[derive(Debug, Default)]
pub struct Operator {
    /// A loaded terminology.
    pub terminology: Option<Loaded>,
    /// The operator's own tables.
    pub tables: OwnTables,
}

/// Why something of it cannot be used.
#[derive(Debug)]
pub enum Problem {
    /// The terminology.
    Terminology(terminology::Problem),
    /// A table cannot be read.
    Unreadable(&'static str, PathBuf, io::Error),
    /// A table is too large to be one.
    TooLarge(&'static str, PathBuf),
    /// A row of a table is not of its shape.
    Unusable(&'static str, PathBuf, OwnTableError),
}

impl Problem {
    /// The key of the configuration that names the file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Terminology(_) => "terminology.file",
            Self::Unreadable(key, ..) | Self::TooLarge(key, _) | Self::Unusable(key, ..) => key,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminology(problem) => write!(f, "{problem}"),
            Self::Unreadable(_, file, error) => write!(f, "cannot read {}: {error}", file.display()),
            Self::TooLarge(_, file) => write!(f, "{} is larger than any such table", file.display()),
            Self::Unusable(_, file, error) => write!(f, "{} cannot be used: {error}", file.display()),
        }
    }
}

impl std::error::Error for Problem {}

impl Operator {
    /// Reads what the configuration names.
    ///
    /// # Errors
    /// If anything of it cannot be used: more would be shown than the operator means.
    pub fn configured(config: &Config) -> Result<Self, Problem> {
        let terminology = terminology::configured(config).map_err(Problem::Terminology)?;
        let (codes, names) = (&config.tables.sensitive_codes, &config.tables.first_names);
        let sensitive = text("tables.sensitive_codes", codes.as_deref())?;
        let first_names = text("tables.first_names", names.as_deref())?;
        let tables = OwnTables::parse(sensitive.as_deref(), first_names.as_deref()).map_err(|error| {
            let (key, file) = match error {
                OwnTableError::Sensitive(_) => ("tables.sensitive_codes", codes),
                OwnTableError::Names(_) => ("tables.first_names", names),
            };
            Problem::Unusable(key, file.clone().unwrap_or_default(), error)
        })?;
        Ok(Self { terminology, tables })
    }

    /// The same for a loader.
    #[must_use]
    pub fn also(&self) -> Also<'_> {
        Also { terminology: self.terminology.as_ref(), own: Some(&self.tables), quality: None }
    }
}

fn text(key: &'static str, file: Option<&Path>) -> Result<Option<String>, Problem> {
    let Some(file) = file else { return Ok(None) };
    let unreadable = |error| Problem::Unreadable(key, file.to_owned(), error);
    if fs::metadata(file).map_err(unreadable)?.len() > LARGEST {
        return Err(Problem::TooLarge(key, file.to_owned()));
    }
    fs::read_to_string(file).map(Some).map_err(unreadable)
}
