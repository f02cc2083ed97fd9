//! Who a synthetic patient is: a role, an age, a name, an address that is on no map, telephone numbers that Ofcom
//! keeps for drama, and an NHS number of the range that is set aside for tests.

use jiff::civil::Date;
use record::NhsNumber;

use crate::{
    Options, Role,
    day::{before, plus},
    dice::{Dice, Guid, Purpose, fold},
    names,
    practice::Practice,
};

/// Administrative sex, as far as these records need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Not known.
    Unknown,
    /// Indeterminate.
    Indeterminate,
}

/// A patient's demographics.
pub struct Identity {
    /// Number within the practice, from 0.
    pub number: u32,
    /// What is interesting about them.
    pub role: Role,
    /// The supplier's key.
    pub id: Guid,
    /// The key of the person across practices.
    pub person_id: Guid,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth: Date,
    /// Date of death.
    pub death: Option<Date>,
    /// Title.
    pub title: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Middle names, perhaps several.
    pub middle: String,
    /// Surname.
    pub surname: &'static str,
    /// A valid NHS number, whether or not the practice has it.
    pub nhs: String,
    /// First day at the practice.
    pub registered: Date,
    /// Last day at the practice.
    pub deducted: Option<Date>,
    /// House, street, village, town, county, postcode.
    pub address: [String; 6],
    /// Landline.
    pub home_phone: String,
    /// Mobile.
    pub mobile: String,
    /// E-mail.
    pub email: String,
    /// Whose telephone it is, where it is somebody else's.
    pub contact_comment: &'static str,
    /// A carer's name and what they are to the patient.
    pub carer: Option<(String, &'static str)>,
    /// The usual doctor.
    pub usual_gp: usize,
}

impl Identity {
    /// The patient of a number.
    pub fn new(options: &Options, number: u32) -> Self {
        let mut dice = Dice::new(options.seed, options.practice.as_str(), number, Purpose::Identity);
        let role = Role::fixed(number).unwrap_or_else(|| role_by_chance(&mut dice, options.edge_cases));
        let id = dice.guid();
        let person_id = dice.guid();
        let birth = birth(&mut dice, options.today, number, role);
        let sex = sex(&mut dice, role);
        let surname = if role == Role::Dummy { "XXTESTPATIENT" } else { dice.pick(names::SURNAMES) };
        let given = dice.pick(if sex == Sex::Male { names::MEN } else { names::WOMEN });
        let age = crate::day::age(birth, options.today);
        let (death, deducted) = endings(&mut dice, options.today, role);
        let registered = plus(birth, 40).max(before(options.today, dice.range(1, 28), dice.range(0, 364)));
        let child = age < 16;
        Self {
            number,
            role,
            id,
            person_id,
            sex,
            birth,
            death,
            title: title(&mut dice, sex, age),
            given,
            middle: middle(&mut dice, sex),
            surname,
            nhs: nhs_number(options.practice.as_str(), number),
            registered: if role == Role::Temporary { before(options.today, 0, 40) } else { registered },
            deducted,
            address: address(&mut dice),
            home_phone: if dice.chance(600) {
                format!("01632 960{:03}", dice.range(0, 999))
            } else {
                String::new()
            },
            mobile: if dice.chance(850) {
                format!("07700 900{:03}", dice.range(0, 999))
            } else {
                String::new()
            },
            email: if dice.chance(550) { email(&mut dice, given, surname) } else { String::new() },
            contact_comment: if child && dice.chance(600) { "mobile number for parent" } else { "" },
            carer: carer(&mut dice, role, surname),
            usual_gp: Practice::doctor(&mut dice),
        }
    }

    /// Given name and surname.
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.surname)
    }
}

/// With edge cases, a few patients in a hundred are special beyond the fixed ones.
fn role_by_chance(dice: &mut Dice, edge_cases: bool) -> Role {
    let draw = dice.below(1000);
    if !edge_cases {
        return Role::Everyday;
    }
    match draw {
        0..10 => Role::Temporary,
        10..18 => Role::Deceased,
        18..33 => Role::Deducted,
        33..36 => Role::SensitivePatient,
        36..38 => Role::Dummy,
        38..42 => Role::NoNhsNumber,
        42..44 => Role::PlaceholderNhsNumber,
        44..48 => Role::EnhancedReview,
        48..60 => Role::CaredFor,
        _ => Role::Everyday,
    }
}

