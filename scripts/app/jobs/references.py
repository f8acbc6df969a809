"""Ids of results and uploads in the body of a request, and the files that they stand for."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediagym.data.errors import ConfigError
from mediagym.data.settings import given_text

from ..storage import Store, UnknownError

_MAX_NAME = 200  # bytes of a copy's name, which file systems bound
_ID = re.compile(r"[0-9a-f]{32}")
_KEYS = {  # keys that hold ids, by kind
    "calibrate": ("update",),
    "plan": ("export_mapping",),
    "replan": ("plan", "export_mapping"),
    "score": ("plan", "beside"),
}
_REQUIRED = {"replan": "plan", "score": "plan"}
_NAMED = {"replan": ("policy",), "score": ("beside",)}  # hold policies' names


def reference_keys(kind: str) -> tuple[str, ...]:
    """Return the keys of a kind that hold ids of results or uploads."""
    return _KEYS.get(kind, ())


def require_references(kind: str, body: Mapping[str, Any]) -> None:
    """Check what can be checked of ids without looking for them.

    Raises:
        ConfigError: a required key is missing, or what should be an id or a name is something else.
    """
    required = _REQUIRED.get(kind)
    if required is not None and not body.get(required):
        raise ConfigError(
            f"{required}: no value. Allowed: the id of a plan's result, or of an uploaded plan. "
            f"To fix: set {required}."
        )
    for key in (*_KEYS.get(kind, ()), *_NAMED.get(kind, ())):
        for value in _listed(body.get(key)):
            if not isinstance(value, str):
                raise _not_allowed(key, value)
            named = key in _NAMED.get(kind, ())
            if not _ID.fullmatch(value) and not (named and _is_name(value)):
                raise _not_allowed(key, value)


def resolved(store: Store, kind: str, body: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a body whose ids are replaced by paths.

    Args:
        store: where results and uploads are.
        kind: what is asked for.
        body: what was asked for.
        folder: plans are copied there under the names by which people know them.

    Raises:
        ConfigError: what should be an id or a name is something else, such as a path of the
            server, or there is no such result or upload.
    """
    require_references(kind, body)
    body = dict(body)
    for key in reference_keys(kind):
        if body.get(key) is None:
            continue
        found = [_path(store, key, value, folder) for value in _listed(body[key])]
        body[key] = found if isinstance(body[key], list) else found[0]
    return body


def _path(store: Store, key: str, value: str, folder: Path) -> str:
    if not _ID.fullmatch(value):
        return value  # the name of a policy
    try:
        if key == "update":
            return str(store.result_file(value, "posterior.npz").parent)
        if key != "export_mapping":
            return _copied(store.result_file(value, "plan.json"), folder, _name(store, value))
    except UnknownError:
        pass
    try:
        first = store.dataset(value).files[0].name
    except UnknownError:
        raise ConfigError(
            f"{key}: {value!r} is not known. Allowed: the id of a plan's result, or of an uploaded "
            "file. To fix: list them and use an id of the list."
        ) from None
    return str(store.dataset_folder(value) / first)


def _name(store: Store, result: str) -> str:
    """Return the name by which people know a plan."""
    for advertiser in store.advertisers():
        for scenario in store.scenarios(advertiser.id):
            if scenario.result == result:
                return scenario.name.replace("/", "-")
    return f"plan {result[:8]}"


def _copied(path: Path, folder: Path, name: str) -> str:
    """Return the path of a copy; no other file of the folder has its name."""
    folder.mkdir(parents=True, exist_ok=True)
    short = name.encode()[:_MAX_NAME].decode(errors="ignore")
    target, number = folder / f"{short}.json", 2
    while target.exists():
        target, number = folder / f"{short} ({number}).json", number + 1
    return str(shutil.copy(path, target))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _is_name(value: str) -> bool:
    from mediagym.agents.policies import BASELINES  # heavy: it brings torch

    return value == "live" or value in BASELINES


def _not_allowed(key: str, value: Any) -> ConfigError:
    return ConfigError(
        f"{key}: {given_text(value)} was given. Allowed: the id of a result or of an upload, 32 "
        "hex digits, or, where policies may stand, the name of a baseline. To fix: correct it."
    )
