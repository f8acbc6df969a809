"""Results of all runs as a JSON file, written after every mutant."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mediagym.data.errors import DataError
from mediagym.data.storage import read_json, write_json

from .draw import Mutant
from .faults import Finding
from .report import is_equivalent
from .run import PackageResult, Verdict
from .settings import Equivalent


class Record:
    """Results of packages, by batch of their draw, and of the faults that are described by hand."""

    def __init__(self, path: Path, packages: Iterable[str]) -> None:
        """Read the file, if there is one.

        Args:
            path: a JSON file.
            packages: all packages, in the order of the tables.

        Raises:
            DataError: if the file has another form.
        """
        self.path = path
        self._place = {package: number for number, package in enumerate(packages)}
        results, self.findings = _read(path)
        self._results = {(each.package, each.first): each for each in results}
        # outcomes when first tried; a batch is written after each mutant, at first without the rest
        self._at_first = {v.mutant: v.at_first or v.outcome for r in results for v in r.verdicts}

    @property
    def results(self) -> list[PackageResult]:
        """Results by package and number of the first mutant, without packages of other names."""
        kept = [each for each in self._results.values() if each.package in self._place]
        return sorted(kept, key=lambda each: (self._place[each.package], each.first))

    def known(self, keep: str, equivalent: Sequence[Equivalent]) -> dict[Mutant, Verdict]:
        """Return the verdicts that are not tried again.

        Args:
            keep: as the option of the command: none, killed or all.
            equivalent: mutants that are kept with the killed ones.
        """
        verdicts = [verdict for each in self.results for verdict in each.verdicts]
        return {
            verdict.mutant: verdict
            for verdict in verdicts
            if keep == "all"
            or (keep == "killed" and verdict.is_caught)
            or (keep == "killed" and is_equivalent(verdict.mutant, equivalent))
        }

    def add(self, result: PackageResult) -> None:
        """Write the file with a result in place of an older one of the same batch.

        What became of a mutant when it was first tried is remembered.
        """
        verdicts = [
            v._replace(at_first=self._at_first.setdefault(v.mutant, v.outcome))
            for v in result.verdicts
        ]
        self._results[result.package, result.first] = result._replace(verdicts=verdicts)
        self._write()

    def add_findings(self, findings: Sequence[Finding]) -> None:
        """Write the file with other findings in place of the older ones."""
        self.findings = list(findings)
        self._write()

    def _write(self) -> None:
        faults = [finding._asdict() for finding in self.findings]
        packages = [_plain(result) for result in self.results]
        write_json(self.path, {"packages": packages, "faults": faults})


def _read(path: Path) -> tuple[list[PackageResult], list[Finding]]:
    if not path.exists():
        return [], []
    try:
        content = read_json(path)
        packages = [
            PackageResult(**{**each, "verdicts": [_verdict(v) for v in each["verdicts"]]})
            for each in content["packages"]
        ]
        return packages, [Finding(**each) for each in content["faults"]]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: has another form ({error}). Allowed: results that this command wrote. To "
            "fix: name another file."
        ) from error


def _verdict(plain: dict[str, Any]) -> Verdict:
    return Verdict(**{**plain, "mutant": Mutant(**plain["mutant"])})


def _plain(result: PackageResult) -> dict[str, Any]:
    verdicts = [{**v._asdict(), "mutant": v.mutant._asdict()} for v in result.verdicts]
    return {**result._asdict(), "verdicts": verdicts}
