"""checks.py finds what it is there for: each rule passes the good resource and catches the one error planted in it."""

import copy
import sys

import checks

USER = {"user": "u", "patient": "p1", "level": "full"}
KNOWN = {"Patient/p1", "Observation/o1"}


def quantity(value):
    return {"value": value, "unit": "millimeter of mercury", "system": checks.UCUM, "code": "mm[Hg]"}


def coded(text, loinc, snomed):
    return {"coding": [{"system": checks.SNOMED, "code": snomed}, {"system": checks.LOINC, "code": loinc, "display": text}], "text": text}


PRESSURE = {
    "resourceType": "Observation", "id": "o1",
    "meta": {"profile": [f"{checks.VITAL_SIGNS}-BloodPressure|1.0.0", f"{checks.R4}bp|4.0.1"]},
    "status": "final",
    "category": [{"coding": [{"system": checks.CATEGORY, "code": "vital-signs"}]}],
    "code": coded("Blood pressure", "85354-9", "75367002"),
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2023-08-10",
    "component": [
        {"code": coded("Systolic blood pressure", "8480-6", "72313002"), "valueQuantity": quantity(142)},
        {"code": coded("Diastolic blood pressure", "8462-4", "1091811000000102"), "valueQuantity": quantity(94)},
    ],
}
WEIGHT = {
    **{key: PRESSURE[key] for key in ("resourceType", "id", "status", "category", "subject", "effectiveDateTime")},
    "meta": {"profile": [f"{checks.VITAL_SIGNS}-BodyWeight|1.0.0", f"{checks.R4}vitalsigns|4.0.1"]},
    "code": coded("Body weight", "29463-7", "27113001"),
    "valueQuantity": {"value": 72.5, "unit": "kilogram", "system": checks.UCUM, "code": "kg"},
}
DOSE = {
    "resourceType": "Immunization", "id": "i1", "meta": {"profile": [f"{checks.UK}UKCore-Immunization|2.4.0"]},
    "status": "completed", "patient": {"reference": "Patient/p1"}, "occurrenceDateTime": "2020",
    "vaccineCode": {"coding": [{"system": checks.SNOMED, "code": "1", "display": "Vaccine"}], "text": "Vaccine"},
}


def put(path, value):
    """An error: the value at a dotted path replaced, or removed where it is None."""
    def plant(resource):
        *parents, last = [int(each) if each.isdigit() else each for each in path.split(".")]
        for each in parents:
            resource = resource[each]
        if value is None:
            del resource[last]
        else:
            resource[last] = value
    return plant


def twice(path):
    def plant(resource):
        resource[path] = resource[path] * 2
    return plant


PLANTED = [
    (PRESSURE, "status", put("status", "amended")),
    (PRESSURE, "two categories", twice("category")),
    (PRESSURE, "no systolic", put("component.0", None)),
    (PRESSURE, "no diastolic, for R4", put("component.1", None)),
    (PRESSURE, "third component", lambda each: each["component"].append({"code": {"text": "Mean blood pressure"}})),
    (PRESSURE, "other text", put("component.0.code.text", "Systolic")),
    (PRESSURE, "kPa", put("component.0.valueQuantity.code", "kPa")),
    (PRESSURE, "other unit", put("component.1.valueQuantity.unit", "mmHg")),
    (PRESSURE, "pressure without value", put("component.1.valueQuantity", None)),
    (PRESSURE, "codes swapped", put("component.0.code.coding.1.code", "8462-4")),
    (PRESSURE, "no SNOMED in a component", put("component.0.code.coding.0", None)),
    (PRESSURE, "no LOINC", put("code.coding.1", None)),
    (PRESSURE, "a value of its own", put("valueString", "142/94")),
    (WEIGHT, "pounds", put("valueQuantity.code", "[lb_av]")),
    (WEIGHT, "other unit", put("valueQuantity.unit", "kg")),
    (WEIGHT, "other LOINC", put("code.coding.1.code", "8302-2")),
    (WEIGHT, "ipa-obs-1", put("valueQuantity", None)),
    (WEIGHT, "vs-1", put("effectiveDateTime", "2023")),
    (WEIGHT, "another's", put("subject.reference", "Patient/p2")),
    (WEIGHT, "dangling reference", put("hasMember", [{"reference": "Observation/hidden"}])),
    (WEIGHT, "NOPAT", put("meta.security", [{"system": "http://hl7.org/fhir/v3/ActCode", "code": "NOPAT "}])),
    (WEIGHT, "unversioned profile", put("meta.profile", [f"{checks.UK}UKCore-Observation"])),
    (WEIGHT, "other version", put("meta.profile.0", f"{checks.VITAL_SIGNS}-BodyWeight|9.9.9")),
    (WEIGHT, "no profile", put("meta.profile", None)),
    (WEIGHT, "id with a space", put("id", "o 1")),
    (DOSE, "extension twice", put("extension", [{"url": "u", "valueCode": "a"}, {"url": "u", "valueCode": "b"}])),
    (DOSE, "empty extension", put("extension", [{"url": "u"}])),
    (DOSE, "not done without reason", put("status", "not-done")),
    (DOSE, "note at detailed", put("note", [{"text": "Sister was there"}])),
    (DOSE, "text at detailed", put("vaccineCode.text", "Vaccine, his mother said")),
]
VERSIONS = {f"{checks.VITAL_SIGNS}-BloodPressure": "1.0.0", f"{checks.VITAL_SIGNS}-BodyWeight": "1.0.0",
            f"{checks.UK}UKCore-Immunization": "2.4.0", f"{checks.UK}UKCore-Observation": "2.5.0"}


def problems(resource, level="full"):
    return list(checks.everything(resource, {**USER, "level": level}, KNOWN, VERSIONS))


failures = 0
for good in (PRESSURE, WEIGHT, DOSE):
    for level in ("full", "detailed"):
        for problem in problems(good, level):
            failures += 1
            print(f"false alarm on {good['id']} at {level}: {problem}")
for good, name, plant in PLANTED:
    bad = copy.deepcopy(good)
    plant(bad)
    if not problems(bad, "detailed" if name.endswith("detailed") else "full"):
        failures += 1
        print(f"not caught: {good['resourceType']}: {name}")
print(f"{len(PLANTED)} planted, {failures} failures")
sys.exit(1 if failures else 0)
