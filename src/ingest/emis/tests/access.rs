//! Marks, deletions, whose rows they are: everything that decides who sees what.

use record::{Container, Content, IssueCode, Mark, MarksCarried, Role};

use super::*;

fn marks(table: &str, fields: &[(&str, &str)]) -> (Vec<Mark>, usize) {
    let log = Export::new().row(table, fields).read();
    assert_eq!(log.rejected, []);
    (log.entry().marks.clone(), log.warned.len())
}

#[test]
fn a_confidential_entry_is_marked_in_any_case_of_true() {
    for table in [OBSERVATION, CONSULTATION] {
        for value in ["true", "TRUE", "True"] {
            assert_eq!(marks(table, &[("IsConfidential", value)]), (vec![Mark::Confidential], 0), "{table}");
        }
        assert_eq!(marks(table, &[("IsConfidential", "FALSE")]), (vec![], 0), "{table}");
    }
}

#[test]
fn a_sensitive_patient_is_marked_by_either_column() {
    for column in ["SpineSensitive", "IsConfidential"] {
        assert_eq!(marks(PATIENT, &[(column, "true")]), (vec![Mark::SensitivePatient], 0));
    }
    assert_eq!(marks(PATIENT, &[]), (vec![], 0));
}

#[test]
fn a_mark_that_is_neither_true_nor_false_withholds_and_is_told() {
    for (table, column) in [
        (OBSERVATION, "IsConfidential"),
        (CONSULTATION, "IsConfidential"),
        (PATIENT, "IsConfidential"),
        (PATIENT, "SpineSensitive"),
    ] {
        for value in ["1", "0", "no", "N"] {
            let log = Export::new().row(table, &[(column, value)]).read();
            assert_eq!(log.entry().marks, [Mark::Unrecognised], "{table} {value}");
            assert_eq!(log.warnings(), [(IssueCode::MarkUnknown, Some(column))]);
        }
    }
}

#[test]
fn a_blank_mark_withholds_even_where_the_specification_lets_it_be_blank() {
    for (table, column) in [
        (PATIENT, "IsConfidential"),
        (PATIENT, "SpineSensitive"),
        (CONSULTATION, "IsConfidential"),
        (OBSERVATION, "IsConfidential"),
    ] {
        for blank in ["", " "] {
            assert_eq!(marks(table, &[(column, blank)]), (vec![Mark::Unrecognised], 1), "{table} {column}");
        }
    }
}

#[test]
fn the_feed_never_says_that_it_carries_marks() {
    let log =
        Export::new().row(PATIENT, &[]).row(CONSULTATION, &[]).row(PROBLEM, &[]).row(OBSERVATION, &[]).read();
    assert!(log.entries().iter().all(|entry| entry.marks_carried == MarksCarried::No));
}

#[test]
fn a_deletion_needs_only_its_keys() {
    for (table, own, id) in [
        (OBSERVATION, Some("ObservationGuid"), guid(ITSELF)),
        (PROBLEM, Some("ObservationGuid"), format!("problem/{}", guid(ITSELF))),
        (CONSULTATION, Some("ConsultationGuid"), format!("consultation/{}", guid(ITSELF))),
        (PATIENT, None, "patient".to_owned()),
    ] {
        let (patient, itself) = (braced(PERSON), braced(ITSELF));
        let mut fields =
            vec![("PatientGuid", patient.as_str()), ("Deleted", "True"), ("ProcessingId", "140")];
        fields.extend(own.map(|own| (own, itself.as_str())));
        let log = Export::new().bare(table, &fields).read();
        let entry = log.entry();
        assert_eq!(entry.id.as_str(), id);
        assert!(entry.deleted && entry.content.is_none() && entry.marks.is_empty() && entry.links.is_empty());
        assert_eq!((entry.sequence, log.warned.len(), log.rejected.len()), (140, 0, 0));
    }
}

#[test]
fn a_deletion_is_not_rejected_for_what_else_is_wrong_and_keeps_its_own_mark() {
    let bad = [
        ("Deleted", "true"),
        ("EffectiveDate", "never"),
        ("EffectiveDatePrecision", "?"),
        ("CodeId", "x"),
        ("Value", "abc"),
        ("ConsultationGuid", "x"),
        ("OrganisationGuid", "x"),
        ("IsConfidential", "TRUE"),
    ];
    let log = Export::new().row(OBSERVATION, &bad).read();
    assert!(log.entry().deleted);
    assert_eq!(log.entry().marks, [Mark::Confidential]);
}

