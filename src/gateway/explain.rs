//! Why somebody sees an entry in an app, or does not: for the practice's side, over the store, and on no route. What is
//! shown is not worked out again here: it is what requests get ([`Visible::judge`] after [`auth::entitled`]).

mod words;

use std::collections::{BTreeMap, BTreeSet};

use auth::{AuthError, Scopes, sign_in::Role};
use jiff::{Timestamp, civil::Date};
use policy::{Header, Labels, Reason, Released, Rule, Verdict, View};
use project::{Projected, Projection};
use record::{Content, Entry, EntryId, IssueCode, ResourceType, Value};
use store::{Store, StoreError, Subject};

pub use self::words::Count;
use crate::{
    fhir::{Asking, Closed, Hidden, Visible},
    loader::{Loader, Looked},
};

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Whose record.
    pub subject: &'a Subject,
    /// The app's client id.
    pub app: &'a str,
    /// The account of whoever signed in.
    pub user: &'a str,
    /// The role in which they are thought to be there; whatever the account says, if nobody has thought of it.
    pub role: Option<Role>,
    /// The day on which grants, ages and registrations are judged. The record is as it is now.
    pub on: Date,
    /// The apps of a sandbox count.
    pub sandbox: bool,
}

/// Why nothing of the record is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such app, or it may not be used, or not any longer.
    App,
    /// There is no such account, or the record is not one that it opens.
    User,
    /// They are there in another role.
    OtherRole,
    /// The record is empty to them.
    Closed(Closed),
    /// The record was made when other tables said what may be shown; it is not served until it is made anew.
    OtherTables,
}

/// Everything about one record, for one person in one app.
#[derive(Debug)]
pub struct Explained {
    /// The patient's logical id, if anything was ever released.
    pub patient: Option<String>,
    /// In which role the person is there.
    pub role: Option<Role>,
    /// The types that the app may be given.
    pub types: BTreeSet<ResourceType>,
    /// The patient's date of birth.
    pub birth_date: Option<Date>,
    /// Whether they are served at all.
    pub admission: Result<(), Refused>,
    /// Every entry, in the order of files and lines; and then resources whose entries are no longer there.
    pub entries: Vec<Told>,
}

/// One entry and what is shown of it.
#[derive(Debug)]
pub struct Told {
    /// The entry and the batch that last changed it, unless it is gone.
    pub entry: Option<(Entry, u64)>,
    /// What it is part of.
    pub resources: Vec<ToldResource>,
    /// Why it is part of nothing: [`map::Unmapped`]'s code.
    pub nothing: Option<&'static str>,
    /// What it waits for.
    pub waits: Option<IssueCode>,
}

/// One resource.
#[derive(Debug)]
pub struct ToldResource {
    /// Its type.
    pub kind: ResourceType,
    /// Its logical id.
    pub id: String,
    /// How many entries it is made from.
    pub parts: usize,
    /// What a request gets of it.
    pub answer: Answer,
    /// The reasons against it and the entries on which they stand.
    pub because: Vec<Ground>,
    /// Its words.
    pub words: Words,
    /// What was found in its words when they were screened, unless they were clean or not read.
    pub found: Option<ToldWords>,
    /// Facts have changed since it was released.
    pub changing: bool,
}

/// A row of a file, and the batch that brought it.
pub type Place = (record::Place, u64);

/// A reason, and on which entry it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The reason.
    pub reason: Reason,
    /// The entry: itself, what it is made from, what contains it, what is said about it or what is awaited.
    pub on: EntryId,
    /// Where that entry was read, if it has come.
    pub place: Option<Place>,
}

/// What a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This view, by this rule.
    Shown {
        /// Which.
        view: View,
        /// Its `meta.versionId`.
        version: u32,
        /// Its `meta.lastUpdated`.
        updated: Timestamp,
        /// The rule.
        rule: Rule,
    },
    /// Nothing.
    Hidden(Hidden),
    /// Nothing, as for the whole record.
    Refused(Refused),
    /// Nothing, because it has not been released yet.
    NotReleased,
}

