"""Broadcasts, how much each replica sends, and which versions of a document ask people again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kelisim.store.models import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broadcasts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("channels", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=160), nullable=False),
        sa.Column("approver", sa.String(length=160), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("ground", sa.String(length=24), nullable=False),
        sa.Column("start_at", Utc(), nullable=True),
        sa.Column("night", sa.Boolean(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("addressed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("addressed_at", Utc(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("watch", sa.LargeBinary(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("begun_at", Utc(), nullable=True),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("number", name=op.f("uq_broadcasts_number")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcasts_state"), ["state"], unique=False)

    op.create_table(
        "traffic",
        sa.Column("replica", sa.String(length=32), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("replica", name=op.f("pk_traffic")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("material", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("target", sa.LargeBinary(length=32), nullable=True))
        batch_op.drop_index(
            "ix_outbox_waiting"
        )  # it would be a million rows long, and answers wait behind them
        batch_op.create_index(
            "ix_outbox_waiting",
            ["due"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting' AND broadcast_id IS NULL"),
            postgresql_where=sa.text("state = 'waiting' AND broadcast_id IS NULL"),
        )
        batch_op.create_index(
            "ix_outbox_addressed",
            ["broadcast_id", "channel", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting' AND broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("state = 'waiting' AND broadcast_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_tally",
            ["broadcast_id", "channel", "state", "locale", "cause"],
            unique=False,
            sqlite_where=sa.text("broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("broadcast_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_target",
            ["broadcast_id", "target"],
            unique=False,
            sqlite_where=sa.text("target IS NOT NULL"),
            postgresql_where=sa.text("target IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_outbox_broadcast",
            ["broadcast_id", "subject_id", "channel"],
            unique=True,
            sqlite_where=sa.text("broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("broadcast_id IS NOT NULL"),
        )
    with op.batch_alter_table("consent_records", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.LargeBinary(), nullable=True))
        batch_op.create_index(
            "uq_consent_records_imported",
            ["evidence"],
            unique=True,
            sqlite_where=sa.text("door = 'import'"),
            postgresql_where=sa.text("door = 'import'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("consent_records", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_consent_records_imported",
            sqlite_where=sa.text("door = 'import'"),
            postgresql_where=sa.text("door = 'import'"),
        )
        batch_op.drop_column("source")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outbox_broadcast",
            sqlite_where=sa.text("broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("broadcast_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_target",
            sqlite_where=sa.text("target IS NOT NULL"),
            postgresql_where=sa.text("target IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_tally",
            sqlite_where=sa.text("broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("broadcast_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_addressed",
            sqlite_where=sa.text("state = 'waiting' AND broadcast_id IS NOT NULL"),
            postgresql_where=sa.text("state = 'waiting' AND broadcast_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_outbox_waiting")
        batch_op.create_index(
            "ix_outbox_waiting",
            ["due"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_column("target")
        batch_op.drop_column("broadcast_id")

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_column("material")

    op.drop_table("traffic")
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_broadcasts_state"))

    op.drop_table("broadcasts")