#[test]
fn whether_a_row_deletes_must_be_clear_or_it_is_withheld() {
    for value in ["", "1", "maybe"] {
        let log = Export::new().row(OBSERVATION, &[("Deleted", value)]).read();
        assert_eq!(log.entry().marks, [Mark::Unrecognised]);
        assert!(!log.entry().deleted);
        assert_eq!(log.warnings(), [(IssueCode::BooleanInvalid, Some("Deleted"))]);
    }
    assert_eq!(marks(PROBLEM, &[("Deleted", "")]), (vec![], 0));
}

#[test]
fn a_marked_row_that_cannot_be_read_withdraws_the_entry_instead_of_leaving_the_old_one() {
    let log = Export::new().row(OBSERVATION, &[("IsConfidential", "true"), ("Value", "abc")]).read();
    assert_eq!(log.rejected, []);
    let entry = log.entry();
    assert!(entry.deleted && entry.content.is_none());
    assert_eq!(entry.marks, [Mark::Confidential]);
    assert_eq!(log.warnings(), [(IssueCode::NumberInvalid, Some("Value"))]);
}

#[test]
fn an_observation_hangs_on_its_consultation_its_parent_and_its_problem() {
    let (consultation, parent, problem) = (braced(11), braced(12), braced(13));
    let log = Export::new()
        .row(
            OBSERVATION,
            &[
                ("ConsultationGuid", &consultation),
                ("ParentObservationGuid", &parent),
                ("ProblemGuid", &problem),
            ],
        )
        .read();
    let links: Vec<_> =
        log.entry().links.iter().map(|link| (link.role, link.to.as_str().to_owned())).collect();
    let expected = [
        (Role::Consultation, format!("consultation/{}", guid(11))),
        (Role::Panel, guid(12)),
        (Role::Problem, guid(13)),
    ];
    assert_eq!(links, expected);
}

#[test]
fn no_link_comes_of_a_blank_a_nil_or_its_own_guid() {
    let (own, nil) = (braced(ITSELF), "{00000000-0000-0000-0000-000000000000}");
    let log = Export::new()
        .row(OBSERVATION, &[("ConsultationGuid", nil), ("ParentObservationGuid", ""), ("ProblemGuid", &own)])
        .read();
    assert_eq!(log.entry().links, []);
    assert_eq!(log.entry().marks, []);
}

#[test]
fn a_link_that_cannot_be_read_withholds() {
    for column in ["ConsultationGuid", "ParentObservationGuid", "ProblemGuid"] {
        let log = Export::new().row(OBSERVATION, &[(column, "12345")]).read();
        assert_eq!(log.entry().marks, [Mark::Unrecognised], "{column}");
        assert_eq!(log.warnings(), [(IssueCode::KeyInvalid, Some(column))]);
    }
}

#[test]
fn a_problem_is_a_container_about_its_observation_under_its_parent() {
    let parent = braced(12);
    let log = Export::new().row(PROBLEM, &[("ParentProblemObservationGuid", &parent)]).read();
    let entry = log.entry();
    assert_eq!(entry.content, Some(Content::Container(Container::Problem)));
    let links: Vec<_> = entry.links.iter().map(|link| (link.role, link.to.as_str().to_owned())).collect();
    assert_eq!(links, [(Role::About, guid(ITSELF)), (Role::Problem, guid(12))]);
}

#[test]
fn a_consultation_that_may_be_a_draft_is_kept_and_withholds_what_is_in_it() {
    for (complete, marks) in
        [("true", vec![]), ("", vec![]), ("false", vec![Mark::Unrecognised]), ("?", vec![Mark::Unrecognised])]
    {
        let log = Export::new().row(CONSULTATION, &[("Complete", complete)]).read();
        assert_eq!(log.entry().marks, marks, "{complete}");
    }
}

