"""The intake's OpenAPI description, in both directions: schemathesis asks for whatever it allows and forbids, and what
the intake says of a batch that was really pushed is compared with it.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema_rs
import requests

HERE = pathlib.Path(__file__).parent
READY = json.loads(pathlib.Path(os.environ["SANDBOX_READY"]).read_text())
INTAKE = READY["intake"]
BASE = INTAKE["base"]
CERTIFICATE = (INTAKE["certificate_file"], INTAKE["key_file"])


def push(folder):
    """Pushes three messages and one that cannot be read; the latter by itself."""
    recordgate = os.environ["RECORDGATE"]
    subprocess.run([recordgate, "synth", "--format", "gp2gp", "--practice", "Y99998", "--patients", "3", folder / "messages"], check=True)
    command = [recordgate, "push", "--url", BASE.removesuffix("/intake/v1"), "--cert", CERTIFICATE[0], "--key", CERTIFICATE[1],
               "--ca", READY["ca_file"], "--practice", "Y99998", "--format", "gp2gp", "--report", folder / "report.ndjson"]
    subprocess.run([*command, folder / "messages"], check=True, timeout=300)
    bad = folder / "bad.xml"
    bad.write_text("<RCMR_IN030000UK06 xmlns='urn:hl7-org:v3'>")
    refused = subprocess.run([*command, bad], timeout=60)
    assert refused.returncode == 1, refused
    assert (folder / "report.ndjson").stat().st_size > 1000


def documented(session, document, path, method="get"):
    """Asserts that an answer is as the description says, status, type and content."""
    filled = requests.utils.urlparse(path).path
    template = filled
    for known in document["paths"]:
        parts, given = known.split("/"), filled.split("/")
        if len(parts) == len(given) and all(a == b or a.startswith("{") for a, b in zip(parts, given)):
            template = known
            break
    answer = session.request(method, BASE + path)
    responses = document["paths"][template][method]["responses"]
    assert str(answer.status_code) in responses, f"{method} {path}: {answer.status_code} is not described"
    content = responses[str(answer.status_code)]["content"]
    kind = answer.headers["content-type"]
    assert kind in content, f"{method} {path}: {kind} is not described"
    told = [json.loads(line) for line in answer.iter_lines()] if kind == "application/x-ndjson" else answer.json()
    schema = {**content[kind]["schema"], "components": document["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(told)
    return told


def main():
    session = requests.Session()
    session.cert, session.verify, session.trust_env = CERTIFICATE, READY["ca_file"], False
    with tempfile.TemporaryDirectory() as folder:
        push(pathlib.Path(folder))
    document = session.get(BASE + "/openapi.json").json()
    batches = documented(session, document, "/batches")["batches"]
    assert {batch["state"] for batch in batches} >= {"loaded"}, batches
    for batch in batches:
        for path in ("", "/report", "/summary"):
            documented(session, document, f"/batches/{batch['id']}{path}")
        for file in documented(session, document, f"/batches/{batch['id']}")["files"]:
            assert documented(session, document, f"/batches/{batch['id']}/files/{file['name']}")["complete"]
    documented(session, document, "/batches/none-such")
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "intake_hooks", "PYTHONPATH": str(HERE)}
    command = [pathlib.Path(sys.executable).parent / "schemathesis", "--no-color", "--config-file", HERE / "schemathesis.toml",
               "run", BASE + "/openapi.json", "--tls-verify", READY["ca_file"], "--request-cert", CERTIFICATE[0],
               "--request-cert-key", CERTIFICATE[1], "--max-examples", "20", "--max-time", "70", "--seed", "1",
               "--generation-database", "none"]
    return subprocess.run(command, env=environment, cwd=os.environ["CLIENT_CACHE"], timeout=600).returncode


sys.exit(main())
