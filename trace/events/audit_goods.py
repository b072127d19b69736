"""Whether the rows that move quantities are those an event names, in our words and in those of others. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from trace.core.short_codes import normalise
from trace.events.models import Event, EventGoods, Role, Verb
from trace.gs1.digital_link import canonicalise
from trace.gs1.vocabulary import are_comparable, convert

# Which columns of an event name goods of a role: instances, classes with a quantity.
LISTS: Mapping[Role, tuple[str, str]] = {
    Role.OBJECT: ("epc_list", "quantity_list"),
    Role.CHILD: ("child_epcs", "child_quantity_list"),
    Role.INPUT: ("input_epc_list", "input_quantity_list"),
    Role.OUTPUT: ("output_epc_list", "output_quantity_list"),
}
# What was only seen may stand in the rows without a quantity; what moved may not.
SEEN = frozenset(
    {Verb.FOREIGN, Verb.OBSERVE, Verb.INSPECT, Verb.MEASURE, Verb.STORE, Verb.HOLD, Verb.RELEASE}
)
_CODE = re.compile(r"/[Tt]/([^/?#]+)", re.ASCII)


class Goods(NamedTuple):
    """What is named once: role, canonical address, quantity as exact text, unit."""

    role: str
    epc: str
    quantity: str | None
    uom: str | None


def are_counted(
    event: Event, goods: Sequence[EventGoods], shipped: Iterable[object], *, is_ours: bool
) -> bool:
    """Whether the rows say the goods that the event names.

    An event written here names exactly its rows. One that was captured names ours by any of their addresses and in any
    unit of the same dimension, what was only seen may have rows without quantity, and where cartons changed hands
    (``shipped``: ids of lots and cartons of the shipment) the rows have what lay in them too.
    """
    named, counted = named_in(event), Counter(map(_of_row, goods))
    if named == counted:
        return True
    if is_ours:
        return False
    rows = list(goods)
    for word in named.elements():
        found = next((row for row in rows if _stands_for(row, word, Verb(event.verb))), None)
        if found is None:
            return False
        rows.remove(found)
    moved = frozenset(shipped)
    return all(row.batch_id in moved or row.unit_id in moved for row in rows)


def named_in(event: Event) -> Counter[Goods]:
    """The goods an event names, as its lists say."""
    named: Counter[Goods] = Counter()
    if event.parent_id:
        named[Goods(str(Role.PARENT), _canonical(event.parent_id), None, None)] += 1
    for role, (instances, classes) in LISTS.items():
        for epc in getattr(event, instances) or ():
            named[Goods(str(role), _canonical(epc), None, None)] += 1
        for element in getattr(event, classes) or ():
            amount = _amount(element.get("quantity"))
            uom = element.get("uom") if amount is not None else None
            named[Goods(str(role), _canonical(element.get("epcClass")), amount, uom)] += 1
    return named


def _of_row(row: EventGoods) -> Goods:
    uom = row.uom if row.quantity is not None else None
    return Goods(row.role, _canonical(row.epc), _amount(row.quantity), uom)


def _stands_for(row: EventGoods, word: Goods, verb: Verb) -> bool:
    return row.role == word.role and _is_at(row, word.epc) and _is_as_much(row, word, verb)


def _is_at(row: EventGoods, address: str) -> bool:
    """Whether an address leads to the goods of a row: their EPC, the code on their label, or a key of GS1 of theirs.

    Which lot a key of GS1 meant was found when it was captured; the leaf's ``lots`` commit to what was found.
    """
    if _canonical(row.epc) == address:
        return True
    if row.batch_id is None or row.lot is None:
        return False
    code = _CODE.search(address)
    if code is not None:
        return normalise(code[1]) == row.lot
    return "/10/" in address or address.startswith("urn:epc:class:lgtin:")


def _is_as_much(row: EventGoods, word: Goods, verb: Verb) -> bool:
    if row.quantity is None:
        return word.quantity is None or verb in SEEN
    if word.quantity is None:
        return False
    if not are_comparable(word.uom, row.uom):
        return False
    return convert(Decimal(word.quantity), word.uom, row.uom) == row.quantity


def _canonical(epc: Any) -> str:
    return canonicalise(str(epc)) or str(epc)


def _amount(quantity: Any) -> str | None:
    if quantity is None:
        return None
    try:
        return f"{Decimal(str(quantity)).normalize():f}"
    except InvalidOperation:
        return str(quantity)
