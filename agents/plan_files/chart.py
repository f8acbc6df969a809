"""Stacked bars of the daily budget by channel, drawn as vectors."""

import math

from .canvas import FAINT, INK, RULE, Page
from .typeface import REGULAR, width_of
from .view import View

_COLOURS = ("#2f6db5", "#e0862f", "#4f9d69", "#8a63a8", "#c2534b")  # by channel, by budget
_OTHERS = "#98a2b3"
_PASSED = 0.45  # opacity of days that have passed
_AXIS, _LABELS = 44, 14  # points left of and below the bars


def draw_budgets(page: Page, view: View, x: float, y: float, width: float, height: float) -> None:
    """Draw the chart into a rectangle whose top left corner is (x, y)."""
    groups = _groups(view)
    _legend(page, groups, x, y, width, any(day.status == "actual" for day in view.days))
    top, bottom = y + 14, y + height - _LABELS
    most = max(max(day.cents for day in view.days), 1)
    step = _step(most)
    ceiling = step * math.ceil(most / step)
    for tick in range(0, ceiling + 1, step):
        level = bottom - (bottom - top) * tick / ceiling
        page.rule(x + _AXIS, level, width - _AXIS, RULE)
        label = view.money(tick, 0)
        page.text(x + _AXIS - 4, level + 2, label, 6, colour=FAINT, width=_AXIS - 4, right=True)
    slot = (width - _AXIS) / len(view.days)
    for t, day in enumerate(view.days):
        floor = bottom
        for _, members, colour in groups:
            size = (bottom - top) * sum(day.cells[k].cents for k in members) / ceiling
            floor -= size
            alpha = _PASSED if day.status == "actual" else 1
            left = x + _AXIS + t * slot + 0.1 * slot
            page.box(left, floor, 0.8 * slot, size, colour, alpha)
    _dates(page, view, x + _AXIS, bottom, slot)


def _groups(view: View) -> list[tuple[str, tuple[int, ...], str]]:
    """Channels by budget with their campaigns and colours; small ones together."""
    channels = view.channels
    order = sorted(channels, key=lambda name: -sum(view.campaigns[k].cents for k in channels[name]))
    kept = order if len(order) <= len(_COLOURS) else order[: len(_COLOURS) - 1]
    groups = [(name, channels[name], _COLOURS[i]) for i, name in enumerate(kept)]
    rest = [k for name in order if name not in kept for k in channels[name]]
    return [*groups, ("others", tuple(rest), _OTHERS)] if rest else groups


def _legend(
    page: Page,
    groups: list[tuple[str, tuple[int, ...], str]],
    x: float,
    y: float,
    width: float,
    has_passed: bool,
) -> None:
    room = (width - 64 * has_passed) / len(groups)
    for i, (name, _, colour) in enumerate(groups):
        page.box(x + i * room, y - 5, 6, 6, colour)
        page.text(x + i * room + 9, y, name, 6.5, width=room - 14)
    if has_passed:
        page.text(x + width, y, "pale: spent", 6.5, colour=FAINT, right=True)


def _dates(page: Page, view: View, x: float, bottom: float, slot: float) -> None:
    """Label days so that labels do not touch, and mark where the plan begins."""
    label = width_of("00-00", REGULAR, 6)  # points
    gap = label + 6
    every = max(1, math.ceil(gap / slot))
    end = len(view.days) * slot
    for t in range(0, len(view.days), every):
        if t and t * slot + label > end:  # it would stand outside
            break
        page.text(x + t * slot, bottom + 9, f"{view.days[t].date:%m-%d}", 6, colour=FAINT)
    passed = sum(day.status == "actual" for day in view.days)
    if 0 < passed < len(view.days):
        page.line(x + passed * slot, bottom, x + passed * slot, bottom + 4, INK)


def _step(most: int) -> int:
    """Distance of two ticks, in cents: 1, 2 or 5 times a power of ten, at most five above 0."""
    power = 10 ** max(int(math.log10(most / 4)), 2) if most > 400 else 100
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power * 5 >= most)
