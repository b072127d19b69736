"""Ways of any length for tests: stages as the builder makes them, without a database."""

from collections.abc import Sequence
from datetime import date, timedelta

from trace.public.pages import JourneyStep, Spot, Vouch
from trace.public.told import given

START = date(2026, 11, 1)
COMMUNES = (
    ("Xã Minh Châu", "09619"), ("Phường Văn Miếu - Quốc Tử Giám", "00199"), ("Phường Hà Đông", "09556"),
    ("Phường Ba Đình", "00004"), ("Xã Sóc Sơn", "00376"), ("Phường Sơn Tây", "09574"), ("Xã Gia Lâm", "00565"),
)  # fmt: skip


def spot(place: int) -> Spot:
    return Spot(*COMMUNES[place % len(COMMUNES)])


def way(
    stages: int,
    *,
    missing: Sequence[int] = (),
    breached: Sequence[int] = (),
    marked: Sequence[int] = (),
    official: Sequence[int] = (),
) -> tuple[JourneyStep, ...]:
    """A harvest and handovers after it, one every second day; the numbers say which stages are out of the ordinary."""
    return tuple(
        JourneyStep(
            title="Thu hoạch" if place == 0 else "Giao nhận hàng",
            place=given(spot(place).name),
            happened_on=START + timedelta(days=2 * place),
            who_says="Hai bên cùng xác nhận: HTX rau Ví Dụ và Kho Ví Dụ",
            vouch=Vouch.CHECKED if place in official else Vouch.DECLARED if place == 0 else Vouch.CONFIRMED,
            marks=("Ghi bổ sung ngày 22/11/2026",)
            if place in marked
            else ("Nhiệt độ vượt ngưỡng: 9 °C lúc 08:15 21/11, ngưỡng 0 đến 5 °C",)
            if place in breached
            else (),
            is_missing=place in missing,
            is_breach=place in breached,
            days_since=2 if place else 0,
            kilometres=35 if place else None,
            spot=spot(place),
            sent_from=spot(place - 1) if place else None,
        )
        for place in range(stages)
    )