/// What becomes of the words that a person typed into the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// There are none.
    None,
    /// Some of them are shown.
    Shown,
    /// None of them is shown.
    StayBack,
}

/// What screening found in the words of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldWords {
    /// The worst of its texts.
    pub verdict: Verdict,
    /// The rules that found something.
    pub rules: Vec<String>,
    /// What a clinician decided about these very words: whether they may go out.
    pub decided: Option<bool>,
}

/// Explains a record.
///
/// # Errors
/// If the store cannot be read.
pub fn explain(loader: &Loader<'_>, question: &Question<'_>) -> Result<Explained, StoreError> {
    let store = loader.store;
    let looked = loader.look_at(&question.subject.patient)?;
    let entitled = entitled(store, question)?;
    let (scopes, role) = match &entitled {
        Ok((scopes, role)) => (scopes.clone(), Some(*role)),
        Err(_) => (Scopes::default(), None),
    };
    let types = scopes.types();
    let asking = Asking {
        subject: question.subject,
        account: question.user,
        as_proxy: role == Some(Role::Proxy),
        types: &types,
        categories: scopes.seen_in(ResourceType::Observation),
    };
    let visible = Visible::look(store, question.on, &asking, loader.also.own())?;
    let admission = admission(entitled.map(|(_, role)| role), question.role, &visible);
    let telling = Telling { visible: &visible, admission, looked: &looked, rows: rows(&looked) };
    Ok(Explained {
        patient: visible.subject().map(str::to_owned),
        role,
        birth_date: visible.released().and_then(|released| released.standing.birth_date),
        admission,
        entries: telling.all(),
        types,
    })
}

type Entitled = Result<(Scopes, Role), Refused>;

/// What the app may be given for this person with every scope that it is registered for; a token may open less.
fn entitled(store: &dyn Store, question: &Question<'_>) -> Result<Entitled, StoreError> {
    let Some(app) = store.app(question.app)? else { return Ok(Err(Refused::App)) };
    let scope = app.scopes.join(" ");
    let found =
        auth::entitled(store, question.sandbox, question.app, question.user, question.subject, &scope);
    match found {
        Ok(entitled) => Ok(Ok(entitled)),
        Err(AuthError::Store(error)) => Err(error),
        Err(AuthError::NotEntitled) => Ok(Err(Refused::User)),
        Err(
            AuthError::AppNotServed
            | AuthError::Unknown
            | AuthError::Expired
            | AuthError::Revoked
            | AuthError::Unbound,
        ) => Ok(Err(Refused::App)),
    }
}

fn admission(
    role: Result<Role, Refused>,
    thought: Option<Role>,
    visible: &Visible<'_>,
) -> Result<(), Refused> {
    let role = role?;
    if thought.is_some_and(|thought| thought != role) {
        return Err(Refused::OtherRole);
    }
    visible.admission().map_err(Refused::Closed)?;
    if visible.is_current() { Ok(()) } else { Err(Refused::OtherTables) }
}

fn rows(looked: &Looked) -> BTreeMap<&EntryId, Place> {
    looked.entries.iter().map(|(entry, batch)| (&entry.id, (entry.place.clone(), *batch))).collect()
}

/// What is told from.
struct Telling<'a> {
    visible: &'a Visible<'a>,
    admission: Result<(), Refused>,
    looked: &'a Looked,
    rows: BTreeMap<&'a EntryId, Place>,
}

