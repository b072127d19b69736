"""Text cut into lines that fit a width: names at spaces, lot numbers and hosts after separators. Nothing is dropped."""

from functools import lru_cache

from labels.fonts import width_mm


@lru_cache(maxsize=1024)
def even_lines(
    text: str, size_mm: float, font: str, width_limit_mm: float, most_lines: int
) -> tuple[str, ...]:
    """``text`` in the fewest lines, of even length; empty where a word is too wide or ``most_lines`` cannot hold it."""
    words = text.split(" ")
    if max(width_mm(word, size_mm, font) for word in words) > width_limit_mm:
        return ()
    if width_mm(text, size_mm, font) > width_limit_mm * most_lines:
        return ()
    lines = _filled(words, size_mm, font, width_limit_mm)
    narrower = width_limit_mm
    while len(lines) > 1 and (narrower := narrower - 0.5) > width_limit_mm / 2:
        even = _filled(words, size_mm, font, narrower)
        if len(even) > len(lines) or any(width_mm(line, size_mm, font) > width_limit_mm for line in even):
            break
        lines = even
    return tuple(lines)


def filled_lines(text: str, size_mm: float, font: str, width_limit_mm: float) -> list[str]:
    """A paragraph in lines as full as they go; empty where a word is too wide."""
    words = text.split(" ")
    if max(width_mm(word, size_mm, font) for word in words) > width_limit_mm:
        return []
    return _filled(words, size_mm, font, width_limit_mm)


def _filled(words: list[str], size_mm: float, font: str, width_limit_mm: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width_mm(longer, size_mm, font) <= width_limit_mm:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def broken(value: str, size_mm: float, font: str, width_limit_mm: float) -> list[str] | None:
    """A lot number or host in at most three pieces, after a separator where there is one; nothing is added to it."""
    pieces, rest = [], value
    while rest:
        fitting = len(rest)
        while fitting and width_mm(rest[:fitting], size_mm, font) > width_limit_mm:
            fitting -= 1
        if fitting < len(rest):
            after_separator = max(rest.rfind(sign, 0, fitting) for sign in "-./_:") + 1
            fitting = after_separator if after_separator > fitting // 2 else fitting
        pieces.append(rest[:fitting])
        rest = rest[fitting:]
        if len(pieces) > 3 or not fitting:
            return None
    return pieces
