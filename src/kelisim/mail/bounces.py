"""Letters of ours that came back: the address no longer counts as reachable, and what it carried finds another way."""

from __future__ import annotations

from kelisim.desk import returns, threads
from kelisim.desk.letterbox import Handled
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail.letter import Letter

BOUNCE, STRANGE = "bounce", "strange bounce"


def act(visit: Visit, letter: Letter, posted: Posted | None) -> Handled:
    """A bounce counts only when it names a letter of ours by its secret name (T-LET-15); it changes no consent.

    One that names a letter whose row is gone (a person erased, a term over) is ours too: it carries their words back.
    """
    if posted is None:
        return Handled(BOUNCE) if threads.rows(visit.desk, letter.returned) else Handled(STRANGE, ours=False)
    case = (
        None
        if letter.status.startswith("2")
        else returns.came_back(visit, posted, letter.failed, letter.status)
    )
    subject = visit.subject.id if visit.subject is not None else posted.subject_id
    return Handled(BOUNCE, case_id=case.id if case is not None else None, subject_id=subject)
