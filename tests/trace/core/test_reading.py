"""Rows read by the driver become the session's objects."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.factories import actor_of_kind
from trace.accounts.models import Location, Organisation
from trace.core.ids import uuid7
from trace.core.reading import Reading

_BY_ID = Reading("select {o} from organisations o where o.id = %s", o=Organisation)
_WITH_NO_PLACE = Reading(
    "select {o}, {l} from organisations o left join locations l on l.id = %s where o.id = %s",
    o=Organisation,
    l=Location,
)


def test_a_row_becomes_an_object_of_the_session(session: Session) -> None:
    organisation_id = actor_of_kind(session).organisation_id
    session.expunge_all()
    (found,) = _BY_ID.first(session, organisation_id) or (None,)
    assert found is session.get_one(Organisation, organisation_id)
    assert session.get_one(Organisation, organisation_id).seat.organisation is found


def test_an_object_the_session_has_is_made_fresh(session: Session) -> None:
    organisation = actor_of_kind(session).organisation
    session.execute(text("update organisations set name = 'changed by another'"))
    (found,) = _BY_ID.first(session, organisation.id) or (None,)
    assert found is organisation
    assert organisation.name == "changed by another"
    assert organisation not in session.dirty


def test_what_is_pending_is_written_before_it_is_read(session: Session) -> None:
    organisation = actor_of_kind(session).organisation
    organisation.name = "just renamed"
    _BY_ID.first(session, organisation.id)
    assert organisation.name == "just renamed"


def test_what_a_left_join_does_not_find_is_none(session: Session) -> None:
    organisation_id = actor_of_kind(session).organisation_id
    row = _WITH_NO_PLACE.first(session, uuid7(), organisation_id)
    assert row is not None
    assert row[1] is None


def test_no_row_is_none(session: Session) -> None:
    assert _BY_ID.first(session, uuid7()) is None


def test_errors_are_those_of_sqlalchemy(session: Session) -> None:
    with pytest.raises(ProgrammingError):
        Reading("select {o} from no_such_table o", o=Organisation).all(session)
