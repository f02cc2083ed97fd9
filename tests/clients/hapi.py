"""Runs `Hapi.java` against the sandbox: HAPI FHIR 6.0.3, as it lies in the wheel of pathling, for it comes in no other package.

The wheel's licence is CSIRO's own, HAPI's is Apache-2.0; neither is distributed. `run` fetches it.
Java trusts the sandbox by a key store.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import sandbox

JAR = pathlib.Path(os.environ["CLIENT_CACHE"]) / "hapi/pathling/jars/library-api-5.4.0-all.jar"


def trust_store():
    """The README's line for Java."""
    store = pathlib.Path(os.environ["SANDBOX_DIR"]) / "ts.p12"
    store.unlink(missing_ok=True)
    command = ["keytool", "-importcert", "-noprompt", "-alias", "dev", "-file", sandbox.READY["ca_file"]]
    subprocess.run([*command, "-keystore", str(store), "-storepass", "changeit", "-storetype", "PKCS12"], check=True)
    return store


missing = [tool for tool in ("java", "javac", "keytool") if shutil.which(tool) is None]
if missing:
    print(f"SKIP HAPI: no {', '.join(missing)} here (Debian: default-jdk-headless)")
    sys.exit(0)
user = sandbox.chosen()
command = ["java", f"-Djavax.net.ssl.trustStore={trust_store()}", "-Djavax.net.ssl.trustStorePassword=changeit", "-cp", str(JAR)]
command += [str(pathlib.Path(__file__).with_name("Hapi.java")), sandbox.BASE]
sys.exit(subprocess.run([*command, user["patient"], sandbox.stranger(user)["patient"], sandbox.token(user["user"])]).returncode)
