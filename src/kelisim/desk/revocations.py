"""What follows a withdrawal: a request with its own date, until what was kept is destroyed or its stay is explained.

The withdrawal itself takes effect at once and needs nobody (DESIGN.md 8.17). Destroying, also in what the operator keeps
elsewhere, or a refusal on a ground of the law, is an act of staff within 15 working days (art. 8 p. 7).
"""

from __future__ import annotations

from collections.abc import Sequence

from kelisim.desk import cases, handoffs
from kelisim.desk.visit import Visit

GO_ON = (cases.REVOCATION, cases.BLOCKING, cases.ERASURE)  # do not end with the chat: they take away


def begin(visit: Visit, number: str, purposes: Sequence[str]) -> None:
    """Open the request that follows the withdrawal with this number, or add to one that is open already."""
    facts = {"record": number, "purposes": list(purposes)}
    # What is asked for another person has no record of one's own.
    standing = [case for case in cases.in_hand(visit, cases.REVOCATION) if "record" in case.facts]
    by_letter = next((case for case in standing if case.facts["record"] == ""), None)
    if (
        by_letter is not None
    ):  # it was asked for by letter, with a number and a date of its own: this is what came of it
        case = cases.set_facts(visit, by_letter, {**by_letter.facts, **facts})
        handoffs.send(visit, case, handoffs.MORE if case.state == cases.WITH_STAFF else handoffs.NEW)
        return
    if standing and visit.day_of(standing[0].received_at) == visit.today:
        # One request a day is enough to read; what was withdrawn today has the same last day.
        known = standing[0].facts
        facts = {
            **known,
            "record": f"{known['record']}, {number}",
            "purposes": [*known["purposes"], *purposes],
        }
        case = cases.set_facts(visit, standing[0], facts)
        handoffs.send(visit, case, handoffs.MORE)
        return
    handoffs.send(visit, cases.begin(visit, cases.REVOCATION, facts=facts))
