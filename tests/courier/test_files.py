"""Files made on their way: slow ones keep their lease, broken ones hold nobody up, what is gone is handed to nobody."""

from __future__ import annotations

from typing import Any

import pytest
from tests.doorstep import Doorstep

from kelisim.courier.loop import Courier
from kelisim.courier.outcome import SENT, Outcome, Parcel
from kelisim.desk import files
from kelisim.desk.visit import TELEGRAM


async def handed(step: Doorstep, rounds: int = 1) -> list[Parcel]:
    """What the courier hands over in so many rounds."""
    found: list[Parcel] = []

    async def take(parcel: Parcel) -> Outcome:
        found.append(parcel)
        return Outcome(SENT)

    courier = Courier(step.desk, step.database, TELEGRAM, take, per_second=1e6, per_chat=0.0)
    for _round in range(rounds):
        await courier.round()
    return found


async def promised(step: Doorstep, monkeypatch: pytest.MonkeyPatch, maker: files.Maker) -> None:
    """Somebody known, and a file of this kind on its way to them."""
    aigul = await step.person("aigul").registers()
    await step.courier()
    monkeypatch.setitem(files.MAKERS, "sample", maker)
    await step.keep(lambda visit: files.promise(visit, "sample", "", "K-000000000"), aigul)


async def test_a_file_that_takes_longer_than_its_lease_goes_out_once(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-ADMIN-09: the lease is taken anew after the making, so another courier does not send it beside us."""
    step = each_doorstep

    def slowly(facts: files.Facts) -> bytes:
        step.later(seconds=25)
        return b"made"

    await promised(step, monkeypatch, files.Maker(lambda visit, ref: {}, {"txt": slowly}))
    (parcel,) = await handed(step, rounds=3)
    assert parcel.body["made"] == {"txt": b"made"}
    assert [
        tuple(row) for row in await step.rows("SELECT state, attempts FROM outbox WHERE kind = 'file'")
    ] == [("sent", 1)]


async def test_a_file_that_cannot_be_made_waits_and_the_others_go(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(facts: files.Facts) -> bytes:
        raise ValueError("CANARY")

    makers: dict[str, Any] = {"txt": broken, "json": lambda facts: b"{}"}
    await promised(doorstep, monkeypatch, files.Maker(lambda visit, ref: {}, makers))
    assert [list(parcel.body["made"]) for parcel in await handed(doorstep)] == [["json"]]
    rows = await doorstep.rows("SELECT state, cause FROM outbox WHERE kind = 'file' ORDER BY state")
    assert [tuple(row) for row in rows] == [("sent", ""), ("waiting", "ValueError")]


async def test_a_file_of_what_is_gone_goes_nowhere(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promised(doorstep, monkeypatch, files.Maker(lambda visit, ref: None, {"txt": lambda facts: b""}))
    assert await handed(doorstep, rounds=2) == []
    assert [row[0] for row in await doorstep.rows("SELECT state FROM outbox WHERE kind = 'file'")] == [
        "failed"
    ]
