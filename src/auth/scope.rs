//! Sets of scopes: what an app gets of what it asked for, and what that opens. A scope only ever narrows what the
//! person may see themselves; whether they may see anything is for `policy`.

use std::{collections::BTreeSet, fmt};

use record::ResourceType;

use crate::grammar::{Clinical, Rights, Scope, Target};

/// Longest scope parameter that is read.
const LONGEST: usize = 4096;

/// What is granted: scopes that work here, each once, in the order of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

/// Why scopes were refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// Not a list of scopes (RFC 6749 A.4), or too long.
    Malformed,
    /// More than was granted before.
    Wider,
}

impl Scopes {
    /// Grants of what is asked for what the app may have and what works here; the rest is left out without a word,
    /// because the token response says what was granted (RFC 6749 §3.3).
    ///
    /// # Errors
    /// [`ScopeError::Malformed`].
    pub fn grant(asked: &str, allowed: &[String]) -> Result<Self, ScopeError> {
        let allowed: Vec<Scope> = allowed.iter().filter_map(|text| Scope::parse(text)).collect();
        let mut granted = Self::default();
        for scope in words(asked)?.filter_map(Scope::parse) {
            match scope {
                Scope::Patient(asked) => {
                    meet(&asked, &allowed).into_iter().for_each(|part| granted.add(Scope::Patient(part)));
                }
                Scope::LaunchPatient
                | Scope::OfflineAccess
                | Scope::OnlineAccess
                | Scope::OpenId
                | Scope::FhirUser => {
                    if allowed.contains(&scope) {
                        granted.add(scope);
                    }
                }
                // What `fhirUser` was called before.
                Scope::Profile => {}
            }
        }
        // `fhirUser` is a claim of the ID token that `openid` asks for.
        if !granted.identifies() {
            granted.0.retain(|scope| *scope != Scope::FhirUser);
        }
        Ok(granted)
    }

    /// The same for a server that does not say who signed in.
    #[must_use]
    pub(crate) fn without_identity(mut self) -> Self {
        self.0.retain(|scope| !matches!(scope, Scope::OpenId | Scope::FhirUser));
        self
    }

    /// Whether the app is told who signed in.
    #[must_use]
    pub fn identifies(&self) -> bool {
        self.0.contains(&Scope::OpenId)
    }

    /// Whether the app is told which resource the person is.
    #[must_use]
    pub fn tells_fhir_user(&self) -> bool {
        self.0.contains(&Scope::FhirUser)
    }

    /// What is asked for, if all of it was granted before (RFC 6749 §6).
    ///
    /// # Errors
    /// [`ScopeError::Wider`] if anything in it was not; [`ScopeError::Malformed`].
    pub fn narrow(&self, asked: &str) -> Result<Self, ScopeError> {
        let mut narrowed = Self::default();
        for word in words(asked)? {
            let scope = Scope::parse(word).filter(|scope| self.covers(scope)).ok_or(ScopeError::Wider)?;
            narrowed.add(scope);
        }
        Ok(narrowed)
    }

    /// Whether resources of this type may be read by their ids, be it in some categories only.
    #[must_use]
    pub fn may_read(&self, kind: ResourceType) -> bool {
        self.opening(kind, Rights::READ).next().is_some()
    }

    /// Whether resources of this type may be searched for, be it in some categories only.
    #[must_use]
    pub fn may_search(&self, kind: ResourceType) -> bool {
        self.opening(kind, Rights::SEARCH).next().is_some()
    }

    /// The categories in which resources of this type may be read; none if that is all.
    #[must_use]
    pub fn read_in(&self, kind: ResourceType) -> Option<Categories> {
        categories(self.opening(kind, Rights::READ))
    }

    /// The categories in which resources of this type may be found; none if that is all.
    #[must_use]
    pub fn found_in(&self, kind: ResourceType) -> Option<Categories> {
        categories(self.opening(kind, Rights::SEARCH))
    }

    /// The categories in which resources of this type are seen in any way; none if that is all.
    #[must_use]
    pub fn seen_in(&self, kind: ResourceType) -> Option<Categories> {
        let read = self.opening(kind, Rights::READ);
        categories(read.chain(self.opening(kind, Rights::SEARCH)))
    }

    fn opening(&self, kind: ResourceType, right: Rights) -> impl Iterator<Item = &Clinical> {
        self.0.iter().filter_map(move |scope| match scope {
            Scope::Patient(held) if held.target.covers(Target::One(kind)) && held.rights.covers(right) => {
                Some(held)
            }
            _ => None,
        })
    }

