"""The trace graph: what leads to what, through whose hands, when, and what does not fit."""

import pytest

from tests.trace.recalls.stories import Story, at
from trace.recalls.graph import (
    Direction,
    Nearness,
    Trace,
    graph_of_events,
    signature,
    trace_back,
    trace_forward,
    visible_part,
)
from trace.recalls.graph import trace as follow
from trace.recalls.graph_events import Step
from trace.recalls.graph_links import Fault


@pytest.fixture
def story() -> Story:
    return Story()


def forward(story: Story, start: str, hour: int | None = None) -> Trace:
    return trace_forward(graph_of_events(story.events, None if hour is None else at(hour)), start)


def back(story: Story, start: str, hour: int | None = None) -> Trace:
    return trace_back(graph_of_events(story.events, None if hour is None else at(hour)), start)


def lots(found: Trace) -> list[str]:
    return [lot.epc for lot in found.lots]


def faults(found: Trace) -> list[tuple[Fault, tuple[str, ...]]]:
    return [(problem.fault, problem.epcs) for problem in found.problems]


def test_a_split_leads_to_its_parts(story: Story) -> None:
    story.begin("A")
    story.split("A", "A1", "A2")
    assert lots(forward(story, "A")) == ["A", "A1", "A2"]
    assert lots(back(story, "A2")) == ["A2", "A"]


def test_parts_of_a_split_do_not_lead_to_each_other(story: Story) -> None:
    story.begin("A")
    story.split("A", "A1", "A2")
    assert lots(forward(story, "A1")) == ["A1"]


def test_a_heap_is_any_of_its_lots(story: Story) -> None:
    story.begin("A", "B", "C")
    story.merge("A", "B", "C", into="heap")
    assert forward(story, "B").nearness["heap"] is Nearness.SAME_GOODS
    assert lots(back(story, "heap")) == ["heap", "A", "B", "C"]


def test_what_is_made_of_something_is_not_the_same_goods(story: Story) -> None:
    story.begin("chilli", "salt")
    story.make("chilli", "salt", into="sauce")
    story.split("sauce", "bottle")
    near = forward(story, "chilli").nearness
    assert (near["sauce"], near["bottle"]) == (Nearness.MADE_FROM, Nearness.MADE_FROM)


def test_the_same_goods_by_one_way_are_the_same_goods_whatever_the_others(story: Story) -> None:
    story.begin("A")
    story.make("A", into="A2")
    story.split("A", "rest")
    story.merge("A2", "rest", into="heap")
    assert forward(story, "A").nearness["heap"] is Nearness.SAME_GOODS


def test_hops_count_the_shortest_way(story: Story) -> None:
    story.begin("A")
    story.split("A", "B")
    story.split("B", "C")
    story.merge("A", "C", into="D")
    assert {lot.epc: lot.hops for lot in forward(story, "A").lots} == {"A": 0, "B": 1, "D": 1, "C": 2}


def test_a_carton_leads_on_from_what_lay_in_it(story: Story) -> None:
    story.begin("A", "B")
    story.pack("A", into="box 1")
    story.pack("box 1", into="box pallet")
    assert lots(forward(story, "A")) == ["A", "box 1", "box pallet"]
    assert lots(back(story, "box pallet")) == ["box pallet", "box 1", "A"]


def test_lots_that_shared_a_carton_do_not_lead_to_each_other(story: Story) -> None:
    story.begin("A", "B")
    story.pack("A", "B", into="box 1")
    assert "B" not in lots(forward(story, "A"))


def test_a_carton_used_again_does_not_carry_the_earlier_lot_on(story: Story) -> None:
    story.begin("A", "B")
    story.pack("A", into="box 1")
    story.unpack("box 1")
    story.pack("B", into="box 1")
    story.pack("box 1", into="box pallet")
    assert lots(forward(story, "A")) == ["A", "box 1"]
    assert lots(back(story, "box pallet")) == ["box pallet", "box 1", "B"]


def test_goods_unpacked_before_a_carton_was_used_up_are_not_in_what_was_made(story: Story) -> None:
    story.begin("A", "B")
    story.pack("A", "B", into="box 1")
    story.unpack("box 1", "A")
    story.make("box 1", into="soup")
    assert "soup" not in lots(forward(story, "A"))
    assert "soup" in lots(forward(story, "B"))
    assert lots(back(story, "soup")) == ["soup", "box 1", "B"]


def test_events_of_one_transformation_are_one(story: Story) -> None:
    story.begin("A")
    story.tell(Step.TRANSFORM, input="A", transformation_id="urn:vat:1")
    story.tell(Step.TRANSFORM, output="cheese", transformation_id="urn:vat:1")
    found = forward(story, "A")
    assert lots(found) == ["A", "cheese"]
    assert found.problems == []


