//! `GET [base]/{type}?…` and `POST [base]/{type}/_search`. Every condition is evaluated on what was disclosed, after
//! the decision: a hidden resource cannot be found, counted, paged past or sorted.

use std::cmp::Reverse;

use auth::Session;
use http::HeaderMap;
use policy::Disclosed;
use record::ResourceType;

use super::{
    bundle::Bundle,
    cursor::Cursor,
    dates::DateMatch,
    format::Format,
    params::{Field, Param, ParamKind, params_of, sorts_of},
    query::Query,
    visible::{Seen, Visible},
};
use crate::{
    Response,
    outcome::{Outcome, found, issue},
    service::Service,
};

const DEFAULT_COUNT: usize = 50;
const MOST: usize = 200;

/// Parameters that would change which resources match if they were ignored; they are refused, never ignored.
const REFUSED: &[&str] = &["_filter", "_text", "_content", "_query", "_list", "_type", "_in"];
/// Parameters about the answer's form that are understood elsewhere or may be ignored without a word.
const SILENT: &[&str] = &["_format", "_pretty", "_total", "_totalMethod"];

/// A search as it was understood.
#[derive(Debug, Default)]
struct Search {
    filters: Vec<Filter>,
    count: Option<usize>,
    sort: Option<Sort>,
    count_only: bool,
    /// The pairs that were understood, for the self link.
    understood: Vec<(String, String)>,
    /// The format that was asked for in the query, which every link keeps.
    format: Option<String>,
    /// What was ignored, and what is valid instead.
    ignored: Vec<String>,
}

#[derive(Debug)]
struct Filter {
    field: Field,
    any: Vec<Matcher>,
}

#[derive(Debug)]
enum Matcher {
    Token { system: Option<String>, code: Option<String> },
    Date(DateMatch),
    Text(String),
    Reference(Option<String>),
}

#[derive(Clone, Copy, Debug)]
struct Sort {
    by: &'static str,
    descending: bool,
}

/// Searches one resource type.
pub(crate) fn search(
    service: &Service,
    session: &Session,
    kind: ResourceType,
    query: &Query,
    headers: &HeaderMap,
    format: Format,
) -> Result<Response, Outcome> {
    if !session.scopes.may_search(kind) {
        return Err(Outcome::Scope(format!("The token's scope does not include patient/{}.s.", kind.name())));
    }
    let seen = Seen { kind, categories: session.scopes.found_in(kind), own: &service.operator.tables };
    let visible =
        Visible::open(&*service.store, &*service.clock, session, seen).map_err(|e| service.unanswered(&e))?;
    // A link is for one app, person, patient and type; and for one set of tables: the pages of a search are never of two.
    let (subject, made_with) = (visible.subject().unwrap_or_default(), visible.made_with());
    let bound_to = [&session.client_id, &session.account, subject, kind.name(), &made_with].join("\n");
    let sealed = query.last("_page");
    let cursor = match sealed {
        Some(sealed) => {
            Some(service.cursors.open(sealed, &bound_to, service.clock.now()).ok_or(Outcome::Cursor)?)
        }
        None => None,
    };
    let mut search = match &cursor {
        Some(cursor) => Search::parse(kind, &Query::parse(&cursor.query), &service.fhir_base())?,
        None => Search::parse(kind, query, &service.fhir_base())?,
    };
    search.format = query.last("_format").map(str::to_owned);
    if strict(headers) && !search.ignored.is_empty() {
        return Err(Outcome::Invalid(search.ignored.join(" ")));
    }
    let page = Page::of(&visible, kind, &search, cursor.as_ref());
    let body = render(service, &visible, kind, &search, &page, sealed, &bound_to)?;
    let mut response = found(format.encode(body)?, format.media_type());
    response.extensions_mut().insert(visible.seen(&page.shown));
    Ok(response)
}

/// The matches that one page shows.
struct Page<'v> {
    total: usize,
    shown: Vec<Disclosed<'v>>,
    /// The last one shown, if there are more behind it.
    more_after: Option<(Option<i128>, String)>,
}

type Key = (bool, i128, ById);

/// Ids in either order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ById {
    Up(String),
    Down(Reverse<String>),
}

