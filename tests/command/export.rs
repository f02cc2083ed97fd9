//! Small EMIS exports cut from synthetic ones, read and written cell by cell so that tests can break one thing at a
//! time. It knows CSV and column names, not what they mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Rows of cells; the first row is the header.
pub type Rows = Vec<Vec<String>>;

/// A folder with an export.
pub struct Export {
    pub dir: PathBuf,
}

/// How much of a synthetic practice is kept, for each patient.
#[derive(Clone, Copy)]
pub struct Cut {
    pub patients: usize,
    pub consultations: usize,
    pub observations: usize,
}

impl Export {
    /// Writes a synthetic practice and keeps the first rows of the first patients.
    pub fn cut(to: &Path, seed: u64, cut: Cut) -> Self {
        let patients = cut.patients.max(12).to_string();
        let seed = seed.to_string();
        let dir = to.to_str().unwrap();
        let ran =
            super::run(&["synth", "--format", "emis-csv", "--patients", &patients, "--seed", &seed, dir]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let export = Self { dir: to.to_owned() };
        let mut kept = BTreeSet::new();
        export.edit("Admin_Patient", |rows| {
            rows.truncate(cut.patients + 1);
            kept = column(rows, "PatientGuid").into_iter().collect();
        });
        for (table, limit) in [
            ("CareRecord_Consultation", cut.consultations),
            ("CareRecord_Observation", cut.observations),
            ("CareRecord_Problem", 1),
        ] {
            export.edit(table, |rows| {
                let at = place(rows, "PatientGuid");
                let mut seen: BTreeMap<String, usize> = BTreeMap::new();
                let mut first = true;
                rows.retain(|row| {
                    let count = seen.entry(row[at].clone()).or_default();
                    *count += 1;
                    std::mem::take(&mut first) || (kept.contains(&row[at]) && *count <= limit)
                });
            });
        }
        export
    }

    /// The same files in another folder.
    pub fn copy(&self, to: &Path) -> Self {
        fs::create_dir_all(to).unwrap();
        for file in fs::read_dir(&self.dir).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        Self { dir: to.to_owned() }
    }

    /// The same export as a later run of the supplier's (its first is number 1): every file is named, and every row
    /// numbered, later.
    pub fn run(&self, run: u8, to: &Path) -> Self {
        let next = self.copy(to);
        for path in next.files() {
            let name = name(&path);
            fs::rename(&path, path.with_file_name(name.replace("1001-1022", &format!("{run}001-{run}022"))))
                .unwrap();
        }
        for path in next.files() {
            edit_file(&path, |rows| {
                let Some(at) = rows[0].iter().position(|name| name == "ProcessingId") else { return };
                rows.iter_mut().skip(1).for_each(|row| row[at] = format!("{run}{}", &row[at][1..]));
            });
        }
        next
    }

    /// Every file, by name.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.dir).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The file of a table.
    pub fn file(&self, table: &str) -> PathBuf {
        let part = format!("_{table}_");
        let mut found = self.files().into_iter().filter(|path| name(path).contains(&part));
        found.next().unwrap_or_else(|| panic!("no file of {table}"))
    }

    /// The name of the file of a table.
    pub fn name(&self, table: &str) -> String {
        name(&self.file(table))
    }

    pub fn rows(&self, table: &str) -> Rows {
        parse(&fs::read_to_string(self.file(table)).unwrap())
    }

    pub fn edit(&self, table: &str, change: impl FnOnce(&mut Rows)) {
        edit_file(&self.file(table), change);
    }

    /// The keys that the store gives the patients.
    pub fn patients(&self) -> Vec<String> {
        let guids = column(&self.rows("Admin_Patient"), "PatientGuid");
        guids.iter().map(|guid| guid.trim_matches(['{', '}']).to_lowercase()).collect()
    }
}

fn edit_file(path: &Path, change: impl FnOnce(&mut Rows)) {
    let mut rows = parse(&fs::read_to_string(path).unwrap());
    change(&mut rows);
    fs::write(path, write(&rows)).unwrap();
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Where a column stands.
pub fn place(rows: &Rows, name: &str) -> usize {
    rows[0].iter().position(|have| have == name).unwrap_or_else(|| panic!("no column {name}"))
}

/// The cells of a column, without the header.
pub fn column(rows: &Rows, name: &str) -> Vec<String> {
    let at = place(rows, name);
    rows.iter().skip(1).map(|row| row[at].clone()).collect()
}

/// The physical line on which a row begins.
pub fn line_of(rows: &Rows, row: usize) -> u64 {
    1 + write(&rows[..row]).matches('\n').count() as u64
}

/// RFC 4180 with everything quoted, as the synthetic exports are.
pub fn write(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        cells.join(",") + "\r\n"
    };
    rows.iter().map(line).collect()
}

/// The other way round.
pub fn parse(text: &str) -> Rows {
    let mut rows = vec![vec![]];
    let (mut cell, mut quoted) = (String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => rows.last_mut().unwrap().push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                rows.last_mut().unwrap().push(std::mem::take(&mut cell));
                rows.push(vec![]);
            }
            c => cell.push(c),
        }
    }
    assert!(!quoted && cell.is_empty() && rows.pop().unwrap().is_empty(), "no CSV that ends with a line end");
    rows
}
