//! `recordgate admin review`: the arguments.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use record::{EntryId, OdsCode, PatientKey};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct ReviewArgs {
    #[command(subcommand)]
    pub(crate) command: ReviewCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// List the entries whose free text waits, those that have waited longest first. It prints no text.
    List(ListArgs),
    /// Print the free text of one entry, and under it what was found. It is data of a patient, on your terminal.
    Show(ShowArgs),
    /// Let the free text of one entry go out, or withhold it, and make the patient's record anew.
    Decide(DecideArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) at: At,
    /// Entries that have been decided about too.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print a line of JSON for each.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) of: Of,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("decision").required(true).args(["share", "withhold"]))]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) of: Of,
    /// Every word of it may go out, as it stands.
    #[arg(long)]
    pub(crate) share: bool,
    /// None of its words may go out, whatever is found in them.
    #[arg(long)]
    pub(crate) withhold: bool,
    /// The clinician who decided.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Why, for the practice's own record.
    #[arg(long, value_name = "WORDS")]
    pub(crate) why: String,
}

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
}

/// Which entry.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// The patient's key in the practice's own system, as list prints it.
    #[arg(long, value_name = "KEY", value_parser = patient)]
    pub(crate) patient: PatientKey,
    /// The entry's key, likewise.
    #[arg(long, value_name = "KEY", value_parser = entry)]
    pub(crate) entry: EntryId,
}

fn patient(key: &str) -> Result<PatientKey, &'static str> {
    PatientKey::new(key).ok_or("a key has 1 to 120 characters")
}

fn entry(key: &str) -> Result<EntryId, &'static str> {
    EntryId::new(key).ok_or("a key has 1 to 120 characters")
}
