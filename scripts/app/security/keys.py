"""API keys: made at random, shown once, kept as scrypt hashes."""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections import OrderedDict
from threading import BoundedSemaphore, Lock
from typing import NamedTuple

_COST, _BLOCK, _PARALLEL = 2**14, 8, 1  # of scrypt: 16 MiB and about 40 ms per check
_TOKEN = re.compile(r"mg_([a-z0-9]{8,32})_([A-Za-z0-9_-]{32,128})")
_MAX_HASHING = 4  # checks at once, so that guesses of many clients take 64 MiB at most
_MAX_CHECKED = 1024  # tokens whose hash is known to fit


class Token(NamedTuple):
    """What a client sends: `mg_<id>_<secret>`."""

    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"mg_{self.key_id}_{self.secret}"


def parse_token(text: str) -> Token | None:
    """The id and the secret of a token; None if the text is none."""
    match = _TOKEN.fullmatch(text)
    return None if match is None else Token(match[1], match[2])


def hashed(secret: str) -> str:
    """Salted hash of a secret by scrypt, as `scrypt$cost$block$parallel$salt$hash`."""
    salt = secrets.token_bytes(16)
    parts = (_COST, _BLOCK, _PARALLEL, _text(salt), _text(_scrypt(secret, salt, _COST)))
    return "$".join(("scrypt", *map(str, parts)))


def fits(secret: str, stored: str) -> bool:
    """True if a secret has this hash; compared in constant time."""
    _, cost, block, parallel, salt, expected = stored.split("$")
    made = _scrypt(secret, b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(made, b64decode(expected))


def _scrypt(
    secret: str, salt: bytes, cost: int, block: int = _BLOCK, parallel: int = _PARALLEL
) -> bytes:
    return hashlib.scrypt(
        secret.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=2**26, dklen=32
    )


def _text(content: bytes) -> str:
    return b64encode(content).decode()


class TokenChecker:
    """Checks secrets against hashes; a secret that has fitted once is recognised without scrypt.

    What is remembered is an HMAC under a key that only this process has, never the secret.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._checked: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()
        self._hashing = BoundedSemaphore(_MAX_HASHING)
        self._nobody = hashed(secrets.token_urlsafe(32))

    def knows(self, token: Token, stored: str) -> bool:
        """True if this token has been checked against this hash before, and fitted."""
        with self._lock:
            return self._mark(token, stored) in self._checked

    def check(self, token: Token, stored: str | None) -> bool:
        """True if the token has this hash; without a hash as slow as with one, and False."""
        with self._hashing:
            valid = fits(token.secret, stored or self._nobody)
        if not valid or stored is None:
            return False
        with self._lock:
            self._checked[self._mark(token, stored)] = None
            while len(self._checked) > _MAX_CHECKED:
                self._checked.popitem(last=False)
        return True

    def _mark(self, token: Token, stored: str) -> bytes:
        return hmac.digest(self._key, f"{token} {stored}".encode(), "sha256")
