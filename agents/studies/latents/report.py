"""Tables of the study of latents."""

from collections.abc import Mapping
from typing import Any

BEGIN, END = "<!-- begin: latents -->", "<!-- end: latents -->"


def latents_text(document: Mapping[str, Any]) -> str:
    """Return the study as lines for a terminal."""
    lines = [f"informed                {document['informed']:6.2f} % of the clairvoyant"]
    lines += [
        f"without {' + '.join(row['unknown'])}: {row['percent']:.2f} %, loses {row['loss']:.2f} "
        f"({row['interval'][0]:.2f} to {row['interval'][1]:.2f})"
        for row in document["losses"]
    ]
    lines += [
        f"re-planner, spend moved by {100 * row['sd']:.0f} %: {row['percent']:.2f} %; "
        "variance left: "
        + ", ".join(f"{name} {[*days.values()][-1]:.2f}" for name, days in row["left"].items())
        for row in document["experiments"]
    ]
    return "\n".join(lines)


def latents_markdown(document: Mapping[str, Any], command: str) -> str:
    """Return the tables with the command that makes them.

    Args:
        document: result of ``latents_study``.
        command: the command as it was typed.
    """
    lines = [
        BEGIN,
        "",
        f"    {command}",
        "",
        f"Task {document['task']}, its first {document['markets']} test markets. The informed "
        f"policy reaches {document['informed']:.2f} % of the clairvoyant; without knowing",
        "",
        "| not known | percent of the clairvoyant | loss, points |",
        "|---|---:|---:|",
    ]
    for row in document["losses"]:
        low, high = row["interval"]
        lines.append(
            f"| {', '.join(row['unknown'])} | {row['percent']:.2f} | "
            f"{row['loss']:.2f} ({low:.2f}..{high:.2f}) |"
        )
    return "\n".join([*lines, "", *_left_table(document), "", END])


def _left_table(document: Mapping[str, Any]) -> list[str]:
    first = document["experiments"][0]["left"]
    days = [*next(iter(first.values()))] if first else []
    names = [*first]
    lines = [
        "Share of a latent's variance that is left to the filter before the day, where spend is "
        "moved at random by so much:",
        "",
        f"| spend moved | day | {' | '.join(names)} | percent of the clairvoyant |",
        f"|---:|---:|{'---:|' * len(names)}---:|",
    ]
    for row in document["experiments"]:
        low, high = row["interval"]
        for day in days:
            left = " | ".join(f"{row['left'][name][day]:.2f}" for name in names)
            reached = f"{row['percent']:.2f} ({low:.2f}..{high:.2f})" if day == days[-1] else ""
            lines.append(f"| {100 * row['sd']:.0f} % | {day} | {left} | {reached} |")
    return lines
