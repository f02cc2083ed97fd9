//! Messages that nobody should send: refused with a reason, without a panic and without being held.

use std::io::{BufRead, BufReader, Read};

use proptest::prelude::*;
use record::{IssueCode, Severity};

use super::*;
use crate::gp2gp::Batch;

fn good() -> String {
    message(
        "UK07",
        &composition(
            &(observation("O", &note("words"))
                + &compound("BATTERY", "B", BLOOD_PRESSURE, &observation("S", NOPAT))),
        ),
    )
}

fn code(xml: &str) -> IssueCode {
    let issue = refused(xml.as_bytes());
    assert_eq!(issue.severity, Severity::Fatal);
    issue.code
}

#[test]
fn document_types_and_entities_are_refused() {
    let laughs =
        r#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>"#;
    let xml = good().replacen("?>\n", &format!("?>\n{laughs}"), 1).replace("words", "&c;");
    assert_eq!(code(&xml), IssueCode::XmlDtd);
    assert_eq!(code(&good().replace("words", "&c;")), IssueCode::XmlDtd);
    assert_eq!(code(&good().replace("Blood pressure", "&nbsp;")), IssueCode::XmlDtd);
    let external = good().replacen("?>\n", "?><!DOCTYPE x SYSTEM \"file:///etc/passwd\">", 1);
    assert_eq!(code(&external), IssueCode::XmlDtd);
}

#[test]
fn predefined_entities_and_character_references_are_characters() {
    let read = read(&good().replace("words", "a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; &#233;&#x41;"));
    assert_eq!(read.statement("o").text[0].expose(), "a <b> & \"c\" 'd' éA");
    assert_eq!(code(&good().replace("words", "&#0;")), IssueCode::XmlMalformed);
    assert_eq!(code(&good().replace("words", "&#8;")), IssueCode::XmlMalformed);
}

#[test]
fn other_encodings_are_refused() {
    assert_eq!(code(&good().replacen("UTF-8", "ISO-8859-1", 1)), IssueCode::Encoding);
    let latin: Vec<u8> =
        good().replace("words", "caf#").bytes().map(|b| if b == b'#' { 0xE9 } else { b }).collect();
    assert_eq!(refused(&latin).code, IssueCode::Encoding);
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(good().bytes().flat_map(|b| [b, 0])).collect();
    assert_eq!(refused(&wide).code, IssueCode::Encoding);
    read(&format!("\u{FEFF}{}", good()));
}

