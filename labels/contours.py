"""The outline of dark modules as closed loops of corners. Pure geometry."""

from collections.abc import Iterator

Rows = tuple[tuple[bool, ...], ...]


def loops_around(rows: Rows) -> Iterator[list[tuple[int, int]]]:
    """Loops of corners (x, y in modules, y down): clockwise round dark, counter-clockwise round holes."""
    return _loops(_edges(rows))


def _edges(rows: Rows) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Every border between dark and light as a step between corners, dark on its right-hand side."""
    side = len(rows)

    def dark(x: int, y: int) -> bool:
        return 0 <= x < side and 0 <= y < side and rows[y][x]

    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y in range(side):
        for x in range(side):
            if not rows[y][x]:
                continue
            if not dark(x, y - 1):
                steps.setdefault((x, y), []).append((x + 1, y))
            if not dark(x + 1, y):
                steps.setdefault((x + 1, y), []).append((x + 1, y + 1))
            if not dark(x, y + 1):
                steps.setdefault((x + 1, y + 1), []).append((x, y + 1))
            if not dark(x - 1, y):
                steps.setdefault((x, y + 1), []).append((x, y))
    return steps


def _loops(steps: dict[tuple[int, int], list[tuple[int, int]]]) -> Iterator[list[tuple[int, int]]]:
    while steps:
        start = min(steps)
        corner, loop = start, []
        heading = (0, 0)
        while True:
            following = steps[corner].pop()
            if not steps[corner]:
                del steps[corner]
            turned = (following[0] - corner[0], following[1] - corner[1])
            if turned != heading:
                loop.append(corner)
            heading, corner = turned, following
            if corner == start:
                break
        yield loop
