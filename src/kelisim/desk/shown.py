"""Which documents were published, word for word, and which version a person was shown."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.desk.documents import Document
from kelisim.desk.visit import Visit
from kelisim.store.models import DocumentShown, PublishedDocument

_D = PublishedDocument.__table__.c
_KNOWN = select(_D.digest, _D.material).where(
    _D.name == bindparam("name"), _D.version == bindparam("version"), _D.locale == bindparam("locale")
)
_SHOW = upsert(DocumentShown).on_conflict_do_nothing()
_PUBLISH = upsert(PublishedDocument).on_conflict_do_nothing()
_MATERIAL = (
    update(PublishedDocument)
    .where(_D.name == bindparam("named"), _D.version == bindparam("edition"))
    .values(material=bindparam("asks"))
)


def publish(visit: Visit, documents: list[Document]) -> list[str]:
    """Write down new versions; name each known one whose text is not the one published (T-ADMIN-01).

    Whether a version asks people again is the operator's word about it and no part of its text: the last word counts.
    """
    faults = []
    for document in documents:
        known = visit.one(_KNOWN, name=document.name, version=document.version, locale=document.locale)
        if known is None:
            visit.run(
                _PUBLISH, name=document.name, version=document.version, locale=document.locale, digest=document.digest,
                title=document.title, text=document.text, since=document.since, material=document.material,
            )  # fmt: skip
        elif known.digest != document.digest:
            faults.append(
                f"{document.name} {document.version} ({document.locale}) was published with another text: "
                "raise its edition in the operator file, or put the old text back"
            )
        elif known.material != document.material:
            visit.run(_MATERIAL, named=document.name, edition=document.version, asks=document.material)
    return faults


def note(visit: Visit, document: Document) -> None:
    """The person at the door is shown this version; of the unknown nothing is kept."""
    if visit.subject is not None:
        visit.run(
            _SHOW, subject_id=visit.subject.id, name=document.name, version=document.version, locale=document.locale,
            digest=document.digest, at=visit.at,
        )  # fmt: skip
