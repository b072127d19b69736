"""The application as the web server's worker processes load it. No route lives here."""

import os
import signal
from typing import TYPE_CHECKING

from trace.core.embedded_processes import die_with

if TYPE_CHECKING:
    from flask import Flask


def make_application() -> "Flask":
    """The application, in a process that ends with the web server even if that is killed.

    Otherwise a killed server leaves workers that hold the port.
    """
    die_with(os.getppid(), signal.SIGTERM)
    from trace import create_app

    return create_app()
