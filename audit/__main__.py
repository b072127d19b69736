"""Run every check, print a table for each, and end with 1 when one of them fails."""

import logging
import os
import sys
import time
from collections.abc import Callable
from functools import partial

from audit import accessibility, interface, licences, printing, reading, rendering, speed, weight
from audit.findings import CannotAudit, Finding, table
from audit.site import live_site
from trace.cli.browser import NoBrowser, provide_browser


def main() -> int:
    """The exit code: 0 when everything passes, 1 otherwise."""
    logging.disable(logging.INFO)
    started = time.monotonic()
    failed: list[str] = []
    not_run: list[str] = []
    try:
        chromium = os.environ.get("CHROMIUM") or str(provide_browser())
        for check in (licences.check, printing.check, rendering.check):
            _run(check, failed, not_run)
        with live_site() as site:
            if site.missing:
                failed.append("the demo")
                print(f"  The demo shows no code that is {', '.join(site.missing)}.", flush=True)
            for check in (
                partial(accessibility.check, site, chromium),
                partial(reading.check, site, chromium),
                partial(weight.check, site, chromium),
                partial(speed.check, site, chromium),
                partial(interface.check, site),  # last: it writes
            ):
                _run(check, failed, not_run)
    except (CannotAudit, NoBrowser) as problem:
        print(problem, file=sys.stderr)
        return 1
    took = time.monotonic() - started
    print(
        f"\n  Audit: {'failed: ' + ', '.join(failed) if failed else 'everything passes'} ({took:.0f} s)",
        flush=True,
    )
    for sentence in not_run:
        print(f"  NOT RUN: {sentence}", flush=True)
    return 1 if failed else 0


def _run(check: Callable[[], Finding], failed: list[str], not_run: list[str]) -> None:
    started = time.monotonic()
    finding = check()
    took = time.monotonic() - started
    print(f"\n  {finding.title}: {'passes' if finding.passes else 'FAILS'} ({took:.0f} s)", flush=True)
    print(table(finding.columns, finding.rows), flush=True)
    for fault in finding.faults:
        print(f"    ! {fault}", flush=True)
    for sentence in finding.not_run:
        print(f"    NOT RUN: {sentence}", flush=True)
    not_run += finding.not_run
    if not finding.passes:
        failed.append(finding.title)


if __name__ == "__main__":
    sys.exit(main())
