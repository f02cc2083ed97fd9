//! Finding the files of a release and gathering what mapping needs of them. Rows of concepts, descriptions and links are
//! kept as numbers, about 100 bytes a concept, whatever else a release holds.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use map::Release;

use super::lines::{Lines, concept, date, description};
use crate::Failure;

/// RF2 (SNOMED CT release file specification): the type of links that make the hierarchy, and of full names.
const IS_A: &str = "116680003";
const FULLY_SPECIFIED: &str = "900000000000003001";
/// Folders in folders; releases have three.
const DEPTH: usize = 8;

const CONCEPT: [&str; 5] = ["id", "effectiveTime", "active", "moduleId", "definitionStatusId"];
const DESCRIPTION: [&str; 9] = [
    "id",
    "effectiveTime",
    "active",
    "moduleId",
    "conceptId",
    "languageCode",
    "typeId",
    "term",
    "caseSignificanceId",
];
const RELATIONSHIP: [&str; 10] = [
    "id",
    "effectiveTime",
    "active",
    "moduleId",
    "sourceId",
    "destinationId",
    "relationshipGroup",
    "typeId",
    "characteristicTypeId",
    "modifierId",
];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Concepts,
    Descriptions,
    Relationships,
    Table,
}

impl Kind {
    /// By the name that the specification gives it: `sct2_Concept_Snapshot_GB_20260401.txt`, with an `x` in front in
    /// a trial release. Only snapshots: one row for each component.
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let name = name.strip_prefix('x').unwrap_or(name);
        let (kind, rest) = name.strip_prefix("sct2_")?.split_once('_')?;
        match kind {
            _ if !rest.split('_').next()?.contains("Snapshot") => None,
            "Concept" => Some(Self::Concepts),
            "Description" => Some(Self::Descriptions),
            "Relationship" => Some(Self::Relationships),
            _ => None,
        }
    }
}

/// Gathers what these folders and files hold. `tell` is told of each file.
pub(super) fn gather(paths: &[PathBuf], tell: &mut dyn FnMut(String)) -> Result<Release, Failure> {
    let files = find(paths)?;
    let has = |kind| files.iter().any(|(_, of)| *of == kind);
    let whole = [Kind::Concepts, Kind::Descriptions, Kind::Relationships];
    if !has(Kind::Table) || whole.iter().any(|kind| has(*kind)) {
        for (kind, name) in whole.into_iter().zip(["Concept", "Description", "Relationship"]) {
            if !has(kind) {
                return Err(Failure(format!(
                    "there is no snapshot of {name} (sct2_{name}_…Snapshot…txt); give the folder of the unpacked release, \
                     or CSV files of two columns; nothing was written"
                )));
            }
        }
    }
    let mut gathering = Gathering::default();
    for (path, kind) in &files {
        tell(format!("reading {}", path.display()));
        match kind {
            Kind::Concepts => gathering.concepts(path)?,
            Kind::Descriptions => gathering.descriptions(path)?,
            Kind::Relationships => gathering.relationships(path)?,
            Kind::Table => gathering.table(path)?,
        }
    }
    gathering.finish(tell)
}

/// The files to read, concepts first. Of a folder, what is no snapshot is left alone; a file that is named and is none
/// must be a table of two columns.
fn find(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Kind)>, Failure> {
    let mut found: BTreeMap<PathBuf, Kind> = BTreeMap::new();
    let mut packed = None;
    for path in paths {
        if path.is_dir() {
            walk(path, DEPTH, &mut |file| match Kind::of(&file) {
                Some(kind) => _ = found.insert(file, kind),
                None if is_zip(&file) => packed = Some(file),
                None => {}
            })?;
        } else if is_zip(path) {
            return Err(zip(path));
        } else {
            let kind = Kind::of(path).unwrap_or(Kind::Table);
            found.insert(path.clone(), kind);
        }
    }
    if let (true, Some(file)) = (found.is_empty(), packed) {
        return Err(zip(&file));
    }
    if found.is_empty() {
        return Err(Failure(
            "these folders hold no SNOMED CT snapshot in RF2; nothing was written".to_owned(),
        ));
    }
    let mut files: Vec<(PathBuf, Kind)> = found.into_iter().collect();
    files.sort_by_key(|(_, kind)| *kind);
    Ok(files)
}

fn zip(path: &Path) -> Failure {
    let name = path.display();
    Failure(format!(
        "{name} is packed: unpack it first (unzip {name} -d FOLDER) and give the folder; nothing was written"
    ))
}

fn is_zip(path: &Path) -> bool {
    let mut first = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
    let named = path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("zip"));
    named || (read.is_ok() && first == *b"PK\x03\x04")
}

