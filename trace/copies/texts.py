"""The words of decisions about copied labels, for owner and authority. What the public reads is in ``trace.public``."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.copies.rules import Decision

OPEN: Final = _l("Not decided yet")

DECISIONS: Final[Mapping[str, Any]] = {
    Decision.NO_COPY: _l("No copy"),
    Decision.NEEDS_CHECK: _l("Needs a check"),
    Decision.CONFIRMED_COPY: _l("Found to be copied"),
}
# What each choice of the form does.
CHOICES: Final[Mapping[str, Any]] = {
    Decision.NO_COPY: _l("No copy: the page of the label says nothing of it"),
    Decision.NEEDS_CHECK: _l("Needs a check: the page asks to compare, and says nothing has been concluded"),
    Decision.CONFIRMED_COPY: _l("Copied: the page says who decided that, and when"),
}
TAKEN_BACK: Final = _l("Decision taken back")

TONES: Final[Mapping[str | None, str]] = {
    None: "copy",
    Decision.NO_COPY: "ok",
    Decision.NEEDS_CHECK: "copy",
    Decision.CONFIRMED_COPY: "expired",
}
