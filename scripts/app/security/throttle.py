"""Token buckets: how many requests a client may make at once, and how fast it may go on."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

_MAX_CLIENTS = 10_000  # buckets that are kept; a client that was not seen for long begins anew


class TokenBuckets:
    """A bucket of tokens per client; a request takes one, and they come back at a fixed rate."""

    def __init__(
        self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Buckets that begin full.

        Args:
            burst: tokens of a full bucket, >= 1.
            per_second: tokens that come back, > 0.
            clock: seconds that never go back.
        """
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, then when
        self._lock = Lock()

    def take(self, client: str) -> int:
        """Takes a token; returns 0, or the seconds after which there is one again."""
        with self._lock:
            tokens = self._tokens(client)
            allowed = tokens >= 1
            self._buckets[client] = (tokens - allowed, self._clock())
            self._buckets.move_to_end(client)
            while len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) / self._rate))

    def wait(self, client: str) -> int:
        """Seconds until a client has a token, 0 if it has one; takes none."""
        with self._lock:
            tokens = self._tokens(client)
        return 0 if tokens >= 1 else max(1, math.ceil((1 - tokens) / self._rate))

    def _tokens(self, client: str) -> float:
        tokens, since = self._buckets.get(client, (float(self._burst), self._clock()))
        return min(self._burst, tokens + (self._clock() - since) * self._rate)
