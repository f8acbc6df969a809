"""The folder of exports: which file is which channel's."""

from pathlib import Path

from ..errors import DataError, data_error
from .csv_table import named
from .settings import DataSettings


def find_exports(settings: DataSettings) -> tuple[dict[str, Path], list[str]]:
    """Finds each channel's export.

    Args:
        settings: where to look and for what.

    Returns:
        The path of each channel in the order of `settings.channels`, and notes on odd names.

    Raises:
        ConfigError: no folder was given.
        DataError: the folder does not exist, a channel's file is absent or there twice.
    """
    files = list_files(settings.folder())
    found: dict[str, Path] = {}
    notes: list[str] = []
    for channel in settings.channels:
        accepted = settings.files[channel]
        path = _only(settings, channel, files)
        found[channel] = path
        if path.name != accepted[0]:
            notes.append(f"{path.name}: taken for {accepted[0]}.")
    return found, notes + _unread(settings, files)


def list_files(folder: Path) -> dict[str, list[Path]]:
    """What a folder holds, by lower-case name.

    Raises:
        DataError: it does not exist, is a file, or may not be read.
    """
    files: dict[str, list[Path]] = {}
    try:
        for path in sorted(folder.iterdir()):
            files.setdefault(path.name.lower(), []).append(path)
    except FileNotFoundError as error:
        raise _not_folder(folder, "there is no such folder") from error
    except NotADirectoryError as error:
        raise _not_folder(folder, "this is a file, not a folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _not_folder(folder, f"the folder cannot be read ({reason})") from error
    return files


def _not_folder(folder: Path, given: str) -> DataError:
    return data_error(
        str(folder), given, "a folder that holds the ad exports", "set data.path to that folder"
    )


def _only(settings: DataSettings, channel: str, files: dict[str, list[Path]]) -> Path:
    """The one file of a channel."""
    accepted = settings.files[channel]
    paths = [
        path for name in dict.fromkeys(n.lower() for n in accepted) for path in files.get(name, [])
    ]
    folder = settings.folder()
    if not paths:
        there = named([p.name for group in files.values() for p in group][:12]) or "nothing"
        raise data_error(
            accepted[0],
            f"there is no export of {channel} in {folder}, which holds {there}",
            f"one file named {' or '.join(accepted)}",
            f"put it there, or remove {channel} from data.channels",
        )
    if len(paths) > 1:
        raise data_error(
            paths[0].name,
            f"{folder} holds {len(paths)} exports of {channel}: {named([p.name for p in paths])}",
            "one file a channel",
            "move the others to another folder",
        )
    return paths[0]


def _unread(settings: DataSettings, files: dict[str, list[Path]]) -> list[str]:
    """Notes on exports of channels that the settings leave out."""
    return [
        f"{path.name}: not read, since data.channels does not list {channel}."
        for channel, accepted in settings.files.items()
        if channel not in settings.channels
        for name in accepted
        for path in files.get(name.lower(), [])
    ]
