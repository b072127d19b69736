"""Every setting of the service, read from the environment once and checked at start.

Nothing else in the code reads ``os.environ`` for a setting. A wrong value stops the start with one
sentence that says what to do; a misspelt ``TRACE_`` name does too, because a setting that is silently
ignored is a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from trace.core import local_state
from trace.core.addresses import (
    ConfigurationError,
    check_database_url,
    check_log_witnesses,
    check_outgoing_loopback,
    check_printers,
    check_public_url,
    is_local_host,
)

UPLOAD_LIMIT_BYTES = 5 * 1024 * 1024
SHORTEST_SECRET = 32
MOST_PROXIES = 5
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_KEY_NAME = "log.key"
LOCAL_LOG_ORIGIN = "localhost/nguon-goc"

NAMES = frozenset(
    {
        "TRACE_BLOB_FOLDER",
        "TRACE_COPY_CASE_SCORE",
        "TRACE_COPY_KILOMETRES",
        "TRACE_COPY_KILOMETRES_AN_HOUR",
        "TRACE_COPY_PLACES",
        "TRACE_COPY_PLACES_AFTER_SALE",
        "TRACE_COPY_PLACES_HOURS",
        "TRACE_HIDDEN_CODE_TRIES",
        "TRACE_KEY_FOLDER",
        "TRACE_LOG_KEY_FILE",
        "TRACE_LOG_LEVEL",
        "TRACE_LOG_ORIGIN",
        "TRACE_LOG_WITNESSES",
        "TRACE_LOG_WITNESS_QUORUM",
        "TRACE_MIGRATION_DATABASE_URL",
        "TRACE_OPERATOR_NAME",
        "TRACE_OUTGOING_LOOPBACK",
        "TRACE_PRINTERS",
        "TRACE_PROXIES",
        "TRACE_PUBLIC_URL",
        "TRACE_SCAN_RETENTION_DAYS",
        "TRACE_REPORT_PRIVATE_DAYS",
        "TRACE_SECRET_KEY",
        "TRACE_STATE_FOLDER",
        "TRACE_SUPPORT_PHONE",
        "TRACE_UNKNOWN_CODES_FREE",
        "TRACE_UNKNOWN_CODES_PER_MINUTE",
    }
)
# Read by the tests alone; known here so that they are not taken for misspelt settings.
TEST_NAMES = frozenset({"TRACE_STANDARDS", "TRACE_TEST_DATABASE_URL"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided; immutable. URLs and keys stay out of the representation, so out of logs."""

    database_url: str = field(repr=False)
    migration_database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    state_folder: Path
    blob_folder: Path
    key_folder: Path
    public_url: str | None = None
    log_origin: str = LOCAL_LOG_ORIGIN
    log_key_file: Path = Path(LOG_KEY_NAME)
    log_witnesses: tuple[tuple[str, str], ...] = ()
    log_witness_quorum: int = 0
    support_phone: str | None = None
    operator_name: str = "Nguồn Gốc"
    log_level: str = "INFO"
    trusted_proxy_count: int = 0
    upload_limit_bytes: int = UPLOAD_LIMIT_BYTES
    # Receivers of webhooks on this machine ("127.0.0.1:9000"), for development and tests alone.
    outgoing_loopback: frozenset[str] = frozenset()
    # Addresses that labels may be sent to, each with the one organisation that may: (its id, "192.168.1.50:9100").
    printers: tuple[tuple[UUID, str], ...] = ()
    # Codes that are not there, looked up by one source: so many at once (0: no limit), then so many a minute.
    unknown_codes_free: int = 60
    unknown_codes_per_minute: int = 30
    # Wrong hidden codes typed by one source before it has to wait.
    hidden_code_tries: int = 20
    # Telephone and pictures of a report are removed so many days after its answer.
    report_private_days: int = 180
    # How long scans are kept at least; they go by the month.
    scan_retention_days: int = 400
    # From where on a label may have been copied (docs/scans.md); what it is, people decide.
    copy_case_score: int = 50
    copy_kilometres: int = 60
    copy_kilometres_an_hour: int = 150
    copy_places: int = 5
    copy_places_after_sale: int = 3
    copy_places_hours: int = 48

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of this environment, each checked.

        Without ``DATABASE_URL`` the embedded database of a running ``make run`` in the same checkout is
        joined. Raises ``ConfigurationError`` with one sentence that says what to do.
        """
        _refuse_unknown_names(environ)
        values = {name: value.strip() for name, value in environ.items() if value.strip()}
        state_folder = Path(values.get("TRACE_STATE_FOLDER", local_state.DEFAULT_STATE_FOLDER)).absolute()
        running = None if "DATABASE_URL" in values else local_state.find_running(state_folder)
        database_url = _database_url(values, running)
        public_url = check_public_url(values["TRACE_PUBLIC_URL"]) if "TRACE_PUBLIC_URL" in values else None
        secret_key = _secret_key(values, state_folder)
        if public_url is None and running is not None:
            public_url = running.public_url
        migration_url = values.get("TRACE_MIGRATION_DATABASE_URL")
        key_folder = _folder(values, "TRACE_KEY_FOLDER", state_folder / "keys")
        witnesses = check_log_witnesses(values.get("TRACE_LOG_WITNESSES", ""))
        return cls(
            database_url=database_url,
            migration_database_url=(
                check_database_url(migration_url, "TRACE_MIGRATION_DATABASE_URL")
                if migration_url
                else database_url
            ),
            secret_key=secret_key,
            state_folder=state_folder,
            blob_folder=_folder(values, "TRACE_BLOB_FOLDER", state_folder / "pictures"),
            key_folder=key_folder,
            public_url=public_url,
            log_origin=_log_origin(values, public_url),
            log_key_file=_file(values, "TRACE_LOG_KEY_FILE", key_folder / LOG_KEY_NAME),
            log_witnesses=witnesses,
            log_witness_quorum=_log_witness_quorum(values, len(witnesses)),
            support_phone=_support_phone(values),
            operator_name=values.get("TRACE_OPERATOR_NAME", "Nguồn Gốc"),
            log_level=_log_level(values),
            trusted_proxy_count=_proxy_count(values),
            outgoing_loopback=check_outgoing_loopback(values.get("TRACE_OUTGOING_LOOPBACK", ""), public_url),
            printers=check_printers(values.get("TRACE_PRINTERS", ""), public_url),
            unknown_codes_free=_limit(values, "TRACE_UNKNOWN_CODES_FREE", 60, least=0),
            unknown_codes_per_minute=_limit(values, "TRACE_UNKNOWN_CODES_PER_MINUTE", 30),
            hidden_code_tries=_limit(values, "TRACE_HIDDEN_CODE_TRIES", 20),
            report_private_days=_limit(values, "TRACE_REPORT_PRIVATE_DAYS", 180),
            scan_retention_days=_limit(values, "TRACE_SCAN_RETENTION_DAYS", 400, least=31),
            copy_case_score=_limit(values, "TRACE_COPY_CASE_SCORE", 50),
            copy_kilometres=_limit(values, "TRACE_COPY_KILOMETRES", 60),
            copy_kilometres_an_hour=_limit(values, "TRACE_COPY_KILOMETRES_AN_HOUR", 150),
            copy_places=_limit(values, "TRACE_COPY_PLACES", 5, least=2),
            copy_places_after_sale=_limit(values, "TRACE_COPY_PLACES_AFTER_SALE", 3, least=2),
            copy_places_hours=_limit(values, "TRACE_COPY_PLACES_HOURS", 48),
        )

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies travel over TLS only: they follow the scheme of the public address."""
        return self.public_url is not None and self.public_url.startswith("https://")

    @property
    def is_public(self) -> bool:
        """Whether strangers can reach this service: then it never shows demo data."""
        return self.public_url is not None and not is_local_host(urlsplit(self.public_url).hostname or "")


