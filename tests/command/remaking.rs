//! `admin reproject` as an operator runs it.

use store::Store;

use super::{
    Ran, run,
    site::{PRACTICE, Site},
};
use crate::support::{
    aged::{age, other_tables},
    practice,
};

fn reproject(site: &Site, more: &[&str]) -> Ran {
    run(&[&["admin", "reproject", "--config", &site.config()], more].concat())
}

#[test]
fn records_of_other_tables_are_made_anew_and_a_second_run_finds_none() {
    let site = Site::loaded();
    let before = site.held();
    age(&site.store(), &practice(), other_tables(), |_| false);
    assert!(site.held() != before);
    let trace = run(&["trace", "--config", &site.config(), "--practice", PRACTICE, "--row", "x.csv:1"]);
    assert!(trace.out.contains("tables, rules or the terminology have changed"), "{}", trace.out);
    let ran = reproject(&site, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran:?}");
    for words in ["12 records had been made with other tables", "12 patients made anew, 0 resources changed"]
    {
        assert!(ran.err.contains(words), "{words:?} is not in: {}", ran.err);
    }
    assert!(site.held() == before);
    let ran = reproject(&site, &["--practice", PRACTICE]);
    assert!(ran.code == Some(0) && ran.err.contains("0 patients made anew"), "{ran:?}");
    assert!(site.held() == before);
    site.has_nothing_open();
}

#[test]
fn what_cannot_be_made_anew_now_is_told_with_what_to_do() {
    let site = Site::loaded();
    age(&site.store(), &practice(), other_tables(), |_| false);
    reproject(&site, &["--resume"]).says(&["leave out --resume"]);
    site.store().begin(&practice(), "lost.csv").unwrap();
    reproject(&site, &[]).says(&["12 patients wait for the batch that is open", "load it again"]);
    site.store().close(&practice()).unwrap();
    assert_eq!(reproject(&site, &["--resume"]).code, Some(0), "listed by the run before");
    reproject(&site, &["--practice", "Y99998"]).says(&["nothing of Y99998", "--practice"]);
}
