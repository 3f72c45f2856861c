"""What is wrong with an operator file, in plain words and all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is not known here (misspelt?)",
    "string_too_short": "is empty",
}
# What the body of a template may quote, and the kinds of requests it may be for (a test compares them with `desk.cases`).
PLACEHOLDERS = ("number", "received", "due", "operator", "mailbox", "site")
KINDS = (
    "access", "correction", "blocking", "erasure", "revocation", "objection", "question", "complaint", "representation",
    "breach", "authority",
)  # fmt: skip
_BRACED = re.compile(r"\{([^{}]*)\}")


class OperatorFaults(Exception):
    """The operator file cannot be used; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the operator file cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


def plain(error: ValidationError) -> list[str]:
    """Pydantic's findings as sentences that start with the place in the file."""
    found = []
    for item in error.errors(include_url=False, include_input=False):
        place = ".".join(str(step) for step in item["loc"] if step != "[key]") or "the file"
        words = PLAIN.get(item["type"], item["msg"].removeprefix("Value error, "))
        found.append(f"{place}: {words[:1].lower()}{words[1:]}")
    return found


def crossing(raw: dict[str, Any]) -> list[str]:
    """What only two entries together get wrong.

    Read from the raw tables, so that these faults are named even when another entry is malformed.
    """
    return [*_purposes(raw), *_staff(raw), *_templates(raw)]


def _tables(raw: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    table = raw.get(name)
    if isinstance(table, dict):
        yield from ((key, value) for key, value in table.items() if isinstance(value, dict))


def _purposes(raw: dict[str, Any]) -> Iterator[str]:
    recipients = dict(_tables(raw, "recipients"))
    documents = dict(_tables(raw, "documents"))
    purposes = dict(_tables(raw, "purposes"))
    for needed in ("policy", *(code for code, purpose in purposes.items() if purpose.get("on") is True)):
        if needed not in documents:
            yield f"documents.{needed}: is missing (edition, material, since)"
    desk = purposes.get("desk")
    if desk is None or desk.get("on") is not True or list(dict(_tables(desk, "ways"))) != ["telegram"]:
        yield "purposes.desk: must be there, be on and have the one channel telegram"
    for code, purpose in purposes.items():
        for channel, way in _tables(purpose, "ways"):
            named = way.get("recipients")
            for recipient in named if isinstance(named, list) else []:
                if recipient not in recipients:
                    yield f"purposes.{code}.ways.{channel}.recipients: there is no recipient {recipient!r}"
                elif purpose.get("on") is True and _unprepared(recipients[recipient]):
                    yield (
                        f"purposes.{code}: cannot be on, because its recipient {recipient!r} is abroad and"
                        " recipients." + str(recipient) + ".steps does not say what was done under art. 16"
                    )


def _unprepared(recipient: dict[str, Any]) -> bool:
    return recipient.get("cross_border") is True and not recipient.get("steps")


def _staff(raw: dict[str, Any]) -> Iterator[str]:
    entries = raw.get("staff")
    staff = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    addresses = [str(entry.get("address", "")).casefold() for entry in staff]
    for address in sorted({address for address in addresses if address and addresses.count(address) > 1}):
        yield f"staff: {address} stands there twice"
    for entry in staff:
        deputy = entry.get("deputy")
        if deputy is None:
            continue
        if str(deputy).casefold() not in addresses:
            yield f"staff: {entry.get('address')} has the deputy {deputy}, who is not among the staff"
        elif str(deputy).casefold() == str(entry.get("address", "")).casefold():
            yield f"staff: {entry.get('address')} cannot be the deputy of themselves"
    if not any(entry.get("role") == "responsible" for entry in staff):
        yield 'staff: nobody has the role "responsible" (art. 25 p. 3 of the Law wants one)'


def _templates(raw: dict[str, Any]) -> Iterator[str]:
    """Three bodies that say the same: each quotes what the others quote, and nothing that nobody fills."""
    named: dict[str, str] = {}
    for key, template in _tables(raw, "templates"):
        bodies = {locale: text for locale, text in _said(template, "text")}
        quoted = {locale: set(_BRACED.findall(text)) for locale, text in bodies.items()}
        for locale, text in bodies.items():
            for unknown in sorted(quoted[locale] - set(PLACEHOLDERS)):
                yield f"templates.{key}.text.{locale}: nothing fills {{{unknown}}}; known: {', '.join(PLACEHOLDERS)}"
            if "{" in _BRACED.sub("", text) or "}" in _BRACED.sub("", text):
                yield f"templates.{key}.text.{locale}: a brace stands alone"
            for lacking in sorted(set().union(*quoted.values()) - quoted[locale]):
                yield f"templates.{key}.text.{locale}: {{{lacking}}} is missing, another language has it"
        kinds = template.get("kinds")
        for kind in kinds if isinstance(kinds, list) else []:
            if kind not in KINDS:
                yield f"templates.{key}.kinds: there is no kind of request {kind!r}"
        for name in dict.fromkeys([key, *(text for _locale, text in _said(template, "name"))]):
            other = named.setdefault(" ".join(name.casefold().split()), key)
            if other != key:
                yield f"templates.{key}: is called {name!r} as templates.{other} is"


def _said(table: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    said = table.get(name)
    if isinstance(said, dict):
        yield from ((locale, text) for locale, text in said.items() if isinstance(text, str))
