"""The tables of scores."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    import sqlalchemy as sa
    from alembic import op

    op.create_table(
        "scores",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("origin", sa.String(500), nullable=False),
        sa.Column("repository", sa.Text, nullable=False),
        sa.Column("commit_id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("config", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("model_version", sa.String(32), nullable=False),
        sa.Column("tool_version", sa.String(32), nullable=False),
        sa.Column("overall", sa.Float(53)),
        sa.Column("with_waivers", sa.Float(53)),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("coverage_rules", sa.Float(53), nullable=False),
        sa.Column("coverage_lines", sa.Float(53), nullable=False),
        sa.Column("findings", sa.Integer, nullable=False),
        sa.Column("causes", sa.Integer, nullable=False),
        sa.Column("traces", sa.LargeBinary),
        sa.UniqueConstraint("origin", "commit_id", "config", "code", name="one_score_a_commit"),
    )
    op.create_table(
        "score_dimensions",
        sa.Column("score_id", sa.Integer, sa.ForeignKey("scores.id"), primary_key=True),
        sa.Column("dimension", sa.String(32), primary_key=True),
        sa.Column("value", sa.Float(53)),
    )
    op.create_table(
        "reported",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("origin", sa.String(500), nullable=False),
        sa.Column("repository", sa.Text, nullable=False),
        sa.Column("commit_id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("config", sa.String(64), nullable=False),
        sa.Column("model_version", sa.String(32), nullable=False),
        sa.Column("tool_version", sa.String(32), nullable=False),
        sa.Column("overall", sa.Float(53)),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.UniqueConstraint(
            *("origin", "commit_id", "config", "model_version", "tool_version"),
            name="one_report_a_version",
        ),
    )
    op.create_table(
        "reported_dimensions",
        sa.Column("report_id", sa.Integer, sa.ForeignKey("reported.id"), primary_key=True),
        sa.Column("dimension", sa.String(32), primary_key=True),
        sa.Column("value", sa.Float(53)),
    )


def downgrade() -> None:
    from alembic import op

    for table in ("reported_dimensions", "reported", "score_dimensions", "scores"):
        op.drop_table(table)