#[test]
fn a_consultation_with_a_bad_date_is_kept_for_its_mark() {
    let log = Export::new().row(CONSULTATION, &[("EnteredDate", "x"), ("IsConfidential", "true")]).read();
    assert_eq!(log.entry().content, Some(Content::Container(Container::Consultation)));
    assert_eq!((log.entry().marks.clone(), log.entry().recorded), (vec![Mark::Confidential], None));
    assert_eq!(log.warnings(), [(IssueCode::DateInvalid, Some("EnteredDate"))]);
}

#[test]
fn t59_one_row_of_another_organisation_refuses_the_whole_batch() {
    let other = braced(ELSEWHERE);
    let named = || Export::new().row(ORGANISATION, &[("OrganisationGuid", &other), ("ODSCode", "Y88888")]);
    for table in [PATIENT, CONSULTATION, PROBLEM, OBSERVATION] {
        let issues = named().row(table, &[]).row(table, &[("OrganisationGuid", &other)]).refused();
        assert_eq!(codes(&issues), [IssueCode::OtherOrganisation], "{table}");
        assert_eq!((issues[0].line, issues[0].field.as_deref()), (3, Some("OrganisationGuid")));
        let issues = Export::new().row(table, &[("OrganisationGuid", &other)]).refused();
        assert_eq!(
            codes(&issues),
            [IssueCode::OtherOrganisation],
            "{table}: of an organisation without a row"
        );
    }
    let log = named().row(OBSERVATION, &[("OrganisationGuid", "x")]).row(OBSERVATION, &[]).read();
    assert_eq!(log.rejections(), [(IssueCode::KeyInvalid, Some("OrganisationGuid"))], "which names nobody");
}

#[test]
fn an_agreement_of_another_organisation_is_no_record_and_is_rejected_by_itself() {
    let other = braced(ELSEWHERE);
    let log = Export::new()
        .row(ORGANISATION, &[("OrganisationGuid", &other), ("ODSCode", "Y88888")])
        .row(SHARING, &[("OrganisationGuid", &other)])
        .row(SHARING, &[])
        .read();
    assert_eq!(log.rejections(), [(IssueCode::OtherOrganisation, Some("OrganisationGuid"))]);
}

#[test]
fn a_batch_that_names_other_organisations_only_is_of_the_wrong_practice() {
    let issues =
        Export::header_only().row(ORGANISATION, &[("ODSCode", "Y88888")]).row(PATIENT, &[]).refused();
    assert_eq!(codes(&issues), [IssueCode::WrongPractice]);
}

#[test]
fn a_delta_without_the_practices_own_row_is_taken_as_it_is() {
    let other = braced(ELSEWHERE);
    let log = Export::header_only().row(PATIENT, &[]).row(OBSERVATION, &[]).read();
    assert_eq!(log.entries().len(), 2);
    let log = Export::header_only()
        .row(ORGANISATION, &[("OrganisationGuid", &other), ("ODSCode", "Y88888")])
        .row(PATIENT, &[])
        .read();
    assert_eq!(log.entries().len(), 1);
    let two = Export::header_only()
        .row(OBSERVATION, &[])
        .row(OBSERVATION, &[("OrganisationGuid", &other)])
        .refused();
    assert_eq!(codes(&two), [IssueCode::OtherOrganisation], "one of the two is another");
}

/// Nothing in such a delta says whose it is but the practice's earlier batches.
#[test]
fn t59_a_delta_without_organisations_must_be_of_the_one_that_was_the_practices_before() {
    let delta = || Export::header_only().row(PATIENT, &[]).row(OBSERVATION, &[]);
    let ours: &[(u32, &str)] = &[(HERE, "Y99999"), (ELSEWHERE, "Y88888")];
    assert_eq!(delta().after(&[]), [], "nothing is known yet");
    assert_eq!(delta().after(ours), []);
    for known in
        [&[(ELSEWHERE, "Y99999")][..], &[(HERE, "Y88888")], &[(HERE, "Y88888"), (ELSEWHERE, "Y99999")]]
    {
        let issues = delta().after(known);
        assert_eq!(codes(&issues), [IssueCode::WrongPractice], "{known:?}");
        assert_eq!((issues[0].line, issues[0].field.as_deref()), (2, Some("OrganisationGuid")));
    }
    let other = braced(ELSEWHERE);
    let mixed = delta().row(OBSERVATION, &[("OrganisationGuid", &other)]).after(&[(HERE, "Y99999")]);
    assert_eq!(codes(&mixed), [IssueCode::OtherOrganisation]);
    // Its own row tells of a new organisation.
    let renewed = Export::new().row(PATIENT, &[]).after(&[(ELSEWHERE, "Y99999")]);
    assert_eq!(renewed, []);
}

