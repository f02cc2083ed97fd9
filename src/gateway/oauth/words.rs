//! The words of the pages that a person sees, in their language (`languages/`). A page is made with the names of
//! its sentences, and gets its words when it is known who reads it: [`say`] puts a name there, [`rendered`] the words.

use std::{collections::BTreeMap, sync::LazyLock};

use http::{HeaderMap, HeaderValue, Method, header};

use super::{authorize::CARRIED, form::Form};
use crate::{Request, Response};

/// A language that pages are in: its tag (BCP 47), its own name, its sentences by their names.
pub(super) struct Language {
    pub(super) tag: &'static str,
    name: &'static str,
    sentences: BTreeMap<String, String>,
}

/// Tags of the languages that pages are in; what is not said otherwise is in the first.
pub(crate) const TAGS: [&str; 4] = ["en", "cy", "pl", "bn"];

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let language = |tag, name, text: &str| Language {
        tag,
        name,
        // A test reads every file; one that cannot be read says nothing, and English is used.
        sentences: toml::from_str(text).unwrap_or_default(),
    };
    vec![
        language("en", "English", include_str!("languages/en.toml")),
        language("cy", "Cymraeg", include_str!("languages/cy.toml")),
        language("pl", "Polski", include_str!("languages/pl.toml")),
        language("bn", "বাংলা", include_str!("languages/bn.toml")),
    ]
});

// Private-use characters, which `page::escape` lets nobody send.
const OPEN: char = '\u{e000}';
const NEXT: char = '\u{e001}';
const CLOSE: char = '\u{e002}';
/// Where the other languages are offered.
pub(super) const CHOOSER: &str = "\u{e000}languages\u{e002}";
/// Where the tag of the language stands.
pub(super) const TAG: &str = "\u{e000}tag\u{e002}";

/// Whether a character would be taken for a part of a page's own.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, OPEN | NEXT | CLOSE)
}

/// A sentence by its name, with what stands in it: HTML that is safe.
pub(super) fn say(name: &str, with: &[(&str, &str)]) -> String {
    let mut said = format!("{OPEN}{name}");
    for (placeholder, value) in with {
        said.extend([NEXT.to_string(), (*placeholder).to_owned(), "=".to_owned(), (*value).to_owned()]);
    }
    said.push(CLOSE);
    said
}

/// What an app or a person asked for before, where this request does not say it.
#[derive(Clone)]
pub(super) struct AskedBefore(pub(super) String);

/// A page in the language of whoever asks: that which is named in the request (`ui_locales`, OpenID Connect Core §3.1.2.1),
/// that which was asked for before, or the browser's.
pub(super) fn rendered(request: &Request, mut response: Response) -> Response {
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    if !is_page {
        return response;
    }
    let language = language(request, response.extensions().get::<AskedBefore>());
    let html = String::from_utf8_lossy(response.body()).into_owned();
    // What a request sent that came to nothing is not repeated.
    let chooser = if response.status().is_success() { chooser(request, language) } else { String::new() };
    *response.body_mut() = filled(&html, language, &chooser).into();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
    response
}

/// A page in English, whatever the browser likes.
pub(super) fn in_english(mut response: Response) -> Response {
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML) {
        let html = String::from_utf8_lossy(response.body()).into_owned();
        *response.body_mut() = filled(&html, LANGUAGES.first().unwrap_or(&NONE), "").into();
    }
    response
}

/// The type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";

fn language(request: &Request, before: Option<&AskedBefore>) -> &'static Language {
    let form =
        if request.method() == Method::POST { Form::of_body(request) } else { Form::of_query(request) };
    let named = form.ok().and_then(|form| form.get(PARAMETER).and_then(first_known));
    let before = || before.and_then(|before| first_known(&before.0));
    let english = LANGUAGES.first();
    let found = named.or_else(before).or_else(|| of_browser(request.headers())).or(english);
    found.unwrap_or(&NONE)
}

fn sent(request: &Request) -> Form {
    let form =
        if request.method() == Method::POST { Form::of_body(request) } else { Form::of_query(request) };
    form.unwrap_or_default()
}

