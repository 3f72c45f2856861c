"""What staff wrote by letter and nobody has read yet: it waits for a confirmation or its time, or is held until a human looks.

A row holds the words only while they wait. The newer text of the same writer replaces the older; what somebody else did to
the case meanwhile is found when it is released (`releases`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from kelisim.desk import attachments, cases, numbers, outbox, tokens
from kelisim.desk.attachments import File
from kelisim.desk.cases import Case, Event
from kelisim.desk.operator import Staff
from kelisim.desk.visit import EMAIL, Desk, Found, Visit
from kelisim.store.models import Case as CaseRow
from kelisim.store.models import Reply as Row

ECHO = "echo"  # a kind of outbox message
WAITING, HELD, RELEASED, DROPPED = "waiting", "held", "released", "dropped"
ACTIVE = (WAITING, HELD)
DRAFT = "draft"  # a step of the timeline that staff alone read

# Why a reply is held, beside what reading it alone says (`mail.quotes`).
SENDER, LEAK, HISTORY, COMMAND, OUTSIDER, BOUNCED, LEFT, IMPOSSIBLE = (
    "sender", "leak", "history", "command", "outsider", "bounced", "left", "impossible",
)  # fmt: skip
# What nobody may confirm as it is: it is written again (T-LET-06, T-LET-10).
NOT_AS_IT_IS = (LEAK, OUTSIDER, "repeats", "second", "empty", "long")

# What may happen to a case while a reply waits, without overtaking it.
_BESIDE = (cases.NOTED, cases.ASSIGNED, cases.MOVED, cases.LATE, cases.REMINDED, DRAFT)

_LABEL = b"kelisim reply"
_R, _C = Row.__table__.c, CaseRow.__table__.c
_KNOWN = select(
    _R.id, _R.case_id, _C.number, _R.act, _R.body, _R.actor, _R.state, _R.version, _R.why, _R.release_at, _R.echo_id,
    _R.at,
).join(CaseRow, _C.id == _R.case_id)  # fmt: skip
_ONE = _KNOWN.where(_R.id == bindparam("row"))
_OF_ECHO = _KNOWN.where(_R.echo_id == bindparam("echo"))
_OF_CASE = _KNOWN.where(_R.case_id == bindparam("case"), _R.state.in_(ACTIVE)).order_by(_R.at, _R.id)
_ALL = _KNOWN.where(_R.state.in_(ACTIVE)).order_by(_R.at, _R.id).limit(bindparam("most"))
_SETTLE = (
    update(Row)
    .where(_R.id == bindparam("row"), _R.state.in_(ACTIVE))
    .values(state=bindparam("now"), why=bindparam("cause"), body=bindparam("sealed"), release_at=None)
)
_HOLD = (
    update(Row)
    .where(_R.id == bindparam("row"), _R.state.in_((*ACTIVE, RELEASED)))
    .values(state=HELD, why=bindparam("cause"), body=bindparam("sealed"), release_at=None)
)
_BODY = update(Row).where(_R.id == bindparam("row")).values(body=bindparam("sealed"))
_ECHOED = update(Row).where(_R.id == bindparam("row")).values(echo_id=bindparam("echo"))
_TIME = (
    update(Row)
    .where(_R.id == bindparam("row"), _R.state == WAITING, _R.release_at.is_not(None))
    .values(release_at=bindparam("then"))
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be done: one of `orders`, and what belongs to it. `letter` is the Message-ID it came by, `claimed` the
    (masked) address in whose name an unproved letter came, `about` the person an authority is over, by number."""

    order: str
    words: str = ""
    template: str = ""
    ground: str = ""
    until: str = ""
    to: str = ""
    about: str = ""
    letter: str = ""
    claimed: str = ""
    replaced: bool = False
    refused: tuple[tuple[str, str], ...] = ()  # files that were not kept: name and why


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as this visit found it. `steps` is how many were `decided` when it came, `echo` the letter that told of it."""

    id: int
    case_id: int
    number: str
    draft: Draft
    actor: str
    state: str
    version: int
    why: str
    release_at: datetime | None
    echo_id: int | None
    at: datetime
    steps: int = 0
    echo: str = field(default="", repr=False)

    @property
    def active(self) -> bool:
        """It still waits for somebody."""
        return self.state in ACTIVE

    @property
    def safe(self) -> bool:
        """It may be confirmed as it is."""
        return self.why not in NOT_AS_IT_IS


def begin(
    visit: Visit,
    case: Case,
    draft: Draft,
    person: Staff,
    *,
    why: str = "",
    release_at: datetime | None = None,
    files: Iterable[File] = (),
    echoed: bool = True,
) -> Reply:
    """Keep what one of the staff wants done, and promise them the letter that shows it; held where `why` says so.

    What they wrote to this case before and what still waits is replaced. `release_at` only where it may leave by itself.
    """
    # A letter in somebody's name takes nothing away from what they wrote themselves.
    older = [
        each
        for each in of_case(visit, case)
        if each.actor == person.address and bool(each.draft.claimed) == bool(draft.claimed)
    ]
    for each in older:
        settle(visit, each, DROPPED, "replaced")
    made, steps = numbers.row_id(), len(decided(visit, case))
    draft = replace(draft, replaced=bool(older))
    state = HELD if why else WAITING
    visit.add(
        Row, id=made, case_id=case.id, act=draft.order, body=_sealed(visit, made, draft, steps, ""), actor=person.address,
        state=state, version=case.version, why=why, release_at=None if why else release_at, echo_id=None, at=visit.at,
    )  # fmt: skip
    refused = attachments.keep_out(visit, case, made, files)
    if refused:
        draft = replace(draft, refused=tuple((each.name, each.why) for each in refused))
        visit.run(_BODY, row=made, sealed=_sealed(visit, made, draft, steps, ""))
        visit.run(_TIME, row=made, then=None)  # an answer without its file leaves when somebody has seen that
    cases.remark(visit, case, DRAFT, f"{draft.order} {state} {why}".strip())
    if echoed:
        row = outbox.post(visit, ECHO, EMAIL, {"reply": made}, address=person.address, number=case.number,
                          locale=person.locale)  # fmt: skip
        visit.run(_ECHOED, row=made, echo=row)
    found = find(visit, made)
    assert found is not None
    return found


def decided(visit: Visit, case: Case) -> list[Event]:
    """The steps of a case that somebody took, without what may happen beside a reply. Counted, not placed: clocks differ."""
    return [step for step in cases.events(visit, case) if step.act not in _BESIDE]


def find(visit: Visit, row: int) -> Reply | None:
    """One reply by its row."""
    known = visit.one(_ONE, row=row)
    return _opened(visit, known) if known is not None else None


def of_echo(visit: Visit, row: int) -> Reply | None:
    """The reply that a letter of ours told of."""
    known = visit.one(_OF_ECHO, echo=row)
    return _opened(visit, known) if known is not None else None


def of_case(visit: Visit, case: Case) -> list[Reply]:
    """What waits or is held in a case, the oldest first."""
    return [_opened(visit, row) for row in visit.all(_OF_CASE, case=case.id)]


def every(visit: Visit, most: int = 200) -> list[Reply]:
    """What waits or is held in all cases, the oldest first."""
    return [_opened(visit, row) for row in visit.all(_ALL, most=most)]


def settle(visit: Visit, reply: Reply, state: str, why: str = "") -> bool:
    """End the waiting of a reply and forget its words; False: somebody was faster."""
    empty = _sealed(visit, reply.id, Draft(reply.draft.order), 0, "")
    if not visit.run(_SETTLE, row=reply.id, now=state, cause=why, sealed=empty):
        return False
    if state == DROPPED:
        attachments.drop_reply(visit, reply.id)
    return True


def back(visit: Visit, reply: Reply, why: str) -> None:
    """What could not be done is held again, with its words."""
    visit.run(
        _HOLD, row=reply.id, cause=why, sealed=_sealed(visit, reply.id, reply.draft, reply.steps, reply.echo)
    )


def drop(visit: Visit, reply: Reply) -> bool:
    """Whoever wrote it wants it no more; False: it has left or was dropped already."""
    if not settle(visit, reply, DROPPED):
        return False
    cases.remark(visit, cases.known(visit, reply.number), DRAFT, f"{reply.draft.order} dropped")
    return True


def hold(visit: Visit, outbox_row: int, why: str = BOUNCED) -> Reply | None:
    """The letter that told of a reply did not arrive: what waits does not leave by itself (T-LET-07). The reply, if any."""
    reply = of_echo(visit, outbox_row)
    if reply is None or not reply.active:
        return None
    if reply.state == WAITING:
        back(visit, reply, why)
        cases.remark(visit, cases.known(visit, reply.number), DRAFT, f"{reply.draft.order} {HELD} {why}")
    return reply


def echoed(visit: Visit, reply: Reply, text: str) -> None:
    """Remember what the letter said, so that an answer to it can be told from it."""
    visit.run(_BODY, row=reply.id, sealed=_sealed(visit, reply.id, reply.draft, reply.steps, text))


def leave_at(visit: Visit, reply: Reply, then: datetime) -> None:
    """What may leave by itself leaves at this moment."""
    visit.run(_TIME, row=reply.id, then=then)


def public(desk: Desk, reply: Reply) -> str:
    """The number staff call it by at a shell; derived, and good for nothing else."""
    return numbers.derived("R", desk.receipt_key, f"reply {reply.id}")


def secret(desk: Desk, reply: Reply) -> str:
    """What the link in the echo carries: only who reads the listed address has it, and it opens this one reply."""
    return tokens.letters(tokens.seal(desk, _LABEL, reply.id.to_bytes(8, "big")))


def of_secret(visit: Visit, given: str) -> Reply | None:
    """The reply that a link of ours opens."""
    sealed = tokens.of_letters(given)
    opened = tokens.unseal(visit.desk, _LABEL, sealed) if sealed is not None else None
    return find(visit, int.from_bytes(opened, "big")) if opened is not None else None


def _sealed(visit: Visit, row: int, draft: Draft, steps: int, echo: str) -> bytes:
    kept = {**asdict(draft), "steps": steps, "echo": echo}
    return visit.desk.vault.seal("replies", "body", row, json.dumps(kept, ensure_ascii=False))


def _opened(visit: Visit, row: Found) -> Reply:
    kept: dict[str, Any] = json.loads(visit.desk.vault.unseal("replies", "body", row.id, row.body))
    steps, echo = kept.pop("steps"), kept.pop("echo")
    kept["refused"] = tuple((name, why) for name, why in kept["refused"])
    return Reply(
        row.id, row.case_id, row.number, Draft(**kept), row.actor, row.state, row.version, row.why, row.release_at,
        row.echo_id, row.at, steps, echo,
    )  # fmt: skip
