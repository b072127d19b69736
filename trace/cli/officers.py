"""Setting up an authority and its officers: the operator's act on the command line, never a form's."""

import secrets

from flask import Flask
from sqlalchemy import select

from trace.accounts import queries, rules, services_organisations
from trace.accounts.models import Membership, Organisation, OrganisationKind, Role
from trace.accounts.security_log import Action, record
from trace.accounts.services_organisations import NewOrganisation, Place
from trace.core import clock
from trace.core.errors import Refusal
from trace.core.text import fold

PASSWORD_BYTES = 12


class OfficerProblem(Exception):
    """The officer cannot be set up; the message says what to do."""


def create_officer(
    app: Flask, *, phone: str, name: str, authority: str, commune: str, address: str
) -> str | None:
    """Make ``name`` an owner of the authority, which is set up if it is not there yet.

    Returns the password for a new account (told once), None where the number had one already. Raises
    ``OfficerProblem``.
    """
    with app.app_context(), app.extensions["sessions"]() as session:
        try:
            number = rules.normalise_phone(phone) or phone
            user = queries.find_user_by_phone(session, number)
            password = None if user else secrets.token_urlsafe(PASSWORD_BYTES)
            if user is None:
                assert password is not None  # noqa: S101 - set one line above
                user = services_organisations.sign_up(session, phone, name, password)
            found = session.scalars(
                select(Organisation).where(
                    Organisation.kind == OrganisationKind.AUTHORITY,
                    Organisation.name_folded == fold(authority),
                )
            ).first()
            if found is None:
                stated = NewOrganisation(
                    OrganisationKind.AUTHORITY, authority, phone, Place(commune, address)
                )
                services_organisations.create_authority(session, user, stated)
            elif queries.find_membership(session, user.id, found.id) is None:
                session.add(
                    Membership(
                        user_id=user.id,
                        organisation_id=found.id,
                        role=Role.OWNER,
                        accepted_at=clock.now(),  # the operator sets officers up in person
                    )
                )
                record(
                    session, Action.MEMBER_ADDED, organisation_id=found.id, subject_id=user.id, by="operator"
                )
            session.commit()
        except Refusal as refusal:
            raise OfficerProblem(str(refusal)) from refusal
    return password
