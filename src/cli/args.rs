//! The arguments of every command, in words for a person.

mod admin;
mod apps;
mod audit;
mod decisions;
mod known;
mod linkage;
mod review;

use std::path::PathBuf;

use auth::sign_in::Role;
use clap::{
    Parser, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use gateway::client::Packing;
use jiff::civil::Date;
use record::{OdsCode, ResourceType};

pub(crate) use admin::{AbandonArgs, AdminArgs, AdminCommand, BatchArgs, BatchesCommand, ReprojectArgs};
pub(crate) use apps::{
    AddAppArgs, AppStepArgs, AppsArgs, AppsCommand, BlockAppArgs, BoundTo, ChangeAppArgs, Registered,
    Stewarding,
};
pub(crate) use audit::{AuditArgs, AuditCommand, AuditShowArgs};
pub(crate) use decisions::{
    AboutPatient, AccessCommand, AccessSetArgs, AddProxyArgs, Deciding, DecisionsArgs, EndProxyArgs,
    EntryArgs, EntryAt, Levels, ProxyCommand, RulesArgs, SuppressArgs,
};
pub(crate) use known::KnownArgs;
pub(crate) use linkage::{IssueLinkageArgs, LinkageCommand, ListLinkageArgs, RevokeLinkageArgs};
pub(crate) use review::{ReviewCommand, ReviewDecideArgs, ReviewListArgs};

/// GP records in, a patient's own record out over FHIR R4, and nothing that they may not see.
#[derive(Debug, Parser)]
#[command(name = "recordgate", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything with synthetic people on this machine, for a first look.
    Sandbox(SandboxArgs),
    /// Serve what has been ingested.
    Serve(ServeArgs),
    /// Load a clinical system's export into the store and release what it changes.
    Ingest(IngestArgs),
    /// Push a clinical system's export to another machine's intake.
    Push(PushArgs),
    /// Map an export to FHIR as the practice sees it, without storing anything.
    Map(MapArgs),
    /// Write a synthetic practice as a supplier's export.
    Synth(SynthArgs),
    /// Look for third parties in free text: JSON lines in, JSON lines out.
    Redact(RedactArgs),
    /// Make a table of first names for redact from national statistics of births.
    Lexicon(LexiconArgs),
    /// Check a configuration, or an export: what `ingest` would make of it, storing nothing.
    Check(CheckArgs),
    /// Say what became of a practice's entries, what is not understood and what waits.
    Quality(QualityArgs),
    /// Follow one row of a file to the resource that an app gets.
    Trace(TraceArgs),
    /// Say of each entry of a patient whether somebody sees it in an app, and why.
    Explain(ExplainArgs),
    /// Load SNOMED CT, so that descriptions become concepts and hierarchies count.
    Terminology(TerminologyArgs),
    /// Decide for a practice who may see what, or mend by hand what the service cannot.
    Admin(AdminArgs),
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SandboxCommand>,
    /// How many synthetic patients.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(12..=20_000))]
    pub(crate) patients: u32,
    /// The same seed makes the same patients.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 8443)]
    pub(crate) port: u16,
    /// Port on 127.0.0.1 for suppliers: by default the one after --port, or any free one if that is 0.
    #[arg(long)]
    pub(crate) intake_port: Option<u16>,
    /// Port on 127.0.0.1 for the demo app: by default 8000, or any free one if --port is 0.
    #[arg(long)]
    pub(crate) demo_port: Option<u16>,
    /// Do not serve the demo app.
    #[arg(long, conflicts_with = "demo_port")]
    pub(crate) no_demo: bool,
    /// Where people may be sent back to beside the demo app's own address, for an app of yours that uses its client id;
    /// may be given more than once.
    #[arg(long, value_name = "URI", value_parser = crate::demo::redirect_uri)]
    pub(crate) redirect_uri: Vec<String>,
    /// Where the sandbox keeps its certificates, export and store.
    #[arg(long, default_value = "sandbox")]
    pub(crate) dir: PathBuf,
    /// Written as JSON once the sandbox serves.
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Delete what an earlier sandbox left in the folder, and begin anew.
    #[arg(long)]
    pub(crate) reset: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Print an access token of a running sandbox.
    Token {
        /// The sandbox's folder.
        #[arg(long, default_value = "sandbox")]
        dir: PathBuf,
        /// One of the sandbox's users, such as pat01.
        #[arg(long)]
        user: String,
        /// The scopes, separated by spaces.
        #[arg(long, default_value = "launch/patient patient/*.rs")]
        scope: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The configuration file (a documented sample is deploy/recordgate.toml).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct IngestArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice whose export it is.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Format of the export.
    #[arg(long, value_parser = read_formats())]
    pub(crate) format: ::ingest::Format,
    /// Write the report as JSON to this file too.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Write a data-quality report of this batch into this folder, as text, JSON and a page for a browser.
    #[arg(long, value_name = "DIR")]
    pub(crate) quality: Option<PathBuf>,
    /// The export's folder, or its files.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PushArgs {
    /// Where the intake is: https, host and port.
    #[arg(long)]
    pub(crate) url: String,
    /// PEM file: your client certificate, with those that lead to its root.
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: PathBuf,
    /// PEM file: its private key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// PEM file: the authority of the server's certificate.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: PathBuf,
    /// ODS code of the practice whose export it is.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Format of the export.
    #[arg(long, value_parser = read_formats())]
    pub(crate) format: ::ingest::Format,
    /// How files are compressed on their way: none, gzip or zstd.
    #[arg(long, value_name = "HOW", default_value = "zstd", value_parser = packing)]
    pub(crate) compress: Packing,
    /// Do not wait until it is loaded.
    #[arg(long, conflicts_with = "report")]
    pub(crate) no_wait: bool,
    /// Write what became of each row to this file, as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// The export's folder, or its files.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// The formats that can be read, by name.
fn read_formats() -> impl TypedValueParser<Value = ::ingest::Format> {
    let names = ::ingest::Format::ALL.map(::ingest::Format::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<::ingest::Format>())
}

/// The formats that can be written, by name.
fn written_formats() -> impl TypedValueParser<Value = ::synth::Format> {
    let names = ::synth::Format::ALL.map(::synth::Format::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<::synth::Format>())
}

fn packing(name: &str) -> Result<Packing, String> {
    match name {
        "none" => Ok(Packing::None),
        "gzip" => Ok(Packing::Gzip),
        "zstd" => Ok(Packing::Zstd),
        _ => Err("known are none, gzip and zstd".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct MapArgs {
    /// Format of the export.
    #[arg(long, value_parser = read_formats())]
    pub(crate) format: ::ingest::Format,
    /// ODS code of the practice whose export it is. A GP2GP message does not need it.
    #[arg(long, value_name = "ODS", required_if_eq_any([("format", "emis-csv"), ("format", "nhs-vaccination-csv"), ("format", "tpp-csv"), ("format", "vision-csv")]))]
    pub(crate) practice: Option<OdsCode>,
    /// A file that `terminology load` made.
    #[arg(long, value_name = "FILE")]
    pub(crate) terminology: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) known: KnownArgs,
    /// The export's folder, or its files.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SynthArgs {
    /// Format of the export.
    #[arg(long, value_parser = written_formats())]
    pub(crate) format: ::synth::Format,
    /// ODS code of the invented practice.
    #[arg(long, value_name = "ODS", default_value = "Y99999")]
    pub(crate) practice: OdsCode,
    /// How many patients.
    #[arg(long, default_value_t = 25)]
    pub(crate) patients: u32,
    /// The same seed writes the same bytes.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write a list of what each entry is to become to this file too, which is not there yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) oracle: Option<PathBuf>,
    /// A folder that is not there yet, or is empty.
    pub(crate) out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// A configuration to check. With an export beside it, the terminology that it names is used.
    #[arg(long, value_name = "FILE", required_unless_present = "paths")]
    pub(crate) config: Option<PathBuf>,
    /// Format of the export.
    #[arg(long, requires = "paths", value_parser = read_formats())]
    pub(crate) format: Option<::ingest::Format>,
    /// ODS code of the practice whose export it is. A GP2GP message does not need it.
    #[arg(long, value_name = "ODS", requires = "paths", required_if_eq("format", "emis-csv"))]
    pub(crate) practice: Option<OdsCode>,
    #[command(flatten)]
    pub(crate) known: KnownArgs,
    /// Print JSON.
    #[arg(long, requires = "paths")]
    pub(crate) json: bool,
    /// An export to check: its folder, or its files. It is judged by itself, as a practice's first batch. The command
    /// ends with 1 if the export or a row of it would be refused.
    #[arg(value_name = "PATH", requires = "format")]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct QualityArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Write the report into this folder too, as text, JSON and a page for a browser.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TraceArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// The row: the file's name, a colon and the line, as reports print them.
    #[arg(long, value_name = "FILE:LINE", required_unless_present = "entry")]
    pub(crate) row: Option<Row>,
    /// Or the entry, by its id, as the report row by row and `--row` print it where many rows share a line.
    #[arg(long, value_name = "ID", conflicts_with = "row", value_parser = entry)]
    pub(crate) entry: Option<record::EntryId>,
    /// Show values, names and free text too: data of a patient, on your terminal.
    #[arg(long)]
    pub(crate) show_text: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// The patient: the clinical system's own key, the logical id that apps see, or the NHS number, of which every feed's
    /// record is explained.
    #[arg(long)]
    pub(crate) patient: String,
    /// Only what is part of this resource, such as Observation/0123….
    #[arg(long, value_name = "TYPE/ID")]
    pub(crate) resource: Option<ResourceName>,
    /// Client id of the app.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) app: String,
    /// Account of whoever signs in.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) user: String,
    /// The role in which they are thought to open the record: patient or proxy.
    #[arg(long = "as", value_name = "ROLE", value_parser = role)]
    pub(crate) role: Option<Role>,
    /// The day on which access, ages and registrations are judged: today, if it is left out. The record is as it is
    /// now.
    #[arg(long = "at", value_name = "DATE")]
    pub(crate) on: Option<Date>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

fn role(name: &str) -> Result<Role, &'static str> {
    match name {
        "patient" => Ok(Role::Patient),
        "proxy" => Ok(Role::Proxy),
        _ => Err("known are patient and proxy"),
    }
}

/// Type and logical id of a resource.
#[derive(Clone, Debug)]
pub(crate) struct ResourceName(pub(crate) ResourceType, pub(crate) String);

impl std::str::FromStr for ResourceName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write a type, a slash and an id, such as Observation/0123456789abcdef0123456789abcdef";
        let (kind, id) = text.split_once('/').filter(|(_, id)| !id.is_empty()).ok_or(wrong)?;
        let kind = ResourceType::from_name(kind).ok_or(wrong)?;
        Ok(Self(kind, id.to_owned()))
    }
}

fn entry(text: &str) -> Result<record::EntryId, &'static str> {
    record::EntryId::new(text).ok_or("an id has 1 to 120 characters")
}

/// A line of a file.
#[derive(Clone, Debug)]
pub(crate) struct Row(pub(crate) record::Place);

impl std::str::FromStr for Row {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write the file's name, a colon and a line from 1, such as observations.csv:77";
        let (file, line) = text.rsplit_once(':').ok_or(wrong)?;
        let line = line.parse().ok().filter(|line| *line > 0).ok_or(wrong)?;
        // Reports name files without their folders.
        let file = file.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).ok_or(wrong)?;
        Ok(Self(record::Place { file: file.to_owned(), line }))
    }
}

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct TerminologyArgs {
    #[command(subcommand)]
    pub(crate) command: TerminologyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TerminologyCommand {
    /// Read a SNOMED CT snapshot in RF2 (the folders of the unpacked release), or CSV files of two columns with the
    /// header `child,parent` or `description,concept`, into one file that `[terminology]` in the configuration names.
    Load {
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Folders or files.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct RedactArgs {
    /// strict: whatever leads to a third party. standard: relatives' names may stay, unless told in confidence.
    #[arg(long, default_value = "strict", value_parser = ["strict", "standard"])]
    pub(crate) mode: String,
    /// More first names, as recordgate lexicon writes them.
    #[arg(long, value_name = "FILE")]
    pub(crate) lexicon: Option<PathBuf>,
    /// Lines of {"id", "text", "patient", "relationships", "staff"}; standard input if it is left out.
    pub(crate) input: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct LexiconArgs {
    /// Names that fewer people bear are left out.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) least: u64,
    /// Where the table goes; nothing is overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// CSV files of ONS, NRS or NISRA with a column of names and one of counts.
    #[arg(required = true, value_name = "CSV")]
    pub(crate) files: Vec<PathBuf>,
}
