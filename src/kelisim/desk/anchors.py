"""The daily anchor: the ledger's head goes to the responsible person by letter, numbered, each working day.

Whoever rewrites the ledger later must also change a letter that is in another hand (T-STORE-13). The receiver is told
to expect the next number, so a letter that was held back is missed.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import dates, ledger, letters, retention
from kelisim.desk.visit import Visit, zone
from kelisim.store.models import Fact

_F = Fact.__table__.c
_READ = select(_F.value).where(_F.name == bindparam("called"))
_made = upsert(Fact)
_WRITE = _made.on_conflict_do_update(index_elements=["name"], set_={"value": _made.excluded.value})


def post(visit: Visit) -> int | None:
    """Post today's anchor if this is a working day, work has begun and none was posted yet; its number."""
    here = visit.at.astimezone(zone(visit.operator.zone))
    if here.time() < visit.operator.working_hours[0] or not visit.desk.calendar.is_working(here.date()):
        return None
    row = visit.one(_READ, called="anchor")
    known: dict[str, Any] = {"number": 0, "day": "2000-01-01"}
    if row is not None:
        known = json.loads(row.value)
    if date.fromisoformat(known["day"]) >= here.date():
        return None
    number = int(known["number"]) + 1
    overdue, ended = len(dates.overdue(visit)), sum(retention.untold(visit).values())
    letters.anchor(visit, number, ledger.head(visit), dates.how_many(visit), overdue, ended)
    visit.run(_WRITE, name="anchor", value=json.dumps({"number": number, "day": here.date().isoformat()}))
    return number
