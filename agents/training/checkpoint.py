"""Training state as one safetensors file: arrays, and JSON for everything else; never a pickle.

JSON has neither dictionaries with integer keys nor tuples; both are marked, so that optimisers and
generators get back exactly what they gave.
"""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...data.errors import DataError
from ...data.storage import write_bytes
from ..networks import read_safetensors, to_safetensors

Arrays = dict[str, NDArray[Any]]
_VERSION = "2"  # version of the file's content; raise it when a learner's state changes


def write_state(path: Path, state: Any) -> None:
    """Write nested containers of arrays, tensors and plain values, whole or not at all."""
    arrays: Arrays = {}
    metadata = {"version": _VERSION, "state": json.dumps(_serialise(state, arrays))}
    write_bytes(path, to_safetensors(arrays, metadata))


def read_state(path: Path) -> Any:
    """Return what ``write_state`` was given.

    Raises:
        DataError: the file is absent, unreadable, of another version or no training state.
    """
    arrays, content = read_safetensors(path)
    size = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
    if metadata.get("version") != _VERSION:
        raise DataError(
            f"{path}: checkpoint of another version; this program reads version {_VERSION}. "
            "To fix: train in another folder, or delete the checkpoint and start again."
        )
    try:
        return _deserialise(json.loads(metadata["state"]), arrays)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise DataError(
            f"{path}: not a training state. Allowed: a checkpoint that scripts/train.py wrote. "
            "To fix: delete it and start the training again."
        ) from None


def remove_partial_files(folder: Path) -> None:
    """Remove temporary files that a killed process left in a run's folder."""
    for name in ("checkpoint.safetensors", "policy.safetensors", "policy.json"):
        for temporary in folder.glob(f".{name}.*"):
            temporary.unlink(missing_ok=True)


def random_state() -> dict[str, Any]:
    """Return the state of the global generators, which Stable-Baselines3 draws from."""
    return {
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
        "python": random.getstate(),
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Set the global generators to the result of ``random_state``."""
    torch.set_rng_state(state["torch"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    random.setstate(state["python"])


def _serialise(value: Any, arrays: Arrays) -> Any:
    """Return a value in JSON's types; its arrays are added to ``arrays`` and named."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        name = str(len(arrays))
        arrays[name] = value.detach().numpy() if isinstance(value, torch.Tensor) else value
        return {kind: name}
    if isinstance(value, Mapping):
        items = value.items()
        return {"items": [[_serialise(k, arrays), _serialise(v, arrays)] for k, v in items]}
    if isinstance(value, tuple):
        return {"tuple": [_serialise(v, arrays) for v in value]}
    if isinstance(value, list):
        return [_serialise(v, arrays) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _deserialise(value: Any, arrays: Arrays) -> Any:
    """Return the value that ``_serialise`` was given."""
    if isinstance(value, list):
        return [_deserialise(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "items":
        return {_deserialise(k, arrays): _deserialise(v, arrays) for k, v in content}
    if kind == "tuple":
        return tuple(_deserialise(v, arrays) for v in content)
    # copied, so that it is aligned and writable
    return torch.tensor(arrays[content]) if kind == "tensor" else np.array(arrays[content])
