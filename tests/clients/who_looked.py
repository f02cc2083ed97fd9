"""Who acts and who looked, judged by the same validators as the record: the RelatedPerson that fhirUser names, and the
AuditEvents of /account, of somebody who acts for a patient and of that patient. No alarm of theirs is known to be false."""

import base64
import hashlib
import json
import secrets
import shutil
import urllib.parse

import requests

import checks
import sandbox
import validate

SCOPE = "openid fhirUser launch/patient patient/*.rs"
HERE = urllib.parse.urljoin(sandbox.BASE, "/")
FOLDER = validate.WORK.parent / "who-looked"


def part(token):
    """The claims of an ID token. Its signature is checked elsewhere (tests/clients/oauth.mjs)."""
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def signed_in(user):
    """The tokens of a user, by code and PKCE."""
    smart = requests.get(f"{sandbox.BASE}/.well-known/smart-configuration", timeout=30).json()
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    app = {"client_id": sandbox.READY["client_id"], "redirect_uri": sandbox.READY["redirect_uri"]}
    asked = {**app, "response_type": "code", "scope": SCOPE, "aud": sandbox.BASE, "state": "s",
             "code_challenge": challenge, "code_challenge_method": "S256"}
    location = sandbox.sign_in(f"{smart['authorization_endpoint']}?{urllib.parse.urlencode(asked)}", user)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    form = {**app, "grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    answer = requests.post(smart["token_endpoint"], data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(user):
    """The AuditEvents that a user is shown of the record that they open first."""
    browser = requests.Session()
    page = browser.post(f"{HERE}account/sign-in", data={"user": user}, timeout=30)
    assert page.status_code == 200 and page.url == f"{HERE}account", f"{page.status_code} {page.url}"
    answer = browser.get(f"{HERE}account/events", timeout=30)
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert bundle["type"] == "collection" and bundle.get("entry"), bundle
    return [entry["resource"] for entry in bundle["entry"]]


acting = next(each for each in sandbox.USERS if each["about"].startswith("acts for "))
patient = next(each for each in sandbox.USERS if each["user"] == acting["about"].removeprefix("acts for "))
resources = []
for user in (acting, patient):
    tokens = signed_in(user["user"])
    who = part(tokens["id_token"])["fhirUser"]
    kind = who.removeprefix(f"{sandbox.BASE}/").split("/")[0]
    assert kind == ("RelatedPerson" if user is acting else "Patient"), who
    answer = sandbox.get(who, tokens["access_token"])
    assert answer.status_code == 200, answer.text
    found = sandbox.get("Observation", tokens["access_token"], patient=user["patient"], _count="3")
    assert found.status_code == 200, found.text
    missing = sandbox.get("Observation/none", tokens["access_token"])
    assert missing.status_code == 404, missing.text
    resources += [answer.json()] if user is acting else []
    resources += events(user["user"])

kinds = [each["resourceType"] for each in resources]
assert kinds.count("RelatedPerson") == 1 and kinds.count("AuditEvent") >= 9, kinds
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir(parents=True)
validate.WORK.mkdir(exist_ok=True)
for resource in resources:
    # pyfhircheck judges by what meta.profile claims, and these claim nothing.
    resource = {**resource, "meta": {"profile": [f"{checks.R4}{resource['resourceType']}"]}}
    (FOLDER / f"{resource['resourceType']}-{resource['id']}.json").write_text(json.dumps(resource, indent=1))
problems = [*validate.fhirkit(FOLDER), *validate.pyfhircheck(FOLDER, [validate.r4_definitions()])]
for problem in problems:
    print(*problem, sep=": ")
print(f"{len(list(FOLDER.iterdir()))} resources")
assert not problems
