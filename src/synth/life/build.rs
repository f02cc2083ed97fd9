//! Putting a record together, statement by statement.

use jiff::civil::Date;

use super::{Consultation, Problem, Statement, edges, history, roles, social, vaccines, visits};
use crate::{
    Options, Role,
    codes::{self, Code},
    day::{Moment, Precision, age, before, plus},
    dice::{Dice, Purpose},
    person::Identity,
    practice::Practice,
};

/// A patient and their record.
pub struct Life {
    /// Who they are.
    pub who: Identity,
    /// In order of time.
    pub consultations: Vec<Consultation>,
    /// A part always comes after the whole.
    pub statements: Vec<Statement>,
    /// Some of the statements.
    pub problems: Vec<Problem>,
}

/// A record in the making.
pub(super) struct Draft<'a> {
    pub(super) life: Life,
    pub(super) dice: Dice,
    pub(super) options: &'a Options,
    pub(super) practice: &'a Practice,
    /// The consultation that statements are recorded in at present.
    pub(super) open: Option<usize>,
    /// When statements are recorded at present, and by whom.
    pub(super) now: Moment,
    pub(super) clinician: usize,
    /// The problem that statements are filed under at present.
    pub(super) problem: Option<usize>,
    /// How ill the patient is, in percent of the average.
    pub(super) burden: i64,
}

impl Life {
    /// The record of the patient of a number.
    pub fn new(options: &Options, practice: &Practice, number: u32) -> Self {
        let who = Identity::new(options, number);
        let mut dice = Dice::new(options.seed, options.practice.as_str(), number, Purpose::Record);
        let burden = dice.around(100, 42).clamp(35, 190);
        let now = Moment { day: who.birth, minute: 600 };
        let clinician = who.usual_gp;
        let life = Self { who, consultations: Vec::new(), statements: Vec::new(), problems: Vec::new() };
        let mut draft =
            Draft { life, dice, options, practice, open: None, now, clinician, problem: None, burden };
        draft.write();
        draft.life
    }

    /// How many of these statements are vaccinations (or refusals of one), and how many are not.
    pub fn counts(&self, written: impl Fn(&Statement) -> bool) -> (u32, u32) {
        self.statements.iter().filter(|statement| written(statement)).fold(
            (0, 0),
            |(others, vaccinations), s| {
                if s.code.is_immunisation() { (others, vaccinations + 1) } else { (others + 1, vaccinations) }
            },
        )
    }
}

impl Draft<'_> {
    fn write(&mut self) {
        if self.life.who.role == Role::NoData {
            return;
        }
        history::write(self);
        social::write(self);
        vaccines::write(self);
        visits::write(self);
        roles::write(self);
        if self.options.edge_cases {
            edges::write(self);
        }
    }

    /// The last day that anything can have been recorded on.
    pub(super) fn end(&self) -> Date {
        let who = &self.life.who;
        let yesterday = plus(self.options.today, -1);
        who.death.or(who.deducted).unwrap_or(yesterday).min(yesterday)
    }

    /// The first day on which practices kept records in a computer, or birth.
    pub(super) fn start(&self) -> Date {
        self.life.who.birth.max(before(self.options.today, 33, 0))
    }

    /// The patient's age at present.
    pub(super) fn age(&self) -> i64 {
        age(self.life.who.birth, self.now.day)
    }

    /// Opens a consultation.
    pub(super) fn consult(&mut self, day: Date, place: &'static str, clinician: usize) {
        let minute = self.dice.range(8 * 60, 18 * 60 + 20);
        self.now = Moment { day, minute };
        self.clinician = clinician;
        self.problem = None;
        self.open = Some(self.life.consultations.len());
        let id = self.dice.guid();
        self.life.consultations.push(Consultation {
            id,
            at: self.now,
            clinician,
            place,
            confidential: false,
        });
    }

    /// Leaves the consultation; what follows is recorded outside any, at this time.
    pub(super) fn outside(&mut self, day: Date) {
        self.open = None;
        self.problem = None;
        self.now = Moment { day, minute: self.dice.range(8 * 60, 18 * 60) };
        self.clinician = Practice::clinician(&mut self.dice);
    }

    /// Records a code; its number.
    pub(super) fn note(&mut self, code: &'static Code) -> usize {
        let statement = Statement {
            id: self.dice.guid(),
            code,
            parent: None,
            consultation: self.open,
            problem: self.problem,
            day: self.now.day,
            precision: Precision::Day,
            entered: self.now,
            clinician: self.clinician,
            value: None,
            operator: "",
            unit: "",
            low: None,
            high: None,
            abnormal: "",
            text: String::new(),
            vaccination: None,
            relative: None,
            episode: "None",
            confidential: false,
            oddity: None,
        };
        self.life.statements.push(statement);
        self.life.statements.len() - 1
    }

    /// Records a code by name; its number.
    pub(super) fn say(&mut self, key: &str) -> usize {
        self.note(codes::named(key))
    }

    /// Records a code of a group; its number.
    pub(super) fn any(&mut self, group: &str) -> usize {
        let draw = self.dice.below(1 << 20);
        self.note(codes::of_group(group, draw))
    }

    /// Records a result; its number.
    pub(super) fn result(&mut self, key: &str, value: String, unit: &'static str) -> usize {
        let number = self.say(key);
        self.change(number, |s| {
            s.value = Some(value);
            s.unit = unit;
        });
        number
    }

    /// Changes a statement.
    pub(super) fn change(&mut self, number: usize, how: impl FnOnce(&mut Statement)) {
        if let Some(statement) = self.life.statements.get_mut(number) {
            how(statement);
        }
    }

    /// Makes a statement a problem and files under it what follows.
    pub(super) fn make_problem(&mut self, statement: usize, ended: Option<Date>, significant: bool) {
        self.change(statement, |s| {
            s.episode = "First";
            s.problem = None;
        });
        self.life.problems.push(Problem { statement, ended, significant, confidential: false });
        self.problem = Some(statement);
    }
}
