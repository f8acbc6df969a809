"""Run a month of the shipped sample through plan, exports and re-plans; write ``docs/month.md``.

``python docs/month.py`` makes every number and picture of the page: it replaces what stands between
the markers and draws ``docs/month_*.png``. Pages are photographed by chromium.
"""

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageChops

from mediagym.data.formats import money
from mediagym.data.plotting import blank, png_of
from mediagym.data.storage import shipped_yaml
from mediagym.data.types import Floats
from mediagym.envs.constraints import constraints_from_json
from mediagym.envs.flight import BeliefCovariance, Problem
from mediagym.envs.market import (
    Noise,
    Objective,
    ObjectiveSettings,
    draw_noise,
    generator,
    simulate,
)
from mediagym.envs.planning import clairvoyant_values
from mediagym.envs.synthetic import Truth, read_truth

DOCS = Path(__file__).resolve().parent
ROOT, PAGE = DOCS.parent, DOCS / "month.md"
BROKEN, FIRST_DAY, FACTOR = "google/Cross-network", 8, 0.5
STEPS = (10, 20, 30)  # days that are over when the exports are looked at
_WIDTH = 1000  # of the photographed pages, pixels
WORDS = {
    "as dated": "the plan, followed as dated",
    "re-planned": "re-planned on days 11 and 21",
    "best": "the best plan, everything known",
}
_COLOURS = {"as dated": "0.5", "re-planned": "#0072B2", "best": "#D55E00"}


class Month(NamedTuple):
    """Daily plans of one month, (days, campaigns) dollars, in a market that is known."""

    plans: dict[str, Floats]
    expected: dict[str, Floats]  # conversions, (days, campaigns), on the same demand
    names: tuple[str, ...]
    unbroken: float  # conversions of the plan as dated, had nothing broken


def run(folder: Path, name: str, *words: str) -> str:
    """Run a command of the repository in a folder, and return it as it is typed."""
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    return shlex.join(["python", f"scripts/{name}.py", *words])


def fly(folder: Path) -> dict[int, list[str]]:
    """Make the plan, let the month go on in three steps, and re-plan after each.

    Returns:
        The commands, by the days that are over then.
    """
    shutil.copytree(ROOT / "data" / "sample", folder / "exports", ignore=_folders)
    where, plan, before = ("data.path=exports", "cache=cache"), "plan.json", 0
    typed = {0: [run(folder, "plan", *where, f"output={plan}")]}
    for day in STEPS:
        more = ["path=exports", f"continue_days={day - before}", f"plan={plan}"]
        if before < FIRST_DAY <= day:
            more.append(
                f"break={{campaign: {BROKEN}, day: {FIRST_DAY - before}, factor: {FACTOR}}}"
            )
        typed[day] = [
            run(folder, "synthesize", *more),
            run(folder, "replan", f"plan={plan}", *where, f"output=day{day}"),
        ]
        plan, before = f"day{day}/plan.json", day
    return typed


def _folders(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(folder) / name).is_dir()]


def compared(folder: Path) -> Month:
    """Return the month beside the plan followed as dated and the best plan of the true market.

    All three meet the same demand, in expectation over counts. The best plan keeps the rules of the
    plan, and knows the market, the break and the demand to come.
    """
    first, last = (read(folder / name / "plan.json") for name in (".", "day30"))
    dated, replanned = amounts(first), amounts(last)
    truth = read_truth(ROOT / "data" / "sample")
    limits = constraints_from_json(first["constraints"])
    broken = truth.names.index(BROKEN)
    path = demand(truth, len(dated), broken)
    conversions = Objective.of(ObjectiveSettings.of(shipped_yaml("objective/conversions"), "o"))
    problem = Problem(
        limits, conversions, truth.market, truth.state, BeliefCovariance.none(dated[0]), dated
    )
    rows = (one_row(record, 0) for record in (truth.market, truth.state))
    best = clairvoyant_values(problem, *rows, one_row(path, 1)).plan[:, 0]
    plans = {"as dated": dated, "re-planned": replanned, "best": best}
    expected = {
        name: np.stack([d.expected for d in simulate(truth.market, truth.state, plan, path)[1]])
        for name, plan in plans.items()
    }
    whole = simulate(truth.market, truth.state, dated, path._replace(spike=None))[1]
    unbroken = float(sum(day.expected.sum() for day in whole))
    return Month(plans, expected, limits.names, unbroken)


