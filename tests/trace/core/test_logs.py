"""Lines of answered requests: none is lost, whoever writes them."""

import pytest

from trace.core.logs import RequestLines


def test_a_line_is_written_at_once_where_nothing_writes_in_the_background(
    capsys: pytest.CaptureFixture[str],
) -> None:
    RequestLines().add("one\n")
    assert capsys.readouterr().err == "one\n"


def test_lines_of_a_moment_are_written_together_and_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    lines = RequestLines()
    lines.begin()
    for number in range(1000):
        lines.add(f"{number}\n")
    lines.end()
    assert capsys.readouterr().err == "".join(f"{number}\n" for number in range(1000))


def test_lines_are_written_at_once_again_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = RequestLines()
    lines.begin()
    lines.end()
    lines.add("late\n")
    assert capsys.readouterr().err == "late\n"
