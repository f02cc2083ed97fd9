//! What does not depend on patients: the organisation, its staff, lists, and the manifest.

use std::{io, path::Path};

use super::{
    columns::{CONTENT, MANIFEST, MAPPING, ORGANISATION, PROFILE, STAFF, Table},
    file::{Field, File},
};
use crate::{Options, practice::Practice};

/// The number of the first member of staff.
pub const FIRST_OF_STAFF: u64 = 501;

/// Values of the fixed lists: number, list, words.
pub const LISTS: [(u64, &str, &str); 14] = [
    (HOME_ADDRESS, "AddressType", "Home"),
    (TEMPORARY_ADDRESS, "AddressType", "Temporary"),
    (162, "AddressType", "Correspondence only"),
    (HOME_PHONE, "ContactType", "Home"),
    (WORK_PHONE, "ContactType", "Work"),
    (MOBILE, "ContactType", "Mobile"),
    (FIRST_DOSE, "VaccPart", "1"),
    (201, "VaccPart", "2"),
    (202, "VaccPart", "3"),
    (BOOSTER, "VaccPart", "Booster"),
    (LEFT_ARM, "Location", "Left arm"),
    (301, "Location", "Right arm"),
    (INTRAMUSCULAR, "Method", "Intramuscular"),
    (311, "Method", "Oral"),
];
pub const HOME_ADDRESS: u64 = 160;
pub const TEMPORARY_ADDRESS: u64 = 161;
pub const HOME_PHONE: u64 = 170;
pub const WORK_PHONE: u64 = 171;
pub const MOBILE: u64 = 172;
pub const FIRST_DOSE: u64 = 200;
pub const BOOSTER: u64 = 206;
pub const LEFT_ARM: u64 = 300;
pub const INTRAMUSCULAR: u64 = 310;

/// What vaccines are called, all invented.
pub const BRANDS: [(u64, &str); 3] = [(601, "Exampvax"), (602, "Samplarix Junior"), (603, "Mockavac")];

/// Writes the files that do not depend on patients.
pub fn write(options: &Options, practice: &Practice, out: &Path) -> io::Result<Vec<(String, u64)>> {
    let ods = options.practice.as_str().to_owned();
    let organisation = vec![("RowIdentifier", "7".into()), ("Name", practice.name.clone()), ("ID", ods)];
    let staff = practice.staff.iter().zip(FIRST_OF_STAFF..).map(|(member, number)| {
        let name = format!("{} {} {}", member.title, member.given, member.surname);
        vec![("RowIdentifier", number.to_string()), ("StaffName", name), ("Obsolete", "FALSE".into())]
    });
    // Profiles have the same numbers as members, and belong to others.
    let profiles = practice.staff.iter().rev().zip(FIRST_OF_STAFF..).map(|(member, number)| {
        let last = FIRST_OF_STAFF + practice.staff.len() as u64 - 1;
        vec![
            ("RowIdentifier", number.to_string()),
            ("StaffRole", member.job_name.to_owned()),
            ("IDStaffMember", (FIRST_OF_STAFF + last - number).to_string()),
            ("IDOrganisation", options.practice.as_str().to_owned()),
        ]
    });
    let lists = LISTS.iter().map(|(number, list, words)| {
        vec![
            ("RowIdentifier", number.to_string()),
            ("IdMappingGroup", (*list).to_owned()),
            ("Mapping", (*words).to_owned()),
        ]
    });
    let brands = BRANDS
        .iter()
        .map(|(number, name)| vec![("RowIdentifier", number.to_string()), ("Name", (*name).to_owned())]);
    Ok(vec![
        table(ORGANISATION, [organisation].into_iter(), out)?,
        table(STAFF, staff, out)?,
        table(PROFILE, profiles, out)?,
        table(MAPPING, lists, out)?,
        table(CONTENT, brands, out)?,
    ])
}

fn table(table: Table, rows: impl Iterator<Item = Vec<Field>>, out: &Path) -> io::Result<(String, u64)> {
    let mut file = File::create(table, 1, out)?;
    for row in rows {
        file.row(&row)?;
    }
    file.finish()
}

/// Writes the manifest. It calls everything a delta, as manifests do that are wrong about it.
pub fn manifest(options: &Options, files: &[(String, u64)], out: &Path) -> io::Result<(String, u64)> {
    let day = options.today.strftime("%Y%m%d");
    let rows = files.iter().map(|(name, _)| {
        vec![
            ("FileName", name.trim_end_matches(".csv").to_owned()),
            ("IsDelta", "Y".to_owned()),
            ("IsReference", "N".to_owned()),
            ("DateExtractFrom", format!("{day}_0000")),
            ("DateExtractTo", format!("{day}_0500")),
        ]
    });
    table(MANIFEST, rows, out)
}
