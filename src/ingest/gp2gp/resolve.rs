//! What rows are to each other, once all are known: which compounds head a panel and which are headings, what belongs
//! to a laboratory, and which links marks come down (exports §4.6, and the whole chain beyond it).

use record::{CodeClass, CodeRef, CodeSystem, Container, EntryId, Link, Mark, Role, Statement};

use super::{
    duplicates,
    notes::Notes,
    rows::{At, Body, Class, Row, Rows},
};

/// A comment names the results beside it one by one up to so many of them.
const BESIDE: usize = 20;

/// Settles all rows.
pub(super) fn resolve(rows: &mut Rows, notes: &mut Notes) {
    let family = Family::of(rows);
    shape(rows, &family);
    let folded = duplicates::fold(rows, notes);
    let links = Links::of(rows, &family, &folded);
    for (at, row) in rows.iter_mut() {
        row.links.extend(links.of.get(at).into_iter().flatten().cloned());
        row.links.sort_by(|one, other| (one.role, &one.to).cmp(&(other.role, &other.to)));
        row.links.dedup();
        row.marks.extend(links.marks.get(at).into_iter().flatten().cloned());
        row.marks.sort();
        row.marks.dedup();
    }
}

/// Who is in whom.
struct Family {
    /// The statements, and the compounds, that are directly in each row.
    children: Vec<Vec<At>>,
    /// Whether each row is in something that a laboratory sent.
    laboratory: Vec<bool>,
    /// Whether each row is directly under a heading of allergies.
    allergy: Vec<bool>,
}

impl Family {
    fn of(rows: &Rows) -> Self {
        let mut children = vec![Vec::new(); rows.len()];
        for (at, row) in rows.iter() {
            let holds = matches!(row.body, Body::Statement(_) | Body::Compound(_)) && row.rejected.is_none();
            if let (true, Some(siblings)) = (holds, row.parent.and_then(|parent| children.get_mut(parent))) {
                siblings.push(at);
            }
        }
        let heads_allergies =
            |at: At| matches!(rows.get(at).map(|row| &row.body), Some(Body::Compound(c)) if c.allergies);
        let allergy = rows.iter().map(|(_, row)| row.parent.is_some_and(heads_allergies)).collect();
        let mut family = Self { children, laboratory: Vec::with_capacity(rows.len()), allergy };
        // A compound comes before what is in it, so its parent is settled already.
        for (at, row) in rows.iter() {
            let above = row.parent.and_then(|parent| family.laboratory.get(parent)).copied().unwrap_or(false);
            family.laboratory.push(above || family.sent_by_laboratory(rows, at));
        }
        family
    }

    fn sent_by_laboratory(&self, rows: &Rows, at: At) -> bool {
        let says = |at: At| match rows.get(at).map(|row| &row.body) {
            Some(Body::Compound(compound)) => (compound.specimen, compound.report),
            _ => (false, false),
        };
        says(at) != (false, false) || self.children(at).iter().any(|child| says(*child).0)
    }

    fn children(&self, at: At) -> &[At] {
        self.children.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    fn statements<'a>(&'a self, rows: &'a Rows, at: At) -> impl Iterator<Item = (At, &'a Statement)> {
        self.children(at).iter().filter_map(|child| match &rows.get(*child)?.body {
            Body::Statement(statement) => Some((*child, &**statement)),
            _ => None,
        })
    }

    fn in_laboratory(&self, at: At) -> bool {
        self.laboratory.get(at).copied().unwrap_or(false)
    }

    /// What the things around a row say that it is.
    fn class(&self, at: At) -> Option<CodeClass> {
        if self.allergy.get(at).copied().unwrap_or(false) {
            return Some(CodeClass::Allergy);
        }
        self.in_laboratory(at).then_some(CodeClass::Laboratory)
    }
}

fn first_code(statement: &Statement) -> Option<(&CodeSystem, &str)> {
    match &statement.code {
        CodeRef::Given(coded, _) => {
            coded.codings.first().map(|coding| (&coding.system, coding.code.as_str()))
        }
        CodeRef::Local(_) => None,
    }
}

/// Turns compounds into headings or panel headers, and says which statements a laboratory made
/// or are allergies.
fn shape(rows: &mut Rows, family: &Family) {
    let heads: Vec<bool> = rows.iter().map(|(at, row)| heads_panel(rows, family, at, row)).collect();
    for (at, row) in rows.iter_mut() {
        if let Body::Compound(compound) = &mut row.body {
            let header = compound.header.take().filter(|_| heads.get(at).copied().unwrap_or(false));
            row.body = match header {
                Some(header) => Body::Statement(Box::new(header)),
                None => Body::Container(Container::Heading),
            };
        }
        if let (Some(class), Body::Statement(statement) | Body::Comment(Some(statement))) =
            (family.class(at), &mut row.body)
            && let CodeRef::Given(_, hint @ None) = &mut statement.code
        {
            *hint = Some(class);
        }
    }
}

/// A coded battery does. A coded cluster does unless a laboratory sent it (then it is a report, a specimen or a result
/// with its comments), it holds no statement, or it only wraps one of its own code.
fn heads_panel(rows: &Rows, family: &Family, at: At, row: &Row) -> bool {
    let Body::Compound(compound) = &row.body else { return false };
    let Some(header) = &compound.header else { return false };
    match compound.class {
        Class::Battery => true,
        Class::Other => false,
        Class::Cluster => {
            let mut statements = family.statements(rows, at).map(|(_, statement)| first_code(statement));
            let first = statements.next();
            let wraps = first == Some(first_code(header)) && family.children(at).len() == 1;
            first.is_some() && !wraps && !family.in_laboratory(at)
        }
    }
}

/// Links and marks to be added, by row.
struct Links {
    of: Vec<Vec<Link>>,
    marks: Vec<Vec<Mark>>,
}

