//! The tables under `profiles/codes` that a clinician can read and change, parsed once. This file knows their shape
//! (lines with # that say what it is, a header line, commas, quotes where a field has a comma, sorted lines), not what
//! they mean.

use std::{borrow::Cow, collections::HashMap};

use record::{CodeSystem, Coding};

use crate::coding::is_description_id;

/// The fields of each line after the header.
pub(crate) fn rows(csv: &'static str) -> Vec<Vec<&'static str>> {
    lines(csv).skip(1).map(fields).collect()
}

/// The header and the lines after it: without those in front that say what the table is.
fn lines(csv: &'static str) -> impl Iterator<Item = &'static str> {
    csv.lines().skip_while(|line| line.starts_with('#')).filter(|line| !line.is_empty())
}

fn fields(line: &'static str) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some((field, after)) => (field, after.strip_prefix(',')),
            None => rest.split_once(',').map_or((rest, None), |(field, after)| (field, Some(after))),
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return fields,
        }
    }
}

/// A table with a code in each line: `system,code,…`. Systems are `snomed`, `snomed-description`, `readv2` and `ctv3`;
/// `word`, `term` and `text` lines hold words instead. A `*` at the end stands for anything that follows; at the beginning
/// of a `term` for anything before.
pub(crate) struct CodeTable {
    exact: HashMap<(&'static str, &'static str), Cells>,
    /// By system and first byte, in the order of the table.
    open: HashMap<(&'static str, Option<u8>), Lines>,
    /// Of terms: what may stand anywhere (`true`) or at the end.
    within: Vec<(&'static str, bool, Cells)>,
}

/// What begins, and what a line has behind it.
type Lines = Vec<(&'static str, Cells)>;
/// What a line has behind the code.
type Cells = &'static [&'static str];

impl CodeTable {
    pub(crate) fn parse(csv: &'static str) -> Self {
        let mut table = Self { exact: HashMap::new(), open: HashMap::new(), within: Vec::new() };
        for row in rows(csv) {
            let row: &'static [&'static str] = row.leak();
            let [system, code, rest @ ..] = row else { continue };
            if let Some(end) = code.strip_prefix('*').filter(|_| *system == "term") {
                let part = end.strip_suffix('*');
                table.within.push((part.unwrap_or(end), part.is_some(), rest));
                continue;
            }
            match code.strip_suffix('*') {
                Some(start) => {
                    let first = start.as_bytes().first().copied();
                    table.open.entry((system, first)).or_default().push((start, rest));
                }
                None => _ = table.exact.insert((system, code), rest),
            }
        }
        table
    }

    /// What the table says of a code, and whether it names that very code (not only a chapter).
    pub(crate) fn code(&self, coding: &Coding) -> Option<(Cells, bool)> {
        self.find(&coding.system, &coding.code)
    }

    /// The same, of a code without its words.
    pub(crate) fn find(&self, system: &CodeSystem, code: &str) -> Option<(Cells, bool)> {
        let system = match system {
            _ if is_description_id(system, code) => "snomed-description",
            CodeSystem::SnomedCt => "snomed",
            CodeSystem::ReadV2 => "readv2",
            CodeSystem::Ctv3 => "ctv3",
            _ => return None,
        };
        let code = if system.starts_with("snomed") { Cow::Borrowed(code) } else { five_bytes(code) };
        let exact = self.exact.get(&(system, &*code)).map(|cells| (*cells, true));
        exact.or_else(|| self.begins(system, &code).map(|cells| (cells, false)))
    }

    /// What a line with a `*` says of what begins like it. One that is nothing but a `*` counts last.
    fn begins(&self, system: &str, text: &str) -> Option<Cells> {
        let of = |first| self.open.get(&(system, first)).into_iter().flatten();
        let mut lines = of(text.as_bytes().first().copied()).chain(of(None));
        lines.find(|(start, _)| text.starts_with(start)).map(|(_, cells)| *cells)
    }

    /// The same; and of a CTV3 code for which the table has no line, what it says of the Read code with the same five
    /// bytes. For tables that withhold: CTV3 began as a copy of Read, and saying too much of a code does no harm there.
    pub(crate) fn code_or_its_twin(&self, coding: &Coding) -> Option<(Cells, bool)> {
        self.code(coding).or_else(|| {
            let twin = (coding.system == CodeSystem::Ctv3).then_some(CodeSystem::ReadV2)?;
            self.find(&twin, &coding.code)
        })
    }

    /// Whether one of the words of a text is in the `word` lines.
    pub(crate) fn has_word(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| self.finds("word", word).is_some())
    }

    /// What a `term` line says of a term that is, begins, ends or goes on like this.
    pub(crate) fn term(&self, term: &str) -> Option<Cells> {
        let term = term.trim().to_lowercase();
        let fits =
            |part: &str, anywhere: bool| if anywhere { term.contains(part) } else { term.ends_with(part) };
        let within = || self.within.iter().find(|(part, anywhere, _)| fits(part, *anywhere));
        self.finds("term", &term).or_else(|| within().map(|(.., cells)| *cells))
    }

    /// Whether a text holds what a `text` line says.
    pub(crate) fn in_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.exact.keys().any(|(system, part)| *system == "text" && text.contains(part))
    }

    fn finds(&self, system: &str, text: &str) -> Option<Cells> {
        self.exact.get(&(system, text)).copied().or_else(|| self.begins(system, text))
    }
}

/// The five bytes of a Read code, whether it came without its dots (EMIS) or with a term code behind (GP2GP).
pub(crate) fn five_bytes(code: &str) -> Cow<'_, str> {
    let code = code.trim().split('-').next().unwrap_or_default();
    match code.char_indices().nth(5) {
        Some((end, _)) => Cow::Borrowed(code.get(..end).unwrap_or_default()),
        None if code.chars().count() == 5 => Cow::Borrowed(code),
        None => Cow::Owned(format!("{code:.<5}")),
    }
}

#[cfg(test)]
mod tests;