impl<'v> Page<'v> {
    fn of(visible: &'v Visible<'_>, kind: ResourceType, search: &Search, cursor: Option<&Cursor>) -> Self {
        let sort = search.sort.unwrap_or(match kind {
            ResourceType::Patient => Sort { by: "_id", descending: false },
            ResourceType::Observation | ResourceType::Immunization => Sort { by: "date", descending: true },
        });
        let mut matches: Vec<Disclosed<'v>> = visible
            .of(kind)
            .into_iter()
            .filter(|disclosed| {
                search.filters.iter().all(|filter| filter.matches(disclosed, visible.subject()))
            })
            .collect();
        let total = matches.len();
        // What is released lies in the order in which it is shown by default.
        if search.sort.is_some() {
            matches.sort_by_cached_key(|disclosed| sort.key(disclosed));
        }
        let start = cursor.map_or(0, |cursor| {
            let after = sort.key_of(cursor.at, &cursor.id);
            matches.partition_point(|disclosed| sort.key(disclosed) <= after)
        });
        let count = if search.count_only { 0 } else { search.count.unwrap_or(DEFAULT_COUNT).min(MOST) };
        let shown: Vec<Disclosed<'v>> = matches.iter().skip(start).take(count).copied().collect();
        let more = !shown.is_empty() && start + shown.len() < total;
        let more_after = shown.last().filter(|_| more).map(|last| (sort.value(last), last.id().to_owned()));
        Self { total, shown, more_after }
    }
}

impl Sort {
    fn value(self, disclosed: &Disclosed<'_>) -> Option<i128> {
        match self.by {
            "date" => disclosed.index().date.map(|(from, _)| from.as_nanosecond()),
            "_lastUpdated" => Some(disclosed.updated().as_nanosecond()),
            _ => Some(0),
        }
    }

    fn key(self, disclosed: &Disclosed<'_>) -> Key {
        self.key_of(self.value(disclosed), disclosed.id())
    }

    /// What has no date comes last, whichever way the others go.
    fn key_of(self, value: Option<i128>, id: &str) -> Key {
        let ordered = value.map_or(0, |value| if self.descending { -value } else { value });
        let id = match self.by {
            "_id" if self.descending => ById::Down(Reverse(id.to_owned())),
            _ => ById::Up(id.to_owned()),
        };
        (value.is_none(), ordered, id)
    }
}

fn render(
    service: &Service,
    visible: &Visible<'_>,
    kind: ResourceType,
    search: &Search,
    page: &Page<'_>,
    sealed: Option<&str>,
    bound_to: &str,
) -> Result<Vec<u8>, Outcome> {
    let base = format!("{}/{}", service.fhir_base(), kind.name());
    let understood: Vec<(&str, &str)> =
        search.understood.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let link = |pairs: &[(&str, &str)]| {
        let format = search.format.as_deref().map(|format| ("_format", format));
        let query = Query::encode(pairs.iter().copied().chain(format));
        if query.is_empty() { base.clone() } else { format!("{base}?{query}") }
    };
    let mut links = vec![("self", sealed.map_or_else(|| link(&understood), |page| link(&[("_page", page)])))];
    if let Some((at, id)) = &page.more_after {
        let made = service.clock.now().as_second();
        let query = Query::encode(understood.iter().copied());
        let cursor = Cursor { query, at: *at, id: id.clone(), made };
        let sealed = service.cursors.seal(&cursor, bound_to).ok_or(Outcome::Internal)?;
        links.push(("next", link(&[("_page", sealed.as_str())])));
    }
    let mut bundle = Bundle::new(page.total, &links);
    for disclosed in &page.shown {
        let full_url = format!("{base}/{}", disclosed.id());
        bundle
            .add(&full_url, |out| visible.render(disclosed, out))
            .map_err(|error| service.failed(&error))?;
    }
    if !search.ignored.is_empty() && !search.count_only {
        let words = search.ignored.join(" ");
        bundle.add_outcome(&issue("warning", "not-supported", &words));
    }
    Ok(bundle.finish())
}

/// `Prefer: handling=strict` (R4, search.html#errors).
fn strict(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case("handling=strict")))
}

impl Search {
    fn parse(kind: ResourceType, query: &Query, base: &str) -> Result<Self, Outcome> {
        let mut search = Self::default();
        for (name, value) in &query.0 {
            search.parameter(kind, name, value, base)?;
        }
        Ok(search)
    }

