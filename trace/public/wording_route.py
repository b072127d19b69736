"""Words of the drawn route. Short: a drawing breaks no lines by itself."""

from trace.public.route import Sign, Speech
from trace.public.speech import _, ngettext


def of_sign(sign: Sign) -> str:
    """Who says that the goods came there."""
    match sign:
        case Sign.START:
            return _("The journey starts")
        case Sign.CONFIRMED:
            return _("Both sides confirm")
        case Sign.WAITING:
            return _("Receiver awaited")
        case Sign.MEASURED:
            return _breach()
        case _:
            return _("One side declares")


def distance(kilometres: int) -> str:
    """As the crow flies; the list below says so."""
    return _("about %(km)s km", km=kilometres)


def came_from(number: int) -> str:
    """Which stop the goods came from, where it is not the one above."""
    return _("from place %(number)s", number=number)


def left_out(stops: int) -> str:
    """How many stops are not drawn."""
    return ngettext("%(num)d more place", "%(num)d more places", stops)


def _breach() -> str:
    return _("Temperature outside the limits")


SPEECH = Speech(of_sign=of_sign, distance=distance, came_from=came_from, breach=_breach, left_out=left_out)
