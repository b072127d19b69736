"""Identifiers made by us. uuid v7 sorts by time and may be made on any device (RFC 9562, 5.7)."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A new version 7 UUID: 48 bits of Unix milliseconds, the rest random.

    The standard library has this from Python 3.14 on; the oldest Python supported here is 3.11.
    """
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def parse_uuid(text: str) -> uuid.UUID | None:
    """The UUID written in its canonical 36 characters, or None; ``uuid.UUID`` alone also takes braces and URNs."""
    try:
        value = uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
    return value if str(value) == text.lower() else None
