//! A data-quality report as one page for a browser: plain HTML, no script, nothing loaded from anywhere, good to print.

use std::fmt::Write as _;

use project::quality::{CodeRow, Counted, UnitRow};

use super::sheet::{Sheet, age, shared, why, withheld};

const STYLE: &str = include_str!("page.css");

/// The page.
pub(crate) fn page(sheet: &Sheet) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n");
    let title = format!("Data quality of {}", escaped(&sheet.practice));
    let _ = write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}: {what}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <p class=\"soft\">{what}, {day}</p>\n",
        what = sheet.of_what(),
        day = sheet.day(),
    );
    let parts = parts(sheet);
    out.push_str("<nav aria-label=\"On this page\"><ul>\n");
    for part in &parts {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", part.id, part.title);
    }
    out.push_str("</ul></nav>\n</header>\n<main>\n");
    numbers(sheet, &mut out);
    for part in &parts {
        let _ = write!(
            out,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<p>{about}</p>\n{body}</section>\n",
            id = part.id,
            title = part.title,
            about = part.about,
            body = part.body,
        );
    }
    out.push_str(
        "</main>\n<footer>\n<p class=\"soft\">Made by recordgate. Units and codes are shown as they were sent if they \
         look like units and codes; what a person may have typed is only counted. Places are file:line, for \
         <code>recordgate trace --row</code>.</p>\n</footer>\n</body>\n</html>\n",
    );
    out
}

struct Part {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    body: String,
}

fn parts(sheet: &Sheet) -> Vec<Part> {
    let quality = &sheet.quality;
    let mut parts = vec![
        Part {
            id: "told",
            title: "What was told of rows",
            about: "How often each problem occurred, by file and field. Rejected rows are not in the record; all others are.",
            body: told(sheet),
        },
        Part {
            id: "people",
            title: "People of whom there are several records",
            about: "Two feeds of the practice tell of a patient with the same NHS number. Only one of the records is served, that \
                    of the practice's own system if it has one; what either marks is hidden in both. Where it is open whose \
                    the number is, none is served until the practice has corrected that.",
            body: people(sheet),
        },
        Part {
            id: "waiting",
            title: "What waits",
            about: "Entries that name a code, a patient or another entry that has not come yet, the oldest first. \
                    They are shown to nobody until it comes. What has waited for several batches will hardly come by \
                    itself: ask the supplier to send it again.",
            body: waiting(sheet),
        },
        Part {
            id: "units",
            title: "Units that are not understood",
            about: "The value is served with the unit in words, which an app cannot compare or chart. A row in \
                    <code>profiles/codes/units.csv</code> gives the spelling its UCUM code, if it is certain what was meant.",
            body: units(sheet),
        },
        Part {
            id: "codes",
            title: "Codes without a SNOMED CT concept",
            about: "They are served in their own system. Apps that look for SNOMED CT do not find them, and vaccinations \
                    among them may not be recognised.",
            body: codes(sheet),
        },
        Part {
            id: "became",
            title: "What entries became",
            about: "Resources by type and by the profile that each claims, and entries that became none.",
            body: became(sheet),
        },
        Part {
            id: "withheld",
            title: "What is withheld",
            about: "Resources that no app gets, whatever access was granted. One may have several reasons.",
            body: table(
                "Withheld resources by reason",
                &["How many", "Reason", "What it means"],
                quality
                    .withheld
                    .iter()
                    .map(|(code, count)| vec![number(*count), code_cell(code), cell(withheld(code))]),
            ),
        },
        Part {
            id: "understood",
            title: "What was mapped to what",
            about: "The most frequent units and codes that are understood. Have a clinician look over these once.",
            body: understood(sheet),
        },
    ];
    let files = files(sheet);
    parts.insert(0, Part { id: "files", title: "Files", about: files.0, body: files.1 });
    parts
}

