"""Search for each channel's export in the folder of exports."""

from pathlib import Path

from ..errors import DataError, data_error
from .csv_table import quoted_names
from .settings import DataSettings


def find_exports(settings: DataSettings) -> tuple[dict[str, Path], list[str]]:
    """Path of each channel's export, and notes on unusual file names.

    Args:
        settings: folder, channels and file names.

    Returns:
        The paths by channel, in the order of `settings.channels`, and the notes.

    Raises:
        ConfigError: no folder was given.
        DataError: the folder does not exist, or a channel has no file or several.
    """
    files = list_files(settings.folder())
    paths: dict[str, Path] = {}
    notes: list[str] = []
    for channel in settings.channels:
        accepted = settings.files[channel]
        path = _only_file(settings, channel, files)
        paths[channel] = path
        if path.name != accepted[0]:
            notes.append(f"{path.name}: read as {accepted[0]}.")
    return paths, notes + _unread_notes(settings, files)


def list_files(folder: Path) -> dict[str, list[Path]]:
    """Contents of a folder by lower-case name.

    Raises:
        DataError: the folder does not exist, is a file or is unreadable.
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
        str(folder), given, "a folder that contains the ad exports", "set data.path to that folder"
    )


def _only_file(settings: DataSettings, channel: str, files: dict[str, list[Path]]) -> Path:
    """The only file of a channel."""
    accepted = settings.files[channel]
    paths = [
        path for name in dict.fromkeys(n.lower() for n in accepted) for path in files.get(name, [])
    ]
    folder = settings.folder()
    if not paths:
        contents = quoted_names([p.name for group in files.values() for p in group][:12])
        raise data_error(
            accepted[0],
            f"no export of {channel} in {folder}, which contains {contents or 'nothing'}",
            f"one file named {' or '.join(accepted)}",
            f"add it to the folder, or remove {channel} from data.channels",
        )
    if len(paths) > 1:
        raise data_error(
            paths[0].name,
            f"{folder} contains {len(paths)} exports of {channel}: "
            f"{quoted_names([path.name for path in paths])}",
            "one file per channel",
            "move the others to another folder",
        )
    return paths[0]


def _unread_notes(settings: DataSettings, files: dict[str, list[Path]]) -> list[str]:
    """Notes on exports of channels that are not in `settings.channels`."""
    return [
        f"{path.name}: not read, as {channel} is not in data.channels."
        for channel, accepted in settings.files.items()
        if channel not in settings.channels
        for name in accepted
        for path in files.get(name.lower(), [])
    ]
