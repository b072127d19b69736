"""Words of the officers' pages for codes that are theirs alone. What the public reads is in ``trace.recalls.texts``."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.authority.schemas import Basis
from trace.recalls.rules import RecallClass

CLASSES: Final[Mapping[RecallClass, Any]] = {
    RecallClass.HEALTH: _l("Health: it may harm people"),
    RecallClass.QUALITY: _l("Quality: it falls short of what was declared"),
    RecallClass.LABELLING: _l("Labelling: the label is wrong"),
}

SHORT_CLASSES: Final[Mapping[RecallClass, Any]] = {
    RecallClass.HEALTH: _l("Health"),
    RecallClass.QUALITY: _l("Quality"),
    RecallClass.LABELLING: _l("Labelling"),
}

BASES: Final[Mapping[Basis, Any]] = {
    Basis.DECISION: _l("A decision of the authority"),
    Basis.VOLUNTARY: _l("The producer recalls of its own will"),
}
