//! GP2GP messages put together from pieces, in the two dialects that clinical systems write.

const SNOMED: &str = "2.16.840.1.113883.2.1.3.2.4.15";
const READ: &str = "2.16.840.1.113883.2.1.6.2";
const CTV3: &str = "2.16.840.1.113883.2.1.3.2.4.14";

/// A mark.
pub const NOPAT: &str = r#"<confidentialityCode code="NOPAT" codeSystem="2.16.840.1.113883.4.642.3.47"/>"#;

/// How a clinical system writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Read codes with a SNOMED CT translation, results as quantities whose unit is in a translation.
    Emis,
    /// CTV3 codes with translations, results as lines of text.
    SystmOne,
}

/// A whole message of a version (`UK06`, `UK07`), made at a time.
pub fn message(version: &str, made: &str, compositions: &str) -> String {
    let root = format!("RCMR_IN030000{version}");
    format!(
        r#"<{root} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<interactionId root="2.16.840.1.113883.2.1.3.2.4.12" extension="{root}"/>
<ControlActEvent><subject><EhrExtract><id root="E1"/><availabilityTime value="{made}"/>
<recordTarget><patient><id root="2.16.840.1.113883.2.1.4.1" extension="9990000018"/></patient></recordTarget>
<component><ehrFolder>{compositions}</ehrFolder></component></EhrExtract></subject></ControlActEvent></{root}>"#
    )
}

/// A composition with a mark or none.
pub fn composition(id: &str, mark: &str, components: &str) -> String {
    format!(
        r#"<component><ehrComposition classCode="COMPOSITION"><id root="{id}"/><statusCode code="COMPLETE"/>
<availabilityTime value="20200501"/>{mark}<author><time value="20200502101112"/></author>{components}</ehrComposition></component>"#
    )
}

/// A compound of a class with a mark or none.
pub fn compound(class: &str, id: &str, code: &str, mark: &str, components: &str) -> String {
    format!(
        r#"<component><CompoundStatement classCode="{class}"><id root="{id}"/>{code}<statusCode code="COMPLETE"/>
<availabilityTime value="20200501"/>{mark}{components}</CompoundStatement></component>"#
    )
}

/// A code in a dialect: the five bytes of its Read code, its concept, its term.
pub fn code(dialect: Dialect, read: &str, concept: &str, term: &str) -> String {
    let snomed = format!(r#"<translation code="{concept}" codeSystem="{SNOMED}" displayName="{term}"/>"#);
    match dialect {
        Dialect::Emis => {
            format!(r#"<code code="{read}00" codeSystem="{READ}" displayName="{term}">{snomed}</code>"#)
        }
        Dialect::SystmOne => format!(
            r#"<code code="{read}" codeSystem="{CTV3}" displayName="{term}">{snomed}<translation code="{read}00" codeSystem="{READ}" displayName="{term}"/></code>"#
        ),
    }
}

/// An observation with whatever stands behind its times.
pub fn observation(id: &str, code: &str, more: &str) -> String {
    format!(
        r#"<component><ObservationStatement classCode="OBS"><id root="{id}"/>{code}<statusCode code="COMPLETE"/>
<effectiveTime><center value="20200501"/></effectiveTime><availabilityTime value="20200501"/>{more}</ObservationStatement></component>"#
    )
}

/// A result and words beside it.
pub fn result(dialect: Dialect, number: &str, unit: &str, words: &str) -> String {
    match dialect {
        Dialect::Emis => format!(
            r#"<value xsi:type="PQ" value="{number}" unit="1"><translation value="{number}"><originalText>{unit}</originalText></translation></value>{}"#,
            note(words)
        ),
        Dialect::SystmOne => note(&format!("Value: {number} {unit}\n{words}")),
    }
}

/// Words beside a statement.
pub fn note(words: &str) -> String {
    format!(
        r#"<pertinentInformation><sequenceNumber value="+1"/><pertinentAnnotation><text>{words}</text></pertinentAnnotation></pertinentInformation>"#
    )
}

/// Words of their own, and what stands behind them.
pub fn narrative(id: &str, more: &str) -> String {
    format!(
        r#"<component><NarrativeStatement><id root="{id}"/><text>Words of their own</text><statusCode code="COMPLETE"/><availabilityTime value="20200501"/>{more}</NarrativeStatement></component>"#
    )
}

/// A problem that a statement names, and the statements under it.
pub fn problem(id: &str, mark: &str, named: &str, members: &[&str]) -> String {
    let members: String = members
        .iter()
        .map(|member| format!(r#"<component><statementRef><id root="{member}"/></statementRef></component>"#))
        .collect();
    format!(
        r#"<component><LinkSet classCode="OBS"><id root="{id}"/><statusCode code="COMPLETE"/><availabilityTime value="20200501"/>{mark}{members}<conditionNamed><namedStatementRef><id root="{named}"/></namedStatementRef></conditionNamed></LinkSet></component>"#
    )
}