#[test]
fn an_agreement_of_which_it_cannot_be_read_whose_it_is_refuses_the_batch() {
    for value in ["", "12", "{00000000-0000-0000-0000-000000000000}"] {
        let issues = Export::new().row(SHARING, &[]).row(SHARING, &[("OrganisationGuid", value)]).refused();
        assert_eq!(codes(&issues), [IssueCode::KeyInvalid], "{value}");
        assert_eq!((issues[0].line, issues[0].field.as_deref()), (3, Some("OrganisationGuid")));
    }
}

#[test]
fn an_agreement_of_which_any_flag_cannot_be_read_is_not_in_force() {
    for column in ["IsActivated", "Disabled", "Deleted"] {
        for value in ["", "1", "yes", "tru"] {
            let log = Export::new().row(SHARING, &[(column, value)]).read();
            let agreements = log.facts.iter().filter_map(|(_, fact)| match fact {
                record::Fact::Reference(record::ReferenceKey::Sharing(_), reference, _) => Some(&**reference),
                _ => None,
            });
            let agreements: Vec<_> = agreements.collect();
            assert_eq!(agreements, [&record::Reference::Sharing { active: false }], "{column} {value}");
            assert_eq!(log.warnings(), [(IssueCode::BooleanInvalid, Some(column))]);
        }
    }
}

#[test]
fn keys_must_be_guids() {
    for (table, column, code) in [
        (OBSERVATION, "ObservationGuid", IssueCode::KeyInvalid),
        (PROBLEM, "ObservationGuid", IssueCode::KeyInvalid),
        (CONSULTATION, "ConsultationGuid", IssueCode::KeyInvalid),
        (OBSERVATION, "PatientGuid", IssueCode::PatientInvalid),
        (PATIENT, "PatientGuid", IssueCode::PatientInvalid),
        (OBSERVATION, "OrganisationGuid", IssueCode::KeyInvalid),
        (STAFF, "UserInRoleGuid", IssueCode::KeyInvalid),
        (ORGANISATION, "OrganisationGuid", IssueCode::KeyInvalid),
    ] {
        for value in ["", "12", "{00000000-0000-0000-0000-000000000000}"] {
            let log = Export::new().row(table, &[(column, value)]).read();
            assert_eq!(log.rejections(), [(code, Some(column))], "{table} {value}");
        }
    }
}

#[test]
fn a_row_without_a_processing_id_is_first_in_its_batch_or_last_if_it_withholds() {
    for (fields, sequence) in
        [(vec![], 100), (vec![("IsConfidential", "true")], 200), (vec![("Deleted", "true")], 200)]
    {
        for bad in ["", "x", "-1", "99999999999999999999"] {
            let fields: Vec<_> = fields.iter().copied().chain([("ProcessingId", bad)]).collect();
            let log = Export::new().row(OBSERVATION, &fields).read();
            assert_eq!(log.entry().sequence, sequence);
            assert_eq!(log.warnings(), [(IssueCode::NumberInvalid, Some("ProcessingId"))]);
        }
    }
    assert_eq!(Export::new().row(OBSERVATION, &[]).read().entry().sequence, 120);
}

#[test]
fn no_issue_holds_a_value_of_the_file() {
    let secret = "Zebedee";
    let mut export = Export::new();
    for table in TABLES {
        // An agreement whose organisation cannot be read refuses the batch.
        let of_agreement = |column: &&String| (table, column.as_str()) == (SHARING, "OrganisationGuid");
        for column in export.headers[table].clone().iter().filter(|column| !of_agreement(column)) {
            export = export.row(table, &[(column.as_str(), secret)]);
        }
    }
    let log = export.read();
    assert!(log.rejected.len() + log.warned.len() > 40);
    assert!(!format!("{:?}{:?}", log.rejected, log.warned).contains(secret));
    let refused = Export::new().row(SHARING, &[("OrganisationGuid", secret)]).refused();
    assert!(!format!("{refused:?}").contains(secret));
}
