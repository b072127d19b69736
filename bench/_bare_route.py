"""What ``lookup`` compares the real page with: a bare Flask route that returns a constant, on the same web server.

No database, no scans, no headers but those its bytes need. The underscore keeps it out of ``make bench``.
"""

import os
import signal
import sys
from pathlib import Path

from flask import Flask, Response, request

from trace.cli import web
from trace.core.embedded_processes import die_with

CONTENT = "BARE_ROUTE_CONTENT"
TAG = '"constant"'


def make_application() -> Flask:
    """The application of one worker process."""
    die_with(os.getppid(), signal.SIGTERM)
    content = Path(os.environ[CONTENT]).read_bytes()
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", "ETag": TAG}
    app = Flask("bare_route")

    @app.get("/T/<code>")
    def show_constant(code: str) -> Response:
        if request.headers.get("If-None-Match") == TAG:
            return Response(status=304, headers={"ETag": TAG})
        return Response(content, headers=headers)

    return app


if __name__ == "__main__":
    web.serve("bench._bare_route:make_application", "127.0.0.1", int(sys.argv[1]), int(sys.argv[2]))
