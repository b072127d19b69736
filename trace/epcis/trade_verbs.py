"""Which verb of custody carries out which captured event. The verbs decide; nothing here moves goods or knows better.

docs/epcis.md has the table.
"""

from collections.abc import Callable, Mapping

from trace.epcis import trade_handover, trade_making, trade_stock
from trace.epcis.trade import Carrying
from trace.gs1.vocabulary import EventType

Carry = Callable[[Carrying], None]
MOVING_STEPS = frozenset(
    {"shipping", "receiving", "void_shipping", "retail_selling", "dispensing", "destroying", "sampling"}
)
VERBS: Mapping[tuple[str, str | None, str], Carry] = {
    (EventType.OBJECT, "ADD", "commissioning"): trade_making.activate,
    (EventType.OBJECT, "OBSERVE", "shipping"): trade_handover.ship_or_return,
    (EventType.OBJECT, "OBSERVE", "receiving"): trade_handover.receive,
    (EventType.OBJECT, "OBSERVE", "void_shipping"): trade_handover.cancel,
    (EventType.OBJECT, "OBSERVE", "retail_selling"): trade_handover.sell,
    (EventType.OBJECT, "DELETE", "retail_selling"): trade_handover.sell,
    (EventType.OBJECT, "OBSERVE", "dispensing"): trade_stock.use_up,
    (EventType.OBJECT, "DELETE", "dispensing"): trade_stock.use_up,
    (EventType.OBJECT, "DELETE", "destroying"): trade_stock.destroy,
    (EventType.OBJECT, "OBSERVE", "sampling"): trade_stock.sample,
    (EventType.OBJECT, "OBSERVE", "inspecting"): trade_stock.inspect,
    (EventType.OBJECT, "OBSERVE", "sensor_reporting"): trade_stock.measure,
    (EventType.OBJECT, "OBSERVE", "storing"): trade_stock.store,
    (EventType.OBJECT, "OBSERVE", "transporting"): trade_stock.move,
    (EventType.OBJECT, "OBSERVE", "stock_taking"): trade_stock.count,
    (EventType.OBJECT, "OBSERVE", "cycle_counting"): trade_stock.count,
    (EventType.OBJECT, "OBSERVE", "holding"): trade_stock.hold,
    (EventType.OBJECT, "ADD", "creating_class_instance"): trade_making.add_delivery,
    (EventType.AGGREGATION, "ADD", "packing"): trade_making.pack,
    (EventType.AGGREGATION, "DELETE", "unpacking"): trade_making.unpack,
    (EventType.TRANSFORMATION, None, "commissioning"): trade_making.transform,
}
# Verbs that look nowhere but at their batch, its holding and its cartons: thousands of them are written together.
TOGETHER = frozenset(
    {
        (EventType.OBJECT, "OBSERVE", "retail_selling"),
        (EventType.OBJECT, "DELETE", "retail_selling"),
        (EventType.OBJECT, "OBSERVE", "dispensing"),
        (EventType.OBJECT, "DELETE", "dispensing"),
        (EventType.OBJECT, "DELETE", "destroying"),
        (EventType.OBJECT, "OBSERVE", "shipping"),
    }
)
