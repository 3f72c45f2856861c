"""Letters of ours that came back: the address no longer counts as reachable, and what it carried finds another way."""

from __future__ import annotations

from kelisim.desk.letterbox import Handled
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail.letter import Letter


def act(visit: Visit, letter: Letter, posted: Posted | None) -> Handled:
    """A bounce counts only when it names a letter of ours by its secret name (T-LET-15); it changes no consent."""
    raise NotImplementedError
