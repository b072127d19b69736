"""Pure decisions of accounts: phone numbers, passwords, how long a stranger waits, which names are alike."""

from datetime import datetime, timedelta
from difflib import SequenceMatcher

import phonenumbers
from stdnum.exceptions import ValidationError as InvalidNumber
from stdnum.vn import mst

from trace.core.text import fold

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 200
# Wrong tries that cost nothing; from then on the wait doubles: 2, 4, 8 … seconds, a quarter of an hour at most.
FREE_TRIES = 5
# A phone company puts thousands of people behind one address: there, a few slips are nobody's attack.
FREE_TRIES_OF_AN_ADDRESS = 50
# Wrong tries are forgotten when none followed for so long; slips of months must not add up.
FORGOTTEN_AFTER = timedelta(days=1)
LONGEST_WAIT = 15 * 60
# A device that fails this often in a row is not in its owner's hand: it becomes a stranger again.
TRIES_OF_A_KNOWN_DEVICE = 20
RECOVERY_VALID = timedelta(hours=48)
HOUSEHOLD_ID_LENGTH = 12

_COMMON_PASSWORDS = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "88888888",
        "87654321",
        "password",
        "matkhau1",
        "matkhau123",
        "abc12345",
        "qwertyui",
        "qwerty123",
        "iloveyou",
        "12341234",
        "11223344",
        "abcd1234",
        "a1234567",
        "hanoi123",
        "vietnam1",
        "anhyeuem",
    ]
)
# Words that many names of organisations share; they say nothing about who it is.
_GENERIC_WORDS = frozenset(
    [
        "hop",
        "tac",
        "xa",
        "htx",
        "cong",
        "ty",
        "tnhh",
        "co",
        "phan",
        "cp",
        "mtv",
        "thanh",
        "vien",
        "mot",
        "va",
        "san",
        "xuat",
        "kinh",
        "doanh",
        "thuong",
        "mai",
        "dich",
        "vu",
        "tieu",
        "thu",
        "nong",
        "nghiep",
        "nong",
        "san",
        "cua",
        "hang",
        "sieu",
        "thi",
        "ho",
        "to",
        "trang",
        "trai",
        "chi",
        "nhanh",
        "doanh",
        "nghiep",
        "tu",
        "nhan",
        "ha",
        "noi",
    ]
)


def normalise_phone(text: str) -> str | None:
    """A Vietnamese phone number in E.164, or None; no number is refused for its prefix alone."""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(e164: str) -> str:
    """``+84912345678`` as people write it: ``0912 345 678``."""
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)


def normalise_tax_code(text: str) -> str | None:
    """A tax code of 10 or 13 digits with its check digit, or a household's 12-digit number, without separators."""
    digits = "".join(c for c in text if c not in " -.")
    if len(digits) == HOUSEHOLD_ID_LENGTH and digits.isascii() and digits.isdigit():
        return digits
    try:
        return str(mst.validate(digits)).replace("-", "")
    except InvalidNumber:
        return None


def is_common_password(password: str) -> bool:
    """Whether the password is among those tried first."""
    return password.casefold() in _COMMON_PASSWORDS or len(set(password)) <= 2


def wait_after(failed: int, last_failed_at: datetime, now: datetime, free_tries: int = FREE_TRIES) -> int:
    """Seconds a stranger still has to wait after ``failed`` wrong tries in a row; 0 for none."""
    if failed < free_tries:
        return 0
    wait = min(1 << min(failed - free_tries + 1, 20), LONGEST_WAIT)
    return max(0, round(wait - (now - last_failed_at).total_seconds()))


def name_key(name: str) -> str:
    """The words that tell one organisation's name from another's, folded and sorted."""
    words = "".join(c if c.isalnum() else " " for c in fold(name)).split()
    return " ".join(sorted(set(words) - _GENERIC_WORDS)) or " ".join(words)


def names_are_alike(one: str, other: str) -> bool:
    """Whether two names are near enough that an officer should look at both."""
    a, b = name_key(one), name_key(other)
    return a == b or SequenceMatcher(None, a, b).ratio() >= 0.82
