"""How much of a machine the embedded database takes."""

import pytest

from trace.core.embedded_size import settings_for
from trace.core.machine import MB

GB = 1024 * MB


@pytest.mark.parametrize(
    ("memory", "disk", "buffers", "log"),
    [
        (512 * MB, 5 * GB, "128MB", "256MB"),
        (4 * GB, 30 * GB, "512MB", "1024MB"),
        (64 * GB, 500 * GB, "2048MB", "1024MB"),
    ],
)
def test_it_takes_a_part_of_what_there_is(memory: int, disk: int, buffers: str, log: str) -> None:
    assert settings_for(memory, disk) == {"shared_buffers": buffers, "max_wal_size": log}
