"""Plant faults in the rooms that decide, and see whether tests fail; prints the survivors."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress_bar, run_folder
from mediagym.scripts.fuzzing.mutation import MutationCommand

if TYPE_CHECKING:
    from mediagym.scripts.fuzzing.mutation import Laboratory, Record


@command("mutation", MutationCommand.read)
def run(options: MutationCommand) -> None:
    """Judge the mutants package by package, then the faults; write results after each mutant."""
    from mediagym.scripts.fuzzing.mutation import (  # needs Cosmic Ray
        BY_HAND,
        DRAWN,
        Record,
        faults_section,
        laboratory,
        section,
        write_section,
    )

    record = Record(options.results or run_folder() / "mutation.json", options.rooms)
    with laboratory() as lab:
        for package in options.chosen():
            _judge(options, lab, package, record)
        if options.by_hand:
            _judge_faults(options, lab, record)
    if options.page:
        write_section(options.page, DRAWN, section(record.results, options.equivalent))
        write_section(options.page, BY_HAND, faults_section(record.findings))
    print_line(f"results  {record.path}")


def _judge(options: MutationCommand, lab: "Laboratory", package: str, record: "Record") -> None:
    from mediagym.scripts.fuzzing.mutation import run_package, score, survivors

    verdicts = []
    known = record.known(options.keep, options.equivalent)
    with progress_bar(package, options.mutants) as advance:
        for result in run_package(lab, options, package, known):
            verdicts = result.verdicts
            record.add(result)
            advance()
    for mutant in survivors(verdicts, options.equivalent):
        print_line(f"{mutant.file}:{mutant.line}  {mutant.before}  ->  {mutant.after}")
    stopped, _, counted = score(verdicts, options.equivalent)
    print_line(f"{package}  {stopped} of {counted}")


def _judge_faults(options: MutationCommand, lab: "Laboratory", record: "Record") -> None:
    from mediagym.scripts.fuzzing.mutation import run_faults

    findings = []
    with progress_bar("faults by hand", len(options.faults)) as advance:
        for finding in run_faults(lab, options.faults):
            findings.append(finding)
            advance()
    record.add_findings(findings)
    for finding in findings:
        if not finding.is_caught:
            print_line(f"{finding.file}  {finding.fault}: no test fails")


if __name__ == "__main__":
    run()
