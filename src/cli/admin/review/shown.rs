//! A text on a terminal, with what was found in it underlined.

use policy::{FoundText, SpanFound};

/// Prints a text line by line, under each line what was found there, and the rules at the end.
pub(super) fn text(found: &FoundText) {
    say!("");
    for line in underlined(found) {
        say!("  {line}");
    }
    for SpanFound { start, end, kind, rule } in &found.spans {
        say!("  {:>5}-{:<5} {kind}, by {rule}", start, end);
    }
}

/// The lines of a text, each that holds a part of a span followed by one that marks it with `^`. Characters that would
/// move the terminal's cursor are shown as `?`.
fn underlined(found: &FoundText) -> Vec<String> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in found.text.split('\n') {
        let length = line.chars().count();
        let plain: String = line.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        let marked = |point: usize| found.spans.iter().any(|span| (span.start..span.end).contains(&point));
        let marks: String = (at..at + length).map(|point| if marked(point) { '^' } else { ' ' }).collect();
        lines.push(plain);
        if marks.contains('^') {
            lines.push(marks.trim_end().to_owned());
        }
        at += length + 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, spans: &[(usize, usize)]) -> FoundText {
        let span = |(start, end): &(usize, usize)| SpanFound {
            start: *start,
            end: *end,
            kind: "who".to_owned(),
            rule: "rule".to_owned(),
        };
        FoundText { text: text.to_owned(), spans: spans.iter().map(span).collect() }
    }

    #[test]
    fn what_was_found_is_underlined_in_code_points_on_its_own_line() {
        let lines = underlined(&found("Café with Zoë.\nShe rang", &[(10, 13), (15, 18)]));
        assert_eq!(lines, ["Café with Zoë.", "          ^^^", "She rang", "^^^"]);
    }

    #[test]
    fn a_text_cannot_move_the_cursor_and_one_without_finds_has_no_marks() {
        assert_eq!(underlined(&found("a\u{1b}[2Jb", &[])), ["a?[2Jb"]);
    }
}
