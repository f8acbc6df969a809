"""Names of uploaded files, which are data: checked, and never joined to a path as they are."""

import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

from mediagym.data.display import shortened
from mediagym.data.errors import shown

from ..security import ProblemError, refusal

PLAN_SUFFIXES = (".csv", ".json")  # of a plan of the user's own
_MAX_BYTES = 200  # of a name in UTF-8


def checked_name(name: str, others: Collection[str], suffixes: Collection[str]) -> str:
    """The name of a file in its folder.

    Args:
        name: as the client gave it.
        others: names that the folder has already.
        suffixes: what a name may end with.

    Raises:
        ProblemError: it leads out of the folder, cannot be shown, is hidden, is there already
            (422), or says that it is of a type that is not read (415).
    """
    name = unicodedata.normalize("NFC", name)
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise _refused(name, "a name without folders", "send the bare name of the file")
    if not name.isprintable() or len(name.encode("utf-8", "replace")) > _MAX_BYTES:
        raise _refused(name, f"at most {_MAX_BYTES} bytes of printable text", "rename the file")
    if name.startswith((".", "~$")):
        raise _refused(name, "files that are not hidden", "leave it out or rename it")
    if name.casefold() in {other.casefold() for other in others}:
        raise _refused(name, "each name once", "rename one of the two")
    if not name.lower().endswith(tuple(suffixes)):
        raise refusal(
            "unsupported-media-type",
            f"The file {shown(name)} is not of a type that is read here. Allowed: "
            f"{', '.join(suffixes)}. To fix: leave it out, or export it as one of these.",
            file=shortened(name),
        )
    return name


def member_name(path: str) -> str | None:
    """The bare name of a file of an archive; None of what archives hold besides files.

    Raises:
        ProblemError: the path leads out of the archive (422).
    """
    parts = PurePosixPath(path).parts
    if path.endswith("/") or "__MACOSX" in parts or (parts and parts[-1] in (".DS_Store",)):
        return None
    if path.startswith("/") or "\\" in path or ".." in parts or ":" in path or not parts:
        raise _refused(path, "paths inside the archive", "pack the files anew")
    return parts[-1]


def _refused(name: str, allowed: str, fix: str) -> ProblemError:
    return refusal(
        "invalid-request",
        f"The file name {shown(name)} was given. Allowed: {allowed}. To fix: {fix}.",
        file=shortened(name),
    )
