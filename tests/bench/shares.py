"""Where kelisim's time goes: a cProfile file summed by groups of modules."""

import pstats
from collections import Counter
from pathlib import Path

Function = tuple[str, int, str]  # file, line, name, as pstats keys them

WAITING = ("select.epoll", "select.poll", "'acquire' of '_thread", "time.sleep", "_queue.SimpleQueue")
# First match wins: (part of a built-in's name or of a file's path, group).
BUILTINS = (
    ("sqlite3", "sqlite3"),
    ("_json", "json"),
    ("scan_once", "json"),
    ("c_make_encoder", "json"),
    ("_hashlib", "crypto"),
    ("_hmac", "crypto"),
    ("hmac", "crypto"),
    ("openssl", "crypto"),
    ("cryptography", "crypto"),
    ("pydantic", "pydantic + aiogram"),
    ("_socket.socket", "sockets"),
    ("gc.collect", "gc"),
)
FILES = (
    ("/kelisim/desk/", "kelisim.desk"),
    ("/kelisim/telegram/", "kelisim.telegram"),
    ("/kelisim/store/", "kelisim.store"),
    ("/kelisim/courier/", "kelisim.courier"),
    ("/kelisim/caretaker/", "kelisim.caretaker"),
    ("/kelisim/", "kelisim, the rest"),
    ("/aiogram/", "pydantic + aiogram"),
    ("/magic_filter/", "pydantic + aiogram"),
    ("/pydantic", "pydantic + aiogram"),
    ("/aiohttp/", "aiohttp"),
    ("/yarl/", "aiohttp"),
    ("/multidict/", "aiohttp"),
    ("/aiosignal/", "aiohttp"),
    ("/frozenlist/", "aiohttp"),
    ("/propcache/", "aiohttp"),
    ("/sqlalchemy/", "sqlalchemy"),
    ("/aiosqlite/", "sqlite3"),
    ("/sqlite3/", "sqlite3"),
    ("/asyncpg/", "asyncpg"),
    ("/json/", "json"),
    ("/cryptography/", "crypto"),
    ("hashlib.py", "crypto"),
    ("hmac.py", "crypto"),
    ("secrets.py", "crypto"),
    ("/asyncio/", "asyncio"),
    ("selectors.py", "asyncio"),
    ("/logging/", "logging"),
    ("importlib", "imports"),
)
OTHER = "the rest of Python"


def group_of(function: Function) -> str | None:
    """The group of a function by its file; None for a built-in that belongs to whoever calls it."""
    file, _, name = function
    if file == "~":
        if any(part in name for part in WAITING):
            return "waiting"
        return next((group for part, group in BUILTINS if part in name), None)
    path = file.replace("\\", "/")
    return next((group for part, group in FILES if part in path), OTHER)


def shares(profile: Path) -> list[tuple[str, float, float]]:
    """Groups with their seconds and share of the time that was not spent waiting, largest first."""
    seconds: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in pstats.Stats(str(profile)).stats.items():  # type: ignore[attr-defined]
        group = group_of(function)
        if group is not None:
            seconds[group] += own
            continue
        for caller, (_, _, own_for_caller, _) in callers.items():
            seconds[group_of(caller) or OTHER] += own_for_caller
    del seconds["waiting"]
    total = seconds.total() or 1.0
    return [(group, spent, spent / total) for group, spent in seconds.most_common()]


def lines(profile: Path) -> str:
    """The shares for a person to read, with the dearest functions below."""
    made = ["under cProfile, from first to last measured turn; it makes small functions look dearer:"]
    made += [f"  {group:20} {spent:7.2f} s  {share:6.1%}" for group, spent, share in shares(profile)]
    stats = pstats.Stats(str(profile)).stats  # type: ignore[attr-defined]
    dearest = sorted(stats.items(), key=lambda item: -item[1][2])
    made.append("  dearest functions (own seconds, calls):")
    for (file, line, name), (_, calls, own, _, _) in dearest[:15]:
        if group_of((file, line, name)) != "waiting":
            where = "/".join(Path(file).parts[-2:]) + f":{line}" if file != "~" else "built in"
            made.append(f"  {own:8.2f} {calls:9d}  {name} ({where})")
    return "\n".join(made)
