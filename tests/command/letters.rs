//! Letters by command: what is printed opens the record, is listed, and can be revoked.

use auth::linkage::{Tried, Typed, attempt};
use gateway::clock::{Clock, SystemClock};
use record::Content;
use store::Store;

use super::{
    decisions::{WHO, admin, done, somebody, subject},
    site::{PRACTICE, Site},
};

/// What stands behind a name in what was printed.
fn printed<'a>(out: &'a str, name: &str) -> &'a str {
    let line = out.lines().find_map(|line| line.trim().strip_prefix(name));
    line.unwrap_or_else(|| panic!("{name} is not in: {out}")).trim()
}

#[test]
fn what_is_printed_for_a_letter_opens_the_record_until_it_is_revoked() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let born = {
        let facts = site.store().facts(&subject(&key).practice, &subject(&key).patient).unwrap();
        let born = facts.entries.iter().find_map(|(entry, _)| match &entry.content {
            Some(Content::Patient(person)) => person.birth_date,
            _ => None,
        });
        born.unwrap()
    };
    let issued = admin(&site, &["linkage", "issue"], Some(&key), &WHO);
    done(
        &issued,
        &["decision 1 of", "the key is shown this once", "has no access yet", "letters.accept is off"],
    );
    let of = |name| printed(&issued.out, name);
    let numbers = [i32::from(born.day()), i32::from(born.month()), i32::from(born.year())];
    let numbers = numbers.map(|number| number.to_string());
    let typed = Typed {
        practice: of("ODS code"),
        id: of("account ID"),
        key: of("linkage key"),
        surname: of("surname"),
        born: [&numbers[0], &numbers[1], &numbers[2]],
    };
    let fits = || {
        matches!(attempt(&site.store(), SystemClock.now(), &typed).unwrap(), Tried::Fits(fitting)
            if fitting.subject() == subject(&key))
    };
    assert!(fits(), "{}", issued.out);
    let list = admin(&site, &["linkage", "list"], Some(&key), &[]);
    done(&list, &[typed.id, "good until", "by Dr Adeyemi: she asked for it"]);
    assert!(!list.out.contains(typed.key));
    let revoke =
        |id: &str| admin(&site, &["linkage", "revoke"], Some(&key), &[&["--account", id], &WHO[..]].concat());
    revoke("0000 0000x").says(&["no letter with this account ID"]);
    done(&revoke(typed.id), &["decision 2 of", "is closed"]);
    assert!(!fits());
    done(&revoke(typed.id), &["nothing to change"]);
    done(&admin(&site, &["linkage", "list"], None, &[]), &[typed.id, "revoked", "by Dr Adeyemi"]);
    let log = admin(&site, &["decisions"], None, &[]);
    done(&log, &["issued, good until", "counts no longer"]);
    let everything = format!("{}{}", log.out, list.out);
    assert!(!everything.contains(&typed.key.replace('-', "")), "the key is kept nowhere");
    assert_eq!(typed.practice, PRACTICE);
}
