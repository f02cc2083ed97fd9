//! Date parameters against dates of every precision, worked out by hand.

use std::collections::BTreeSet;

use jiff::civil::{date, datetime};
use record::{Effective, ResourceType};

use super::{
    fixture::{on, summer, weight},
    reading::id_of,
};
use crate::support::{World, coded, with};

fn world() -> World {
    World::of(vec![
        on(weight("year", "1"), Effective::Year(2019)),
        on(weight("month", "2"), Effective::Month(2021, 5)),
        on(weight("day", "3"), Effective::Day(date(2024, 3, 1))),
        on(weight("summer", "4"), summer()),
        on(weight("winter", "5"), Effective::local(datetime(2024, 1, 1, 0, 30, 0, 0)).unwrap()),
        with(weight("undated", "6"), |statement| statement.effective = None),
        on(coded("mmr", "38598009", "MMR vaccination"), Effective::Month(1981, 8)),
        on(coded("mmr-later", "38598009", "MMR vaccination"), Effective::Day(date(2023, 9, 10))),
        with(coded("mmr-undated", "38598009", "MMR vaccination"), |statement| statement.effective = None),
    ])
}

fn finds(world: &World, token: &str, kind: ResourceType, query: &str, entries: &str) {
    let answer = world.get(token, &format!("{}?{query}", kind.name()));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let found: BTreeSet<String> = answer.ids().into_iter().collect();
    let expected = entries.split_whitespace().map(|entry| id_of("p", kind, entry)).collect();
    assert_eq!(found, expected, "{query} must find: {entries}");
}

#[test]
fn dates_compare_as_intervals_of_their_precision() {
    let world = world();
    let token = world.token("p", "patient/*.rs");
    for (query, entries) in [
        // A date stands for the whole of it, and finds what lies inside.
        ("date=2019", "year"),
        ("date=eq2019", "year"),
        ("date=2019-06", ""),
        ("date=2019-01-01", ""),
        ("date=2021", "month"),
        ("date=2021-05", "month"),
        ("date=2021-05-10", ""),
        ("date=2024", "day summer winter"),
        ("date=2024-03", "day"),
        ("date=2024-03-01", "day"),
        ("date=2024-03-01T00:00:00Z", ""),
        // London's days: summer's begin an hour before UTC's.
        ("date=2024-07-01", "summer"),
        ("date=2024-06-30", ""),
        ("date=2024-07", "summer"),
        ("date=2024-06-30T23:30:00Z", "summer"),
        ("date=2024-06-30T23:30Z", "summer"),
        ("date=2024-07-01T00:30:00%2B01:00", "summer"),
        ("date=2024-07-01T00:30:00+01:00", "summer"),
        ("date=2024-07-01T00:30:00", "summer"),
        ("date=2024-07-01T00:30:00Z", ""),
        ("date=2024-01-01", "winter"),
        ("date=2023", ""),
        ("date=2024-01-01T00:30:00Z", "winter"),
        // What has no date satisfies no comparison.
        ("date=ne2024", "year month"),
        ("date=ne2019", "month day summer winter"),
        ("date=gt2019", "month day summer winter"),
        ("date=gt2018-12-31", "year month day summer winter"),
        ("date=gt2021-05-10", "month day summer winter"),
        ("date=gt2021-05-31", "day summer winter"),
        ("date=gt2024-06-30", "summer"),
        ("date=gt2024-07-01", ""),
        ("date=ge2019", "year month day summer winter"),
        ("date=ge2019-06-01", "year month day summer winter"),
        ("date=ge2024-03-01", "day summer"),
        ("date=ge2024-07-01", "summer"),
        ("date=ge2024-07-01T00:30:00Z", ""),
        ("date=lt2019", ""),
        ("date=lt2019-06", "year"),
        ("date=lt2024-07-01", "year month day winter"),
        ("date=lt2024-01-01T00:30:00Z", "year month"),
        ("date=le2019", "year"),
        ("date=le2024-03-01", "year month day winter"),
        ("date=le2024-07-01", "year month day summer winter"),
        ("date=le2018", ""),
        ("date=sa2019-12-31", "month day summer winter"),
        ("date=sa2021-05-10", "day summer winter"),
        ("date=sa2024-03-01", "summer"),
        ("date=eb2024-01-01", "year month"),
        ("date=eb2021-05-10", "year"),
        ("date=eb2019-06", ""),
        // Repeated parameters all hold; of values between commas one does.
        ("date=ge2024&date=lt2024-04", "day winter"),
        ("date=ge2021&date=le2021", "month"),
        ("date=2019,2021", "year month"),
        ("date=2019,gt2024-06", "year summer"),
        ("date=ge2019&date=2021-05,2024-03-01&date=ne2024", "month"),
    ] {
        finds(&world, &token, ResourceType::Observation, query, entries);
    }
    for (query, entries) in [
        ("date=1981", "mmr"),
        ("date=1981-08", "mmr"),
        ("date=1981-08-15", ""),
        ("date=le1981-08-15", "mmr"),
        ("date=ge1981-08-15", "mmr mmr-later"),
        ("date=ge1900", "mmr mmr-later"),
        ("date=ge1981&date=le2023-09-10", "mmr mmr-later"),
        ("date=gt2023-09-10", ""),
    ] {
        finds(&world, &token, ResourceType::Immunization, query, entries);
    }
    for (query, entries) in [
        ("birthdate=1980-05-04", "patient"),
        ("birthdate=1980-05", "patient"),
        ("birthdate=ge1980&birthdate=lt1981", "patient"),
        ("birthdate=1980-05-03", ""),
        ("birthdate=gt1980-05-04", ""),
        ("birthdate=ne1980", ""),
    ] {
        finds(&world, &token, ResourceType::Patient, query, entries);
    }
}

#[test]
fn the_time_of_the_last_change_is_searched_by_the_instant() {
    let world = world();
    for (query, all) in [
        ("_lastUpdated=2026-11-02", true),
        ("_lastUpdated=ge2026-11-02T12:00:00Z", true),
        ("_lastUpdated=gt2026-11-02T12:00:00Z", false),
        ("_lastUpdated=lt2026-11-02T12:00:00Z", false),
        ("_lastUpdated=le2026-11-02T12:00:00Z", true),
    ] {
        let token = world.token("p", "patient/*.rs");
        let found = world.get(&token, &format!("Observation?{query}")).ids().len();
        assert_eq!(found, if all { 6 } else { 0 }, "{query}");
    }
}
