//! The arguments of what a practice decides. Each decision takes who and why; both go into the log of decisions.

use std::{path::PathBuf, str::FromStr};

use clap::Subcommand;
use jiff::civil::Date;
use policy::{AccessLevel, LegalBasis, Reading, RuleChange, Sensitivity, ThirdParties};
use record::{EntryId, NhsNumber, OdsCode, Section};
use store::Proven;

/// Who decides, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Deciding {
    /// Who decides: a member of the practice's staff.
    #[arg(long, value_name = "WHO", value_parser = words)]
    pub(crate) by: String,
    /// Why.
    #[arg(long, value_name = "WORDS", value_parser = words)]
    pub(crate) why: String,
}

/// Whose record.
#[derive(Debug, clap::Args)]
pub(crate) struct AboutPatient {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// The patient: the clinical system's own key, the logical id that apps see, or the NHS number.
    #[arg(long, value_name = "PATIENT")]
    pub(crate) patient: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RulesArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Free text of a feed that carries no marks may go out where it was recorded on or after this day; none: only that
    /// of reviewed entries.
    #[arg(long, value_name = "DATE|none", requires_all = ["by", "why"])]
    pub(crate) free_text_from: Option<Since>,
    /// What becomes of a text that leads to a third party: withhold (the whole text) or mask (what leads there).
    #[arg(long, value_name = "WHAT", value_parser = third_parties, requires_all = ["by", "why"])]
    pub(crate) third_parties: Option<ThirdParties>,
    /// What counts as one: strict (whatever leads to anybody else) or standard (relatives' names may stay, unless told in
    /// confidence).
    #[arg(long, value_name = "HOW", value_parser = reading, requires_all = ["by", "why"])]
    pub(crate) reading: Option<Reading>,
    /// Switch a section off for everybody: demographics, test-results, immunisations or consultations.
    #[arg(long, value_name = "SECTION", requires_all = ["by", "why"])]
    pub(crate) section_off: Vec<Section>,
    /// Switch a section on again, where the patient's own switches leave it on.
    #[arg(long, value_name = "SECTION", requires_all = ["by", "why"])]
    pub(crate) section_on: Vec<Section>,
    /// Show a class of sensitive entries to patients or proxies, or withhold it: such as
    /// gender-identity:proxies=show. What is withheld from patients is withheld from proxies too.
    #[arg(long, value_name = "CLASS:WHO=WHAT", requires_all = ["by", "why"])]
    pub(crate) sensitive: Vec<SensitiveRule>,
    /// Who decides: a member of the practice's staff.
    #[arg(long, value_name = "WHO", value_parser = words, requires = "why")]
    pub(crate) by: Option<String>,
    /// Why.
    #[arg(long, value_name = "WORDS", value_parser = words, requires = "by")]
    pub(crate) why: Option<String>,
}

impl RulesArgs {
    /// The switches that are to be turned.
    pub(crate) fn changes(&self) -> Vec<RuleChange> {
        let switch = |open| move |section: &Section| RuleChange::Section { section: *section, open };
        let off = self.section_off.iter().map(switch(false));
        let on = self.section_on.iter().map(switch(true));
        let day = self.free_text_from.iter().map(|since| RuleChange::FreeTextFrom { day: since.0 });
        let third_parties =
            self.third_parties.map(|third_parties| RuleChange::ThirdParties { third_parties });
        let screening =
            third_parties.into_iter().chain(self.reading.map(|reading| RuleChange::Reading { reading }));
        let sensitive = self.sensitive.iter().map(|rule| rule.0);
        // Whoever says both off and on gets off.
        on.chain(off).chain(day).chain(screening).chain(sensitive).collect()
    }
}

/// A day, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(pub(crate) Option<Date>);

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse().map(|day| Self(Some(day))).map_err(|_| "write a day such as 2026-11-01, or none")
    }
}

/// A switch of a class of sensitive entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SensitiveRule(RuleChange);

impl FromStr for SensitiveRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || "write it as gender-identity:proxies=show; WHO is patients or proxies, WHAT show or withhold";
        let (class, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (who, what) = rest.split_once('=').ok_or_else(wrong)?;
        let class: Sensitivity = class.parse()?;
        let proxies = match who {
            "patients" => false,
            "proxies" => true,
            _ => return Err(wrong().to_owned()),
        };
        match what {
            "show" => Ok(Self(RuleChange::Sensitive { class, proxies, shown: true })),
            "withhold" => Ok(Self(RuleChange::Sensitive { class, proxies, shown: false })),
            _ => Err(wrong().to_owned()),
        }
    }
}

/// Which entry.
#[derive(Debug, clap::Args)]
pub(crate) struct EntryAt {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    /// The entry's key, as `recordgate trace` and `recordgate admin review list` print it.
    #[arg(long, value_name = "ID", value_parser = entry)]
    pub(crate) entry: EntryId,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EntryArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    /// The entry's key, as `recordgate trace` prints it.
    #[arg(long, value_name = "ID", value_parser = entry)]
    pub(crate) entry: EntryId,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SuppressArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Say who may see a patient's record, and what would speak against giving more access.
    Show(AboutPatient),
    /// Set what a patient may see of their own record.
    Set(AccessSetArgs),
}

