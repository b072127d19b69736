"""What is typed about people, organisations and parties alike, checked; what it may say is decided in ``rules``."""

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from trace.accounts import queries, rules
from trace.core.errors import BadInput


def phone_number(typed: str, field: str) -> str:
    """The number as it is kept. Raises ``BadInput`` on ``field`` for what is no telephone number."""
    number = rules.normalise_phone(typed)
    if number is None:
        raise BadInput(
            _l("Write the number with ten digits, as in 0912 345 678."), code="phone-malformed", field=field
        )
    return number


def check_commune(session: Session, code: str) -> None:
    """Raise ``BadInput`` where the commune is not in today's list."""
    if queries.find_commune(session, code) is None:
        raise BadInput(
            _l("Choose the commune or ward from the list."), code="commune-unknown", field="commune_code"
        )
