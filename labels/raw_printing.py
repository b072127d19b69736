"""The only place that opens a connection to a printer: raw bytes, as port 9100 takes them, with an end to the waiting.

Where it may connect is decided before: addresses that the operator has approved (`Settings.printers`), numbers and
never names, so that nothing is looked up and nothing can be turned elsewhere.
"""

import socket
import time
from collections.abc import Collection

from flask_babel import lazy_gettext as _l

from trace.core.errors import Refusal

CONNECT_SECONDS = 3.0
SEND_SECONDS = 10.0
LARGEST_JOB = 8 * 1024 * 1024
_PIECE = 64 * 1024
_WAITING_BYTES = 65_536


class PrinterNotApproved(Refusal):
    """The address is not, or no longer, one the operator approved for this organisation."""

    code = "printer-address-not-approved"
    http_status = 403


class PrinterNotReached(Refusal):
    """Nobody takes connections at the printer's address."""

    code = "printer-not-reached"
    http_status = 502


class PrinterStopped(Refusal):
    """The printer took the beginning and then no more: paper, lid, or a job of somebody else."""

    code = "printer-stopped"
    http_status = 502


class JobTooLarge(Refusal):
    """More bytes than are sent in one request; as a file it still goes."""

    code = "print-job-too-large"


def send(
    job: bytes,
    address: str,
    approved: Collection[str],
    *,
    connect_seconds: float = CONNECT_SECONDS,
    send_seconds: float = SEND_SECONDS,
    is_patient: bool = False,
) -> None:
    """Send a job to ``address`` (``192.168.1.50:9100``), which must be among ``approved`` letter for letter.

    ``is_patient`` counts the seconds anew whenever the printer takes something: one that is fed faster than it prints
    takes the rest as paper leaves it. A printer that has taken the job has not yet printed it. Raises
    `PrinterNotApproved` before anything is opened, `JobTooLarge`, `PrinterNotReached` or `PrinterStopped`; after the
    last, part of the job may be printed.
    """
    if address not in approved:
        raise PrinterNotApproved(_l("The operator has not approved this address for printing."))
    if len(job) > LARGEST_JOB:
        raise JobTooLarge(_l("This is too much to send at once. Download the file, or print fewer labels."))
    host, _colon, port = address.rpartition(":")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), connect_seconds)
    except OSError as error:
        raise PrinterNotReached(
            _l("The printer does not answer. Is it switched on and in the network?"), address=address
        ) from error
    with connection:
        # What waits in this machine counts as taken: let it be little, so that a printer that stopped is noticed.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WAITING_BYTES)
        _send_all(connection, job, send_seconds, is_patient=is_patient)


def _send_all(connection: socket.socket, job: bytes, seconds: float, *, is_patient: bool) -> None:
    sent, until = 0, time.monotonic() + seconds
    try:
        while sent < len(job):
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            sent += connection.send(job[sent : sent + _PIECE])
            if is_patient:
                until = time.monotonic() + seconds
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:  # TimeoutError is one
        raise PrinterStopped(
            _l(
                "The printer took only a part. Look whether it has paper and is closed; some labels may be printed."
            ),
            sent=sent,
            size=len(job),
        ) from error