    /// The types that may be read or searched for.
    #[must_use]
    pub fn types(&self) -> BTreeSet<ResourceType> {
        ResourceType::ALL.into_iter().filter(|kind| self.may_read(*kind) || self.may_search(*kind)).collect()
    }

    /// What is left of it if the person lets the app see these types alone, and says whether it may come back by itself.
    #[must_use]
    pub fn keep(&self, kinds: &BTreeSet<ResourceType>, come_back: bool) -> Self {
        let mut kept = Self::default();
        for scope in &self.0 {
            match scope {
                Scope::Patient(held) if held.target == Target::Any && *kinds != ResourceType::ALL.into() => {
                    let one = |kind: &ResourceType| Clinical { target: Target::One(*kind), ..held.clone() };
                    kinds.iter().map(one).for_each(|part| kept.add(Scope::Patient(part)));
                }
                Scope::Patient(Clinical { target: Target::One(kind), .. }) if !kinds.contains(kind) => {}
                Scope::OfflineAccess | Scope::OnlineAccess if !come_back => {}
                Scope::Patient(_)
                | Scope::LaunchPatient
                | Scope::OfflineAccess
                | Scope::OnlineAccess
                | Scope::OpenId
                | Scope::FhirUser
                | Scope::Profile => kept.add(scope.clone()),
            }
        }
        kept
    }

    /// Whether the app may come back by itself while the person is taken to be there still.
    #[must_use]
    pub fn online(&self) -> bool {
        self.0.contains(&Scope::OnlineAccess)
    }

    /// Whether the app may come back without the person.
    #[must_use]
    pub fn offline(&self) -> bool {
        self.0.contains(&Scope::OfflineAccess)
    }

    /// Whether nothing was granted that a token is good for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.iter().any(Scope::opens)
    }

    fn add(&mut self, scope: Scope) {
        if !self.0.contains(&scope) {
            self.0.push(scope);
        }
    }

    fn covers(&self, asked: &Scope) -> bool {
        match asked {
            Scope::Patient(asked) => self.rights(asked).covers(asked.rights),
            other => self.0.contains(other),
        }
    }

    /// What may be done to what a scope is about.
    fn rights(&self, about: &Clinical) -> Rights {
        let of = |scope: &Scope| match scope {
            Scope::Patient(held)
                if held.target.covers(about.target)
                    && (held.category.is_none() || held.category == about.category) =>
            {
                held.rights
            }
            _ => Rights::NONE,
        };
        self.0.iter().map(of).fold(Rights::NONE, Rights::or)
    }
}

/// Categories of a type: a system, where one is named, and a code.
pub type Categories = Vec<(Option<String>, String)>;

