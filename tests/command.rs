//! The command as its users run it: what it prints, where, with which exit code, and what it leaves behind. It starts
//! the binary that cargo built beside these tests.

mod abandoned;
mod apps;
mod decisions;
mod explaining;
pub mod export;
mod full;
mod help;
mod joined;
mod letters;
mod live;
mod looking;
mod memory;
mod offline;
mod redaction;
mod refusals;
mod remaking;
mod reports;
mod reviewed;
mod sandbox;
pub mod site;
mod tampered;
mod terminology;

use std::{
    io::Read,
    process::{Command, Stdio},
};

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Asserts that it went well and said these words on standard output.
    pub fn is_good(&self, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        for word in words {
            assert!(self.out.contains(word), "{word:?} is not in: {}", self.out);
        }
        self
    }

    /// Asserts that it failed, said these words on standard error, and did not fall over.
    pub fn says(&self, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(!self.err.contains("panicked"), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
        self
    }
}

/// The command with nothing of this environment that would change what it says.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recordgate"));
    command.args(args).stdin(Stdio::null());
    for variable in ["COLUMNS", "RECORDGATE_LOG", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the command to its end.
pub fn run(args: &[&str]) -> Ran {
    let output = command(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs the command to its end, and tells the most memory that it held, in kilobytes.
pub fn run_measured(args: &[&str]) -> (Ran, u64) {
    let mut child = command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let ended = loop {
        let lines = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(peak.unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (Ran { code: ended.code(), out: String::new(), err }, most)
}
