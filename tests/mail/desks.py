"""Staff at their mailboxes: they get a letter of the desk, reply to it as mail programs do, and see what comes back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.doorstep import Doorstep, Person

from kelisim.courier.outcome import Parcel
from kelisim.desk import cases, handoffs, identity, subjects
from kelisim.desk.cases import Case
from kelisim.desk.letterbox import Handled
from kelisim.desk.visit import EMAIL, Visit
from kelisim.mail import visit as door
from kelisim.mail.letter import Letter, Part, Sender

ERLAN, GULNAR, DANA, STRANGER = "erlan@alit.kz", "gulnar@alit.kz", "dana@alit.kz", "someone@gmail.com"
TO_STAFF = ("case", "reminder", "echo", "told")
_letters = itertools.count(1)


@dataclass(slots=True)
class Mailroom:
    """The desk's post: what it sent to whom, and replies to it."""

    step: Doorstep
    sent: list[Parcel] = field(default_factory=list)

    async def deliver(self) -> list[Parcel]:
        """All that is due; what went to staff."""
        parcels = await self.step.courier()
        self.sent += parcels
        return [parcel for parcel in parcels if parcel.message.kind in TO_STAFF]

    async def case(self, person: Person, words: str = "Where is it?", kind: str = cases.QUESTION) -> Parcel:
        """A request of a person, and the letter about it."""
        await self.step.keep(
            lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), person
        )
        return [parcel for parcel in await self.deliver() if parcel.message.kind == "case"][-1]

    async def reply(
        self,
        parcel: Parcel,
        text: str,
        sender: str = ERLAN,
        *,
        authentic: bool = True,
        quoted: bool = True,
        **fields: Any,
    ) -> Handled:
        """Reply to a letter: the text above a quotation of it, as Thunderbird writes it."""
        body = text
        if quoted:
            lines = parcel.body["text"].split("\n")
            body += "\n\nOn Mon, 23 Nov 2026 at 12:00, KazGer wrote:\n\n" + "\n".join(
                f"> {line}".rstrip() for line in lines
            )
        address = identity.email(sender)
        number = next(_letters)
        letter = Letter(
            message_id=f"<staff{number}@alit.kz>", sender=Sender(address, dmarc=authentic, every=(address,)),
            subject=f"Re: {parcel.body['subject']}", text=body, received_at=self.step.desk.clock.now(),
            named=(f"<{parcel.body['token']}@alit.kz>", f"info+{parcel.body['token']}@alit.kz"), **fields,
        )  # fmt: skip

        def work(visit: Visit) -> Handled:
            visit = Visit(visit.connection, self.step.desk, door.DOOR, f"letter {number}", visit.at, "kk",
                          subjects.visitor(self.step.desk, EMAIL, address.lookup))  # fmt: skip
            return door.route(visit, letter)

        handled: Handled = await self.step.keep(work)
        return handled

    async def echo(self, parcel: Parcel, text: str, sender: str = ERLAN, **how: Any) -> Parcel:
        """Reply, and the one letter that comes back."""
        await self.reply(parcel, text, sender, **how)
        (back,) = await self.deliver()
        return back

    async def state(self, number: str) -> str:
        found = await self.step.rows("SELECT state FROM cases WHERE number = :number", number=number)
        return str(found[0][0])

    async def known(self, number: str) -> Case:
        found: Case = await self.step.keep(lambda visit: cases.known(visit, number))
        return found

    async def said(self, number: str, way: str = cases.OUT) -> list[str]:
        """What was said in a request, opened."""

        def read(visit: Visit) -> list[str]:
            return [message.words for message in cases.messages(visit, cases.known(visit, number), way)]

        found: list[str] = await self.step.keep(read)
        return found

    async def replies(self) -> list[tuple[str, str, str]]:
        """Act, state and reason of every reply, the oldest first."""
        return [
            tuple(row) for row in await self.step.rows("SELECT act, state, why FROM replies ORDER BY at, id")
        ]


def pdf(name: str = "answer.pdf") -> Part:
    return Part(name, b"%PDF-1.4 an answer")


def shown(parcel: Parcel) -> list[str]:
    """The texts that an echo shows as what the person reads, each as it is."""
    blocks: list[list[str]] = []
    inside = False
    for line in parcel.body["text"].split("\n"):
        marked = line.startswith("  │ ") or line == "  │"
        if marked and not inside:
            blocks.append([])
        if marked:
            blocks[-1].append(line.removeprefix("  │ ") if line.startswith("  │ ") else "")
        inside = marked
    return ["\n".join(lines) for lines in blocks]