def demand(truth: Truth, days: int, broken: int) -> Noise:
    """Return the demand that the exports were made with, and the break, counts averaged out."""
    day = truth.state.day
    keys = (generator(truth.content["seed"], 2, day + t) for t in range(days))
    noises = [draw_noise(truth.market, 1, rng).without_count_noise() for rng in keys]
    path = Noise(*(None if f[0] is None else np.concatenate(f) for f in zip(*noises, strict=True)))
    spike = np.zeros((days, len(truth.names)))
    spike[FIRST_DAY - 1 :, broken] = np.log(FACTOR)
    return path._replace(spike=spike)


def one_row(record: Any, axis: int) -> Any:
    """Return a record whose arrays have an axis of one market."""
    fields = (f if np.ndim(f) == 0 else np.expand_dims(f, axis) for f in record)
    return type(record)(*fields)


def read(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def amounts(plan: dict[str, Any]) -> Floats:
    """Return the amounts of a plan.json, (days, campaigns)."""
    return np.array([[row["budget"] for row in day["campaigns"]] for day in plan["days"]])


def block_of_day(folder: Path, day: int) -> str:
    """Return what a re-plan says: what happened, what changes, what to enter."""
    plan = read(folder / f"day{day}" / "plan.json")
    seen = [flag["text"] for flag in plan["flags"] if flag["kind"] == "break"]
    total, costs = plan["totals"]["conversions"], plan["constraint_costs"] or []
    lines = [
        *(f"- {text}" for text in seen),
        f"- The month is expected to end with {spread(total)} conversions.",
        *(f"- {cost['text']}" for cost in costs),
    ]
    changes = [
        (label(row), dollars(row["from"]), dollars(row["to"]), decision(row), row["reason"])
        for row in plan["changes"]
    ]
    heading = ("campaign", "mean day of the coming week, as planned", "now", "", "reason")
    return "\n".join(lines) + "\n\n" + table(heading, changes)


def block_of_today(folder: Path, day: int) -> str:
    """Return the rows of ``today.csv`` without the words on rules."""
    with (folder / f"day{day}" / "today.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = ("live_budget", "new_daily_budget", "worst_case_day")
    return table(
        ("date", "campaign", "action", "live", "set", "worst case of the day"),
        [
            (row["date"], label(row), row["action"], *(dollars(float(row[key])) for key in keys))
            for row in rows
        ],
    )


def block_of_end(month: Month, folder: Path) -> str:
    """Return spend and expected conversions of the three plans, and what had been forecast."""
    dated = month.expected["as dated"].sum()
    broken = month.names.index(BROKEN)
    rows = []
    for name, plan in month.plans.items():
        won = month.expected[name]
        parts = [f"{part.sum():,.0f}" for part in np.split(won, STEPS[:-1])]
        more = "" if name == "as dated" else f"{won.sum() / dated - 1:+.2%}"
        spent = dollars(round(plan.sum(), 2)), dollars(round(plan[:, broken].sum(), 2))
        rows.append((WORDS[name], *spent, *parts, f"{won.sum():,.0f}", more))
    days = [f"days {a + 1} to {b}" for a, b in pairwise((0, *STEPS))]
    heading = ("plan", "spent", f"of it {BROKEN}", *days, "conversions", "against the plan")
    hoped, ended = (
        read(folder / name / "plan.json")["totals"]["conversions"] for name in (".", "day30")
    )
    after = (
        f"\nThe exports count {ended['mean']:,.0f} conversions in the re-planned month. Before it "
        f"the plan was expected to bring {spread(hoped)}; in this market, with nothing broken, "
        f"it would have brought {month.unbroken:,.0f}.\n"
    )
    return table(heading, rows) + after


def spread(total: dict[str, float]) -> str:
    """Return a mean with its interval."""
    return f"{total['mean']:,.0f} (90 %: {total['p05']:,.0f} to {total['p95']:,.0f})"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def label(row: dict[str, Any]) -> str:
    """Return the name of a row's campaign."""
    return "/".join(filter(None, (row["channel"], row["campaign_type"])))


def dollars(amount: float) -> str:
    """Return an amount of the sample's currency."""
    return money(amount, "USD")


def decision(row: dict[str, Any]) -> str:
    """Return whether a change is adopted."""
    return "adopted" if row["adopted"] else "held"


def draw_course(month: Month, path: Path) -> None:
    """Draw spend on the broken campaign, and conversions gained on the plan as dated."""
    figure = blank(9, 3.4)
    left, right = figure.subplots(1, 2)
    days = np.arange(1, len(month.plans["best"]) + 1)
    broken, dated = month.names.index(BROKEN), month.expected["as dated"].sum(1)
    for name, plan in month.plans.items():
        style = {"color": _COLOURS[name], "label": WORDS[name]}
        left.step(days, plan[:, broken], where="mid", **style)
        right.plot(days, np.cumsum(month.expected[name].sum(1) - dated), **style)
    left.set_title(f"Dollars per day on {BROKEN}", size=9)
    right.set_title("Expected conversions beyond those of the plan, so far", size=9)
    left.set_ylim(0, None)
    for axes in (left, right):
        axes.axvline(FIRST_DAY - 0.5, color="0.3", lw=1, ls=":")
        for day in STEPS[:-1]:
            axes.axvline(day + 0.5, color=_COLOURS["re-planned"], lw=1, ls=":")
        axes.set_xlabel("day of the month; dotted: the break, the re-plans")
        axes.spines[["top", "right"]].set_visible(False)
    right.legend(framealpha=1, edgecolor="none", fontsize="small")
    path.write_bytes(png_of(figure, dpi=100))


def photograph(page: Path, sections: Sequence[str], picture: Path) -> None:
    """Photograph some sections of a plan's page with chromium, cropped and in few colours.

    Args:
        page: plan.html.
        sections: ids, in the order of the page; "header" is its heading.
        picture: PNG to write.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("chromium: not found. To fix: install it and run again.")
    text = page.read_text(encoding="utf-8")
    head, _, body = text.partition("<body>")
    parts = [
        found[0]
        for name in sections
        for tag in [name if name == "header" else f'section id="{name}"']
        if (found := re.search(rf"<{tag}.*?</{tag.split()[0]}>", body, re.DOTALL))
    ]
    shown = page.with_name("shown.html")
    shown.write_text(f"{head}<body><main>{''.join(parts)}</main></body></html>", encoding="utf-8")
    raw = page.with_name("shown.png")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    size = f"--window-size={_WIDTH},3000"
    command = [chromium, *flags, size, f"--screenshot={raw}", shown.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603
    with Image.open(raw) as image:
        plain = image.convert("RGB")
    empty = Image.new("RGB", plain.size, plain.getpixel((0, plain.height - 1)))
    box = ImageChops.difference(plain, empty).getbbox() or (0, 0, *plain.size)
    cropped = plain.crop((0, max(box[1] - 10, 0), plain.width, box[3] + 10))
    cropped.quantize(64).save(picture, optimize=True)


def with_blocks(page: str, blocks: dict[str, str]) -> str:
    """Return the page with every block between its markers replaced."""
    for name, text in blocks.items():
        start, stop = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        if start not in page or stop not in page:
            raise SystemExit(f"{PAGE}: the markers of {name} are missing.")
        before, _, rest = page.partition(start)
        page = f"{before}{start}{text}{stop}{rest.partition(stop)[2]}"
    return page


def write(folder: Path) -> None:
    """Run the month in a folder and write the page and its pictures."""
    typed, pictures = fly(folder), DOCS
    month = compared(folder)
    blocks = {
        f"commands {day}": "```bash\n" + "\n".join(lines) + "\n```\n"
        for day, lines in typed.items()
    }
    for day in STEPS[:-1]:
        blocks[f"day {day}"] = block_of_day(folder, day)
    blocks["today"] = block_of_today(folder, STEPS[0])
    blocks["end"] = block_of_end(month, folder)
    photograph(folder / "day10" / "plan.html", ("changes",), pictures / "month_changes.png")
    photograph(folder / "day20" / "plan.html", ("first",), pictures / "month_first.png")
    photograph(
        folder / "day30" / "plan.html", ("header", "first", "expect"), pictures / "month_end.png"
    )
    draw_course(month, pictures / "month_course.png")
    PAGE.write_text(with_blocks(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch))
    print(PAGE)
