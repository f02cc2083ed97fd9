//! The tables of a folder, to be changed and written elsewhere. Files in which nothing is quoted are kept as they are.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::export::records;

/// All tables of a folder, by file name.
pub(super) struct Sheets(BTreeMap<String, Sheet>);

/// One table.
pub(super) struct Sheet {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }
}

impl Sheets {
    /// Of a folder; a byte is a character, so that any encoding is written as it was read.
    pub(super) fn read(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sheet = |path: PathBuf| {
            let text: String = fs::read(&path).unwrap().into_iter().map(char::from).collect();
            let mut rows = records(&text);
            let header = rows.remove(0);
            (path.file_name().unwrap().to_string_lossy().into_owned(), Sheet { header, rows })
        };
        Self(files.map(sheet).collect())
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.0.keys().any(|name| name.contains(part))
    }

    /// The table with this in its file's name.
    pub(super) fn sheet(&mut self, part: &str) -> &mut Sheet {
        let found = self.0.iter_mut().find(|(name, _)| name.contains(part));
        found.unwrap_or_else(|| panic!("no {part}")).1
    }

    /// Writes all into a new folder, and gives it back.
    pub(super) fn save(&self, folder: &Path) -> PathBuf {
        fs::create_dir(folder).unwrap();
        for (name, sheet) in &self.0 {
            let line = |fields: &Vec<String>| {
                let quoted: Vec<String> =
                    fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
                quoted.join(",") + "\r\n"
            };
            let text: String = std::iter::once(&sheet.header).chain(&sheet.rows).map(line).collect();
            let bytes: Vec<u8> =
                text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(0xff)).collect();
            fs::write(folder.join(name), bytes).unwrap();
        }
        folder.to_owned()
    }
}
