"""Unpacking of an archive of exports, bounded by what it unpacks to and safe in its paths."""

import io
import os
import stat
import zipfile
import zlib
from pathlib import Path

from mediagym.data.errors import data_error, shown

from ..security import ProblemError, problem_of, refusal
from .names import checked_name, member_name

_CHUNK = 2**16  # bytes
_MAX_MEMBERS = 1000  # folders included
_MAX_DIRECTORY = 2**20  # bytes, for names and further fields of a thousand members


def unpack(archive: Path, suffixes: tuple[str, ...], files: int, most: int) -> None:
    """Puts the files of an archive beside it, without their folders, and removes it.

    Args:
        archive: a zip file; its folder has other files at most.
        suffixes: what names of files may end with.
        files: most files that the folder may have then.
        most: most bytes that the folder may have then.

    Raises:
        ProblemError: it is no archive or damaged, is encrypted, has links, paths that lead out or
            names twice (422), files of another type (415), or unpacks to too much (413).
    """
    try:
        with _Pieces(archive) as content, zipfile.ZipFile(content) as opened:
            _unpack_all(opened, archive, suffixes, files, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise _damaged(archive.name, f"the archive is damaged ({str(error)[:100]})") from None
    except (RuntimeError, OSError) as error:  # a password is needed; offsets beyond the file
        raise _damaged(
            archive.name, f"the archive cannot be unpacked ({str(error)[:100]})"
        ) from None
    archive.unlink()


class _Pieces(io.FileIO):
    """File of an archive that is read in small pieces only.

    `zipfile` reads the whole directory at the end of an archive at once, and makes a record of each
    46 bytes, before anybody can count them.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes from the current position on.

        Raises:
            ProblemError: these would be more than the directory of an archive may have.
        """
        left = os.fstat(self.fileno()).st_size - self.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > _MAX_DIRECTORY:
            name = Path(os.fsdecode(self.name)).name
            given, allowed = f"a directory of {wanted:,} bytes", f"{_MAX_DIRECTORY:,} bytes"
            raise _too_large(name, given, allowed)
        return super().read(wanted) or b""


def size_of(folder: Path) -> int:
    """Bytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def _unpack_all(
    opened: zipfile.ZipFile, archive: Path, suffixes: tuple[str, ...], files: int, most: int
) -> None:
    members = opened.infolist()
    if len(members) > _MAX_MEMBERS:
        raise _too_large(archive.name, f"{len(members)} members", f"{_MAX_MEMBERS}")
    others = {path.name for path in archive.parent.iterdir()} - {archive.name}
    left = most - size_of(archive.parent) + archive.stat().st_size
    for member in members:
        bare = member_name(member.filename)
        if bare is None:
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _damaged(archive.name, f"{shown(bare)} is a link")
        name = checked_name(bare, others, suffixes)
        others.add(name)
        if len(others) > files:
            raise _too_large(archive.name, f"more than {files} files", f"{files} files")
        left -= _copy(opened, member, archive.parent / f"{name}.part", left, archive.name)
    if not others:
        raise _damaged(archive.name, "the archive has no files")
    for path in archive.parent.glob("*.part"):
        path.rename(path.with_suffix(""))


def _copy(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, archive: str
) -> int:
    """Writes a member, at most as many bytes as are left; returns how many it has."""
    size = 0
    with opened.open(member) as source, target.open("xb") as stream:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise _too_large(archive, "more bytes than are allowed", f"{left:,} bytes more")
            stream.write(chunk)
    return size


def _too_large(name: str, given: str, allowed: str) -> ProblemError:
    return refusal(
        "too-large",
        f"{name}: it unpacks to {given}. Allowed: {allowed}. To fix: upload less at a time.",
        file=name,
    )


def _damaged(name: str, given: str) -> ProblemError:
    fix = "pack the exports anew, or upload them one by one"
    return ProblemError(problem_of(data_error(name, given, "a whole zip archive of exports", fix)))
