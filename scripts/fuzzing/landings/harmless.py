"""Mutations after which a log still says the same."""

import datetime
from random import Random

from .. import Cell, Draft

_CLOCKS = ("%d %b %Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M")

_NAMES = (
    "[/b]",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../x",
    r"$\frac{x$",
    "\u202ex",
    "long " * 500,
)


def rows_without_user(logs: Draft, rng: Random) -> bool:
    """Rows of visitors who gave no consent have no user."""
    log = rng.choice(logs)
    place = log.roles.index("user")
    for _ in range(rng.choice((1, 5, 40))):
        row = list(rng.choice(log.rows))
        row[place] = rng.choice(("", "null", "(not set)", "undefined"))
        log.rows.insert(rng.randrange(1, len(log.rows)), row)
    return True


def total_below(logs: Draft, rng: Random) -> bool:
    """A line of totals or a comment below the log."""
    log = rng.choice(logs)
    log.footers = [[rng.choice(("Total", "Grand total: 900", "# 900 rows"))]]
    return log.roles[0] == "user"


def capitals(logs: Draft, rng: Random) -> bool:
    """Labels in capitals."""
    log = rng.choice(logs)
    for row in log.rows:
        for position, (role, cell) in enumerate(zip(log.roles, row, strict=True)):
            if role == "text" and isinstance(cell, str):
                row[position] = cell.upper()
    return True


def words_for_converted(logs: Draft, rng: Random) -> bool:
    """Yes and no, or numbers with decimals, for conversions."""
    log = rng.choice(logs)
    if "converted" not in log.roles:
        return False
    place = log.roles.index("converted")
    words = rng.choice((("no", "yes"), ("false", "TRUE"), ("0.0", "1.0"), ("", "2")))
    for row in log.rows:
        row[place] = words[int(str(row[place]).strip())]
    return True


def other_clocks(logs: Draft, rng: Random) -> bool:
    """Times in another notation, certain for forty days."""
    log = rng.choice(logs)
    if "time" not in log.roles:
        return False
    place, pattern = log.roles.index("time"), rng.choice(_CLOCKS)
    for row in log.rows:
        row[place] = datetime.datetime.fromisoformat(str(row[place]).strip()).strftime(pattern)
    return True


def two_periods(logs: Draft, rng: Random) -> bool:
    """Two files, one after the other in time."""
    log = rng.choice(logs)
    if log.edits or log.footers or log.titles or len(logs) > 1 or "time" not in log.roles:
        return False
    place = log.roles.index("time")
    rows: list[list[Cell]] = sorted(log.rows, key=lambda row: str(row[place]))
    half = len(rows) // 2
    if str(rows[half - 1][place])[:4] != str(rows[half][place])[:4] or rows[0][place] == "":
        return False
    logs[:] = [
        log.copy(rows=part, name=log.name.replace(".csv", f"-{number}.csv"))
        for number, part in enumerate((rows[:half], rows[half:]))
    ]
    return True


def hostile_unpaid(logs: Draft, rng: Random) -> bool:
    """Sources of referrals that look like markup, formulas, paths or controls."""
    log = rng.choice(logs)
    for row in log.rows:
        for position, cell in enumerate(row):
            if cell == "blog.example":
                row[position] = rng.choice(_NAMES)
    return True
