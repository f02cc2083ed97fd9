//! Whether a statement says that a vaccine was given, that it was not, or neither: by the tables of codes and words, and
//! by the field that some sources have for it. Consent, refusal, reasons against and talks are neither.

use std::sync::LazyLock;

use record::{CodeClass, CodeSystem, Coded, Given, Statement};

use crate::{
    classify::{DEGRADED, Under, WhyNot, terms},
    table::CodeTable,
    terminology::Meaning,
};

/// What a statement says of the giving of a vaccine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giving {
    /// It was given.
    Done,
    /// It was not: the source has a field for that, and the code says what was not given. A refusal that is only a
    /// code stays an observation.
    NotDone,
    /// Nothing that would make a vaccination of it.
    Nothing,
}

static VACCINATIONS: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/vaccinations.csv")));
static NOT_GIVEN: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/not_given.csv")));

/// What an entry says of the giving of a vaccine, and whether it is about vaccinations at all. Only what the table
/// allows is given; whatever speaks of refusal, consent, invitations or reasons against is not, wherever it says so. Where
/// the code and its term say it, they can be shown; where only words beside it do, nothing can.
pub(crate) fn vaccination(
    coded: &Coded,
    class: CodeClass,
    statement: &Statement,
    under: Under<'_>,
) -> Result<(Giving, bool), WhyNot> {
    let found: Vec<bool> =
        coded.codings.iter().filter_map(|coding| VACCINATIONS.code(coding)).map(|(_, exact)| exact).collect();
    let immunisation = class == CodeClass::Immunisation;
    let by_chapter = || !found.is_empty() && terms(coded).any(|term| VACCINATIONS.has_word(term));
    let by_term = || {
        immunisation
            && terms(coded).any(|term| VACCINATIONS.term(term).is_some() && VACCINATIONS.has_word(term))
    };
    // Only words arrived, but the source files them under vaccinations and knows the batch.
    let by_batch = || {
        let batch = statement.vaccination.as_ref().and_then(|told| told.lot_number.as_ref());
        immunisation && batch.is_some() && coded.in_system(&CodeSystem::SnomedCt) == Some(DEGRADED)
    };
    // The source has a field that says whether it was given, and the term names a vaccination; or it has a table of
    // vaccinations, which names the product that was given.
    let told = statement.vaccination.as_ref();
    let field = told.and_then(|told| told.given);
    let by_field = || {
        let named = terms(coded).any(|term| VACCINATIONS.has_word(term));
        let product = told.is_some_and(|told| told.product.is_some());
        immunisation
            && match field {
                Some(Given::Yes | Given::Unclear) => named || product,
                Some(Given::No) => named,
                None => false,
            }
    };
    let (by_root, denied) = (under(coded, Meaning::Given), under(coded, Meaning::NotGiven));
    let about =
        immunisation || !found.is_empty() || by_root || denied || coded.codings.iter().any(is_about_giving);
    let by_code = found.contains(&true) || by_root;
    let named = by_code || by_chapter() || by_term() || by_batch() || by_field();
    let not_given = |coding: &record::Coding| NOT_GIVEN.code_or_its_twin(coding).is_some();
    let denied = || denied || coded.codings.iter().any(not_given);
    let refusal = || denied() || shows_not_given(coded);
    if !named {
        // A code that no table knows, of which a field says that it was not given, would read as if it had been.
        let misread = immunisation && field == Some(Given::No) && !refusal();
        return if misread { Err(WhyNot::NotGiven) } else { Ok((Giving::Nothing, about)) };
    }
    match field {
        // A code of one vaccine's giving says what was not done. What only a word calls a vaccination, and another word
        // a consent, a contraindication or a talk, is that, and no vaccination that was not done.
        Some(Given::No) if by_code && !denied() => Ok((Giving::NotDone, about)),
        // A consent that was "not given" may be a refusal, which its own words do not say.
        Some(Given::No) if speaks_of_consent(coded) => Err(WhyNot::NotGiven),
        _ if refusal() => Ok((Giving::Nothing, about)),
        Some(Given::No) if typed_not_given(coded) => Err(WhyNot::NotGiven),
        Some(Given::No) => Ok((Giving::NotDone, about)),
        Some(Given::Unclear) => Err(WhyNot::GivingUnclear),
        None | Some(Given::Yes) if words_say_not_given(coded, statement) => Err(WhyNot::NotGiven),
        None | Some(Given::Yes) => Ok((Giving::Done, about)),
    }
}

/// Whether the term of a code says that nothing was given.
fn shows_not_given(coded: &Coded) -> bool {
    coded.codings.iter().filter_map(|coding| coding.display.as_deref()).any(|term| NOT_GIVEN.has_word(term))
}

/// Whether it speaks of consent and does not say that it was refused.
fn speaks_of_consent(coded: &Coded) -> bool {
    const REFUSED: [&str; 5] = ["no", "not", "refus", "declin", "withdr"];
    let listed = coded.codings.iter().filter_map(|coding| NOT_GIVEN.code_or_its_twin(coding));
    let by_code = |(cells, _): (&[&str], bool)| cells.first().is_some_and(|term| term.starts_with("Consent"));
    let words: Vec<String> = terms(coded).flat_map(words).collect();
    let begins =
        |word: &String, with: &str| if with.len() < 4 { word == with } else { word.starts_with(with) };
    let refused = words.iter().any(|word| REFUSED.iter().any(|with| begins(word, with)));
    let consent = words.iter().any(|word| begins(word, "consent"));
    (consent || listed.into_iter().any(by_code)) && !refused
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
}

/// Whether the words in place of a term, which a person may have typed, say so.
fn typed_not_given(coded: &Coded) -> bool {
    coded.original_text.iter().any(|text| NOT_GIVEN.has_word(text.expose()))
}

/// Whether words that a person may have typed say so.
fn words_say_not_given(coded: &Coded, statement: &Statement) -> bool {
    typed_not_given(coded) || statement.text.iter().any(|text| NOT_GIVEN.in_text(text.expose()))
}

/// Whether a code is in the list of what is not given by its very id (consent to a vaccination, and the like).
fn is_about_giving(coding: &record::Coding) -> bool {
    coding.system == CodeSystem::SnomedCt && NOT_GIVEN.code(coding).is_some()
}
