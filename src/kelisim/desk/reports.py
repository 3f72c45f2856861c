"""What became of a broadcast: counted from its messages whenever it is asked, by channel and language, by cause, by name.

Nothing of it is kept beside the rows, so it cannot say anything else than they do. Rows that are gone with their people, or by
their term, are only a number: how many were made and are not there any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kelisim.desk import deliveries, outbox
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.deliveries import Tally, Told
from kelisim.desk.visit import Visit

SENT, SUPPRESSED, UNREACHABLE, FAILED, UNCERTAIN = "sent", "suppressed", "unreachable", "failed", "uncertain"
TWICE, ANSWERED, LACKING, ENDED, LEFT = "twice", "answered", "lacking", "ended", "left"
OUTCOMES = (SENT, SUPPRESSED, UNREACHABLE, FAILED, UNCERTAIN, TWICE, ANSWERED, LACKING, ENDED, LEFT)
NAMED = 100  # of whom nobody knows, or who stopped in that very moment: so many by name, the rest in the file

# The sender's words for an address that takes nothing any more: a blocked bot, a chat or mailbox that is gone.
_NOBODY_THERE = ("403", "gone", "returned 5")


class Part(NamedTuple):
    """The messages of a channel and language (empty: nobody had looked yet which), by what became of them."""

    channel: str
    locale: str
    became: Counter[str]

    @property
    def total(self) -> int:
        return sum(self.became.values())


@dataclass(frozen=True, slots=True)
class Report:
    """A broadcast in numbers. `causes` are of those that failed; `gone` are the rows that are not there any more."""

    broadcast: Broadcast
    parts: list[Part]
    causes: dict[str, int]
    gone: int
    uncertain: list[Told] = field(default_factory=list)
    crossed: list[Told] = field(default_factory=list)

    def of(self, *outcomes: str) -> int:
        """How many became one of these."""
        return sum(part.became[outcome] for part in self.parts for outcome in outcomes)

    @property
    def made(self) -> int:
        """How many messages are there."""
        return sum(part.total for part in self.parts)

    @property
    def whole(self) -> int:
        """How many there will be: counted while they are being addressed, addressed afterwards."""
        known = self.broadcast.addressed
        return known if self.broadcast.addressed_at is not None else max(known, self.broadcast.to)

    @property
    def over(self) -> int:
        """How many need nothing any more."""
        return self.made + self.gone - self.of(LEFT)


def of(visit: Visit, broadcast: Broadcast) -> Report:
    """The report as it stands now, with those by name of whom nobody knows and who stopped in that very moment."""
    told = numbers(visit, broadcast)
    return Report(
        told.broadcast, told.parts, told.causes, told.gone, deliveries.uncertain(visit, broadcast, NAMED),
        deliveries.crossed(visit, broadcast, NAMED),
    )  # fmt: skip


def numbers(visit: Visit, broadcast: Broadcast) -> Report:
    """The numbers alone, as a screen that is drawn every few seconds wants them."""
    return _folded(broadcast, deliveries.tally(visit, broadcast))


def became(state: str, cause: str) -> str:
    """What a message in a state, for a cause, counts as: one of OUTCOMES."""
    if state == outbox.SENT:
        return SENT
    if state == outbox.UNCERTAIN:
        return UNCERTAIN
    if state in (outbox.WAITING, outbox.CLAIMED):
        return LEFT
    if state == outbox.CANCELLED:
        # Whatever else a cancelled one says (it was tried before, say): its person stopped or withdrew meanwhile.
        return _CANCELLED.get(cause, SUPPRESSED)
    return UNREACHABLE if cause.startswith(_NOBODY_THERE) else FAILED


def every(visit: Visit, broadcast: Broadcast, after: int = 0) -> Iterator[Told]:
    """Every message in order, a page at a time; by public reference alone."""
    while page := deliveries.each(visit, broadcast, after):
        yield from page
        after = page[-1].id


_CANCELLED = {
    deliveries.SAME_MAILBOX: TWICE, deliveries.ANSWERED: ANSWERED, deliveries.NO_LANGUAGE: LACKING, deliveries.ENDED: ENDED,
    "unreadable": FAILED,
}  # fmt: skip


def _folded(broadcast: Broadcast, tallies: Iterable[Tally]) -> Report:
    found: dict[tuple[str, str], Counter[str]] = {}
    causes: Counter[str] = Counter()
    for each in tallies:
        outcome = became(each.state, each.cause)
        found.setdefault((each.channel, each.locale), Counter())[outcome] += each.n
        if outcome == FAILED:
            causes[each.cause] += each.n
    parts = [Part(channel, locale, found[channel, locale]) for channel, locale in sorted(found, key=_order)]
    made = sum(part.total for part in parts)
    return Report(broadcast, parts, dict(causes.most_common()), max(0, broadcast.addressed - made))


def _order(key: tuple[str, str]) -> tuple[bool, str, bool, int]:
    """Telegram before the mailbox, the languages as they are everywhere, what has none at the end."""
    channel, locale = key
    return channel != "telegram", channel, not locale, ("kk", "ru", "en", "").index(locale)
