"""What stands before anything is served: the desk of the settings, agreed with its store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from kelisim import texts
from kelisim.clock import Clock
from kelisim.desk import operator as operators
from kelisim.desk import shown, subjects
from kelisim.desk.deadlines import Calendar, WrongZone, assert_zone
from kelisim.desk.documents import Shelf
from kelisim.desk.operator import Operator
from kelisim.desk.visit import Desk
from kelisim.settings import Settings
from kelisim.store import keys, schema
from kelisim.store.sealed import Vault


class CannotServe(Exception):
    """The store and the configuration do not fit together; the sentence says what to do."""


def url_of(settings: Settings) -> str:
    """The store's URL with its password, for the engine alone."""
    return settings.database.render_as_string(hide_password=False)


def vault_of(settings: Settings) -> Vault:
    """Seals and hashes with the keys of these settings, the oldest look-up key first."""
    given = settings.keys()
    return Vault(given.seal, tuple(reversed(given.lookup)))


def open_desk(settings: Settings) -> Desk:
    """The desk of these settings; raises NotConfigured, OperatorFaults or CannotServe."""
    try:
        assert_zone(Clock().now())
    except WrongZone as fault:
        raise CannotServe(str(fault)) from None
    vault = vault_of(settings)
    operator = read_operator(settings)
    shelf = read_documents(settings, operator)
    oldest = settings.keys().lookup[-1]  # the chain only grows at its other end: receipts keep their codes
    return Desk(
        operator, shelf, vault, calendar_of(operator), receipt_key=oldest, url=settings.url or "",
        trial=not settings.production,
    )  # fmt: skip


def read_operator(settings: Settings) -> Operator:
    """The operator file; in production nothing mandatory may lack. Raises OperatorFaults or CannotServe."""
    operator = operators.load(settings.operator)
    if settings.production and (lacking := operator.lacks()):
        raise CannotServe("the operator file lacks: " + "; ".join(lacking))
    return operator


def read_documents(settings: Settings, operator: Operator) -> Shelf:
    """The documents, the home's own texts over those that ship; raises CannotServe with every problem."""
    folders = [texts.LOCALES_FOLDER]
    if (own := settings.home / "documents").is_dir():
        folders.append(own)
    shelf = Shelf(operator, folders, trial=not settings.production)
    if problems := shelf.problems():
        raise CannotServe("documents: " + "; ".join(problems))
    return shelf


def calendar_of(operator: Operator) -> Calendar:
    """The working calendar with the operator's own days."""
    days = operator.holidays
    return Calendar(days.extra_days_off, days.extra_working_days, days.weekend)


def fits(desk: Desk, connection: Connection) -> None:
    """Schema and keys are this store's, or `CannotServe` says what is not; nothing is written."""
    try:
        schema.check(connection)
    except schema.WrongSchema as fault:
        raise CannotServe(str(fault)) from None
    if wrong := keys.faults(connection, desk.vault):
        raise CannotServe("; ".join(wrong))


def agree_with_store(desk: Desk, connection: Connection) -> None:
    """Schema, keys and published documents fit this store, or `CannotServe` says which do not."""
    fits(desk, connection)
    keys.remember(connection, desk.vault)
    publish(desk, desk.shelf, connection)


def publish(desk: Desk, shelf: Shelf, connection: Connection) -> None:
    """Every current document of a shelf is known to the store; raises CannotServe where one says something else there."""
    visit = subjects.own_visit(desk, connection)
    every = [shelf.current(name, locale) for name in shelf.names() for locale in texts.LOCALES]
    if faults := shown.publish(visit, every):
        raise CannotServe("; ".join(faults))


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """A store that is away, closed to us or unknown, told in one sentence without its address."""
    try:
        yield
    except (OSError, DBAPIError) as fault:
        cause: BaseException = fault
        while cause.__cause__ is not None:  # the driver's own name for it says most
            cause = cause.__cause__
        raise CannotServe(f"the store does not answer: {type(cause).__name__}") from None
