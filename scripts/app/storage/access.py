"""Keys, sessions that were ended, tokens, secrets of the server, and the audit log."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from .base import Base
from .catalog import require_name
from .errors import ConflictError, UnknownError
from .plans import digest_of
from .records import AuditEntry, Key
from .tables import AUDIT, IDEMPOTENCY, KEYS, SECRETS, SIGN_OUTS, TOKENS

_KEPT = timedelta(days=1)  # how long an idempotency key is remembered


class Access(Base):
    """Who may come in, and what they did."""

    def add_key(
        self, name: str, scopes: Sequence[str], hash_of: Callable[[str], str]
    ) -> tuple[Key, str]:
        """Add a key; return it with its secret, of which only the hash is kept.

        Args:
            name: what people call it.
            scopes: what it allows.
            hash_of: slow hash of the secret.
        """
        secret = secrets.token_urlsafe(32)
        name = require_name(name, "key")
        made = Key(secrets.token_hex(8), name, tuple(scopes), hash_of(secret), self.clock(), None)
        with self.writing() as connection:
            row = vars(made) | {"scopes": list(scopes)}
            connection.execute(sa.insert(KEYS).values(**row))
        return made, secret

    def key_by_id(self, key_id: str) -> Key | None:
        """Return a key, also if it is revoked; None if there is none of that id."""
        with self.reading() as connection:
            row = connection.execute(sa.select(KEYS).where(KEYS.c.id == key_id)).first()
        return None if row is None else _key(row)

    def keys(self) -> list[Key]:
        """Return all keys, the newest first, those revoked included."""
        with self.reading() as connection:
            query = sa.select(KEYS).order_by(KEYS.c.created.desc(), KEYS.c.id)
            return [_key(row) for row in connection.execute(query)]

    def revoke_key(self, key_id: str) -> Key:
        """End a key and return it.

        Raises:
            UnknownError: there is none of that id.
        """
        with self.writing() as connection:
            own = sa.update(KEYS).where(KEYS.c.id == key_id, KEYS.c.revoked.is_(None))
            connection.execute(own.values(revoked=self.clock()))
        key = self.key_by_id(key_id)
        if key is None:
            raise UnknownError("key", key_id)
        return key

    def add_token(self, purpose: str, subject: str, lifetime: timedelta) -> str:
        """Return a new token that `use_token` takes once, until it expires."""
        token, now = secrets.token_urlsafe(32), self.clock()
        with self.writing() as connection:
            connection.execute(sa.delete(TOKENS).where(TOKENS.c.expires <= now))
            row = {"digest": digest_of(token), "purpose": purpose, "subject": subject}
            connection.execute(sa.insert(TOKENS).values(expires=now + lifetime, **row))
        return token

    def use_token(self, purpose: str, token: str) -> str | None:
        """Return the subject of a token and end it; None if it is unknown, used or expired."""
        with self.writing() as connection:
            taken = (
                sa.delete(TOKENS)
                .where(TOKENS.c.digest == digest_of(token), TOKENS.c.purpose == purpose)
                .where(TOKENS.c.expires > self.clock())
                .returning(TOKENS.c.subject)
            )
            return connection.execute(taken).scalar()

    def end_session(self, session: str, expires: datetime) -> None:
        """End a session before it expires; its id is remembered until then."""
        now = self.clock()
        with self.writing() as connection:
            connection.execute(sa.delete(SIGN_OUTS).where(SIGN_OUTS.c.expires <= now))
            own = sa.select(SIGN_OUTS.c.session).where(SIGN_OUTS.c.session == session)
            if connection.execute(own.with_for_update()).first() is None:
                row = {"session": session, "expires": expires}
                connection.execute(sa.insert(SIGN_OUTS).values(**row))

    def has_ended(self, session: str) -> bool:
        """Return True for a session that somebody has signed out of."""
        own = sa.select(SIGN_OUTS.c.session).where(SIGN_OUTS.c.session == session)
        with self.reading() as connection:
            return connection.execute(own).first() is not None

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes that are the same for this store at every start."""
        query = sa.select(SECRETS.c.value).where(SECRETS.c.name == name)
        with self.reading() as connection:
            value = connection.execute(query).scalar()
        if value is None:
            try:
                with self.writing() as connection:
                    row = {"name": name, "value": secrets.token_bytes(32)}
                    connection.execute(sa.insert(SECRETS).values(**row))
            except IntegrityError:
                pass  # another process was quicker
            with self.reading() as connection:
                value = connection.execute(query).scalar()
        assert value is not None  # noqa: S101  # rows of secrets are never deleted
        return bytes(value)

    def idempotency(self, key_id: str, idempotency_key: str, body_hash: str) -> str | None:
        """Return the job that a request has made already; None if it is new.

        Raises:
            ConflictError: the idempotency key was used for another request.
        """
        with self.reading() as connection:
            return self.job_of_request(connection, key_id, idempotency_key, body_hash)

    def job_of_request(
        self, connection: sa.Connection, key_id: str, idempotency_key: str, body_hash: str
    ) -> str | None:
        """Return what `idempotency` returns, within a transaction."""
        query = sa.select(IDEMPOTENCY).where(
            IDEMPOTENCY.c.key_id == key_id,
            IDEMPOTENCY.c.idempotency_key == idempotency_key,
            IDEMPOTENCY.c.created > self.clock() - _KEPT,
        )
        row = connection.execute(query).first()
        if row is None:
            return None
        if row.body_hash != body_hash:
            raise ConflictError(
                f"Idempotency-Key: {idempotency_key[:64]!r} was used for another request. "
                "Allowed: the same request again, or a new key. To fix: send a new key."
            )
        return str(row.job)

    def remember_request(
        self, connection: sa.Connection, key_id: str, idempotency_key: str, body_hash: str, job: str
    ) -> None:
        """Keep the job of a request for a day, within a transaction."""
        now = self.clock()
        connection.execute(sa.delete(IDEMPOTENCY).where(IDEMPOTENCY.c.created <= now - _KEPT))
        row = {"key_id": key_id, "idempotency_key": idempotency_key, "body_hash": body_hash}
        connection.execute(sa.insert(IDEMPOTENCY).values(job=job, created=now, **row))

    def audit(self, who: str, action: str, subject: str, detail: dict[str, Any]) -> None:
        """Append to the audit log, which the database never lets anybody change."""
        with self.writing() as connection:
            self._audit(connection, who, action, subject, detail)

    def audit_log(self, limit: int = 100, before: int | None = None) -> list[AuditEntry]:
        """Return the latest entries, the newest first, of those with a smaller id than `before`."""
        query = sa.select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AUDIT.c.id < before)
        with self.reading() as connection:
            return [AuditEntry(**row._mapping) for row in connection.execute(query)]


def _key(row: sa.Row[Any]) -> Key:
    values: dict[str, Any] = dict(row._mapping)
    return Key(**values | {"scopes": tuple(values["scopes"])})
