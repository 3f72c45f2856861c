"""The history of the schema ends where the models are, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from kelisim.store import schema
from kelisim.store.database import open_database
from kelisim.store.models import Base


def test_the_versions_named_are_those_of_the_scripts() -> None:
    scripts = ScriptDirectory.from_config(schema.config()).walk_revisions()
    assert tuple(reversed([script.revision for script in scripts])) == schema.VERSIONS


async def test_a_migrated_store_is_what_the_models_say(store_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    database = open_database(store_url)
    assert await database.look(differences) == []
    await database.close()


@pytest.mark.parametrize(("version", "says"), [("0000", "newer schema"), ("9999", "newer schema")])
async def test_a_store_of_another_version_is_refused(store_url: str, version: str, says: str) -> None:
    def age(connection: Connection) -> None:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

    database = open_database(store_url)
    await database.keep(age)
    with pytest.raises(schema.WrongSchema, match=says):
        await database.keep(schema.check)
    await database.close()


async def test_an_empty_store_names_the_command_and_migrating_twice_is_safe(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    database = open_database(url)
    with pytest.raises(schema.WrongSchema, match="kelisim migrate"):
        await database.keep(schema.check)
    await database.close()
    assert await schema.migrate(url) == await schema.migrate(url) == schema.head()
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
