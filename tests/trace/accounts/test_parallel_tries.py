"""Tries sent at once are counted one after another: sending them together wins nothing."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.accounts import rules, tries
from trace.accounts.models import SignInFailures
from trace.core.database import make_engine
from trace.core.errors import TooManyTries

SUBJECT = b"s" * 32


def test_no_more_than_the_free_tries_pass_at_once(fresh_database: str) -> None:
    engine = make_engine(fresh_database)

    def passes(_number: int) -> bool:
        with Session(engine) as session:
            try:
                tries.count_ahead(session, {SUBJECT: rules.FREE_TRIES}, None)
            except TooManyTries:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(passes, range(24)))
    engine.dispose()
    assert sum(passed) == rules.FREE_TRIES


def test_a_right_try_is_as_if_it_had_not_been_counted(session: Session) -> None:
    for _again in range(3 * rules.FREE_TRIES):
        tries.take_back(session, tries.count_ahead(session, {SUBJECT: rules.FREE_TRIES}, None))
    assert session.scalars(select(SignInFailures.failed)).all() == [0]
