"""Identifiers made by us."""

import time

from trace.core.ids import parse_uuid, uuid7


def test_an_id_is_a_uuid_of_version_7_that_tells_its_moment() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000
    assert parse_uuid(str(made)) == made


def test_ids_made_one_after_the_other_are_in_that_order_and_differ() -> None:
    made = []
    for _each in range(200):
        made.append(uuid7())
        time.sleep(0.00001)
    assert sorted(made) == made
    assert len({one.int & (1 << 62) - 1 for one in made}) == 200
