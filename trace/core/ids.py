"""Identifiers made by us. uuid v7 sorts by time and may be made on any device (RFC 9562, 5.7)."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A new version 7 UUID. Those one process makes one after the other sort as they were made.

    Unix milliseconds, 12 bits of the time within one (RFC 9562, 6.2, method 3), the rest random. The standard library
    has this from Python 3.14 on; the oldest Python supported here is 3.11.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (nanoseconds * 4096 // 1_000_000) << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=value)


def parse_uuid(text: str) -> uuid.UUID | None:
    """The UUID written in its canonical 36 characters, or None; ``uuid.UUID`` alone also takes braces and URNs."""
    try:
        value = uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
    return value if str(value) == text.lower() else None
