//! One line or element of a hundred megabytes neither fills the memory nor passes.

use std::{fs, io::Write, path::Path};

use super::{
    run_measured,
    site::{Site, folder_with, message, small},
};

const MEGABYTE: usize = 1 << 20;
const LONG: usize = 100;
/// Kilobytes; the command itself, built without optimisation, holds some ten thousand.
const MOST: u64 = 300 * 1024;

/// `before`, a hundred megabytes of `x`, `after`.
fn write_long(path: &Path, before: &str, after: &str) {
    let mut file = fs::File::create(path).unwrap();
    file.write_all(before.as_bytes()).unwrap();
    let piece = vec![b'x'; MEGABYTE];
    (0..LONG).for_each(|_| file.write_all(&piece).unwrap());
    file.write_all(after.as_bytes()).unwrap();
}

fn load(site: &Site, format: &str, path: &Path) -> super::Ran {
    let config = site.config();
    let (ran, most) = run_measured(&Site::arguments(&config, format, path.to_str().unwrap()));
    assert!((5_000..MOST).contains(&most), "{most} kB");
    ran
}

#[test]
fn a_line_of_a_hundred_megabytes_is_refused_in_bounded_memory() {
    let site = Site::new();
    for (name, quote) in [("quoted", "\""), ("bare", "")] {
        let export = small().copy(&site.path(name));
        let path = export.file("CareRecord_Observation");
        let text = fs::read_to_string(&path).unwrap();
        write_long(&path, &format!("{text}{quote}"), &format!("{quote}\r\n"));
        let line = text.matches('\n').count() + 1;
        let place = format!("{}:{line}: too-large", export.name("CareRecord_Observation"));
        load(&site, "emis-csv", &export.dir).says(&[&place, "missing quote"]);
        site.is_empty();
    }
}

/// T66: a hole in a file costs no disk, and is read as a line of a gigabyte.
#[test]
fn t66_a_line_of_a_gigabyte_is_refused_in_bounded_memory() {
    let site = Site::new();
    let export = small().copy(&site.path("hole"));
    let path = export.file("CareRecord_Observation");
    let text = fs::read_to_string(&path).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(text.len() as u64 + (1 << 30)).unwrap();
    let line = text.matches('\n').count() + 1;
    let place = format!("{}:{line}: too-large", export.name("CareRecord_Observation"));
    load(&site, "emis-csv", &export.dir).says(&[&place, "missing quote"]);
    site.is_empty();
}

#[test]
fn an_attribute_or_a_comment_of_a_hundred_megabytes_is_refused_in_bounded_memory() {
    let site = Site::new();
    let (before, after) = message().split_once("</EhrExtract>").unwrap();
    for (begin, end) in [("<x y=\"", "\"/>"), ("<!--", "-->"), ("<", "/>")] {
        let folder = folder_with(&site, "long.xml", b"");
        write_long(
            &folder.join("long.xml"),
            &format!("{before}{begin}"),
            &format!("{end}</EhrExtract>{after}"),
        );
        load(&site, "gp2gp", &folder).says(&["long.xml:", "too-large"]);
        site.is_empty();
    }
}

#[test]
fn a_text_of_a_hundred_megabytes_is_left_out_in_bounded_memory() {
    let site = Site::new();
    let (before, after) = message().split_once("</EhrExtract>").unwrap();
    let folder = folder_with(&site, "long.xml", b"");
    write_long(&folder.join("long.xml"), &format!("{before}<x>"), &format!("</x></EhrExtract>{after}"));
    let ran = load(&site, "gp2gp", &folder);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    site.has_nothing_open();
}
