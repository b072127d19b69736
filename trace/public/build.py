"""Builds the public pages from queries: which facts are shown, who vouches for each, how a long way is folded.

What goes downstream is told by kind and commune; a name only where the organisation wishes it. Quantities, buyers
and free text are never read here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from flask import current_app, g, request, url_for
from sqlalchemy.orm import Session

from producers.models import Certificate
from trace.accounts.models import Organisation
from trace.accounts.queries import load_seats
from trace.batches.models import Batch, Origin
from trace.batches.rules import IF_ANY
from trace.batches.texts import ITEM_LABELS
from trace.core import clock
from trace.core.blobs import Size
from trace.core.installation import is_demo
from trace.core.language import language, public_url, tongues
from trace.core.revisions import Revision, list_revisions_of
from trace.core.short_codes import pretty
from trace.events import queries as event_queries
from trace.events.corrections import standing
from trace.events.handover_models import Shipment
from trace.events.models import Event, Verb
from trace.events.queries_handover import confirmed_shipments
from trace.events.services_observation import OFFICIAL
from trace.public import counting, growing, journey, made, public_log, route, sharing, speech, texts, wording
from trace.public.pages import CertificateLine, CodePage, CompareCard, Item, OcopLine, PublicFrame, Vouch
from trace.public.wording_route import SPEECH
from trace.verdict.queries import Known, look_up
from trace.verdict.rules import decide

LONGEST_ECHO = 40


def frame(session: Session) -> PublicFrame:
    """What surrounds every public page."""
    if "is_demo" not in g:
        g.is_demo = is_demo(session)
    return frame_without_reads()


def frame_without_reads() -> PublicFrame:
    """The same for a page that is shown when the database may be out of reach."""
    settings = current_app.config["SETTINGS"]
    return PublicFrame(
        language=language(),
        tongues=tongues(),
        origin=(settings.public_url or request.host_url).rstrip("/"),
        path=quote(request.path),
        home_url=public_url("public.show_home"),
        recalls_url=public_url("public.list_recalls"),
        lookup_url=public_url("public.find_code"),
        operator_name=settings.operator_name,
        operator_telephone=settings.support_phone,
        site=urlsplit(settings.public_url or request.host_url).netloc,
        is_demo=g.get("is_demo", False),
    )


def code_page(session: Session, typed: str) -> CodePage:
    """The page of a scanned or typed code, whatever it turns out to be."""
    return page_of(session, look_up(session, typed), typed)


def page_of(session: Session, known: Known, typed: str) -> CodePage:
    """The page of what is known of a code; ``typed`` is shown where that is no code."""
    around = frame(session)
    decision = decide(known.facts)
    is_code = known.facts.code_state != "malformed"
    shown = pretty(known.code) if is_code else typed[:LONGEST_ECHO]
    report_url = public_url("public.report_code", code=known.code) if is_code else None
    band = texts.verdict_band(
        decision,
        known.facts,
        code=shown,
        telephone=around.operator_telephone,
        language=around.language,
        other_language=around.other_language,
        hidden_code_url=_hidden_code_url(known),
        report_url=report_url or texts.REPORT_ANCHOR,
    )
    looked_up_at = clock.local(clock.now()).replace(second=0, microsecond=0)
    batch = known.batch
    bare = CodePage(
        frame=around,
        band=band,
        code=shown,
        looked_up_at=looked_up_at,
        is_item=known.is_item,
        report_url=report_url,
        place_url=public_url("public.show_places", code=known.code) if known.is_item else None,
    )
    if batch is None or batch.seal is None:
        return bare
    return _batch_page(session, known, batch, batch.seal, bare)


def _hidden_code_url(known: Known) -> str | None:
    return public_url("public.show_hidden_code", code=known.code) if known.has_hidden_code else None


def _batch_page(
    session: Session, known: Known, batch: Batch, seal: Mapping[str, Any], bare: CodePage
) -> CodePage:
    events = event_queries.list_batch_events(session, batch.id)
    stands = standing(events)
    load_seats(session, _named_on(batch, known.shipments, events))
    confirmed = confirmed_shipments(session, [s.id for s in known.shipments if s.party_id])
    changes = _changes_since_sealed(session, batch)
    steps = journey.build_journey(session, batch, known.shipments, events, confirmed)
    items = _items(batch, seal, changes)
    declared = sum(1 for item in items if item.lines and item.is_stated)
    sayer = journey.public_name(batch, batch.organisation)
    today = known.facts.today
    sealed = _sealed_certificate(batch, seal)
    card = compare_card(batch, seal)
    words_changed_on = _words_changed_on(changes)
    return CodePage(
        frame=bare.frame,
        band=bare.band,
        code=bare.code,
        looked_up_at=bare.looked_up_at,
        is_item=bare.is_item,
        report_url=bare.report_url,
        sharing=sharing.sharing_of(batch, card, bare.frame),
        compare=card,
        other_lots=made.packed_with(known.packed_with) or made.other_lots(batch, seal),
        who_vouches=made.who_says(batch, seal, sayer)
        if made.is_said_by_others(seal)
        else texts.who_vouches(
            declared_items=declared,
            confirmed_stages=_confirmed_stages(known, confirmed),
            checked_papers=0,
            inspected_on=_inspected_on(stands),
        ),
        ocop=_ocop_line(sealed, seal) if sealed and sealed.expires_on >= today else None,
        journey=steps,
        route=route.draw(steps, SPEECH),
        items=items,
        certificates=_certificates(batch, seal, sealed, today),
        test_results=growing.test_reports(session, batch, seal["producer_name"]),
        official_checks=growing.official_checks(stands),
        diary=growing.diary_block(session, batch, seal["producer_name"]),
        producer_words=batch.product.description or None,
        words_changed=wording.changed_on(words_changed_on, "") if words_changed_on else None,
        receive_url=url_for("shops.receive_code", code=batch.code),
        hidden_code_url=_hidden_code_url(known),
        scans=counting.scan_block(session, known.code) if known.is_item else None,
        log=public_log.log_block(session, batch, events),
    )


def _named_on(batch: Batch, shipments: Iterable[Shipment], events: Iterable[Event]) -> Iterator[Organisation]:
    """Whose seat the page may tell."""
    yield batch.organisation
    for shipment in shipments:
        yield from filter(None, (shipment.sender, shipment.receiver))
    yield from (event.organisation for event in events)


def _inspected_on(stands: Sequence[Event]) -> date | None:
    """The day the authority last inspected the lot, by what stands of its record."""
    inspected = (e.event_time for e in stands if e.verb == Verb.INSPECT and OFFICIAL in e.marks)
    last = max(inspected, default=None)
    return clock.local(last).date() if last else None


def _confirmed_stages(known: Known, confirmed: Collection[UUID]) -> int:
    """Handovers both sides stand behind: received, or confirmed by a link."""
    return sum(1 for s in known.shipments if s.receiver_id and s.received_at) + len(confirmed)


def _sealed_certificate(batch: Batch, seal: Mapping[str, Any]) -> Certificate | None:
    """The noted certificate that activation sealed; its row stays when the producer takes it away."""
    stated = seal.get("ocop")
    if stated is None:
        return None
    same = (
        paper
        for paper in batch.product.certificates
        if paper.decision_number == stated["decision_number"]
        and paper.decided_on.isoformat() == stated["decided_on"]
        and str(paper.stars) == stated["stars"]
        and paper.issuer == stated["issuer"]
        and not _is_later(paper.created_at, batch)
        and not (paper.removed_at and not _is_later(paper.removed_at, batch))
    )
    return next(same, None)


def _certificates(
    batch: Batch, seal: Mapping[str, Any], sealed: Certificate | None, today: date
) -> tuple[CertificateLine, ...]:
    who = wording.declared_by_producer(seal["producer_name"])
    return tuple(
        certificate_line(paper, who, today, _mark_of(paper, batch))
        for paper in batch.product.certificates
        if paper.removed_at is None or paper is sealed
    )


def certificate_line(
    paper: Certificate, who_says: str, today: date, mark: str | None = None
) -> CertificateLine:
    """A certificate as it stands on a page; nobody but the producer has stated it."""
    return CertificateLine(
        name=wording.ocop_paper(paper.stars),
        number=paper.decision_number,
        issuer=paper.issuer,
        decided_on=paper.decided_on,
        state=wording.paper_state(paper.expires_on, today),
        is_lapsed=paper.expires_on < today,
        vouch=Vouch.DECLARED,
        who_says=who_says,
        mark=mark,
    )


def _mark_of(paper: Certificate, batch: Batch) -> str | None:
    """What happened to a certificate after the lot was sealed."""
    if paper.removed_at is not None:
        return wording.removed(clock.local(paper.removed_at).date())
    if _is_later(paper.created_at, batch):
        return wording.added_later(clock.local(paper.created_at).date())
    return None


def _is_later(when: datetime, batch: Batch) -> bool:
    return batch.activated_at is not None and when > batch.activated_at


def _ocop_line(paper: Certificate, seal: Mapping[str, Any]) -> OcopLine:
    """From what was sealed; only the expiry, which the law derives, and a later removal come from the row."""
    stated = seal["ocop"]
    return OcopLine(
        stars=int(stated["stars"]),
        decision_number=stated["decision_number"],
        decided_on=date.fromisoformat(stated["decided_on"]),
        expires_on=paper.expires_on,
        issuer=stated["issuer"],
        vouch=Vouch.DECLARED,
        who_says=wording.declared_by_producer(seal["producer_name"]),
        mark=wording.removed(clock.local(paper.removed_at).date()) if paper.removed_at else None,
    )


def _words_changed_on(changes: Sequence[Revision]) -> date | None:
    """The day the producer last changed its own words after the lot was sealed."""
    days = [clock.local(r.revised_at).date() for r in changes if _is_of_words(r)]
    return days[-1] if days else None


def _is_of_words(change: Revision) -> bool:
    return change.subject_kind == "products" and "description" in change.changes


def compare_card(batch: Batch, seal: Mapping[str, Any]) -> CompareCard:
    has_expiry = batch.expires_on is not None
    # Of goods from outside nobody may know when they were harvested: then no date is shown.
    has_date = has_expiry or bool(seal["production_time"])
    return CompareCard(
        product_name=seal["product_name"],
        net_quantity=seal["net_content"],
        lot_number=seal["lot_number"],
        producer_name=seal["producer_name"],
        commune=seal["commune"],
        date_label=str(texts.DATE_LABELS[batch.expiry_kind if has_expiry else batch.date_kind]),
        date_on=(batch.expires_on or batch.produced_on) if has_date else None,
        picture_url=picture_url(seal["product_image"], Size.SMALL),
        dense_picture_url=picture_url(seal["product_image"], Size.DENSE),
        picture_sha256=seal["product_image"] or "",
    )


def _items(batch: Batch, seal: Mapping[str, Any], changes: Sequence[Revision]) -> tuple[Item, ...]:
    who = made.who_says(batch, seal, journey.public_name(batch, batch.organisation))
    produced_on = date.fromisoformat(seal["production_time"]) if seal["production_time"] else None
    expiry = date.fromisoformat(seal["expiry"]) if seal["expiry"] else None
    standards = [
        *seal["standards"],
        *([wording.FOOD_SAFETY_COMMITMENT] if seal["has_food_safety_commitment"] else []),
    ]
    codes = (pretty(seal["trace_code"]), pretty(seal["place_code"]))
    address = [seal["producer_address"], seal["commune"], seal["province"]]
    lines: dict[int, Sequence[str]] = {
        1: [seal["product_name"]],
        2: [wording.picture_sealed(seal["product_image"][:12])] if seal["product_image"] else [],
        3: [seal["producer_name"]],
        4: [", ".join(part for part in address if part)],
        5: [wording.stage_line(seal["date_kind"], *codes, speech.day(produced_on))] if produced_on else [],
        6: [f"{texts.DATE_LABELS[seal['date_kind']]}: {speech.day(produced_on)}"] if produced_on else [],
        7: [pretty(seal["trace_code"])],
        8: [seal["brand"]] if seal["brand"] else [],
        9: [f"{texts.DATE_LABELS[seal['expiry_kind']]}: {speech.day(expiry)}"] if expiry else [],
        10: [str(line) for line in standards],
    }
    stated = {number for number, values in lines.items() if number in IF_ANY or any(values)}
    for number in set(lines) - stated:
        lines[number] = [wording.not_stated()]
    changed = _changed_items(batch, changes)
    return tuple(
        Item(
            number=number,
            label=str(ITEM_LABELS[number]),
            lines=tuple(lines[number]),
            who_says=who,
            vouch=Vouch.DECLARED,
            is_as_given=number in (1, 3, 4, 7, 8) and number in stated,
            is_stated=number in stated,
            changed=changed.get(number),
        )
        for number in sorted(lines)
    )


# Which item a later change of master data touches; what was sealed stays, the change is told beside it.
_ITEM_OF_CHANGE: Mapping[tuple[str, str], int] = {
    ("products", "name"): 1,
    ("products", "picture_sha256"): 2,
    ("organisations", "name"): 3,
    ("locations", "address_as_written"): 4,
    ("locations", "commune_code"): 4,
    ("products", "brand"): 8,
    ("products", "standards"): 10,
    ("products", "has_food_safety_commitment"): 10,
}


def _changes_since_sealed(session: Session, batch: Batch) -> list[Revision]:
    """Later changes of the master data that a lot was sealed from, in their order."""
    subjects = [("products", batch.product_id)]
    if _is_of_master_data(batch):
        subjects.append(("organisations", batch.product.organisation_id))
        # A part was sealed at its producer's place, not where it lies.
        if batch.origin != Origin.SPLIT:
            subjects.append(("locations", batch.location_id))
    return list_revisions_of(session, subjects, since=batch.activated_at)


def _is_of_master_data(batch: Batch) -> bool:
    """What a heap says, or goods from outside, is nobody's master data."""
    return not batch.product.is_from_outside and batch.origin != Origin.MERGED


def _changed_items(batch: Batch, changes: Sequence[Revision]) -> dict[int, str]:
    told: dict[int, str] = {}
    if _is_of_master_data(batch):
        for revision in changes:
            told.update(_told_change(revision))
    return told


def _told_change(revision: Revision) -> dict[int, str]:
    told = {}
    for name, change in revision.changes.items():
        number = _ITEM_OF_CHANGE.get((revision.subject_kind, name))
        if number is not None:
            new = change["new"] if isinstance(change["new"], str) and name != "picture_sha256" else ""
            told[number] = wording.changed_on(clock.local(revision.revised_at).date(), new)
    return told


def picture_url(sha256: str | None, size: Size) -> str | None:
    """Where a product's picture is, if it has one."""
    return url_for("public.show_picture", sha256=sha256, size=size) if sha256 else None
