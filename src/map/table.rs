//! The tables under `profiles/codes` that a clinician can read and change, parsed once. This file knows their shape
//! (lines with # that say what it is, a header line, commas, quotes where a field has a comma, sorted lines), not what
//! they mean.

use std::collections::HashMap;

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
/// `word`, `term` and `text` lines hold words instead. A `*` at the end stands for anything that follows.
pub(crate) struct CodeTable {
    exact: HashMap<(&'static str, &'static str), &'static [&'static str]>,
    open: Vec<(&'static str, &'static str, &'static [&'static str])>,
}

impl CodeTable {
    pub(crate) fn parse(csv: &'static str) -> Self {
        let mut table = Self { exact: HashMap::new(), open: Vec::new() };
        for row in rows(csv) {
            let row: &'static [&'static str] = row.leak();
            let [system, code, rest @ ..] = row else { continue };
            match code.strip_suffix('*') {
                Some(start) => table.open.push((system, start, rest)),
                None => _ = table.exact.insert((system, code), rest),
            }
        }
        table
    }

    /// What the table says of a code, and whether it names that very code (not only a chapter).
    pub(crate) fn code(&self, coding: &Coding) -> Option<(&'static [&'static str], bool)> {
        self.find(&coding.system, &coding.code)
    }

    /// The same, of a code without its words.
    pub(crate) fn find(&self, system: &CodeSystem, code: &str) -> Option<(&'static [&'static str], bool)> {
        let system = match system {
            _ if is_description_id(system, code) => "snomed-description",
            CodeSystem::SnomedCt => "snomed",
            CodeSystem::ReadV2 => "readv2",
            CodeSystem::Ctv3 => "ctv3",
            _ => return None,
        };
        let code = if system.starts_with("snomed") { code.to_owned() } else { five_bytes(code) };
        if let Some(cells) = self.exact.get(&(system, code.as_str())) {
            return Some((cells, true));
        }
        let open = self.open.iter().find(|(of, start, _)| *of == system && code.starts_with(start));
        open.map(|(_, _, cells)| (*cells, false))
    }

    /// The same; and of a CTV3 code for which the table has no line, what it says of the Read code with the same five
    /// bytes. For tables that withhold: CTV3 began as a copy of Read, and saying too much of a code does no harm there.
    pub(crate) fn code_or_its_twin(&self, coding: &Coding) -> Option<(&'static [&'static str], bool)> {
        self.code(coding).or_else(|| {
            let twin = (coding.system == CodeSystem::Ctv3).then_some(CodeSystem::ReadV2)?;
            self.code(&Coding { system: twin, ..coding.clone() })
        })
    }

    /// Whether one of the words of a text is in the `word` lines.
    pub(crate) fn has_word(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| self.finds("word", word).is_some())
    }

    /// What a `term` line says of a term that is, or begins, like this.
    pub(crate) fn term(&self, term: &str) -> Option<&'static [&'static str]> {
        self.finds("term", &term.trim().to_lowercase())
    }

    /// Whether a text holds what a `text` line says.
    pub(crate) fn in_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.exact.keys().any(|(system, part)| *system == "text" && text.contains(part))
    }

    fn finds(&self, system: &str, text: &str) -> Option<&'static [&'static str]> {
        let open = || self.open.iter().find(|(of, start, _)| *of == system && text.starts_with(start));
        self.exact.get(&(system, text)).copied().or_else(|| open().map(|(_, _, cells)| *cells))
    }
}

/// The five bytes of a Read code, whether it came without its dots (EMIS) or with a term code behind (GP2GP).
pub(crate) fn five_bytes(code: &str) -> String {
    format!("{:.<5}", code.trim().split('-').next().unwrap_or_default().chars().take(5).collect::<String>())
}

#[cfg(test)]
mod tests;
