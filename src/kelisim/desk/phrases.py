"""The small words of the documents: how data, terms, recipients and counts are said in one language."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kelisim.desk.operator import Operator
from kelisim.desk.purposes import Datum, Frozen, Pair, Recipient, Term, Text, Verb, Way
from kelisim.texts import day, speaking

# One form where the language has one (Kazakh), two for English, three for Russian.
Forms = Annotated[tuple[Text, ...], Field(min_length=1, max_length=3)]
# The lengths of the policy pack that a policy quotes, each as a placeholder "…_days".
COUNTED = (
    "access", "correction", "block", "erasure", "revocation", "objection", "question", "complaint",
    "representative", "leak", "breach_notice",
)  # fmt: skip


class DataSaid(Frozen):
    """How the data of a way are listed: `optional` and `later` follow the required and hold {data}."""

    optional: Text
    later: Text


class TermSaid(Frozen):
    """How a length of time is said; forms hold {n}."""

    years: Forms
    days: Forms
    working_days: Forms
    calendar_days: Forms
    given: Text
    last_act: Text


class ThirdParties(Frozen):
    """Whether and to whom data are given; lines hold {name}, {country}, {why}."""

    none: Text
    some: Text
    line: Text
    line_abroad: Text


class YesNo(Frozen):
    """An item that the Law wants answered with yes or no."""

    yes: Text
    no: Text


class Whose(Frozen):
    """Whose data a consent is about, by channel."""

    telegram: Text
    email: Text
    none: Text


class PolicySaid(Frozen):
    """The pieces of the policy that repeat: one purpose, one of its ways, one recipient."""

    purpose: Text
    way: Text
    recipient: Text


class Phrases(Frozen):
    """One language's words.toml."""

    trial: Text
    address: Text
    no_address: Text
    data: dict[Datum, Text]
    data_said: DataSaid
    verbs: dict[Verb, Text]
    term: TermSaid
    third_parties: ThirdParties
    cross_border: YesNo
    publication: YesNo
    whose: Whose
    policy: PolicySaid


def form(locale: str, n: int, forms: tuple[str, ...]) -> str:
    """The form of a counted word that the language wants for n, with {n} filled."""
    if len(forms) == 1:
        chosen = forms[0]
    elif locale == "ru" and len(forms) == 3:
        few = n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14)
        chosen = forms[0] if n % 10 == 1 and n % 100 != 11 else forms[1] if few else forms[2]
    else:
        chosen = forms[0] if n == 1 else forms[-1]
    return chosen.replace("{n}", str(n))


def of_operator(operator: Operator, locale: str, said: Phrases) -> dict[str, str]:
    """What any document may quote, by placeholder."""
    counted = operator.policy_pack.terms.model_dump()
    lengths = {f"{name}_days": form(locale, counted[name], said.term.working_days) for name in COUNTED}
    address = operator.address
    kept = operator.retention
    return lengths | {
        "operator": operator.name.to(locale),
        "bin": operator.bin,
        "site": operator.site,
        "url": operator.url,
        "mailbox": operator.mailbox,
        "address": said.no_address if address is None else _fill(said.address, address=address.to(locale)),
        "responsible": operator.responsible.name.to(locale),
        "responsible_address": operator.responsible.address,
        "storage_place": operator.storage_place.to(locale),
        "law": operator.law.to(locale),
        "authority": operator.authority.to(locale),
        "akimat": operator.akimat.to(locale),
        "opt_out_subject": operator.letters.opt_out.subject.to(locale),
        "update_subject": operator.letters.update.subject.to(locale),
        "revoke_subject": operator.letters.revoke.subject.to(locale),
        "quiet_from": f"{operator.quiet_hours[0]:%H:%M}",
        "quiet_to": f"{operator.quiet_hours[1]:%H:%M}",
        "authority_days": form(locale, counted["authority"], said.term.calendar_days),
        "consents_kept": form(locale, kept.consent_records_years, said.term.years),
        "cases_kept": form(locale, kept.cases_years, said.term.years),
        "backups_kept": form(locale, kept.backups_days, said.term.days),
        "logs_kept": form(locale, kept.logs_days, said.term.days),
        "ended_kept": form(locale, kept.ended_days, said.term.days),
        "answered_kept": form(locale, kept.answered_days, said.term.days),
        "viewings_kept": form(locale, kept.viewings_years, said.term.years),
        "settled_kept": form(locale, kept.settled_days, said.term.days),
    }


