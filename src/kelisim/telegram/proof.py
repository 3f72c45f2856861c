"""Whether a receipt is ours: genuine or not, and nothing else."""

from __future__ import annotations

from datetime import date

from kelisim.desk import codes, dialogue
from kelisim.desk.dialogue import Waiting
from kelisim.desk.receipts import check
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import Button, Go, Screen, reader, registered, view
from kelisim.texts import _, day

CHECKS_AN_HOUR = 10


@view("verify", "verify", before_consent=True, asks=True)
def verify(visit: Visit, ref: str) -> Screen:
    return Screen(_("Please write the code that stands on the receipt."), title=_("Check a receipt"),
                  up=Go("cancel"), cancel=True)  # fmt: skip


@reader("verify")
def read_verify(visit: Visit, words: str, waiting: Waiting) -> Go:
    if codes.attempts(visit, "verify", visit.visitor.hash, codes.HOUR) >= CHECKS_AN_HOUR:
        return Go("verify.told", "many")
    codes.attempted(visit, "verify", visit.visitor.hash)
    dialogue.drop(visit)
    issued = check(visit, words)
    return Go("verify.told", visit.day_of(issued).isoformat() if issued else "no")


@view("verify.told", "vtold", before_consent=True, told=True)
def verify_told(visit: Visit, ref: str) -> Screen:
    if ref == "many":
        told = _("Too many checks within an hour. Please try again later.")
    elif ref == "no":
        told = _("This is not a receipt of ours.")
    else:
        told = _("Genuine: issued by us, {date}.", date=day(date.fromisoformat(ref)))
    return Screen(
        told,
        title=_("Check a receipt"),
        buttons=[Button(_("Check a receipt"), "verify")],
        up=Go("menu") if registered(visit) else Go("notice"),
    )
