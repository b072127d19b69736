"""Sign-ups from one address are counted: whoever asks for thousands of numbers is slowed down."""

from flask import Flask
from sqlalchemy.orm import Session

from trace.accounts import rules, tries
from trace.core.errors import TooManyTries

KEY = b"k" * 32


def _ask(app: Flask, session: Session, address: str, times: int) -> int:
    """How many of these sign-ups were let through."""
    with app.test_request_context():
        for count in range(times):
            try:
                tries.count_sign_up(session, KEY, address)
            except TooManyTries:
                return count
    return times


def test_one_address_is_slowed_after_many_sign_ups(app: Flask, session: Session) -> None:
    assert _ask(app, session, "192.0.2.1", 100) == rules.FREE_TRIES_OF_AN_ADDRESS


def test_another_address_is_not(app: Flask, session: Session) -> None:
    _ask(app, session, "192.0.2.1", 100)
    assert _ask(app, session, "192.0.2.2", 10) == 10


def test_counts_younger_than_a_day_are_kept(app: Flask, session: Session) -> None:
    _ask(app, session, "192.0.2.1", 3)
    assert tries.forget_old_tries(session) == 0
