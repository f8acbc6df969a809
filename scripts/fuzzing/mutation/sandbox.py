"""A copy of the repository in which one file at a time is faulty."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IGNORED = shutil.ignore_patterns(
    ".git", ".venv*", ".types", ".*_cache", ".hypothesis", "__pycache__", "outputs", "*.egg-info"
)


class Sandbox:
    """Copy of the repository, the folder that imports it as ``mediagym``, and numba's cache."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Copy a repository.

        Args:
            root: the repository.
            folder: an empty folder.
        """
        self.tree = folder / "tree"
        self.path = folder / "path"
        self.cache = folder / "cache"
        shutil.copytree(root, self.tree, ignore=_IGNORED)
        self.path.mkdir()
        self.cache.mkdir()
        (self.path / "mediagym").symlink_to(self.tree, target_is_directory=True)
        self._changes = 0

    def environment(self) -> dict[str, str]:
        """Return the variables under which processes import the copy, and only that."""
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (self.path, self.tree / "tests"))),
            "NUMBA_CACHE_DIR": str(self.cache),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OMP_NUM_THREADS": "1",
        }

    @contextmanager
    def changed(self, file: str, code: str) -> Iterator[None]:
        """Hold other code in a file, under a time of change that no cache has seen."""
        path = self.tree / file
        source, stat = path.read_bytes(), path.stat()
        self._changes += 1
        path.write_text(code, encoding="utf-8")
        os.utime(path, (stat.st_atime, stat.st_mtime + self._changes))
        try:
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