/// The parameter that names languages.
pub(super) const PARAMETER: &str = "ui_locales";

static NONE: Language = Language { tag: "en", name: "English", sentences: BTreeMap::new() };

/// The first of several tags, divided by spaces, that is known.
fn first_known(tags: &str) -> Option<&'static Language> {
    tags.split(' ').find_map(known)
}

fn known(tag: &str) -> Option<&'static Language> {
    let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().find(|language| language.tag.eq_ignore_ascii_case(primary))
}

/// What the browser likes best (RFC 9110 §12.5.4); of what it likes alike, the first.
fn of_browser(headers: &HeaderMap) -> Option<&'static Language> {
    let all = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, &Language)> = None;
    for one in all.split(',').take(40) {
        let (tag, quality) = one.split_once(';').unwrap_or((one, ""));
        let quality = quality.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if let Some(language) = known(tag)
            && quality > best.map_or(0.0, |(quality, _)| quality)
        {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

/// Pages that can be asked for again, with which parameters; how somebody came back from a provider cannot.
const AGAIN: [(&str, &[&str]); 4] = [
    ("/oauth/authorize", &CARRIED),
    ("/oauth/letter", &CARRIED),
    ("/oauth/answer", &["ticket"]),
    ("/account", &["patient", "before"]),
];

/// Links to the same page in the other languages, where the page can be asked for again.
fn chooser(request: &Request, now: &Language) -> String {
    let Some((_, names)) = AGAIN.iter().find(|(path, _)| *path == request.uri().path()) else {
        return String::new();
    };
    let form = sent(request);
    let names = names.iter().filter(|name| **name != PARAMETER);
    let rest: Vec<(&str, &str)> = names.filter_map(|name| Some((*name, form.get(name)?))).collect();
    let link = |language: &Language| {
        if language.tag == now.tag {
            return format!("<span aria-current=\"true\">{}</span>", language.name);
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&rest).append_pair(PARAMETER, language.tag).finish();
        let query = super::page::escape(&query);
        let Language { tag, name, .. } = language;
        format!("<a href=\"?{query}\" lang=\"{tag}\" hreflang=\"{tag}\">{name}</a>")
    };
    let links: Vec<String> = LANGUAGES.iter().map(link).collect();
    let label = sentence(now, "languages.label");
    format!("<nav class=\"languages\" aria-label=\"{label}\">{}</nav>", links.join(" "))
}

/// A sentence without what stands in it; as safe text.
fn sentence(language: &Language, name: &str) -> String {
    let english = || LANGUAGES.first().and_then(|english| english.sentences.get(name));
    let found = language.sentences.get(name).or_else(english);
    found.map_or_else(String::new, |text| super::page::escape(text))
}

/// The words in the places of their names, from the inside out.
fn filled(html: &str, language: &Language, chooser: &str) -> String {
    let mut open: Vec<String> = vec![String::new()];
    for c in html.chars() {
        match c {
            OPEN => open.push(String::new()),
            CLOSE if open.len() > 1 => {
                let said = open.pop().unwrap_or_default();
                let words = words(&said, language, chooser);
                if let Some(around) = open.last_mut() {
                    around.push_str(&words);
                }
            }
            c => open.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    open.concat()
}

fn words(said: &str, language: &Language, chooser: &str) -> String {
    let mut parts = said.split(NEXT);
    let words = match parts.next().unwrap_or_default() {
        "languages" => return chooser.to_owned(),
        "tag" => return language.tag.to_owned(),
        name => sentence(language, name),
    };
    let values: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let mut out = String::with_capacity(words.len());
    // Never what came in is looked through for placeholders.
    for (at, piece) in words.split('{').enumerate() {
        match piece.split_once('}') {
            Some((placeholder, rest)) if at > 0 => {
                let value = values.iter().find(|(name, _)| *name == placeholder);
                out.push_str(value.map_or("", |(_, value)| value));
                out.push_str(rest);
            }
            _ => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The files that put sentences into pages.
    const PAGES: [&str; 6] = [
        include_str!("page.rs"),
        include_str!("authorize.rs"),
        include_str!("signing_in/page.rs"),
        include_str!("signing_in/letter.rs"),
        include_str!("account/page.rs"),
        include_str!("account/mod.rs"),
    ];

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|piece| piece.split_once('}').unwrap().0).collect()
    }

    #[test]
    fn every_language_has_the_sentences_of_english_with_the_same_placeholders_and_nothing_else() {
        let english = &LANGUAGES[0].sentences;
        assert!(english.len() > 100);
        assert_eq!(LANGUAGES.iter().map(|language| language.tag).collect::<Vec<_>>(), TAGS);
        for language in &*LANGUAGES {
            let names = |of: &Language| of.sentences.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(language), names(&LANGUAGES[0]), "{}", language.tag);
            for (name, text) in &language.sentences {
                assert_eq!(placeholders(text), placeholders(&english[name]), "{} {name}", language.tag);
                assert!(!text.trim().is_empty() && !text.contains('<') && !text.chars().any(is_mark));
            }
            for name in ["consent.title", "no-record.words", "account.sees"] {
                let same = language.sentences[name] == english[name];
                assert_eq!(same, language.tag == "en", "{} {name}", language.tag);
            }
        }
    }

    #[test]
    fn every_sentence_that_a_page_names_is_there_and_each_is_named_by_a_page() {
        let english = &LANGUAGES[0].sentences;
        let named = |name: &str| PAGES.iter().any(|page| page.contains(&format!("\"{name}\"")));
        for page in PAGES {
            for said in page.split("say(\"").skip(1) {
                let name = said.split('"').next().unwrap();
                assert!(english.contains_key(name), "{name}");
            }
        }
        for name in english.keys() {
            // `month.3`, `level.title` and `not-own.left.next` are put together.
            let begun = name.rsplit_once('.').map_or(name.as_str(), |(begun, _)| begun);
            let put_together = name.starts_with("month.") || named(begun);
            assert!(named(name) || put_together || name == "languages.label", "{name}");
        }
    }

    fn asked(uri: &str, accept: Option<&str>) -> &'static str {
        let mut request = http::Request::builder().uri(uri);
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT_LANGUAGE, accept);
        }
        language(&request.body(bytes::Bytes::new()).unwrap(), None).tag
    }

    #[test]
    fn the_request_says_which_language_and_else_the_browser_and_else_it_is_english() {
        for (accept, tag) in [
            (None, "en"),
            (Some("cy"), "cy"),
            (Some("de-DE,de;q=0.9"), "en"),
            (Some("de, pl;q=0.4, bn-BD;q=0.8, en;q=0.1"), "bn"),
            (Some("pl;q=0, en;q=0.5"), "en"),
            (Some("PL-pl"), "pl"),
            (Some(",;q=,*;q=x"), "en"),
        ] {
            assert_eq!(asked("/oauth/authorize", accept), tag, "{accept:?}");
            assert_eq!(asked("/oauth/authorize?ui_locales=fr+cy-GB+pl", accept), "cy");
            assert_eq!(asked("/oauth/authorize?ui_locales=fr", accept), tag, "{accept:?}");
        }
        let request = http::Request::builder().uri("/oauth/answer").body(bytes::Bytes::new()).unwrap();
        assert_eq!(language(&request, Some(&AskedBefore("xx bn".to_owned()))).tag, "bn");
    }

    #[test]
    fn nothing_that_came_in_is_taken_for_a_sentence_or_a_placeholder() {
        let english = &LANGUAGES[0];
        let hostile = super::super::page::escape("{app}\u{e000}consent.deny\u{e002}<b>");
        assert_eq!(hostile, "{app}\u{fffd}consent.deny\u{fffd}&lt;b&gt;");
        let inner = say("type.only", &[("type", &say("type.immunization", &[])), ("codes", &hostile)]);
        let page = filled(&say("account.sees", &[("what", &inner)]), english, "");
        assert_eq!(page, "It may see: Vaccinations: only {app}\u{fffd}consent.deny\u{fffd}&lt;b&gt;.");
        for torn in ["\u{e002}x", "\u{e000}", "\u{e000}no-such\u{e002}"] {
            assert!(!filled(torn, english, "").contains('\u{e000}'));
        }
    }
}
