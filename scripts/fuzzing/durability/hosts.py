"""Odd machines: no space, nothing writable, no home, another locale or user, two runs at once.

Each case runs `scripts/plan.py` there, and must give the plan of an ordinary machine or, where
nothing can be written, one message and the older plan.
"""

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import mediagym

from .plans import OLD, Place, Reference, Run, finished, start, undisturbed
from .writers import Crash, compared, contents_of

Host = Callable[[Reference, Path], Crash]
_OBEDIENT = (  # root without the right to ignore permissions
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search,-fowner",
    "--inh-caps=-dac_override,-dac_read_search,-fowner",
)
_PRIVATE = 0o700  # permissions of a folder that its owner alone reads
_STRANGER = 61_234  # number of a user that nobody has
_CODE = ("agents", "conf", "data", "envs", "scripts")  # folders of the package


def no_home(reference: Reference, folder: Path) -> Crash:
    """HOME is not set."""
    return _same("no_home", reference, folder, environment={"HOME": None, "USER": None})


def optimised(reference: Reference, folder: Path) -> Crash:
    """Python runs without assertions."""
    return _same("optimised", reference, folder, options=["-O"])


def c_locale(reference: Reference, folder: Path) -> Crash:
    """LC_ALL=C, with names that are not ASCII in the exports and in the paths."""
    exports = folder / "Größe – exports"
    shutil.copytree(reference.exports, exports)
    for path in exports.iterdir():
        text = path.read_text(encoding="utf-8").replace("YouTube", "Süd – Größen")
        path.write_text(text, encoding="utf-8")
    expected = undisturbed(exports, folder / "expected")
    place = Place(exports, folder / "Größe – results")
    run = finished(start(place, environment={"LC_ALL": "C", "LANG": None}))
    return _judged("c_locale", run, place, expected)


def two_at_once(reference: Reference, folder: Path) -> Crash:
    """Two runs with one cache and one output."""
    place = Place(reference.exports, folder / "results")
    processes = [start(place), start(place)]
    runs = [finished(process) for process in processes]
    failed = next((run for run in runs if run.status), runs[0])
    return _judged("two_at_once", failed, place, reference)


def file_limit(reference: Reference, folder: Path) -> Crash:
    """No file may grow beyond 4 kB (RLIMIT_FSIZE), as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    place = _with_older_plan(reference, folder)
    run = finished(start(place, preexec_fn=limit))
    return _refused("file_limit", run, place)


def full_disk(reference: Reference, folder: Path) -> Crash:
    """The results lie on a file system of 16 kB, mounted for this process alone."""
    place = _with_older_plan(reference, folder)
    shown = folder / "shown"
    shown.mkdir()
    script = (
        'mount -t tmpfs -o size=16k tmpfs "$1" && cp "$2" "$1/plan.json" || exit 99; '
        'there=$1; show=$3; shift 3; "$@"; status=$?; '
        'cp -a "$there/." "$show"; exit $status'
    )
    older = folder / "older"
    older.write_bytes(OLD)
    paths = [str(place.results), str(older), str(shown)]
    before = ["unshare", "--mount", "sh", "-c", script, "sh", *paths]
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return Crash("full_disk", "skipped", "mounting needs root and unshare")
    run = finished(start(place, before=before))
    if run.status == 99 or "unshare" in run.error:
        return Crash("full_disk", "skipped", "nothing can be mounted here")
    return _refused("full_disk", run, Place(place.exports, shown))


def read_only_output(reference: Reference, folder: Path) -> Crash:
    """Nothing can be written into the folder of the plan."""
    before = _obedience(folder)
    if before is None:
        return Crash("read_only_output", "skipped", "root cannot be made to obey permissions")
    place = _with_older_plan(reference, folder)
    place.results.chmod(0o555)
    run = finished(start(place, before=before))
    place.results.chmod(0o755)
    return _refused("read_only_output", run, place)


def read_only_install(reference: Reference, folder: Path) -> Crash:
    """The package cannot be written; HOME neither."""
    before = _obedience(folder)
    if before is None:
        return Crash("read_only_install", "skipped", "root cannot be made to obey permissions")
    copy = folder / "installed" / "mediagym"
    root = Path(str(mediagym.__file__)).parent
    copy.mkdir(parents=True)
    shutil.copy(root / "__init__.py", copy)
    for name in _CODE:
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    _protect(copy.parent, 0o555)
    environment = {"PYTHONPATH": str(copy.parent), "HOME": str(copy), "PYTHONSAFEPATH": "1"}
    inside = contents_of(copy).keys()
    try:
        result = _same(
            "read_only_install", reference, folder, before=before, environment=environment
        )
        if contents_of(copy).keys() != inside:
            return Crash("read_only_install", "outside", "the package was written into")
        return result
    finally:
        _protect(copy.parent, 0o755)


def cache_of_another(reference: Reference, folder: Path) -> Crash:
    """The cache is another user's, who lets others read it."""
    return _elsewhere("cache_of_another", reference, folder, 0o755)


