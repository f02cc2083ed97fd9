//! The cookie that tells a browser from every other. It signs nobody in: it only sees to it that what one browser began
//! no other one ends.

use http::{HeaderMap, HeaderValue};

use crate::oauth::cookie;

/// `__Host-`: set by this host alone, over TLS, for all its paths; no other host and no subdomain can put one there.
const NAME: &str = "__Host-browser";

/// The browser's secret, if it has exactly one of the right shape.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    cookie::one(headers, NAME).filter(|value| auth::provider::trip::is_browser(value))
}

/// The header that sets it. `Lax`: it must come along when the person returns from the provider's site.
pub(super) fn set(browser: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{NAME}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax")).ok()
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn a_browser_has_one_secret_or_none() {
        let own = auth::provider::trip::browser().unwrap();
        let with = |values: &[String]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::COOKIE, HeaderValue::from_str(value).unwrap());
            }
            read(&headers)
        };
        let pair = format!("{NAME}={own}");
        assert_eq!(with(&[format!("a=b; {pair}; c=d")]), Some(own.clone()));
        assert_eq!(with(&["a=b".to_owned(), pair.clone()]), Some(own.clone()));
        assert_eq!(with(&[pair.clone(), pair.clone()]), None, "which of two is it?");
        for bad in
            [String::new(), format!("browser={own}"), format!("{NAME}=x"), format!("__host-browser={own}")]
        {
            assert_eq!(with(&[bad]), None);
        }
        let set = set(&own).unwrap();
        assert_eq!(set, format!("{NAME}={own}; Path=/; Secure; HttpOnly; SameSite=Lax").as_str());
    }
}