    fn parameter(&mut self, kind: ResourceType, name: &str, value: &str, base: &str) -> Result<(), Outcome> {
        let (bare, modifier) =
            name.split_once(':').map_or((name, None), |(bare, modifier)| (bare, Some(modifier)));
        if bare == "_has" || name.contains('.') || REFUSED.contains(&bare) {
            let words = "Chained parameters, _has, _filter, _text, _content and the like are not offered.";
            return Err(Outcome::NotSupported(words.to_owned()));
        }
        match bare {
            _ if SILENT.contains(&bare) => {}
            "_count" => self.count(value)?,
            "_summary" if value == "count" => self.count_only = true,
            "_summary" if value == "false" => {}
            "_sort" => return self.sorting(kind, value),
            _ => return self.condition(kind, name, bare, modifier, value, base),
        }
        if !SILENT.contains(&bare) {
            self.understood.push((name.to_owned(), value.to_owned()));
        }
        Ok(())
    }

    fn count(&mut self, value: &str) -> Result<(), Outcome> {
        let count: usize =
            value.parse().map_err(|_| Outcome::Invalid("_count is a whole number, 0 or more.".to_owned()))?;
        self.count = Some(count);
        self.count_only |= count == 0;
        Ok(())
    }

    fn sorting(&mut self, kind: ResourceType, value: &str) -> Result<(), Outcome> {
        let (descending, name) = value.strip_prefix('-').map_or((false, value), |name| (true, name));
        match sorts_of(kind).iter().find(|by| **by == name) {
            Some(by) => {
                self.sort = Some(Sort { by, descending });
                self.understood.push(("_sort".to_owned(), value.to_owned()));
            }
            None => self
                .ignored
                .push(format!("_sort was ignored; it takes one of {}.", sorts_of(kind).join(", "))),
        }
        Ok(())
    }

    fn condition(
        &mut self,
        kind: ResourceType,
        name: &str,
        bare: &str,
        modifier: Option<&str>,
        value: &str,
        base: &str,
    ) -> Result<(), Outcome> {
        let Some(param) = params_of(kind).iter().find(|param| param.name == bare) else {
            self.ignored.push(unknown(kind, bare));
            return Ok(());
        };
        if !matches!((param.field, modifier), (_, None) | (Field::Patient, Some("Patient"))) {
            return Err(Outcome::NotSupported(format!("{} takes no modifier here.", param.name)));
        }
        let any =
            alternatives(value).iter().map(|one| matcher(param, one, base)).collect::<Result<Vec<_>, _>>()?;
        self.filters.push(Filter { field: param.field, any });
        self.understood.push((name.to_owned(), value.to_owned()));
        Ok(())
    }
}

/// The values between commas that are not escaped (R4, search.html#escaping).
fn alternatives(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for letter in value.chars() {
        if letter == ',' && !escaped {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            if escaped && !matches!(letter, ',' | '|' | '$' | '\\') {
                part.push('\\');
            }
            if escaped || letter != '\\' {
                part.push(letter);
            }
        }
        escaped = letter == '\\' && !escaped;
    }
    parts
}

fn matcher(param: &Param, value: &str, base: &str) -> Result<Matcher, Outcome> {
    if value.is_empty() {
        return Err(Outcome::Invalid(format!("{} has no value.", param.name)));
    }
    match param.kind {
        ParamKind::Date => DateMatch::parse(value).map(Matcher::Date).ok_or_else(|| {
            let words = "is a date such as 2024, 2024-05, 2024-05-01 or 2024-05-01T10:00:00Z, perhaps behind eq, ne, \
                         gt, lt, ge, le, sa or eb.";
            Outcome::Invalid(format!("{} {words}", param.name))
        }),
        ParamKind::String => Ok(Matcher::Text(project::folded(value))),
        ParamKind::Reference => {
            let path = value.strip_prefix(base).map_or(value, |rest| rest.trim_start_matches('/'));
            let id = path.strip_prefix("Patient/").unwrap_or(path);
            Ok(Matcher::Reference((!id.contains('/')).then(|| id.to_owned())))
        }
        ParamKind::Token => Ok(match value.split_once('|') {
            None => Matcher::Token { system: None, code: Some(value.to_owned()) },
            Some(("", "")) => return Err(Outcome::Invalid(format!("{} has no value.", param.name))),
            Some((system, "")) => Matcher::Token { system: Some(system.to_owned()), code: None },
            Some((system, code)) => Matcher::Token { system: Some(system.to_owned()), code: Some(code.to_owned()) },
        }),
    }
}

