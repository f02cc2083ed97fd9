"""What the Python client scripts share: where the sandbox is, its users, a token, a sign-in by form.

Run as a program, it prints the user with full access who has the most observations: the one that paging needs.
"""

import html.parser
import json
import os
import pathlib
import subprocess
import urllib.parse

import requests

READY = json.loads(pathlib.Path(os.environ["SANDBOX_READY"]).read_text())
BASE = READY["fhir_base"].rstrip("/")
USERS = READY["users"]
FHIR_JSON = {"Accept": "application/fhir+json"}


def token(user, scope=None):
    """An access token as the sandbox hands it to a person at a terminal."""
    command = [os.environ["RECORDGATE"], "sandbox", "token", "--dir", os.environ["SANDBOX_DIR"], "--user", user]
    command += ["--scope", scope] if scope else []
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"sandbox token --user {user}: exit {done.returncode}\n{done.stderr}")
    return done.stdout.strip()


def get(path, bearer, **params):
    """A plain GET of a path under the base, or of an absolute URL."""
    url = path if path.startswith("https://") else f"{BASE}/{path}"
    return requests.get(url, params=params, headers={**FHIR_JSON, "Authorization": f"Bearer {bearer}"}, timeout=30)


def chosen():
    """The user that `run` picked."""
    return next(each for each in USERS if each["user"] == os.environ["SANDBOX_USER"])


def stranger(user):
    """A user of another patient, who has a record that `user` may not see."""
    return next(each for each in USERS if each["patient"] != user["patient"] and each["level"] == "full")


class Form(html.parser.HTMLParser):
    """The first form of a page: its action, and its fields with their values."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.visible = None, {}, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action") or ""
        if tag == "input" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""
            if attributes.get("type", "text") != "hidden":
                self.visible.append(attributes["name"])


def sign_in(authorize_url, user):
    """Does at the authorization endpoint what a person would, and returns the address that the app is called back at."""
    browser = requests.Session()
    page = browser.get(authorize_url, timeout=30)
    assert page.status_code == 200, f"authorize answered {page.status_code}: {page.text[:500]}"
    form = Form(page.text)
    assert form.action is not None, f"no form in the sign-in page: {page.text[:500]}"
    assert "user" in form.visible, f"the sign-in form has no field `user`: {form.visible}"
    answer = browser.post(
        urllib.parse.urljoin(page.url, form.action), data={**form.fields, "user": user, "decision": "allow"}, allow_redirects=False, timeout=30
    )
    location = answer.headers.get("Location", "")
    assert answer.status_code in (302, 303), f"sign-in answered {answer.status_code}: {answer.text[:500]}"
    assert location.startswith(READY["redirect_uri"]), f"sign-in redirected to {location!r}"
    return location


def richest():
    """The user with full access who has the most observations."""
    def observations(each):
        answer = get("Observation", token(each["user"]), patient=each["patient"], _summary="count")
        answer.raise_for_status()
        return answer.json()["total"]

    return max((each for each in USERS if each["level"] == "full"), key=observations)


if __name__ == "__main__":
    print(richest()["user"])
