"""When a mailbox of staff answers by itself and no header says so: echoes and what is told must not go round for ever (T-LET-14).

The same words once more in reply to what the desk says about a reply, or very many of such letters within a day: nothing is
done and nothing is said. What waits to leave is held, for nobody may have seen it. Letters that nobody vouches for count in
reply to a request as well: whoever got one forwarded would fill the mailbox of who works on it (T-LET-12).
"""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk import cases, replies, tellings, threads
from kelisim.desk.operator import Staff
from kelisim.desk.threads import Posted
from kelisim.desk.visit import Visit
from kelisim.mail import commands, quotes
from kelisim.mail.letter import Letter
from kelisim.store.models import OutboxMessage, Seen

log = logging.getLogger("kelisim.mail")

ABOUT_REPLIES = (replies.ECHO, tellings.KIND)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST = 16  # letters about replies to one request within a day: a person hardly writes so many
SOURCE = "staff words"  # of what was seen

_O, _S = OutboxMessage.__table__.c, Seen.__table__.c
_WRITTEN = select(func.count()).where(
    _O.number == bindparam("about"), _O.kind.in_(ABOUT_REPLIES), _O.at > bindparam("since")
)
_BEFORE = select(_S.key).where(
    _S.source == SOURCE, _S.key == bindparam("same"), _S.expires > bindparam("now")
)
_made = upsert(Seen)
_REMEMBER = _made.on_conflict_do_update(
    index_elements=["source", "key"], set_={"expires": _made.excluded.expires}
)


def spins(visit: Visit, letter: Letter, person: Staff | None, posted: Posted) -> bool:
    """Whether a reply to a letter of ours to staff is a wheel that turns by itself; then what waits there is held."""
    words = _fresh(letter, threads.marker(visit.desk, posted.id))
    writer = person.address if person is not None else ""
    text = "\0".join([posted.number, writer, " ".join(words.casefold().split())])
    same = int.from_bytes(visit.desk.vault.find("staff words", text)[:8], "big", signed=True)
    before = visit.one(_BEFORE, same=same, now=visit.at) is not None
    visit.run(
        _REMEMBER, source=SOURCE, key=same, screen="", ref="", locale=visit.locale, expires=visit.at + HOUR
    )
    about = posted.kind in ABOUT_REPLIES
    if not about and letter.sender.authentic:
        return False
    row = visit.one(_WRITTEN, about=posted.number, since=visit.at - DAY)
    many = row is not None and row[0] >= MOST
    word = quotes.extract(letter, [threads.marker(visit.desk, posted.id)]).text
    confirms = (
        person is not None and posted.kind == replies.ECHO and commands.settling(word, person) is not None
    )
    if confirms or not (many or (about and before and person is not None)):
        return False  # what confirms an echo is the same short word every time; an outsider is not written to
    log.warning("request %s: replies to what the desk tells go round", posted.number)
    replies.hold(visit, posted.id, "robot")
    with contextlib.suppress(LookupError):  # a request whose person was destroyed meanwhile
        cases.remark(visit, cases.known(visit, posted.number), replies.DRAFT, "robot")
    return True


def _fresh(letter: Letter, mark: str) -> str:
    """The words above what is quoted, roughly: enough to tell the same from other words."""
    kept = []
    for line in letter.text.splitlines():
        if mark in line or line.startswith(">"):
            break
        kept.append(line)
    return "\n".join(kept)
