//! What a feed's own switches for online access grant. Anything unclear grants nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use policy::{AccessLevel, FeedAccess, FeedProxy, Grant, LegalBasis, OnlineTable, ProxyGrant};
use record::{Content, Dictionary, Entry, NhsNumber, OnlineAccess, OnlineUser};

/// Who may see the record of the patient with this NHS number, by the feed's own word.
pub(crate) fn granted(
    entries: &[Entry],
    patient: Option<NhsNumber>,
    dictionary: &dyn Dictionary,
) -> FeedAccess {
    let mut access = FeedAccess::default();
    let mut people: BTreeMap<NhsNumber, (&str, OnlineUser, Switched)> = BTreeMap::new();
    for (key, switched) in by_user(entries) {
        // The user is asked for even where nothing comes of it: one who arrives later may change that.
        let Some(person) = dictionary.online_user(key) else { continue };
        let Some(number) = person.nhs_number else { continue };
        match people.get_mut(&number) {
            // Somebody may have several accounts. The newest counts, even if it opens nothing.
            Some(other) if switched.replaces(other.2) => *other = (key, person, switched),
            Some(_) => {}
            None => _ = people.insert(number, (key, person, switched)),
        }
    }
    let Some(own) = patient else { return access };
    for (number, (key, person, switched)) in people {
        let Some(grant) = switched.grant() else { continue };
        if number == own {
            access.own = Some(grant);
            continue;
        }
        let starts = grant.effective_date;
        let grant = ProxyGrant {
            grant,
            legal_basis: LegalBasis::Unstated,
            relationship: None,
            starts,
            ends: None,
            reviewed_since_eleven: false,
        };
        access.proxies.insert(key.to_owned(), FeedProxy { person, grant });
    }
    access
}

/// What a row says of somebody's access.
#[derive(Clone, Copy, Debug)]
struct Switched {
    /// Since when. A row that does not say may be the newest of all.
    from: Date,
    current: AccessLevel,
    historical: AccessLevel,
}

impl Switched {
    /// What a row says. One that was taken back, may have been removed or does not say since when opens nothing; it is
    /// there all the same, and an older one does not count in its place.
    fn of(entry: &Entry, access: &OnlineAccess) -> Self {
        let stands = !access.ended && entry.marks.is_empty();
        let (current, historical) = OnlineTable::built_in().levels(access.services);
        match access.from {
            Some(from) if stands => Self { from, current, historical },
            from => {
                let from = from.unwrap_or(Date::MAX);
                Self { from, current: AccessLevel::None, historical: AccessLevel::None }
            }
        }
    }

    /// Whether it counts and not the other: it is the newer, or of one day the one that opens less.
    fn replaces(self, other: Self) -> bool {
        let less = (self.current, self.historical) < (other.current, other.historical);
        self.from > other.from || (self.from == other.from && less)
    }

    fn grant(self) -> Option<Grant> {
        let Self { from: effective_date, current, historical } = self;
        let opens = current > AccessLevel::None;
        opens.then(|| Grant { effective_date, current, historical, sections_off: BTreeSet::new() })
    }
}

