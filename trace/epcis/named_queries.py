"""Named queries: a question kept under a name within one organisation. Routes are in ``named_query_api``."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trace.core.errors import Refusal
from trace.epcis.answers import SIMPLE_QUERY
from trace.epcis.models import NamedQuery
from trace.epcis.query import read_query
from trace.epcis.refusals import AlreadyExists, BodyInvalid, NoSuchResource

MOST_QUERIES = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}", re.ASCII)


class TooManyQueries(Refusal):
    """An organisation keeps a bounded number of them."""

    code = "too-many-queries"
    http_status = 403


def create_query(session: Session, organisation_id: UUID, body: Any) -> NamedQuery:
    """Keep a query under a name. Raises ``BodyInvalid``, the refusals of ``read_query``, ``AlreadyExists``."""
    if not isinstance(body, Mapping) or not body.keys() <= {"name", "query"}:
        raise BodyInvalid(_l("Send a name and a query."))
    name = body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BodyInvalid(_l("A name has letters, digits, dots and dashes, 100 at most."), field="name")
    if "query" not in body:
        raise BodyInvalid(_l("Send a name and a query."), field="query")
    read_query(body["query"])
    if name == SIMPLE_QUERY or find_query(session, organisation_id, name) is not None:
        raise AlreadyExists(_l("There is a query of this name already."), name=name)
    kept = session.scalar(
        select(func.count()).select_from(NamedQuery).where(NamedQuery.organisation_id == organisation_id)
    )
    if (kept or 0) >= MOST_QUERIES:
        raise TooManyQueries(_l("Delete a query you no longer need."), most=MOST_QUERIES)
    made = NamedQuery(organisation_id=organisation_id, name=name, query=_storable(body["query"]))
    session.add(made)
    session.flush()
    return made


def find_query(session: Session, organisation_id: UUID, name: str) -> NamedQuery | None:
    """The organisation's query of a name."""
    return session.scalars(
        select(NamedQuery).where(NamedQuery.organisation_id == organisation_id, NamedQuery.name == name)
    ).one_or_none()


def get_query(session: Session, organisation_id: UUID, name: str) -> NamedQuery:
    """The organisation's query of a name; ``NoSuchResource`` for any other."""
    found = find_query(session, organisation_id, name) if _NAME.fullmatch(name) else None
    if found is None:
        raise NoSuchResource
    return found


def list_queries(session: Session, organisation_id: UUID, limit: int, after: str = "") -> list[NamedQuery]:
    """The organisation's queries by name, beyond ``after``."""
    name = NamedQuery.name.collate("C")
    wanted = select(NamedQuery).where(NamedQuery.organisation_id == organisation_id, name > after)
    return list(session.scalars(wanted.order_by(name).limit(limit)))


def delete_query(session: Session, organisation_id: UUID, name: str) -> None:
    """Forget a query, and its subscriptions with it."""
    session.delete(get_query(session, organisation_id, name))
    session.flush()


def _storable(value: Any) -> Any:
    """Numbers as JSON numbers a column keeps: whole ones exactly, others as the nearest double."""
    if isinstance(value, Mapping):
        return {name: _storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value if value is None or isinstance(value, str | bool | int) else float(value)
