"""The public side of reports: the form on a code's or a product's page, and where a report stands, by its number.

No script, no cookie, no account, and no address is kept. What is sent is never public: these pages show a report's
state and its answers to whoever has its number, and nothing else of it.
"""

from typing import Final

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from producers.models import Product
from trace.batches import stamp_queries
from trace.batches.models import Batch
from trace.core import clock
from trace.core.blobs import LARGEST_BYTES
from trace.core.errors import BadInput, NotFound, Refusal, TooManyTries
from trace.core.forms import Form
from trace.core.http import Audience, audience, by_secret_address, content_security_policy, db
from trace.core.language import language, public_url
from trace.core.short_codes import pretty
from trace.gs1.keys import normalise_gtin
from trace.public import build, guessing
from trace.public.answers import inline_style
from trace.public.report_pages import Answer, FindReportPage, ReportedGoods, ReportFormPage, ReportPage
from trace.public.views import blueprint
from trace.reports import pictures, queries, services
from trace.reports.models import Report, ReportStep
from trace.reports.rules import MOST_PICTURES
from trace.reports.schemas import ReportForm
from trace.reports.services import Subject
from trace.reports.texts import KINDS, PACKS, STATES, TONES
from trace.resolver import items
from trace.verdict.queries import look_up
from trace.verdict.rules import CodeState

PICTURE_FIELDS: Final = tuple(f"picture-{place}" for place in range(1, MOST_PICTURES + 1))
# Above what three pictures may have: one that is too large is then refused by its field, and the words are kept.
LARGEST_SENDING: Final = 32 * 1024 * 1024
# The address of a report is its secret: other sites do not learn it, search engines neither.
_SECRET: Final = {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}


def init_reports(app: Flask) -> None:
    """Give the application the counts of this process."""
    app.extensions[pictures.GATE] = pictures.Gate()


