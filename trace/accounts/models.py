"""Mapped classes of accounts: people, organisations, places. What they may do is in ``permissions``."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from trace.core import clock
from trace.core.database import Base
from trace.core.ids import uuid7


class OrganisationKind(StrEnum):
    PRODUCER = "producer"
    PROCESSOR = "processor"
    CARRIER = "carrier"
    SHOP = "shop"
    KITCHEN = "kitchen"
    AUTHORITY = "authority"


class Approval(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    NEEDS_CHANGES = "needs_changes"


class Role(StrEnum):
    OWNER = "owner"
    STAFF = "staff"


class PartyKind(StrEnum):
    """Who goods go to without an account."""

    TRADER = "trader"
    KITCHEN = "kitchen"
    SHOP = "shop"
    HOUSEHOLD = "household"
    OTHER = "other"


def _one_of(column: str, kinds: type[StrEnum]) -> str:
    return f"{column} in ({', '.join(repr(str(kind)) for kind in kinds)})"


class Province(Base):
    __tablename__ = "provinces"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Commune(Base):
    """A unit of the lower of the two tiers; codes are five digits with leading zeros, valid between dates."""

    __tablename__ = "communes"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_folded: Mapped[str]
    province_code: Mapped[str] = mapped_column(ForeignKey("provinces.code"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    province: Mapped[Province] = relationship(lazy="joined")

    @property
    def full_name(self) -> str:
        return f"{self.name}, {self.province.name}"


class User(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    phone: Mapped[str] = mapped_column(unique=True)  # E.164, "+84912345678"
    name: Mapped[str]
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="vi")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    password_changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")


class Device(Base):
    """A browser that once signed in as this user: strangers' wrong passwords never slow it down."""

    __tablename__ = "devices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(index=True)
    failed_in_a_row: Mapped[int] = mapped_column(default=0)
    first_seen_at: Mapped[datetime] = mapped_column(default=clock.now)


class SignIn(Base):
    """One signed-in device of one user; ending the row signs it out."""

    __tablename__ = "sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    device_label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    notices_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined")


class SignInFailures(Base):
    """Wrong passwords of strangers, counted by phone number and by address (both as keyed hashes)."""

    __tablename__ = "sign_in_failures"

    subject_hash: Mapped[bytes] = mapped_column(primary_key=True)
    failed: Mapped[int]
    last_failed_at: Mapped[datetime]


class RecoveryCode(Base):
    """A printed one-time code that lets a person choose a new password."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    issued_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccountNotice(Base):
    """Something that happened to an account, told on every device that was signed in then."""

    __tablename__ = "account_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]
    details: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Organisation(Base):
    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint(_one_of("kind", OrganisationKind), name="kind"),
        CheckConstraint(_one_of("approval", Approval), name="approval"),
        Index("ix_organisations_approval", "approval", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(index=True)
    phone: Mapped[str] = mapped_column(index=True)  # E.164
    tax_code: Mapped[str | None] = mapped_column(index=True)
    description: Mapped[str] = mapped_column(default="")
    is_named_publicly: Mapped[bool] = mapped_column(default=False)
    approval: Mapped[str] = mapped_column(default=Approval.PENDING)
    approval_note: Mapped[str] = mapped_column(default="")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    approved_name: Mapped[str | None]  # what an officer vouched for; later names are compared with it
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    locations: Mapped[list["Location"]] = relationship(
        back_populates="organisation", order_by="Location.created_at, Location.id"
    )
    memberships: Mapped[list["Membership"]] = relationship(back_populates="organisation")

    @property
    def is_approved(self) -> bool:
        return self.approval == Approval.APPROVED

    @property
    def is_producer(self) -> bool:
        """Whether it may register products and batches: those who grow, and those who process."""
        return self.kind in (OrganisationKind.PRODUCER, OrganisationKind.PROCESSOR)

    @property
    def seat(self) -> "Location":
        """Its first place: the address that stands on labels and pages."""
        return self.locations[0]


class Location(Base):
    """A place of an organisation: commune and province of today's list, beside the address as people write it."""

    __tablename__ = "locations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)  # the place's trace code, item 5 of the circular
    name: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("communes.code"), index=True)
    address_as_written: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(back_populates="locations")
    commune: Mapped[Commune] = relationship(lazy="joined")

    @property
    def uri(self) -> str:
        return f"urn:uuid:{self.id}"


class Membership(Base):
    """A person in an organisation. Until accepted by that person it is an invitation and counts nowhere."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(_one_of("role", Role), name="role"),
        Index(
            "uq_memberships_user_organisation",
            "user_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="memberships", lazy="joined")
    organisation: Mapped[Organisation] = relationship(back_populates="memberships", lazy="joined")

    @property
    def is_accepted(self) -> bool:
        """Whether the person agreed to belong."""
        return self.accepted_at is not None


class Party(Base):
    """Somebody without an account, in one organisation's address book. Personal data: never in an event."""

    __tablename__ = "parties"
    __table_args__ = (CheckConstraint(_one_of("kind", PartyKind), name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("communes.code"))
    agreed_at: Mapped[datetime | None]  # to be named on public pages; None: never, or not any more
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    commune: Mapped[Commune | None] = relationship()


class ApiKey(Base):
    """A key with which a program acts for an organisation; only its hash is kept."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]  # its first characters, to tell keys apart
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="joined")
