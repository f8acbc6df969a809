"""What a command makes of a configuration: options, one message, or something worse."""

import os
import resource
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple

from mediagym.agents.setup import ExperimentConfig
from mediagym.data.errors import MediaGymError
from mediagym.data.history import Campaign
from mediagym.envs.constraints import ConstraintSettings, parse_constraints

Verdict = Literal["accepted", "message", "garbled", "traceback", "hang", "memory"]
_CAMPAIGNS = (Campaign("google", "YouTube"), Campaign("google", "Shopping"), Campaign("meta", None))
_LONGEST = 5000  # characters of a message, of which a path of the user may be 4,096
_TINY = {"days": 28, "landings": 20}  # of the advertiser that is drawn


class Answer(NamedTuple):
    """A case and what came of it."""

    command: str
    key: str
    value: str  # name of the value
    verdict: Verdict
    reason: str  # message or traceback
    seconds: float


class _TooLongError(BaseException):
    """Raised by the alarm; no handler of ordinary errors may catch it."""


def answer_of(
    name: str, entry: Any, config: dict[str, Any], key: str, value: str, seconds: float
) -> Answer:
    """Parses a configuration, and runs what is cheap of its command on tiny settings."""
    start = time.monotonic()
    verdict: Verdict = "accepted"
    reason = ""
    try:
        with _alarm(seconds):
            options = entry.parse(config)
            _use(name, entry, options, config, key)
    except MediaGymError as error:
        reason = str(error)
        is_clean = 0 < len(reason) <= _LONGEST and reason.isprintable()
        verdict = "message" if is_clean else "garbled"
    except _TooLongError:
        verdict, reason = "hang", f"more than {seconds:g} seconds"
    except MemoryError:
        verdict = "memory"
    except BaseException:
        verdict, reason = "traceback", traceback.format_exc(limit=-8)[-4000:]
    return Answer(name, key, value, verdict, reason, time.monotonic() - start)


def _use(name: str, entry: Any, options: Any, config: dict[str, Any], key: str) -> None:
    """Does with accepted options what takes milliseconds and writes nothing outside."""
    experiment = getattr(options, "experiment", options)
    constraints = getattr(experiment, "constraints", None)
    if isinstance(constraints, ConstraintSettings):
        days = experiment.env.days if isinstance(experiment, ExperimentConfig) else 30
        parse_constraints(constraints, _CAMPAIGNS, days)
    if name == "synthesize" and key not in ("path", *_TINY):
        with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nothing:
            tiny = {**config, **_TINY, "path": str(Path(folder) / "exports")}
            with redirect_stdout(nothing):
                entry.main(entry.parse(tiny))


@contextmanager
def limited_memory(megabytes: int) -> Iterator[None]:
    """Context in which this process may take so much memory beyond what it has."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    lines = Path("/proc/self/status").read_text() if Path("/proc/self/status").exists() else ""
    sizes = [int(line.split()[1]) for line in lines.splitlines() if line.startswith("VmSize")]
    if sizes:
        limit = sizes[0] * 1024 + megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Context that `_TooLongError` ends after some seconds."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before: Callable[[int, FrameType | None], Any] | int | None = signal.signal(
        signal.SIGALRM, ring
    )
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
