"""What is known of the machine."""

from trace.core.machine import MB, memory_of_machine


def test_the_memory_of_this_machine_is_known() -> None:
    assert memory_of_machine() > 128 * MB
