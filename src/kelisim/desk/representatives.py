"""Acting for another: whose, by what authority, until when; nothing is told before staff accepted it (P18)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from kelisim.desk.cases import REPRESENTATION, Case
from kelisim.desk.visit import Visit
from kelisim.store.models import Representation as Row

ASKED, ACCEPTED, REFUSED, REVOKED, ENDED = "asked", "accepted", "refused", "revoked", "ended"

_R = Row.__table__.c
_OF_CASE = select(_R.state, _R.until, _R.discloses_on).where(_R.case_id == bindparam("case"))


def may_read(visit: Visit, case: Case) -> bool:
    """Whether the answer to a case may be told now: read again when it is claimed, for an authority may end (T-ID-11)."""
    if case.kind != REPRESENTATION:
        return True
    row = visit.one(_OF_CASE, case=case.id)
    if row is None or row.state != ACCEPTED:
        return True  # a refusal, or what staff ask, tells nothing about anybody
    return row.until is None or row.until >= visit.today
