//! Parameters as a form sends them, each at most once.

use std::collections::BTreeMap;

use http::header;

use crate::Request;

/// Most bytes that a form may have.
const LONGEST: usize = 64 * 1024;

/// Parameters by name.
#[derive(Default)]
pub(super) struct Form(BTreeMap<String, String>);

/// Why a form is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadForm {
    TooLong,
    NotAForm,
    /// RFC 6749 §3.1: which of two would be believed, and by whom?
    Twice,
}

impl BadForm {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::TooLong => "the request is too long",
            Self::NotAForm => "the body must be application/x-www-form-urlencoded",
            Self::Twice => "a parameter was sent more than once",
        }
    }
}

impl Form {
    pub(super) fn of_query(request: &Request) -> Result<Self, BadForm> {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    pub(super) fn of_body(request: &Request) -> Result<Self, BadForm> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(BadForm::NotAForm);
        }
        Self::parse(request.body())
    }

    fn parse(bytes: &[u8]) -> Result<Self, BadForm> {
        if bytes.len() > LONGEST {
            return Err(BadForm::TooLong);
        }
        let mut form = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if form.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(BadForm::Twice);
            }
        }
        Ok(Self(form))
    }

    /// What was sent before.
    pub(super) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// A parameter; one without a value is as good as absent (RFC 6749 §3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_comes_twice_refuses_the_form_and_an_empty_one_is_absent() {
        let form = Form::parse(b"a=1+2%2F&b=&c").ok().unwrap();
        assert_eq!((form.get("a"), form.get("b"), form.get("c")), (Some("1 2/"), None, None));
        assert_eq!(Form::parse(b"a=1&b=2&%61=1").err(), Some(BadForm::Twice));
        assert_eq!(Form::parse(&vec![b'a'; LONGEST + 1]).err(), Some(BadForm::TooLong));
    }
}
