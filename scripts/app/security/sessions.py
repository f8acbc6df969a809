"""Sessions of browsers: signed cookies, and tokens against forged requests."""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

COOKIE = "mediagym_session"
_MAX_COOKIE = 512  # characters


@dataclass(frozen=True)
class Session:
    """A browser that has signed in."""

    key_id: str
    nonce: str  # 128 random bits, hexadecimal
    began: float  # seconds since 1970


class Sessions:
    """Makes and reads what is signed with the server's secret."""

    def __init__(
        self, secret: bytes, seconds: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Sessions of one server.

        Args:
            secret: signs cookies; whoever knows it can sign in as anybody.
            seconds: how long a session lasts.
            clock: seconds since 1970.
        """
        self._secret, self.seconds, self._clock = secret, seconds, clock

    def cookie(self, key_id: str) -> str:
        """Value of the cookie of a new session."""
        content = json.dumps([key_id, secrets.token_hex(16), self._clock()]).encode()
        return f"{_encoded(content)}.{self._signature('session', content)}"

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie; None if it is not ours or too old."""
        content, _, signature = cookie.partition(".")
        if len(cookie) > _MAX_COOKIE or not cookie.isascii():
            return None
        with suppress(ValueError):
            raw = urlsafe_b64decode(content + "=" * (-len(content) % 4))
            if hmac.compare_digest(signature, self._signature("session", raw)):
                session = Session(*json.loads(raw))
                if 0 <= self._clock() - session.began <= self.seconds:
                    return session
        return None

    def end_of(self, session: Session) -> datetime:
        """Moment at which a session ends by itself."""
        return datetime.fromtimestamp(session.began + self.seconds, UTC)

    def csrf_token(self, session: Session) -> str:
        """Token in the forms of a signed-in browser, so that no other site can send them."""
        return self._signature("csrf", session.nonce.encode())

    def is_csrf_token(self, session: Session, token: str) -> bool:
        """True if a token is that of the session; compared in constant time."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())

    def _signature(self, purpose: str, content: bytes) -> str:
        return _encoded(hmac.digest(self._secret, purpose.encode() + b"\0" + content, "sha256"))


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
