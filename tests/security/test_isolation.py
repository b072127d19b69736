"""Two organisations, every route, every id swapped: no byte of the other's data, and nothing of it changed.

The routes come from the application itself: one that takes an id nobody listed here fails the test.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from labels.printer_models import LabelPrinter, Language
from labels.run_print_models import RunPrint
from labels.run_sheet_models import RunSheets
from producers.diary.models import WorkKind
from producers.diary.services import Ground, Work, note_entry
from producers.test_results.rules import Line
from producers.test_results.services import Report as LabReport
from producers.test_results.services import note_result
from tests.web import contents, settle, sign_in_as, token_of
from trace.accounts import api_keys, services_members, sessions
from trace.accounts.models import OrganisationKind, PartyKind, Role
from trace.accounts.permissions import Actor
from trace.batches import services_runs, stamp_queries
from trace.batches.stamp_rules import Typed
from trace.copies.models import CopyCase
from trace.core import clock
from trace.core.http import Audience, audience_of
from trace.core.ids import uuid7
from trace.core.outgoing import Outgoing
from trace.demo import factories
from trace.epcis import named_queries, subscriptions
from trace.epcis.answers import EpcFormat
from trace.epcis.capture_models import CaptureJob
from trace.events import services_packing, services_receiving, services_shipping
from trace.events.desk import Around
from trace.events.handover_models import Outcome
from trace.events.models import Event
from trace.events.queries_handover import list_shipment_events
from trace.events.rules_stock import SetAsideReason
from trace.events.services_claims import claim
from trace.events.services_holds import hold as set_aside
from trace.events.services_items import sell_item
from trace.events.services_observation import measure
from trace.events.services_packing import Into
from trace.events.services_settlement import propose_settlement
from trace.events.services_shipping import Receiver
from trace.events.services_stamps import bind_stamps
from trace.events.temperatures import Reading
from trace.recalls import holds
from trace.recalls import services as recalls
from trace.recalls.hold_rules import HoldReason
from trace.recalls.rules import RecallClass, RecallReason
from trace.reports.pictures import Drawn
from trace.reports.rules import Kind, Pack
from trace.reports.services import Subject, send_report
from trace.resolver.services import LinkFacts, add_link

# Written into everything of the victim that is not public; never to be read by the other.
SECRET = "Bimatrieng"
REFUSED = {400, 401, 403, 404, 405, 409, 422}


@dataclass(frozen=True)
class Victim:
    """Everything another organisation has: by the names its ids have in addresses and forms."""

    ids: dict[str, str]
    fields: dict[str, str]


@dataclass(frozen=True)
class Scene:
    victim: Victim
    producer: Actor
    shop: Actor
    api_key: str


def _person_of(session: Session, kind: OrganisationKind) -> Actor:
    owner = factories.UserFactory.create(session=session)
    actor: Actor = factories.ActorFactory.create(session=session, owner=owner, stated__kind=kind)
    return actor


@pytest.fixture
def scene(session: Session) -> Scene:
    owner = _person_of(session, OrganisationKind.PRODUCER)
    outsider = _person_of(session, OrganisationKind.PRODUCER)
    shop = _person_of(session, OrganisationKind.SHOP)
    other_shop = _person_of(session, OrganisationKind.SHOP)
    officer = factories.officer_of(session)
    draft_product = factories.ProductFactory.create(session=session, actor=owner, name=f"Nháp {SECRET}")
    product = factories.ProductFactory.create(session=session, actor=owner)
    certificate = factories.CertificateFactory.create(
        session=session, actor=owner, product_id=draft_product.id
    )
    stated = LinkFacts("pip", f"https://example.com/{SECRET}", SECRET)
    link = add_link(session, owner, draft_product.id, stated)
    draft = factories.BatchFactory.create(session=session, actor=owner, product=draft_product)
    batch = factories.ActiveBatchFactory.create(session=session, actor=owner, product=product)
    party = factories.PartyFactory.create(
        session=session, actor=owner, name=f"Thương lái {SECRET}", kind=PartyKind.TRADER
    )
    receiver = Receiver(organisation_id=other_shop.organisation_id)
    shipment = services_shipping.ship(
        session, owner, batch.id, Decimal(3), receiver, key="k1", note=f"ghi chú {SECRET}"
    )
    services_receiving.receive(session, other_shop, shipment.id)
    open_shipment = services_shipping.ship(
        session, owner, batch.id, Decimal(2), receiver, key="k2", note=SECRET
    )
    short = services_shipping.ship(session, owner, batch.id, Decimal(9), receiver, key="k3")
    services_receiving.receive(session, other_shop, short.id, {batch.id: Decimal(5)})
    proposal = propose_settlement(session, other_shop, short.lines[0].id, Outcome.LOST)
    claimed = claim(
        session, other_shop, batch.id, owner.organisation_id, Decimal(4), key="k4", note=f"phiếu {SECRET}",
        around=Around(attachments=("0" * 64,)),
    )  # fmt: skip
    [left] = list_shipment_events(session, open_shipment.id, owner.organisation_id)
    carton = services_packing.pack(session, owner, Into(), {batch.id: Decimal(1)}, key="k-carton").unit
    recall = recalls.recall(
        session, officer, batch.id, RecallClass.QUALITY, RecallReason.SPOILED, None, typed_lot_number=batch.lot_number
    )  # fmt: skip
    hold = holds.pause_sale(
        session, officer, batch.id, HoldReason.TEST_RESULT, typed_lot_number=batch.lot_number
    )
    set_aside(session, owner, batch.id, SetAsideReason.OTHER, note=SECRET)
    reading = Reading(time=clock.now(), value=Decimal(5))
    measure(session, owner, [batch.id], [reading], key="k-measure", device=SECRET)
    api_keys.create_api_key(session, owner, f"Chìa khóa {SECRET}")
    key_id = owner_keys(session, owner)[0]
    assert owner.user_id is not None
    device = sessions.start_session(session, owner_user(session, owner), label=f"Máy {SECRET}").sign_in
    api_key = api_keys.create_api_key(session, outsider, "của mình")
    invited = factories.UserFactory.create(session=session, name=SECRET)
    membership = services_members.add_member(session, owner, invited.phone, Role.OWNER)
    query = named_queries.create_query(
        session, owner.organisation_id, {"name": "theirs", "query": {"EQ_eventID": [f"urn:x:{SECRET}"]}}
    )
    webhook = {"dest": f"https://example.com/{SECRET}", "signatureToken": SECRET, "stream": True}
    subscription, _ = subscriptions.subscribe(session, query, webhook, Outgoing(), EpcFormat.AS_CAPTURED)
    capture = CaptureJob(
        organisation_id=owner.organisation_id,
        behaviour="rollback",
        event_count=1,
        errors=[{"detail": SECRET}],
    )
    session.add(capture)
    stamps = services_runs.issue_roll(session, owner, services_runs.Order(20, "https://check.example"))
    services_runs.make_part(session, stamps.id)
    sealed = factories.ActiveBatchFactory.create(session=session, actor=owner)
    binding = bind_stamps(session, owner, sealed.id, Typed(number=1), Typed(number=5))
    item = stamp_queries.find_code(session, stamps.id, 1)
    sale = sell_item(session, owner, Typed(code=item))
    printer = LabelPrinter(
        organisation_id=owner.organisation_id,
        name=f"Máy in {SECRET}",
        language=Language.TSPL,
        dpi=203,
        design="roll-50x30",
        gap_mm=Decimal(2),
        offset_x_mm=Decimal(0),
        offset_y_mm=Decimal(0),
    )
    session.add(printer)
    session.flush()
    sending = RunPrint(
        run_id=stamps.id, printer_id=printer.id, printer_name=printer.name, first_number=1, last_number=20, next_number=1
    )  # fmt: skip
    sheets = RunSheets(run_id=stamps.id, first_number=1, last_number=20, labels=20)
    told = {"kind": Kind.OTHER, "words": SECRET, "pack": Pack.GONE, "phone": "+84912345678", "bought_at": SECRET,
            "bought_on": None, "may_producer_call": True}  # fmt: skip
    about = Subject(batch.code, batch_id=batch.id, organisation_id=owner.organisation_id)
    report = send_report(
        session,
        about,
        told,
        [Drawn("0" * 64, b"", 1, 1)],
        form_key="k-report",
        request_hash="",
        language="vi",
    )
    copied = CopyCase(code=item, organisation_id=owner.organisation_id, score=60, findings=[])
    session.add_all([sending, sheets, copied])
    session.flush()
    ground = Ground(draft_product.id, owner.organisation.seat.id)
    work = Work(WorkKind.OTHER, clock.today(), purpose=SECRET)
    entry = note_entry(session, owner, ground, work, key="k-diary")
    tested = LabReport(SECRET, SECRET, clock.today(), (Line(SECRET, SECRET),))
    result = note_result(session, owner, draft.id, tested, key="k-result")
    ids = {
        "capture_id": str(capture.id),
        "membership_id": str(membership.id),
        "product_id": str(draft_product.id),
        "certificate_id": str(certificate.id),
        "link_id": str(link.id),
        "batch_id": str(draft.id),
        "location_id": str(owner.organisation.seat.id),
        "shipment_id": str(open_shipment.id),
        "user_id": str(owner.user_id),
        "key_id": str(key_id),
        "device_id": str(device.id),
        "sign_in_id": str(device.id),
        "organisation_id": str(owner.organisation_id),
        "recall_id": str(recall.id),
        "hold_id": str(hold.id),
        "party_id": str(party.id),
        "unit_id": str(carton.id),
        "line_id": str(short.lines[0].id),
        "settlement_id": str(proposal.id),
        "claim_id": str(claimed.id),
        "event_id": str(left.id),
        "printer_id": str(printer.id),
        "print_id": str(sending.id),
        "sheets_id": str(sheets.id),
        "report_id": str(report.id),
        "case_id": str(copied.id),
        "entry_id": str(entry.id),
        "result_id": str(result.id),
        "place": "1",
        "run_id": str(stamps.id),
        "binding_id": str(binding.id),
        "sale_id": str(sale.id),
        "sha256": "0" * 64,
        "code": draft.code,
        "query_name": query.name,
        "subscription_id": str(subscription.id),
        "epcis_id": str(session.scalar(select(Event.epcis_id).where(Event.shipment_id == open_shipment.id))),
        "epc": batch.epc_class,
        "read_point": owner.organisation.seat.uri,
        "biz_location": owner.organisation.seat.uri,
        # Words of the standard are there for everybody; these are nobody's own.
        "biz_step": "urn:example:their-step",
        "disposition": "urn:example:their-disposition",
        "event_type": "urn:example:their-kind",
    }
    fields = {
        **ids,
        "repeat": str(draft.id),
        "product": str(draft_product.id),
        "receiver": f"party:{party.id}",
        "receiver_id": str(party.id),
        "quantity": "1",
        "idempotency_key": str(uuid7()),
        "typed_lot_number": batch.lot_number,
        "lot_number": "X1",
        "role": "owner",
        "outcome": "lost",
        "reason": "damaged",
        "kind": "did_not_occur",
        "sender_id": str(owner.organisation_id),
        "state": "answered",
        "words": "X",
        "decision": "no_copy",
        "why": "X",
    }
    settle(session)
    return Scene(Victim(ids, fields), outsider, shop, api_key)


def owner_keys(session: Session, owner: Actor) -> list[Any]:
    from trace.accounts.queries import list_api_keys

    return [key.id for key in list_api_keys(session, owner.organisation_id)]


def owner_user(session: Session, owner: Actor) -> Any:
    from trace.accounts.models import User

    return session.get_one(User, owner.user_id)


def _routes(app: Flask) -> Iterator[tuple[Rule, Audience]]:
    for rule in app.url_map.iter_rules():
        who = audience_of(app, rule.endpoint)
        assert who is not None
        if who is not Audience.PUBLIC and rule.arguments:
            yield rule, who


def _path(app: Flask, rule: Rule, ids: dict[str, str]) -> str:
    unknown = rule.arguments - set(ids)
    assert not unknown, f"{rule.rule} takes {unknown}: say in this test which id of the victim that is"
    with app.test_request_context():
        return app.url_map.bind("localhost").build(
            rule.endpoint, {name: ids[name] for name in rule.arguments}
        )


def _ask(
    client: FlaskClient, path: str, method: str, victim: Victim, token: str, headers: dict[str, str]
) -> Any:
    if headers:
        return client.open(
            path, method=method, headers=headers, json=victim.fields if method != "GET" else None
        )
    data = {"csrf_token": token, **victim.fields} if method != "GET" else None
    return client.open(path, method=method, data=data)


@pytest.mark.parametrize("who", ["producer", "shop"])
def test_no_route_gives_anything_for_another_organisations_id(
    app: Flask, connection: Connection, scene: Scene, who: str
) -> None:
    client = sign_in_as(app, connection, getattr(scene, who))
    token = token_of(client)
    before = contents(connection)
    asked = 0
    for rule, audience in _routes(app):
        path = _path(app, rule, scene.victim.ids)
        headers = {"Authorization": f"Bearer {scene.api_key}"} if audience is Audience.PROGRAM else {}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = _ask(client, path, method, scene.victim, token, headers)
            body = answer.get_data(as_text=True)
            told = f"{method} {path} as {who}: {answer.status_code}"
            assert answer.status_code < 500, told
            assert SECRET not in body, told
            assert answer.status_code in REFUSED or rule.endpoint in PUBLIC_BY_CODE, told
            asked += 1
    assert asked > 30
    assert contents(connection) == before


# A code is on the pack: whoever reads it may ask what it is to them, and learns what the public page says.
PUBLIC_BY_CODE = {"shops.receive_code"}


def test_no_form_takes_another_organisations_id_in_a_field(
    app: Flask, connection: Connection, scene: Scene
) -> None:
    client = sign_in_as(app, connection, scene.producer)
    token = token_of(client)
    before = contents(connection)
    for rule in app.url_map.iter_rules():
        who = audience_of(app, rule.endpoint)
        if rule.arguments or "POST" not in (rule.methods or ()) or who in (Audience.PUBLIC, Audience.PROGRAM):
            continue
        if rule.endpoint in OWN_ACTS:
            continue
        answer = _ask(client, rule.rule, "POST", scene.victim, token, {})
        assert answer.status_code in REFUSED | {200}, f"{rule.rule}: {answer.status_code}"
        assert SECRET not in answer.get_data(as_text=True), rule.rule
    assert contents(connection) == before


# These act on whoever is signed in and take no id; sent here they would do what they are for.
OWN_ACTS = {
    "accounts.sign_out",
    "accounts.dismiss_notices",
    "accounts.change_language",
    "accounts.create_api_key",
}


def test_officers_pages_are_not_there_for_others(app: Flask, connection: Connection, scene: Scene) -> None:
    client = sign_in_as(app, connection, scene.shop)
    token = token_of(client)
    for rule in app.url_map.iter_rules():
        if audience_of(app, rule.endpoint) is not Audience.OFFICER:
            continue
        path = _path(app, rule, scene.victim.ids)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = _ask(client, path, method, scene.victim, token, {})
            assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"


def test_the_api_lists_nothing_of_others(app: Flask, scene: Scene) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {scene.api_key}"}
    asked = 0
    for rule in app.url_map.iter_rules():
        if (
            audience_of(app, rule.endpoint) is Audience.PROGRAM
            and not rule.arguments
            and "GET" in (rule.methods or ())
        ):
            # EPCIS refuses parameters it does not know.
            asking = {} if rule.rule.startswith("/epcis") else {"q": "a", "direction": "incoming"}
            answer = client.get(rule.rule, headers=headers, query_string=asking)
            assert answer.status_code == 200, rule.rule
            assert SECRET not in json.dumps(answer.get_json(), ensure_ascii=False), rule.rule
            asked += 1
    assert asked >= 4
