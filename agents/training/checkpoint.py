"""State of a training as one safetensors file: arrays, and JSON for all else; never a pickle.

What cannot be told from arrays and JSON alone (dictionaries by number, tuples) is marked, so that
optimisers and generators get back exactly what they gave.
"""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ...data.errors import DataError
from ...data.storage import write_bytes

Arrays = dict[str, NDArray[Any]]
_TOLD = "told"  # name of the JSON in the file's metadata


def packed(arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None) -> bytes:
    """Return named arrays as the content of a safetensors file."""
    return save({k: np.array(v, order="C") for k, v in arrays.items()}, metadata)


def unpacked(path: Path) -> tuple[Arrays, bytes]:
    """Return the named arrays of a safetensors file, and its content.

    Raises:
        DataError: the file is absent, unreadable or not of that format.
    """
    try:
        content = path.read_bytes()
        return load(content), content
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as safetensors ({' '.join(str(error).split())}). Allowed: a "
            "file that scripts/train.py wrote. Train the policy again."
        ) from None


def write_state(path: Path, state: Any) -> None:
    """Write nested containers of arrays, tensors and plain values, whole or not at all."""
    arrays: Arrays = {}
    told = _told(state, arrays)
    write_bytes(path, packed(arrays, {_TOLD: json.dumps(told)}))


def read_state(path: Path) -> Any:
    """Return what ``write_state`` was given.

    Raises:
        DataError: the file is absent, unreadable or not of that making.
    """
    arrays, content = unpacked(path)
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    try:
        return _retold(json.loads(header["__metadata__"][_TOLD]), arrays)
    except (KeyError, TypeError, ValueError):
        raise DataError(f"{path}: no state of a training; start the training anew.") from None


def tidy(folder: Path) -> None:
    """Remove what a process that was killed while it wrote a file left in a run's folder."""
    for name in ("checkpoint.safetensors", "policy.safetensors", "policy.json"):
        for left in folder.glob(f".{name}.*"):
            left.unlink(missing_ok=True)


def random_state() -> dict[str, Any]:
    """Return the state of the global generators, which Stable-Baselines3 draws from."""
    return {
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
        "python": random.getstate(),
    }


def restore_random_state(state: Mapping[str, Any]) -> None:
    """Put the global generators where ``random_state`` found them."""
    torch.set_rng_state(state["torch"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    random.setstate(state["python"])


def _told(value: Any, arrays: Arrays) -> Any:
    """Return a value as JSON knows it; its arrays are added to ``arrays`` and named."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        name = str(len(arrays))
        arrays[name] = value.detach().numpy() if isinstance(value, torch.Tensor) else value
        return {kind: name}
    if isinstance(value, Mapping):
        return {"items": [[_told(k, arrays), _told(v, arrays)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_told(v, arrays) for v in value]}
    if isinstance(value, list):
        return [_told(v, arrays) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _retold(told: Any, arrays: Arrays) -> Any:
    if isinstance(told, list):
        return [_retold(v, arrays) for v in told]
    if not isinstance(told, dict):
        return told
    ((kind, content),) = told.items()
    if kind == "items":
        return {_retold(k, arrays): _retold(v, arrays) for k, v in content}
    if kind == "tuple":
        return tuple(_retold(v, arrays) for v in content)
    # a copy of its own: aligned and writable
    return torch.tensor(arrays[content]) if kind == "tensor" else np.array(arrays[content])