/// How much may be seen.
#[derive(Debug, clap::Args)]
pub(crate) struct Levels {
    /// Level for what was recorded on or after --from: none, summary, detailed, documents or full.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) current: AccessLevel,
    /// Level for what was recorded before.
    #[arg(long, value_name = "LEVEL")]
    pub(crate) historical: AccessLevel,
    /// The day from which on --current counts.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Date,
    /// Sections that are off whatever the level: demographics, test-results, immunisations or consultations.
    #[arg(long, value_name = "SECTION")]
    pub(crate) section_off: Vec<Section>,
    /// Somebody has looked at the record: give access although something in it asks for a look first.
    #[arg(long)]
    pub(crate) looked: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AccessSetArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    #[command(flatten)]
    pub(crate) levels: Levels,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProxyCommand {
    /// Let somebody act for a patient, or change what they may see.
    Add(AddProxyArgs),
    /// End it: after that day they see nothing.
    End(EndProxyArgs),
}

/// Who acts: named as who they will prove to be, or by an account that they have.
#[derive(Debug, clap::Args)]
pub(crate) struct Acting {
    /// The NHS number of whoever acts. They need not have signed in before, nor be a patient of the practice.
    #[arg(long, value_name = "NHS-NUMBER", requires = "born", required_unless_present = "account")]
    pub(crate) nhs_number: Option<NhsNumber>,
    /// Their date of birth: NHS login must have proven both.
    #[arg(long, value_name = "DATE", requires = "nhs_number")]
    pub(crate) born: Option<Date>,
    /// Or the account of whoever acts, as `recordgate admin audit show` prints it.
    #[arg(long, value_name = "ACCOUNT", value_parser = words, conflicts_with_all = ["nhs_number", "born"])]
    pub(crate) account: Option<String>,
}

impl Acting {
    /// Who they are, if they were not named by an account.
    pub(crate) fn proven(&self) -> Option<Proven> {
        let (nhs_number, born) = self.nhs_number.zip(self.born)?;
        Some(Proven { nhs_number, born })
    }

    /// What a decision calls them.
    pub(crate) fn name(&self) -> String {
        self.proven().map(|proven| proven.name()).or_else(|| self.account.clone()).unwrap_or_default()
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct AddProxyArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Why they may: parental-responsibility, consent, best-interest, deputy (appointed by the court for personal welfare)
    /// or attorney (lasting power for health and welfare).
    #[arg(long, value_name = "BASIS", value_parser = basis)]
    pub(crate) basis: LegalBasis,
    /// What they are to the patient: a code of HL7 v3 RoleCode, such as MTH.
    #[arg(long, value_name = "CODE", value_parser = role)]
    pub(crate) relationship: String,
    #[command(flatten)]
    pub(crate) levels: Levels,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    pub(crate) starts: Date,
    /// The last day. A parent's access is suspended at 11 until it was looked at again, and ends at 16, whatever it is.
    #[arg(long, value_name = "DATE")]
    pub(crate) ends: Option<Date>,
    /// The practice has looked at this access again since the patient turned 11.
    #[arg(long)]
    pub(crate) reviewed_since_eleven: bool,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct EndProxyArgs {
    #[command(flatten)]
    pub(crate) about: AboutPatient,
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The last day on which they may; yesterday if it is left out, so that it ends at once.
    #[arg(long, value_name = "DATE")]
    pub(crate) last: Option<Date>,
    #[command(flatten)]
    pub(crate) deciding: Deciding,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DecisionsArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// ODS code of the practice.
    #[arg(long, value_name = "ODS")]
    pub(crate) practice: OdsCode,
    /// Only what was decided about this patient, named in any of these ways.
    #[arg(long, value_name = "PATIENT")]
    pub(crate) patient: Option<String>,
}

/// Words for the log: some, and not a page of them.
pub(super) fn words(text: &str) -> Result<String, &'static str> {
    let fits = !text.trim().is_empty() && text.len() <= 1_000 && !text.chars().any(char::is_control);
    if fits { Ok(text.trim().to_owned()) } else { Err("write some words on one line, at most 1000 bytes") }
}

fn entry(text: &str) -> Result<EntryId, &'static str> {
    EntryId::new(text).ok_or("no entry can have this key")
}

fn role(text: &str) -> Result<String, &'static str> {
    let fits = (2..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if fits { Ok(text.to_owned()) } else { Err("write a code in capitals, such as MTH, FTH, GRPRN or PROXY") }
}

fn third_parties(text: &str) -> Result<ThirdParties, &'static str> {
    match text {
        "withhold" => Ok(ThirdParties::Withhold),
        "mask" => Ok(ThirdParties::Mask),
        _ => Err("write withhold or mask"),
    }
}

fn reading(text: &str) -> Result<Reading, &'static str> {
    match text {
        "strict" => Ok(Reading::Strict),
        "standard" => Ok(Reading::Standard),
        _ => Err("write strict or standard"),
    }
}

fn basis(text: &str) -> Result<LegalBasis, &'static str> {
    match text {
        "parental-responsibility" => Ok(LegalBasis::ParentalResponsibility),
        "consent" => Ok(LegalBasis::Consent),
        "best-interest" => Ok(LegalBasis::BestInterest),
        "deputy" => Ok(LegalBasis::CourtAppointedPersonalWelfareDeputy),
        "attorney" => Ok(LegalBasis::HealthAndWelfareLastingPowerOfAttorney),
        _ => Err("write parental-responsibility, consent, best-interest, deputy or attorney"),
    }
}
