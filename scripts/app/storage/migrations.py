"""Steps from each version of the tables to the next, for the databases of earlier versions."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from .errors import StoreError
from .tables import SCHEMA, SCHEMA_VERSION, TABLES

STEPS: Mapping[int, Sequence[str]] = {  # version -> statements that make it from the one before
    2: (
        "ALTER TABLE jobs ADD COLUMN follows VARCHAR(64)",
        "CREATE INDEX ix_jobs_follows ON jobs (follows)",
        "CREATE TABLE sign_outs "
        "(session VARCHAR(64) NOT NULL PRIMARY KEY, expires VARCHAR(32) NOT NULL)",
        "CREATE INDEX ix_sign_outs_expires ON sign_outs (expires)",
    ),
}
"""What both databases understand; a step is never changed once it was released."""


def migrate(connection: sa.Connection) -> None:
    """Make the tables, or bring those of an earlier version up to date, within a transaction.

    Raises:
        StoreError: the tables are of a later version; nothing was changed.
    """
    version = None
    if sa.inspect(connection).has_table(SCHEMA.name):
        version = connection.execute(sa.select(SCHEMA.c.version)).scalar()
    if version is None:
        TABLES.create_all(connection)
        connection.execute(sa.insert(SCHEMA).values(version=SCHEMA_VERSION))
        return
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"database: its tables have version {version}. Allowed: 1 to {SCHEMA_VERSION}, which "
            "this MediaGym knows. To fix: run the MediaGym that wrote them, or restore the backup "
            "that was made before the upgrade."
        )
    for number in range(version + 1, SCHEMA_VERSION + 1):
        for statement in STEPS[number]:
            connection.exec_driver_sql(statement)
    if version < SCHEMA_VERSION:
        connection.execute(sa.update(SCHEMA).values(version=SCHEMA_VERSION))
