"""The dated sets of terms: what the law and the operator's own promises allow for each kind of request."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from kelisim.desk.purposes import Frozen, Said, Text

Days = Annotated[int, Field(gt=0)]


class Terms(Frozen):
    """Days to answer: working days, but for `authority`, which is in calendar days."""

    access: Days
    correction: Days
    block: Days
    erasure: Days
    revocation: Days
    objection: Days
    question: Days
    complaint: Days
    representative: Days
    leak: Days
    breach_notice: Days
    authority: Days


class PolicyPack(Frozen):
    """The terms that hold from a day on, kept apart so that a lawyer can correct them without a programmer.

    `stops` lets the clock stand while the person is asked for something; `extensions` names, per term, how many days
    staff may add once. The Law knows neither, so the sample allows neither.
    """

    name: Annotated[str, Field(min_length=1, max_length=24)]
    since: date
    terms: Terms
    basis: dict[Text, Said] = Field(default={})  # per term, where it stands written
    stops: bool = False
    extensions: dict[Text, Days] = Field(default={})


NOTICE = "notice"  # the kind of a ground on which people are told something, and nothing is refused


class Ground(Frozen):
    """A ground on which staff may refuse: in words, its article, and the kinds of requests it fits (none: all).

    One whose kind is `NOTICE` says why people are told of something they did not ask for.
    """

    text: Said
    article: Said
    kinds: tuple[Text, ...] = ()
