"""Every key of every command with hostile values, and what came of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Annotated, Any

from pydantic import Field

from mediagym.data.settings import Command, Seed

from .configs import Path, changed, keys_of
from .judge import Answer, Verdict, answer_of, limited_memory
from .values import NAMES

VERDICTS: tuple[Verdict, ...] = ("accepted", "message", "garbled", "traceback", "hang", "memory")
FAILURES: tuple[Verdict, ...] = ("garbled", "traceback", "hang", "memory")
Case = tuple[str, Path, str]  # command, key, name of the value


class SettingsCommand(Command):
    """Options of the command `fuzz_settings`, as documented in `conf/fuzz_settings.yaml`."""

    cases: Annotated[int, Field(ge=1, le=10**7)] | None  # None: all
    seed: Seed
    seconds: Annotated[float, Field(gt=0, le=3600)]  # limit of one case
    megabytes: Annotated[int, Field(ge=100, le=10**6)]  # memory of the process beyond the start's


def all_cases(configs: Mapping[str, Any], count: int | None, seed: int) -> list[Case]:
    """Cases in an order that follows from the seed: each key with each value once.

    Args:
        configs: configurations by command.
        count: number of cases; None: all.
        seed: seed of the order.
    """
    cases = [
        (name, path, value)
        for name, config in configs.items()
        for path in keys_of(config)
        for value in NAMES
    ]
    Random(seed).shuffle(cases)  # noqa: S311  # reproducible, and no secret
    return cases[:count]


def run_all(
    options: SettingsCommand,
    entries: Mapping[str, Any],
    configs: Mapping[str, dict[str, Any]],
    report: Callable[[Answer], object] = lambda _: None,
) -> list[Answer]:
    """Answers to all cases.

    Args:
        options: options of the command.
        entries: entries of the commands, with `parse` and `main`.
        configs: their configurations.
        report: called with each answer.
    """
    answers = []
    with limited_memory(options.megabytes):
        for name, path, value in all_cases(configs, options.cases, options.seed):
            key, config = ".".join(map(str, path)), changed(configs[name], path, value)
            answers.append(answer_of(name, entries[name], config, key, value, options.seconds))
            report(answers[-1])
    return answers


def answers_table(answers: Iterable[Answer]) -> Sequence[tuple[str, ...]]:
    """Header and rows of the table of counts: one row per command, and all."""
    counts: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for answer in answers:
        counts.setdefault(answer.command, Counter())[answer.verdict] += 1
        total[answer.verdict] += 1
    rows = [*sorted(counts.items()), ("all", total)]
    return [
        ("command", *VERDICTS),
        *((name, *(str(c[v]) if c[v] else "." for v in VERDICTS)) for name, c in rows),
    ]