impl Telling<'_> {
    fn all(&self) -> Vec<Told> {
        let mut entries: Vec<&(Entry, u64)> = self.looked.entries.iter().collect();
        entries.sort_by_key(|(entry, _)| (&entry.place.file, entry.place.line, &entry.id));
        let mut told: Vec<Told> = entries.into_iter().map(|entry| self.entry(entry)).collect();
        let known = |header: &&Header| header.sources.iter().any(|source| self.rows.contains_key(source));
        let headers = self.released().into_iter().flat_map(|released| &released.headers);
        told.extend(headers.filter(|header| !known(header)).map(|header| Told {
            entry: None,
            resources: vec![self.released_resource(header, None)],
            nothing: None,
            waits: None,
        }));
        told
    }

    fn released(&self) -> Option<&Released> {
        self.visible.released()
    }

    fn projection(&self) -> &Projection {
        &self.looked.projection
    }

    fn entry(&self, (entry, batch): &(Entry, u64)) -> Told {
        let of_entry = |sources: &[EntryId]| sources.contains(&entry.id);
        let headers = self.released().into_iter().flat_map(|released| &released.headers);
        let headers = headers.filter(|header| of_entry(&header.sources));
        let mut resources: Vec<ToldResource> =
            headers.map(|header| self.released_resource(header, Some(entry))).collect();
        for made in self.projection().resources.iter().filter(|made| of_entry(&made.mapped.sources)) {
            if !resources.iter().any(|told| told.id == made.mapped.id) {
                resources.push(self.unreleased(made));
            }
        }
        let unmapped = self.projection().unmapped.iter().find(|left| left.entry == entry.id);
        let waits = self.projection().waiting.iter().find(|one| one.entry == entry.id).map(|one| one.code);
        let nothing = unmapped.filter(|_| resources.is_empty()).map(|left| left.why.code());
        Told { entry: Some((entry.clone(), *batch)), resources, nothing, waits }
    }

    fn released_resource(&self, header: &Header, entry: Option<&Entry>) -> ToldResource {
        let answer = match (self.admission, self.visible.judge(header)) {
            (Err(refused), _) => Answer::Refused(refused),
            (Ok(()), Err(hidden)) => Answer::Hidden(hidden),
            (Ok(()), Ok(disclosed)) => Answer::Shown {
                view: disclosed.view(),
                version: disclosed.version(),
                updated: disclosed.updated(),
                rule: disclosed.permit().rule(),
            },
        };
        let now = self.projection().resources.iter().find(|made| made.mapped.id == header.id);
        ToldResource {
            kind: header.kind,
            id: header.id.clone(),
            parts: header.sources.len(),
            answer,
            because: self.because(&header.labels),
            words: words(entry, header, answer),
            found: now.and_then(found),
            changing: now.is_none_or(|made| made.labels != header.labels),
        }
    }

    fn unreleased(&self, made: &Projected) -> ToldResource {
        ToldResource {
            kind: made.mapped.kind,
            id: made.mapped.id.clone(),
            parts: made.mapped.sources.len(),
            answer: self.admission.map_or_else(Answer::Refused, |()| Answer::NotReleased),
            because: self.because(&made.labels),
            words: Words::None,
            found: found(made),
            changing: true,
        }
    }

    fn because(&self, labels: &Labels) -> Vec<Ground> {
        let grounds = labels.grounds.iter().map(|(reason, on)| Ground {
            reason: *reason,
            on: on.clone(),
            place: self.rows.get(on).cloned(),
        });
        grounds.collect()
    }
}

fn found(made: &Projected) -> Option<ToldWords> {
    let found = made.found.as_ref()?;
    let rules = found.rules().into_iter().map(str::to_owned).collect();
    Some(ToldWords { verdict: found.verdict, rules, decided: found.decided })
}

/// Words are all that tells the full view from the coded one.
fn words(entry: Option<&Entry>, header: &Header, answer: Answer) -> Words {
    let differ =
        header.full.as_ref().map(|view| view.digest) != header.coded.as_ref().map(|view| view.digest);
    match (answer, entry) {
        (Answer::Shown { view: View::Full, .. }, _) if differ => Words::Shown,
        (_, Some(entry)) if has_words(entry) => Words::StayBack,
        (_, _) => Words::None,
    }
}

fn has_words(entry: &Entry) -> bool {
    match &entry.content {
        Some(Content::Statement(statement)) => {
            !statement.text.is_empty() || matches!(statement.value, Some(Value::Text(_)))
        }
        Some(Content::WithLists(parts)) => !parts.statement.text.is_empty(),
        Some(Content::Patient(_) | Content::Detail(_) | Content::OnlineAccess(_) | Content::Container(_))
        | None => false,
    }
}
