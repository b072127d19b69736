import pytest

from trace.accounts.user_agents import device_label, in_app_browser

CHROME = "Mozilla/5.0 (Linux; Android 13; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
ZALO = f"{CHROME} Zalo android/12100755"
FACEBOOK = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/440.0]"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
COC_COC = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 coc_coc_browser/130.0 Chrome/124.0 Safari/537.36"


@pytest.mark.parametrize(
    ("header", "label"),
    [
        (CHROME, "Chrome, Android"),
        (ZALO, "Zalo, Android"),
        (FACEBOOK, "Facebook, iPhone"),
        (EDGE, "Edge, Windows"),
        (COC_COC, "Cốc Cốc, Windows"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_by_its_name_and_system(header: str, label: str) -> None:
    assert device_label(header) == label


def test_a_label_holds_nothing_else_of_the_header() -> None:
    assert device_label(f"{CHROME} <script>0912345678</script>") == "Chrome, Android"


def test_browsers_inside_apps_are_noticed() -> None:
    assert in_app_browser(ZALO) == "Zalo"
    assert in_app_browser(FACEBOOK) == "Facebook"
    assert in_app_browser(CHROME) is None
