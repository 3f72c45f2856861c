"""Who acts: the person, the desk by itself, or one of the staff, named with the way they came in (T-STAFF-06)."""

from __future__ import annotations

from dataclasses import dataclass

from kelisim.desk.operator import Operator, Staff
from kelisim.desk.visit import TELEGRAM, Visit

RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Actor:
    """A role people may read, and a label only the records keep."""

    role: str
    label: str = ""
    address: str = ""


_AS, _LABEL = " as ", 160  # of a label: what stands between way and address, and its greatest length
SUBJECT, DESK = Actor("subject"), Actor("desk")


class NotStaff(LookupError):
    """Nobody of the operator file's staff has this address."""


def acting(operator: Operator, address: str, via: str) -> Actor:
    """One of the staff as an actor; `via` says how they came in (`root` at a shell). Raises NotStaff."""
    person = next((known for known in operator.staff if known.address.casefold() == address.casefold()), None)
    if person is None:
        raise NotStaff(address)
    room = _LABEL - len(_AS) - len(person.address)  # the way in may be cut, never who it was
    label = f"{via[: max(room, 0)]}{_AS}{person.address}" if via else person.address
    return Actor(person.role, label, person.address)


def named(label: str) -> tuple[str, str]:
    """The way somebody came in (empty: not kept) and their address, of a label that the records keep."""
    via, sign, address = label.rpartition(_AS)
    return (via, address) if sign else ("", label)


def writer(visit: Visit) -> Staff | None:
    """Who of the staff stands at the chat's door and may write to many from there: the operator file names their own chat."""
    if visit.visitor.channel != TELEGRAM:
        return None
    address = visit.visitor.address
    return next(
        (known for known in visit.operator.staff if known.telegram and str(known.telegram) == address), None
    )


def chosen(visit: Visit, kind: str) -> Staff:
    """Who gets a new case: the responsible person what only they may decide, else the first of the staff who is there."""
    staff = visit.operator.staff
    first = [
        person for person in staff if (person.role == RESPONSIBLE) == (kind in _FOR_RESPONSIBLE)
    ] or list(staff)
    there = next((person for person in first if not away(visit, person)), None)
    if there is not None:
        return there
    deputies = {person.address: person for person in staff}
    deputy = deputies.get(first[0].deputy or "")
    return deputy if deputy is not None and not away(visit, deputy) else first[0]


def responsible(visit: Visit) -> Staff:
    """The person responsible, or their deputy while they are away."""
    return chosen(visit, "complaint")


def away(visit: Visit, person: Staff) -> bool:
    """Whether the operator file says that this person is absent today."""
    return person.absent_until is not None and visit.today < person.absent_until


_FOR_RESPONSIBLE = ("revocation", "complaint", "breach", "authority", "representation", "objection")
