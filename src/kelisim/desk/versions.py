"""Which versions of a consent's text still hold: a material new one asks everybody anew who agreed to an older one.

A version is `<text>.<edition>`, two numbers. What the store remembers of each published one is enough: the operator file knows
only the newest, and somebody may have agreed to one of years ago.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from kelisim.desk.visit import Visit
from kelisim.store.models import PublishedDocument

_D = PublishedDocument.__table__.c
_PUBLISHED = select(_D.version, _D.material).where(_D.name == bindparam("name")).distinct()


def order(version: str) -> tuple[int, ...]:
    """A version as something to compare: 1.10 comes after 1.9. One that is none of ours (an import's) is the oldest."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


def last_material(visit: Visit, pair: str) -> str:
    """The newest version of a pair's text that asks people again; empty: none ever did."""
    asking = [row.version for row in visit.all(_PUBLISHED, name=pair) if row.material]
    return max(asking, key=order, default="")


def since(visit: Visit, pair: str, version: str) -> list[str]:
    """This version and the younger ones: who agreed to one of them need not be asked about it."""
    found = {row.version for row in visit.all(_PUBLISHED, name=pair)}
    return sorted({known for known in found if order(known) >= order(version)} | {version}, key=order)


def oldest(visit: Visit, pair: str) -> str:
    """The first version that was ever published; empty: none was."""
    return min((row.version for row in visit.all(_PUBLISHED, name=pair)), key=order, default="")


def published(visit: Visit, pair: str, version: str) -> bool:
    """Whether the desk that serves has this version: before that nobody could read it, or agree to it."""
    return any(row.version == version for row in visit.all(_PUBLISHED, name=pair))


def outdated(visit: Visit, pair: str, agreed: str) -> bool:
    """Whether a consent to this version was asked for anew since."""
    return order(agreed) < order(last_material(visit, pair))
