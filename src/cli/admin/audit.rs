//! `recordgate admin audit`: who looked.

use std::{collections::BTreeMap, path::Path, process::ExitCode};

use gateway::{
    audit::{Acting, Head, Interaction, Row, lines, verify},
    config::Config,
};
use record::london;
use store::Store;

use super::desk::Desk;
use crate::{
    Failure,
    args::{AuditCommand, AuditShowArgs},
};

pub(super) fn run(command: &AuditCommand) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Show(args) => show(args),
        AuditCommand::Verify { config, once } => check(config, once.as_ref()),
    }
}

fn show(args: &AuditShowArgs) -> Result<ExitCode, Failure> {
    let (desk, patient, _) = Desk::of(&args.about)?;
    let Some(snapshot) = desk.store().read(&desk.subject(&patient))? else {
        return Err(Failure(
            "nothing was ever released of this patient, so that nobody can have looked".to_owned(),
        ));
    };
    let id = snapshot.released().subject.clone();
    let practice = args.about.practice.to_string();
    let asked = |row: &Row| {
        let day = row.at.to_zoned(london()).date();
        row.practice == practice
            && row.patient.as_ref() == Some(&id)
            && args.since.is_none_or(|since| day >= since)
            && args.resource.as_ref().is_none_or(|resource| row.shown.contains(resource))
    };
    let mut people = People::new(desk.store());
    let (mut found, mut unread) = (0_u64, 0_u64);
    lines(&desk.audit_dir(), |line| match &line.row {
        Ok(row) if asked(row) => {
            found += 1;
            if args.json {
                say!("{}", String::from_utf8_lossy(line.bytes))
            } else {
                told(row, people.of(&row.account))
            }
        }
        Ok(_) => {}
        Err(_) => unread += 1,
    })?;
    if unread > 0 {
        tell!("{unread} lines of the trail cannot be read: see `recordgate admin audit verify`");
    }
    if found == 0 {
        tell!("nobody has looked at that");
    }
    Ok(ExitCode::SUCCESS)
}

/// Who has proven to be the owner of an account, looked up once each.
struct People<'s> {
    store: &'s dyn Store,
    known: BTreeMap<String, Option<String>>,
}

impl<'s> People<'s> {
    fn new(store: &'s dyn Store) -> Self {
        Self { store, known: BTreeMap::new() }
    }

    /// What they are called, if that can be read.
    fn of(&mut self, account: &str) -> Option<&str> {
        let read = || self.store.account(account).ok().flatten()?.proven.map(|proven| proven.name());
        self.known.entry(account.to_owned()).or_insert_with(read).as_deref()
    }
}

fn told(row: &Row, proven: Option<&str>) {
    let who = match row.acting {
        Acting::Myself => "the patient",
        Acting::Proxy => "acting for the patient",
    };
    let what = match row.interaction {
        Interaction::Read => "read one",
        Interaction::Search => "searched for",
    };
    let came = match (row.shown.len(), row.status) {
        (shown, 200 | 304) => format!("{shown} shown"),
        (_, 404) => "there is none that they may see".to_owned(),
        (_, status) => format!("refused ({status})"),
    };
    let with = match row.app.as_str() {
        "" => "on a page of this service".to_owned(),
        app => format!("with {app}"),
    };
    let proven = proven.map(|name| format!(", {name}")).unwrap_or_default();
    say!("{:.0}  {} ({who}{proven}), {with}: {what} {}: {came}", row.at, row.account, row.kind);
}

fn check(config: &Path, once: Option<&Head>) -> Result<ExitCode, Failure> {
    let dir = Config::load(config)?.audit_dir();
    match verify(&dir, once)? {
        Ok(head) => {
            let first = first(&dir)?;
            say!("lines {first} to {}: none changed, none missing between others", head.n);
            say!("head {head}");
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            Err(Failure(format!("{}, line {}: {}", broken.file.display(), broken.line, broken.why)))
        }
    }
}

/// The number of the first line that is there: those before it were deleted by age, or by somebody; 0 if there is none.
fn first(dir: &Path) -> Result<u64, Failure> {
    let mut first = 0;
    lines(dir, |line| {
        if let (0, Ok(row)) = (first, &line.row) {
            first = row.n;
        }
    })?;
    Ok(first)
}