fn numbers(sheet: &Sheet, out: &mut String) {
    let quality = &sheet.quality;
    let mut all: Vec<(&str, u64, bool)> = Vec::new();
    if let Some([rows, stored, unchanged, parked, rejected]) = sheet.totals() {
        all.extend([
            ("rows read", rows, false),
            ("stored", stored, false),
            ("unchanged", unchanged, false),
            ("parked", parked, parked > 0),
            ("rejected", rejected, rejected > 0),
        ]);
    }
    let waiting: u64 = quality.waiting.iter().map(|row| row.counted.count).sum();
    let beside: u64 = quality.shared.iter().map(|row| row.counted.count).sum();
    all.extend([
        ("patients", quality.patients, false),
        ("entries", quality.entries, false),
        ("entries that wait", waiting, waiting > 0),
        ("records beside others of a person", beside, beside > 0),
    ]);
    out.push_str("<dl class=\"numbers\">\n");
    for (name, count, warn) in all {
        let class = if warn { " class=\"warn\"" } else { "" };
        let _ = writeln!(out, "<div{class}><dt>{name}</dt><dd>{}</dd></div>", grouped(count));
    }
    out.push_str("</dl>\n");
}

fn files(sheet: &Sheet) -> (&'static str, String) {
    if let Some(rows) = &sheet.rows {
        let rows = rows.iter().filter(|(_, file)| file.rows > 0).map(|(name, file)| {
            let counts = [file.rows, file.stored, file.unchanged, file.parked, file.rejected];
            let mut cells = vec![head(name)];
            cells.extend(counts.map(number));
            cells
        });
        let columns = ["File", "Rows", "Stored", "Unchanged", "Parked", "Rejected"];
        let about = "Every row is in exactly one of the four columns on the right.";
        return (about, table("Rows of each file by what became of them", &columns, rows));
    }
    let rows =
        sheet.quality.files.iter().map(|row| vec![head(&row.file), number(row.entries), number(row.waiting)]);
    let about =
        "Entries by the file in which each was last read: what a later file repeated is counted there.";
    (about, table("Entries of each file", &["File", "Entries", "Of these, waiting"], rows))
}

fn told(sheet: &Sheet) -> String {
    let rows = sheet.told.iter().take(200).map(|row| {
        let field = row.field.as_deref().unwrap_or("");
        vec![
            number(row.count),
            code_cell(row.code.code()),
            code_cell(field),
            cell(&row.file),
            cell(row.code.advice()),
        ]
    });
    table("Problems by file and field", &["How often", "Code", "Field", "File", "What to do"], rows)
}

fn people(sheet: &Sheet) -> String {
    let rows = sheet.quality.shared.iter().map(|row| {
        vec![number(row.counted.count), code_cell(row.state), cell(&shared(row)), at(&row.counted)]
    });
    table(
        "Records with an NHS number that another has too",
        &["How many", "State", "Whose, and what becomes of it", "For example"],
        rows,
    )
}

fn waiting(sheet: &Sheet) -> String {
    let rows =
        sheet.quality.waiting.iter().map(|row| {
            vec![number(row.counted.count), code_cell(row.code), cell(&age(row)), at(&row.counted)]
        });
    table(
        "Waiting entries by what for and how long",
        &["How many", "Waits for", "How long", "For example"],
        rows,
    )
}

fn units(sheet: &Sheet) -> String {
    let quality = &sheet.quality;
    let unit = |row: &UnitRow| {
        let meant = row.ucum.map_or(String::new(), |ucum| format!("<code>{}</code>?", escaped(ucum)));
        vec![number(row.counted.count), code_cell(&row.sent), format!("<td>{meant}</td>"), at(&row.counted)]
    };
    let columns = ["How often", "As sent", "Perhaps meant", "For example"];
    let mut out = table("Units without a UCUM code", &columns, quality.unknown_units.iter().map(unit));
    other(&mut out, &quality.other_units, "with a unit that does not look like one, and is not shown here");
    out
}

fn codes(sheet: &Sheet) -> String {
    let quality = &sheet.quality;
    let rows = quality.codes_without_concept.iter().map(code_row);
    let mut out = table("Codes without a concept", &CODE_COLUMNS, rows);
    other(
        &mut out,
        &quality.other_codes,
        "with a code that does not look like one of its system, and is not shown here",
    );
    other(&mut out, &quality.without_code, "without a code, or with one that has not come yet");
    out
}

fn became(sheet: &Sheet) -> String {
    let quality = &sheet.quality;
    let made = quality.became.iter().map(|(name, count)| vec![number(*count), cell(name)]);
    let none =
        quality.not_mapped.iter().map(|(code, count)| vec![number(*count), code_cell(code), cell(why(code))]);
    table("Resources", &["How many", "Type and profile"], made)
        + &table("Entries that became no resource", &["How many", "Reason", "What it means"], none)
}

const CODE_COLUMNS: [&str; 6] = ["How often", "System", "Code", "Term", "Became", "For example"];