fn walk(folder: &Path, depth: usize, see: &mut dyn FnMut(PathBuf)) -> Result<(), Failure> {
    let cannot = |error| Failure(format!("cannot read {}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        files.push(entry.map_err(cannot)?.path());
    }
    files.sort();
    for file in files {
        // A link could lead in a circle, or out of the folder.
        let kind = fs::symlink_metadata(&file).map_err(cannot)?.file_type();
        if kind.is_dir() && depth > 0 {
            walk(&file, depth - 1, see)?;
        } else if kind.is_file() {
            see(file);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Gathering {
    release: Release,
    concepts: Vec<u64>,
    editions: Vec<String>,
    newest: u32,
    left_out: u64,
}

impl Gathering {
    fn concepts(&mut self, path: &Path) -> Result<(), Failure> {
        let mut lines = open(path, &CONCEPT)?;
        self.editions.push(edition(path));
        while let Some(fields) = lines.next()? {
            let row = match fields.as_slice() {
                [id, time, ..] => concept(id).and_then(|id| Ok((id, date(time)?))),
                _ => continue,
            };
            let (id, time) = row.map_err(|what| lines.wrong(&what))?;
            self.concepts.push(id);
            self.newest = self.newest.max(time);
        }
        self.concepts.sort_unstable();
        self.concepts.dedup();
        Ok(())
    }

    /// Active or not: old records name descriptions that are no longer used.
    fn descriptions(&mut self, path: &Path) -> Result<(), Failure> {
        let mut lines = open(path, &DESCRIPTION)?;
        while let Some(fields) = lines.next()? {
            let [id, time, active, _, of, language, kind, term, _] = fields[..] else { continue };
            let row = description(id).and_then(|id| Ok((id, date(time)?, concept(of)?)));
            let full_name = (active == "1" && kind == FULLY_SPECIFIED && language.starts_with("en"))
                .then(|| without_tag(term).to_owned());
            let (id, time, of) = row.map_err(|what| lines.wrong(&what))?;
            if self.concepts.binary_search(&of).is_err() {
                self.left_out += 1;
                continue;
            }
            self.release.descriptions.push((id, time, of));
            if let Some(term) = full_name {
                self.term(of, time, &term);
            }
        }
        Ok(())
    }

    fn term(&mut self, concept: u64, time: u32, term: &str) {
        let words = &mut self.release.words;
        let at = u32::try_from(words.len()).ok().zip(u32::try_from(term.len()).ok());
        if let Some((start, length)) = at.filter(|(start, length)| start.checked_add(*length).is_some()) {
            words.push_str(term);
            self.release.terms.push((concept, time, start, length));
        }
    }

    /// Active or not: concepts that are no longer used lost their links when they were retired.
    fn relationships(&mut self, path: &Path) -> Result<(), Failure> {
        let mut lines = open(path, &RELATIONSHIP)?;
        while let Some(fields) = lines.next()? {
            let [_, _, _, _, child, parent, _, kind, _, _] = fields[..] else { continue };
            if kind == IS_A {
                let row = concept(child).and_then(|child| Ok((child, concept(parent)?)));
                self.release.links.push(row.map_err(|what| lines.wrong(&what))?);
            }
        }
        Ok(())
    }

    /// A table of two columns.
    fn table(&mut self, path: &Path) -> Result<(), Failure> {
        let (mut lines, header) = Lines::open(path, b',')?;
        let header: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let links = match header.as_slice() {
            ["child", "parent"] => true,
            ["description", "concept"] => false,
            _ => return Err(lines.wrong("the header is neither `child,parent` nor `description,concept`")),
        };
        self.editions.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        while let Some(fields) = lines.next()? {
            let [first, second] = fields[..] else { continue };
            let row = if links { concept(first) } else { description(first) };
            let row = row.and_then(|first| Ok((first, concept(second)?)));
            let (first, second) = row.map_err(|what| lines.wrong(&what))?;
            if links {
                self.release.links.push((first, second));
            } else {
                self.release.descriptions.push((first, 0, second));
            }
        }
        Ok(())
    }

    fn finish(mut self, tell: &mut dyn FnMut(String)) -> Result<Release, Failure> {
        if self.release.descriptions.is_empty() && self.release.links.is_empty() {
            return Err(Failure("there is nothing in these files; nothing was written".to_owned()));
        }
        if self.left_out > 0 {
            let words = "descriptions were left out: their concepts are in none of these files; is a part of the edition missing?";
            tell(format!("{} {words}", self.left_out));
        }
        self.editions.sort();
        self.editions.dedup();
        let date = if self.newest > 0 { format!(" {}", self.newest) } else { String::new() };
        self.release.edition = format!("{}{date}", self.editions.join("+"));
        Ok(self.release)
    }
}

fn open(path: &Path, columns: &[&str]) -> Result<Lines, Failure> {
    let (lines, header) = Lines::open(path, b'\t')?;
    if header != columns {
        return Err(lines.wrong("the header is not that of RF2"));
    }
    Ok(lines)
}

/// The part of a file's name that names the edition: `GB1000000` of `sct2_Concept_Snapshot_GB1000000_20260401.txt`.
fn edition(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut parts = name.rsplit('_');
    let last = parts.next().unwrap_or_default();
    parts.next().unwrap_or(last).to_owned()
}

/// A fully specified name without the tag that tells its hierarchy: `Asthma (disorder)`.
fn without_tag(term: &str) -> &str {
    let tagged = term.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    tagged.map_or(term, |(name, _)| name)
}
