//! The laws of deciding, over everything that a decision depends on: the level, the section, the view, when it was
//! recorded, who looks and how old the patient is, the labels, the app's scope, the switches of the practice.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use record::{EntryId, MarksCarried, ResourceType, Section};

use crate::{
    AccessLevel, AccessRequest, Actor, Decision, Grant, Labels, LegalBasis, PracticeRules, ProxyGrant,
    Reason, RuleChange, Sensitivity, Standing, View, admit, decide,
};

const TODAY: Date = date(2026, 6, 15);

/// All that a decision depends on beside the labels.
#[derive(Clone, Debug)]
struct Asked {
    rules: PracticeRules,
    grant: Grant,
    proxy: Option<(LegalBasis, bool)>,
    standing: Standing,
    shares: bool,
    suppressed: bool,
    types: BTreeSet<ResourceType>,
}

fn set<T: Ord + Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = BTreeSet<T>> {
    prop::collection::btree_set(prop::sample::select(all.to_vec()), 0..3)
}

fn levels() -> impl Strategy<Value = AccessLevel> {
    prop::sample::select(AccessLevel::ALL.to_vec())
}

fn kinds() -> impl Strategy<Value = ResourceType> {
    prop::sample::select(ResourceType::ALL.to_vec())
}

fn days() -> impl Strategy<Value = Date> {
    (2015i16..2026).prop_map(|year| date(year, 6, 1))
}

prop_compose! {
    fn rules()(
        sections_off in set(&Section::ALL[1..]),
        free_text_from in prop::option::of(days()),
        withheld_from_patients in set(&Sensitivity::ALL),
        shown_to_proxies in set(&Sensitivity::ALL),
    ) -> PracticeRules {
        PracticeRules {
            sections_off,
            free_text_from,
            withheld_from_patients,
            shown_to_proxies,
            ..PracticeRules::default()
        }
    }
}

prop_compose! {
    fn asked()(
        rules in rules(),
        effective_date in days(),
        current in levels(),
        historical in levels(),
        sections_off in set(&Section::ALL[1..]),
        proxy in prop::option::of((prop::sample::select(vec![
            LegalBasis::ParentalResponsibility, LegalBasis::Consent, LegalBasis::Unstated,
        ]), any::<bool>())),
        birth_date in prop::option::of((2005i16..2026).prop_map(|year| date(year, 3, 1))),
        odd in 0..12u8,
        types in prop::collection::btree_set(kinds(), 1..4),
    ) -> Asked {
        // Mostly everything stands, so that laws are about more than refusals.
        let standing = Standing {
            birth_date,
            regular: odd != 0,
            dummy: odd == 1,
            sensitive: odd == 2,
            deceased: odd == 3,
            deducted_on: (odd == 4).then_some(TODAY),
            another_record: false,
        };
        let grant = Grant { effective_date, current, historical, sections_off };
        Asked { rules, grant, proxy, standing, shares: odd != 5, suppressed: odd == 6, types }
    }
}

prop_compose! {
    fn labels()(
        grounds in prop::collection::vec((prop::sample::select(Reason::ALL.to_vec()), "[a-c]"), 0..2),
        sensitive in set(&Sensitivity::ALL),
        sections in prop::collection::btree_set(prop::sample::select(Section::ALL.to_vec()), 1..3),
        recorded in prop::option::of((2015i16..2025, 0i16..5)),
        undated in any::<bool>(),
        marked in any::<bool>(),
    ) -> Labels {
        let mut labels = Labels {
            reasons: BTreeSet::new(),
            grounds: BTreeSet::new(),
            sensitive,
            sections,
            recorded: recorded.map(|(year, more)| (date(year, 6, 1), date(year + more, 6, 1))),
            undated: undated || recorded.is_none(),
            marks_carried: if marked { MarksCarried::Yes } else { MarksCarried::No },
        };
        for (reason, on) in grounds {
            labels.add(reason, &EntryId::new(&on).unwrap());
        }
        labels
    }
}

