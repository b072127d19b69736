"""How much of a machine the embedded database takes."""

import pytest

from trace.core.embedded_size import MB, memory_of_machine, settings_for

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


def test_the_memory_of_this_machine_is_known() -> None:
    assert memory_of_machine() > 128 * MB