def _refuse_unknown_names(environ: Mapping[str, str]) -> None:
    unknown = sorted(name for name in environ if name.startswith("TRACE_") and name not in NAMES | TEST_NAMES)
    if unknown:
        raise ConfigurationError(
            f"There is no setting {unknown[0]}: correct or unset it (known are {', '.join(sorted(NAMES))})."
        )


def _database_url(values: Mapping[str, str], running: local_state.Running | None) -> str:
    if "DATABASE_URL" in values:
        return check_database_url(values["DATABASE_URL"], "DATABASE_URL")
    if running is not None:
        return running.database_url
    raise ConfigurationError(
        "No database: set DATABASE_URL, or start the embedded one by `make run` in this checkout and try "
        "again."
    )


def _secret_key(values: Mapping[str, str], state_folder: Path) -> str:
    given = values.get("TRACE_SECRET_KEY")
    if given is not None:
        if len(given) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"TRACE_SECRET_KEY must have at least {SHORTEST_SECRET} characters: make one by "
                "`python3 -c 'import secrets; print(secrets.token_hex(32))'`."
            )
        return given
    if "DATABASE_URL" in values or "TRACE_PUBLIC_URL" in values:
        raise ConfigurationError(
            "TRACE_SECRET_KEY must be set where DATABASE_URL or TRACE_PUBLIC_URL is: make one by "
            "`python3 -c 'import secrets; print(secrets.token_hex(32))'` and keep it."
        )
    try:
        return local_state.installation(state_folder).secret_key
    except local_state.StateUnusable as error:
        raise ConfigurationError(str(error)) from error


