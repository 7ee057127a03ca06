"""What Alembic runs: the migrations, over the connection that the store hands it."""

from __future__ import annotations


def run() -> None:
    from alembic import context

    connection = context.config.attributes["connection"]
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


run()