impl Links {
    fn of(rows: &Rows, family: &Family, folded: &[(At, At)]) -> Self {
        let mut links = Self { of: vec![Vec::new(); rows.len()], marks: vec![Vec::new(); rows.len()] };
        for (at, row) in rows.iter() {
            links.containers(rows, at, row);
            links.priors(rows, at, row);
            match &row.body {
                Body::Problem { named, members } => {
                    links.problem(rows, at, named.as_deref(), members, folded)
                }
                Body::Comment(_) => links.comment(rows, family, at, row),
                Body::Container(Container::Request) => links.request(rows, at, row),
                Body::Container(_) | Body::Compound(_) | Body::Statement(_) => {}
            }
        }
        for (copy, kept) in folded {
            links.add(rows, *copy, Role::About, *kept);
        }
        links
    }

    fn add(&mut self, rows: &Rows, from: At, role: Role, to: At) {
        let target = rows.get(to).filter(|row| from != to && row.rejected.is_none());
        let id = target.and_then(|row| EntryId::new(&row.id));
        if let (Some(id), Some(links)) = (id, self.of.get_mut(from)) {
            links.push(Link { role, to: id });
        }
    }

    fn mark(&mut self, at: At, marks: &[Mark]) {
        if let Some(own) = self.marks.get_mut(at) {
            own.extend(marks.iter().cloned());
        }
    }

    fn containers(&mut self, rows: &Rows, at: At, row: &Row) {
        if let Some(composition) = row.composition {
            self.add(rows, at, Role::Consultation, composition);
        }
        let Some(parent) = row.parent else { return };
        let heads = |at: At| rows.get(at).is_some_and(|row| matches!(row.body, Body::Statement(_)));
        // A comment inside a panel is none of its results; a row that was rejected may have been one.
        let comment = matches!(row.body, Body::Comment(_)) && row.rejected.is_none();
        let panel = heads(parent) && !comment;
        self.add(rows, at, if panel { Role::Panel } else { Role::Heading }, parent);
        // A result that is wrapped with its comments is still a member of the group that the wrapper is in.
        let wrapper = rows.get(parent).filter(|parent| !panel && parent.class == Some(Class::Cluster));
        if let Some(group) =
            wrapper.and_then(|wrapper| wrapper.parent).filter(|group| heads(*group) && heads(at))
        {
            self.add(rows, at, Role::Panel, group);
        }
        // A hidden half hides a blood pressure, even if that half cannot be used.
        if panel && row.rejected.is_some() {
            self.mark(parent, &row.marks);
        }
    }

    fn priors(&mut self, rows: &Rows, at: At, row: &Row) {
        if let Some(twin) = row.twin {
            self.add(rows, at, Role::About, twin);
            self.share_if_rejected(rows, at, twin);
        }
        for prior in &row.priors {
            if let Some(to) = rows.find(prior)
                && rows.get(to).is_some_and(|to| matches!(to.body, Body::Container(Container::Request)))
            {
                self.add(rows, at, Role::Request, to);
            }
        }
    }

    /// A row that cannot be used has no entry to link to: its marks go over.
    fn share_if_rejected(&mut self, rows: &Rows, at: At, from: At) {
        if let Some(row) = rows.get(from).filter(|row| row.rejected.is_some()) {
            self.mark(at, &row.marks);
        }
    }

    fn problem(&mut self, rows: &Rows, at: At, named: Option<&str>, members: &[String], folded: &[(At, At)]) {
        for (id, is_name) in
            named.map(|id| (id, true)).into_iter().chain(members.iter().map(|id| (id.as_str(), false)))
        {
            let Some(first) = rows.find(id) else {
                // Not a row: medication. The extract is whole, so nothing is awaited; but its mark counts.
                if is_name {
                    self.mark(at, rows.marks_elsewhere(id));
                }
                continue;
            };
            let place = folded.binary_search_by_key(&first, |(copy, _)| *copy).ok();
            let kept = place.and_then(|place| folded.get(place)).map(|(_, kept)| *kept);
            for to in std::iter::once(first).chain(kept) {
                self.add(rows, to, Role::Problem, at);
                if is_name {
                    self.add(rows, at, Role::About, to);
                }
            }
            if is_name {
                self.share_if_rejected(rows, at, first);
            }
        }
    }

    /// A comment in a battery is about the battery and the results in it. In a cluster without a code of its own (a
    /// result with its filing comments) it is about the results beside it. In a template or under a heading it stands
    /// for itself.
    fn comment(&mut self, rows: &Rows, family: &Family, at: At, row: &Row) {
        let Some((parent, compound)) = row.parent.and_then(|at| rows.get(at).map(|row| (at, row))) else {
            return;
        };
        match (&compound.body, compound.class) {
            (Body::Statement(_), Some(Class::Battery)) => self.add(rows, at, Role::About, parent),
            (Body::Container(_), Some(Class::Battery | Class::Cluster)) => {}
            _ => return,
        }
        let beside: Vec<At> = family.statements(rows, parent).map(|(child, _)| child).collect();
        if beside.len() <= BESIDE {
            beside.into_iter().for_each(|to| self.add(rows, at, Role::About, to));
            return;
        }
        self.mark(parent, &row.marks);
        for child in beside.into_iter().filter_map(|child| rows.get(child)) {
            self.mark(at, &child.marks);
        }
    }

    /// A request inside a test group or report is what its results answer.
    fn request(&mut self, rows: &Rows, at: At, row: &Row) {
        if let Some(parent) = row.parent
            && rows.get(parent).is_some_and(|row| matches!(row.class, Some(Class::Battery | Class::Cluster)))
        {
            self.add(rows, parent, Role::Request, at);
        }
    }
}
