"""Files of a folder: which are read as exports, and which are not."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from ..errors import DataError, data_error, quoted_names
from .settings import DataSettings

SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".gz", ".zip")


def find_files(settings: DataSettings) -> tuple[list[Path], list[str]]:
    """Paths of the files to read, by name, and notes on what is not read.

    Args:
        settings: folder or file, patterns to ignore, name of the site log.

    Raises:
        ConfigError: no folder was given.
        DataError: the folder does not exist or has no file that could be an export.
    """
    location = settings.location()
    if location.is_file():
        return [location], []
    found: list[Path] = []
    unread: dict[str, list[str]] = {}
    contents = [path for paths in list_files(location).values() for path in paths]
    for path in sorted(contents):
        reason = _unread(path, settings)
        if reason is None:
            found.append(path)
        elif reason:
            unread.setdefault(reason, []).append(path.name)
    if not found:
        names = quoted_names([path.name for path in contents][:12])
        raise data_error(
            str(location),
            f"no export was found; the folder contains {names or 'nothing'}",
            f"files that end in {', '.join(SUFFIXES)}",
            "set data.path to the folder of the exports",
        )
    return found, [f"not read: {quoted_names(names)} ({why})." for why, names in unread.items()]


def _unread(path: Path, settings: DataSettings) -> str | None:
    """Why a file is not read; None if it is, "" if that needs no words."""
    name = path.name.lower()
    if name.startswith((".", "~$")) or name == settings.landings_file.lower():
        return ""
    if any(fnmatch(name, pattern.lower()) for pattern in settings.ignore_files):
        return "data.ignore_files"
    if path.is_dir():
        return "folders in the folder are left alone"
    if not name.endswith(SUFFIXES):
        return "no table by its name"
    return None


def list_files(folder: Path) -> dict[str, list[Path]]:
    """Contents of a folder by lower-case name.

    Raises:
        DataError: the folder does not exist, is a file or is unreadable.
    """
    files: dict[str, list[Path]] = {}
    try:
        for path in _entries(folder):
            files.setdefault(path.name.lower(), []).append(path)
    except FileNotFoundError as error:
        raise _not_folder(folder, "there is no such folder") from error
    except NotADirectoryError as error:
        raise _not_folder(folder, "this is a file, not a folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _not_folder(folder, f"the folder cannot be read ({reason})") from error
    return files


def _entries(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.iterdir())


def _not_folder(folder: Path, given: str) -> DataError:
    return data_error(
        str(folder), given, "a folder that contains the ad exports", "set data.path to that folder"
    )
