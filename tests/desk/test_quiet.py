"""When it is night where the operator works."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from tests.doorstep import Doorstep

from kelisim.desk import quiet


async def until(step: Doorstep, at: datetime, hours: tuple[time, time]) -> datetime | None:
    operator = step.desk.operator.model_copy(update={"quiet_hours": hours})
    step.desk.operator = operator

    def ask(visit: Any) -> datetime | None:
        visit.at = at
        return quiet.until(visit)

    found: datetime | None = await step.keep(ask)
    return found.astimezone(UTC) if found is not None else None


NIGHT, SIESTA = (time(21), time(9)), (time(13), time(14, 30))


@pytest.mark.parametrize(
    ("hours", "at", "opens"),
    [
        (NIGHT, (10, 15, 59, 59), None),  # 20:59:59 in Almaty, UTC+5
        (NIGHT, (10, 16, 0, 0), (11, 4, 0)),
        (NIGHT, (10, 18, 59, 0), (11, 4, 0)),
        (NIGHT, (10, 19, 0, 0), (11, 4, 0)),
        (NIGHT, (11, 3, 59, 59), (11, 4, 0)),
        (NIGHT, (11, 4, 0, 0), None),
        (SIESTA, (10, 7, 59, 0), None),
        (SIESTA, (10, 8, 0, 0), (10, 9, 30)),
        (SIESTA, (10, 9, 30, 0), None),
    ],
)
async def test_the_hours_of_the_operator_are_kept(
    doorstep: Doorstep,
    hours: tuple[time, time],
    at: tuple[int, int, int, int],
    opens: tuple[int, int, int] | None,
) -> None:
    wanted = datetime(2030, 6, *opens, tzinfo=UTC) if opens else None
    assert await until(doorstep, datetime(2030, 6, *at, tzinfo=UTC), hours) == wanted


async def test_new_year_is_no_exception(doorstep: Doorstep) -> None:
    at = datetime(2030, 12, 31, 20, 0, tzinfo=UTC)
    assert await until(doorstep, at, NIGHT) == datetime(2031, 1, 1, 4, 0, tzinfo=UTC)
