//! Arguments of `recordgate admin linkage`.

use std::path::PathBuf;

use clap::Subcommand;
use record::OdsCode;

use super::{AboutPatient, Deciding};

#[derive(Debug, Subcommand)]
pub(crate) enum LinkageCommand {
    /// Make the details for a letter with which a patient can sign in once within 30 days. The key is shown this once and
    /// kept nowhere. Say with --why how you know who the patient is.
    Issue(IssueLinkageArgs),
    /// List the letters of a practice, or of one patient, and what became of them.
    List(ListLinkageArgs),
    /// Let a letter count no longer. An app that was let in with it gets nothing from its next request on.
    Revoke(RevokeLinkageArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct IssueLinkageArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListLinkageArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Only those of this patient, named in any of the ways in which `issue` takes one.
    #[arg(long, value_name = "PATIENT")]
    pub(crate) patient: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeLinkageArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    /// The letter's account ID, as `list` prints it.
    #[arg(long, value_name = "ID")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}
