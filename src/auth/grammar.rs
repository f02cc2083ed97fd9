//! One scope: its grammar in SMART App Launch v1 and v2, and what two scopes have in common.

use std::fmt;

use record::ResourceType;

/// A scope that this server has a meaning for. Everything else, a granular scope with another condition than a category
/// among it, has none and is dropped: to read it without its condition would widen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    LaunchPatient,
    OfflineAccess,
    OnlineAccess,
    OpenId,
    FhirUser,
    Profile,
    Patient(Clinical),
}

/// `patient/…`: what may be done to which resources of the patient in context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clinical {
    pub(crate) target: Target,
    pub(crate) rights: Rights,
    /// Only Observations of this category.
    pub(crate) category: Option<Category>,
    /// Written in the older form, and to be answered in it (SMART 2.2, "Scopes for requesting FHIR resources").
    pub(crate) v1: bool,
}

/// `?category=code` or `?category=system|code`, as a search would have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) system: Option<String>,
    pub(crate) code: String,
}

/// Longest category, in bytes.
const LONGEST_CATEGORY: usize = 256;

impl Category {
    /// One value of the parameter; several in one scope, or several parameters, are no category.
    fn parse(condition: &str) -> Option<Self> {
        let value = condition.strip_prefix("category=").filter(|value| value.len() <= LONGEST_CATEGORY)?;
        let (system, code) = match value.split_once('|') {
            Some((system, code)) => (Some(system).filter(|system| !system.is_empty())?.into(), code),
            None => (None, value),
        };
        let plain = |text: &str| !text.is_empty() && !text.contains(['&', ',', '|', '$', '\\', '%', '?']);
        let fits = plain(code) && system.is_none_or(plain);
        fits.then(|| Self { system: system.map(str::to_owned), code: code.to_owned() })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.system {
            Some(system) => write!(f, "?category={system}|{}", self.code),
            None => write!(f, "?category={}", self.code),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Any,
    One(ResourceType),
}

/// A set of `c`, `r`, `u`, `d`, `s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights(u8);

impl Rights {
    /// In the order in which the grammar wants them.
    const LETTERS: [(char, Self); 5] =
        [('c', Self(1)), ('r', Self::READ), ('u', Self(4)), ('d', Self(8)), ('s', Self::SEARCH)];

    pub(crate) const NONE: Self = Self(0);
    pub(crate) const READ: Self = Self(2);
    pub(crate) const SEARCH: Self = Self(16);
    /// What this server can do at all.
    pub(crate) const SERVED: Self = Self(2 | 16);
    const WRITE: Self = Self(1 | 4 | 8);
    const ALL: Self = Self(31);

    /// SMART v1 `read`, `write`, `*`.
    fn v1(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::SERVED),
            "write" => Some(Self::WRITE),
            "*" => Some(Self::ALL),
            _ => None,
        }
    }

    /// SMART v2: letters in order, each at most once, at least one.
    fn v2(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut rights = Self::NONE;
        for (letter, right) in Self::LETTERS {
            if let Some(after) = rest.strip_prefix(letter) {
                rest = after;
                rights = rights.or(right);
            }
        }
        (rest.is_empty() && rights != Self::NONE).then_some(rights)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn covers(self, other: Self) -> bool {
        self.and(other) == other
    }
}

impl Target {
    /// What is both this and the other.
    pub(crate) fn meet(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, target) | (target, Self::Any) => Some(target),
            (Self::One(a), Self::One(b)) => (a == b).then_some(self),
        }
    }

    /// Whether all of the other is in this.
    pub(crate) fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }
}

impl Scope {
    /// Whether a token is good for anything with it alone.
    pub(crate) fn opens(&self) -> bool {
        match self {
            Self::Patient(clinical) => clinical.rights.and(Rights::SERVED) != Rights::NONE,
            Self::LaunchPatient | Self::OpenId => true,
            Self::OfflineAccess | Self::OnlineAccess | Self::FhirUser | Self::Profile => false,
        }
    }

