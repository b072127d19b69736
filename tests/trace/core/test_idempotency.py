"""Once by key."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from trace.core import clock
from trace.core.errors import BadInput
from trace.core.idempotency import IdempotencyKey, IdempotencyKeyReused, forget_old_keys, once
from trace.core.ids import uuid7

US = UUID(int=1)


def _act(session: Session, key: str, request: object, answer: str = "first", who: UUID = US) -> str:
    with once(session, who, key, request) as receipt:
        if receipt.answer is None:
            receipt.answer = {"it": answer}
        return str(receipt.answer["it"])


def test_the_second_time_gives_the_first_answer(session: Session) -> None:
    assert _act(session, "k", ["sell", 1]) == "first"
    assert _act(session, "k", ["sell", 1], "second") == "first"


def test_another_request_under_the_key_is_refused(session: Session) -> None:
    _act(session, "k", ["sell", 1])
    with pytest.raises(IdempotencyKeyReused) as refused:
        _act(session, "k", ["sell", 2])
    assert refused.value.http_status == 409


def test_the_order_of_a_mapping_is_no_difference(session: Session) -> None:
    _act(session, "k", {"a": 1, "b": 2})
    assert _act(session, "k", {"b": 2, "a": 1}, "second") == "first"


def test_organisations_do_not_share_keys(session: Session) -> None:
    _act(session, "k", [1])
    assert _act(session, "k", [1], "other", who=UUID(int=2)) == "other"


def test_what_was_refused_may_be_tried_again_under_its_key(session: Session) -> None:
    with pytest.raises(BadInput), session.begin_nested(), once(session, US, "k", [1]):
        raise BadInput("no")
    assert _act(session, "k", [1]) == "first"


@pytest.mark.parametrize("key", ["", "x" * 101, "a\x00b", "a\nb"])
def test_a_lost_or_broken_key_is_bad_input(session: Session, key: str) -> None:
    with pytest.raises(BadInput):
        _act(session, key, [1])


def test_keys_are_kept_ninety_days(session: Session) -> None:
    key = str(uuid7())
    _act(session, key, [1])
    assert forget_old_keys(session) == 0
    old = clock.now() - timedelta(days=90, seconds=1)
    session.execute(update(IdempotencyKey).values(created_at=old))
    assert forget_old_keys(session) == 1


def test_an_answer_known_before_is_there_the_first_time_and_the_second(session: Session) -> None:
    with once(session, US, "k", ["ship"], {"it": "known"}) as first:
        assert (first.answer, first.is_repeat) == ({"it": "known"}, False)
    with once(session, US, "k", ["ship"], {"it": "another"}) as second:
        assert (second.answer, second.is_repeat) == ({"it": "known"}, True)
