"""Names and versions of all benchmark tasks, read without what a task is made of."""

from typing import Any

from ...data.storage import CONF, shipped_yaml


def task_names() -> list[str]:
    """Return the names of all tasks, in alphabetical order."""
    return sorted(path.stem for path in (CONF / "suite").glob("*.yaml") if path.stem != "default")


def size_names() -> list[str]:
    """Return the names of all sizes, S, M and L first."""
    names = {path.stem for path in (CONF / "size").glob("*.yaml")}
    shipped = [name for name in ("S", "M", "L") if name in names]
    return shipped + sorted(names - set(shipped))


def every_task() -> list[tuple[str, str]]:
    """Return the key and newest version of every task, such as ``("Full-M", "v1")``."""
    return [(f"{name}-{size}", _newest(name)) for name in task_names() for size in size_names()]


def former_ids() -> dict[str, str]:
    """Return the ids of earlier versions: ``mediagym/Full-M-v0`` -> ``mediagym/Full-M-v1``."""
    return {
        f"mediagym/{key}-{former}": f"mediagym/{key}-{newest}"
        for key, newest in every_task()
        for former in list(keys_of(key.partition("-")[0])["versions"])[:-1]
    }


def _newest(name: str) -> str:
    """Return the newest version of a task without validating its other keys."""
    return str(list(keys_of(name)["versions"])[-1])


def keys_of(name: str) -> dict[str, Any]:
    """Return the keys of a task, laid over the defaults."""
    return {**shipped_yaml("suite/default"), **shipped_yaml(f"suite/{name}")}
