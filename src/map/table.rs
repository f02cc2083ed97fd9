//! The tables under `profiles/codes` that a clinician can read and change, parsed once. This file knows their shape
//! (a header line, commas, quotes where a field has a comma, sorted lines), not what they mean.

use std::collections::HashMap;

use record::{CodeSystem, Coding};

/// The fields of each line after the header.
pub(crate) fn rows(csv: &'static str) -> Vec<Vec<&'static str>> {
    csv.lines().skip(1).filter(|line| !line.is_empty()).map(fields).collect()
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

/// A table with a code in each line: `system,code,…`. Systems are `snomed`, `readv2` and `ctv3`; `word`, `term` and
/// `text` lines hold words instead. A `*` at the end stands for anything that follows.
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
        let system = match coding.system {
            CodeSystem::SnomedCt => "snomed",
            CodeSystem::ReadV2 => "readv2",
            CodeSystem::Ctv3 => "ctv3",
            _ => return None,
        };
        let code = if system == "snomed" { coding.code.clone() } else { five_bytes(&coding.code) };
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
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::coding::tests::is_concept_id;

    const CODES: [(&str, &str); 6] = [
        ("blood_pressure.csv", include_str!("../../profiles/codes/blood_pressure.csv")),
        ("vaccinations.csv", include_str!("../../profiles/codes/vaccinations.csv")),
        ("not_given.csv", include_str!("../../profiles/codes/not_given.csv")),
        ("other_people.csv", include_str!("../../profiles/codes/other_people.csv")),
        ("social_history.csv", include_str!("../../profiles/codes/social_history.csv")),
        ("ethnicity.csv", include_str!("../../profiles/codes/ethnicity.csv")),
    ];
    const KEYED: [(&str, &str); 2] = [
        ("units.csv", include_str!("../../profiles/codes/units.csv")),
        ("vital_signs.csv", include_str!("../../profiles/codes/vital_signs.csv")),
    ];

    #[test]
    fn every_table_is_sorted_without_doubles_and_with_as_many_fields_as_its_header() {
        for (name, csv) in CODES.into_iter().chain(KEYED) {
            let columns = fields(csv.lines().next().unwrap()).len();
            let keys = if CODES.iter().any(|(code, _)| *code == name) { 2 } else { 1 };
            let found: Vec<Vec<&str>> = rows(csv).into_iter().map(|row| row[..keys].to_vec()).collect();
            assert!(found.is_sorted(), "{name} is not sorted");
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{name} has a double");
            for row in rows(csv) {
                assert_eq!(row.len(), columns, "{name}: {row:?}");
            }
        }
    }

    #[test]
    fn every_snomed_id_in_a_table_is_a_concept_with_a_right_check_digit() {
        for (name, csv) in CODES {
            for row in rows(csv) {
                match row[0] {
                    "snomed" => assert!(is_concept_id(row[1]), "{name}: {}", row[1]),
                    "readv2" | "ctv3" => assert!(row[1].len() <= 5, "{name}: {}", row[1]),
                    "word" | "term" | "text" => assert_eq!(row[1], row[1].to_lowercase(), "{name}"),
                    other => panic!("{name}: system {other}"),
                }
            }
        }
        for (name, csv) in KEYED.into_iter().skip(1) {
            for row in rows(csv) {
                assert!(is_concept_id(row[0]), "{name}: {}", row[0]);
            }
        }
    }

    #[test]
    fn a_quoted_field_may_hold_commas_and_the_last_may_be_empty() {
        assert_eq!(fields("a,\"b, c\",d,"), ["a", "b, c", "d", ""]);
        assert_eq!(fields("\"a, b\""), ["a, b"]);
    }

    #[test]
    fn read_codes_are_compared_by_their_five_bytes() {
        assert_eq!(five_bytes("65E"), "65E..");
        assert_eq!(five_bytes("246..00"), "246..");
        assert_eq!(five_bytes("G30-1"), "G30..");
    }
}
