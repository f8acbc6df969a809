"""What to look at in a flight that is under way, and why budgets change or stay."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.formats import money
from ...data.types import Floats
from ...envs.constraints import Constraints
from ...envs.flight import Problem, level_shift
from ...envs.market import report_dispersion
from ..plans import Change, Flag
from .breaks import Break, breaks
from .hold import Choice
from .replay import Standing
from .reports import Reports
from .settings import HoldSettings

Cents = NDArray[np.int64]
_OFF = 0.1  # share of the planned spend by which delivery is off
_QUANTILE = 1.645  # of a 90 % interval
_AT_RAMP = 1e-3  # share of a ramp's step within which it binds


class Facts(NamedTuple):
    """Everything that notices and reasons are made of."""

    problem: Problem
    rest: Constraints | None  # constraints of the days left; None: no day is left
    reports: Reports
    planned: Cents  # cents of the days so far as planned, (days so far, campaigns)
    standing: Standing
    plan: Cents  # cents of the days left, (days left, campaigns)
    breaks: tuple[Break, ...]

    def date(self, day: int) -> str:
        """Return a day of the flight as a date."""
        return str(np.datetime64(self.problem.state.day + day, "D"))


def found_breaks(problem: Problem, reports: Reports, standing: Standing) -> tuple[Break, ...]:
    """Return the efficiency breaks in the reports so far."""
    if not reports.days:
        return ()
    market = problem.market
    parts = report_dispersion(market), problem.covariance.level, problem.level_step_variance
    ones = np.ones(len(problem.constraints.names))
    limits = (np.asarray(part) * ones for part in parts)
    return tuple(breaks(reports.conversions, standing.expected, *limits))


def flags_of(facts: Facts) -> list[Flag]:
    """Return the notices that follow from a flight's state and the plan of its days left."""
    flags = [_break_flag(facts, each) for each in facts.breaks]
    flags += _overspend(facts)
    if facts.rest is None:
        return [*flags, _ended(facts)]
    known = facts.problem.constraints.notes
    flags += [
        Flag("out_of_reach", _node(facts.rest, note), None, note)
        for note in facts.rest.notes
        if note not in known
    ]
    for k, day in _ramps(facts).items():
        name = facts.rest.names[k]
        flags.append(Flag("ramp_binds", name, day, f"{name}: its ramp binds until {day}."))
    return flags


def _node(constraints: Constraints, note: str) -> str | None:
    named = [n for n in (*constraints.names, *constraints.channels) if note.startswith(f"{n}:")]
    return max(named, key=len) if named else None


def _break_flag(facts: Facts, found: Break) -> Flag:
    name = facts.problem.constraints.names[found.campaign]
    date = facts.date(found.day)
    return Flag("break", name, date, f"{name}: {_break_text(facts, found)}.")


def _break_text(facts: Facts, found: Break) -> str:
    more = "more" if found.change > 0 else "fewer"
    low, high = sorted((abs(found.low), abs(found.high)))
    return (
        f"since {facts.date(found.day)} {abs(found.change):.0%} {more} conversions than before at "
        f"the same spend (90 %: {low:.0%} to {high:.0%})"
    )


def _overspend(facts: Facts) -> list[Flag]:
    """Return flags for money that is spent beyond the total and beyond caps."""
    constraints, currency = facts.problem.constraints, facts.problem.constraints.currency
    spent, flags = facts.reports.spend.sum(0), []
    total = int(spent.sum())
    if total >= constraints.total_cents:
        text = (
            f"{money(total / 100, currency)} is spent of the total of "
            f"{money(constraints.total, currency)}: nothing is left for the days to come."
        )
        flags.append(Flag("overspent", None, None, text))
    owners = constraints.tree.parents[1]
    by_channel = np.bincount(owners, spent, len(constraints.channels)).astype(np.int64)
    nodes = (constraints.channels, by_channel), (constraints.names, spent)
    for (names, sums), caps in zip(nodes, constraints.cap_cents, strict=True):
        for name, amount, cap in zip(names, sums, caps, strict=True):
            if amount > cap and cap < constraints.total_cents:
                text = (
                    f"{name}: {money(amount / 100, currency)} is spent, beyond its cap of "
                    f"{money(cap / 100, currency)}; the cap counts as met, and it gets no more."
                )
                flags.append(Flag("overspent", name, None, text))
    return flags


def _ended(facts: Facts) -> Flag:
    constraints, reports = facts.problem.constraints, facts.reports
    spent, total = money(float(reports.spend.sum()) / 100, constraints.currency), constraints.total
    text = (
        f"The flight ended on {facts.date(reports.days - 1)}: {spent} spent of "
        f"{money(total, constraints.currency)}, {reports.conversions.sum():,.1f} conversions "
        "reported so far. Nothing is left to set."
    )
    return Flag("ended", None, facts.date(reports.days - 1), text)


