"""Report of the recovery study: a row per response form beside its targets, and a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.display import visible
from ...data.plotting import blank, drawn, png_of
from ...data.storage import write_bytes

Cases = Sequence[Mapping[str, Any]]


def recovery_summary(cases: Cases, goals: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per form: mean regrets in percent, curve errors, coverage, and the goals.

    Args:
        cases: results of ``recovery.study``.
        goals: targets by form, and those of all ``other`` forms; see
            ``conf/recovery.yaml``.
    """
    forms = dict.fromkeys(case["form"] for case in cases)
    return [
        _row(form, [case for case in cases if case["form"] == form])
        | {"goals": dict(goals.get(form, goals["other"]))}
        for form in forms
    ]


def _row(form: str, cases: Cases) -> dict[str, Any]:
    def regret(plan: str, against: str) -> list[float]:
        return [100 * case["regret"][plan][against] for case in cases]

    static, historical = regret("static", "daily"), regret("historical", "daily")
    curves = [
        {"multiple": first["multiple"]}
        | {kind: _curve(cases, i, kind) for kind in ("past", "ahead")}
        for i, first in enumerate(cases[0]["curves"])
    ]
    return {
        "form": form,
        "advertisers": len(cases),
        "regret_steady": float(np.mean(regret("static", "steady"))),
        "regret_daily": float(np.mean(static)),
        "worst_steady": float(np.max(regret("static", "steady"))),
        "historical_steady": float(np.mean(regret("historical", "steady"))),
        "historical_daily": float(np.mean(historical)),
        "uniform_daily": float(np.mean(regret("uniform", "daily"))),
        "worse_than_historical": int(np.sum(np.array(static) > np.array(historical))),
        "curves": curves,
    }


def _curve(cases: Cases, i: int, kind: str) -> dict[str, float]:
    rows = [case["curves"][i][kind] for case in cases]
    count = max(sum(row["counted"] for row in rows), 1)
    return {
        "error": 100 * float(np.mean([row["error"] for row in rows])),
        "bias": 100 * float(np.mean([row["bias"] for row in rows])),
        "coverage": 100 * sum(row["covered"] for row in rows) / count,
    }


def recovery_table(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Return headings and cells: regrets, baselines, and curves at each multiple of past spend."""
    multiples = [curve["multiple"] for curve in rows[0]["curves"]]
    heads = [
        "form", "n", "regret, best steady", "regret, best daily", "historical", "uniform",
        "worse than historical",
        *(f"curve error at {m:g}x" for m in multiples),
        *(f"90 % covers at {m:g}x" for m in multiples),
        "ahead at 1x: error, covers",
    ]  # fmt: skip
    return [heads, *(_cells(row) for row in rows)]


def _cells(row: Mapping[str, Any]) -> list[str]:
    goals, curves = row["goals"], row["curves"]
    ahead = next(curve["ahead"] for curve in curves if curve["multiple"] == 1.0)
    return [
        row["form"],
        str(row["advertisers"]),
        f"{row['regret_steady']:.2f}{_at_most(goals, 'steady')}",
        f"{row['regret_daily']:.2f}{_at_most(goals, 'daily')}",
        f"{row['historical_daily']:.1f}",
        f"{row['uniform_daily']:.1f}",
        str(row["worse_than_historical"]),
        *(f"{c['past']['error']:.1f} %{_at_past(c, _at_most(goals, 'error'))}" for c in curves),
        *(f"{c['past']['coverage']:.0f} %{_at_past(c, _between(goals))}" for c in curves),
        f"{ahead['error']:.1f} %, {ahead['coverage']:.0f} %",
    ]


def _at_most(goals: Mapping[str, Any], key: str) -> str:
    return f" (<= {goals[key]:g})" if key in goals else ""


def _between(goals: Mapping[str, Any]) -> str:
    return " ({:g}-{:g})".format(*goals["coverage"]) if "coverage" in goals else ""


def _at_past(curve: Mapping[str, Any], goal: str) -> str:
    return goal if curve["multiple"] == 1.0 else ""


def recovery_markdown(rows: Sequence[Mapping[str, Any]], command: str) -> str:
    """Return the table under the command that writes it."""
    heads, *cells = recovery_table(rows)
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in cells]
    return f"    {visible(command)}\n\n" + "\n".join(lines) + "\n"


def draw_recovery(cases: Cases, folder: Path) -> Path:
    """Write ``recovery.png``: each advertiser's regret, of the plan and of historical shares."""
    forms = list(dict.fromkeys(case["form"] for case in cases))
    figure = blank(1.9 * len(forms) + 1.5, 4)
    axes = figure.subplots()
    colours = {"static": "#1d4e89", "historical": "#b9b2a5"}
    for shift, (plan, colour) in zip((-0.15, 0.15), colours.items(), strict=True):
        for i, form in enumerate(forms):
            own = [100 * c["regret"][plan]["daily"] for c in cases if c["form"] == form]
            axes.plot(np.full(len(own), i + shift), own, ".", color=colour, alpha=0.6)
            axes.plot(i + shift, np.mean(own), "_", color=colour, markersize=24)
    handles = [axes.plot([], [], "o", color=c, label=name)[0] for name, c in colours.items()]
    axes.legend(handles=handles, frameon=False)
    axes.set_xticks(range(len(forms)), [drawn(form.replace("_", " ")) for form in forms])
    axes.set_ylabel("% of conversions lost\nagainst the best daily plan")
    axes.set_ylim(bottom=0)
    return write_bytes(folder / "recovery.png", png_of(figure))
