"""The web server: granian with the application loaded once, before its workers are made. No route lives here."""

import gc
import os
import signal
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from trace.core.embedded_processes import die_with

if TYPE_CHECKING:
    from flask import Flask

TARGET = "trace.cli.web:make_application"
KILL_WORKERS_AFTER_S = 3
THREADS_A_WORKER = 8
GARBAGE_AFTER = 50_000  # objects; 700 by default

_loaded: "list[Flask]" = []


def run(host: str, port: int, workers: int) -> None:
    """Serve until SIGINT or SIGTERM.

    The application is built before the workers are forked, so that it is loaded once and not by each; it holds no
    connection yet, so none is shared. Where processes are not forked each worker builds its own.
    """
    from trace import create_app

    _loaded.append(create_app())
    serve(TARGET, host, port, workers)


def serve(target: str, host: str, port: int, workers: int) -> None:
    """Serve what ``target`` ("module:factory") makes, an application of whatever kind, with these settings."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _leave_alone_what_is_loaded()
    Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS_A_WORKER,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=KILL_WORKERS_AFTER_S,
        factory=True,
    ).serve()


def _leave_alone_what_is_loaded() -> None:
    """Keep Python from looking through the whole loaded application for garbage, again and again.

    Modules, mappers and routes stay as long as the process. What requests leave behind is looked at as before, only
    in larger heaps: a document of a thousand events makes a million objects and hardly a cycle among them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER, 20, 50)


def make_application() -> "Flask":
    """The application of one worker process, which ends with the web server even if that is killed.

    Otherwise a killed server leaves workers that hold the port.
    """
    die_with(os.getppid(), signal.SIGTERM)
    from trace import create_app

    app = _loaded[0] if _loaded else create_app()
    _write_in_the_background(app)
    return app


def _write_in_the_background(app: "Flask") -> None:
    """Write scans and lines of requests from this process on; what waits when it ends in order is written then.

    A worker of ``multiprocessing`` ends without what ``atexit`` knows; it has a list of its own.
    """
    from trace.core.logs import request_lines
    from trace.scans.recorder import EXTENSION

    for writer in (app.extensions[EXTENSION], request_lines):
        writer.begin()
        Finalize(None, writer.end, exitpriority=10)
