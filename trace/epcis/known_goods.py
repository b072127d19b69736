"""Which goods, cartons and parties an event names are known here: addresses of every form, looked up for a whole
document at once. Who may do what with them is for the verbs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from producers.models import Product
from trace.accounts.models import Location, Organisation, Party
from trace.batches.models import Batch, Code
from trace.batches.unit_models import LogisticUnit
from trace.core.ids import parse_uuid
from trace.core.short_codes import is_well_formed, normalise
from trace.gs1.digital_link import Identifier, parse_urn, parse_web_uri

_OWN = "urn:uuid:"


@dataclass
class KnownGoods:
    """What is known of the addresses in a document; an address in none of these is somebody else's."""

    batches: dict[str, Batch] = field(default_factory=dict)
    units: dict[str, LogisticUnit] = field(default_factory=dict)

    def is_known(self, address: str) -> bool:
        """Whether these goods are of this record."""
        return address in self.batches or address in self.units

    @property
    def batch_ids(self) -> set[UUID]:
        """The batches named, by id."""
        return {batch.id for batch in self.batches.values()}


def sscc_of(address: str) -> str | None:
    """The SSCC an address stands for."""
    key = _key_in(address)
    return key.key if key is not None and key.key_ai == "00" else None


def find_goods(session: Session, addresses: Iterable[str], site: str) -> KnownGoods:
    """The batches and cartons that ``addresses`` stand for: by our own URI, by the address on the label (``site`` is
    the public one), by GS1 Digital Link where the number was checked and is nobody else's, by SSCC."""
    ids: dict[str, UUID] = {}
    codes: dict[str, str] = {}
    lots: dict[str, tuple[str, str]] = {}
    ssccs: dict[str, str] = {}
    for address in set(addresses):
        if address.startswith(_OWN):
            found = parse_uuid(address.removeprefix(_OWN))
            if found is not None:
                ids[address] = found
        elif (code := _code_in(address, site)) is not None:
            codes[address] = code
        elif (key := _key_in(address)) is not None:
            if key.key_ai == "01" and key.qualifier_ai == "10" and key.qualifier is not None:
                lots[address] = (key.key, key.qualifier)
            elif key.key_ai == "00":
                ssccs[address] = key.key
    known = KnownGoods()
    _find_by_id(session, known, ids)
    _find_by_code(session, known, codes)
    _find_by_lot(session, known, lots)
    _find_by_sscc(session, known, ssccs)
    return known


def _code_in(address: str, site: str) -> str | None:
    if not address.startswith(f"{site}/"):
        return None
    path = address[len(site) :].partition("?")[0].partition("#")[0]
    if path[:3] not in ("/T/", "/t/"):
        return None
    code = normalise(path[3:])
    return code if is_well_formed(code) else None


def _key_in(address: str) -> Identifier | None:
    return parse_urn(address) if address.startswith("urn:") else parse_web_uri(address)


def _find_by_id(session: Session, known: KnownGoods, wanted: dict[str, UUID]) -> None:
    if not wanted:
        return
    by_id = {batch.id: batch for batch in session.scalars(select(Batch).where(Batch.id.in_(wanted.values())))}
    units = session.scalars(select(LogisticUnit).where(LogisticUnit.id.in_(wanted.values())))
    units_by_id = {unit.id: unit for unit in units}
    for address, number in wanted.items():
        if number in by_id:
            known.batches[address] = by_id[number]
        elif number in units_by_id:
            known.units[address] = units_by_id[number]


def _find_by_code(session: Session, known: KnownGoods, wanted: dict[str, str]) -> None:
    if not wanted:
        return
    rows = session.execute(
        select(Code.code, Batch, LogisticUnit)
        .outerjoin(Batch, Batch.id == Code.batch_id)
        .outerjoin(LogisticUnit, LogisticUnit.id == Code.unit_id)
        .where(Code.code.in_(wanted.values()))
    )
    found = {code: (batch, unit) for code, batch, unit in rows}
    for address, code in wanted.items():
        batch, unit = found.get(code, (None, None))
        if batch is not None:
            known.batches[address] = batch
        elif unit is not None:
            known.units[address] = unit


def _find_by_lot(session: Session, known: KnownGoods, wanted: dict[str, tuple[str, str]]) -> None:
    if not wanted:
        return
    rows = session.execute(
        select(Product.gtin, Batch)
        .join(Product, Product.id == Batch.product_id)
        .where(
            Product.gtin_checked_at.is_not(None),
            tuple_(Product.gtin, Batch.lot_number).in_(set(wanted.values())),
        )
    )
    found: dict[tuple[str, str], list[Batch]] = {}
    for gtin, batch in rows:
        found.setdefault((str(gtin), batch.lot_number), []).append(batch)
    for address, key in wanted.items():
        # Two claimants of one number resolve to neither.
        if len(found.get(key, ())) == 1:
            known.batches[address] = found[key][0]


def _find_by_sscc(session: Session, known: KnownGoods, wanted: dict[str, str]) -> None:
    if not wanted:
        return
    units = session.scalars(select(LogisticUnit).where(LogisticUnit.sscc.in_(wanted.values())))
    found = {unit.sscc: unit for unit in units}
    for address, sscc in wanted.items():
        if sscc in found:
            known.units[address] = found[sscc]


def find_organisation(session: Session, address: str) -> Organisation | None:
    """The organisation an address stands for: its own, or that of one of its places."""
    number = parse_uuid(address.removeprefix(_OWN)) if address.startswith(_OWN) else None
    if number is None:
        return None
    return session.scalars(
        select(Organisation)
        .outerjoin(Location, Location.organisation_id == Organisation.id)
        .where(or_(Organisation.id == number, Location.id == number))
        .limit(1)
    ).one_or_none()


def find_party(session: Session, organisation_id: UUID, address: str) -> Party | None:
    """The party of an organisation's own address book that an address stands for."""
    number = parse_uuid(address.removeprefix(_OWN)) if address.startswith(_OWN) else None
    if number is None:
        return None
    found = session.get(Party, number)
    return found if found is not None and found.organisation_id == organisation_id else None
