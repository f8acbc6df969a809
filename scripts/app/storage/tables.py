"""Tables of the database, the same in SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

SCHEMA_VERSION = 2
"""Of the tables below; a change of them is one more, with a step in `migrations`."""


class Instant(sa.TypeDecorator[datetime]):
    """Aware moment, kept as ISO text in UTC, whose order is the order in time."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """Return the text of a moment."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        """Return the moment of a text."""
        return None if value is None else datetime.fromisoformat(value)


TABLES = sa.MetaData()
_ID = sa.String(64)
_TRUE = sa.text("adopted")  # rows of a partial index, written the same in both databases

SCHEMA = sa.Table("schema", TABLES, sa.Column("version", sa.Integer, primary_key=True))

ADVERTISERS = sa.Table(
    "advertisers",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("created", Instant, nullable=False),
)

DATASETS = sa.Table(
    "datasets",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("advertiser", _ID, sa.ForeignKey("advertisers.id"), nullable=False, index=True),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
)

RESULTS = sa.Table(
    "results",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
)

JOBS = sa.Table(
    "jobs",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),  # order of the queue
    sa.Column("id", _ID, nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("advertiser", _ID, sa.ForeignKey("advertisers.id"), nullable=False, index=True),
    sa.Column("dataset", _ID, sa.ForeignKey("datasets.id")),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer),
    sa.Column("eta_seconds", sa.Float),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("started", Instant),
    sa.Column("finished", Instant),
    sa.Column("result", _ID, sa.ForeignKey("results.id")),
    sa.Column("error", sa.JSON(none_as_null=True)),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("fingerprint", _ID, nullable=False, index=True),
    sa.Column("background", sa.Boolean, nullable=False),  # comes after all others
    sa.Column("follows", _ID, index=True),  # job that must be done before
    sa.Column("worker", sa.String(128)),  # who works, or worked last, until it lets go
    sa.Column("lease_seconds", sa.Float),
    sa.Column("lease_until", Instant),
    sa.Column("begun", Instant),  # the latest attempt
    sa.Column("stage_started", Instant),
    sa.Column("expected_seconds", sa.Float),
    sa.Column("seconds", sa.Float),  # that the last attempt took
)

EVENTS = sa.Table(
    "events",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", _ID, sa.ForeignKey("jobs.id"), nullable=False, index=True),
    sa.Column("time", Instant, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer),
    sa.Column("eta_seconds", sa.Float),
    sqlite_autoincrement=True,
)

WORKERS = sa.Table(
    "workers",
    TABLES,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("seen", Instant, nullable=False),
)

IDEMPOTENCY = sa.Table(
    "idempotency",
    TABLES,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("idempotency_key", sa.String(255), primary_key=True),
    sa.Column("body_hash", _ID, nullable=False),
    sa.Column("job", _ID, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("created", Instant, nullable=False),
)

SCENARIOS = sa.Table(
    "scenarios",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("advertiser", _ID, sa.ForeignKey("advertisers.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("job", _ID, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("result", _ID, sa.ForeignKey("results.id"), nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("adopted", sa.Boolean, nullable=False),
    sa.UniqueConstraint("advertiser", "name"),
    sa.Index(
        "one_adopted_scenario",
        "advertiser",
        unique=True,
        sqlite_where=_TRUE,
        postgresql_where=_TRUE,
    ),
)

SHARES = sa.Table(
    "shares",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("advertiser", _ID, sa.ForeignKey("advertisers.id"), nullable=False, index=True),
    sa.Column("result", _ID, sa.ForeignKey("results.id"), nullable=False),
    sa.Column("digest", _ID, nullable=False, unique=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires", Instant),
    sa.Column("revoked", Instant),
)

KEYS = sa.Table(
    "keys",
    TABLES,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("hashed", sa.Text, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("revoked", Instant),
)

TOKENS = sa.Table(
    "tokens",
    TABLES,
    sa.Column("digest", _ID, primary_key=True),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("expires", Instant, nullable=False),
)

SIGN_OUTS = sa.Table(
    "sign_outs",
    TABLES,
    sa.Column("session", _ID, primary_key=True),  # nonce of a session that was ended
    sa.Column("expires", Instant, nullable=False, index=True),  # it would have ended by itself
)

SECRETS = sa.Table(
    "secrets",
    TABLES,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)

AUDIT = sa.Table(
    "audit",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time", Instant, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sqlite_autoincrement=True,
)

_REFUSAL = "the audit log is append-only"
_ONLY_APPENDED = {
    "sqlite": [
        f"CREATE TRIGGER audit_{verb.lower()} BEFORE {verb} ON audit "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        "CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuses()",
        "CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
    ],
}
for _dialect, _statements in _ONLY_APPENDED.items():
    for _statement in _statements:
        ddl = sa.DDL(_statement)  # type: ignore[no-untyped-call]
        sa.event.listen(AUDIT, "after_create", ddl.execute_if(dialect=_dialect))
