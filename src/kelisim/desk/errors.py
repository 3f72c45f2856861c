"""The desk's "no": a rule about form or state, told kindly. A legal refusal is an act of staff and something else."""

from __future__ import annotations


class Refusal(Exception):
    """The visit is undone and the person is shown the screen that says why."""

    screen = "error"
    ref = ""


class NotWhileBlocked(Refusal):
    """Blocked data are neither given, resumed nor changed (I7); reducing acts are never refused."""

    screen = "frozen"


class NotWhileErasing(Refusal):
    """Data that are about to be destroyed take nothing new; for a day the person may keep them instead."""

    screen = "erase.waits"
