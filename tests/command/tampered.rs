//! GP2GP messages that are broken or hostile.

use std::fs;

use super::{
    refusals::Sites,
    site::{folder_with, message},
};

#[test]
fn a_message_that_ends_before_its_end_is_refused_wherever_it_was_cut() {
    let sites = Sites::new();
    let text = message();
    for (cut, code) in [
        (text.len() / 10, "truncated"),
        (text.len() / 2, "truncated"),
        (text.trim_end().len() - 3, "truncated"),
    ] {
        let cut = (cut..).find(|at| text.is_char_boundary(*at)).unwrap();
        let folder = folder_with(&sites.empty, "cut.xml", &text.as_bytes()[..cut]);
        let line = format!("cut.xml:{}: {code}", text[..cut].matches('\n').count() + 1);
        sites.refuse("gp2gp", &folder, &[&line, "send the file again"]);
    }
    let folder = folder_with(&sites.empty, "cut.xml", b"");
    sites.refuse("gp2gp", &folder, &["cut.xml"]);
}

#[test]
fn a_document_type_is_refused_before_any_entity_could_grow() {
    let sites = Sites::new();
    let body = message().split_once("?>").map_or(message(), |(_, body)| body);
    let laughs: String =
        (1..12).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    for (name, dtd) in [
        ("empty.xml", "<!DOCTYPE RCMR_IN030000UK06>".to_owned()),
        ("laughs.xml", format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}]>")),
        ("outside.xml", "<!DOCTYPE x [<!ENTITY l11 SYSTEM \"file:///etc/hostname\">]>".to_owned()),
    ] {
        let used = body.replacen("<originalText>", "<originalText>&l11;", 1);
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{dtd}{used}");
        let folder = folder_with(&sites.empty, name, text.as_bytes());
        sites.refuse("gp2gp", &folder, &[name, "xml-dtd", "send the message without"]);
        fs::remove_file(folder.join(name)).unwrap();
    }
    let used = message().replacen("</EhrExtract>", "&l11;</EhrExtract>", 1);
    assert_ne!(used, message());
    let folder = folder_with(&sites.empty, "entity.xml", used.as_bytes());
    sites.refuse("gp2gp", &folder, &["entity.xml:", "xml-"]);
}

#[test]
fn one_broken_message_refuses_all_that_were_sent_with_it() {
    let sites = Sites::new();
    folder_with(&sites.empty, "good.xml", message().as_bytes());
    let folder = folder_with(&sites.empty, "broken.xml", &message().as_bytes()[..4000]);
    sites.refuse("gp2gp", &folder, &["broken.xml:"]);
}