def test_another_organisation_cannot_join_a_transformation(story: Story) -> None:
    story.begin("A")
    story.tell(Step.TRANSFORM, input="A", transformation_id="urn:vat:1")
    story.tell(Step.TRANSFORM, by="rival", output="theirs", transformation_id="urn:vat:1")
    assert lots(forward(story, "A")) == ["A"]


def test_holders_stand_in_the_order_the_goods_came_to_them(story: Story) -> None:
    story.begin("A")
    story.hand("A", "farm", "trader")
    story.hand("A", "trader", "shop")
    assert forward(story, "A").holders == {"A": ("farm", "trader", "shop")}


def test_a_shipment_and_its_receipt_are_one_handover(story: Story) -> None:
    story.begin("A")
    story.hand("A", "farm", "shop")
    (hand,) = forward(story, "A").handovers
    assert (hand.giver, hand.taker, hand.at, hand.received_at) == ("farm", "shop", at(2), at(3))


def test_a_cancelled_shipment_makes_nobody_a_holder(story: Story) -> None:
    story.begin("A")
    story.tell(Step.SHIP, to="shop", object="A", document="s1")
    story.tell(Step.VOID, to="shop", object="A", document="s1")
    found = forward(story, "A")
    assert found.holders == {"A": ("farm",)}
    assert found.handovers[0].is_void


def test_on_the_way_back_only_the_hands_that_led_here_count(story: Story) -> None:
    story.begin("A")
    story.hand("A", "farm", "kitchen")
    story.hand("A", "farm", "elsewhere")
    story.make("A", into="soup", by="kitchen")
    assert back(story, "soup").holders == {"A": ("farm", "kitchen"), "soup": ("kitchen",)}


def test_an_event_declared_wrong_links_nothing(story: Story) -> None:
    story.begin("A", "B")
    wrong = story.make("A", into="soup")
    story.declare_wrong(wrong)
    story.make("B", into="soup")
    assert lots(forward(story, "A")) == ["A"]
    assert lots(back(story, "soup")) == ["soup", "B"]


def test_as_of_an_earlier_day_the_wrong_event_still_stood(story: Story) -> None:
    story.begin("A", "B")
    wrong = story.make("A", into="soup")
    story.declare_wrong(wrong, recorded=10)
    story.tell(Step.TRANSFORM, input="B", output="soup", recorded=11)
    assert lots(back(story, "soup", hour=9)) == ["soup", "A"]
    assert lots(back(story, "soup", hour=10)) == ["soup"]
    assert lots(back(story, "soup", hour=11)) == ["soup", "B"]


def test_what_was_recorded_later_is_not_there_as_of_then_although_it_happened(story: Story) -> None:
    story.begin("A")
    story.tell(Step.SPLIT, input="A", output="A1", hour=2, recorded=30)
    assert lots(forward(story, "A", hour=29)) == ["A"]
    assert lots(forward(story, "A", hour=30)) == ["A", "A1"]


def test_a_declaration_by_somebody_else_changes_nothing(story: Story) -> None:
    story.begin("A")
    made = story.make("A", into="soup")
    story.declare_wrong(made._replace(by="rival"))
    assert lots(forward(story, "A")) == ["A", "soup"]


@pytest.mark.parametrize("direction", list(Direction))
def test_a_cycle_is_told_and_not_looped_on(story: Story, direction: Direction) -> None:
    story.begin("A")
    story.make("A", into="B")
    story.make("B", into="A")
    found = follow(graph_of_events(story.events), "A", direction)
    assert lots(found) == ["A", "B"]
    assert (Fault.CYCLE, ("A", "B")) in faults(found)


def test_a_lot_made_of_itself_is_a_cycle(story: Story) -> None:
    story.begin("A")
    story.make("A", into="A")
    assert (Fault.CYCLE, ("A",)) in faults(forward(story, "A"))


def test_cartons_in_each_other_are_a_cycle(story: Story) -> None:
    story.begin("A")
    story.pack("A", into="box 1")
    story.pack("box 1", into="box 2")
    story.pack("box 2", into="box 1")
    assert (Fault.CYCLE, ("box 1", "box 2")) in faults(forward(story, "A"))


def test_cartons_in_each_other_one_after_the_other_are_none(story: Story) -> None:
    story.pack("box 1", into="box 2")
    story.unpack("box 2")
    story.pack("box 2", into="box 1")
    assert forward(story, "box 1").problems == []


