//! Envelopes, characters, and what nobody vouches for.

use std::io::{BufReader, Cursor, Read};

use proptest::prelude::*;
use record::IssueCode;

use super::{
    super::{interchange, syntax::Segments},
    interchange as written, message, read, refused, report, try_read,
};

const RESULT: &str = "GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::g/L'";

#[test]
fn a_cut_or_miscounted_interchange_is_refused_whole() {
    let good = report(&[RESULT]);
    assert_eq!(read(&good).guests.len(), 1);
    for (from, to, code) in [
        ("UNZ+1+", "UNZ+2+", IssueCode::Truncated),
        ("UNZ+1+00000007", "UNZ+1+00000008", IssueCode::Truncated),
        ("+1'UNZ", "+2'UNZ", IssueCode::Truncated),
        ("UNT+", "UNT+1", IssueCode::Truncated),
        ("UNH+1+", "UNH++", IssueCode::ElementMissing),
        ("UNB+UNOB:1", "UNB+UNOZ:1", IssueCode::Encoding),
        ("+00000007++", "+SEVEN++", IssueCode::WrongFormat),
        ("+LAB1:80", "+", IssueCode::ElementMissing),
        ("240301:1201", "241301:1201", IssueCode::DateInvalid),
        ("++MEDRPT'", "++MEDRPT++++1'", IssueCode::WrongFormat),
    ] {
        assert!(good.contains(from), "{from}");
        assert_eq!(refused(good.replacen(from, to, 1).as_bytes()), code, "{from} → {to}");
    }
    for end in 0..good.len() - 1 {
        assert!(try_read(&good.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_broken_interchange_after_a_good_one_refuses_the_file() {
    let good = report(&[RESULT]);
    assert_eq!(refused(format!("{good}{}", good.replace("UNZ+1", "UNZ+3")).as_bytes()), IssueCode::Truncated);
    assert_eq!(refused(format!("{good}and more'").as_bytes()), IssueCode::WrongFormat);
}

#[test]
fn other_messages_are_refused_by_name() {
    for (from, to, says) in [
        ("NHS003", "NHS002", "NHS002 is not read"),
        ("NHS003", "NHS004", "NHS004 is not read"),
        ("MEDRPT:0:1:RT:NHS003", "NHSACK:0:1:FH:NHS001", "NHS001 is not read"),
        ("MEDRPT:0:1:RT:NHS003", "ORDERS:D:96A:UN", "only MEDRPT:0:1:RT:NHS003"),
    ] {
        let issues = try_read(report(&[RESULT]).replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(issues[0].code, IssueCode::WrongFormat);
        assert!(issues[0].to_string().contains(says), "{}", issues[0]);
    }
    assert_eq!(refused(b"MSH|^~\\&|LAB'"), IssueCode::WrongFormat);
    assert_eq!(refused(b""), IssueCode::Truncated);
}

#[test]
fn service_characters_are_those_that_una_names() {
    let usual = read(&format!("UNA:+.? '{}", report(&[RESULT])));
    assert_eq!(usual.guests.len(), 1);
    let comma = report(&[RESULT]).replace("RSL+NV+2++", "RSL+NV+2,5++");
    assert_eq!(read(&format!("UNA:+,? '{comma}")).guests.len(), 1);
    let other: String = report(&[RESULT])
        .chars()
        .map(|c| match c {
            ':' => '|',
            '+' => '*',
            '\'' => '~',
            c => c,
        })
        .collect();
    let read = read(&format!("UNA|*.! ~\r\n{other}"));
    assert_eq!(read.guests.len(), 1);
    for una in ["UNA::.? '", "UNA:+A? '", "UNAab.? '", "UNA:+.+ '", "UNA:+"] {
        assert!(try_read(format!("{una}{other}").as_bytes()).is_err(), "{una}");
    }
}

#[test]
fn line_ends_may_stand_anywhere() {
    let text = report(&[RESULT]);
    let after_each = text.replace('\'', "'\r\n");
    let wrapped: String =
        text.as_bytes().chunks(37).map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect();
    let plain = read(&text);
    for other in [after_each, wrapped] {
        let read = read(&other);
        assert_eq!(read.guests, plain.guests);
    }
}

#[test]
fn characters_beyond_the_declared_set_are_read_as_what_they_are_and_told() {
    let with = |charset: &str, unit: &[u8]| {
        let text = report(&["GIS+N'INV+MQ+1.:911::x'RSL+NV+2++:::#mol/L'"]).replace("UNOB", charset);
        let (before, after) = text.split_once('#').unwrap();
        let read = try_read(&[before.as_bytes(), unit, after.as_bytes()].concat()).unwrap();
        let Some(record::Value::Quantity(quantity)) = &read.statement("1.~1").value else { panic!() };
        (quantity.unit.clone().unwrap(), read.warnings.len())
    };
    assert_eq!(with("UNOC", b"\xb5"), ("µmol/L".to_owned(), 0));
    assert_eq!(with("UNOA", b"\xb5"), ("µmol/L".to_owned(), 1));
    assert_eq!(with("UNOB", "µ".as_bytes()), ("µmol/L".to_owned(), 1));
    assert_eq!(with("UNOW", "µ".as_bytes()), ("µmol/L".to_owned(), 0));
    assert_eq!(with("UNOA", b"u"), ("umol/L".to_owned(), 0));
    let control = report(&[RESULT]).replace("::x", "::x\u{1}");
    assert_eq!(refused(control.as_bytes()), IssueCode::Encoding);
}

/// The code for which a file is refused that never ends.
fn endless(head: &str, again: &'static str) -> IssueCode {
    let source = BufReader::new(Cursor::new(head.to_owned()).chain(Again(again.as_bytes(), 0)));
    let mut segments = Segments::new(source, "x");
    loop {
        match interchange::read(&mut segments) {
            Ok(read) => assert!(read.is_some(), "it has ended"),
            Err(issue) => return issue.code,
        }
    }
}

/// The same bytes for ever.
struct Again(&'static [u8], usize);

impl Read for Again {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(into.len())
    }
}

#[test]
fn endless_segments_and_endless_messages_are_refused() {
    let head = "UNB+UNOB:1+LAB1:80+GP1:80+240301:1201+7++MEDRPT'UNH+1+MEDRPT:0:1:RT:NHS003'";
    for again in ["A", "?A", ":", "+", "A\r\n", "FTX+SPC+++AAAA'", "S20+20'"] {
        assert_eq!(endless(&format!("{head}FTX+SPC+++"), again), IssueCode::TooLarge, "{again}");
    }
    assert_eq!(endless(head, "'"), IssueCode::WrongFormat);
    assert_eq!(endless("UNA", ":"), IssueCode::WrongFormat);
}

#[test]
fn no_issue_repeats_anything_of_the_file() {
    for text in [
        report(&["GIS+N'INV+MQ+SECRET:911::SECRET'RSL+NV+SECRET++:::SECRET'"]),
        report(&[
            "GIS+N'INV+MQ+1.:911::x'RSL+NV+1++:::g+SECRET'STS++SECRET'S20'RND+U+SECRET'RFF+ARL:SECRET'",
        ]),
        report(&[RESULT]).replace("9990000018", "SECRET").replace("LAB1", "SECRET"),
        report(&[RESULT]).replace("UNT+", "UNT+SECRET"),
        "SECRET'".to_owned(),
    ] {
        let issues = match try_read(text.as_bytes()) {
            Ok(read) => [read.rejected, read.warnings].concat(),
            Err(issues) => issues,
        };
        assert!(!issues.is_empty());
        assert!(issues.iter().all(|issue| !issue.to_string().contains("SECRET")), "{issues:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = try_read(&bytes);
    }

    #[test]
    fn a_message_with_a_damaged_byte_is_read_with_as_many_rows_or_refused(at in 0usize..600, byte in any::<u8>()) {
        let mut bytes = written("7", &[message(&[RESULT, RESULT])]).into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(read) = try_read(&bytes) {
            prop_assert!(read.guests.len() + read.rejected.len() <= 3);
        }
    }
}

#[test]
fn an_interchange_for_another_practice_is_told_of_and_a_mailbox_that_names_nobody_is_not() {
    let warned = |mailbox: &str, recipient: &str| {
        let text = report(&[RESULT])
            .replace("GP1:80", mailbox)
            .replace("NAD+PO+G1:900", &format!("NAD+MR+{recipient}"));
        let wrong = |issue: &&record::Issue| issue.code == IssueCode::WrongPractice;
        read(&text).warnings.iter().filter(wrong).count()
    };
    assert_eq!(warned("Y99997:80", "G1:900"), 1);
    assert_eq!(warned("000000004400001:80", "Y99997:901"), 1);
    assert_eq!(warned("Y99997:80", "y99999:901"), 0, "one of them is the practice");
    assert_eq!(warned("000000004400001:80", "G3380314:900"), 0, "neither names a practice");
    assert_eq!(warned("Y99999:80", "G3380314:900"), 0);
}
