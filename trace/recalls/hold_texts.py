"""The fixed public wording of a paused sale: what the scan page says is what an officer chooses from, word for word.

None of it names a substance or a suspicion: a pause is no finding.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from trace.recalls.hold_rules import HoldReason, ReleaseReason

AWAITED: Final[Mapping[HoldReason, Any]] = {
    HoldReason.TEST_RESULT: _l("The authority is waiting for a test result."),
    HoldReason.INSPECTION: _l("The authority is inspecting where it was made or kept."),
    HoldReason.PAPERS: _l("The authority is waiting for papers."),
    HoldReason.REPORTS: _l("The authority is looking into reports from buyers."),
    HoldReason.RELATED_RECALL: _l("The authority is checking whether a recall of other goods concerns it."),
}

RELEASES: Final[Mapping[ReleaseReason, Any]] = {
    ReleaseReason.TEST_PASSED: _l("the test came out within limits"),
    ReleaseReason.CHECKED: _l("the check found nothing against it"),
    ReleaseReason.NOT_CONCERNED: _l("it turned out not to be concerned"),
    ReleaseReason.ENTERED_BY_MISTAKE: _l("it was entered by mistake"),
    ReleaseReason.RECALLED_INSTEAD: _l("a recall took its place"),
}
