"""The one gate of every message that is not an answer: consent, purpose, channel, stops, blocks and holds (I1).

It is asked when a message is prepared and again in the transaction that claims it; nothing else decides who is written to.
"""

from __future__ import annotations

from sqlalchemy import and_, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from kelisim.desk import consents, holds, subjects
from kelisim.desk.visit import CHANNELS, TELEGRAM, Visit
from kelisim.store.models import Consent, Contact, Hold, Subject, Suppression

_own = aliased(Contact.__table__, name="own")  # the chat: stops may name it for any channel
_to = aliased(Contact.__table__, name="dest")

reaches = and_(
    _to.c.subject_id == Consent.subject_id,
    _to.c.channel == bindparam("by"),
    _to.c.confirmed_at.is_not(None),
    _to.c.reachable,
)
"""The person can be written to on the channel at all."""

stopped = (
    select(Suppression.hash)
    .where(
        Suppression.channel == bindparam("by"),
        Suppression.hash.in_(  # found by its key however many stops there are
            select(_own.c.hash)
            .where(
                _own.c.subject_id == Consent.subject_id,
                or_(_own.c.id == _to.c.id, _own.c.channel == TELEGRAM),
            )
            .correlate(Consent, _to)
        ),
        # A consent given, or messages resumed, after a stop lift it; but a stop of the address itself only where the
        # address was the person's by then, so that one who moves to it does not take an older stop away.
        or_(
            Suppression.since >= Consent.since,
            (Suppression.hash == _to.c.hash) & (Consent.since < _to.c.since),
        ),
        or_(
            _to.c.resumed_at.is_(None),
            Suppression.since >= _to.c.resumed_at,
            (Suppression.hash == _to.c.hash) & (_to.c.resumed_at < _to.c.since),
        ),
    )
    .correlate(Consent, _to)
    .exists()
)
"""A stop stands for this consent and this contact."""

held = (
    select(Hold.id)
    .where(Hold.subject_id == Consent.subject_id, holds.binding(bindparam("today")))
    .correlate(Consent)
    .exists()
)
"""An order or a dispute freezes the person's data."""

in_force = and_(
    Consent.state == literal_column(f"'{consents.GIVEN}'"),  # word for word as in the partial index
    or_(Consent.valid_until.is_(None), Consent.valid_until >= bindparam("today")),
)
open_state = Subject.state.in_(
    (subjects.ACTIVE, subjects.CLOSED)
)  # a closed chat leaves other consents standing

_GATE = (
    select(Consent.subject_id, _to.c.id, _to.c.address)
    .select_from(Consent)
    .join(Subject, Subject.id == Consent.subject_id)
    .join(_to, reaches)
    .where(
        Consent.subject_id == bindparam("subject"),
        Consent.purpose == bindparam("use"),
        in_force,
        open_state,
        ~held,
        ~stopped,
    )
    .order_by(_to.c.since, _to.c.id)
    .limit(1)
)

writable = select(_to.c.id).where(reaches, ~stopped).correlate(Consent).exists()
"""Some contact of the person takes messages of this consent."""

reachable = select(_to.c.id).where(reaches).correlate(Consent).exists()


def allows(visit: Visit, purpose: str, subject_id: int | None = None) -> bool:
    """Whether a message of this purpose may go out now; asked again when the message is claimed (I1)."""
    return contact(visit, purpose, subject_id if subject_id is not None else visit.known.id) is not None


def contact(visit: Visit, purpose: str, subject_id: int) -> tuple[int, bytes] | None:
    """The contact (id, sealed address) that consent, purpose, channel, stops and blocks all let a message go to."""
    pair = visit.operator.pairs.get(purpose)
    if pair is None or pair.channel not in CHANNELS:
        return None
    row = visit.one(_GATE, subject=subject_id, use=purpose, by=pair.channel, today=visit.today)
    return (row[1], row[2]) if row is not None else None
