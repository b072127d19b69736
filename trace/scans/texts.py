"""Why a label may have been copied, in words: what was seen, never that goods are counterfeit."""

from flask_babel import gettext as _

from trace.scans.clones import Finding, Reason


def describe(finding: Finding) -> str:
    """One reason as a sentence, in the language of who reads it."""
    sentences = {
        Reason.VOID: _(
            "This label is void, and was scanned in communes all the same: %(places)d.", places=finding.places
        ),
        Reason.NEVER_ACTIVATED: _(
            "This label stands for no lot, and was scanned in communes all the same: %(places)d.",
            places=finding.places,
        ),
        Reason.AFTER_SALE: _(
            "The item was noted as sold; after that its label was scanned in %(places)d communes.",
            places=finding.places,
        ),
        Reason.IMPOSSIBLE_TRAVEL: _(
            "Two scans are %(kilometres)d km apart and %(minutes)d minutes after each other.",
            kilometres=finding.kilometres,
            minutes=int(finding.within.total_seconds() // 60),
        ),
        Reason.MANY_PLACES: _(
            "The label was scanned in %(places)d communes within %(hours)d hours.",
            places=finding.places,
            hours=int(finding.within.total_seconds() // 3600),
        ),
    }
    return str(sentences[finding.reason])
