//! The batches' ways of writing dates, times, and what stands in a field of its own kind. Strict: what is not exactly
//! one of them is none.

use jiff::{
    civil::{DateTime, Time},
    tz::Offset,
};
use record::{DoseSequence, Effective};

use crate::delimited::{compact_date, digits};

/// A moment `yyyyMMddTHHmmss`, with `00` or `01` behind it for the hours ahead of Greenwich, and London's time without;
/// or a date alone.
pub(super) fn moment(text: &str) -> Option<Effective> {
    let Some((day, rest)) = text.split_once('T') else {
        return compact_date(text).map(Effective::Day);
    };
    let (time, offset) = rest.split_at_checked(6)?;
    let at = compact_date(day)?.to_datetime(clock(time)?);
    let ahead = match offset {
        "" => return Effective::local(at),
        "00" => 0,
        "01" => 1,
        _ => return None,
    };
    instant(at, ahead)
}

fn instant(at: DateTime, hours_ahead: i8) -> Option<Effective> {
    let offset = Offset::from_hours(hours_ahead).ok()?;
    Some(Effective::Instant(offset.to_timestamp(at).ok()?, offset.seconds()))
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute, second) = (text.get(..2)?, text.get(2..4)?, text.get(4..6)?);
    let part = |text| digits(text, 2).and_then(|number| i8::try_from(number).ok());
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

/// When a file was made, by the last part of its name: `yyyyMMddTHHmmss` and perhaps two digits more.
pub(super) fn made_at(name: &str) -> Option<u64> {
    let stem = name.rsplit_once('.')?.0;
    let (day, time) = stem.rsplit_once('_')?.1.split_once('T')?;
    let (clock_part, rest) = time.split_at_checked(6)?;
    compact_date(day).zip(clock(clock_part))?;
    let fraction = match rest.len() {
        0 => 0,
        2 => digits(rest, 2)?,
        _ => return None,
    };
    let at: u64 = format!("{day}{clock_part}").parse().ok()?;
    at.checked_mul(100)?.checked_add(u64::from(fraction))
}

/// Which dose: a number from 1, or one of the few words that a list would have.
pub(super) fn dose_sequence(text: &str) -> Option<DoseSequence> {
    const WORDS: [&str; 4] = ["Booster", "Pre-school booster", "School leaving booster", "Single dose"];
    if let Some(word) = WORDS.iter().find(|word| word.eq_ignore_ascii_case(text)) {
        return Some(DoseSequence::Named((*word).to_owned()));
    }
    let number = if text.len() <= 3 { digits(text, text.len())? } else { return None };
    (number > 0).then_some(DoseSequence::Number(number))
}

/// `TRUE` or `FALSE`, in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_in_londons_time_unless_it_says_how_far_ahead_it_is() {
        for (sent, read) in [
            ("20240610T183325", "2024-06-10T18:33:25+01:00"),
            ("20240110T183325", "2024-01-10T18:33:25Z"),
            ("20240610T18332500", "2024-06-10T18:33:25Z"),
            ("20240610T18332501", "2024-06-10T18:33:25+01:00"),
            ("20240610", "2024-06-10"),
        ] {
            let made = moment(sent).unwrap().to_string();
            assert_eq!(made.replace("+00:00", "Z"), read, "{sent}");
        }
        for sent in [
            "",
            "2024-06-10",
            "20240610T",
            "20240610T1833",
            "20240610T18332502",
            "20240610T256000",
            "20240631T120000",
            "20240610 183325",
            "20240610T183325Z",
            "2024é10T183325",
        ] {
            assert_eq!(moment(sent), None, "{sent}");
        }
    }

    #[test]
    fn a_files_name_tells_when_it_was_made() {
        assert_eq!(made_at("RSV_Vaccinations_v5_X26_20240610T18332500.csv"), Some(2_024_061_018_332_500));
        assert_eq!(made_at("Flu_Vaccinations_V5_YGM41_20240610T183325.CSV"), Some(2_024_061_018_332_500));
        assert!(made_at("a_20240610T18332501.csv") > made_at("a_20240610T18332500.csv"));
        for name in [
            "batch.csv",
            "a_20240610.csv",
            "a_20240631T183325.csv",
            "a_20240610T1833250.csv",
            "20240610T183325.csv",
            "a_20240610T183325",
        ] {
            assert_eq!(made_at(name), None, "{name}");
        }
    }

    #[test]
    fn a_dose_is_a_number_or_a_word_of_the_list() {
        assert_eq!(dose_sequence("2"), Some(DoseSequence::Number(2)));
        assert_eq!(dose_sequence("BOOSTER"), Some(DoseSequence::Named("Booster".into())));
        for sent in ["0", "-1", "1.0", "second", "given to her sister", "1000", "٢"] {
            assert_eq!(dose_sequence(sent), None, "{sent}");
        }
    }
}