fn understood(sheet: &Sheet) -> String {
    let quality = &sheet.quality;
    let unit = |row: &UnitRow| {
        vec![number(row.counted.count), code_cell(&row.sent), code_cell(row.ucum.unwrap_or_default())]
    };
    table("Units", &["How often", "As sent", "UCUM"], quality.units.iter().take(100).map(unit))
        + &table("Codes", &CODE_COLUMNS, quality.codes.iter().take(100).map(code_row))
}

fn code_row(row: &CodeRow) -> Vec<String> {
    let became: Vec<String> = row
        .became
        .iter()
        .map(
            |(what, count)| {
                if row.became.len() > 1 { format!("{what}: {}", grouped(*count)) } else { what.clone() }
            },
        )
        .collect();
    vec![
        number(row.counted.count),
        cell(row.system),
        code_cell(&row.code),
        cell(row.term.as_deref().unwrap_or("")),
        cell(&became.join("; ")),
        at(&row.counted),
    ]
}

fn other(out: &mut String, counted: &Counted, words: &str) {
    if counted.count > 0 {
        let place = counted
            .example
            .as_ref()
            .map_or(String::new(), |at| format!(", such as <code>{}:{}</code>", escaped(&at.file), at.line));
        let _ = writeln!(out, "<p>And {} {words}{place}.</p>", grouped(counted.count));
    }
}

/// A table, or a word that there is nothing. Cells come with their own element.
fn table(caption: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let body: Vec<String> = rows.map(|cells| format!("<tr>{}</tr>\n", cells.concat())).collect();
    if body.is_empty() {
        return format!("<p class=\"none\">{caption}: none.</p>\n");
    }
    let region = "class=\"wide\" tabindex=\"0\" role=\"region\"";
    let mut out =
        format!("<div {region} aria-label=\"{caption}\"><table>\n<caption>{caption}</caption>\n<thead><tr>");
    for column in columns {
        let counts =
            ["How often", "How many", "Rows", "Stored", "Unchanged", "Parked", "Rejected", "Entries"];
        let class =
            if counts.contains(column) || column.starts_with("Of these") { " class=\"n\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}>{column}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    out.push_str(&body.concat());
    out.push_str("</tbody>\n</table></div>\n");
    out
}

fn head(text: &str) -> String {
    format!("<th scope=\"row\">{}</th>", escaped(text))
}

fn cell(text: &str) -> String {
    format!("<td>{}</td>", escaped(text))
}

fn code_cell(text: &str) -> String {
    if text.is_empty() {
        "<td></td>".to_owned()
    } else {
        format!("<td class=\"c\"><code>{}</code></td>", escaped(text))
    }
}

fn number(count: u64) -> String {
    format!("<td class=\"n\">{}</td>", grouped(count))
}

fn at(counted: &Counted) -> String {
    let place = counted.example.as_ref().map_or(String::new(), |at| format!("{}:{}", at.file, at.line));
    format!("<td class=\"at\">{}</td>", escaped(&place))
}

/// `1234567` as `1,234,567`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A text inside an element or an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use project::quality::{Example, Summary};

    use super::*;

    #[test]
    fn numbers_are_grouped_and_texts_escaped() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0, 999, 1000, 1_234_567].map(grouped).as_slice());
        assert_eq!(escaped("<a href='x'>&\"\u{7}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot; ");
    }

    #[test]
    fn what_a_file_is_called_or_a_unit_spelled_never_becomes_markup() {
        let nasty = "<script>alert(1)</script>.csv";
        let counted = Counted { count: 3, example: Some(Example { file: nasty.to_owned(), line: 1 }) };
        let unit = UnitRow { sent: "<b>/L".into(), ucum: None, counted: counted.clone() };
        let quality = Summary { unknown_units: vec![unit], other_units: counted, ..Summary::default() };
        let sheet = Sheet {
            practice: "Y99999".into(),
            made: jiff::Timestamp::UNIX_EPOCH,
            batch: None,
            batches: 1,
            rows: None,
            told: vec![],
            quality,
        };
        let page = page(&sheet);
        assert!(page.contains("&lt;script&gt;") && page.contains("<code>&lt;b&gt;/L</code>"));
        for never in ["<script", "<b>", "http://", "https://", "src=", "url(", " on"] {
            let found = page.split(STYLE).any(|part| part.contains(never) && never != " on");
            assert!(!found, "{never}");
        }
    }
}
