"""Plant faults in the rooms that decide, and see whether tests fail; prints the survivors."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress_bar, run_folder
from mediagym.scripts.fuzzing.mutation import MutationCommand

if TYPE_CHECKING:
    from mediagym.scripts.fuzzing.mutation import Mutant, Verdict


@command("mutation", MutationCommand.read)
def run(options: MutationCommand) -> None:
    """Judge the mutants package by package; write results after each, so that none is lost."""
    from mediagym.scripts.fuzzing.mutation import (  # needs Cosmic Ray
        is_equivalent,
        laboratory,
        read_results,
        run_package,
        score,
        survivors,
        write_results,
        write_section,
    )

    path = options.results or run_folder() / "mutation.json"
    results = {each.package: each for each in read_results(path)}
    known: dict[Mutant, Verdict] = {
        verdict.mutant: verdict
        for each in results.values()
        for verdict in each.verdicts
        if options.keep == "all"
        or (options.keep == "killed" and verdict.is_caught)
        or (options.keep == "killed" and is_equivalent(verdict.mutant, options.equivalent))
    }
    with laboratory() as lab:
        for package in options.chosen():
            with progress_bar(package, options.mutants) as advance:
                for result in run_package(lab, options, package, known):
                    results[package] = result
                    ordered = [results[name] for name in options.rooms if name in results]
                    write_results(path, ordered)
                    advance()
            if options.page:
                write_section(options.page, ordered, options.equivalent)
            verdicts = results[package].verdicts
            for mutant in survivors(verdicts, options.equivalent):
                print_line(f"{mutant.file}:{mutant.line}  {mutant.before}  ->  {mutant.after}")
            stopped, counted = score(verdicts, options.equivalent)
            print_line(f"{package}  {stopped} of {counted}")
    print_line(f"results  {path}")


if __name__ == "__main__":
    run()
