"""What the tests of the mailbox share: a dovecot of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.mail.dovecot import Dovecot, a_dovecot


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """A server that runs, with one empty mailbox."""
    with a_dovecot() as server:
        yield server
