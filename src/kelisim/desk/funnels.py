"""What became of a campaign about a changed text: who was asked, what they chose, and who could not be asked at all."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select

from kelisim.desk import audiences, broadcasts, consents, outbox, versions
from kelisim.desk.broadcasts import POLICY, Broadcast
from kelisim.desk.choices import material
from kelisim.desk.visit import Visit
from kelisim.store.models import Consent, OutboxMessage
from kelisim.texts import _, plural

KEPT, SILENT, PAUSED_NOW, WITHDREW, ENDED = "kept", "silent", "suspended", "withdrew", "ended"
_NOT_ASKED = (audiences.BLOCKED, audiences.UNREACHABLE, audiences.STOPPED)

_C, _O = Consent.__table__.c, OutboxMessage.__table__.c
_older = _C.version.not_in(bindparam("fresh", expanding=True))
_given = _C.state == consents.GIVEN
_BECAME = (
    select(
        _O.channel,
        case(
            (_given & ~_older, KEPT),
            (_given, SILENT),
            (_C.state == consents.SUSPENDED, PAUSED_NOW),
            (_C.state == consents.WITHDRAWN, WITHDREW),
            else_=ENDED,
        ).label("became"),
        case((_O.state.in_((outbox.SENT, outbox.UNCERTAIN)), 1), else_=0).label("reached"),
        func.count(),
    )
    .select_from(OutboxMessage)
    .outerjoin(Consent, (_C.subject_id == _O.subject_id) & (_C.purpose == _O.purpose))
    .where(
        _O.broadcast_id == bindparam("cast"), _O.broadcast_id.is_not(None), _O.purpose == bindparam("use"),
        _O.state.not_in((outbox.WAITING, outbox.CLAIMED)),
    )
    .group_by(_O.channel, "became", "reached")
)  # fmt: skip


class Funnel(NamedTuple):
    """What became of those whom a campaign reached, per channel: they kept the consent or withdrew it, say nothing (yet), were
    paused for it, or their consent ended otherwise. `unasked` are those no message could reach: no part of the others."""

    channel: str
    asked: int
    kept: int
    withdrew: int
    silent: int
    suspended: int
    ended: int
    unasked: int = 0


def funnel(visit: Visit, broadcast: Broadcast) -> list[Funnel]:
    """What became of those whom the campaign reached, per channel, as it stands today; empty for any other broadcast."""
    if broadcast.kind != POLICY:
        return []
    asks = material(broadcast) and broadcast.state not in (broadcasts.CANCELLED, broadcasts.MISSED)
    found = []
    for pair in broadcast.pairs(visit):
        fresh = versions.since(visit, pair.code, broadcasts.version_asked(broadcast))
        n: Counter[str] = Counter()
        unasked = _left_out(broadcast, pair.channel)
        for _channel, became, reached, many in visit.all(
            _BECAME, cast=broadcast.id, use=pair.code, fresh=fresh
        ):
            if reached:
                n[became] += many
            elif became in (SILENT, PAUSED_NOW):
                unasked += many
        parts = n[KEPT], n[WITHDREW], n[SILENT], n[PAUSED_NOW], n[ENDED]
        found.append(Funnel(pair.channel, sum(parts), *parts, unasked if asks else 0))
    return found


def _left_out(broadcast: Broadcast, channel: str) -> int:
    """Who was left out when it was counted though their consent stood: the count of then, for nobody is walked for it again."""
    out = broadcast.counted.get("out", {})
    return sum(int(out.get(f"{channel} {reason}", 0)) for reason in _NOT_ASKED)


def lines(funnels: list[Funnel]) -> list[str]:
    """A funnel in words, in the language being spoken; what is nought is left out."""
    asked, kept, withdrew, quiet, paused, ended, unasked = (
        sum(int(one[place]) for one in funnels) for place in range(1, 8)
    )
    said = [
        (asked, plural("Asked: {n} person.", "Asked: {n} people.", asked)),
        (kept, _("Kept the consent: {n}.", n=kept)),
        (withdrew, _("Withdrew it: {n}.", n=withdrew)),
        (quiet, _("No answer yet: {n}.", n=quiet)),
        (paused, _("Paused without an answer: {n}.", n=paused)),
        (ended, _("Ended otherwise: {n}.", n=ended)),
        (unasked, _("Not asked, because no message may or can reach them: {n}. This purpose pauses for them as well.", n=unasked)),
    ]  # fmt: skip
    return [words for n, words in said if n]
