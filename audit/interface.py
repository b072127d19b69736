"""The JSON API as a stranger's tool sees it: a valid OpenAPI document, and schemathesis on every operation of it.

Thousands of valid and broken requests with a producer's key: no 5xx, every answer as documented.
"""

import json
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from audit import tools
from audit.findings import CannotAudit, Finding
from audit.site import Site

# What answers depend on the state of the demo (a sale of goods nobody holds is refused), so that a valid request is
# taken cannot be asked for; everything else schemathesis knows is.
NOT_ASKED = ("positive_data_acceptance",)
EXAMPLES = 10
WITHIN_S = 480
SEED = "20261122"


def check(site: Site) -> Finding:
    """Validate the document, then try every operation."""
    tools_folder = tools.python_tools()
    document = f"{site.url}/api/v1/openapi.json"
    faults = _invalid(tools_folder, document)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="schemathesis-") as folder:
        report = Path(folder) / "report.xml"
        command = [
            str(tools_folder / "st"), "run", document, "--header", f"Authorization: Bearer {site.key}",
            "--phases", "examples,coverage,fuzzing", "--checks", "all", "--exclude-checks", ",".join(NOT_ASKED),
            "--max-examples", str(EXAMPLES), "--seed", SEED, "--workers", "2", "--generation-database", "none",
            "--report", "junit", "--report-junit-path", str(report), "--no-color", "--warnings", "off",
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=WITHIN_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise CannotAudit(
                f"schemathesis did not finish in {WITHIN_S} s: try again on a quieter machine."
            ) from error
        if not report.exists():
            raise CannotAudit(
                f"schemathesis failed ({done.stdout[-300:]} {done.stderr[-300:]}): see audit/interface.py."
            )
        rows = []
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by the tool just run
            wrong = [one.get("message") or one.text or "" for one in case if one.tag in ("failure", "error")]
            rows.append((case.get("name") or "", "fails" if wrong else "conforms"))
            faults += [f"{case.get('name')}: {' '.join(one.split())[:600]}" for one in wrong]
    if done.returncode != 0 and not faults:
        faults.append(f"schemathesis ended with {done.returncode}: {' '.join(done.stdout.split())[-400:]}")
    rows.append((_summary(done.stdout), f"{time.monotonic() - started:.0f} s"))
    return Finding("schemathesis: the API against its document", ("operation", "answers"), rows, faults)


def _invalid(tools_folder: Path, document: str) -> list[str]:
    """What the OpenAPI validator says of the document; empty when it is valid."""
    script = (
        "import json, sys, urllib.request\n"
        "from openapi_spec_validator import OpenAPIV31SpecValidator\n"
        "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        f"spec = json.load(opener.open({document!r}))\n"
        "json.dump([e.message for e in OpenAPIV31SpecValidator(spec).iter_errors()], sys.stdout)\n"
    )
    done = subprocess.run(
        [str(tools_folder / "python"), "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise CannotAudit(
            f"The OpenAPI validator failed ({done.stderr.strip()[-300:]}): see audit/interface.py."
        )
    return [f"openapi.json: {message}" for message in json.loads(done.stdout)]


def _summary(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if "generated" in line or "tested" in line.lower()]
    return "; ".join(lines)[:120]
