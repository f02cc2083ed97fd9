//! The practice: its organisation, its place and its staff.

use jiff::civil::{Date, date};

use crate::{
    Options,
    dice::{Dice, Guid, Purpose},
    names,
};

/// A member of staff in a role.
pub struct StaffMember {
    /// Key.
    pub id: Guid,
    /// Title.
    pub title: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Surname.
    pub surname: &'static str,
    /// The role's code in the supplier's list.
    pub job: &'static str,
    /// The role in words.
    pub job_name: &'static str,
    /// Professional registration, invented.
    pub registration: String,
    /// First day.
    pub since: Date,
    /// Last day, if past.
    pub until: Option<Date>,
}

/// A practice.
pub struct Practice {
    /// Key of the organisation.
    pub id: Guid,
    /// ODS code.
    pub ods: String,
    /// Name.
    pub name: String,
    /// Key of the sharing agreement that the extract is made for.
    pub agreement: Guid,
    /// Key of the surgery's location.
    pub location: Guid,
    /// Town.
    pub town: &'static str,
    /// Twelve people; doctors first.
    pub staff: Vec<StaffMember>,
}

const JOBS: [(&str, &str, &str); 12] = [
    ("Dr", "R0260", "General Medical Practitioner"),
    ("Dr", "R0260", "General Medical Practitioner"),
    ("Dr", "R0260", "General Medical Practitioner"),
    ("Dr", "R0270", "Salaried General Practitioner"),
    ("Dr", "R0110", "Specialist Registrar"),
    ("Sister", "R0600", "Specialist Nurse Practitioner"),
    ("Mrs", "R0620", "Staff Nurse"),
    ("Mr", "R0620", "Staff Nurse"),
    ("Ms", "R1450", "Health Care Support Worker"),
    ("Mr", "R1290", "Pharmacist"),
    ("Mrs", "R0010", "Medical Secretary Access Role"),
    ("Miss", "R8010", "Clerical Access Role"),
];

/// How many of the staff are doctors.
const DOCTORS: usize = 5;
/// How many of the staff see patients.
const CLINICIANS: usize = 10;

impl Practice {
    /// The practice of an ODS code, always the same for the same options.
    pub fn new(options: &Options) -> Self {
        let ods = options.practice.as_str();
        let mut dice = Dice::new(options.seed, ods, 0, Purpose::Practice);
        let town = dice.pick(names::TOWNS);
        let staff = JOBS.iter().enumerate().map(|(n, job)| member(&mut dice, n, *job)).collect();
        Self {
            id: dice.guid(),
            ods: ods.to_owned(),
            name: format!("{town} Surgery"),
            agreement: dice.guid(),
            location: dice.guid(),
            town,
            staff,
        }
    }

    /// Anybody who sees patients.
    pub fn clinician(dice: &mut Dice) -> usize {
        dice.below(CLINICIANS)
    }

    /// A doctor.
    pub fn doctor(dice: &mut Dice) -> usize {
        dice.below(DOCTORS)
    }

    /// A nurse or a health care assistant.
    pub fn nurse(dice: &mut Dice) -> usize {
        DOCTORS + dice.below(4)
    }

    /// A member of staff; the first for a number that nobody has.
    pub fn member(&self, number: usize) -> &StaffMember {
        self.staff.get(number).unwrap_or(&self.staff[0])
    }
}

fn member(
    dice: &mut Dice,
    number: usize,
    (title, job, job_name): (&'static str, &'static str, &'static str),
) -> StaffMember {
    let men = title == "Mr" || (title == "Dr" && dice.chance(450));
    let since = date(1996, 4, 1).saturating_add(jiff::Span::new().months(dice.range(0, 120)));
    StaffMember {
        id: dice.guid(),
        title,
        given: dice.pick(if men { names::MEN } else { names::WOMEN }),
        surname: dice.pick(names::SURNAMES),
        job,
        job_name,
        registration: if number < DOCTORS {
            format!("G99{:05}", dice.range(10_000, 99_999))
        } else {
            String::new()
        },
        since,
        until: (number == 4).then(|| date(2019, 7, 31)),
    }
}
