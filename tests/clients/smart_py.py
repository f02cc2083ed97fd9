"""SMART's own Python client. It finds the endpoints only by the `oauth-uris` extension of the CapabilityStatement,
asks for `launch/patient` twice, and sends `state` to the token endpoint: all of which must do no harm."""

import urllib.parse

from fhirclient.client import FHIRClient
from fhirclient.models.immunization import Immunization
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException

import sandbox


def launch(user):
    settings = {
        "app_id": sandbox.READY["client_id"],
        "api_base": sandbox.BASE,
        "redirect_uri": sandbox.READY["redirect_uri"],
        "scope": "launch/patient patient/*.rs offline_access",
    }
    smart = FHIRClient(settings=settings)
    assert not smart.prepare(), "nobody has signed in yet"
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(smart.authorize_url).query)
    assert query["code_challenge_method"] == ["S256"], query
    assert query["scope"][0].split().count("launch/patient") == 2, query
    smart.handle_callback(sandbox.sign_in(smart.authorize_url, user["user"]))
    assert smart.ready, "signed in"
    return smart


def everything(smart, model, patient):
    """All of a type, page by page."""
    pages = list(model.where({"patient": patient, "_count": "5"}).perform_iter(smart.server))
    found = [entry.resource for page in pages for entry in page.entry or [] if entry.search.mode == "match"]
    assert len(found) == pages[0].total, f"{model.__name__}: {len(found)} of {pages[0].total}"
    return found, len(pages)


user = sandbox.chosen()
smart = launch(user)
assert smart.patient_id == user["patient"], "the patient in context is the one who signed in"
assert smart.patient.id == user["patient"]

observations, pages = everything(smart, Observation, user["patient"])
assert pages > 1, f"more than one page, not {pages}"
assert all(each.subject.reference == f"Patient/{user['patient']}" for each in observations)

immunizations, _ = everything(smart, Immunization, user["patient"])
assert immunizations, "at least one immunization"
assert all(each.patient.reference == f"Patient/{user['patient']}" for each in immunizations)

try:
    Patient.read(sandbox.stranger(user)["patient"], smart.server)
    raise AssertionError("another's record was read")
except FHIRNotFoundException:
    pass

before = smart.server.auth.access_token
assert smart.reauthorize(), "refresh"
assert smart.server.auth.access_token != before, "a refresh brings a new access token"
assert Patient.read(user["patient"], smart.server).id == user["patient"], "which works"

print(f"{len(observations)} observations on {pages} pages, {len(immunizations)} immunizations")