def private_cache(reference: Reference, folder: Path) -> Crash:
    """The cache is another user's, who lets nobody read it: one message, and no entry touched."""
    return _elsewhere("private_cache", reference, folder, _PRIVATE)


def cache_written_by_another(reference: Reference, folder: Path) -> Crash:
    """Two users share a cache, and the entries are the other's, damaged."""
    return _elsewhere("cache_written_by_another", reference, folder, 0o777, damaged=True)


HOSTS: dict[str, Host] = {
    each.__name__: each
    for each in (
        no_home,
        optimised,
        c_locale,
        two_at_once,
        file_limit,
        full_disk,
        read_only_output,
        read_only_install,
        cache_of_another,
        private_cache,
        cache_written_by_another,
    )
}


def _same(name: str, reference: Reference, folder: Path, **how: object) -> Crash:
    """Verdict on a run that must give what the reference gave."""
    place = Place(reference.exports, folder / "results")
    return _judged(name, finished(start(place, **how)), place, reference)  # type: ignore[arg-type]


def _elsewhere(
    name: str, reference: Reference, folder: Path, mode: int, damaged: bool = False
) -> Crash:
    """Verdict on a run whose cache belongs to another user: the same plan, or one message.

    Args:
        name: of the case.
        reference: an undisturbed run, whose cache is taken.
        folder: of the case.
        mode: permissions of the folders of the cache; its files are for their owner to write.
        damaged: each entry has lost its end, and may be replaced.
    """
    before = _obedience(folder) if os.geteuid() == 0 else None
    if before is None:
        return Crash(name, "skipped", "files of another user need root that obeys permissions")
    place = Place(reference.exports, folder / "results")
    cache = place.results / "cache"
    for file, content in reference.files.items():
        if file.startswith("cache/"):
            (place.results / file).parent.mkdir(parents=True, exist_ok=True)
            (place.results / file).write_bytes(content[: len(content) // 2] if damaged else content)
    entries = contents_of(cache)
    for path in _below(cache):
        path.chmod(mode if path.is_dir() else mode & 0o644)
        os.chown(path, _STRANGER, _STRANGER)
    run = finished(start(place, before=before))
    if not damaged and contents_of(cache) != entries:
        return Crash(name, "outside", "the cache of another user was changed")
    if mode == _PRIVATE:
        verdict = "ok" if run.is_refusal else "traceback"
        return Crash(name, verdict, f"status {run.status}: {run.error[-600:]}")
    return _judged(name, run, place, reference)


def _judged(name: str, run: Run, place: Place, reference: Reference) -> Crash:
    if run.status:
        verdict = "refused" if run.is_refusal else "traceback"
        return Crash(name, verdict, f"status {run.status}: {run.error[-600:]}")
    return compared(name, contents_of(place.results), reference.files)


def _refused(name: str, run: Run, place: Place) -> Crash:
    """Verdict on a run that cannot write: one message, the older plan, and no half of anything."""
    if not run.is_refusal:
        return Crash(name, "traceback", f"status {run.status}: {run.error[-600:]}")
    left = contents_of(place.results)
    if left.get(place.plan) != OLD:
        return Crash(name, "torn", "the older plan is gone")
    stray = [file for file in left if Path(file).name.startswith(".")]
    return Crash(name, "stray", f"{stray[0]} remains") if stray else Crash(name, "ok", run.error)


def _with_older_plan(reference: Reference, folder: Path) -> Place:
    place = Place(reference.exports, folder / "results")
    place.results.mkdir(parents=True)
    (place.results / place.plan).write_bytes(OLD)
    return place


def _obedience(folder: Path) -> list[str] | None:
    """Command under which permissions hold: none for a user, `setpriv` for root if it works."""
    if os.geteuid() != 0:
        return []
    probe = folder / "probe"
    probe.mkdir(parents=True)
    probe.chmod(0o555)
    try:
        words = [*_OBEDIENT, "touch", str(probe / "file")]
        done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return None
    works = done.returncode != 0 and b"ermission" in done.stderr
    return list(_OBEDIENT) if works else None


def _protect(folder: Path, mode: int) -> None:
    """Sets the permissions of a folder and of all below; files are never executable."""
    for path in _below(folder):
        path.chmod(mode if path.is_dir() else mode & 0o666)


def _below(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.rglob("*")