fn categories<'a>(scopes: impl Iterator<Item = &'a Clinical>) -> Option<Categories> {
    scopes.map(|scope| scope.category.as_ref().map(|c| (c.system.clone(), c.code.clone()))).collect()
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(Scope::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

/// The parts of what is asked that are allowed and served, one for each target and category.
fn meet(asked: &Clinical, allowed: &[Scope]) -> Vec<Clinical> {
    let mut parts: Vec<Clinical> = Vec::new();
    for scope in allowed {
        let Scope::Patient(allowed) = scope else { continue };
        let rights = asked.rights.and(allowed.rights).and(Rights::SERVED);
        let Some(target) = asked.target.meet(allowed.target) else { continue };
        let category = match (&asked.category, &allowed.category) {
            (one, None) | (None, one) => one.clone(),
            (one, other) if one == other => one.clone(),
            _ => continue,
        };
        if rights == Rights::NONE {
            continue;
        }
        match parts.iter_mut().find(|part| part.target == target && part.category == category) {
            Some(part) => part.rights = part.rights.or(rights),
            None => parts.push(Clinical { target, rights, category, v1: asked.v1 }),
        }
    }
    // What another part says already is said once.
    let all = parts.clone();
    parts.retain(|part| {
        let wider = |other: &&Clinical| {
            other.target.covers(part.target)
                && (other.category.is_none() || other.category == part.category)
                && (other.target != part.target || other.category != part.category)
                && other.rights.covers(part.rights)
        };
        !all.iter().any(|other| wider(&other))
    });
    parts.iter_mut().for_each(|part| part.v1 &= part.rights == Rights::SERVED && part.category.is_none());
    parts
}

fn words(text: &str) -> Result<impl Iterator<Item = &str>, ScopeError> {
    let fits = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if text.len() > LONGEST || !text.bytes().all(fits) {
        return Err(ScopeError::Malformed);
    }
    Ok(text.split(' ').filter(|word| !word.is_empty()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grant(asked: &str, allowed: &[&str]) -> String {
        let allowed: Vec<String> = allowed.iter().map(|&s| s.to_owned()).collect();
        Scopes::grant(asked, &allowed).unwrap().to_string()
    }

    #[test]
    fn what_is_asked_twice_is_granted_once() {
        let allowed = ["launch/patient", "patient/*.rs"];
        assert_eq!(
            grant("launch/patient patient/*.rs launch/patient  patient/*.rs", &allowed),
            "launch/patient patient/*.rs"
        );
    }

    #[test]
    fn the_older_form_is_answered_in_the_older_form_and_never_says_more_than_is_true() {
        assert_eq!(grant("patient/*.read", &["patient/*.rs"]), "patient/*.read");
        assert_eq!(grant("patient/Observation.*", &["patient/*.cruds"]), "patient/Observation.read");
        assert_eq!(grant("patient/Observation.rs", &["patient/*.read"]), "patient/Observation.rs");
        assert_eq!(grant("patient/Observation.read", &["patient/Observation.r"]), "patient/Observation.r");
        assert_eq!(grant("patient/Observation.write patient/Observation.cud", &["patient/*.*"]), "");
    }

    #[test]
    fn a_wildcard_is_narrowed_to_what_the_app_may_have() {
        assert_eq!(
            grant("patient/*.read", &["patient/Patient.r", "patient/Patient.s", "patient/Immunization.s"]),
            "patient/Patient.read patient/Immunization.s"
        );
        assert_eq!(grant("patient/*.rs", &["patient/Patient.r", "patient/*.rs"]), "patient/*.rs");
        assert_eq!(
            grant("patient/*.rs", &["patient/Patient.rs", "patient/*.r"]),
            "patient/Patient.rs patient/*.r",
            "a type that has more than all types have keeps it"
        );
    }

    #[test]
    fn old_and_unknown_scopes_are_left_out_and_not_widened() {
        let allowed =
            ["openid", "fhirUser", "profile", "online_access", "offline_access", "patient/*.rs", "user/*.rs"];
        let asked =
            "fhirUser profile user/*.rs patient/Observation.rs?code=1 patient/*.rs?category=laboratory";
        assert_eq!(grant(asked, &allowed), "");
        assert_eq!(grant(&format!("{asked} offline_access"), &allowed), "offline_access");
        assert!(Scopes::grant("offline_access", &["offline_access".to_owned()]).unwrap().is_empty());
    }

    #[test]
    fn who_signed_in_is_told_where_the_app_may_know_and_its_resource_only_with_that() {
        let allowed = ["openid", "fhirUser", "patient/*.rs"];
        assert_eq!(grant("openid fhirUser patient/*.rs", &allowed), "openid fhirUser patient/*.rs");
        assert_eq!(grant("fhirUser patient/*.rs", &allowed), "patient/*.rs");
        assert_eq!(grant("openid fhirUser patient/*.rs", &["patient/*.rs"]), "patient/*.rs");
        let all = Scopes::grant("fhirUser openid", &allowed.map(str::to_owned)).unwrap();
        assert!(!all.is_empty(), "an app may only want to know who somebody is");
        assert!(all.without_identity().is_empty());
    }

    #[test]
    fn a_category_narrows_whichever_side_names_it() {
        const LAB: &str = "patient/Observation.rs?category=laboratory";
        const VITAL: &str = "patient/Observation.rs?category=http://codes.example|vital-signs";
        assert_eq!(grant(LAB, &["patient/*.rs"]), LAB);
        assert_eq!(grant("patient/Observation.rs", &[LAB]), LAB);
        assert_eq!(grant("patient/*.read", &[LAB, VITAL]), format!("{LAB} {VITAL}"));
        assert_eq!(grant(LAB, &[LAB, VITAL]), LAB);
        assert_eq!(grant(LAB, &[VITAL]), "");
        assert_eq!(grant(LAB, &["patient/Observation.r"]), "patient/Observation.r?category=laboratory");
        assert_eq!(
            grant("patient/Observation.rs", &["patient/Observation.r", LAB]),
            format!("patient/Observation.r {LAB}")
        );
        assert_eq!(grant("patient/*.rs", &["patient/*.rs", LAB]), "patient/*.rs");
        let held =
            Scopes::grant(&format!("{LAB} patient/Observation.s"), &["patient/*.rs".to_owned()]).unwrap();
        let kind = ResourceType::Observation;
        assert_eq!(held.read_in(kind), Some(vec![(None, "laboratory".to_owned())]));
        assert_eq!(held.found_in(kind), None, "any may be found");
        assert_eq!(held.seen_in(kind), None);
        assert!(held.may_read(kind) && held.may_search(kind) && !held.may_read(ResourceType::Patient));
        for same_or_less in [LAB, "patient/Observation.s", "patient/Observation.s?category=laboratory"] {
            assert!(held.narrow(same_or_less).is_ok(), "{same_or_less}");
        }
        for more in ["patient/Observation.rs", VITAL, "patient/Observation.r", "patient/*.s"] {
            assert_eq!(held.narrow(more), Err(ScopeError::Wider), "{more}");
        }
    }

    #[test]
    fn a_person_grants_a_part_of_what_is_asked() {
        let allowed = ["launch/patient", "offline_access", "patient/*.rs"].map(str::to_owned);
        let keep = |asked: &str, kinds: &[ResourceType], come_back| {
            let kinds = kinds.iter().copied().collect();
            Scopes::grant(asked, &allowed).unwrap().keep(&kinds, come_back).to_string()
        };
        let all = "launch/patient patient/*.read offline_access";
        assert_eq!(keep(all, &ResourceType::ALL, true), all);
        assert_eq!(
            keep(all, &[ResourceType::Immunization], true),
            "launch/patient patient/Immunization.read offline_access"
        );
        assert_eq!(keep(all, &ResourceType::ALL, false), "launch/patient patient/*.read");
        assert_eq!(keep(all, &[], false), "launch/patient");
        let some = "patient/Patient.r patient/Observation.rs?category=laboratory";
        assert_eq!(keep(some, &[ResourceType::Patient], true), "patient/Patient.r");
        assert_eq!(
            keep(some, &[ResourceType::Observation], true),
            "patient/Observation.rs?category=laboratory"
        );
    }

    #[test]
    fn reading_and_searching_are_two_rights() {
        let scopes =
            Scopes::grant("patient/Patient.r patient/Observation.s", &["patient/*.rs".to_owned()]).unwrap();
        assert!(scopes.may_read(ResourceType::Patient) && !scopes.may_search(ResourceType::Patient));
        assert!(!scopes.may_read(ResourceType::Observation) && scopes.may_search(ResourceType::Observation));
        assert!(!scopes.types().contains(&ResourceType::Immunization));
        assert_eq!(scopes.types().len(), 2);
    }

    #[test]
    fn characters_outside_the_grammar_refuse_the_whole_list() {
        for text in ["patient/*.rs\npatient/*.r", "\"openid\"", "a\\b", "päti/ent", &"a".repeat(4097)] {
            assert_eq!(Scopes::grant(text, &[]), Err(ScopeError::Malformed));
        }
    }

    #[test]
    fn a_narrower_list_is_taken_and_a_wider_or_unknown_one_refused() {
        let all = "launch/patient patient/*.r patient/Observation.rs offline_access";
        let allowed: Vec<String> = all.split(' ').map(str::to_owned).collect();
        let held = Scopes::grant(all, &allowed).unwrap();
        for same_or_less in
            ["patient/Observation.read", "patient/Patient.r launch/patient", "patient/*.r", all]
        {
            assert_eq!(held.narrow(same_or_less).unwrap().to_string(), same_or_less);
        }
        for more in [
            "patient/*.rs",
            "patient/Patient.read",
            "patient/Observation.cruds",
            "openid",
            "patient/X.r",
            "*",
        ] {
            assert_eq!(held.narrow(more), Err(ScopeError::Wider), "{more}");
        }
    }

    fn some_scopes() -> impl Strategy<Value = Vec<String>> {
        let scope = (0..4usize, 0..7usize).prop_map(|(target, rights)| {
            let targets = ["*", "Patient", "Observation", "Immunization"];
            let rights = ["r", "s", "rs", "read", "cruds", "*", "write"][rights];
            format!("patient/{}.{rights}", targets[target])
        });
        proptest::collection::vec(scope, 0..5)
    }

    proptest! {
        #[test]
        fn nothing_is_granted_that_was_not_both_asked_and_allowed(asked in some_scopes(), allowed in some_scopes()) {
            let everything = ["patient/*.cruds".to_owned()];
            let a = Scopes::grant(&asked.join(" "), &everything).unwrap();
            let b = Scopes::grant(&allowed.join(" "), &everything).unwrap();
            let got = Scopes::grant(&asked.join(" "), &allowed).unwrap();
            for kind in ResourceType::ALL {
                prop_assert_eq!(got.may_read(kind), a.may_read(kind) && b.may_read(kind));
                prop_assert_eq!(got.may_search(kind), a.may_search(kind) && b.may_search(kind));
            }
            // What is stored as text and read back is the same grant.
            prop_assert_eq!(&Scopes::grant(&got.to_string(), &allowed).unwrap(), &got);
        }
    }
}
