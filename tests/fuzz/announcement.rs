//! What a supplier says that it is going to send. What must hold: nothing panics; what is refused is refused in few words
//! of ours, which repeat nothing; what is taken names no folder, and is the same batch in whatever order it is said.

use std::path::Path;

use crate::{announced::Announced, config::Intake, outcome::Outcome, put};

const SETTINGS: Intake = Intake { file_gib: 16, files_per_batch: 8 };

/// Reads an input.
pub fn run(input: &[u8]) {
    let read = match Announced::read(input, &SETTINGS) {
        Ok(read) => read,
        Err(Outcome::Invalid(words) | Outcome::TooLarge(words) | Outcome::Mismatch(words)) => {
            assert!(words.len() < 300 && words.is_ascii(), "{words}");
            return;
        }
    };
    assert!((1..=SETTINGS.files_per_batch).contains(&read.files.len()));
    for file in &read.files {
        let path = Path::new("/spool").join(&file.name);
        assert_eq!(path.parent(), Some(Path::new("/spool")), "{}", file.name);
        assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(file.name.as_str()));
        assert!(file.name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && file.sha256.len() == 64);
    }
    assert!(read.id.as_deref().is_none_or(|id| Path::new("/spool").join(id).parent() == Some(Path::new("/spool"))));
    let content = read.content();
    let mut turned = read;
    turned.files.reverse();
    assert_eq!(turned.content(), content);
    let large = turned.files.iter().any(|file| file.size > u64::from(SETTINGS.file_gib) << 30);
    assert_eq!(turned.fits(&SETTINGS).is_err(), large);
}

/// Writes a few good announcements.
pub fn seed(corpus: &Path) {
    let hash = "0f".repeat(32);
    let file = |name: &str, size: &str| format!(r#"{{"name":"{name}","size":{size},"sha256":"{hash}"}}"#);
    let files = [file("a.xml", "1"), file("Message 1 (of 2).xml", "7.0"), file("b", "1e3")].join(",");
    for (name, body) in [
        ("one", format!(r#"{{"practice":"Y99999","format":"gp2gp","files":[{}]}}"#, file("a.xml", "12"))),
        ("id", format!(r#"{{"id":"A-1","practice":"Y99999","format":"emis-csv","files":[{files}]}}"#)),
        ("escaped", format!(r#" {{"id":"\u0041","practice":"Y99999", "format":"tpp-csv","files":[{files}]}} "#)),
    ] {
        put(corpus, name, body.as_bytes());
    }
}
