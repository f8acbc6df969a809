"""Logs of landings that are made to hang the reader or to fill its memory."""

import gzip
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from .. import Result, Worker, file_of, is_clean
from .kinds import KINDS, STRICT, draft_of
from .log import draw_site, export_files

_MANY = 100_000  # rows
_SITE_LOG = ",".join(KINDS[STRICT].headings) + "\n"
_PLAIN = ",".join(KINDS["plain"].headings) + "\n"
_DAY = "2025-03-04"


class Hostile(NamedTuple):
    """A hostile log; it must be refused in one message, or attributed."""

    name: str  # of the file
    write: Callable[[Path], object]  # writes it
    is_slow: bool = False  # takes seconds
    may_be_read: bool = False  # odd or large, but a log nevertheless


def run_hostile(name: str, worker: Worker) -> Result:
    """Attributes a folder with good exports and one hostile log."""
    hostile = HOSTILE[name]
    rng = Random(0)  # noqa: S311  # reproducible, and no secret
    with tempfile.TemporaryDirectory() as root:
        for file, data in export_files(draw_site(rng), rng).items():
            (Path(root) / file).write_bytes(data)
        hostile.write(Path(root) / hostile.name)
        answer = worker.read(Path(root))
    if answer.status == "refused":
        verdict, reason = ("refused" if is_clean(answer.message) else "garbled"), answer.message
    elif answer.status == "read":
        verdict = "ok" if hostile.may_be_read else "wrong"
        reason = "" if hostile.may_be_read else "attributed, though it must be refused"
    else:
        verdict = "memory" if answer.status == "died" else answer.status
        reason = answer.message
    return Result(f"hostile {name}", (name,), verdict, reason, answer, {})


def _good_lines(kind: str) -> list[str]:
    """Lines of a good log, the headings first."""
    site = draw_site(Random(0))  # noqa: S311  # reproducible, and no secret
    return file_of(draft_of(site.landings, kind))[1].decode().splitlines(keepends=True)


def _with_rows(kind: str, rows: Callable[[str, int], str]) -> Callable[[Path], object]:
    """A good log with many rows more, made from a day of it and a number."""

    def write(path: Path) -> None:
        good = _good_lines(kind)
        place = KINDS[kind].headings.index(
            "timestamp" if kind == "plain" else "Website Landing Time"
        )
        day = good[1].split(",")[place][:10]
        _text([*good, *(rows(day, number) for number in range(_MANY))])(path)

    return write


def _text(parts: Iterable[str]) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(parts)

    return write


def _clock(number: int) -> str:
    return f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"


def _endless(head: str, part: str, count: int) -> Callable[[Path], object]:
    def parts() -> Iterator[str]:
        yield head
        yield part * count

    return lambda path: _text(parts())(path)


def _gzip_bomb(path: Path) -> None:
    """4 GB of zeros in 4 MB: one member many times."""
    member = gzip.compress(bytes(1 << 24), mtime=0)
    path.write_bytes(gzip.compress(_PLAIN.encode(), mtime=0) + member * 256)


_LOG = "website-landings.csv"
HOSTILE: dict[str, Hostile] = {
    "pipe": Hostile(_LOG, lambda path: os.mkfifo(path)),
    "pipe_of_another_name": Hostile("visits.csv", lambda path: os.mkfifo(path)),
    "folder": Hostile(_LOG, lambda path: path.mkdir()),
    "dangling_link": Hostile(_LOG, lambda path: path.symlink_to("nowhere.csv")),
    "link_to_itself": Hostile(_LOG, lambda path: path.symlink_to(_LOG)),
    "link_to_zero": Hostile(_LOG, lambda path: path.symlink_to("/dev/zero")),
    "empty": Hostile(_LOG, _text([])),
    "headings_alone": Hostile(_LOG, _text([_SITE_LOG])),
    "zeros": Hostile(_LOG, lambda path: path.write_bytes(bytes(100_000))),
    "random_bytes": Hostile(
        _LOG,
        lambda path: path.write_bytes(Random(0).randbytes(100_000)),  # noqa: S311
    ),
    "cell_of_20_mb": Hostile(_LOG, _endless(_SITE_LOG + "20a70111,", "x", 20_000_000)),
    "quote_of_20_mb": Hostile(_LOG, _endless(_SITE_LOG + '"', "2025-01-01\n", 2_000_000)),
    "commas_of_20_mb": Hostile("visits.csv", _endless(_PLAIN, ",", 20_000_000)),
    "gzip_bomb_4_gb": Hostile("visits.csv.gz", _gzip_bomb, is_slow=True),
    "many_sources": Hostile(
        _LOG,
        _with_rows(
            STRICT, lambda day, n: f"{n:08x},{day} {_clock(n)},0,source {n},paid,type {n}\n"
        ),
        is_slow=True,
        may_be_read=True,
    ),
    "long_source": Hostile(
        _LOG,
        lambda path: _text(
            [*(good := _good_lines(STRICT)), good[1][:31] + "x" * 1_000_000 + ",paid,YouTube\n"]
        )(path),
        may_be_read=True,
    ),
    "many_campaigns": Hostile(
        "visits.csv",
        _with_rows("plain", lambda day, n: f"u{n},{day} {_clock(n)},s{n},cpc,campaign {n},0\n"),
        is_slow=True,
        may_be_read=True,
    ),
    "many_media": Hostile(
        "visits.csv",
        _with_rows("plain", lambda day, n: f"u{n},{day} {_clock(n)},google,medium {n},,0\n"),
        is_slow=True,
        may_be_read=True,
    ),
    "one_user": Hostile(
        _LOG,
        _with_rows(
            STRICT, lambda day, n: f"00000001,{day} {_clock(n)},{n % 2},google,paid,YouTube\n"
        ),
        is_slow=True,
        may_be_read=True,
    ),
}