def of_pair(operator: Operator, pair: Pair, locale: str, said: Phrases) -> dict[str, str]:
    """What the consent document of a pair may quote, by placeholder: its items of art. 8 p. 4."""
    purpose = pair.purpose
    quoted = {
        "label": pair.label(locale),
        "purpose": purpose.title.to(locale),
        "why": purpose.why.to(locale),
        "basis": purpose.basis.to(locale),
        "whose": getattr(said.whose, pair.channel),
        "data": data(pair.way, said),
        "processing": ", ".join(said.verbs[verb] for verb in purpose.processing),
        "term": length(pair.term, locale, said),
        "counted": said.term.given if pair.term.counted_from == "given" else said.term.last_act,
        "third_parties": _third_parties(pair.recipients, locale, said),
        "cross_border": _cross_border(operator, pair.recipients, locale, said),
        "publication": _fill(
            said.publication.yes if purpose.publication else said.publication.no, site=operator.site
        ),
    }
    if purpose.how_often is not None:
        quoted["how_often"] = purpose.how_often.to(locale)
    return quoted


def of_policy(operator: Operator, locale: str, said: Phrases) -> dict[str, str]:
    """What the policy quotes beside the operator: the purposes that are on and all who receive data."""
    purposes = [purpose for purpose in operator.purposes.values() if purpose.on]
    pairs = list(operator.pairs.values())
    used = dict.fromkeys(code for pair in pairs for code in pair.way.recipients)
    recipients = tuple(operator.recipients[code] for code in used)
    verbs = dict.fromkeys(verb for purpose in purposes for verb in purpose.processing)
    blocks = []
    for number, purpose in enumerate(purposes, start=1):
        head = _fill(
            said.policy.purpose, n=str(number), title=purpose.title.to(locale), why=purpose.why.to(locale),
            basis=purpose.basis.to(locale),
        )  # fmt: skip
        blocks.append(
            "\n".join([head, *(_way(pair, locale, said) for pair in pairs if pair.purpose is purpose)])
        )
    return {
        "purposes": "\n\n".join(blocks),
        "recipients": "\n".join(_line(said.policy.recipient, item, locale) for item in recipients),
        "cross_border": _cross_border(operator, recipients, locale, said),
        "processing": ", ".join(said.verbs[verb] for verb in verbs),
        "data": ", ".join(
            said.data[datum] for datum in said.data if any(datum in pair.data for pair in pairs)
        ),
    }


def of_version(version: str, operator: Operator, name: str, locale: str) -> dict[str, str]:
    """Which version this is and since when."""
    with speaking(locale):
        return {"version": version, "since": day(operator.documents[name].since)}


def data(way: Way, said: Phrases) -> str:
    """The data of a way as one list: required, then optional, then those that may come later."""
    words = ", ".join(said.data[datum] for datum in way.required)
    for template, more in ((said.data_said.optional, way.optional), (said.data_said.later, way.later)):
        if more:
            words += _fill(template, data=", ".join(said.data[datum] for datum in more))
    return words


def length(term: Term, locale: str, said: Phrases) -> str:
    """How long, in words: "2 years"."""
    return form(locale, term.amount, said.term.years if term.unit == "years" else said.term.days)


def _way(pair: Pair, locale: str, said: Phrases) -> str:
    return _fill(
        said.policy.way, label=pair.label(locale), data=data(pair.way, said),
        term=length(pair.term, locale, said),
        counted=said.term.given if pair.term.counted_from == "given" else said.term.last_act,
    )  # fmt: skip


def _third_parties(recipients: tuple[Recipient, ...], locale: str, said: Phrases) -> str:
    if not recipients:
        return said.third_parties.none
    lines = [
        _line(said.third_parties.line_abroad if item.cross_border else said.third_parties.line, item, locale)
        for item in recipients
    ]
    return "\n".join([said.third_parties.some, *lines])


def _cross_border(operator: Operator, recipients: tuple[Recipient, ...], locale: str, said: Phrases) -> str:
    abroad = [
        _fill(
            said.cross_border.yes,
            name=item.name.to(locale),
            country=item.country.to(locale),
            steps="" if item.steps is None else item.steps.to(locale),
        ).strip()
        for item in recipients
        if item.cross_border
    ]
    return "\n".join(abroad) or _fill(said.cross_border.no, desk=operator.pairs["desk"].label(locale))


def _line(template: str, item: Recipient, locale: str) -> str:
    return _fill(
        template, name=item.name.to(locale), country=item.country.to(locale), why=item.why.to(locale)
    )


def _fill(template: str, **values: str) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template
