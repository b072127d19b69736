"""Patterns of EPCs: which identifiers they mean, in every form these are written."""

import pytest

from trace.epcis.patterns import read_pattern

SGTIN = "urn:epc:id:sgtin:0614141.107346.2017"
SGTIN_LINK = "https://example.com/01/10614141073464/21/2017"
LGTIN = "urn:epc:class:lgtin:4054739.099914.20160711"
LGTIN_LINK = "https://id.gs1.org/01/04054739999148/10/20160711"


@pytest.mark.parametrize(
    ("pattern", "epc"),
    [(SGTIN, SGTIN), (SGTIN, SGTIN_LINK), (SGTIN_LINK, SGTIN), ("urn:epc:idpat:sgtin:0614141.107346.*", SGTIN),
     ("urn:epc:idpat:sgtin:0614141.107346.*", SGTIN_LINK), ("urn:epc:idpat:sgtin:0614141.*.*", SGTIN),
     ("urn:epc:idpat:sgtin:*.*.*", SGTIN), ("urn:epc:idpat:sgtin:0614141.107346.2017", SGTIN),
     ("https://id.gs1.org/01/10614141073464/*", SGTIN), ("https://other.example/01/10614141073464/21/*", SGTIN),
     ("urn:epc:idpat:sscc:0614141.*", "urn:epc:id:sscc:0614141.1234567890"), ("urn:epc:idpat:sscc:*.*", "https://id.gs1.org/00/106141412345678908"),
     ("urn:epc:idpat:sgln:0614141.07346.*", "urn:epc:id:sgln:0614141.07346.1234"), ("urn:epc:idpat:sgln:0614141.*.*", "urn:epc:id:sgln:0614141.07346.0"),
     ("urn:uuid:831c0292-4de1-430a-8255-2aca821abaab", "urn:uuid:831c0292-4de1-430a-8255-2aca821abaab"),
     ("urn:epc:idpat:giai:0614141.*", "urn:epc:id:giai:0614141.12345400"), ("urn:epc:idpat:grai:0614141.12345.*", "urn:epc:id:grai:0614141.12345.400")],
)  # fmt: skip
def test_a_pattern_fits_what_it_means(pattern: str, epc: str) -> None:
    read = read_pattern(pattern)
    assert read is not None
    assert read.fits(epc)


@pytest.mark.parametrize(
    ("pattern", "epc"),
    [(SGTIN, "urn:epc:id:sgtin:0614141.107346.2018"), ("urn:epc:idpat:sgtin:0614141.107346.*", "urn:epc:id:sgtin:0614141.107347.2017"),
     ("urn:epc:idpat:sgtin:0614142.*.*", SGTIN), ("urn:epc:idpat:sgtin:0614141.107346.*", "https://id.gs1.org/01/10614141073464"),
     ("urn:epc:idpat:sgtin:0614141.107346.*", "https://id.gs1.org/01/10614141073464/10/L1"),
     ("https://id.gs1.org/01/10614141073464/10/*", SGTIN), ("urn:epc:idpat:sscc:0614142.*", "urn:epc:id:sscc:0614141.1234567890"),
     ("urn:x:a_c", "urn:x:abc"), ("urn:x:a%", "urn:x:abc"), ("urn:x:*", "urn:x:abc"), ("urn:uuid:1", "urn:uuid:12")],
)  # fmt: skip
def test_a_pattern_fits_nothing_else(pattern: str, epc: str) -> None:
    read = read_pattern(pattern)
    assert read is not None
    assert not read.fits(epc)


@pytest.mark.parametrize(
    ("pattern", "epc_class", "fits"),
    [(LGTIN, LGTIN_LINK, True), (LGTIN_LINK, LGTIN, True), ("urn:epc:idpat:lgtin:4054739.099914.*", LGTIN, True),
     ("urn:epc:idpat:sgtin:4012345.066666.*", "urn:epc:idpat:sgtin:4012345.066666.*", True),
     ("urn:epc:idpat:sgtin:4012345.066666.*", "https://id.gs1.org/01/04012345666663", True),
     ("urn:epc:idpat:sgtin:4012345.*.*", "https://id.gs1.org/01/04012345666663", True),
     ("urn:epc:idpat:sgtin:4012345.066666.*", "https://id.gs1.org/01/04012345666663/10/L1", False),
     ("https://id.gs1.org/01/04012345666663/*", "https://id.gs1.org/01/04012345666663/10/L1", True)],
)  # fmt: skip
def test_a_pattern_of_classes(pattern: str, epc_class: str, fits: bool) -> None:
    read = read_pattern(pattern, is_class=True)
    assert read is not None
    assert read.fits(epc_class) is fits


@pytest.mark.parametrize(
    "text",
    ["urn:epc:idpat:sgtin:", "urn:epc:idpat:sgtin:1.2.*", "urn:epc:idpat:sgtin:*.107346.*", "urn:epc:idpat:sgtin:0614141.*.2017",
     "urn:epc:idpat:nothing:1.*", "urn:epc:idpat:sscc:1", "https://example.com/a/b/*", "urn:epc:idpat:grai:x.*", "urn:epc:idpat:sgln:0614141.07346.5"],
)  # fmt: skip
def test_a_pattern_nobody_defined_is_none(text: str) -> None:
    assert read_pattern(text) is None
