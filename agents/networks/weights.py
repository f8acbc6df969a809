"""Named arrays as safetensors files, which hold no code; never a pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ...data.display import shortened
from ...data.errors import DataError

Arrays = dict[str, NDArray[Any]]


def to_safetensors(
    arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None
) -> bytes:
    """Return named arrays as the content of a safetensors file."""
    return save({k: np.array(v, order="C") for k, v in arrays.items()}, metadata)


def read_safetensors(path: Path) -> tuple[Arrays, bytes]:
    """Return the named arrays of a safetensors file, and its content.

    Raises:
        DataError: the file is absent, unreadable or not of that format.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for a writer
            raise OSError("it is no regular file")
        content = path.read_bytes()
        return load(content), content
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read as safetensors ({shortened(str(error), 200)}). Allowed: a "
            "file that scripts/train.py wrote. To fix: train the policy again."
        ) from None
