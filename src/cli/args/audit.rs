//! Arguments of `recordgate admin audit`.

use std::path::PathBuf;

use clap::Subcommand;
use gateway::audit::Head;
use jiff::civil::Date;

use super::AboutPatient;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show who looked at a patient's record, when, with which app, and at how much.
    Show(AuditShowArgs),
    /// Check that no line of the trail was changed or taken out, and print its head. It may run beside the server.
    Verify {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// A head that was printed earlier and kept elsewhere: shows whether lines at the end have gone since.
        #[arg(long, value_name = "HEAD")]
        once: Option<Head>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct AuditShowArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    /// Only what showed this resource, named by its logical id.
    #[arg(long, value_name = "ID")]
    pub(crate) resource: Option<String>,
    /// Only from this day on.
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<Date>,
    /// Print the lines of the trail as they are, which is JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
