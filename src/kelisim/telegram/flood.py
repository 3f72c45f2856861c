"""Who writes too much, too fast: counted in memory per person; a limit never drops a reducing act."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Hashable

SHORT, LONG, NOTICE = 10.0, 3600.0, 60.0  # seconds


class Flood:
    """The budget of THREATS.md section 5: 20 updates in 10 s and 200 in an hour, then one line a minute."""

    def __init__(self, burst: int = 20, hourly: int = 200, people: int = 50_000) -> None:
        self._burst, self._hourly, self._people = burst, hourly, people
        self._times: OrderedDict[int, deque[float]] = OrderedDict()
        self._told: dict[int, float] = {}

    def over(self, person: int) -> bool:
        """Count one update; whether this person is above the limit."""
        if self._hourly <= 0:
            return False
        now = time.monotonic()
        times = self._times.setdefault(person, deque(maxlen=self._hourly + 1))
        self._times.move_to_end(person)
        times.append(now)
        while times and now - times[0] > LONG:
            times.popleft()
        if len(self._times) > self._people:
            gone, _times = self._times.popitem(last=False)
            self._told.pop(gone, None)
        return len(times) > self._hourly or (
            len(times) > self._burst and now - times[-self._burst - 1] < SHORT
        )

    def tell(self, person: int) -> bool:
        """Whether to say so: once a minute, then silence."""
        now = time.monotonic()
        if now - self._told.get(person, -NOTICE) < NOTICE:
            return False
        self._told[person] = now
        return True


class Recent:
    """What came a moment ago: an album or a burst of edits is answered once, and the answered one again if it is repeated."""

    def __init__(self, seconds: float = 60.0, most: int = 10_000) -> None:
        self._seconds, self._most = seconds, most
        self._seen: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def again(self, what: Hashable, update: int = 0) -> bool:
        """Whether the same came within the last minute, by another update than the one that was answered."""
        now = time.monotonic()
        last, answered = self._seen.get(what, (-self._seconds, update))
        fresh = now - last >= self._seconds
        self._seen[what] = now, update if fresh else answered
        self._seen.move_to_end(what)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return not fresh and (answered != update or not update)
