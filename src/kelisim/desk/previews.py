"""What deleting for good would do, said before it is done: what goes, what stays without a name, what must stay and why."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Executable, bindparam, func, select

from kelisim.desk import cases, consents, holds, subjects, viewings
from kelisim.desk.visit import Visit
from kelisim.store.models import Attachment, ConsentRecord, OutboxMessage

# Requests whose records outlive the person's rows until they are decided: evidence must not go with its complaint (T-LAW-03).
DISPUTES = (cases.COMPLAINT, cases.AUTHORITY)
DISPUTE = "justice"  # the ground of the operator file's catalogue that is named for them

_FILES = select(func.count()).where(Attachment.subject_id == bindparam("subject"))
_RECORDS = select(func.count()).where(ConsentRecord.subject_id == bindparam("subject"))
_PREPARED = select(func.count()).where(
    OutboxMessage.subject_id == bindparam("subject"), OutboxMessage.state == "waiting", OutboxMessage.purpose != ""
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that must stay: all of the data (no number) or one request, on which ground, until when."""

    ground: str
    until: date | None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What is there and what would become of it; counts and codes, no values."""

    contacts: tuple[tuple[str, bool], ...]  # channel, and whether it was proved
    fields: tuple[str, ...]
    given: tuple[str, ...]  # purposes in force, which end
    requests: int
    files: int
    looks: int
    prepared: int
    records: int
    ends: tuple[str, ...]  # requests in hand that end
    kept: tuple[Kept, ...]
    digest: str  # of all that the person decides upon: 16 characters for a button

    @property
    def whole(self) -> Kept | None:
        """The hold because of which everything must stay."""
        return next((known for known in self.kept if not known.number), None)


def preview(visit: Visit) -> Preview:
    """What deleting for good would do to the visit's subject today."""
    contacts = subjects.contacts(visit)
    fields = subjects.profile(visit)
    given = tuple(sorted(consents.undecided(visit)))
    kept = must_stay(visit)
    stays = {known.number for known in kept}
    requests, files = cases.how_many(visit), _count(visit, _FILES)
    mine = [case for case in cases.of_subject(visit, most=requests) if case.in_hand]
    ends = tuple(
        sorted(case.number for case in mine if case.number not in stays and case.kind != cases.ERASURE)
    )
    said = [
        sorted([known.channel, known.hash.hex(), known.confirmed_at is not None] for known in contacts),
        sorted(fields.items()), given, requests, files, ends,
        [[known.ground, known.until.isoformat() if known.until else "", known.number] for known in kept],
    ]  # fmt: skip
    keyed = visit.desk.vault.find(
        "preview", json.dumps(said, ensure_ascii=False)
    )  # no plain hash of anybody's data
    return Preview(
        contacts=tuple((known.channel, known.confirmed_at is not None) for known in contacts),
        fields=tuple(sorted(fields)), given=given, requests=requests, files=files, looks=viewings.how_many(visit),
        prepared=_count(visit, _PREPARED), records=_count(visit, _RECORDS), ends=ends, kept=kept,
        digest=base64.urlsafe_b64encode(keyed[:12]).decode(),
    )  # fmt: skip


def must_stay(visit: Visit) -> tuple[Kept, ...]:
    """Holds on the subject's data, and complaints and inquiries that nobody has decided yet."""
    held = [Kept(known.ground, known.until) for known in holds.standing(visit)]
    open_ = [
        Kept(ground_of_disputes(visit.operator.grounds), None, case.number)
        for kind in DISPUTES
        for case in cases.in_hand(visit, kind)
    ]
    return (*held, *open_)


def ground_of_disputes(grounds: Mapping[str, object]) -> str:
    """The ground named for open disputes; an operator file without it names its first."""
    return DISPUTE if DISPUTE in grounds else next(iter(grounds))


def _count(visit: Visit, statement: Executable) -> int:
    row = visit.one(statement, subject=visit.known.id)
    return int(row[0]) if row is not None else 0
