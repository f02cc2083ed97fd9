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
                    meet(asked, &allowed).into_iter().for_each(|part| granted.add(Scope::Patient(part)));
                }
                Scope::LaunchPatient | Scope::OfflineAccess | Scope::OpenId | Scope::FhirUser => {
                    if allowed.contains(&scope) {
                        granted.add(scope);
                    }
                }
                // One needs a session at this server that a token's life could hang on; the other is what `fhirUser`
                // was called before.
                Scope::OnlineAccess | Scope::Profile => {}
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

    /// The same for a person who is no resource of this server: nothing could be named as theirs.
    #[must_use]
    pub(crate) fn without_fhir_user(mut self) -> Self {
        self.0.retain(|scope| *scope != Scope::FhirUser);
        self
    }

    /// Whether the app is told who signed in.
    #[must_use]
    pub fn identifies(&self) -> bool {
        self.0.contains(&Scope::OpenId)
    }

    /// Whether the app is told which resource the person is.
    #[must_use]
    pub(crate) fn tells_fhir_user(&self) -> bool {
        self.0.contains(&Scope::FhirUser)
    }

    /// What is asked for, if all of it was granted before (RFC 6749 §6).
    ///
    /// # Errors
    /// [`ScopeError::Wider`] if anything in it was not; [`ScopeError::Malformed`].
    pub fn narrow(&self, asked: &str) -> Result<Self, ScopeError> {
        let mut narrowed = Self::default();
        for word in words(asked)? {
            let scope = Scope::parse(word).filter(|scope| self.covers(*scope)).ok_or(ScopeError::Wider)?;
            narrowed.add(scope);
        }
        Ok(narrowed)
    }

    /// Whether a resource of this type may be read by its id.
    #[must_use]
    pub fn may_read(&self, kind: ResourceType) -> bool {
        self.rights(Target::One(kind)).covers(Rights::READ)
    }

    /// Whether resources of this type may be searched for.
    #[must_use]
    pub fn may_search(&self, kind: ResourceType) -> bool {
        self.rights(Target::One(kind)).covers(Rights::SEARCH)
    }

    /// The types that may be read or searched for.
    #[must_use]
    pub fn types(&self) -> BTreeSet<ResourceType> {
        ResourceType::ALL.into_iter().filter(|kind| self.may_read(*kind) || self.may_search(*kind)).collect()
    }

    /// Whether the app may come back without the person.
    #[must_use]
    pub fn offline(&self) -> bool {
        self.0.contains(&Scope::OfflineAccess)
    }

    /// Whether nothing was granted that a token is good for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.iter().any(|scope| scope.opens())
    }

    fn add(&mut self, scope: Scope) {
        if !self.0.contains(&scope) {
            self.0.push(scope);
        }
    }

    fn covers(&self, asked: Scope) -> bool {
        match asked {
            Scope::Patient(asked) => self.rights(asked.target).covers(asked.rights),
            other => self.0.contains(&other),
        }
    }

    fn rights(&self, target: Target) -> Rights {
        let of = |scope: &Scope| match scope {
            Scope::Patient(held) if held.target.covers(target) => held.rights,
            _ => Rights::NONE,
        };
        self.0.iter().map(of).fold(Rights::NONE, Rights::or)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(Scope::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

/// The parts of what is asked that are allowed and served, one for each target.
fn meet(asked: Clinical, allowed: &[Scope]) -> Vec<Clinical> {
    let mut parts: Vec<Clinical> = Vec::new();
    for scope in allowed {
        let Scope::Patient(allowed) = scope else { continue };
        let rights = asked.rights.and(allowed.rights).and(Rights::SERVED);
        let Some(target) = asked.target.meet(allowed.target) else { continue };
        if rights == Rights::NONE {
            continue;
        }
        match parts.iter_mut().find(|part| part.target == target) {
            Some(part) => part.rights = part.rights.or(rights),
            None => parts.push(Clinical { target, rights, v1: asked.v1 }),
        }
    }
    let all = parts.iter().find(|part| part.target == Target::Any).map_or(Rights::NONE, |part| part.rights);
    parts.retain(|part| part.target == Target::Any || !all.covers(part.rights));
    parts.iter_mut().for_each(|part| part.v1 &= part.rights == Rights::SERVED);
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
    fn granular_and_old_scopes_are_left_out_and_not_widened() {
        let allowed =
            ["openid", "fhirUser", "profile", "online_access", "offline_access", "patient/*.rs", "user/*.rs"];
        let asked = "fhirUser profile online_access user/*.rs patient/Observation.rs?category=laboratory";
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
        assert_eq!(all.clone().without_fhir_user().to_string(), "openid");
        assert!(all.without_identity().is_empty());
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
