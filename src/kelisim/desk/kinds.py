"""What a kind of case and a role are called, in the language being spoken."""

from __future__ import annotations

from kelisim.desk import cases
from kelisim.texts import _


def named(kind: str) -> str:
    """A kind of case in words."""
    return {
        cases.ACCESS: _("access to data"),
        cases.CORRECTION: _("correction"),
        cases.BLOCKING: _("blocking"),
        cases.ERASURE: _("deletion"),
        cases.REVOCATION: _("revocation of consent"),
        cases.OBJECTION: _("objection to automated processing"),
        cases.QUESTION: _("question"),
        cases.COMPLAINT: _("complaint"),
        cases.REPRESENTATION: _("acting for someone else"),
        cases.BREACH: _("report of a leak"),
        cases.AUTHORITY: _("inquiry of the authorised body"),
    }[kind]


def role(code: str) -> str:
    """By what right somebody acts for another, in words."""
    return {
        "parent": _("parent"),
        "guardian": _("guardian or trustee"),
        "attorney": _("by power of attorney"),
    }.get(code, code)


def field(code: str) -> str:
    """A kind of data about a person that can be corrected."""
    return {
        "surname": _("Surname"),
        "name": _("Name"),
        "patronymic": _("Patronymic"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "other": _("Something else"),
    }.get(code, code)
