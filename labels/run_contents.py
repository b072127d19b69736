"""What each label of a run says: from the run to a function of code and number. No drawing and no request."""

from collections.abc import Callable
from dataclasses import replace

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from labels import services
from labels.choices import Choices
from labels.qr import digital_link_address, element_string, printed_address, readable_site
from labels.spec import LabelContent
from trace.batches.models import Batch
from trace.batches.rules import seal_value
from trace.batches.stamp_models import StampRun
from trace.core.errors import BadInput, Refusal
from trace.core.installation import is_demo

Contents = Callable[[str, int], LabelContent]


class GtinNotChecked(BadInput):
    """A GS1 address with a serial needs a lot whose sealed GTIN was checked: else another's claim could answer it."""

    code = "gtin-not-checked"

    def __init__(self) -> None:
        super().__init__(
            _l("A GS1 address with a serial needs a lot with a barcode number that was checked."),
            field="form",
        )


class HiddenCodesNotPrinted(Refusal):
    """Hidden codes go to a print shop that covers them; a label without its hidden code would be worth nothing."""

    code = "hidden-codes-not-printed"

    def __init__(self) -> None:
        super().__init__(
            _l("Stamps with hidden codes are printed from their table, by who can cover the codes.")
        )


def run_contents(session: Session, run: StampRun, choices: Choices) -> Contents:
    """The labels of a run with what was chosen for them; ``contents(code, number)`` is one of them.

    Raises ``LabelRefused`` for labels of a lot that may have none, `GtinNotChecked`, and what addresses refuse.
    """
    base = (
        _of_roll(session, run)
        if run.batch is None
        else services.label_content(session, run.batch, run.address)
    )
    has_ean = choices.has_ean and run.batch is not None
    base = replace(
        base, own_text=choices.own_text, ean=services.till_number(run.batch) if has_ean and run.batch else ""
    )
    if choices.is_gs1:
        return _with_gs1_address(base, run)

    address = run.address  # the function outlives the session that read the run

    def contents(code: str, number: int) -> LabelContent:
        return replace(base, code=code, number=str(number), address=printed_address(address, code))

    return contents


def may_have_gs1_address(run: StampRun) -> bool:
    """Whether the labels are of a lot whose sealed GTIN is the product's and was checked."""
    if run.batch is None:
        return False
    gtin, product = services.sealed_gtin(run.batch), run.batch.product
    return bool(gtin) and product.gtin == gtin and product.gtin_checked_at is not None


def _with_gs1_address(base: LabelContent, run: StampRun) -> Contents:
    batch = run.batch
    if batch is None or not may_have_gs1_address(run):
        raise GtinNotChecked
    gtin, lot = services.sealed_gtin(batch), _lot(batch)
    start = digital_link_address(run.address, gtin, lot)

    def contents(code: str, number: int) -> LabelContent:
        hri = element_string(gtin, lot, code)
        return replace(base, code=code, number=str(number), address=f"{start}/21/{code}", hri=hri)

    return contents


def _lot(batch: Batch) -> str:
    return seal_value(batch.seal or {}, "lot_number")


def _of_roll(session: Session, run: StampRun) -> LabelContent:
    """A stamp before there is a lot: the product or whoever it was issued to, and no lot."""
    producer = run.organisation
    product = run.product.name if run.product is not None else ""
    return LabelContent(
        product_name=product or producer.name,
        lot_number="",
        dates=(),
        code="",
        address="",
        readable_site=readable_site(run.address),
        producer_name=producer.name if product else "",
        commune=producer.seat.commune.name,
        is_demo=is_demo(session),
    )