#[test]
fn a_message_that_ends_early_hands_nothing_over() {
    let xml = good();
    for end in (0..xml.len()).step_by(37) {
        let code = refused(&xml.as_bytes()[..end]).code;
        assert!(
            code == IssueCode::Truncated || (end < 40 && code == IssueCode::XmlMalformed),
            "{end}: {code}"
        );
    }
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_line() {
    let issue = refused(good().replacen("</patient>", "</patent>", 1).as_bytes());
    assert_eq!((issue.code, issue.line), (IssueCode::XmlMalformed, 6));
    assert_eq!(code(&format!("{}<more/>", good())), IssueCode::XmlMalformed);
    assert_eq!(code(&format!("{}words", good())), IssueCode::XmlMalformed);
    assert_eq!(
        code(&good().replacen("classCode=\"OBS\"", "classCode=\"OBS\" classCode=\"OBS\"", 1)),
        IssueCode::XmlMalformed
    );
}

#[test]
fn another_root_or_no_extract_is_said() {
    let issue = refused(b"<Bundle xmlns=\"http://hl7.org/fhir\"/>");
    assert_eq!(issue.code, IssueCode::WrongFormat);
    assert!(issue.detail.unwrap().contains("RCMR_IN030000UK07"));
    assert_eq!(code("<EhrExtract/>"), IssueCode::WrongFormat);
    assert_eq!(code("<RCMR_IN030000UK07><ControlActEvent/></RCMR_IN030000UK07>"), IssueCode::ElementMissing);
    let xml = good();
    let subject = &xml[xml.find("<subject").unwrap()..xml.find("</ControlActEvent").unwrap()];
    assert_eq!(
        code(&xml.replacen("</ControlActEvent>", &format!("{subject}</ControlActEvent>"), 1)),
        IssueCode::WrongFormat
    );
}

#[test]
fn depth_attributes_and_tags_have_limits() {
    let deep = "<x>".repeat(300) + &"</x>".repeat(300);
    assert_eq!(
        code(&good().replacen("<recordTarget>", &format!("{deep}<recordTarget>"), 1)),
        IssueCode::TooLarge
    );
    let nested = (0..240)
        .fold(observation("DEEP", ""), |inside, i| compound("CATEGORY", &format!("K{i}"), NO_CODE, &inside));
    assert_eq!(code(&message("UK07", &composition(&nested))), IssueCode::TooLarge);
    let many: String = (0..1_100).map(|i| format!(" a{i}=\"\"")).collect();
    assert_eq!(code(&good().replacen("<EhrExtract", &format!("<EhrExtract{many}"), 1)), IssueCode::TooLarge);
    let long = "a".repeat(70_000);
    assert_eq!(code(&good().replacen("Blood pressure", &long, 1)), IssueCode::TooLarge);
    assert_eq!(
        code(&good().replacen("<EhrExtract", &format!("<EhrExtract a=\"{}\"", "a".repeat(2 << 20)), 1)),
        IssueCode::TooLarge
    );
}

#[test]
fn a_text_that_is_too_long_rejects_its_statement_only() {
    let read = read(&good().replace("words", &"long ".repeat(300_000)));
    assert_eq!(read.rejected.len(), 1);
    assert_eq!(read.rejected[0].code, IssueCode::TooLarge);
    read.statement("b");
}

/// A head, then very much of one byte, then a tail: made while it is read.
fn flood(head: &str, count: u64, tail: &str) -> impl BufRead {
    let (head, tail) = (head.as_bytes().to_vec(), tail.as_bytes().to_vec());
    let much = std::io::repeat(b'a').take(count);
    BufReader::with_capacity(
        1 << 13,
        std::io::Cursor::new(head).chain(much).chain(std::io::Cursor::new(tail)),
    )
}

#[test]
fn a_text_of_a_hundred_megabytes_is_not_held() {
    let document = good().replacen("<component><ObservationStatement", "<component><NarrativeStatement><id root=\"N\"/><text>@</text></NarrativeStatement></component><component><ObservationStatement", 1);
    for (xml, much) in [(document, 100 << 20), (good().replace("words", "@"), 8 << 20)] {
        let (head, tail) = xml.split_once('@').unwrap();
        let mut reader = super::super::xml::Xml::new(flood(head, much, tail), "extract.xml");
        let mut held = 0;
        loop {
            match reader.step(true).unwrap() {
                super::super::xml::Step::Text(text) => held = held.max(text.len()),
                super::super::xml::Step::End => break,
                _ => {}
            }
        }
        assert!(held <= super::super::xml::TEXT, "{held}");
        assert_eq!(reader.bytes(), much + head.len() as u64 + tail.len() as u64);
    }
    let (head, tail) = (good().replace("words", "@"), good());
    let head = head.split_once('@').unwrap().0.to_owned() + "<!--";
    let endless = extract::message(flood(&head, 100 << 20, &tail), "extract.xml");
    assert_eq!(endless.unwrap_err().code, IssueCode::TooLarge, "a comment has no end either");
}

#[test]
fn issues_hold_no_value_of_the_message() {
    let secret = "zzsecretzz";
    for xml in [
        good().replace("20200501", secret),
        good().replace("163020007", secret),
        good().replace("NOPAT", secret),
        good().replace(NHS_NUMBER, secret),
        good().replace("COMPLETE", secret),
        good().replacen("<recordTarget>", &format!("<{secret}><recordTarget>"), 1),
        good().replace("words", &format!("&{secret};")),
    ] {
        let issues = match extract::message(xml.as_bytes(), "extract.xml") {
            Ok(extract) => {
                let read = collect(extract);
                read.rejected.into_iter().chain(read.warnings).collect()
            }
            Err(issue) => vec![*issue],
        };
        assert!(!issues.is_empty());
        assert!(issues.iter().all(|issue| !issue.to_string().to_lowercase().contains(secret)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = extract::message(bytes.as_slice(), "extract.xml");
        let _ = extract::outline(bytes.as_slice(), "extract.xml");
    }

    #[test]
    fn no_change_to_a_message_makes_it_panic_or_leave_a_link_open(
        cuts in proptest::collection::vec((0usize..4_000, 0usize..40, "[<>/&;\"'=a-z0-9 !\\[\\]-]{0,6}"), 1..5)
    ) {
        let mut xml = message("UK07", &(composition(&(observation("O", &note("Value: 5")) + &observation("P", NOPAT))) + &composition(&observation("P", ""))));
        for (at, length, with) in cuts {
            let at = at.min(xml.len());
            let end = (at + length).min(xml.len());
            xml.replace_range(at..end, &with);
        }
        if let Ok(extract) = extract::message(xml.as_bytes(), "extract.xml") {
            collect(extract);
        }
    }

    #[test]
    fn the_same_message_says_the_same_twice_however_it_arrives(size in 1usize..64) {
        let xml = good();
        let once = collect(extract::message(xml.as_bytes(), "extract.xml").unwrap());
        let pieces = BufReader::with_capacity(size, xml.as_bytes());
        let twice = collect(extract::message(pieces, "extract.xml").unwrap());
        prop_assert_eq!(once.entries, twice.entries);
    }
}

#[test]
fn parts_of_large_messages_and_what_is_wrapped_round_them_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let base64 = "H4sIAAAAAAAAA".repeat(9);
    for (name, content, words) in [
        ("mime.xml", "----=_MIME\r\nContent-Type: text/xml\r\n\r\n<RCMR_IN030000UK07/>", "several parts"),
        ("attachment.xml", base64.as_str(), "put the message together"),
        ("inbound.xml", "{\"ebXML\": \"<Envelope/>\"}", "XML payload"),
        ("fragment.xml", "<COPC_IN000001UK01 xmlns=\"urn:hl7-org:v3\"/>", "put the message together"),
        (
            "envelope.xml",
            "<soap:Envelope xmlns:soap=\"x\"><Body/></soap:Envelope>",
            "payload that came with it",
        ),
        ("request.xml", "<RCMR_IN010000UK05/>", "holds none"),
        ("bare.xml", "<EhrExtract xmlns=\"urn:hl7-org:v3\"/>", "whole RCMR_IN030000UK06"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let issues = Batch::open(&record::OdsCode::unknown(), &[path]).unwrap_err();
        assert_eq!(issues.len(), 1, "{name}");
        assert_eq!((issues[0].code, issues[0].severity), (IssueCode::WrongFormat, record::Severity::Fatal));
        let detail = issues[0].detail.as_deref().unwrap();
        assert!(detail.contains(words), "{name}: {detail}");
    }
}

#[test]
fn a_nul_between_elements_refuses_the_message() {
    let xml = good().replacen("><", ">\0<", 1);
    let refused = extract::message(xml.as_bytes(), "extract.xml").unwrap_err();
    assert_eq!(refused.code, IssueCode::XmlMalformed);
}
