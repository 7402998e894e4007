"""Alembic's environment: the tables of the running application, on its database."""

import logging

from alembic import context
from flask import current_app

config = context.config
database = current_app.extensions["migrate"].db
logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)


def run() -> None:
    if context.is_offline_mode():
        context.configure(url=str(database.engine.url), target_metadata=database.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