def test_goods_nobody_made_or_received_have_no_origin(story: Story) -> None:
    story.make("A", into="B")
    assert faults(back(story, "B")) == [(Fault.NO_ORIGIN, ("A",))]


def test_goods_received_have_their_origin_with_who_gave_them(story: Story) -> None:
    story.tell(Step.RECEIVE, by="shop", to="market", object="A")
    assert back(story, "A").problems == []


def test_an_output_without_input_is_told(story: Story) -> None:
    story.tell(Step.TRANSFORM, output="B")
    assert faults(back(story, "B")) == [(Fault.NO_INPUT, ("B",))]
    assert faults(forward(story, "B")) == []


def test_an_input_without_output_is_told(story: Story) -> None:
    story.begin("A")
    story.tell(Step.TRANSFORM, input="A")
    assert faults(forward(story, "A")) == [(Fault.NO_OUTPUT, ("A",))]


def test_unpacking_what_was_never_packed_is_told(story: Story) -> None:
    story.begin("A")
    story.unpack("box 1", "A")
    assert faults(forward(story, "A")) == [(Fault.NEVER_PACKED, ("A", "box 1"))]


def test_goods_used_before_they_existed_are_told(story: Story) -> None:
    story.begin("A", hour=5)
    story.make("A", into="B", hour=3)
    assert (Fault.USED_TOO_EARLY, ("A", "B")) in faults(forward(story, "A"))


def test_the_order_of_events_given_does_not_matter(story: Story) -> None:
    story.begin("A", "B")
    story.merge("A", "B", into="C")
    story.hand("C", "farm", "shop")
    assert forward(story, "A") == trace_forward(graph_of_events(reversed(story.events)), "A")


def test_a_chain_of_thousands_is_followed_to_its_end(story: Story) -> None:
    story.begin("0")
    for number in range(5000):
        story.split(f"{number}", f"{number + 1}")
    assert forward(story, "0").lots[-1].hops == 5000


class TestThreeRivalChains:
    """One lot goes to three chains: each sees its own step, none sees another."""

    @pytest.fixture
    def story(self) -> Story:
        story = Story()
        story.begin("seed", by="nursery")
        story.hand("seed", "nursery", "farm")
        story.make("seed", into="A", by="farm")
        for chain in ("chain 1", "chain 2", "chain 3"):
            story.hand("A", "farm", chain)
            story.make("A", into=f"salad of {chain}", by=chain)
            story.hand(f"salad of {chain}", chain, f"school of {chain}")
        return story

    @pytest.mark.parametrize("chain", ["chain 1", "chain 2", "chain 3"])
    def test_a_chain_sees_one_step_back_and_one_forward(self, story: Story, chain: str) -> None:
        graph = visible_part(story.events, chain)
        assert lots(trace_forward(graph, "A")) == ["A", f"salad of {chain}"]
        assert trace_forward(graph, "A").holders["A"] == ("farm", chain)
        assert trace_forward(graph, "A").holders[f"salad of {chain}"] == (chain, f"school of {chain}")
        assert lots(trace_back(graph, "A")) == ["A"]
        assert trace_back(graph, "A").problems == []

    @pytest.mark.parametrize("chain", ["chain 1", "chain 2", "chain 3"])
    def test_nothing_of_a_rival_is_in_what_a_chain_sees(self, story: Story, chain: str) -> None:
        graph = visible_part(story.events, chain)
        others = {"chain 1", "chain 2", "chain 3"} - {chain}
        told = [trace_forward(graph, lot) for lot in ("A", "seed")]
        assert not any(other in str(found) for found in told for other in others)
        assert not any(other in str(graph.events) for other in others)

    def test_asking_for_a_rivals_lot_shows_nothing_but_its_name(self, story: Story) -> None:
        found = trace_back(visible_part(story.events, "chain 1"), "salad of chain 2")
        assert (lots(found), found.events, found.handovers) == (["salad of chain 2"], [], [])

    def test_the_farm_sees_its_buyers_and_not_what_they_made(self, story: Story) -> None:
        found = trace_forward(visible_part(story.events, "farm"), "seed")
        assert lots(found) == ["seed", "A"]
        assert found.holders["A"] == ("farm", "chain 1", "chain 2", "chain 3")


def test_graphs_recorded_by_others_are_the_same_graph(story: Story) -> None:
    story.begin("A")
    story.split("A", "A1")
    story.hand("A1", "farm", "shop")
    copied = [event._replace(id=f"copy of {event.id}", by="importer") for event in story.events]
    assert signature(graph_of_events(copied)) == signature(graph_of_events(story.events))
    assert signature(graph_of_events(copied[:-2])) != signature(graph_of_events(story.events))
