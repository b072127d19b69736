"""What is a scan, what is a program's reading, and how often one counts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace.scans.rules import COUNTS_ONCE_IN, Device, Row, device_of, is_scan, rounds

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
BEGIN = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)

AGENTS = {
    f"Mozilla/5.0 (Linux; Android 14; SM-A155F) {ENGINE} Chrome/130.0 Mobile Safari/537.36": Device.PHONE,
    f"Mozilla/5.0 (Linux; Android 13; 2201117TG; wv) {ENGINE} Version/4.0 Chrome/119.0 Mobile Safari/537.36"
    " Zalo android/12100763 ZaloTheme/light ZaloLanguage/vi": Device.PHONE,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Mobile/15E148 Zalo iOS/561 ZaloTheme/light": Device.PHONE,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Mobile/21F79 [FBAN/FBIOS;FBAV/480.0;FBDV/iPhone13,2]": Device.PHONE,
    f"Mozilla/5.0 (Linux; Android 12; CPH2269; wv) {ENGINE} Version/4.0 Chrome/128.0 Mobile Safari/537.36"
    " [FB_IAB/FB4A;FBAV/482.0;]": Device.PHONE,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1": Device.PHONE,
    f"Mozilla/5.0 (Linux; Android 11; Redmi Note) {ENGINE} coc_coc_browser/110 Chrome/104 Mobile Safari/537.36": Device.PHONE,
    "Mozilla/5.0 (Android 13; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0": Device.PHONE,
    f"Mozilla/5.0 (Linux; Android 9; CUBOT_X19_S) {ENGINE} Chrome/120.0 Mobile Safari/537.36": Device.PHONE,
    f"Mozilla/5.0 (Linux; Android 13; V2206; wv) {ENGINE} Chrome/120.0 Mobile Safari/537.36 QRScanner/2.1": Device.PHONE,
    "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80/191.303; U; vi) Presto/2.12": Device.PHONE,
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6"
    " Mobile/15E148 Safari/604.1": Device.TABLET,
    f"Mozilla/5.0 (Linux; Android 12; SM-X205) {ENGINE} Chrome/125.0 Safari/537.36": Device.TABLET,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {ENGINE} Chrome/130.0 Safari/537.36": Device.COMPUTER,
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Safari/605.1.15": Device.COMPUTER,
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": Device.COMPUTER,
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": Device.PREVIEW,
    "Mozilla/5.0 (compatible; meta-externalagent/1.1)": Device.PREVIEW,
    "Zalo": Device.PREVIEW,
    "Mozilla/5.0 (compatible; ZaloBot/1.0)": Device.PREVIEW,
    "zalo-preview/2.1": Device.PREVIEW,
    "TelegramBot (like TwitterBot)": Device.PREVIEW,
    "WhatsApp/2.24.10 A": Device.PREVIEW,
    "Viber/20.0": Device.PREVIEW,
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": Device.ROBOT,
    f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {ENGINE} Chrome/130.0 Mobile Safari/537.36"
    " (compatible; Googlebot/2.1)": Device.ROBOT,
    "Mozilla/5.0 (compatible; bingbot/2.0)": Device.ROBOT,
    "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)": Device.ROBOT,
    "Mozilla/5.0 (compatible; Baiduspider/2.0)": Device.ROBOT,
    f"Mozilla/5.0 (X11; Linux x86_64) {ENGINE} HeadlessChrome/130.0 Safari/537.36": Device.ROBOT,
    "Pinterest/0.2 (+http://www.pinterest.com/bot.html)": Device.ROBOT,
    "curl/8.5.0": Device.ROBOT,
    "python-requests/2.32": Device.ROBOT,
    "": Device.UNKNOWN,
    "Mozilla/5.0": Device.UNKNOWN,
    "x" * 100_000: Device.UNKNOWN,
}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent[:60] + str(len(agent)))
def test_a_device_is_what_it_says_it_is(agent: str) -> None:
    assert device_of(agent) is AGENTS[agent]


@given(st.text(max_size=200))
@settings(max_examples=40)
def test_whatever_a_program_calls_itself_is_some_device(agent: str) -> None:
    assert device_of(agent) in Device


@pytest.mark.parametrize("device", list(Device))
def test_only_what_somebody_asked_for_is_a_scan(device: Device) -> None:
    assert is_scan("GET", device, {}) is (device not in {Device.ROBOT, Device.PREVIEW})
    assert not is_scan("HEAD", device, {})
    assert not is_scan("GET", device, {"Sec-Purpose": "prefetch;prerender"})
    assert not is_scan("GET", device, {"Purpose": "prefetch"})


def _counted(times: list[datetime]) -> list[datetime]:
    return [at for round_ in rounds([("ITEM", "phone", at) for at in times]) for _code, _device, at in round_]


def test_one_device_reading_again_and_again_counts_once_in_ten_minutes() -> None:
    times = [BEGIN + timedelta(seconds=5 * n) for n in range(500)]
    assert len(_counted(times)) == 5


def test_one_that_comes_ten_minutes_after_the_last_that_counted_counts() -> None:
    late = BEGIN + COUNTS_ONCE_IN
    assert _counted([BEGIN, late - timedelta(seconds=1), late]) == [BEGIN, late]


@given(st.lists(st.integers(0, 7200).map(lambda s: BEGIN + timedelta(seconds=s))))
def test_counted_scans_are_ten_minutes_apart_and_none_is_left_out(times: list[datetime]) -> None:
    found = _counted(times)
    assert all(b - a >= COUNTS_ONCE_IN for a, b in pairwise(found))
    assert all(any(timedelta(0) <= at - each < COUNTS_ONCE_IN for each in found) for at in times)


_minutes = st.integers(0, 60).map(lambda minute: BEGIN + timedelta(minutes=minute))


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["phone", "tablet"]), _minutes)))
def test_no_code_and_device_is_twice_in_a_round_and_each_round_is_in_order(rows: list[Row]) -> None:
    for round_ in rounds(rows):
        keys = [(code, device) for code, device, _at in round_]
        assert keys == sorted(set(keys))