fn unknown(kind: ResourceType, name: &str) -> String {
    let known: Vec<&str> = params_of(kind).iter().map(|param| param.name).collect();
    // A parameter's name is the client's own; it is shown only as far as it looks like one.
    let shown: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).take(40).collect();
    format!("{shown} was ignored; {} takes {}.", kind.name(), known.join(", "))
}

impl Filter {
    fn matches(&self, disclosed: &Disclosed<'_>, subject: Option<&str>) -> bool {
        self.any.iter().any(|matcher| matcher.matches(self.field, disclosed, subject))
    }
}

impl Matcher {
    fn matches(&self, field: Field, disclosed: &Disclosed<'_>, subject: Option<&str>) -> bool {
        match self {
            Self::Reference(id) => id.is_some() && id.as_deref() == subject,
            Self::Date(date) => date_of(field, disclosed).is_some_and(|range| date.matches(range)),
            Self::Text(start) => {
                let index = disclosed.index();
                let names = match field {
                    Field::Family => &index.family,
                    Field::Given => &index.given,
                    _ => &index.name,
                };
                names.iter().any(|name| name.starts_with(start.as_str()))
            }
            Self::Token { system, code } => token(field, disclosed, system.as_deref(), code.as_deref()),
        }
    }
}

fn date_of(field: Field, disclosed: &Disclosed<'_>) -> Option<(jiff::Timestamp, jiff::Timestamp)> {
    match field {
        Field::LastUpdated => {
            let from = disclosed.updated();
            Some((from, from.checked_add(jiff::SignedDuration::from_millis(1)).ok()?))
        }
        Field::BirthDate => disclosed.index().birth_date,
        _ => disclosed.index().date,
    }
}

fn token(field: Field, disclosed: &Disclosed<'_>, system: Option<&str>, code: Option<&str>) -> bool {
    let index = disclosed.index();
    let listed = |pairs: &[(String, String)]| {
        pairs
            .iter()
            .any(|(s, c)| system.is_none_or(|wanted| wanted == s) && code.is_none_or(|wanted| wanted == c))
    };
    // Elements of type code and id have a system that is implied, so that only the code counts.
    let plain = |value: Option<&str>| value.is_some() && code.is_none_or(|wanted| Some(wanted) == value);
    match field {
        Field::Code => listed(&index.codes),
        Field::Category => listed(&index.categories),
        Field::Identifier => listed(&index.identifiers),
        Field::Status => plain(index.status.as_deref()),
        Field::Gender => plain(index.gender.as_deref()),
        Field::Active => plain(index.active.map(|active| if active { "true" } else { "false" })),
        Field::Id => system.is_none() && plain(Some(disclosed.id())),
        Field::LastUpdated
        | Field::Patient
        | Field::Family
        | Field::Given
        | Field::Name
        | Field::BirthDate
        | Field::Date => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_unless_escaped() {
        assert_eq!(alternatives("a,b"), ["a", "b"]);
        assert_eq!(alternatives(r"a\,b\|c"), ["a,b|c"]);
        assert_eq!(alternatives(r"a\\,b"), [r"a\", "b"]);
        assert_eq!(alternatives(r"a\b"), [r"a\b"]);
    }

    #[test]
    fn what_would_change_the_matches_is_refused_and_what_would_not_is_ignored_by_name() {
        let parse =
            |query: &str| Search::parse(ResourceType::Observation, &Query::parse(query), "https://h/fhir/R4");
        for refused in [
            "_has:Patient:x:y=1",
            "subject.name=x",
            "_filter=x",
            "_text=x",
            "code:not=x",
            "code:in=x",
            "date=x",
            "_count=-1",
            "code=",
        ] {
            assert!(parse(refused).is_err(), "{refused}");
        }
        let search = parse("_include=*&colour=red&_sort=value&code=1").unwrap();
        assert_eq!(search.ignored.len(), 3);
        assert_eq!(search.understood, [("code".to_owned(), "1".to_owned())]);
        assert!(parse("patient:Patient=1&_totalMethod=count&_count=0").unwrap().count_only);
    }
}
