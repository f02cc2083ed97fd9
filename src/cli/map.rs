//! `recordgate map`: an export to FHIR NDJSON as the practice sees it, before filtering, with marks as labels. It
//! goes through a store in a temporary folder, so that memory stays bounded and the code is the same as for serving.

use std::{
    io::{BufWriter, ErrorKind, Write},
    process::ExitCode,
};

use gateway::{
    clock::SystemClock,
    loader::{Also, LoadError, Loader},
    terminology,
};
use project::IdKey;
use record::OdsCode;
use store::{Lmdb, Settings};

use crate::{Failure, args::MapArgs, known, progress::Display, report};

pub(crate) fn run(args: &MapArgs) -> Result<ExitCode, Failure> {
    let practice = match &args.practice {
        Some(practice) => practice.clone(),
        // A GP2GP message does not name the practice in a way that could be relied on.
        None => OdsCode::unknown(),
    };
    let folder = tempfile::tempdir()?;
    let store = Lmdb::open(&Settings { dir: folder.path().to_owned(), max_gib: 64 })?;
    let terminology = args.terminology.as_deref().map(terminology::read).transpose()?;
    let display = Display::default();
    let loader = Loader {
        store: &store,
        ids: &IdKey::offline(),
        clock: &SystemClock,
        practice: &practice,
        progress: &|progress| display.show(progress),
        also: Also { terminology: terminology.as_ref(), ..Also::default() },
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = known::load(&loader, &args.known)
        .and_then(|()| loader.take(args.format, &args.paths))
        .and_then(|(mut report, batch)| {
            loader.look(batch, &mut report, &mut |projection| {
                for made in &projection.resources {
                    let mut line = Vec::with_capacity(made.mapped.json.len() + 64);
                    project::practice_side(&made.labels, &made.mapped.json, &mut line);
                    line.push(b'\n');
                    out.write_all(&line)?;
                }
                Ok(())
            })?;
            out.flush().map_err(LoadError::Output)?;
            Ok(report)
        });
    display.end();
    match result {
        // Whoever reads has enough (`| head`).
        Err(LoadError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        result => {
            let advice =
                result.as_ref().ok().and_then(|report| known::advice(args.format, &args.known, report));
            let code = finish(result)?;
            advice.into_iter().for_each(|advice| tell!("{advice}"));
            Ok(code)
        }
    }
}

/// Prints the report of a load, or of its refusal, on standard error.
pub(crate) fn finish(result: Result<record::Report, LoadError>) -> Result<ExitCode, Failure> {
    match result {
        Ok(report) => {
            tell!("{}", report::text(&report).trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            if let LoadError::Refused(report) | LoadError::Changed(report) = &error {
                report.issues.iter().for_each(|issue| tell!("{issue}"));
            }
            Err(error.into())
        }
    }
}
