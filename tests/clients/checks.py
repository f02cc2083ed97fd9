"""Rules that no validator here can judge, checked on what a user got through the API.

The validators misread UK Core's sliced blood pressure, cannot evaluate ipa-obs-1, do not count extension slices and
do not know access levels. Each function yields what is wrong, in words; it knows nothing of how resources are made.
"""

import re

SNOMED, LOINC, UCUM = "http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
UK, R4 = "https://fhir.hl7.org.uk/StructureDefinition/", "http://hl7.org/fhir/StructureDefinition/"
VITAL_SIGNS = f"{UK}UKCore-Observation-VitalSigns"
SERVED = {"Patient", "Observation", "Immunization"}
# Levels at which no free text goes out. `full` leaves this set when third parties are detected in texts.
TEXTLESS_LEVELS = {"detailed", "documents", "full"}

# Child profile of UK Core VitalSigns: LOINC code, and the fixed UCUM code and unit (None: a value set, not one unit).
MEASUREMENTS = {
    "BMI": ("39156-5", "kg/m2", None),
    "BodyHeight": ("8302-2", None, None),
    "BodyTemperature": ("8310-5", "Cel", "degree Celsius"),
    "BodyWeight": ("29463-7", "kg", "kilogram"),
    "HeadCircumference": ("9843-4", "cm", "centimeter"),
    "HeartRate": ("8867-4", "/min", "per minute"),
    "OxygenSaturation": ("2708-6", "%", "percent"),
    "RespirationRate": ("9279-1", "/min", "per minute"),
}
# The only texts that the closed slicing on component.code.text lets in, with their LOINC codes.
PRESSURES = {"Systolic blood pressure": "8480-6", "Diastolic blood pressure": "8462-4"}