def _folder(values: Mapping[str, str], name: str, default: Path) -> Path:
    path = Path(values.get(name, default)).absolute()
    if path.exists() and not path.is_dir():
        raise ConfigurationError(f"{name} must be a folder, and {path} is a file: set it to a folder.")
    return path


def _file(values: Mapping[str, str], name: str, default: Path) -> Path:
    path = Path(values.get(name, default)).absolute()
    if path.is_dir():
        raise ConfigurationError(f"{name} must be a file, and {path} is a folder: set it to a file.")
    return path


def _log_witness_quorum(values: Mapping[str, str], witnesses: int) -> int:
    given = values.get("TRACE_LOG_WITNESS_QUORUM", str(witnesses))
    if not re.fullmatch(r"[0-9]{1,3}", given) or int(given) > witnesses or (witnesses and int(given) == 0):
        raise ConfigurationError(
            f"TRACE_LOG_WITNESS_QUORUM must be how many of the {witnesses} witnesses have to cosign a checkpoint "
            "before it is published, 1 to all: correct or unset it."
        )
    return int(given)


def _log_origin(values: Mapping[str, str], public_url: str | None) -> str:
    given = values.get("TRACE_LOG_ORIGIN")
    if given is None:
        host = urlsplit(public_url).hostname if public_url else None
        return f"{host}/nguon-goc" if host and not is_local_host(host) else LOCAL_LOG_ORIGIN
    # A signed note's first line and key name: no white space, no plus sign (C2SP signed-note).
    if re.search(r"[\s+]", given) or not given.isprintable():
        raise ConfigurationError(
            "TRACE_LOG_ORIGIN must have no spaces and no plus sign, like nguongoc.example/log: correct "
            "it before the first event is written, because it names the log for ever."
        )
    return given


def _support_phone(values: Mapping[str, str]) -> str | None:
    given = values.get("TRACE_SUPPORT_PHONE")
    if given is not None and not re.fullmatch(r"\+?[0-9][0-9 .()-]{2,19}", given):
        raise ConfigurationError(
            "TRACE_SUPPORT_PHONE must be a telephone number, like 1900 1234: correct or unset it."
        )
    return given


def _log_level(values: Mapping[str, str]) -> str:
    level = values.get("TRACE_LOG_LEVEL", "INFO").upper()
    if level not in LOG_LEVELS:
        raise ConfigurationError(
            f"TRACE_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}: correct or unset it."
        )
    return level


def _proxy_count(values: Mapping[str, str]) -> int:
    given = values.get("TRACE_PROXIES", "0")
    if not re.fullmatch(r"[0-9]", given) or int(given) > MOST_PROXIES:
        raise ConfigurationError(
            f"TRACE_PROXIES must be the number of reverse proxies in front, 0 to {MOST_PROXIES}: correct "
            "or unset it."
        )
    return int(given)


def _limit(values: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    given = values.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", given) or int(given) < least:
        raise ConfigurationError(
            f"{name} must be a whole number from {least} to 999999: correct or unset it."
        )
    return int(given)
