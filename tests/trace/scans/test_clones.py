"""How much speaks for a copied label: never what one phone, a shared picture or a program does."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask_babel import force_locale
from hypothesis import given, settings
from hypothesis import strategies as st

from trace.scans.clones import (
    MOST,
    Finding,
    Label,
    Reason,
    Sighting,
    Spot,
    Suspicion,
    kilometres_between,
    suspect,
)
from trace.scans.rules import NOBODY, Device
from trace.scans.texts import describe

BEGIN = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HANOI, HAI_PHONG, SAIGON = (
    Spot("00004", 21.03, 105.85),
    Spot("11308", 20.86, 106.68),
    Spot("26734", 10.78, 106.70),
)
# A grid of communes, a third of a degree apart: each has one middle.
SPOTS = [Spot(f"{n:05}", 10 + n % 30 / 3, 104 + n // 30 / 3) for n in range(300)]
ACTIVE = Label()

sightings = st.builds(
    Sighting,
    st.integers(0, 7 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes)),
    st.sampled_from(Device),
    st.none() | st.sampled_from(SPOTS),
)
many = st.lists(sightings, max_size=25)
labels = st.builds(
    Label,
    is_void=st.booleans(),
    is_active=st.booleans(),
    sold_at=st.none() | st.just(BEGIN + timedelta(days=2)),
)


def _at(spot: Spot | None, hours: float = 0, device: Device = Device.PHONE) -> Sighting:
    return Sighting(BEGIN + timedelta(hours=hours), device, spot)


def _reasons(found: Suspicion) -> set[Reason]:
    return {finding.reason for finding in found.findings}


def test_hanoi_is_ninety_kilometres_from_hai_phong() -> None:
    assert round(kilometres_between(HANOI, HAI_PHONG), -1) == 90
    assert kilometres_between(HANOI, HANOI) == 0


def test_a_label_in_five_communes_within_two_days_is_a_case() -> None:
    near = [_at(Spot(f"{n}", 21 + n / 100, 105.8), hours=8 * n) for n in range(5)]
    found = suspect(ACTIVE, near)
    assert found.is_case
    assert found.findings == (Finding(reason=Reason.MANY_PLACES, places=5, within=timedelta(days=2)),)
    assert not suspect(ACTIVE, near[:4]).findings
    assert not suspect(
        ACTIVE, [replace(each, at=BEGIN + n * timedelta(days=1)) for n, each in enumerate(near)]
    ).findings


def test_nobody_is_in_hanoi_and_an_hour_later_in_saigon() -> None:
    (found,) = suspect(ACTIVE, [_at(HANOI), _at(SAIGON, 1)]).findings
    assert (found.reason, found.within) == (Reason.IMPOSSIBLE_TRAVEL, timedelta(hours=1))
    assert 1130 <= found.kilometres <= 1150
    assert not suspect(ACTIVE, [_at(HANOI), _at(SAIGON, 12)]).findings
    assert not suspect(ACTIVE, [_at(HANOI), _at(HAI_PHONG, 1.5)]).findings


def test_one_odd_journey_alone_is_no_case() -> None:
    assert not suspect(ACTIVE, [_at(HANOI), _at(SAIGON, 1)]).is_case


def test_a_buyer_may_take_it_home_but_not_to_three_communes() -> None:
    sold = Label(sold_at=BEGIN)
    places = [_at(SPOTS[n], hours=40 * (n + 1)) for n in range(3)]
    assert not suspect(sold, places[:2]).findings
    assert _reasons(suspect(sold, places)) == {Reason.AFTER_SALE}


def test_a_label_that_is_void_or_not_in_use_is_a_case_where_it_is_seen() -> None:
    assert _reasons(suspect(Label(is_void=True, is_active=False), [_at(HANOI)])) == {Reason.VOID}
    assert _reasons(suspect(Label(is_active=False), [_at(HANOI)])) == {Reason.NEVER_ACTIVATED}
    assert not suspect(Label(is_void=True), [_at(None)]).findings


def test_five_hundred_scans_of_one_phone_weigh_nothing() -> None:
    home = [_at(HANOI, n / 60) for n in range(500)]
    assert suspect(ACTIVE, home) == Suspicion(score=0, is_case=False)


@given(labels, many, many)
@settings(max_examples=60)
def test_programs_and_scans_without_a_place_weigh_nothing(
    label: Label, real: list[Sighting], noise: list[Sighting]
) -> None:
    nobody = [replace(each, device=Device.ROBOT) for each in noise]
    nowhere = [replace(each, spot=None) for each in noise]
    assert suspect(label, [*nobody, *real, *nowhere]) == suspect(label, real)
    assert suspect(label, nobody + nowhere).score == 0


@given(labels, many, st.integers())
@settings(max_examples=60)
def test_neither_order_nor_repetition_matters(label: Label, real: list[Sighting], seed: int) -> None:
    shuffled = [*real, *real]
    random.Random(seed).shuffle(shuffled)
    assert suspect(label, shuffled) == suspect(label, real)


@given(labels, many, many)
@settings(max_examples=60)
def test_what_is_learned_later_never_lowers_a_score(
    label: Label, some: list[Sighting], more: list[Sighting]
) -> None:
    before, after = suspect(label, some), suspect(label, some + more)
    assert 0 <= before.score <= after.score <= MOST
    assert _reasons(before) <= _reasons(after)


@given(many)
@settings(max_examples=60)
def test_in_one_commune_a_good_label_is_never_suspected(real: list[Sighting]) -> None:
    here = [replace(each, spot=HANOI if each.spot else None) for each in real]
    assert suspect(ACTIVE, here).findings == ()


@given(labels, many)
@settings(max_examples=60)
def test_every_case_has_its_reasons(label: Label, real: list[Sighting]) -> None:
    found = suspect(label, real)
    assert bool(found.score) is bool(found.findings)
    assert not found.findings or any(each.spot and each.device not in NOBODY for each in real)


def test_every_reason_has_words_in_both_languages(app: Flask) -> None:
    for reason in Reason:
        finding = Finding(reason=reason, places=7, kilometres=1140, within=timedelta(hours=2))
        said = {}
        for language in ("vi", "en"):
            with app.test_request_context(), force_locale(language):
                said[language] = describe(finding)
            assert any(figure in said[language] for figure in ("7", "1140"))
            assert not {"giả", "fake", "counterfeit"} & set(said[language].lower().split())
        assert said["vi"] != said["en"]
