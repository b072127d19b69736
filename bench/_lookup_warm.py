"""Has the page of every lot made and kept before ``lookup`` measures, as if each had been asked for once today.

The underscore keeps it out of ``make bench``.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from flask import Flask

from trace import create_app
from trace.core.config import Settings
from trace.public.keeping import EXTENSION, Keeper

PROCESSES, AT_ONCE = 2, 50
_app: list[Flask] = []


def keep_pages(environ: Mapping[str, str], codes: Sequence[str]) -> None:
    """Make the Vietnamese page of each code that has none, by the web server's own means and in its settings."""
    parts = [codes[start : start + AT_ONCE] for start in range(0, len(codes), AT_ONCE)]
    quietly = dict(environ) | {"TRACE_LOG_LEVEL": "WARNING"}
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _begin, (quietly,)) as pool:
        for _ in pool.map(_keep, parts):
            pass


def _begin(environ: Mapping[str, str]) -> None:
    _app.append(create_app(Settings.from_environment(environ)))


def _keep(codes: Sequence[str]) -> None:
    app = _app[0]
    keeper: Keeper = app.extensions[EXTENSION]
    for code in codes:
        with app.test_request_context(f"/T/{code}", base_url=app.config["SETTINGS"].public_url):
            seen, page = keeper.look(code)
            if seen is None or (page is None and keeper.make(code, seen) is None):
                raise LookupError(f"There is no page of {code}.")
