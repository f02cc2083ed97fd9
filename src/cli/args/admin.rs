//! What a practice decides, and what an operator mends by hand: `recordgate admin`.

use std::path::PathBuf;

use clap::Subcommand;
use record::OdsCode;

use super::{
    AccessCommand, AppsArgs, AuditArgs, DecisionsArgs, EntryArgs, LinkageCommand, ProxyCommand,
    ReviewCommand, RulesArgs, SuppressArgs,
};

#[derive(Debug, clap::Args)]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    pub(crate) command: AdminCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Give up a batch that was interrupted and whose files are lost. What it brought is withheld until it is sent again.
    AbandonBatch(AbandonArgs),
    /// Show the switches of a practice, or turn them.
    Rules(RulesArgs),
    /// Hide an entry from everybody, with all that it contains. It counts at once.
    Hide(EntryArgs),
    /// Take back that an entry was hidden. What the clinical system says against showing it stays.
    Unhide(EntryArgs),
    /// Serve nothing of a patient's record to anybody, whatever was granted. It counts at once.
    Suppress(SuppressArgs),
    /// Take back that a record was suppressed.
    Unsuppress(SuppressArgs),
    /// Show or set what a patient may see of their own record.
    #[command(subcommand)]
    Access(AccessCommand),
    /// Let somebody act for a patient, or end it.
    #[command(subcommand)]
    Proxy(ProxyCommand),
    /// Letters with which patients can sign in who cannot do so otherwise.
    #[command(subcommand)]
    Linkage(LinkageCommand),
    /// List what was decided: who, when, what, why.
    Decisions(DecisionsArgs),
    /// Who looked at records.
    Audit(AuditArgs),
    /// Free text that waits for a clinician: list it, read it, decide about it.
    #[command(subcommand)]
    Review(ReviewCommand),
    /// Make records anew that were made with other tables or another terminology than now. The server goes on
    /// answering, except for records for which other tables say now what may be shown: those it answers with 503 until
    /// they are made anew. It may be stopped at any time and run again.
    Reproject(ReprojectArgs),
    /// The register of apps: what each may do, how far it has come, and stopping one.
    Apps(AppsArgs),
    /// Look at the batches that suppliers have pushed and at what became of them, and clear away what is not loaded.
    Batches(BatchesArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReprojectArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice; without it, every practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: Option<OdsCode>,
    /// Go on with what an interrupted run has left, without looking through every record again.
    #[arg(long)]
    pub(crate) resume: bool,
}

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct BatchesArgs {
    #[command(subcommand)]
    pub(crate) command: BatchesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchesCommand {
    /// List the batches that are received, wait, are loaded or have failed, and those that were begun and not finished.
    List {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Only this practice's.
        #[arg(long, value_name = "ODS")]
        practice: Option<OdsCode>,
        /// Also those that were loaded or refused, for as long as their results are kept.
        #[arg(long)]
        all: bool,
    },
    /// Show one batch with its files, and what became of it.
    Show(BatchArgs),
    /// Forget a batch and delete its files, so that they hold no room. Its supplier may send it again.
    Drop {
        #[command(flatten)]
        batch: BatchArgs,
        /// Also if it was committed: its supplier was told that it is safe, and must be told that it is not.
        #[arg(long)]
        committed: bool,
    },
    /// Load a batch that has failed again, in its turn.
    Retry(BatchArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct BatchArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The supplier, by its name in the configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) supplier: String,
    /// The batch's id, as `list` prints it, or what the log calls it.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AbandonArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice whose batch it is.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
}