    /// Reads one scope; letters' case counts.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "launch/patient" => Some(Self::LaunchPatient),
            "offline_access" => Some(Self::OfflineAccess),
            "online_access" => Some(Self::OnlineAccess),
            "openid" => Some(Self::OpenId),
            "fhirUser" => Some(Self::FhirUser),
            "profile" => Some(Self::Profile),
            _ => Clinical::parse(text).map(Self::Patient),
        }
    }
}

impl Clinical {
    fn parse(text: &str) -> Option<Self> {
        let (target, rights) = text.strip_prefix("patient/")?.split_once('.')?;
        let target = match target {
            "*" => Target::Any,
            name => Target::One(ResourceType::from_name(name)?),
        };
        let (rights, category) = match rights.split_once('?') {
            // Of the types that are served, Observations alone have categories; the older form has no conditions.
            Some((rights, condition)) if target == Target::One(ResourceType::Observation) => {
                (Rights::v2(rights)?, Some(Category::parse(condition)?))
            }
            Some(_) => return None,
            None => {
                let v1 = Rights::v1(rights);
                let rights = v1.or_else(|| Rights::v2(rights))?;
                return Some(Self { target, rights, category: None, v1: v1.is_some() });
            }
        };
        Some(Self { target, rights, category, v1: false })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LaunchPatient => f.write_str("launch/patient"),
            Self::OfflineAccess => f.write_str("offline_access"),
            Self::OnlineAccess => f.write_str("online_access"),
            Self::OpenId => f.write_str("openid"),
            Self::FhirUser => f.write_str("fhirUser"),
            Self::Profile => f.write_str("profile"),
            Self::Patient(clinical) => clinical.fmt(f),
        }
    }
}

impl fmt::Display for Clinical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match self.target {
            Target::Any => "*",
            Target::One(kind) => kind.name(),
        };
        write!(f, "patient/{target}.")?;
        match self.v1_rights() {
            Some(word) if self.v1 => f.write_str(word),
            _ => Rights::LETTERS
                .iter()
                .filter(|(_, r)| self.rights.covers(*r))
                .try_for_each(|(l, _)| write!(f, "{l}")),
        }?;
        self.category.as_ref().map_or(Ok(()), |category| category.fmt(f))
    }
}

impl Clinical {
    /// The older form's word, where it has one for exactly these rights.
    fn v1_rights(&self) -> Option<&'static str> {
        ["read", "write", "*"].into_iter().find(|word| Rights::v1(word) == Some(self.rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_written_back_as_it_came() {
        for text in [
            "launch/patient",
            "offline_access",
            "online_access",
            "openid",
            "fhirUser",
            "profile",
            "patient/Patient.r",
            "patient/Observation.rs",
            "patient/Immunization.cruds",
            "patient/*.read",
            "patient/*.s",
            "patient/Observation.*",
            "patient/Observation.write",
            "patient/Observation.rs?category=laboratory",
            "patient/Observation.s?category=http://codes.example/category|vital-signs",
        ] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_has_no_meaning_here_is_not_guessed_at() {
        for text in [
            "",
            "patient/",
            "patient/Observation",
            "patient/Observation.",
            "patient/Observation.sr",
            "patient/Observation.rr",
            "patient/Observation.READ",
            "patient/observation.rs",
            "patient/Condition.rs",
            "patient/Observation.read?category=laboratory",
            "patient/Observation.rs?",
            "patient/Observation.rs?category",
            "patient/Observation.rs?category=",
            "patient/Observation.rs?category=|laboratory",
            "patient/Observation.rs?category=x|",
            "patient/Observation.rs?category=a|b|c",
            "patient/Observation.rs?category=laboratory,vital-signs",
            "patient/Observation.rs?category=laboratory&code=1",
            "patient/Observation.rs?category:not=laboratory",
            "patient/Observation.rs?category=%6c",
            "patient/Observation.rs?code=1",
            "patient/Observation.?category=laboratory",
            "patient/Immunization.rs?category=laboratory",
            "patient/*.rs?category=laboratory",
            "user/Observation.rs",
            "system/*.rs",
            "launch",
            "launch/encounter",
            "OpenID",
        ] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }
}
