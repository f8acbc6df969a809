"""Write figures, versions and hashes into the pages that quote them, from where they are kept.

``python docs/quoted.py`` replaces what stands between the markers of the pages in `BLOCKS`; a test
compares. Results come from ``docs/suite.json`` and ``docs/leaderboard.md``, facts of a policy from
its ``policy.json``, versions from ``constraints.txt``.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mediagym.agents.networks import UNIVERSAL
from mediagym.envs.suite import every_task, reference_of
from mediagym.scripts.supply import CONSTRAINTS, read_pins

DOCS = Path(__file__).resolve().parent
Row = Mapping[str, Any]
POLICIES = ("static", "proportional", "follow", "replanner", "universal", "ppo")
LIBRARIES = {  # what the project is built on -> what for, and why this one
    "gymnasium": "interface of the environments: what every learner expects",
    "stable-baselines3": "PPO, SAC: tested implementations that people know",
    "sb3-contrib": "recurrent PPO and TQC of the same family",
    "torch": "networks, and gradients through the simulator",
    "numpy": "arrays of the simulator, thousands of flights at once",
    "numba": "compiled loops where numpy has none: projection, counts, filters",
    "scipy": "distributions, optimisers, sparse and banded algebra",
    "clarabel": "quadratic programs of plans under ramps",
    "cma": "CMA-ES for policies of a few numbers",
    "pandas": "calendars and tables of features",
    "scikit-learn": "forecasters to compare with",
    "statsmodels": "statistical forecasters, tests of causality",
    "ruptures": "change points",
    "holidays": "public holidays by country",
    "hydra-core": "configuration from the command line; sweeps",
    "pydantic": "typed, checked settings records",
    "safetensors": "weights on disk without pickle",
    "tensorboard": "learning curves of all policies in one chart",
    "matplotlib": "figures",
    "jinja2": "pages for people",
    "reportlab": "plans as PDF",
    "xlsxwriter": "plans as workbooks",
    "rich": "tables and progress in the terminal",
    "optuna": "searches of hyperparameters (extra `tuning`)",
    "onnx": "policies for other runtimes (extra `onnx`)",
    "pytest": "tests",
    "hypothesis": "tests of properties",
    "ruff": "format and lint",
    "mypy": "types, strict",
}


def suite() -> dict[str, Row]:
    """Return the published results by key of the task, such as ``Full-M``."""
    content = json.loads((DOCS / "suite.json").read_text(encoding="utf-8"))
    return {row["id"].removeprefix("mediagym/").rpartition("-")[0]: row for row in content["tasks"]}


def _table(head: str, rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; columns are numbers but for those whose head ends with a colon."""
    names = head.split("|")
    line = "|".join("---" if name.endswith(":") else "---:" for name in names)
    lines = [f"| {' | '.join(name.removesuffix(':') for name in names)} |", f"|{line}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _within(middle: float, ci: Sequence[float], shape: str) -> str:
    return f"{middle:{shape}} ({ci[0]:{shape}}..{ci[1]:{shape}})"


def _mean(task: Row, policy: str) -> str:
    rows = {row["name"]: row for row in task["policies"]}
    return _within(rows[policy]["mean"], rows[policy]["ci"], ".1f") if policy in rows else ""


def _difference(task: Row, policy: str, reference: str) -> str:
    pairs = {(row["a"], row["b"]): row for row in task["paired"]}
    row = pairs[policy, reference]
    return _within(row["difference"], row["ci"], "+.2f")


def results() -> str:
    """Return the policies' percent of the clairvoyant in the tasks of size M."""
    rows = [
        [key + ("\\*" if task["best_known"] else ""), *(_mean(task, name) for name in POLICIES)]
        for key, task in suite().items()
        if key.endswith("-M")
    ]
    return _table("task:|" + "|".join(POLICIES), rows)


def leaderboard() -> str:
    """Return the first table of the leaderboard, over all tasks."""
    page = (DOCS / "leaderboard.md").read_text(encoding="utf-8")
    heading, table = re.findall(r"^## (All \d+ tasks)\n\n((?:\|.*\n)+)", page, re.M)[0]
    return f"{heading}:\n\n{table.rstrip()}"


def universal_results() -> str:
    """Return the universal policy's results in all tasks, with its differences."""
    rows = [
        [
            key,
            _mean(task, "universal"),
            *(_difference(task, "universal", other) for other in ("follow", "replanner")),
        ]
        for key, task in suite().items()
    ]
    return _table("task:|universal|over follow|over the re-planner", rows)


def universal_facts() -> str:
    """Return where the universal policy comes from, as its own files have it."""
    policy = json.loads((UNIVERSAL / "policy.json").read_text(encoding="utf-8"))
    curve = json.loads((UNIVERSAL / "curve.json").read_text(encoding="utf-8"))["curve"]
    size = (UNIVERSAL / "policy.safetensors").stat().st_size
    versions = ", ".join(f"{name} {version}" for name, version in policy["versions"].items())
    facts = {
        "origin": policy["origin"],
        "days of flights": f"{policy['training']['steps']:,}",
        "CPU-seconds, one thread": f"{curve[-1]['cpu_seconds']:,.0f}",
        "seed": str(policy["training"]["seed"]),
        "versions": versions,
        "file": f"`policy.safetensors`, {size:,} bytes of float32",
        "SHA-256": f"`{policy['sha256']}`",
    }
    return _table(":|value:", [[name, value] for name, value in facts.items()])


def model_index() -> str:
    """Return the universal policy's results as the front matter of its card holds them."""
    lines = ["model-index:", "  - name: universal", "    results:"]
    for task in suite().values():
        mean = next(row["mean"] for row in task["policies"] if row["name"] == "universal")
        lines += [
            "      - task: {type: reinforcement-learning, name: media budget}",
            f"        dataset: {{type: mediagym, name: {task['id'].removeprefix('mediagym/')}}}",
            "        metrics:",
            f"          - {{type: percent_of_clairvoyant, value: {mean:.2f}}}",
        ]
    return "\n".join(lines)


def task_policies() -> str:
    """Return the policies that ship for tasks, and what they reach there."""
    tasks = suite()
    rows = []
    for folder in sorted(path for path in UNIVERSAL.parent.iterdir() if path != UNIVERSAL):
        records = [json.loads(p.read_text("utf-8")) for p in sorted(folder.glob("*/policy.json"))]
        origins = Counter(
            record["origin"].partition(",")[0].partition(":")[0] for record in records
        )
        kinds = ", ".join(f"{count} {origin}" for origin, count in sorted(origins.items()))
        mean = _mean(tasks[folder.name], "ppo")
        difference = _difference(tasks[folder.name], "ppo", "static")
        rows.append([folder.name, str(len(records)), kinds, mean, difference])
    return _table("task:|seeds|origin of the weights:|percent of the clairvoyant|over static", rows)


def hashes() -> str:
    """Return the hashes of the test markets of every task."""
    rows = []
    for key, version in every_task():
        digest = reference_of(key).sha256["test"]
        rows.append([f"{key}-{version}", f"`{digest}`"])
    return _table("task:|SHA-256 of the 200 test markets:", rows)


def versions() -> str:
    """Return the libraries that the project is built on, with their pinned versions."""
    pins = read_pins(CONSTRAINTS)
    rows = [[name, pins[name].version, reason] for name, reason in LIBRARIES.items()]
    return _table("library:|version:|what for:", rows)


BLOCKS: dict[str, dict[str, Callable[[], str]]] = {  # page -> marker -> what stands there
    "technology.md": {"versions": versions},
    "adoption/benchmark.md": {"results": results, "leaderboard": leaderboard},
    "adoption/reproducibility.md": {"hashes": hashes},
    "cards/universal.md": {
        "model-index": model_index,
        "facts": universal_facts,
        "results": universal_results,
    },
    "cards/task_policies.md": {"policies": task_policies},
}


def with_blocks(page: str) -> str:
    """Return a page of `BLOCKS` with what stands between its markers made anew."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, block in BLOCKS[page].items():
        lines = text.splitlines()
        start, stop = (
            next(n for n, line in enumerate(lines) if re.search(rf"{end}: {name}\b", line))
            for end in ("begin", "end")
        )
        gap = [] if lines[start].startswith("#") else [""]  # a comment of YAML needs none
        made = [*gap, *block().splitlines(), *gap]
        text = "\n".join([*lines[: start + 1], *made, *lines[stop:], ""])
    return text


if __name__ == "__main__":
    for page in BLOCKS:
        (DOCS / page).write_text(with_blocks(page), encoding="utf-8")
        print(DOCS / page)
