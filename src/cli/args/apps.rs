//! The arguments of the register of apps: `recordgate admin apps`. Each step takes who and why; both go into the history of
//! the app.

use std::{path::PathBuf, str::FromStr};

use clap::Subcommand;
use record::OdsCode;
use store::Evidence;

use super::{Deciding, decisions::words};

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct AppsArgs {
    #[command(subcommand)]
    pub(crate) command: AppsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppsCommand {
    /// List every app: how far it has come, its client id and its name.
    List {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Show everything that is registered of an app, and its history.
    Show {
        /// The configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// The client id.
        #[arg(long, value_name = "ID")]
        client: String,
    },
    /// Write a new app into the register, as proposed.
    Add(AddAppArgs),
    /// Change what is registered of an app. What is not named stays.
    Change(ChangeAppArgs),
    /// Let an app that is proposed be tried in a sandbox.
    Try(AppStepArgs),
    /// Let an app serve patients. It must have a contact and evidence of every kind.
    Approve(AppStepArgs),
    /// Stop an app for now. It counts from its next request on.
    Suspend(AppStepArgs),
    /// Let an app that was suspended serve patients again, with whatever tokens are still good.
    Reinstate(AppStepArgs),
    /// Stop an app for good.
    Retire(AppStepArgs),
    /// Give an app nothing of a practice's patients, whatever they allow. It counts from its next request on.
    Block(BlockAppArgs),
    /// Take back that a practice blocks an app.
    Unblock(BlockAppArgs),
}

/// Who decides about an app, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Stewarding {
    /// Who decides: somebody who runs the service.
    #[arg(long, value_name = "WHO", value_parser = words)]
    pub(crate) by: String,
    /// Why.
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) why: String,
}

/// What is registered.
#[derive(Debug, clap::Args)]
pub(crate) struct Registered {
    /// Where people may be sent back to, to the letter; once for each.
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Vec<String>,
    /// A scope that it may ask for, such as launch/patient, offline_access, openid or patient/*.rs; once for each.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Its public keys: a file with a JWK Set.
    #[arg(long, value_name = "FILE", conflicts_with = "keys_url")]
    pub(crate) keys: Option<PathBuf>,
    /// Where it publishes its public keys. They are fetched only if apps.key_authorities is configured.
    #[arg(long, value_name = "URL")]
    pub(crate) keys_url: Option<String>,
    /// A practice whose patients it may serve; once for each. Without any, it may serve those of all.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: Vec<OdsCode>,
    /// Whom to write to about it.
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) contact: Option<String>,
    /// Where evidence is kept: clinical-safety=…, data-protection=… or contract=…; once for each.
    #[arg(long, value_name = "KIND=REFERENCE")]
    pub(crate) evidence: Vec<Kept>,
    /// Requests a minute that it may make for all its people together.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) per_minute: Option<u32>,
    /// What its tokens are bound to, so that they are no use to a thief: a key (dpop, RFC 9449), the certificate of its
    /// connections (RFC 8705; needs listen.client_certificates), or nothing. Where it is nothing, an app that sends DPoP
    /// proofs gets tokens that are bound to their key.
    #[arg(long, value_name = "WHAT")]
    pub(crate) bound_by: Option<BoundTo>,
}

/// What tokens are bound to.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum BoundTo {
    Dpop,
    Certificate,
    Nothing,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AddAppArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its client id: letters, digits, hyphens, dots, underscores.
    #[arg(long, value_name = "ID")]
    pub(crate) client: String,
    /// What people know it by.
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) registered: Registered,
    #[command(flatten)]
    pub(crate) deciding: Stewarding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ChangeAppArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The client id.
    #[arg(long, value_name = "ID")]
    pub(crate) client: String,
    /// What people know it by.
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) registered: Registered,
    #[command(flatten)]
    pub(crate) deciding: Stewarding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AppStepArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The client id.
    #[arg(long, value_name = "ID")]
    pub(crate) client: String,
    #[command(flatten)]
    pub(crate) deciding: Stewarding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BlockAppArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// The client id.
    #[arg(long, value_name = "ID")]
    pub(crate) client: String,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

/// Where evidence of a kind is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept(pub(crate) Evidence, pub(crate) String);

impl FromStr for Kept {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write it as clinical-safety=DOC, data-protection=DOC or contract=DOC";
        let (kind, reference) = text.split_once('=').ok_or(wrong)?;
        let kind = Evidence::ALL.into_iter().find(|known| known.name() == kind).ok_or(wrong)?;
        Ok(Self(kind, words(reference)?))
    }
}
