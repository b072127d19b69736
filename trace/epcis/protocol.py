"""What every address below /epcis has in common: versions, forms, discovery, errors under the standard's names, pages.

The REST binding of EPCIS 2.0 (its OpenAPI document) is the contract; nothing of custody lives here.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, json, request
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import UnsupportedMediaType

from trace.accounts.access import actor
from trace.core import clock
from trace.epcis import refusals
from trace.epcis.answers import CBV_VERSION, EPCIS_VERSION, EpcFormat, json_text
from trace.epcis.query import DEFAULT_PER_PAGE, LARGEST_PAGE
from trace.epcis.refusals import (
    AddressTooLong,
    BodyInvalid,
    NotAcceptable,
    QueryParameterInvalid,
)
from trace.events.documents import EXTENSION_NAMESPACE, EXTENSION_PREFIX, timestamp

PREFIX = "/epcis"
VENDOR_VERSION = "nguongoc-1.0"
LONGEST_QUERY_STRING = 16_000
LARGEST_BODY = 256 * 1024  # of a query or a subscription; captured documents have their own bound
TOKEN_LIFE = timedelta(hours=24)
# About the answer, not about events: these never belong to the query.
PAGING = ("perPage", "nextPageToken", "lang")

_VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){0,3}", re.ASCII)
_JSON_TYPES = ("application/json", "application/ld+json")
_EXCEPTION_OF_CODE: Mapping[str, str] = {
    str(refusal.code): str(refusal.exception)
    for refusal in vars(refusals).values()
    if hasattr(refusal, "exception")
}
_EXCEPTION_OF_STATUS: Mapping[int, str] = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    413: "QueryTooLargeException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
    422: "ValidationException",
}
_OTHER_EXCEPTION = "ImplementationException"
EXCEPTION_LEAD = "epcisException:"


def init_protocol(blueprint: Blueprint) -> None:
    """Give a blueprint below /epcis its headers and its checks, and the whole of /epcis its errors."""
    blueprint.before_request(check_request)
    blueprint.after_app_request(_finish)


def check_request() -> None:
    """Hold a request against the versions and forms that are given here."""
    if len(request.query_string) > LONGEST_QUERY_STRING:
        raise AddressTooLong(_l("This address is too long. Name the query and send it in a body instead."))
    _check_versions("EPCIS", EPCIS_VERSION)
    _check_versions("CBV", CBV_VERSION)
    accepted = request.accept_mimetypes
    if request.method == "GET" and accepted and not accepted.best_match(_JSON_TYPES):
        raise NotAcceptable(_l("Events are given as JSON: accept application/json."))
    form = request.headers.get("GS1-EPC-Format", EpcFormat.DIGITAL_LINK)
    if form not in list(EpcFormat):
        raise NotAcceptable(_l("There is no such form of EPCs."), header="GS1-EPC-Format")
    if form == EpcFormat.URN:
        # How long a company's prefix is, a Digital Link does not tell, so its URN cannot be made.
        raise NotAcceptable(
            _l("EPCs are given as they were captured or as Digital Links."), header="GS1-EPC-Format"
        )


def _check_versions(kind: str, ours: str) -> None:
    """The version given here lies within what the reader takes, or ``NotAcceptable``."""
    bounds = (("Min", 1), ("Max", -1))
    for name, sign in bounds:
        given = request.headers.get(f"GS1-{kind}-{name}")
        if given is not None and (not _VERSION.fullmatch(given) or sign * _order(given, ours) > 0):
            raise NotAcceptable(
                _l("Version %(version)s is given here.", version=ours),
                header=f"GS1-{kind}-{name}",
                version=ours,
            )
    exact = request.headers.get(f"GS1-{kind}-Version")
    if exact is not None and (not _VERSION.fullmatch(exact) or _order(exact, ours) != 0):
        raise NotAcceptable(
            _l("Version %(version)s is given here.", version=ours), header=f"GS1-{kind}-Version", version=ours
        )


def _order(one: str, other: str) -> int:
    """-1, 0 or 1: "2.0" is "2.0.0"."""
    numbers = [[int(part) for part in text.split(".")] for text in (one, other)]
    first, second = ([*parts, 0, 0, 0, 0][:4] for parts in numbers)
    return (first > second) - (first < second)


def epc_format() -> EpcFormat:
    """How the reader wants EPCs; Digital Links where it does not say, as the standard has it."""
    return EpcFormat(request.headers.get("GS1-EPC-Format", EpcFormat.DIGITAL_LINK))


def read_body() -> Any:
    """The JSON of the request, numbers exact. Raises ``BodyInvalid``, or 415 for another kind of content."""
    if request.mimetype not in _JSON_TYPES:
        raise UnsupportedMediaType
    body = request.get_data(cache=True)
    try:
        if len(body) > LARGEST_BODY or b"\\u0000" in body:
            raise ValueError
        found = current_app.json.loads(body)
        json_text(found).encode()  # half a surrogate pair is text no database keeps
    except (ValueError, RecursionError) as error:
        raise BodyInvalid(_l("This is not JSON that can be read.")) from error
    return found


def answer(document: Mapping[str, Any] | Sequence[Any], status: int = 200) -> Response:
    """JSON, in the content type the reader asked for."""
    kind = request.accept_mimetypes.best_match(_JSON_TYPES) or _JSON_TYPES[0]
    return Response(json_text(document), status, mimetype=kind)


def per_page() -> int:
    """How many the reader wants at once: 30 unless said, 1,000 at most."""
    given = request.args.get("perPage")
    if given is None:
        return DEFAULT_PER_PAGE
    if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or int(given) < 1:
        raise QueryParameterInvalid("perPage", "count-expected")
    return min(int(given), LARGEST_PAGE)


def asked() -> list[tuple[str, str]]:
    """The parameters that are about events. With a token alone, those it was given for."""
    given = [(name, value) for name, value in request.args.items(multi=True) if name not in PAGING]
    token = request.args.get("nextPageToken")
    if token is not None and not given:
        return [(name, value) for name, value in _read_token(token)["q"]]
    return given


def page_start() -> dict[str, Any] | None:
    """Where the page before ended, from the token; None for a first page.

    A token is good for the organisation, the address and the query it was given for, and for a day.
    """
    token = request.args.get("nextPageToken")
    if token is None:
        return None
    content = _read_token(token)
    if content["q"] != [list(pair) for pair in asked()]:
        raise QueryParameterInvalid("nextPageToken", "token-unknown")
    found: dict[str, Any] = content["at"]
    return found


def add_next_page(made: Response, position: Mapping[str, Any] | None) -> Response:
    """Tell where the next page is, if there is one: the header Link and when it expires."""
    if position is None:
        return made
    parameters = asked()
    token = _serializer().dumps(
        {"o": str(actor().organisation_id), "p": request.path, "q": parameters, "at": dict(position)}
    )
    expires_at = clock.now() + TOKEN_LIFE
    settings = current_app.config["SETTINGS"]
    root = settings.public_url or request.host_url.rstrip("/")
    query = urlencode([*parameters, ("perPage", per_page()), ("nextPageToken", token)])
    made.headers["Link"] = f'<{root}{quote(request.path)}?{query}>; rel="next"'
    made.headers["GS1-Next-Page-Token-Expires"] = timestamp(expires_at)
    return made


def _read_token(token: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = _serializer().loads(token, max_age=int(TOKEN_LIFE.total_seconds()))
    except BadData as error:
        raise QueryParameterInvalid("nextPageToken", "token-unknown") from error
    if content["o"] != str(actor().organisation_id) or content["p"] != request.path:
        raise QueryParameterInvalid("nextPageToken", "token-unknown")
    return content


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="epcis-page")


def _finish(made: Response) -> Response:
    if not is_epcis(request.path):
        return made
    headers = made.headers
    headers.setdefault("GS1-EPCIS-Version", EPCIS_VERSION)
    headers.setdefault("GS1-CBV-Version", CBV_VERSION)
    headers.setdefault("GS1-Extensions", f"{EXTENSION_PREFIX}={EXTENSION_NAMESPACE}")
    headers.add("Vary", "Accept, GS1-EPC-Format")
    if made.mimetype == "application/problem+json":
        return _named_by_the_standard(made)
    if request.method == "OPTIONS" and made.status_code == 200:
        made.status_code = 204
        made.set_data(b"")
        for name in ("GS1-EPCIS-Min", "GS1-EPCIS-Max"):
            headers.setdefault(name, EPCIS_VERSION)
        for name in ("GS1-CBV-Min", "GS1-CBV-Max"):
            headers.setdefault(name, CBV_VERSION)
        headers.setdefault("GS1-EPC-Format", ", ".join(one for one in EpcFormat if one != EpcFormat.URN))
        headers.setdefault("GS1-Vendor-Version", VENDOR_VERSION)
    elif request.method == "GET":
        headers.setdefault("GS1-EPC-Format", request.headers.get("GS1-EPC-Format", EpcFormat.DIGITAL_LINK))
    return made


def _named_by_the_standard(made: Response) -> Response:
    """A problem's ``type`` is the exception the standard names for it; our code stays beside it."""
    body = json.loads(made.get_data())
    if not str(body.get("type", "")).startswith(EXCEPTION_LEAD):
        by_status = _EXCEPTION_OF_STATUS.get(made.status_code, _OTHER_EXCEPTION)
        body["type"] = EXCEPTION_LEAD + _EXCEPTION_OF_CODE.get(body.get("code"), by_status)
        made.set_data(json.dumps(body))
    return made


def is_epcis(path: str) -> bool:
    """Whether an address is below /epcis."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")
