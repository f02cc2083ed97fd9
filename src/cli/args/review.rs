//! `recordgate admin review`: the arguments.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use record::OdsCode;

use super::{EntryAt, decisions::Deciding};

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// List the entries whose free text waits, those that have waited longest first. It prints no text.
    List(ReviewListArgs),
    /// Print the free text of one entry, and under it what was found. It is data of a patient, on your terminal.
    Show(EntryAt),
    /// Let the free text of one entry go out, or withhold it, and make the patient's record anew.
    Decide(ReviewDecideArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ReviewListArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Entries that have been decided about too.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print a line of JSON for each.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("decision").required(true).args(["share", "withhold"]))]
pub(crate) struct ReviewDecideArgs {
    #[command(flatten)]
    pub(crate) at: EntryAt,
    /// Every word of it may go out, as it stands.
    #[arg(long)]
    pub(crate) share: bool,
    /// None of its words may go out, whatever is found in them.
    #[arg(long)]
    pub(crate) withhold: bool,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}
