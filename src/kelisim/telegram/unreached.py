"""What the desk says by itself about a mailbox of the person: that its letters come back (SCREENS 3.11)."""

from __future__ import annotations

from kelisim.desk import identity, returns, subjects
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram.screens import Button, Screen, view
from kelisim.texts import _


@view(returns.SCREEN, "sunrch", told=True)
def unreached(visit: Visit, ref: str) -> Screen:
    """The address masked; which one it is, is read when this is taken."""
    dead = [known for known in subjects.addresses(visit, EMAIL) if not known.reachable]
    masked = "; ".join(identity.mask_email(known.value) for known in dead) or "…"
    said = [
        _("Our letters to this mailbox come back: {address}.", address=masked),
        _("Your consents and stops stay as they are. If you have another mailbox, please give it."),
    ]
    return Screen("\n\n".join(said), buttons=[Button(_("Correct my data"), "correct")], done=True)
