"""The security log: sign-ins, changes of role, what officers read. Apart from scans, partitioned by month.

It may hold network addresses (scan records never do), is appended only, and is dropped by the month.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import g, has_request_context, request
from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from trace.core import clock
from trace.core.database import Base


class Action(StrEnum):
    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_SLOWED = "sign_in_slowed"
    SIGNED_OUT = "signed_out"
    DEVICE_ENDED = "device_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an action
    RECOVERY_ISSUED = "recovery_issued"
    RECOVERY_USED = "recovery_used"
    ROLE_CHANGED = "role_changed"
    MEMBER_INVITED = "member_invited"
    INVITATION_DECLINED = "invitation_declined"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    ORGANISATION_CREATED = "organisation_created"
    APPROVAL_DECIDED = "approval_decided"
    API_KEY_CREATED = "api_key_created"
    API_KEY_REVOKED = "api_key_revoked"
    OFFICER_READ = "officer_read"
    RECALL_ISSUED = "recall_issued"
    RECALL_ENDED = "recall_ended"
    RECALL_WITHDRAWN = "recall_withdrawn"
    SALE_PAUSED = "sale_paused"
    SALE_RESUMED = "sale_resumed"
    VALUES_ERASED = "values_erased"
    GTIN_CHECKED = "gtin_checked"
    GTIN_CHECK_WITHDRAWN = "gtin_check_withdrawn"
    COPY_DECIDED = "copy_decided"
    COPY_DECISION_WITHDRAWN = "copy_decision_withdrawn"


class SecurityRecord(Base):
    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_user", "user_id", "occurred_at"),
        Index("ix_audit_subject", "subject_id", "occurred_at"),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True, default=clock.now)
    action: Mapped[str]
    user_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]]


def record(
    session: Session,
    action: Action,
    *,
    user_id: UUID | None = None,
    organisation_id: UUID | None = None,
    subject_id: UUID | None = None,
    **details: Any,
) -> None:
    """Append one record to the security log, in the caller's transaction."""
    in_request = has_request_context()
    session.add(
        SecurityRecord(
            action=action,
            user_id=user_id,
            organisation_id=organisation_id,
            subject_id=subject_id,
            address=request.remote_addr if in_request else None,
            request_id=g.get("request_id") if in_request else None,
            details=details,
        )
    )
