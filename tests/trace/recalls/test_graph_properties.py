"""The trace graph against a naive oracle, on graphs nobody thought of."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.trace.recalls.stories import Story
from trace.recalls.cycles import find_cycles
from trace.recalls.graph import Direction, Nearness, graph_of_events, trace, trace_back, trace_forward
from trace.recalls.graph_events import GraphEvent, Step
from trace.recalls.graph_links import Fault, Link

REMAKINGS = st.sampled_from([Step.SPLIT, Step.MERGE, Step.TRANSFORM])
LOTS = [f"lot {number:02}" for number in range(12)]


@st.composite
def acyclic(draw: st.DrawFn) -> list[GraphEvent]:
    """Lots made of earlier lots only, some events declared wrong."""
    story = Story()
    for place in range(1, len(LOTS)):
        inputs = draw(st.lists(st.sampled_from(LOTS[:place]), max_size=3, unique=True))
        if inputs:
            event = story.tell(draw(REMAKINGS), input=inputs, output=LOTS[place])
            if draw(st.integers(0, 9)) == 0:
                story.declare_wrong(event)
    return story.events


@st.composite
def anything(draw: st.DrawFn) -> list[GraphEvent]:
    """Any lot made of any lot, its own ancestors and itself too; cartons in whatever."""
    story = Story()
    goods = [*LOTS[:5], "box 1", "box 2", "box 3"]
    for _ in range(draw(st.integers(0, 12))):
        some = st.lists(st.sampled_from(goods), min_size=1, max_size=2, unique=True)
        if draw(st.booleans()):
            story.tell(draw(REMAKINGS), input=draw(some), output=draw(some))
        else:
            step = draw(st.sampled_from([Step.PACK, Step.UNPACK]))
            story.tell(step, parent=draw(st.sampled_from(goods[5:])), child=draw(some))
    return story.events


def arrows(events: Sequence[GraphEvent]) -> list[tuple[str, str, Step]]:
    wrong = {event.id for event in events if event.is_declaration}
    return [
        (one.epc, other.epc, event.step)
        for event in events
        if event.id not in wrong
        for one in event.goods
        for other in event.goods
        if (one.role, other.role) == ("input", "output")
    ]


def closure(start: str, pairs: Sequence[tuple[str, str, Step]]) -> dict[str, int]:
    """Hops to everything that can be reached, by going round until nothing new comes."""
    hops, distance = {start: 0}, 0
    while True:
        new = {b for a, b, _step in pairs if hops.get(a) == distance and b not in hops}
        if not new:
            return hops
        distance += 1
        hops.update(dict.fromkeys(new, distance))


def _hops(found: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(found.items(), key=lambda pair: (pair[1], pair[0]))


@given(acyclic(), st.sampled_from(LOTS))
def test_forward_reaches_what_the_oracle_reaches(events: list[GraphEvent], start: str) -> None:
    found = trace_forward(graph_of_events(events), start)
    assert [(lot.epc, lot.hops) for lot in found.lots] == _hops(closure(start, arrows(events)))


@given(acyclic(), st.sampled_from(LOTS))
def test_back_reaches_what_the_oracle_reaches(events: list[GraphEvent], start: str) -> None:
    found = trace_back(graph_of_events(events), start)
    turned = [(b, a, step) for a, b, step in arrows(events)]
    assert [(lot.epc, lot.hops) for lot in found.lots] == _hops(closure(start, turned))


@given(acyclic(), st.sampled_from(LOTS))
def test_the_same_goods_are_what_no_transformation_lies_between(events: list[GraphEvent], start: str) -> None:
    near = trace_forward(graph_of_events(events), start).nearness
    same = closure(start, [arrow for arrow in arrows(events) if arrow[2] is not Step.TRANSFORM])
    assert {epc for epc, how in near.items() if how is not Nearness.MADE_FROM} == set(same)


@given(acyclic(), st.sampled_from(LOTS), st.sampled_from(LOTS))
def test_back_and_forward_agree(events: list[GraphEvent], one: str, other: str) -> None:
    graph = graph_of_events(events)
    assert (other in trace_forward(graph, one).nearness) == (one in trace_back(graph, other).nearness)


@given(acyclic())
def test_without_cycles_none_is_told(events: list[GraphEvent]) -> None:
    graph = graph_of_events(events)
    assert find_cycles(graph.links) == []


@given(anything(), st.sampled_from([*LOTS[:5], "box 1"]), st.sampled_from(list(Direction)))
def test_whatever_the_record_says_a_trace_ends_and_is_the_same_again(
    events: list[GraphEvent], start: str, direction: Direction
) -> None:
    found = trace(graph_of_events(events), start, direction)
    assert found == trace(graph_of_events(events[::-1]), start, direction)
    assert len(found.lots) <= 8


@given(anything(), st.sampled_from(LOTS[:5]))
def test_a_cycle_through_the_start_is_told(events: list[GraphEvent], start: str) -> None:
    pairs = [arrow for arrow in arrows(events) if not (arrow[0] + arrow[1]).count("box")]
    inner = [pair for pair in pairs if start in closure(pair[1], pairs) and pair[0] == start]
    told = [p.epcs for p in trace_forward(graph_of_events(events), start).problems if p.fault is Fault.CYCLE]
    if inner:
        assert any(start in epcs for epcs in told)


@given(st.lists(st.tuples(st.sampled_from(LOTS), st.sampled_from(LOTS)), max_size=25))
def test_cycles_are_the_lots_that_lead_back_to_themselves(pairs: list[tuple[str, str]]) -> None:
    event = Story().begin("A")
    links = [Link(a, b, Step.SPLIT, event.id, event.at) for a, b in pairs]
    arrows = [(a, b, Step.SPLIT) for a, b in pairs]
    leading_back = {a for a, b in pairs if a in closure(b, arrows)}
    assert {epc for cycle in find_cycles(links) for epc in cycle} == leading_back