/// What each user has, by the newest of their rows.
fn by_user(entries: &[Entry]) -> BTreeMap<&str, Switched> {
    let mut newest: BTreeMap<&str, Switched> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.deleted) {
        let Some(Content::OnlineAccess(access)) = &entry.content else { continue };
        let Some(user) = &access.user else { continue };
        let row = Switched::of(entry, access);
        let kept = newest.entry(user).or_insert(row);
        if row.replaces(*kept) {
            *kept = row;
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::{CodeClass, Coded, EntryId, OnlineServices, Staff};

    use super::*;

    const SELF: &str = "9990000018";
    const CARER: &str = "9990000026";

    struct Users;

    impl Dictionary for Users {
        fn code(&self, _: &str) -> Option<(Coded, CodeClass)> {
            None
        }

        fn staff(&self, _: &str) -> Option<Staff> {
            None
        }

        fn online_user(&self, key: &str) -> Option<OnlineUser> {
            let number = match key {
                "self" | "self too" => SELF,
                "carer" | "carer too" => CARER,
                "nobody" => "",
                _ => return None,
            };
            Some(OnlineUser { name: None, nhs_number: number.parse().ok(), birth_date: None })
        }
    }

    fn row(id: &str, user: &str, from: Option<Date>, detailed: bool) -> Entry {
        let services = OnlineServices { summary: true, detailed, record: false };
        let access = OnlineAccess { user: Some(user.into()), services, from, ended: false };
        Entry::new(EntryId::new(id).unwrap(), Some(Content::OnlineAccess(Box::new(access))))
    }

    fn ended(entry: Entry) -> Entry {
        let Some(Content::OnlineAccess(mut access)) = entry.content else { panic!("no access") };
        access.ended = true;
        Entry { content: Some(Content::OnlineAccess(access)), ..entry }
    }

    fn of(entries: &[Entry]) -> FeedAccess {
        granted(entries, SELF.parse().ok(), &Users)
    }

    const DAY: Date = date(2024, 3, 1);
    const LATER: Date = date(2025, 3, 1);

    #[test]
    fn the_patient_and_a_proxy_are_told_apart_by_their_numbers() {
        let access = of(&[row("1", "self", Some(DAY), true), row("2", "carer", Some(LATER), false)]);
        let own = access.own.unwrap();
        assert_eq!((own.current, own.historical), (AccessLevel::Detailed, AccessLevel::None));
        assert_eq!(own.effective_date, DAY);
        let proxy = &access.proxies["carer"];
        assert_eq!(access.proxies.len(), 1);
        assert_eq!(proxy.person.nhs_number, CARER.parse().ok());
        assert_eq!((proxy.grant.legal_basis, proxy.grant.starts), (LegalBasis::Unstated, LATER));
        assert_eq!(proxy.grant.grant.current, AccessLevel::Summary);
    }

    #[test]
    fn what_is_unclear_grants_nothing() {
        let nothing = FeedAccess::default();
        assert_eq!(of(&[row("1", "self", None, true)]), nothing, "since when");
        let one_undated = [row("1", "self", Some(DAY), true), row("2", "self", None, true)];
        assert_eq!(of(&one_undated), nothing, "which of two counts");
        assert_eq!(of(&[row("1", "nobody", Some(DAY), true)]), nothing, "a user without a number");
        assert_eq!(of(&[row("1", "who", Some(DAY), true)]), nothing, "a user who has not come");
        let rows = [row("1", "self", Some(DAY), true), row("2", "carer", Some(DAY), true)];
        assert_eq!(granted(&rows, None, &Users), nothing, "a patient without a number");
        let doubted = Entry { marks: vec![record::Mark::Unrecognised], ..row("1", "self", Some(DAY), true) };
        assert_eq!(of(&[doubted]), nothing, "a row that may have been removed");
        let gone = Entry { deleted: true, ..row("1", "self", Some(DAY), true) };
        assert_eq!(of(&[gone]), nothing, "a row that was removed");
    }

    #[test]
    fn access_that_was_taken_back_and_given_again_begins_with_the_second_day() {
        let first = ended(row("1", "self", Some(DAY), true));
        assert_eq!(of(std::slice::from_ref(&first)).own, None);
        let again = of(&[first, row("2", "self", Some(LATER), false)]).own.unwrap();
        assert_eq!((again.current, again.effective_date), (AccessLevel::Summary, LATER));
    }

    #[test]
    fn the_newest_of_several_rows_counts_and_of_one_day_the_one_that_opens_less() {
        let rows = [row("1", "self", Some(DAY), true), row("2", "self", Some(LATER), false)];
        assert_eq!(of(&rows).own.unwrap().current, AccessLevel::Summary);
        let rows = [row("1", "self", Some(LATER), true), row("2", "self", Some(DAY), false)];
        assert_eq!(of(&rows).own.unwrap().current, AccessLevel::Detailed);
        for order in [[true, false], [false, true]] {
            let rows = order.map(|detailed| row(&detailed.to_string(), "self", Some(DAY), detailed));
            assert_eq!(of(&rows).own.unwrap().current, AccessLevel::Summary);
            let rows = [row("1", "self", Some(DAY), order[0]), row("2", "self too", Some(DAY), order[1])];
            assert_eq!(of(&rows).own.unwrap().current, AccessLevel::Summary, "two accounts of the patient's");
        }
    }

    fn shut(entry: Entry) -> Entry {
        let Some(Content::OnlineAccess(mut access)) = entry.content else { panic!("no access") };
        access.services = OnlineServices::default();
        Entry { content: Some(Content::OnlineAccess(access)), ..entry }
    }

    #[test]
    fn of_several_accounts_of_one_person_the_newest_counts_even_if_it_opens_nothing() {
        for (first, second) in [("self", "self too"), ("carer", "carer too")] {
            let older = || row("1", first, Some(DAY), true);
            let newer = || row("2", second, Some(LATER), true);
            let unclear = Entry { marks: vec![record::Mark::Unrecognised], ..newer() };
            for newest in [shut(newer()), ended(newer()), unclear, row("2", second, None, true)] {
                for rows in [[older(), newest.clone()], [newest.clone(), older()]] {
                    assert_eq!(of(&rows), FeedAccess::default(), "{first}: {newest:?}");
                }
            }
            for rows in [[shut(older()), newer()], [newer(), ended(older())]] {
                let access = of(&rows);
                let opened = access.own.iter().chain(access.proxies.values().map(|proxy| &proxy.grant.grant));
                let since: Vec<Date> = opened.map(|grant| grant.effective_date).collect();
                assert_eq!(since, [LATER], "{first}");
            }
        }
    }
}