@blueprint.route("/T/<code>/phan-anh", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
@by_secret_address  # nobody's account is used, and a form of another site is refused by where it comes from
def report_code(code: str) -> ResponseReturnValue:
    """Report a problem with what carries this code."""
    request.max_content_length = LARGEST_SENDING
    guessing.admit()
    subject, goods = _of_code(code)
    return _take(subject, goods)


@blueprint.route("/san-pham/<gtin>/phan-anh", methods=["GET", "POST"])
@audience(Audience.PUBLIC)
@by_secret_address  # as above
def report_product(gtin: str) -> ResponseReturnValue:
    """Report a problem with a product of which no code is at hand."""
    request.max_content_length = LARGEST_SENDING
    number = normalise_gtin(gtin)
    if number is None:
        raise NotFound(_("There is nothing at this address."))
    product = items.resolved_products(db(), number)[0]
    goods = ReportedGoods(
        code=number,
        page_url=public_url("public.show_product", gtin=number),
        name=product.name,
        producer_name=product.organisation.name,
    )
    subject = Subject(number, product_id=product.id, organisation_id=product.organisation_id)
    return _take(subject, goods)


@blueprint.get("/phan-anh")
@audience(Audience.PUBLIC)
def find_report() -> ResponseReturnValue:
    """The field for a report's number, and where it leads."""
    typed = request.args.get("number", "")
    if not typed.strip():
        return _answer("reports/find.html", _find_page(), is_secret=False)
    number = queries.read_number(typed)
    if number is None:
        return _answer("reports/find.html", _find_page(typed, "malformed"), 400)
    return redirect(public_url("public.show_report", number=number), 303)


@blueprint.get("/phan-anh/<number>")
@audience(Audience.PUBLIC)
def show_report(number: str) -> ResponseReturnValue:
    """Where a report stands, for whoever has its number."""
    guessing.admit()
    read = queries.read_number(number)
    if read is None:
        return _answer("reports/find.html", _find_page(number, "malformed"), 400)
    report = queries.find_by_number(db(), read)
    if report is None:
        guessing.note_unknown()
        return _answer("reports/find.html", _find_page(number, "unknown"), 404)
    return _answer("reports/state.html", _report_page(report))


def _take(subject: Subject, goods: ReportedGoods) -> ResponseReturnValue:
    """The form, or what came of sending it: the report's page, or the form again with all that was written."""
    form = Form()
    if request.method == "POST":
        try:
            form = Form.from_request()
            sent = _send(form, subject)
        except RequestEntityTooLarge:
            form.refuse(
                BadInput(
                    _("The pictures are too large together. Go back: the words still stand there."),
                    field=PICTURE_FIELDS[0],
                    http_status=413,
                )
            )
        except services.ReportKeyReused as refusal:
            _refuse(form, refusal)
            form.key = Form().key
        except (BadInput, TooManyTries) as refusal:
            _refuse(form, refusal)
        else:
            # Loading the page again must not send again.
            return redirect(public_url("public.show_report", number=sent), 303)
        finally:
            _close_uploads()
    page = ReportFormPage(
        frame=build.frame(db()),
        goods=goods,
        form=form,
        kinds=list(KINDS.items()),
        packs=list(PACKS.items()),
        picture_fields=PICTURE_FIELDS,
        find_url=public_url("public.find_report"),
    )
    answer = _answer("reports/form.html", page, form.status, is_secret=False)
    if form.retry_after:
        answer.headers["Retry-After"] = str(form.retry_after)
    return answer


def _send(form: Form, subject: Subject) -> str:
    """Take the report in, commit, and return its number."""
    services.check_key(form.key)
    stated = form.load(ReportForm())
    sent = _read_pictures()
    request_hash = services.digest(subject, stated, [content for _field, content in sent])
    before = services.find_same(db(), form.key, request_hash)
    if before is not None:
        return before.number
    gate: pictures.Gate = current_app.extensions[pictures.GATE]
    gate.admit(request.remote_addr or "")
    db().rollback()  # drawing takes a while: no transaction is held open meanwhile
    drawn = []
    for field, content in sent:
        with gate.turn():
            drawn.append(pictures.draw_again(content, field))
    with pictures.stored(current_app.extensions[pictures.STORE], drawn):
        report = services.send_report(
            db(), subject, stated, drawn, form_key=form.key, request_hash=request_hash, language=language()
        )
        number = report.number
        db().commit()
    return number


def _read_pictures() -> list[tuple[str, bytes]]:
    found = []
    for field in PICTURE_FIELDS:
        upload = request.files.get(field)
        if upload is not None and upload.filename:
            # One byte more than may be: so that "too large" is known without reading all of it.
            found.append((field, upload.stream.read(LARGEST_BYTES + 1)))
    return found


def _refuse(form: Form, refusal: Refusal) -> None:
    db().rollback()
    form.refuse(refusal)
    chosen = [field for field in PICTURE_FIELDS if (one := request.files.get(field)) and one.filename]
    for field in chosen:
        form.errors.setdefault(field, _("Choose this picture again: the browser does not keep it."))


def _close_uploads() -> None:
    """A large upload lies in a file without a name; with this it is gone."""
    try:
        for upload in request.files.values():
            upload.close()
    except RequestEntityTooLarge:
        return  # nothing of it was read


def _of_code(typed: str) -> tuple[Subject, ReportedGoods]:
    """What a code stands for. A slip of the finger is nothing to report: ``NotFound``."""
    known = look_up(db(), typed)
    if known.facts.code_state is CodeState.MALFORMED:
        raise NotFound(_("There is nothing at this address."))
    if known.facts.code_state is CodeState.UNKNOWN:
        guessing.note_unknown()
    code, batch = known.code, known.batch
    page_url = public_url("public.show_code", code=code)
    if batch is None:
        stamp = stamp_queries.find_stamp(db(), code)
        owner = stamp.run.organisation_id if stamp else None
        return Subject(code, organisation_id=owner), ReportedGoods(code=pretty(code), page_url=page_url)
    subject = Subject(
        code, batch_id=batch.id, product_id=batch.product_id, organisation_id=batch.organisation_id
    )
    if batch.seal is None:
        return subject, ReportedGoods(code=pretty(code), page_url=page_url)
    card = build.compare_card(batch, batch.seal)
    return subject, ReportedGoods(
        code=pretty(code),
        page_url=page_url,
        name=card.product_name,
        lot_number=card.lot_number,
        producer_name=card.producer_name,
    )


def _find_page(typed: str = "", error: str | None = None) -> FindReportPage:
    return FindReportPage(
        frame=build.frame(db()),
        find_url=public_url("public.find_report"),
        typed=typed[:40],
        error=error,
    )


def _report_page(report: Report) -> ReportPage:
    name, lot_number = _named(report.batch, report.product)
    removed = report.private_removed_at
    return ReportPage(
        frame=build.frame(db()),
        number=pretty(report.number),
        state=report.state,
        title=STATES[report.state],
        tone=TONES[report.state],
        kind=KINDS[report.kind],
        goods_name=name,
        lot_number=lot_number,
        sent_at=clock.local(report.created_at),
        answers=[_told(step) for step in report.steps],
        has_phone=report.phone is not None,
        may_producer_call=report.may_producer_call,
        is_producer_known=report.organisation_id is not None,
        is_settled=report.is_settled,
        private_days=current_app.config["SETTINGS"].report_private_days,
        private_removed_on=clock.local(removed).date() if removed else None,
    )


def _named(batch: Batch | None, product: Product | None) -> tuple[str | None, str | None]:
    """Product and lot number, where the public page of the code names them too."""
    if batch is None:
        return (product.name if product else None), None
    if batch.seal is None:
        return None, None
    card = build.compare_card(batch, batch.seal)
    return card.product_name, card.lot_number


def _told(step: ReportStep) -> Answer:
    return Answer(
        state=STATES[step.state],
        words=step.words,
        # Which household or firm it is, the code's own page says, or not.
        who=step.organisation.name if step.is_by_authority else _("The producer"),
        said_at=clock.local(step.created_at),
    )


def _answer(template: str, page: object, status: int = 200, *, is_secret: bool = True) -> Response:
    css, style_hash = inline_style()
    answer = make_response(render_template(template, page=page, public_css=css), status)
    policy = content_security_policy(style_src=f"'self' 'sha256-{style_hash}'")
    answer.headers.update({"Content-Security-Policy": policy, "Cache-Control": "no-store"})
    if is_secret:
        answer.headers.update(_SECRET)
    return answer
