//! Days and times of day, and how precisely a record knows them.

use jiff::{ToSpan, civil::Date};

/// How much of a date is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// Nothing.
    Unknown,
    /// The year.
    Year,
    /// Year and month.
    Month,
    /// The day.
    Day,
    /// The minute.
    Time,
}

/// A day and a minute of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    /// The day.
    pub day: Date,
    /// Minutes after midnight, 0 to 1439.
    pub minute: i64,
}

impl Moment {
    /// `09:12:00`.
    pub fn time(self) -> String {
        format!("{:02}:{:02}:00", self.minute / 60, self.minute % 60)
    }

    /// `0912`.
    pub fn hour_and_minute(self) -> String {
        format!("{:02}{:02}", self.minute / 60, self.minute % 60)
    }

    /// `20100501091200`, as HL7 writes a time without an offset: London's.
    pub fn hl7(self) -> String {
        format!("{}{:02}{:02}00", self.day.strftime("%Y%m%d"), self.minute / 60, self.minute % 60)
    }
}

/// So many days later, or earlier if negative.
pub fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// So many years (and days) before a day.
pub fn before(day: Date, years: i64, days: i64) -> Date {
    plus(day.saturating_sub(years.years()), -days)
}

/// Whole days from one day to another.
pub fn between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Whole years from one day to another: an age.
pub fn age(birth: Date, on: Date) -> i64 {
    let years = i64::from(on.year()) - i64::from(birth.year());
    if (on.month(), on.day()) < (birth.month(), birth.day()) { years - 1 } else { years }
}

/// `18-Jan-2011`, as vaccination details have it.
pub fn worded(day: Date) -> String {
    day.strftime("%d-%b-%Y").to_string()
}
