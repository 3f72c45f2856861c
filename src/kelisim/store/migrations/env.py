"""Alembic's entry: it works on the connection it is given and opens none of its own."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from kelisim.store.models import Base

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=False
)
context.run_migrations()
