"""Hidden second codes: opened once for the first time, told so afterwards, wrong ones change nothing."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.factories import actor_of_kind
from trace.batches import services_runs
from trace.batches.hidden_codes import HiddenCodeKey, first_key
from trace.batches.models import Code
from trace.batches.services_runs import Order, Part, make_part
from trace.batches.services_secrets import Opened, SecretAnswer, open_secret
from trace.core.short_codes import new_code, pretty


@pytest.fixture
def key(tmp_path: Path) -> HiddenCodeKey:
    return first_key(tmp_path)


@pytest.fixture
def part(session: Session, key: HiddenCodeKey) -> Part:
    run = services_runs.issue_roll(
        session, actor_of_kind(session), Order(3, "https://check.example", key.key_id)
    )
    made = make_part(session, run.id, key)
    assert made is not None
    return made


def test_the_first_right_code_is_told_from_those_after_it(
    session: Session, key: HiddenCodeKey, part: Part
) -> None:
    code, secret = part.codes[0], part.secrets[0]
    first = open_secret(session, key, code, pretty(secret).lower())
    assert first.answer is SecretAnswer.OPENED_NOW
    assert open_secret(session, key, code, secret) == Opened(
        SecretAnswer.OPENED_BEFORE, first.first_opened_at
    )


def test_a_wrong_code_opens_nothing(session: Session, key: HiddenCodeKey, part: Part) -> None:
    for typed in (part.secrets[1], "", part.codes[0], part.secrets[0][:-1]):
        assert open_secret(session, key, part.codes[0], typed) == Opened(SecretAnswer.WRONG)
    stored = session.get_one(Code, part.codes[0])
    assert stored.secret_opened_at is None


def test_a_stamp_without_hidden_code_and_one_that_is_not_there_are_answered_alike(
    session: Session, key: HiddenCodeKey
) -> None:
    run = services_runs.issue_roll(session, actor_of_kind(session), Order(1, "https://check.example"))
    plain = make_part(session, run.id)
    assert plain is not None
    for code in (plain.codes[0], new_code(13)):
        assert open_secret(session, key, code, "22222222") == Opened(SecretAnswer.NONE)
