"""The reference of the site, generated from the code, from ``conf`` and from the JSON schemas."""

import ast
import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

from api import api_pages
from configuration import CONF, list_of_keys, opening, write_configuration
from links import COPIED, NO_COMMANDS, ROOT, rewritten


def write_reference(folder: Path) -> None:
    """Write all generated pages into a folder, which is emptied before."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("api", "configuration"):
        (folder / name).mkdir(parents=True)
    pages = {f"{Path(name).stem.lower()}.md": _copied(name) for name in COPIED}
    pages |= {"commands.md": commands_page(), "schemas.md": schemas_page(), "tasks.md": TASKS}
    pages |= {f"api/{name}.md": text for name, text in api_pages()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    write_configuration(folder / "configuration")


TASKS = """# Benchmark tasks

One page per task: what changes, what is observed, what an action means, how a flight is rewarded,
and which markets are held out. [How policies do on them](../suite.md) is a table of its own.

```{toctree}
:glob:
:maxdepth: 1

/tasks/*
```
"""


COMMANDS = """# Commands

Made of the scripts and of the files in `conf` that hold their keys. Every command also takes the
groups of the [configuration](configuration/index.md) that it works with; `--cfg job` prints all its
keys, `--help` what can be chosen.
"""


def _copied(name: str) -> str:
    return rewritten((ROOT / name).read_text(encoding="utf-8"), ROOT)


def commands() -> list[tuple[str, Path]]:
    """Return the paths of all commands' scripts, by name of their configuration."""
    scripts = {path.stem: path for path in sorted((ROOT / "scripts").rglob("*.py"))}
    names = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem not in NO_COMMANDS)
    paths = ((name, scripts.get(name, scripts.get(name.removeprefix("fuzz_")))) for name in names)
    return [(name, path) for name, path in paths if path is not None]


def commands_page() -> str:
    """Return the page of commands: what each does, how it is typed, and its own keys."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entries = {entry: name for name, entry in project["scripts"].items()}
    parts = [COMMANDS]
    for name, path in sorted(commands(), key=lambda pair: (len(pair[1].parts), pair[0])):
        source = (CONF / f"{name}.yaml").read_text(encoding="utf-8")
        script = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        installed = entries.get(f"mediagym.{module}:run")
        typed = opening(source)
        parts += [
            f"({name.replace('_', '-')}-command)=\n## {name.replace('_', ' ')}\n",
            script.splitlines()[0] + "\n",
            "```\n" + "\n".join(typed) + "\n```\n" if typed and "python" in typed[0] else "",
            f"Installed as `{installed}`.\n" if installed else "",
            list_of_keys(source),
        ]
    return "\n".join(part for part in parts if part)


def schemas_page() -> str:
    """Return the page of the JSON files' schemas: their top-level keys."""
    parts = [
        "# Schemas of JSON files\n",
        "What the JSON files hold, key by key. The schemas ship beside the code that writes the",
        "files, and the tests validate the files against them.\n",
    ]
    for path in sorted(ROOT.glob("[ade]*/*/*.schema.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        parts += [
            f"({path.name.replace('.', '-')})=\n## {path.name.removesuffix('.schema.json')}.json\n",
            f"`{path.relative_to(ROOT)}`\n",
            _cell(schema.get("description", "")) + "\n",
            "| key | type | meaning |\n|---|---|---|",
            *(
                f"| `{key}` | {_type_of(value)} | {_cell(_meaning(value, schema))} |"
                for key, value in _properties(schema).items()
            ),
            "",
        ]
    return "\n".join(parts)


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a schema, or those of all its alternatives."""
    found: dict[str, Any] = {}
    for each in schema.get("oneOf", [schema]):
        found |= _resolved(each, schema).get("properties", {})
    return found


def _resolved(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref", "")
    for key in reference.removeprefix("#/").split("/") if reference else ():
        schema = schema[key]
    return schema if reference else value


def _meaning(value: dict[str, Any], schema: dict[str, Any]) -> str:
    text = value.get("description") or _resolved(value, schema).get("description", "")
    allowed = value.get("enum")
    return f"{text} One of {', '.join(map(str, allowed))}." if allowed and text else str(text)


def _type_of(value: dict[str, Any]) -> str:
    allowed = value.get("enum", [value["const"]] if "const" in value else [])
    is_text = bool(allowed) and all(isinstance(each, str) for each in allowed)
    kinds = value.get("type") or ("object" if "$ref" in value else "string" if is_text else "")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "\\<")
