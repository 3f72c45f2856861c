"""What staff reply: words for the person, or a command in the first line; nothing leaves unseen."""

from __future__ import annotations

from kelisim.desk.letterbox import Handled
from kelisim.desk.operator import Staff
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail.letter import Letter


def member(visit: Visit, letter: Letter) -> Staff | None:
    """Who of the staff the letter says it is from; whether that may be believed is `letter.sender.authentic`."""
    address = letter.sender.address
    if address is None:
        return None
    return next((one for one in visit.operator.staff if one.address.casefold() == address.lookup), None)


def act(visit: Visit, letter: Letter, person: Staff | None, posted: Posted) -> Handled:
    """An answer to one of our letters to staff, from `person` or from somebody who is none of them (T-LET-06)."""
    raise NotImplementedError
