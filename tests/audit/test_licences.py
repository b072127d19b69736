"""Which licences the audit lets pass."""

import pytest

from audit.licences import is_free


@pytest.mark.parametrize(
    "stated",
    ["MIT", "BSD-3-Clause", "Apache-2.0 OR BSD-2-Clause", "LGPL-3.0-only", "MIT AND PSF-2.0", "MIT OR AGPL-3.0-only",
     "GNU Lesser General Public License v2 or later (LGPLv2+)", "Mozilla Public License 2.0 (MPL 2.0)"],
)  # fmt: skip
def test_free_licences_pass(stated: str) -> None:
    assert is_free(stated)


@pytest.mark.parametrize(
    "stated",
    ["", "AGPL-3.0-only", "GNU Affero General Public License v3", "Proprietary", "MIT AND AGPL-3.0-or-later",
     "BSD License and Other/Proprietary License", "SSPL-1.0", "UNLICENSED", "BUSL-1.1"],
)  # fmt: skip
def test_others_and_silence_do_not(stated: str) -> None:
    assert not is_free(stated)
