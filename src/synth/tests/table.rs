//! Reads the CSV files of a batch back, by column name.

use std::{collections::BTreeMap, fs, path::Path};

/// The rows of a table.
pub struct Table {
    /// The header.
    pub columns: Vec<String>,
    /// Each row by column.
    pub rows: Vec<BTreeMap<String, String>>,
}

impl Table {
    /// Reads a table of the batch in a folder.
    pub fn read(folder: &Path, name: &str) -> Self {
        let part = format!("_{name}_");
        let file = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let path = file.map(|file| file.path()).find(|path| path.to_str().unwrap().contains(&part)).unwrap();
        let mut reader = csv::Reader::from_path(path).unwrap();
        let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let row =
            |row: csv::StringRecord| columns.iter().cloned().zip(row.iter().map(str::to_owned)).collect();
        let rows = reader.records().map(|record| row(record.unwrap())).collect();
        Self { columns, rows }
    }

    /// The rows in which a column has a value.
    pub fn with<'a>(
        &'a self,
        column: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = &'a BTreeMap<String, String>> {
        self.rows.iter().filter(move |row| row[column] == value)
    }
}