/// What is shown. That this returns at all, without a panic and with a rule that has a name, is a law by itself.
fn shown(asked: &Asked, kind: ResourceType, labels: &Labels) -> Option<View> {
    let proxy = asked.proxy.map(|(legal_basis, reviewed_since_eleven)| ProxyGrant {
        grant: asked.grant.clone(),
        legal_basis,
        relationship: None,
        starts: date(2010, 1, 1),
        ends: None,
        reviewed_since_eleven,
    });
    let admission = admit(&AccessRequest {
        today: TODAY,
        practice_shares: asked.shares,
        rules: &asked.rules,
        suppressed: asked.suppressed,
        standing: &asked.standing,
        actor: proxy.as_ref().map_or(Actor::Patient(Some(&asked.grant)), Actor::Proxy),
        types: &asked.types,
    });
    let decision = match &admission {
        Ok(admission) => decide(admission, kind, labels),
        Err(refusal) => {
            assert!(!refusal.code().is_empty());
            return None;
        }
    };
    match decision {
        Decision::Show(permit) => {
            assert!(permit.rule().code().starts_with("opened:"));
            Some(permit.view())
        }
        Decision::Withhold(rule) => {
            assert!(!rule.code().starts_with("opened:"));
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_higher_level_never_shows_less(asked in asked(), labels in labels(), kind in kinds(), a in levels(), b in levels()) {
        let (low, high) = (a.min(b), a.max(b));
        let with = |current, historical| Asked { grant: Grant { current, historical, ..asked.grant.clone() }, ..asked.clone() };
        let other = asked.grant.current;
        prop_assert!(shown(&with(low, other), kind, &labels) <= shown(&with(high, other), kind, &labels));
        prop_assert!(shown(&with(other, low), kind, &labels) <= shown(&with(other, high), kind, &labels));
    }

    #[test]
    fn any_reason_withholds_from_everybody(asked in asked(), mut labels in labels(), kind in kinds(), reason in prop::sample::select(Reason::ALL.to_vec())) {
        labels.add(reason, &EntryId::new("a").unwrap());
        prop_assert_eq!(shown(&asked, kind, &labels), None);
    }

    #[test]
    fn labels_that_grow_never_show_more(asked in asked(), a in labels(), b in labels(), kind in kinds()) {
        let mut joined = a.clone();
        joined.join(&b);
        prop_assert!(shown(&asked, kind, &joined) <= shown(&asked, kind, &a));
        prop_assert!(joined.reasons.is_superset(&a.reasons) && joined.grounds.is_superset(&a.grounds));
    }

    #[test]
    fn labels_are_joined_in_any_order_and_twice_is_once(a in labels(), b in labels(), c in labels()) {
        let join = |one: &Labels, other: &Labels| {
            let mut joined = one.clone();
            joined.join(other);
            joined
        };
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&join(&a, &b), &b), join(&a, &b));
    }

    #[test]
    fn each_switch_that_is_turned_against_showing_never_shows_more(
        asked in asked(), labels in labels(), kind in kinds(),
        section in prop::sample::select(Section::ALL.to_vec()), class in prop::sample::select(Sensitivity::ALL.to_vec()), day in days(),
    ) {
        let before = shown(&asked, kind, &labels);
        for against in [
            RuleChange::Section { section, open: false },
            RuleChange::Sensitive { class, proxies: true, shown: false },
            RuleChange::Sensitive { class, proxies: false, shown: false },
            RuleChange::FreeTextFrom { day: None },
            RuleChange::FreeTextFrom { day: asked.rules.free_text_from.map(|from| from.max(day)) },
        ] {
            let turned = Asked { rules: asked.rules.clone().turned(against), ..asked.clone() };
            prop_assert!(shown(&turned, kind, &labels) <= before, "{against:?}");
        }
        let mut narrower = asked.clone();
        narrower.grant.sections_off.insert(section);
        prop_assert!(shown(&narrower, kind, &labels) <= before);
        let suppressed = Asked { suppressed: true, ..asked };
        prop_assert!(shown(&suppressed, kind, &labels).is_none());
    }

    #[test]
    fn who_acts_for_a_patient_never_sees_more_than_the_patient_would_by_the_same_grant(asked in asked(), labels in labels(), kind in kinds()) {
        let patient = Asked { proxy: None, ..asked.clone() };
        prop_assert!(shown(&asked, kind, &labels) <= shown(&patient, kind, &labels));
    }

    #[test]
    fn a_type_outside_the_scope_shows_nothing(mut asked in asked(), labels in labels(), kind in kinds()) {
        asked.types.remove(&kind);
        prop_assert_eq!(shown(&asked, kind, &labels), None);
    }
}
