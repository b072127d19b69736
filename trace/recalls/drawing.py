"""A trace as SVG that a phone can show: levels from top to bottom, big text, no script, no colours of its own.

Pure. Colours come from the page's tokens by class (``site.css``, "Trace"). Widths of text are estimated, generously: a
server has no ruler.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from trace.recalls.graph_events import Step
from trace.recalls.picture import Box, Picture

WIDTH = 360  # as wide as the narrowest phone; the page scales it up
COLUMNS = 2
MARGIN = 4
GAP = 12
ROW_GAP = 22  # room for a line and its tip
BETWEEN_LEVELS = 44
LINE_HEIGHT = 19
PADDING = 10
TITLE_WIDTH = 8.6  # of one letter, at 15 px bold
TEXT_WIDTH = 7.6  # at 14 px
_DASHED = frozenset({Step.PACK})


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float
    title: Sequence[str]
    lines: Sequence[str]

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def draw(picture: Picture, title: str, description: str) -> Markup:
    """The picture as an ``<svg>`` element with its title and description for who cannot see it."""
    placed: dict[str, _Placed] = {}
    top = float(MARGIN)
    for level in picture.levels:
        top = _place_level(level, top, placed) + BETWEEN_LEVELS
    height = max(top - BETWEEN_LEVELS + MARGIN, LINE_HEIGHT)
    arrows = [_arrow(placed[line.above], placed[line.below], line.way) for line in picture.lines]
    boxes = [_draw_box(one) for one in placed.values()]
    return Markup(
        '<svg class="trace" viewBox="0 0 {width} {height:.0f}" role="img" aria-labelledby="trace-t trace-d">'
        '<title id="trace-t">{title}</title><desc id="trace-d">{description}</desc>'
        '<defs><marker id="trace-end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="5" markerHeight="5"'
        ' orient="auto-start-reverse"><path class="tip" d="M0 0L10 5L0 10z"/></marker></defs>{body}</svg>'
    ).format(
        width=WIDTH,
        height=height,
        title=title,
        description=description,
        body=Markup("").join([*arrows, *boxes]),
    )


def wrap(text: str, most: int, lines: int = 3) -> list[str]:
    """Text in lines of at most ``most`` letters, at words where that can be; the last ends in "…" if more came."""
    found: list[str] = []
    rest = " ".join(text.split())
    while rest and len(found) < lines:
        if len(rest) <= most:
            found.append(rest)
            return found
        cut = rest.rfind(" ", 1, most + 1)
        cut = cut if cut > 0 else most
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest and found:
        found[-1] = found[-1][: most - 1].rstrip() + "…"
    return found


def _place_level(level: Sequence[Box], top: float, placed: dict[str, _Placed]) -> float:
    """Lay the boxes of a level out in rows; returns where it ends."""
    columns = min(COLUMNS, len(level)) or 1
    width = (WIDTH - 2 * MARGIN - GAP * (columns - 1)) / columns
    for start in range(0, len(level), columns):
        row = level[start : start + columns]
        texts = [_texts(box, width) for box in row]
        height = max(2 * PADDING + LINE_HEIGHT * (len(title) + len(lines)) for title, lines in texts)
        # A row that is not full stands in the middle.
        left = (WIDTH - len(row) * width - (len(row) - 1) * GAP) / 2
        for place, (box, (title, lines)) in enumerate(zip(row, texts, strict=True)):
            x = left + place * (width + GAP)
            placed[box.key] = _Placed(box, x, top, width, height, title, lines)
        top += height + ROW_GAP
    return top - ROW_GAP


def _texts(box: Box, width: float) -> tuple[list[str], list[str]]:
    inner = width - 2 * PADDING
    lines = [part for line in box.lines for part in wrap(line, int(inner / TEXT_WIDTH), 2)]
    return wrap(box.title, int(inner / TITLE_WIDTH)), lines


def _arrow(above: _Placed, below: _Placed, way: Step) -> Markup:
    """A line from box to box: bent where nothing lies between, else round the boxes, through the middle."""
    x1, y1, x2, y2 = above.middle, above.y + above.height, below.middle, below.y - 1
    if 0 < y2 - y1 <= BETWEEN_LEVELS:
        bend = (y2 - y1) / 2
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    else:
        # A cycle leads up again, by the same way.
        middle, half = WIDTH / 2, ROW_GAP / 2
        path = f"M{x1:.1f} {y1:.1f}V{y1 + half:.1f}H{middle:.1f}V{y2 - half:.1f}H{x2:.1f}V{y2:.1f}"
    kind = "way dashed" if way in _DASHED else f"way {way}"
    return Markup('<path class="{kind}" d="{path}" marker-end="url(#trace-end)"/>').format(
        kind=kind, path=path
    )


def _draw_box(one: _Placed) -> Markup:
    rows = [("name", line) for line in one.title] + [("more", line) for line in one.lines]
    texts = Markup("").join(
        Markup('<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{line}</text>').format(
            kind=kind, x=one.x + PADDING, y=one.y + PADDING + LINE_HEIGHT * (number + 1) - 5, line=line
        )
        for number, (kind, line) in enumerate(rows)
    )
    shape = Markup(
        '<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="8"/>'
    ).format(
        kind="box folded" if one.box.folded else "box", x=one.x, y=one.y, width=one.width, height=one.height
    )
    drawn = Markup('<g class="tone-{tone}">{shape}{texts}</g>').format(
        tone=one.box.tone, shape=shape, texts=texts
    )
    if one.box.href is None:
        return drawn
    return Markup('<a href="{href}">{drawn}</a>').format(href=escape(one.box.href), drawn=drawn)
