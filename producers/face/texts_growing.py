"""The words of the diary and of test results in the producers' workspace."""

from flask_babel import lazy_gettext as _l

from producers.diary.models import WorkKind
from producers.test_results.schemas import Meets

WORK_KINDS = (
    (WorkKind.SPRAY, _l("Sprayed a plant protection product")),
    (WorkKind.FERTILISE, _l("Fertilised")),
    (WorkKind.OTHER, _l("Other work")),
)
WORK_NAMES = dict(WORK_KINDS)
MEETS = (
    (Meets.NOT_STATED, _l("The report does not say")),
    (Meets.YES, _l("Meets the limit")),
    (Meets.NO, _l("Does not meet the limit")),
)
