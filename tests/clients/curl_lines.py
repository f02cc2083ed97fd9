"""The curl line that the sandbox prints, and the README's own: both are run as they stand, and must fetch FHIR.

The README's line is written for a sandbox started with its defaults in the current folder; the folder, the port and
the binary's path are put in their place, nothing else is touched.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

SANDBOX = pathlib.Path(os.environ["SANDBOX_DIR"])


def printed_line():
    """From the sandbox's own output. A terminal's `Try:` may stand before it."""
    for line in pathlib.Path(os.environ["SANDBOX_OUT"]).read_text().splitlines():
        found = re.match(r"\s*(?:Try:\s*)?(curl\s.*)", line)
        if found:
            return found[1]
    raise AssertionError("the sandbox printed no line that begins with curl")


def readme_line():
    """The first line of a fenced block of the README that begins with curl, with its continuation lines."""
    text = (pathlib.Path(os.environ["RECORDGATE_ROOT"]) / "README.md").read_text()
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S):
        joined = re.sub(r"\\\n\s*", "", block)
        for line in joined.splitlines():
            line = re.sub(r"^\$\s+", "", line)
            if line.startswith("curl "):
                return line
    raise AssertionError("README.md has no fenced line that begins with curl")


def moved(line):
    """The README's line with this sandbox's folder, port and binary."""
    line = re.sub(r"(?<![\w-])[\w./-]*recordgate(?= sandbox token)", os.environ["RECORDGATE"], line)
    line = re.sub(r"(?<=--dir )(?:\./)?sandbox(?![\w/-])", str(SANDBOX), line)
    line = re.sub(r"(?<![\w./-])(?:\./)?sandbox/", f"{SANDBOX}/", line)
    return line.replace(":8443/", f":{os.environ['SANDBOX_PORT']}/")


def run(name, line):
    print(f"{name}: {line}")
    path = f"{pathlib.Path(os.environ['RECORDGATE']).parent}:{os.environ['PATH']}"
    # The line must bring its own trust: what the other clients are given is taken away.
    environment = {key: value for key, value in os.environ.items() if key not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE")}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60,
                          env={**environment, "PATH": path}, cwd=SANDBOX.parent)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}{done.stdout}"
    body = json.loads(done.stdout)
    assert body["resourceType"] in ("Bundle", "Patient"), f"{name} fetched {done.stdout[:500]}"
    if body["resourceType"] == "Bundle":
        assert body.get("total", 0) > 0 and body.get("entry"), f"{name} found nothing: {done.stdout[:500]}"


failures = 0
for name, line in (("sandbox", printed_line), ("README", lambda: moved(readme_line()))):
    try:
        run(name, line())
    except (AssertionError, OSError, ValueError) as problem:
        failures += 1
        print(f"{name}: {problem}", file=sys.stderr)
sys.exit(1 if failures else 0)
