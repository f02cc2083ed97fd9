//! What is known of a word: one bit for each table, or class of a table, of `profiles/lexicon/`.

/// A set of classes.
pub(crate) type Classes = u64;

macro_rules! classes {
    ($($name:ident),* $(,)?) => { classes!(@ 0, $($name,)*); };
    (@ $at:expr, $name:ident, $($rest:ident,)*) => {
        pub(crate) const $name: Classes = 1 << ($at);
        classes!(@ $at + 1, $($rest,)*);
    };
    (@ $at:expr,) => {};
}

classes! {
    // names
    FIRST, FIRST_WORD, SURNAME, SURNAME_WORD,
    // people
    KIN, OTHER, BLOOD, CHILD, GENERIC_CHILD, TITLE, ROLE,
    // what must stay
    EPONYM, SCALE, DRUG, PLACE, ORG, MONTH, WORD,
    // cues: the rows of cues.csv, facts.csv and review.csv
    SPEECH, HUMAN, STRONG, WITH, FILLER, PILL, HEAD, PLACE_PREP, TRAVEL, ORG_HEAD, SCHOOL, AT_WORK, SPECIALTY,
    LETTER, CONFIDENCE, SAFEGUARDING, SAFE_KIN, CONDUCT, CRIME, STIGMA, HERITABLE, ILLNESS, BURDEN, FAMILY_HISTORY,
    MISFILED, MISFILED_WEAK, HARM, DOB, PHONE, ORG_PHONE, PRONOUN, POSSESSIVE, AND, STREET, FLAT, VEHICLE, ROOM,
    NUMBER, NEGATION, STATE, ANON, WITHHOLD, SELF, CLINICAL, KEPT_FROM,
    // begins a phrase of several words
    PHRASE,
}

/// Any reason to think of a name.
pub(crate) const NAME: Classes = FIRST | FIRST_WORD | SURNAME | SURNAME_WORD;
/// Somebody who is not the patient.
pub(crate) const PERSON: Classes = KIN | OTHER;
/// Words that are not a name merely because they follow a cue, unless a name table has them too. Cues that need
/// their phrase say nothing about a single word.
pub(crate) const NOT_A_NAME: Classes = !(NAME | PHRASE | EPONYM | SCALE | PLACE | LETTER);

/// No class: the words of such a phrase, who or what each is alone, are a thing together: `anonymous donor`.
pub(crate) const THING: Classes = 0;

/// The class of a cue as `cues.csv` names it.
pub(crate) fn cue(name: &str) -> Option<Classes> {
    Some(match name {
        "speech" => SPEECH,
        "human" => HUMAN,
        "strong" => STRONG,
        "with" => WITH,
        "filler" => FILLER,
        "pill" => PILL,
        "head" => HEAD,
        "placeprep" => PLACE_PREP,
        "travel" => TRAVEL,
        "orghead" => ORG_HEAD,
        "school" => SCHOOL,
        "atwork" => AT_WORK,
        "specialty" => SPECIALTY,
        "letterctx" => LETTER,
        "burden" => BURDEN,
        "fhcue" => FAMILY_HISTORY,
        "misfiled" => MISFILED,
        "misfiled_weak" => MISFILED_WEAK,
        "dob" => DOB,
        "phone" => PHONE,
        "orgphone" => ORG_PHONE,
        "pronoun" => PRONOUN,
        "poss" => POSSESSIVE,
        "and" => AND,
        "street" => STREET,
        "flat" => FLAT,
        "vehicle" => VEHICLE,
        "room" => ROOM,
        "number" => NUMBER,
        "negation" => NEGATION,
        "state" => STATE,
        "self" => SELF,
        "clinical" => CLINICAL,
        "kept-from" => KEPT_FROM,
        _ => return None,
    })
}

/// What can be told of somebody, as `facts.csv` names it. What is said of others always counts; a habit or deed only
/// when somebody tells it.
pub(crate) fn fact(name: &str) -> Option<Classes> {
    Some(match name {
        "mental-health"
        | "sexual-health"
        | "pregnancy"
        | "long-term-condition"
        | "terminal-illness"
        | "death-by" => STIGMA,
        "addiction" => STIGMA | CONDUCT,
        "violence" | "theft" | "law" => CRIME | CONDUCT,
        "money" | "work-and-school" | "relationship" => CRIME,
        "illness" => ILLNESS,
        "hereditary" => HERITABLE,
        "conduct" => CONDUCT,
        _ => return None,
    })
}

/// Why a clinician has to decide, as `review.csv` names it.
pub(crate) fn reason(name: &str) -> Option<Classes> {
    Some(match name {
        "confidence" => CONFIDENCE,
        "withhold" => WITHHOLD,
        "safeguarding" => SAFEGUARDING,
        "by-a-relative" => SAFE_KIN,
        "harm" => HARM,
        "anonymous" => ANON,
        _ => return None,
    })
}

/// The classes of a relation as `kinship.csv` names it.
pub(crate) fn relation(name: &str) -> Option<Classes> {
    Some(match name {
        "parent" | "sibling" | "grandparent" | "aunt-or-uncle" | "cousin" | "niece-or-nephew" => KIN | BLOOD,
        "child" | "grandchild" => KIN | CHILD,
        "generic-child" => KIN | GENERIC_CHILD,
        "spouse" | "in-law" | "relative" => KIN,
        "former" | "friend" | "neighbour" | "colleague" | "carer" | "acquaintance" => OTHER,
        _ => return None,
    })
}

/// The class of a thing that must stay, as `protected.csv` names it.
pub(crate) fn kept(name: &str) -> Option<Classes> {
    Some(match name {
        "eponym" => EPONYM,
        "scale" => SCALE,
        "drug" => DRUG,
        "place" => PLACE,
        "org" => ORG,
        "month" => MONTH,
        "thing" => THING,
        _ => return None,
    })
}
