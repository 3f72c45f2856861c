"""The policy, by section and page; and the whole text of a consent, with its hash."""

from __future__ import annotations

from kelisim.desk import consents, shown
from kelisim.desk.visit import Visit
from kelisim.telegram.screens import Button, Go, Screen, registered, view
from kelisim.texts import _

PAGE = 3000  # characters of a page; a screen holds 3,500


@view("policy", "policy", before_consent=True)
def policy(visit: Visit, ref: str) -> Screen:
    document = visit.desk.shelf.current("policy", visit.locale)
    shown.note(visit, document)
    # What the document says first: in short, version and date. A trial says so above it in three languages,
    # which is for the page; a screen speaks one.
    lines = [document.summary.partition("\n\n")[2] if visit.desk.trial else document.summary]
    if visit.desk.trial:
        lines += ["", _("This is a trial: the operator is a sample and its promises bind nobody.")]
    lines += ["", _("Choose a section:")]
    buttons = [
        Button(section.title, "policy.page", str(index), wide=True)
        for index, section in enumerate(document.sections)
        if not index or section.title != document.sections[index - 1].title
    ]
    buttons.append(Button(_("Open on the site"), url=visit.operator.url, wide=True))
    return Screen(
        "\n".join(lines),
        title=document.title,
        buttons=buttons,
        up=Go("menu") if registered(visit) else Go("notice"),
    )


@view("policy.page", "ppage", before_consent=True)
def page(visit: Visit, ref: str) -> Screen:
    document = visit.desk.shelf.current("policy", visit.locale)
    index = min(int(ref) if ref.isdecimal() else 0, len(document.sections) - 1)
    section = document.sections[index]
    buttons = []
    if index > 0:
        buttons.append(Button(_("Previous page"), "policy.page", str(index - 1)))
    if index + 1 < len(document.sections):
        buttons.append(Button(_("Next page"), "policy.page", str(index + 1)))
    buttons.append(Button(_("Contents"), "policy"))
    foot = _(
        "Version {version}, page {i} of {n}", version=document.version, i=index + 1, n=len(document.sections)
    )
    return Screen(f"{section.text}\n\n{foot}", title=section.title, buttons=buttons, up=Go("policy"))


@view("text", "text", before_consent=True)
def text(visit: Visit, ref: str) -> Screen:
    """«Full text» of a consent: `pair.page`."""
    pair, _dot, at = ref.rpartition(".")
    if pair not in visit.operator.pairs:
        pair = consents.DESK
    document = visit.desk.shelf.current(pair, visit.locale)
    pages = paged(document.text.removeprefix(document.title).lstrip())
    index = min(int(at) if at.isdecimal() else 0, len(pages) - 1)
    buttons = []
    if index > 0:
        buttons.append(Button(_("Previous page"), "text", f"{pair}.{index - 1}"))
    if index + 1 < len(pages):
        buttons.append(Button(_("Next page"), "text", f"{pair}.{index + 1}"))
    foot = _("Version {version}, page {i} of {n}", version=document.version, i=index + 1, n=len(pages))
    mark = _("SHA-256 of the text: {digest}", digest=document.digest)
    up = Go("desk") if pair == consents.DESK and not registered(visit) else Go("consents.one", pair)
    return Screen(f"{pages[index]}\n\n{foot}\n{mark}", title=document.title, buttons=buttons, up=up)


def paged(whole: str) -> list[str]:
    """A text in pages that end at the end of a paragraph, or of a line where a paragraph alone is too long."""
    pages = [""]
    for line in whole.splitlines(keepends=True):
        if pages[-1] and len(pages[-1]) + len(line) > PAGE:
            pages.append("")
        pages[-1] += line
    return [part.strip("\n") for part in pages if part.strip()] or [""]