/// Ages follow the country's, evenly spread by number, so that a small practice has them all too.
fn birth(dice: &mut Dice, today: Date, number: u32, role: Role) -> Date {
    const UP_TO: [(i64, i64, i64); 6] =
        [(180, 0, 15), (350, 16, 29), (550, 30, 44), (750, 45, 59), (910, 60, 74), (1000, 75, 94)];
    let quantile = (i64::from(number) * 618_034 + 271_828) % 1_000_000 / 1000;
    let mut from = 0;
    let mut years = 40;
    for (to, youngest, oldest) in UP_TO {
        if (from..to).contains(&quantile) {
            years = youngest + (quantile - from) * (oldest - youngest + 1) / (to - from);
        }
        from = to;
    }
    let fixed = Role::fixed(number).is_some();
    let years = match role {
        Role::Everyday if number == 0 => 46,
        Role::MustSupport => 63,
        Role::ConfidentialConsultation => 38,
        Role::ConfidentialItem => 54,
        Role::ConfidentialBloodPressureHalf => 67,
        Role::Child10 => 10,
        Role::Child13 => 13,
        Role::Teen15 => 15,
        Role::Teen16 => 16,
        Role::CaredFor => 84,
        Role::NoData => 27,
        Role::Temporary if fixed => 30,
        Role::EnhancedReview if fixed => 35,
        Role::Deducted if fixed => 41,
        Role::SensitivePatient | Role::NoNhsNumber | Role::PlaceholderNhsNumber if fixed => 55,
        Role::ThirdParties => 49,
        Role::Deceased => 79,
        Role::FeedOddities => 58,
        _ => years,
    };
    before(today, years, dice.range(1, 340))
}

fn sex(dice: &mut Dice, role: Role) -> Sex {
    match dice.below(1000) {
        _ if role == Role::MustSupport => Sex::Female,
        0..2 => Sex::Unknown,
        2..4 => Sex::Indeterminate,
        4..508 => Sex::Female,
        _ => Sex::Male,
    }
}

fn title(dice: &mut Dice, sex: Sex, age: i64) -> &'static str {
    match sex {
        Sex::Male if age < 16 => "Master",
        Sex::Male => dice.pick(&["Mr", "Mr", "Mr", "Mr", "Dr"]),
        Sex::Female if age < 16 => "Miss",
        Sex::Female => dice.pick(&["Mrs", "Mrs", "Ms", "Miss", "Dr"]),
        Sex::Unknown | Sex::Indeterminate => "Mx",
    }
}

fn middle(dice: &mut Dice, sex: Sex) -> String {
    let pool = if sex == Sex::Male { names::MEN } else { names::WOMEN };
    match dice.below(10) {
        0..4 => String::new(),
        4..9 => dice.pick(pool).to_owned(),
        _ => format!("{} {}", dice.pick(pool), dice.pick(pool)),
    }
}

fn endings(dice: &mut Dice, today: Date, role: Role) -> (Option<Date>, Option<Date>) {
    let ago = plus(today, -dice.range(20, 300));
    match role {
        Role::Deceased => (Some(ago), Some(plus(ago, 9))),
        Role::Deducted => (None, Some(ago)),
        _ => (None, None),
    }
}

/// Postcodes of an area that does not exist.
fn address(dice: &mut Dice) -> [String; 6] {
    let house = match dice.below(6) {
        0 => format!("Flat {}", dice.range(1, 40)),
        1 => "The Old Forge".to_owned(),
        _ => String::new(),
    };
    let letter = |dice: &mut Dice| *dice.pick(&[&'A', &'B', &'D', &'E', &'G', &'H', &'L', &'N', &'R', &'Y']);
    [
        house,
        format!("{} {}", dice.range(1, 220), dice.pick(names::STREETS)),
        if dice.chance(250) { dice.pick(names::VILLAGES).to_owned() } else { String::new() },
        dice.pick(names::TOWNS).to_owned(),
        dice.pick(names::COUNTIES).to_owned(),
        format!("ZX99{}{}{}", dice.range(1, 9), letter(dice), letter(dice)),
    ]
}

fn email(dice: &mut Dice, given: &str, surname: &str) -> String {
    let plain =
        |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let host = dice.pick(&["example.org", "example.com"]);
    format!("{}.{}{}@{host}", plain(given), plain(surname), dice.range(1, 99))
}

fn carer(dice: &mut Dice, role: Role, surname: &str) -> Option<(String, &'static str)> {
    let has_one = role == Role::CaredFor || dice.chance(15);
    let name = format!("{} {surname}", dice.pick(names::WOMEN));
    let relation = dice.pick(&["Daughter", "Wife", "Sister", "Neighbour"]);
    has_one.then_some((name, relation))
}

/// The NHS number of a patient: distinct within a practice (up to half a million patients), the same whatever the
/// seed. Of two neighbouring nine-digit prefixes at least one has a check digit.
fn nhs_number(practice: &str, number: u32) -> String {
    const PAIRS: u64 = 499_999;
    let pair = (fold(practice) % PAIRS + u64::from(number) * 7919) % PAIRS;
    for prefix in [pair * 2, pair * 2 + 1] {
        let text = format!("999{prefix:06}");
        let mut nine = [0u8; 9];
        nine.iter_mut().zip(text.bytes()).for_each(|(digit, byte)| *digit = byte - b'0');
        if let Some(check) = NhsNumber::check_digit(nine) {
            return format!("{text}{check}");
        }
    }
    String::new()
}
