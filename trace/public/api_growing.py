"""What the look-up for programs answers of growing and testing: the fields of the page, one for one."""

import marshmallow as ma

from trace.core.api import Answer
from trace.public.pages import Vouch

VOUCHES = {"enum": [str(vouch) for vouch in Vouch]}


class DiaryLineAnswer(Answer):
    """One thing done where it grew; `wait` has the days as they were declared."""

    done_on = ma.fields.Date()
    title = ma.fields.String()
    used = ma.fields.String()
    active_ingredient = ma.fields.String()
    purpose = ma.fields.String()
    wait = ma.fields.String(allow_none=True)
    recorded = ma.fields.String()
    on_behalf = ma.fields.String(allow_none=True)
    marks = ma.fields.List(ma.fields.String())
    is_taken_back = ma.fields.Boolean()


class DiaryAnswer(Answer):
    """The production diary in summary: the last spraying and the days waited, then what was done, the last first."""

    summary = ma.fields.List(ma.fields.String())
    lines = ma.fields.List(ma.fields.Nested(DiaryLineAnswer))
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()


class TestLineAnswer(Answer):
    """What was tested, as the report has it; `is_outside`: the laboratory said that it does not meet its limit."""

    parameter = ma.fields.String()
    result = ma.fields.String()
    limit = ma.fields.String()
    stated = ma.fields.String(allow_none=True)
    is_outside = ma.fields.Boolean()


class TestReportAnswer(Answer):
    """One laboratory report, as the producer copied it out."""

    laboratory = ma.fields.String()
    number = ma.fields.String()
    sampled_on = ma.fields.Date(allow_none=True)
    reported_on = ma.fields.Date()
    lines = ma.fields.List(ma.fields.Nested(TestLineAnswer))
    picture_url = ma.fields.String(allow_none=True)
    recorded = ma.fields.String()
    marks = ma.fields.List(ma.fields.String())
    is_taken_back = ma.fields.Boolean()
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()


class OfficialCheckAnswer(Answer):
    """What the authority itself looked at."""

    title = ma.fields.String()
    checked_on = ma.fields.Date()
    result = ma.fields.String(allow_none=True)
    vouch = ma.fields.String(metadata=VOUCHES)
    who_says = ma.fields.String()
