"""Where we have somebody's address from: the first message to whoever was brought in by the operator says it (`arrivals`)."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from kelisim.desk import arrivals, consents, outbox
from kelisim.desk.visit import Visit
from kelisim.store.models import Consent, ConsentRecord, Contact, OutboxMessage
from kelisim.texts import _, day, speaking

_C, _N, _R, _O = (each.__table__.c for each in (Contact, Consent, ConsentRecord, OutboxMessage))
_BROUGHT = (
    select(_R.at)
    .select_from(Contact)
    .join(Consent, (_N.subject_id == _C.subject_id) & (_N.purpose == bindparam("use")))
    .join(ConsentRecord, (_R.number == _N.number) & (_R.subject_id == _N.subject_id) & (_R.purpose == _N.purpose))
    .where(
        _C.id == bindparam("contact"), _C.door == arrivals.DOOR, _R.door == arrivals.DOOR, _R.act == consents.GIVEN,
        ~exists().where(_O.subject_id == _C.subject_id, _O.broadcast_id.is_not(None), _O.state == outbox.SENT),
    )
    .limit(1)
)  # fmt: skip


def line(visit: Visit, contact_id: int, purpose: str, locale: str) -> str:
    """The sentence for the first message of a purpose to a contact that came by a file; empty for everybody else."""
    row = visit.one(_BROUGHT, contact=contact_id, use=purpose)
    if row is None:
        return ""
    with speaking(locale):
        return _("You agreed to these messages on {day} outside this desk; your consent and your address were brought in by "
                 "{operator}. You can stop them at any time.", day=day(visit.day_of(row.at)),
                 operator=visit.operator.name.to(locale))  # fmt: skip
