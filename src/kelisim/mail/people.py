"""What people write: the three letters of the policy, answers to our letters, and everything else as a question."""

from __future__ import annotations

from kelisim.desk.letterbox import Handled
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail.letter import Letter


def act(visit: Visit, letter: Letter, posted: Posted | None) -> Handled:
    """Do what the letter asks; `posted` is the letter of ours to a person that it answers, if any."""
    raise NotImplementedError