def walk(value, path):
    """Every object below `value`, with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, child in value.items():
            yield from walk(child, f"{path}.{key}")
    elif isinstance(value, list):
        for child in value:
            yield from walk(child, path)


def claimed(resource):
    """The profiles that a resource claims, without their versions."""
    return {each.split("|")[0] for each in resource.get("meta", {}).get("profile", [])}


def codes(concept, system):
    return [each.get("code") for each in (concept or {}).get("coding", []) if each.get("system") == system]


def has_value(element):
    return any(key.startswith("value") for key in element)


def profiles(resource, versions):
    """Profiles are named with a version, and that version is the one of the definition validated against."""
    names = resource.get("meta", {}).get("profile", [])
    if not names:
        yield "claims no profile"
    for name in names:
        url, _, version = name.partition("|")
        if not version:
            yield f"profile {url} is named without a version"
        elif versions and url.startswith(UK) and versions.get(url) != version:
            yield f"profile {name} is claimed, the definition is {versions.get(url)}"


def labels(resource):
    """NOPAT keeps an entry in; it never goes out, in whatever spelling of its system."""
    for path, element in walk(resource, resource["resourceType"]):
        if str(element.get("code", "")).strip().upper() == "NOPAT":
            yield f"NOPAT at {path}"


def extensions(resource):
    """UK Core lets no extension that is used here occur twice on one element; and an extension has a value or parts."""
    for path, element in walk(resource, resource["resourceType"]):
        for key in ("extension", "modifierExtension"):
            urls = [each.get("url") for each in element.get(key, [])]
            for url in {each for each in urls if urls.count(each) > 1}:
                yield f"{url} {urls.count(url)} times at {path}"
            for each in element.get(key, []):
                if has_value(each) == bool(each.get("extension")):
                    yield f"extension {each.get('url')} at {path} needs either a value or parts"


def identity(resource, patient):
    """Every resource is about the patient who was asked for."""
    kind = resource["resourceType"]
    if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource.get("id", "")):
        yield f"id {resource.get('id')!r}"
    subject = {"Patient": lambda: f"Patient/{resource.get('id')}",
               "Observation": lambda: resource.get("subject", {}).get("reference"),
               "Immunization": lambda: resource.get("patient", {}).get("reference")}[kind]()
    if subject != f"Patient/{patient}":
        yield f"is about {subject}, not Patient/{patient}"


def references(resource, known):
    """A literal reference leads to something that the same user can read, or to a contained resource."""
    contained = {f"#{each.get('id')}" for each in resource.get("contained", [])}
    for path, element in walk(resource, resource["resourceType"]):
        target = element.get("reference")
        if isinstance(target, str) and target not in known and target not in contained:
            yield f"{path} refers to {target}, which this user cannot read"


def ipa_observation(observation):
    """ipa-obs-1: without parts or members there is a value, or the reason why there is none."""
    if "component" in observation or "hasMember" in observation:
        return
    if not has_value(observation) and "dataAbsentReason" not in observation:
        yield "ipa-obs-1: no value, no dataAbsentReason, no component, no hasMember"


def uk_vital_signs(observation):
    """UKCore-Observation-VitalSigns and its children: status, category, one LOINC and some SNOMED, fixed units."""
    names = [each for each in claimed(observation) if each.startswith(VITAL_SIGNS)]
    if not names:
        return
    if observation.get("status") != "final":
        yield f"vital signs are final, not {observation.get('status')}"
    if [codes(each, CATEGORY) for each in observation.get("category", [])] != [["vital-signs"]]:
        yield "vital signs have exactly the category vital-signs"
    loinc, snomed = (codes(observation.get("code"), system) for system in (LOINC, SNOMED))
    if len(loinc) != 1 or not snomed:
        yield f"vital signs have one LOINC and some SNOMED coding, not {loinc} and {snomed}"
    if not any(key.startswith("effective") for key in observation):
        yield "vital signs have a date"
    for name in names:
        child = name.removeprefix(VITAL_SIGNS).removeprefix("-")
        if child in MEASUREMENTS:
            yield from measurement(observation, child, loinc)
        if child == "BloodPressure":
            yield from blood_pressure(observation, loinc)


def measurement(observation, child, loinc):
    code, ucum, unit = MEASUREMENTS[child]
    value = observation.get("valueQuantity", {})
    if loinc != [code]:
        yield f"{child} is LOINC {code}, not {loinc}"
    if "value" not in value or value.get("system") != UCUM:
        yield f"{child} has a UCUM quantity, not {value}"
    if ucum and value.get("code") != ucum:
        yield f"{child} is in {ucum}, not {value.get('code')}"
    if unit and value.get("unit") != unit:
        yield f"{child} has the unit {unit!r}, not {value.get('unit')!r}"


def blood_pressure(observation, loinc):
    """Components are sliced, closed, on code.text: systolic once, diastolic at most once, both in mm[Hg]."""
    if loinc != ["85354-9"]:
        yield f"a blood pressure is LOINC 85354-9, not {loinc}"
    if has_value(observation):
        yield "a blood pressure has no value of its own"
    texts = [each.get("code", {}).get("text") for each in observation.get("component", [])]
    if texts.count("Systolic blood pressure") != 1 or texts.count("Diastolic blood pressure") > 1:
        yield f"a blood pressure has one systolic and at most one diastolic, not {texts}"
    for component, text in zip(observation.get("component", []), texts):
        if text not in PRESSURES:
            yield f"component {text!r} is outside the closed slicing"
            continue
        concept, value = component["code"], component.get("valueQuantity", {})
        if codes(concept, LOINC) != [PRESSURES[text]] or not codes(concept, SNOMED):
            yield f"{text} is LOINC {PRESSURES[text]} with a SNOMED coding, not {concept.get('coding')}"
        displays = [each.get("display") for each in concept["coding"] if each.get("system") == LOINC]
        if displays not in ([text], [None]):
            yield f"{text}: the LOINC display is fixed, not {displays}"
        if "value" not in value or (value.get("unit"), value.get("system"), value.get("code")) != (
                "millimeter of mercury", UCUM, "mm[Hg]"):
            yield f"{text}: {value}"


def r4_vital_signs(observation):
    """R4 vitalsigns (category, date to the day, vs-2) and bp (both pressures, with a value or a reason)."""
    names = claimed(observation)
    if not names & {f"{R4}vitalsigns", f"{R4}bp"}:
        return
    if not any("vital-signs" in codes(each, CATEGORY) for each in observation.get("category", [])):
        yield "R4 vital signs have the category vital-signs"
    when = observation.get("effectiveDateTime") or observation.get("effectivePeriod", {}).get("start", "")
    if len(when) < 10:
        yield f"vs-1: a date to the day, not {when!r}"
    parts = observation.get("component", []) + observation.get("hasMember", [])
    if not parts and not has_value(observation) and "dataAbsentReason" not in observation:
        yield "vs-2: no value, no dataAbsentReason, no parts"
    if f"{R4}bp" in names:
        found = {code: each for each in observation.get("component", []) for code in codes(each.get("code"), LOINC)}
        for code in PRESSURES.values():
            part = found.get(code)
            if part is None or not (has_value(part) or "dataAbsentReason" in part):
                yield f"R4 bp: component {code} with a value or a dataAbsentReason"


def immunization(resource):
    """ukcore-imm-001, and a dose that was not given never looks as if it was."""
    if resource.get("status") == "not-done" and "statusReason" not in resource:
        yield "ukcore-imm-001: not-done without statusReason"


def free_text(resource, level):
    """There are codes, values, ranges and dates; a text is there only if it is the display of a code."""
    if level not in TEXTLESS_LEVELS or resource["resourceType"] == "Patient":
        return
    elements = list(walk(resource, resource["resourceType"]))
    displays = {each["display"] for _, each in elements if isinstance(each.get("display"), str)}
    for path, element in elements:
        for key in ("note", "valueString", "occurrenceString", "div"):
            # "unknown" is the constant that we write where a vaccination has no date.
            if key in element and (key, element[key]) != ("occurrenceString", "unknown"):
                yield f"free text at level {level}: {path}.{key}"
        if isinstance(element.get("text"), str) and element["text"] not in displays:
            yield f"free text at level {level}: {path}.text"


def everything(resource, user, known, versions):
    """All rules, on one resource of one user."""
    yield from profiles(resource, versions)
    yield from labels(resource)
    yield from extensions(resource)
    yield from identity(resource, user["patient"])
    yield from references(resource, known)
    yield from free_text(resource, user["level"])
    if resource["resourceType"] == "Observation":
        yield from ipa_observation(resource)
        yield from uk_vital_signs(resource)
        yield from r4_vital_signs(resource)
    if resource["resourceType"] == "Immunization":
        yield from immunization(resource)
