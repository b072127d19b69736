"""Cycles among links: the strongly connected components of a directed graph. Pure, and never recursive."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol


class Arrow(Protocol):
    """Anything that leads from ``giver`` to ``taker``."""

    @property
    def giver(self) -> str: ...

    @property
    def taker(self) -> str: ...


def find_cycles(arrows: Iterable[Arrow]) -> list[list[str]]:
    """The sets of nodes that lead back to themselves, each sorted, in the order of their first."""
    after: dict[str, set[str]] = defaultdict(set)
    for arrow in arrows:
        after[arrow.giver].add(arrow.taker)
    rest = _without_ends(after)
    loops = [part for part in _components(rest) if len(part) > 1 or part[0] in rest[part[0]]]
    return sorted(loops)


def _without_ends(after: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left when nodes nothing leads to are taken away, again and again: nothing, where there is no cycle."""
    leading_here: dict[str, int] = defaultdict(int)
    for takers in after.values():
        for taker in takers:
            leading_here[taker] += 1
    ready = [node for node in after if not leading_here[node]]
    gone = set()
    while ready:
        node = ready.pop()
        gone.add(node)
        for taker in after.get(node, ()):
            leading_here[taker] -= 1
            if not leading_here[taker]:
                ready.append(taker)
    nodes = (set(after) | set(leading_here)) - gone
    return {node: after.get(node, set()) - gone for node in nodes}


def _components(after: dict[str, set[str]]) -> list[list[str]]:
    """Tarjan's strongly connected components with a stack of its own: a chain may be longer than Python's."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in sorted(after):
        if root in number:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(sorted(after[root])))]
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, takers = work[-1]
            for taker in takers:
                if taker not in number:
                    number[taker] = lowest[taker] = len(number)
                    stack.append(taker)
                    on_stack.add(taker)
                    work.append((taker, iter(sorted(after[taker]))))
                    break
                if taker in on_stack:
                    lowest[node] = min(lowest[node], number[taker])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    part = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        part.append(member)
                        if member == node:
                            break
                    found.append(sorted(part))
    return found
