"""Nguồn Gốc: the traceability service. Nothing lives here but the lazy way to the application.

The standard library owns the module name ``trace``; this package wins only because the application is run
from its root and never installed (docs/architecture.md, "The trace trap").
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from trace.core.config import Settings


def create_app(settings: "Settings | None" = None, *, bind: Any = None) -> "Flask":
    """Build the application; imported late so that ``import trace.gs1`` does not load Flask.

    ``bind`` replaces the engine of the settings by a test's connection.
    """
    import sys

    from flask import Flask
    from flask.cli import NoAppException

    from trace.cli.commands import needs_no_service, register

    if settings is None and needs_no_service(sys.argv):
        # An auditor or a witness has no database, and nothing of this service to set up.
        bare = Flask("trace", static_folder=None)
        register(bare)
        return bare

    from trace.app import create_app as build
    from trace.core.addresses import ConfigurationError

    try:
        app = build(settings, bind)
    except ConfigurationError as error:
        # The flask command then prints the sentence instead of a traceback.
        raise NoAppException(str(error)) from error
    register(app)
    return app
