"""What the desk says by itself about a consent: that it is paused, or that it ends soon (SCREENS 3.11)."""

from __future__ import annotations

from kelisim.desk import notices
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import Button, Screen, view
from kelisim.texts import _


@view(notices.PAUSED, "spause", told=True)
def paused(visit: Visit, ref: str) -> Screen:
    """By the number of the record; the new text and taking back are one press away, alike."""
    found = notices.noticed(visit, notices.PAUSED, ref)
    if found is None:
        return _over()
    pair, words = found
    buttons = [
        Button(_("Keep the consent"), "consents.keep", pair.code),
        Button(_("Withdraw"), "withdraw", pair.code),
    ]
    return Screen("\n\n".join(words), buttons=buttons, done=True)


@view(notices.EXPIRING, "sexpir", told=True)
def expiring(visit: Visit, ref: str) -> Screen:
    """By the number of the consent; «My consents» leads to that purpose."""
    found = notices.noticed(visit, notices.EXPIRING, ref)
    if found is None:
        return _over()
    pair, words = found
    return Screen(
        "\n\n".join(words), buttons=[Button(_("My consents"), "consents.one", pair.code)], done=True
    )


def _over() -> Screen:
    return Screen(
        _("This has been decided meanwhile."), buttons=[Button(_("My consents"), "consents")], done=True
    )
