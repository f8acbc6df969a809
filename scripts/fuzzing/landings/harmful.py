"""Mutations after which a log must be refused, as no reading of it is certain."""

from random import Random

from .. import Draft, Export

_NO_TIMES = (
    "",
    "soon",
    "2025-02-30 10:00:00",
    "2025-13-01 10:00:00",
    "2025-01-01 25:61:00",
    "2025-01-01 10",
    "01:30",
    "NaT",
    "1e9",
    "-1",
    "20250101",
    "2025-01-01 10:00:00 CEST",
)


def no_such_time(logs: Draft, rng: Random) -> bool:
    """A time that no clock shows, or none at all."""
    log, place = _with(logs, ("time", "seconds", "microseconds"))
    rng.choice(log.rows)[place] = rng.choice(_NO_TIMES)
    return True


def mixed_zones(logs: Draft, rng: Random) -> bool:
    """Times with a zone among times without."""
    log, place = _with(logs, ("time",))
    if place < 0:
        return False
    row = rng.choice(log.rows)
    row[place] = f"{row[place]}{rng.choice(('Z', '+02:00', ' UTC', '-05'))}"
    return True


def mixed_dates(logs: Draft, rng: Random) -> bool:
    """Days in two notations."""
    log, place = _with(logs, ("time",))
    if place < 0:
        return False
    for row in rng.sample(log.rows, len(log.rows) // 3):
        day, _, clock = str(row[place]).partition(" ")
        row[place] = "/".join(reversed(day.split("-"))) + " " + clock
    return True


def no_answer(logs: Draft, rng: Random) -> bool:
    """A conversion that is neither yes nor no."""
    log, place = _with(logs, ("converted",))
    if place < 0:
        return False
    rng.choice(log.rows)[place] = rng.choice(("maybe", "-1", "nan", "inf", "1e400", "0x1", "1 2"))
    return True


def swapped_headings(logs: Draft, rng: Random) -> bool:
    """The headings of users and times stand above each other's cells."""
    log, place = _with(logs, ("time", "seconds", "microseconds"))
    user = log.roles.index("user")
    log.headings[user], log.headings[place] = log.headings[place], log.headings[user]
    return True


def heading_twice(logs: Draft, rng: Random) -> bool:
    """A second column of users that differs."""
    log = rng.choice(logs)
    user = log.roles.index("user")
    log.headings.append(log.headings[user])
    log.roles.append("user")
    for row in log.rows:
        row.append(str(row[user])[::-1])
    return True


def column_lost(logs: Draft, rng: Random) -> bool:
    """No column of users, times or conversions."""
    log = rng.choice(logs)
    needed = ("user", "time", "converted", "seconds", "microseconds")
    place = rng.choice([k for k, role in enumerate(log.roles) if role in needed])
    log.roles.pop(place)
    log.headings.pop(place)
    for row in log.rows:
        row.pop(place)
    return True


def no_rows(logs: Draft, rng: Random) -> bool:
    """Headings alone."""
    log = rng.choice(logs)
    log.rows = []
    return True


def no_conversion(logs: Draft, rng: Random) -> bool:
    """Nobody converts."""
    for log in logs:
        if "converted" in log.roles:
            for row in log.rows:
                row[log.roles.index("converted")] = "0"
        else:
            place = log.headings.index("event_name")
            log.rows = [row for row in log.rows if row[place] != "purchase"]
    return True


def other_years(logs: Draft, rng: Random) -> bool:
    """No landing in the period of the ads."""
    log, place = _with(logs, ("time",))
    if place < 0:
        return False
    for row in log.rows:
        row[place] = f"2019{str(row[place])[4:]}".replace("-02-29", "-02-28")
    return True


def two_logs(logs: Draft, rng: Random) -> bool:
    """The same log twice under two names."""
    log = rng.choice(logs)
    logs.append(log.copy(name=log.name.replace(".csv", "-copy.csv")))
    return log.name != "website-landings.csv"  # the file of that name is read


def _with(logs: Draft, roles: tuple[str, ...]) -> tuple[Export, int]:
    """The first log and the place of the first of the roles in it, -1 if it has none."""
    places = [k for k, role in enumerate(logs[0].roles) if role in roles]
    return logs[0], places[0] if places else -1
