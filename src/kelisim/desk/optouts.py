"""Opt-out by a link that never expires: an old letter must still be able to stop the letters (RFC 8058, T-LET-16, T-LET-17).

The token is the contact and the purpose, sealed so that it tells nothing and cannot be made up; nothing is kept for it. It
only stops: whoever holds it, a mail provider's robot or a friend who got the letter, sees no address and can give nothing.
"""

from __future__ import annotations

import base64
from dataclasses import replace

from sqlalchemy import bindparam, select

from kelisim.desk import numbers, subjects, suppressions, tokens
from kelisim.desk.visit import Desk, Visit
from kelisim.store.models import Contact

PATH = "/o/"  # below KELISIM_URL
_LABEL = b"kelisim opt-out"
_LONGEST = 100  # characters of a token

_C = Contact.__table__.c
_CONTACT = select(_C.subject_id).where(_C.id == bindparam("contact"))


def url(visit: Visit, contact_id: int, purpose: str) -> str:
    """The address behind a letter's List-Unsubscribe and its last line; raises LookupError without a web door."""
    if not visit.desk.url:
        raise LookupError("there is no web door: KELISIM_URL is empty")
    return f"{visit.desk.url}{PATH}{token(visit.desk, contact_id, purpose)}"


def token(desk: Desk, contact_id: int, purpose: str) -> str:
    """The token of a contact and a purpose (a pair's code): the same every time, and nobody else's."""
    sealed = tokens.seal(desk, _LABEL, contact_id.to_bytes(8, "big") + purpose.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def read(desk: Desk, given: str) -> tuple[int, str] | None:
    """Contact and purpose of a token we made, or nothing; it asks the store for nothing, so it tells of nobody."""
    if not given.isascii() or len(given) > _LONGEST:
        return None
    try:
        sealed = base64.b64decode(given + "=" * (-len(given) % 4), b"-_", validate=True)
    except ValueError:
        return None
    opened = tokens.unseal(desk, _LABEL, sealed)
    return (int.from_bytes(opened[:8], "big"), opened[8:].decode()) if opened is not None else None


def act(visit: Visit, given: str) -> str | None:
    """Stop letters to the contact behind a token: the number of the stop; nothing for a token we never made.

    The stop is of the address, whatever the letter was for (P09), with the same act and number as STOP. Again: the same
    number. A person who is gone has a stop since their erasure; the answer is a number all the same (I13).
    """
    found = read(visit.desk, given)
    if found is None:
        return None
    contact, _purpose = found
    row = visit.one(_CONTACT, contact=contact)
    subject = subjects.by_id(visit, row.subject_id) if row is not None else None
    if subject is None:
        return numbers.derived(numbers.STOP, visit.desk.receipt_key, given)
    return suppressions.stop_contact(replace(visit, subject=subject, locale=subject.locale), contact)
