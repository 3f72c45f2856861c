"""A person under 18 (or anyone unknown) ends the consents of a mailbox by proving it; and receipts are checked."""

from __future__ import annotations

from datetime import date

from kelisim.desk import codes, consents, dialogue, identity
from kelisim.desk.dialogue import Waiting
from kelisim.desk.receipts import check
from kelisim.desk.visit import Visit
from kelisim.telegram.giving import code_words, email_fault, wrong
from kelisim.telegram.screens import Button, Go, Screen, reader, registered, view
from kelisim.texts import _, day

USE = "withdraw"
CHECKS_AN_HOUR = 10


@view("prove.email", "pmail", before_consent=True, asks=True)
def prove_email(visit: Visit, ref: str) -> Screen:
    lines = [email_fault(ref), ""] if ref else []
    lines.append(
        _("Which mailbox are the consents tied to? Please write its address; a code will come there.")
    )
    return Screen("\n".join(lines), title=_("Withdraw"), up=Go("cancel"), cancel=True)


@reader("prove.email")
def read_email(visit: Visit, words: str, waiting: Waiting) -> Go:
    try:
        email = identity.email(words)
    except identity.Malformed as fault:
        return Go("prove.email", fault.part)
    outcome = codes.send(visit, USE, email, kind="code-known")
    if outcome == codes.MANY:
        return Go("prove.email", outcome)
    dialogue.ask(visit, "prove.code", {})
    return Go("prove.code", "" if outcome == codes.SENT else outcome)


@view("prove.code", "pcode", before_consent=True)
def prove_code(visit: Visit, ref: str) -> Screen:
    return Screen(
        code_words(ref), title=_("Withdraw"), buttons=[Button(_("Another address"), "prove.email")], up=Go("cancel"),
        cancel=True,
    )  # fmt: skip


@reader("prove.code")
def read_code(visit: Visit, words: str, waiting: Waiting) -> Go:
    answer = codes.verify(visit, USE, words)
    if answer.outcome != codes.RIGHT:
        return Go("prove.code", wrong(answer))
    dialogue.drop(visit)
    number = consents.withdraw_mailbox(visit, answer.address)
    due = consents.revocation_due(visit)
    return Go("prove.done", f"{number}?{due.isoformat()}") if number else Go("prove.none")


@view("prove.done", "pdone", before_consent=True, told=True)
def prove_done(visit: Visit, ref: str) -> Screen:
    number, _sep, due = ref.partition("?")
    return Screen(
        _("Consent withdrawn, No. {number}. Purpose: {purpose}. From this minute your data are not used for it. We will "
          "destroy what was kept, or explain in writing what must stay and why. Last day: {due}.",
          number=number, purpose=_("everything tied to this mailbox"),
          due=day(date.fromisoformat(due)) if due else ""),
        done=True,
    )  # fmt: skip


@view("prove.none", "pnone", before_consent=True, told=True)
def prove_none(visit: Visit, ref: str) -> Screen:
    return Screen(_("No consent is tied to this mailbox: there is nothing to end."), done=True)


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
