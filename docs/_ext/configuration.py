"""Pages of the configuration: every key of ``conf`` with its default and the comment above it."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from links import ROOT

CONF = ROOT / "conf"
_LAUNCHER = ("defaults", "hydra")  # keys that only the command line launcher reads
_LONGEST = 70  # characters of a default that stands beside its key
TITLES = {  # in the order of the pages; a group that is missing here comes last, by its name
    "data": "Reading exports",
    "calendar": "Calendar of events",
    "priors": "Priors",
    "calibration": "Calibration",
    "constraints": "Constraints",
    "objective": "Objectives",
    "env": "Environment",
    "agent": "Policies and learners",
    "solver": "Solver of plans",
    "evaluation": "Evaluation",
    "attribution": "Attribution",
    "diagnosis": "Diagnosis",
    "forecasting": "Forecasting",
    "advertiser": "Simulated advertisers",
    "suite": "Benchmark tasks",
    "size": "Sizes of the benchmark",
    "width": "Wider training markets",
}


INDEX = """# Configuration

Every setting is a key of a YAML file in `conf`, the only home of defaults. These pages are made of
the files and of the comments above their keys. On the command line a key is set by its dotted name,
`constraints.total=150000`; `python scripts/plan.py --cfg job` prints the whole configuration of a
command. From Python the same keys are mappings. The keys of a command alone stand with the
[command](../commands.md).

```{{toctree}}
:maxdepth: 1

{groups}
```
"""


class Key(NamedTuple):
    """One key of a YAML file."""

    name: str  # dotted, from the top of the file
    default: str  # as it is written; empty where the keys below it are listed
    comment: str  # what stands above it


def opening(source: str) -> list[str]:
    """Return the lines of the comment that opens a file, up to an empty line or a key."""
    lines = []
    for line in source.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return lines


def keys_of(source: str) -> list[Key]:
    """Return the keys of a YAML file; a mapping is taken apart where a key in it has a comment."""
    tree = yaml.compose(source)
    if not isinstance(tree, yaml.MappingNode):
        return []
    first = _first_key_line(tree)
    head = len(opening(source))
    start = 0 if head >= first else head  # a comment right above the first key is the key's
    return [
        key for key in _keys(tree, source, "", start) if key.name.split(".")[0] not in _LAUNCHER
    ]


def _first_key_line(tree: yaml.MappingNode) -> int:
    return tree.value[0][0].start_mark.line if tree.value else 0


def _keys(tree: yaml.MappingNode, source: str, above: str, start: int) -> Iterator[Key]:
    lines = source.splitlines()
    for key, value in tree.value:
        name = f"{above}{key.value}"
        comment = _comment_above(lines, key.start_mark.line, start)
        if _is_documented_inside(value, lines):
            yield Key(name, "", comment)
            yield from _keys(value, source, f"{name}.", start)
        else:
            yield Key(name, _written(value, source), comment)


def _comment_above(lines: list[str], line: int, start: int) -> str:
    words: list[str] = []
    while line > start and lines[line - 1].strip().startswith("#"):
        line -= 1
        words.insert(0, lines[line].strip().lstrip("#").strip())
    return " ".join(words)


def _is_documented_inside(value: yaml.Node, lines: list[str]) -> bool:
    return (
        isinstance(value, yaml.MappingNode)
        and not value.flow_style
        and any(
            key.start_mark.line and lines[key.start_mark.line - 1].strip().startswith("#")
            for key, _ in value.value
        )
    )


def _written(value: yaml.Node, source: str) -> str:
    """Return a value as the file writes it, without indentation and lines of comments."""
    text = source[value.start_mark.index : value.end_mark.index]
    rows = (" " * value.start_mark.column + text).splitlines()
    kept = (row for row in rows if row.strip() and not row.strip().startswith("#"))
    return textwrap.dedent("\n".join(kept))


def list_of_keys(source: str, above: str = "") -> str:
    """Return the keys of a file as a definition list in Markdown.

    Args:
        source: YAML.
        above: what stands before the keys on the command line, such as ``priors.``.
    """
    keys = (key for key in keys_of(source) if key.default or key.comment)
    return "\n".join(_entry(key, above) for key in keys)


def _entry(key: Key, above: str) -> str:
    """Return a key with its default; the comment, if any, is its definition."""
    is_short = key.default and "\n" not in key.default and len(key.default) <= _LONGEST
    title = f"`{above}{key.name}`" + (f" = `{key.default}`" if is_short else "")
    comment = f": {_markdown(key.comment)}\n" if key.comment else ""
    if is_short or not key.default:
        return f"{title}\n{comment}"
    indent = "  " if comment else ""
    block = textwrap.indent(f"```yaml\n{key.default}\n```\n", indent)
    return f"{title}\n{comment}\n{block}"


def _markdown(comment: str) -> str:
    """Return a comment in which nothing is taken for Markdown or HTML."""
    return re.sub(r"([*_<>\[\]{}\\|$`])", r"\\\1", comment)


def choices_of(folder: Path) -> list[Path]:
    """Return the files of a group, the default one first."""
    return sorted(folder.rglob("*.yaml"), key=lambda path: (path.stem != "default", str(path)))


def group_page(folder: Path) -> str:
    """Return the page of a group: its files, their keys, defaults and comments."""
    name = folder.name
    parts = [f"# {TITLES.get(name, name.capitalize())}: `{name}`\n", _introduction(folder)]
    for path in choices_of(folder):
        source, inside = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
        anchor = "-".join((*inside.parent.parts, inside.stem)).lower()
        above = "" if name in ("suite", "size", "width") or "/" in str(inside.parent)[5:] else name
        parts += [
            f"({anchor})=\n## `{inside}`\n",
            _markdown(" ".join(opening(source))) + "\n" if _is_header(source) else "",
            _inherited(source),
            list_of_keys(source, f"{above}." if above else ""),
        ]
    return "\n".join(part for part in parts if part)


def _is_header(source: str) -> bool:
    """Return True if a file opens with a comment that is not its first key's."""
    tree = yaml.compose(source)
    first = _first_key_line(tree) if isinstance(tree, yaml.MappingNode) else 0
    return 0 < len(opening(source)) < first


def _inherited(source: str) -> str:
    content = yaml.safe_load(source)
    defaults = content.get("defaults", []) if isinstance(content, dict) else []
    names = [f"`{name}`" for name in defaults if isinstance(name, str) and name != "_self_"]
    return (
        f"Starts from {', '.join(names)}; keys that are not listed here are its.\n" if names else ""
    )


def _introduction(folder: Path) -> str:
    choices = [path.stem for path in choices_of(folder) if path.parent == folder]
    if choices == ["default"] or folder.name in ("suite", "size", "width", "data", "calendar"):
        return ""
    return (
        f"Choose with `{folder.name}=NAME`: " + ", ".join(f"`{name}`" for name in choices) + ".\n"
    )


def write_configuration(folder: Path) -> None:
    """Write the pages of all groups, and their index."""
    groups = {path.name: path for path in sorted(CONF.iterdir()) if any(path.glob("**/*.yaml"))}
    names = [*(name for name in TITLES if name in groups), *(groups.keys() - TITLES.keys())]
    for name in names:
        (folder / f"{name}.md").write_text(group_page(groups[name]), encoding="utf-8")
    index = INDEX.format(groups="\n".join(names))
    (folder / "index.md").write_text(index, encoding="utf-8")
