"""The JSON API of every feature: its blueprints, how a body is read, the OpenAPI document of the same schemas.

Views parse, call one service, commit once and answer. Errors are ``trace.core.http.problem`` for all of them;
flask-smorest's own handler is not installed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

import flask_smorest  # type: ignore[import-untyped]  # ships no annotations; typed by the methods below
import marshmallow as ma
from flask import Blueprint, Flask, Request, Response, current_app
from flask_babel import lazy_gettext as _l
from flask_smorest.utils import prepare_response  # type: ignore[import-untyped]  # as above
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from trace.core.errors import BadInput
from trace.core.fields import Text, Whole
from trace.core.http import Audience, audience
from trace.core.idempotency import LONGEST_KEY
from trace.core.numbers import LARGEST, LONGEST_TYPED, Meaning, parse_quantity
from trace.core.paging import Page, Row

PREFIX = "/api/v1"
VERSION = "1.0"
PROBLEM_TYPE = "application/problem+json"
MOST_ERRORS = 50
LONGEST_FIELD_NAME = 80

View = TypeVar("View", bound=Callable[..., Any])
_POINT_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

DESCRIPTION = """\
Programs of organisations register products and batches and record custody; anybody looks up a code.

Send a key of your organisation as `Authorization: Bearer ng_…`. Quantities are exact: send JSON numbers, or text
with a point; answers carry text. Every error is a problem document (RFC 9457) with a stable `code`. Sentences are
Vietnamese; add `?lang=en` for English.
"""


class UnreadableBody(BadInput):
    """The body is no JSON, or JSON that no program writes: too deep, or with numbers without end."""

    code = "bad-json"
    http_status = 400


class ExactNumber(ma.fields.Field[Decimal]):
    """A number above ``low`` (0 too where ``zero``) with at most 6 decimals: a JSON number, or text with a point.

    Unlike in forms nothing is ambiguous: what an answer carries ("1.125") may be sent back as it is.
    """

    def __init__(self, *, most: Decimal = LARGEST, zero: bool = False, **more: Any) -> None:
        number: dict[str, Any] = {"type": "number", ("minimum" if zero else "exclusiveMinimum"): 0}
        number["maximum" if most < LARGEST else "exclusiveMaximum"] = int(most)
        text = {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,6})?$"}
        super().__init__(
            metadata={"anyOf": [text, number], "examples": ["12.5"]},
            error_messages={"required": _l("Fill this in."), "null": _l("Fill this in.")},
            **more,
        )
        self.most = most
        self.zero = zero

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_more: Any) -> Decimal:
        text = _digits_of(value)
        if text is None or len(text) > LONGEST_TYPED or not _POINT_NUMBER.fullmatch(text):
            raise ma.ValidationError(_l("Write a number with a point, as in 12.5."))
        if self.zero and not text.strip("0."):
            return Decimal(0)
        try:
            number = parse_quantity(text, attr or "", Meaning.DECIMALS)
        except BadInput as refusal:
            raise ma.ValidationError(refusal.message) from refusal
        if self.most < LARGEST and number > self.most:
            raise ma.ValidationError(_l("This is at most %(most)s.", most=self.most))
        # One form of each number, so that 12.5 and "12.50" are one request to the idempotency key.
        return Decimal(f"{number.normalize():f}")


class Amount(ma.fields.Field[Decimal]):
    """A quantity in an answer: exact text with a point and without trailing zeros."""

    def __init__(self, **more: Any) -> None:
        super().__init__(metadata={"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}, **more)

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **_more: Any) -> str | None:
        return None if value is None else f"{value.normalize():f}"


class Body(ma.Schema):
    """What a program sends. JSON has types, so "3" is not 3 and "on" is not true; unknown names are refused."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {  # noqa: RUF012 - marshmallow declares it as an attribute of instances too
        "unknown": _l("There is no such field."),
        "type": _l("Send a JSON object."),
    }

    @ma.pre_load
    def _refuse_other_types(self, data: Any, **_more: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        wrong = {}
        for name, field in self.load_fields.items():
            key = field.data_key or name
            told = _wrong_type(field, data[key]) if data.get(key) is not None else None
            if told is not None:
                wrong[key] = [told]
        if wrong:
            raise ma.ValidationError(wrong)
        return data


class Answer(ma.Schema):
    """What is answered: every field is always there, null where it has no value."""

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        field_obj.required = True


class Pages(ma.Schema):
    """Which page of a list."""

    page = Whole(low=1, high=10_000, load_default=1, metadata={"description": "Pages have 50 rows."})


class PageAnswer(Answer):
    """One page of a list; the schema of a list names its ``items``."""

    page = ma.fields.Integer()
    has_more = ma.fields.Boolean()


def page_answer(page: Page[Row], told: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
    """A page of rows as it is answered, each row as ``told`` tells it."""
    return {"items": [told(row) for row in page.rows], "page": page.number, "has_more": page.has_more}


class IdempotencyHeader(ma.Schema):
    """The key under which a request that moves goods is done once, however often it arrives."""

    key = Text(
        required=True,
        longest=LONGEST_KEY,
        data_key="Idempotency-Key",
        metadata={"description": "Chosen by the sender, one for each movement; kept 90 days."},
    )


class Problem(ma.Schema):
    """An error (RFC 9457). ``code`` is stable; ``errors`` has one sentence for each wrong field."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True, metadata={"format": "uri-reference"})
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    request_id = ma.fields.String(required=True, allow_none=True)
    errors = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())


class BodyParser(FlaskParser):
    """Reads requests exactly (``app.json``) and refuses them by our own errors."""

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body:
            return missing
        if not is_json(req.mimetype):
            raise UnsupportedMediaType
        try:
            return current_app.json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableBody(_l("This is not JSON that can be read.")) from error

    def handle_error(
        self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_more: Any
    ) -> NoReturn:
        raise BadInput(_l("Some fields need another look."), errors=sentences(error.messages)) from error


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # the library has no annotations
    """Routes of one noun. A view's name is its operation's id; its audience says whether a key is needed."""

    ARGUMENTS_PARSER = BodyParser()

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(name, import_name, url_prefix=PREFIX, description=description)

    def route(self, rule: str, *, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
        return super().route(rule, methods=list(methods))  # type: ignore[no-any-return]  # as above

    def arguments(
        self, schema: type[ma.Schema], *, location: str = "json", required: bool = True
    ) -> Callable[[View], View]:
        return super().arguments(schema, location=location, required=required)  # type: ignore[no-any-return]  # as above

    def response(self, status: int, schema: type[ma.Schema], *, description: str) -> Callable[[View], View]:
        return super().response(status, schema, description=description)  # type: ignore[no-any-return]  # as above

    def text_response(self, content_type: str, *, description: str) -> Callable[[View], View]:
        """A view that answers 200 with a text of its own, as a finished ``Response``."""
        return super().response(  # type: ignore[no-any-return]  # as above
            200, {"type": "string"}, content_type=content_type, description=description
        )

    def _store_endpoint_docs(self, endpoint: str, obj: Any, *rest: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, *rest, **options)
        for method, doc in self._docs[endpoint].items():
            if method == "parameters":
                continue
            manual = doc.setdefault("manual_doc", {})
            manual["operationId"] = endpoint
            if getattr(obj, "audience", None) is Audience.PUBLIC:
                manual["security"] = []


class Api(flask_smorest.Api):  # type: ignore[misc]  # the library has no annotations
    """The OpenAPI document; one for each application."""

    ERROR_SCHEMA = Problem

    def __init__(self, app: Flask) -> None:
        super().__init__(
            app,
            spec_kwargs={
                "title": "Nguồn Gốc",
                "version": VERSION,
                "openapi_version": "3.1.0",
                "info": {"description": DESCRIPTION},
                "security": [{"key": []}],
            },
        )
        self.spec.components.security_scheme(
            "key", {"type": "http", "scheme": "bearer", "description": "A key of your organisation (ng_…)."}
        )
        app.extensions["openapi"] = self
        app.register_blueprint(document)

    def _register_doc_blueprint(self) -> None:
        """Our own route serves the document: every route declares who it is for."""

    def _register_error_handlers(self) -> None:
        """``trace.core.http`` answers errors, for pages and programs alike."""

    def _register_responses(self) -> None:
        for name, words in [
            *((status.name, status.phrase) for status in HTTPStatus),
            ("DEFAULT_ERROR", "A problem"),
        ]:
            answer = {"description": words, "schema": Problem}
            prepare_response(answer, self.spec, PROBLEM_TYPE)
            self.spec.components.response(name, answer, lazy=True)


document = Blueprint("api", __name__, url_prefix=PREFIX)


@document.get("/openapi.json")
@audience(Audience.PUBLIC)
def show_document() -> Response:
    """The OpenAPI document of this version."""
    document = current_app.extensions["openapi"].spec.to_dict()
    _say_null(document)
    return Response(current_app.json.dumps(document, sort_keys=False), mimetype="application/json")


def _say_null(node: Any) -> None:
    """Let what may be null say so among its words and forms too: the generator says it of types alone."""
    if isinstance(node, list):
        for part in node:
            _say_null(part)
    if not isinstance(node, dict):
        return
    if "enum" in node and "null" in node.get("type", ()) and None not in node["enum"]:
        node["enum"] = [*node["enum"], None]
    if "anyOf" in node and node.get("default", "") is None and {"type": "null"} not in node["anyOf"]:
        node["anyOf"] = [*node["anyOf"], {"type": "null"}]
    for part in node.values():
        _say_null(part)


def sentences(messages: Any) -> dict[str, str]:
    """What a schema complains about, by dotted field name ("lines.0.quantity"); "body" is the whole."""
    found: dict[str, str] = {}
    places = messages.values() if isinstance(messages, Mapping) else [messages]
    for told in places:  # by location: json, query, headers
        for name, sentence in _leaves(told, ()):
            if len(found) == MOST_ERRORS:
                return found
            found.setdefault(name, sentence)
    return found


def _leaves(told: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(told, Mapping):
        for name, inner in told.items():
            yield from _leaves(inner, path if name == "_schema" else (*path, str(name)))
        return
    first = told[0] if isinstance(told, list) and told else told
    if isinstance(first, Mapping):
        yield from _leaves(first, path)
        return
    # A sender's own names come back in the answer: bounded, and without half a surrogate pair.
    name = ".".join(path)[:LONGEST_FIELD_NAME].encode("utf-8", "replace").decode()
    yield name or "body", str(first)


def _digits_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        # Written out only where that stays short: 1e999999 would be a million digits.
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < LONGEST_TYPED else None
    return value if isinstance(value, str) else None


def _wrong_type(field: ma.fields.Field[Any], value: Any) -> Any:
    declared = field.metadata.get("type")
    if declared == "integer" and (isinstance(value, bool) or not isinstance(value, int)):
        return _l("Send a whole number.")
    if declared == "boolean" and not isinstance(value, bool):
        return _l("Send true or false.")
    if field.metadata.get("format") == "date" and not (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return _l("Write the date as in 2026-11-21.")
    return None
