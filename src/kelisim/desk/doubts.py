"""Why what staff wrote does not leave as it came, in a sentence."""

from __future__ import annotations

from kelisim.desk import replies
from kelisim.texts import _, spoken


def told(why: str) -> str:
    """The reason behind a code: of `desk.replies`, or of reading the letter (`mail.quotes`)."""
    return {
        replies.SENDER: _("The mail server does not vouch that you wrote this letter."),
        replies.LEAK: _("It repeats an internal note or a line of our letter."),
        replies.HISTORY: _("It repeats what was said in the request before: perhaps a quotation got in."),
        replies.COMMAND: _(
            "Its first line begins like a command, but is none that is known. It would leave as words."
        ),
        replies.OUTSIDER: _("It is not from the staff."),
        replies.BOUNCED: _("The letter that showed it to you came back."),
        replies.LEFT: _("Who wrote it is no longer of the staff."),
        replies.IMPOSSIBLE: _("It could not be done."),
        "robot": _("The same words came once more, as a program sends them."),
        "empty": _("No words were found above the quotation."),
        "below": _("There are words below the quotation, which is not read."),
        "inline": _("There are words between the lines of the quotation, which is not read."),
        "second": _("There is another letter above ours."),
        "repeats": _("Words of our own letter are among yours."),
        "no end": _("It could not be told where your words end."),
        "unclear": _("It could not be told whether the first and the last words are yours."),
        "charset": _("The letters could not be read for certain."),
        "long": _("It is too long."),
    }.get(why, why)


def forbidden(why: str) -> str:
    """That a rule of the desk stands in the way; the rule itself is said in English alone (`decisions.Impossible`)."""
    if spoken() == "en":
        return _("As the request stands now this cannot be done: {why}.", why=why)
    return _("As the request stands now, the rules do not allow this.")
