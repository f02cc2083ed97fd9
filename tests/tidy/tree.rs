//! The files of the checkout.

use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::LazyLock};

/// Folders that are made, not kept.
const MADE: [&str; 6] = [".git", "target", "node_modules", "__pycache__", ".venv", "sandbox"];

/// Every text file that is tracked, or is new and not ignored, by its path from the top.
pub(crate) static FILES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = listed(top).unwrap_or_else(|| walked(top));
    let read = |path: String| Some((path.clone(), fs::read_to_string(top.join(path)).ok()?));
    let files: BTreeMap<String, String> = paths.into_iter().filter_map(read).collect();
    assert!(
        files.len() > 200 && files.contains_key("src/main.rs"),
        "this is not the checkout: {} files",
        files.len()
    );
    files
});

/// Git's list; none without git or outside a checkout.
fn listed(top: &Path) -> Option<Vec<String>> {
    let ask = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let answer = Command::new("git").arg("-C").arg(top).args(ask).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let paths: Vec<String> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (answer.status.success() && !paths.is_empty()).then_some(paths)
}

fn walked(top: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut open = vec![top.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.extend((!MADE.contains(&name.as_str())).then_some(path));
            } else {
                paths.push(path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    paths
}

/// The Rust files under a folder.
pub(crate) fn rust(under: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = FILES.iter().filter(move |(path, _)| path.starts_with(under) && path.ends_with(".rs"));
    files.map(|(path, text)| (path.as_str(), text.as_str()))
}

/// The Rust files of the product: without tests, and without test modules inside other files.
pub(crate) fn product(under: &str) -> Vec<(&'static str, String)> {
    let is_test = |path: &str| path.split('/').any(|part| part == "tests" || part == "tests.rs");
    rust(under).filter(|(path, _)| !is_test(path)).map(|(path, text)| (path, without_tests(text))).collect()
}

/// Blanks every `#[cfg(test)] mod … { … }`, which rustfmt begins and ends in the first column; lines keep their
/// numbers.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let begins = |next: &&str| next.contains("mod ") && next.ends_with('{');
        if line == "#[cfg(test)]" && lines.peek().is_some_and(begins) {
            for skipped in lines.by_ref() {
                kept.push('\n');
                if skipped == "}" {
                    break;
                }
            }
        } else {
            kept.push_str(line);
        }
        kept.push('\n');
    }
    kept
}

/// Fails with all that was found, a line each.
pub(crate) fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n  {}\n", found.join("\n  "));
}

#[test]
fn inline_tests_are_left_out_and_what_follows_them_is_not() {
    let text = "a\n#[cfg(test)]\nmod tests {\n    b\n}\nc\n#[cfg(test)]\nmod other;\nd\n";
    assert_eq!(without_tests(text), "a\n\n\n\n\nc\n#[cfg(test)]\nmod other;\nd\n");
}
