"""The real web server in a rehearsal: for it the midnight named in ``MIDNIGHT`` comes ``LEAD_S`` seconds after it began.

By how much its clock goes ahead it writes into the file ``AHEAD``. Arguments: host, port, workers.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from trace import app  # all of it is loaded before the seconds count
from trace.cli import web
from trace.core import clock


def main() -> None:
    """Serve until told to stop."""
    assert app.ROOT.is_dir()
    midnight = datetime.fromisoformat(os.environ["MIDNIGHT"])
    ahead = midnight - timedelta(seconds=float(os.environ["LEAD_S"])) - clock.now()
    Path(os.environ["AHEAD"]).write_text(str(ahead.total_seconds()), encoding="ascii")
    clock.shift(ahead)
    host, port, workers = sys.argv[1:]
    web.run(host, int(port), int(workers))


if __name__ == "__main__":
    main()
