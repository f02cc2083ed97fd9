//! Arguments of the commands that look at an export whose patients another one brings.

use std::path::PathBuf;

/// Patients that the export itself does not bring: those of vaccination batches and pathology reports come with the
/// practice's own feed.
#[derive(Debug, clap::Args)]
pub(crate) struct KnownArgs {
    /// The practice's own export, whose patients are known before this one is looked at. Vaccination batches and pathology
    /// reports bring no patients: without it all their rows wait, and nothing is made of them.
    #[arg(long = "with", value_name = "PATH", requires = "format", num_args = 1)]
    pub(crate) with: Vec<PathBuf>,
    /// Format of that export.
    #[arg(long, value_name = "FORMAT", default_value = "emis-csv")]
    pub(crate) with_format: ::ingest::Format,
}
