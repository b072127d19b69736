import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.gs1.digital_link import canonicalise, lot_uri, lot_urn, parse_urn, parse_web_uri
from trace.gs1.keys import CHARACTER_SET_82

lots = st.text("".join(sorted(CHARACTER_SET_82)), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("urn", "canonical"),
    [
        ("urn:epc:id:sgtin:4012345.011111.98%22", "/01/04012345111118/21/98%22"),
        ("urn:epc:id:sgtin:415056789012.0.987654", "/01/04150567890128/21/987654"),
        ("urn:epc:id:sgtin:0614141.812345.6789%2F%26%25!()", "/01/80614141123458/21/6789%2F%26%25%21%28%29"),
        ("urn:epc:id:sgtin:4012345.011111.a.b", "/01/04012345111118/21/a.b"),
        ("urn:epc:id:sgtin:4012345.011111.*", "/01/04012345111118/21/%2A"),
        ("urn:epc:id:sscc:4012345.3111111111", "/00/340123451111111111"),
        ("urn:epc:id:sgln:4012345.00005.122", "/414/4012345000054/254/122"),
        ("urn:epc:id:sgln:4012345.00005.0", "/414/4012345000054"),
        ("urn:epc:id:sgln:401234500005..0", "/414/4012345000054"),
        ("urn:epc:id:pgln:999999999999.", "/417/9999999999994"),
        ("urn:epc:id:grai:4012345.00022.334455", "/8003/04012345000221334455"),
        ("urn:epc:id:giai:4012345.ABC345", "/8004/4012345ABC345"),
        ("urn:epc:id:gsrn:4012345.0000006765", "/8018/401234500000067657"),
        ("urn:epc:id:gsrnp:4012345.0000000007", "/8017/401234500000000074"),
        ("urn:epc:id:gdti:4012345.00009.PO-4711", "/253/4012345000092PO-4711"),
        ("urn:epc:id:gdti:987659999999..9", "/253/98765999999929"),
        (
            "urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234",
            "/8010/061414111111111111111-A%23%2F/8011/1234",
        ),
        ("urn:epc:id:ginc:0614141.xyz47%2f11", "/401/0614141xyz47%2F11"),
        ("urn:epc:id:gsin:4012345.222333444", "/402/40123452223334442"),
        ("urn:epc:id:itip:4012345.011111.01.02.987", "/8006/040123451111180102/21/987"),
        ("urn:epc:id:upui:1234567.098765.51qIgY)%3C%26", "/01/01234567987651/235/51qIgY%29%3C%26"),
        ("urn:epc:id:sgcn:4012345.99999.44", "/255/401234599999044"),
        ("urn:epc:class:lgtin:4012345.012345.Lot987", "/01/04012345123456/10/Lot987"),
        ("urn:epc:idpat:sgtin:4012345.012345.*", "/01/04012345123456"),
        ("urn:epc:idpat:grai:4012345.99999.*", "/8003/04012345999990"),
        ("urn:epc:idpat:cpi:4012345.AB12.*", "/8010/4012345AB12"),
        ("urn:epc:idpat:itip:4012345.012345.01.02.*", "/8006/040123451234560102"),
        ("urn:epc:idpat:upui:4012345.012345.*", "/01/04012345123456"),
    ],
)
def test_every_epc_urn_has_a_canonical_address(urn: str, canonical: str) -> None:
    assert canonicalise(urn) == "https://id.gs1.org" + canonical


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:id:sgtin:4012345.01111.9",  # 12 digits
        "urn:epc:id:sgtin:40123.45011111.9",  # prefix of 5
        "urn:epc:id:sgtin:4012345.011111",
        "urn:epc:id:sgtin:4012345.011111.",
        "urn:epc:id:sgtin:4012345.011111.with space",
        "urn:epc:id:sgtin:4012345.011111." + "9" * 21,
        "urn:epc:id:sgtin:4012345.011111.%C3%A9",
        "urn:epc:id:lgtin:4012345.012345.L",
        "urn:epc:class:sgtin:4012345.012345.L",
        "urn:epc:class:lgtin:4012345.012345.",
        "urn:epc:idpat:sgtin:4012345.012345.7",
        "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:id:sgcn:4012345.99999.4a",
        "urn:epc:id:cpi:4012345.abc.1",
        "urn:epc:id:gid:1.2.3",
        "urn:epc:id",
        "urn:epc:",
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "urn:epcglobal:cbv:bt:4012345000009:ASN1099",
    ],
)
def test_what_is_no_epc_urn_of_gs1_has_none(urn: str) -> None:
    assert parse_urn(urn) is None
    assert canonicalise(urn) is None


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("https://id.gs1.de/01/04012345999990/21/XYZ-1234", "/01/04012345999990/21/XYZ-1234"),
        ("http://example.com/gtin/9780345418913", "/01/09780345418913"),
        ("HTTPS://EXAMPLE.COM/01/9780345418913", "/01/09780345418913"),
        ("https://example.com/gtin/09780345418913/21/765tz?abc=211121", "/01/09780345418913/21/765tz"),
        ("https://example.com/gtin-8/01/97803111", "/01/00000097803111"),
        ("https://example.com/01/001122334455/ser/GHB", "/01/00001122334455/21/GHB"),
        ("https://example.com/01/9780345418913/22/344/10/1223/21/765tz", "/01/09780345418913/21/765tz"),
        ("https://example.com/01/9780345418913/10/A%2fB#top", "/01/09780345418913/10/A%2FB"),
        ("https://example.com/01/9780345418913/10/a:b", "/01/09780345418913/10/a%3Ab"),
        ("https://example.com/01/9780345418913/10/01", "/01/09780345418913/10/01"),
        ("https://example.com/01/9780345418913/235/AB", "/01/09780345418913/235/AB"),
        ("https://example.com/8006/040123451234560102/22/AB/21/443322", "/8006/040123451234560102/21/443322"),
        ("https://example.com/414/4280000000002/254/12", "/414/4280000000002/254/12"),
        ("https://example.com/party/4226350800008/", "/417/4226350800008"),
        ("https://example.com/8010/0628165987/8011/9876", "/8010/0628165987/8011/9876"),
        ("https://example.com/8018/385888700111111111/8019/7", "/8018/385888700111111111"),
        ("https://example.com/some/path/00/340123453111111115", "/00/340123453111111115"),
    ],
)
def test_every_digital_link_has_one_canonical_form(uri: str, canonical: str) -> None:
    assert canonicalise(uri) == "https://id.gs1.org" + canonical


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.org/123/4012345/456/4711",
        "http://id.gs1.org/99/9780345418913",
        "http://id.gs1.org/01/9780345418913/99/utfgf",
        "http://id.gs1.org/01/9780345418913/21/a/10/b",  # wrong order
        "http://id.gs1.org/01/9780345418913/10",
        "http://example.de/01/97803",
        "https://id.gs1.org/8006/04012345123456/22/ABCD/10/XYZ",
        "https://id.gs1.org/01/9780345418913/10/%C3%A9",
        "https://id.gs1.org/01/٩٧٨٠٣٤٥٤١٨٩١٣",
        "geo:47.5,11.1",
        "https://",
        "42",
        "",
    ],
)
def test_an_ordinary_address_is_left_alone(uri: str) -> None:
    assert parse_web_uri(uri) is None
    assert canonicalise(uri) is None


@given(lots)
def test_a_lot_is_the_same_as_urn_and_as_address(lot: str) -> None:
    uri, urn = lot_uri("04012345123456", lot), lot_urn("04012345123456", lot, 7)
    assert urn.startswith("urn:epc:class:lgtin:4012345.012345.")
    assert canonicalise(urn) == canonicalise(uri) == uri
    identifier = parse_web_uri(uri)
    assert identifier is not None
    assert identifier.qualifier == lot


@given(st.text(max_size=60))
def test_any_text_is_read_without_error(text: str) -> None:
    for lead in ("", "urn:epc:id:sgtin:", "urn:epc:idpat:cpi:4012345.", "https://x/01/", "https://"):
        canonicalise(lead + text)
