//! What is hidden together. A panel is labelled by everything under it, and a blood pressure, or a half of one that is
//! served alone, by everything under its heading. What belongs together is read from the entries' own links, so that a
//! part that nothing could be made of yet still counts.

use std::collections::{BTreeSet, HashMap, HashSet};

use map::{Mapped, Unmapped, WhyNot};
use policy::{Found, Labels, PracticeRules, Reason, SensitiveCodes, Sensitivity, Walk};
use record::{Content, Entry, EntryId, Role};

use crate::{
    Projected, Views,
    screen::{Ruling, Screened, Screener},
};

/// What resources are labelled and cut with.
pub(crate) struct With<'w, 'e> {
    pub(crate) walk: &'w Walk<'e>,
    pub(crate) rules: &'w PracticeRules,
    pub(crate) screener: &'w Screener<'w>,
    pub(crate) sensitive: &'w SensitiveCodes,
    /// The classes of what an entry says.
    pub(crate) around: &'w dyn Fn(&Entry) -> BTreeSet<Sensitivity>,
}

/// Labels every resource by what it was made from and by what is hidden together with it, and cuts it into views.
pub(crate) fn labelled(
    mapped: Vec<Mapped>,
    unmapped: &[Unmapped],
    entries: &[Entry],
    with: &With<'_, '_>,
) -> Vec<Projected> {
    let walk = with.walk;
    let own: Vec<Labels> = mapped.iter().map(|made| own_labels(made, with)).collect();
    let made_of: HashMap<&EntryId, usize> = mapped
        .iter()
        .enumerate()
        .flat_map(|(index, made)| made.sources.iter().map(move |source| (source, index)))
        .collect();
    let parts = Parts::of(entries);
    let without_code: HashSet<&EntryId> =
        unmapped.iter().filter(|left| left.why == WhyNot::CodeAwaited).map(|left| &left.entry).collect();
    let labels: Vec<Labels> = mapped
        .iter()
        .zip(&own)
        .map(|(made, labels)| {
            let mut labels = labels.clone();
            for id in parts.hidden_with(made, walk) {
                match made_of.get(id).and_then(|index| own.get(*index)) {
                    Some(part) => labels.join(part),
                    None => walk.grounds(id).into_iter().for_each(|(reason, on)| labels.add(reason, on)),
                }
                if without_code.contains(id) {
                    labels.add(Reason::Awaited, id);
                }
            }
            labels
        })
        .collect();
    let projected = mapped.into_iter().zip(labels).map(|(mapped, labels)| {
        let (views, found) = if labels.reasons.is_empty() {
            in_views(&mapped, &labels, with)
        } else {
            (Views::default(), None)
        };
        Projected { mapped, labels, views, found }
    });
    projected.collect()
}

/// A resource that nothing speaks against, cut into views, and what was found in its texts if they are not clean.
/// Texts that could not go out however clean they are, are not read.
fn in_views(mapped: &Mapped, labels: &Labels, with: &With<'_, '_>) -> (Views, Option<Found>) {
    let With { walk, rules, screener, .. } = with;
    let screen = |texts| screener.screen(texts, &ruling(mapped, walk));
    let may_go_out = policy::text_may_go_out(labels, rules.free_text_from);
    let screen: Option<&dyn Fn(Vec<String>) -> Screened> = if may_go_out { Some(&screen) } else { None };
    let (views, screened) = Views::of(mapped.kind, &mapped.json, screen);
    let found = screened.found.and_then(|(verdict, texts, decided)| {
        let entry = walk.entry(mapped.sources.first()?)?;
        Some(Found { entry: entry.id.clone(), place: entry.place.clone(), verdict, texts, decided })
    });
    (views, found)
}

/// What was decided about the words of a resource: to share them counts if it was decided about all of them, to withhold
/// them if it was about any.
fn ruling(mapped: &Mapped, walk: &Walk<'_>) -> Ruling {
    let mut shared = BTreeSet::new();
    let mut undecided = false;
    for entry in mapped.sources.iter().filter_map(|id| walk.entry(id)) {
        let words = match &entry.content {
            Some(Content::Statement(statement)) => policy::words_of(statement),
            Some(_) | None => Vec::new(),
        };
        match walk.lets_words_out(entry) {
            Some(false) => return Ruling::Withhold,
            Some(true) => shared.extend(words.into_iter().filter_map(map::clean)),
            None => undecided |= !words.is_empty(),
        }
    }
    if undecided || shared.is_empty() { Ruling::None } else { Ruling::Share(shared) }
}

/// A resource's labels by what it was made from. It is as sensitive as what contains that: a result under a heading, or
/// filed under a problem, tells what the heading or the problem is.
fn own_labels(made: &Mapped, with: &With<'_, '_>) -> Labels {
    let identifying = made.concepts.iter().any(|(system, code)| policy::is_identifying(system, code));
    let mut sensitive = with.sensitive.classes(&made.concepts, &made.classes);
    for source in &made.sources {
        with.walk.around(source, &mut |id, entry| {
            if let Some(entry) = entry.filter(|_| !made.sources.contains(id)) {
                sensitive.extend((with.around)(entry));
            }
        });
    }
    policy::label(with.walk, made.section, made.sources.iter(), identifying, sensitive)
}

/// The entries directly under each heading of a panel.
struct Parts<'a>(HashMap<&'a EntryId, Vec<&'a EntryId>>);

impl<'a> Parts<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut parts: HashMap<&EntryId, Vec<&EntryId>> = HashMap::new();
        for entry in entries.iter().filter(|entry| !entry.deleted) {
            for link in entry.links.iter().filter(|link| link.role == Role::Panel) {
                parts.entry(&link.to).or_default().push(&entry.id);
            }
        }
        Self(parts)
    }

    /// Everything under a resource's entries, in whatever depth; for a blood pressure, or half of one, its heading and
    /// all under that too: one reading alone would say that there is another (GP2GP adaptor, REDACTIONS.md).
    fn hidden_with(&self, made: &'a Mapped, walk: &Walk<'a>) -> HashSet<&'a EntryId> {
        let mut open: Vec<&EntryId> = made.sources.iter().collect();
        if map::is_blood_pressure(&made.concepts) {
            let entries = made.sources.iter().filter_map(|id| walk.entry(id));
            let links = entries.flat_map(|entry| &entry.links).filter(|link| link.role == Role::Panel);
            open.extend(links.map(|link| &link.to));
        }
        let mut found = HashSet::new();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.0.get(id).into_iter().flatten());
            }
        }
        found
    }
}
