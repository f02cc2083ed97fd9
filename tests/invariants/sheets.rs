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
    /// Its file has no header: its columns are known from elsewhere.
    without_header: bool,
}

impl Sheet {
    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// Has each of two columns read as the other.
    pub(super) fn swap(&mut self, one: usize, other: usize) {
        if self.without_header {
            self.rows.iter_mut().for_each(|row| row.swap(one, other));
        } else {
            self.header.swap(one, other);
        }
    }
}

impl Sheets {
    /// Of a folder. The columns of files without a header are given by a part of the file's name; the first line of any other
    /// is kept as it is. A byte is a character, so that any encoding is written as it was read.
    pub(super) fn read(folder: &Path, without_header: &[(&str, &str)]) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let sheet = |path: PathBuf| {
            let text: String = fs::read(&path).unwrap().into_iter().map(char::from).collect();
            let mut rows = records(&text);
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let columns = without_header.iter().find(|(part, _)| name.contains(part));
            let header = match columns {
                Some((_, columns)) => columns.split_ascii_whitespace().map(str::to_owned).collect(),
                None => rows.remove(0),
            };
            (name, Sheet { header, rows, without_header: columns.is_some() })
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
            let header = Some(&sheet.header).filter(|_| !sheet.without_header);
            let text: String = header.into_iter().chain(&sheet.rows).map(line).collect();
            let bytes: Vec<u8> =
                text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(0xff)).collect();
            fs::write(folder.join(name), bytes).unwrap();
        }
        folder.to_owned()
    }
}