def _ramps(facts: Facts) -> dict[int, str]:
    """Return the campaigns whose ramp binds from the first day left on, and until when."""
    rest = facts.rest
    if rest is None or rest.ramp is None or rest.live_cents is None:
        return {}
    rhythm = np.ones(facts.plan.shape) if rest.rhythm is None else rest.rhythm
    levels, binding = facts.plan / 100 / rhythm, {}
    for k in range(levels.shape[1]):
        before, until = float(rest.live_cents[k]) / 100, -1
        for t, level in enumerate(levels[:, k]):
            most = max((1 + rest.ramp.up[k]) * before, before + rest.ramp.least[k])
            if level < before + (1 - _AT_RAMP) * (most - before) or most <= before:
                break
            before, until = level, t
        if until >= 0:
            binding[k] = facts.date(facts.reports.days + until)
    return binding


def changes_of(facts: Facts, choice: Choice, hold: HoldSettings | None) -> list[Change]:
    """Return one record per campaign whose budget the policy would change, the largest first.

    Amounts are the mean day of the coming week, as planned before and as the policy would have it.
    """
    names, ramps = facts.problem.constraints.names, _ramps(facts)
    size = np.abs(choice.proposed - choice.before)
    found = []
    for k in np.argsort(-size, kind="stable"):
        if round(100 * size[k]) == 0:
            continue
        why = [*_learnt(facts, k), *_delivery(facts, k), *_floor(facts, k)]
        if k in ramps:
            why.append(f"ramp binds until {ramps[k]}")
        after = choice.proposed[k]
        verdict = _verdict(facts, choice, hold, int(k))
        why = why or [_exchange(choice.before[k], after)]
        reason = "; ".join([*why, *verdict])
        reason = reason[0].upper() + reason[1:]
        before = float(round(choice.before[k], 2))
        adopted = bool(choice.adopted[k])
        found.append(Change(names[k], before, float(round(after, 2)), adopted, f"{reason}."))
    return found


def _verdict(facts: Facts, choice: Choice, hold: HoldSettings | None, k: int) -> list[str]:
    """Return why a change is adopted or held, with its probability or its size."""
    if hold is None:
        return []
    probability = choice.probability[k]
    if choice.adopted[k]:
        return [f"all changes together gain with probability {choice.together:.2f}"]
    if not choice.big_enough[k]:
        currency = facts.problem.constraints.currency
        step = money(abs(choice.proposed[k] - choice.before[k]), currency)
        least = money(max(hold.share * choice.before[k], hold.amount), currency)
        return [f"a change of {step} a day is less than {least}"]
    return [
        f"alone it gains with probability {probability:.2f}, with others with less than the "
        f"{hold.probability:.2f} that is required"
    ]


def _learnt(facts: Facts, k: int) -> list[str]:
    """Return what the reports say about a campaign's efficiency, if they say something."""
    for each in facts.breaks:
        if each.campaign == k:
            return [_break_text(facts, each)]
    if not facts.reports.days:
        return []
    belief = facts.standing.view.belief
    shift = float(np.asarray(level_shift(facts.problem, belief))[0, k])
    sd = float(np.sqrt(np.asarray(belief.covariance.level)[0, k]))
    if abs(shift) < _QUANTILE * sd:
        return []
    side = "over" if shift > 0 else "under"
    ends = sorted(abs(np.expm1(shift + np.array([-1, 1]) * _QUANTILE * sd)))
    return [
        f"conversions per amount spent {abs(np.expm1(shift)):.0%} {side} what was expected "
        f"(90 %: {ends[0]:.0%} to {ends[1]:.0%})"
    ]


def _delivery(facts: Facts, k: int) -> list[str]:
    spent, planned = facts.reports.spend[:, k], facts.planned[:, k]
    if not planned.sum() or abs(spent.sum() / planned.sum() - 1) < _OFF:
        return []
    off = np.abs(spent / np.maximum(planned, 1) - 1) >= _OFF
    days = len(off) - int(np.flatnonzero(~off)[-1]) - 1 if (~off).any() else len(off)
    if not days:
        return []
    share = spent[-days:].sum() / max(int(planned[-days:].sum()), 1)
    return [f"delivered {share:.0%} of plan for {days} day{'s' if days > 1 else ''}"]


def _floor(facts: Facts, k: int) -> list[str]:
    if facts.rest is None:
        return []
    owed, planned = int(facts.rest.floor_cents[1][k]), int(facts.plan[:, k].sum())
    if owed <= 0 or planned > 1.01 * owed:
        return []
    return [f"floor still owes {money(owed / 100, facts.problem.constraints.currency)}"]


def _exchange(before: Floats, after: Floats) -> str:
    if after > before:
        return "takes money whose return is lower elsewhere"
    return "gives money whose return is higher elsewhere"
