"""A docs page a task, made of its YAML, the parameter table and the observation's blocks."""

from typing import Any

import yaml

from ...data.storage import CONF
from ..flight import BLOCKS, BOUND
from ..market import PARAMETERS
from .reference import posterior_of, reference_of
from .splits import HELD_OUT, SPLITS
from .task import size_names, task_of

_COMMAND = "python scripts/suite.py"


def task_page(name: str) -> str:
    """Return the Markdown page of a task, for all sizes."""
    tasks = [task_of(f"{name}-{size}") for size in size_names()]
    settings = tasks[0].settings
    given: dict[str, Any] = yaml.safe_load((CONF / "suite" / f"{name}.yaml").read_text("utf-8"))
    changed = {k: v for k, v in given.items() if k != "summary"}
    told = yaml.safe_dump(changed, sort_keys=False) if changed else "nothing\n"
    campaigns = {task.size_name: len(task.size.campaigns) for task in tasks}
    channels = len({c.channel for c in tasks[0].size.ordered()})
    parts = [
        f"# {name}\n\n{settings.summary}\n\nMade by `{_COMMAND}` from `conf/suite/{name}.yaml`.",
        _sizes(tasks),
        "## What it changes in `conf/suite/default.yaml`\n\n```yaml\n" + told + "```",
        f"## Observation\n\nA vector within ±{BOUND:g}; K campaigns "
        f"({', '.join(f'{s}: {n}' for s, n in campaigns.items())}) in {channels} channels. "
        "Reports are what platforms claim and what has landed so far.\n\n" + _observation(),
        "## Action\n\n| entry | range | meaning |\n|---|---|---|\n"
        "| 0 | [-1, 1] | the day's total: the static plan's share of the money left, times "
        "exp(pace a) |\n"
        "| 1 ... K | [-1, 1] | log tilt of each campaign around the static plan, centred |\n\n"
        "The dollars are then projected exactly onto what the constraints allow that day.",
        "## Reward and end\n\nExpected true conversions of the day, count noise averaged out, over "
        "the static plan's mean day"
        + (
            ""
            if settings.credit_days is None
            else f"; only what lands within {settings.credit_days:g} days after the flight counts"
        )
        + ". The flight is `terminated` after its last day and never truncated.",
        "## Parameters that are on\n\n" + _parameters(tasks[0]),
        "## Splits\n\n" + _splits(tasks),
        "## Versions\n\n" + "\n".join(f"- {k}: {v}" for k, v in settings.versions.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _sizes(tasks: list[Any]) -> str:
    lines = ["| id | campaigns | budget | days |", "|---|---:|---:|---:|"]
    for task in tasks:
        size = task.size
        lines.append(f"| `{task.id}` | {len(size.campaigns)} | ${size.total:,.0f} | {size.days} |")
    return "\n".join(lines)


def _observation() -> str:
    lines = ["| block | numbers | meaning |", "|---|---|---|"]
    return "\n".join(lines + [f"| {b.name} | {b.size} | {b.meaning} |" for b in BLOCKS])


def _parameters(task: Any) -> str:
    market = posterior_of(task).market
    lines = ["| parameter | unit | allowed | off at | source |", "|---|---|---|---:|---|"]
    for parameter in PARAMETERS:
        values = getattr(market, parameter.name)
        if values is None or (
            parameter.neutral is not None and (values == parameter.neutral).all()
        ):
            continue
        off = "" if parameter.neutral is None else f"{parameter.neutral:g}"
        told = parameter.name, parameter.unit, parameter.allowed, off, parameter.source
        lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines)


def _splits(tasks: list[Any]) -> str:
    train = SPLITS["train"]
    lines = [
        f"Market seeds: train {train.first} to {train.first + train.size - 1:,}; "
        + "; ".join(
            f"{k} {v.first:,} to {v.first + HELD_OUT - 1:,}"
            for k, v in SPLITS.items()
            if k != "train"
        )
        + ". SHA-256 of the sampled parameters:",
        "",
        "| size | split | SHA-256 |",
        "|---|---|---|",
    ]
    for task in tasks:
        for split, digest in reference_of(task.key).sha256.items():
            lines.append(f"| {task.size_name} | {split} | `{digest}` |")
    return "\n".join(lines)
