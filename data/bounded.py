"""Reading of artefacts whose size is checked before they are unpacked."""

import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError, data_error
from .storage import read_arrays, read_json

MAX_JSON_BYTES = 2**26  # 64 MiB
MAX_UNPACKED_BYTES = 2**31  # 2 GiB, of all arrays of an npz file
MAX_ARRAYS = 1000  # arrays of an npz file
_FIX = "run the command that writes this file again"


def read_bounded_json(path: Path) -> dict[str, Any]:
    """Return the mapping in a JSON file.

    Raises:
        DataError: the file is absent, unreadable, larger than ``MAX_JSON_BYTES``, not JSON or not a
            mapping.
    """
    _require_size(path, MAX_JSON_BYTES)
    document = read_json(path)
    if not isinstance(document, dict):
        given = f"its content is a {type(document).__name__}"
        raise data_error(str(path), given, "a mapping", _FIX)
    return document


def read_bounded_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file, after a look at the sizes in its directory.

    Raises:
        DataError: the file is absent, unreadable, not an npz archive, or unpacks to more than
            ``MAX_UNPACKED_BYTES`` or ``MAX_ARRAYS`` arrays.
    """
    _require_size(path, MAX_UNPACKED_BYTES)
    try:
        if path.is_file():
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        else:
            members = []  # `read_arrays` says what it is instead
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        members = []
    size = sum(member.file_size for member in members)
    if size > MAX_UNPACKED_BYTES or len(members) > MAX_ARRAYS:
        raise data_error(
            str(path),
            f"it unpacks to {len(members)} arrays of {size / 2**20:,.0f} MiB",
            f"at most {MAX_ARRAYS} arrays of {MAX_UNPACKED_BYTES / 2**20:,.0f} MiB",
            _FIX,
        )
    _require_claims(path, members)
    return read_arrays(path)


def _require_claims(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Raises if the header of an array claims more bytes than its member holds."""
    for member in members:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }[version]
                shape, _, dtype = read(stream)
        except Exception:  # noqa: S112  # of many types, as archives are damaged in many ways
            continue  # `read_arrays` says what is wrong
        claimed = math.prod(shape) * dtype.itemsize
        if claimed > member.file_size:
            raise data_error(
                str(path),
                f"the array {member.filename!r} claims {claimed:,} bytes and has "
                f"{member.file_size:,}",
                "arrays that hold what they claim",
                _FIX,
            )


def _require_size(path: Path, limit: int) -> None:
    try:
        size = os.stat(path).st_size
    except OSError:
        return  # `read_json` and `read_arrays` say what is wrong
    except ValueError:  # NUL in the name
        raise DataError(f"{str(path)!r}: no name of a file. To fix: give another path.") from None
    if size > limit:
        given = f"its size is {size / 2**20:,.0f} MiB"
        raise data_error(str(path), given, f"at most {limit / 2**20:,.0f} MiB", _FIX)
