//! Progress on standard error: a bar on a terminal, plain lines otherwise.

use std::{
    cell::{Cell, RefCell},
    io::IsTerminal,
};

use gateway::loader::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// From so many patients on, plain lines tell how far it is.
const LONG: u64 = 500;

/// Shows how far a load has come.
#[derive(Default)]
pub(crate) struct Display {
    now: RefCell<Option<(&'static str, ProgressBar)>>,
    /// The last tenth of the patients that a plain line told of.
    tenth: Cell<u64>,
}

impl Display {
    /// Takes one step in.
    pub(crate) fn show(&self, progress: Progress) {
        let (phase, done, total, unit) = match progress {
            Progress::Checking(done, total) => ("checking", done, total, true),
            Progress::Storing(done, total) => ("storing", done, total, true),
            Progress::Releasing(done, total) => ("releasing", done, total, false),
            Progress::Looking(done) => ("looking", done, done, false),
        };
        let mut now = self.now.borrow_mut();
        if now.as_ref().is_none_or(|(name, _)| *name != phase) {
            finish(now.take());
            if !std::io::stderr().is_terminal() {
                tell!("{phase}…");
            }
            *now = Some((phase, bar(phase, total, unit)));
        }
        if matches!(progress, Progress::Releasing(..)) && !std::io::stderr().is_terminal() {
            self.line(phase, done, total);
        }
        if let Some((_, bar)) = now.as_ref() {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    /// A line for each tenth of a long way.
    fn line(&self, phase: &str, done: u64, total: u64) {
        let tenth = done.saturating_mul(10).checked_div(total).unwrap_or(10);
        if total >= LONG && tenth > self.tenth.replace(tenth) && tenth < 10 {
            tell!("{phase} {done} of {total} patients");
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        finish(self.now.borrow_mut().take());
    }
}

fn finish(bar: Option<(&'static str, ProgressBar)>) {
    if let Some((_, bar)) = bar {
        bar.finish_and_clear();
    }
}

fn bar(phase: &'static str, total: u64, bytes: bool) -> ProgressBar {
    let template = if bytes {
        "{msg:<10} {bar:30} {bytes:>10} of {total_bytes} {bytes_per_sec} {eta}"
    } else {
        "{msg:<10} {bar:30} {pos:>7} of {len} patients {eta}"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(phase)
}
