"""Check submissions and rank them: paired differences with intervals, in Markdown and HTML."""

from typing import TYPE_CHECKING

from mediagym.data.errors import DataError
from mediagym.scripts.cli import command, print_line, print_notes

if TYPE_CHECKING:
    from mediagym.agents.leaderboard import LeaderboardCommand


@command("leaderboard", "mediagym.agents.leaderboard:LeaderboardCommand.read")
def run(options: "LeaderboardCommand") -> None:
    """Print a line per file that is wrong and per policy; write ``leaderboard.md`` and others.

    The submissions that come with the package take part too: they are the references.
    """
    from mediagym.agents.leaderboard import SHIPPED, checked_submissions, standings
    from mediagym.agents.leaderboard.page import summary_lines, write_standings

    submissions, wrong = checked_submissions([SHIPPED, options.folder])
    print_notes(wrong)
    found = standings(submissions, options)
    for line in summary_lines(found):
        print_line(line)
    print_line("")
    for path in write_standings(found, options.output or options.folder):
        print_line(str(path))
    if wrong:
        files = "1 file is" if len(wrong) == 1 else f"{len(wrong)} files are"
        raise DataError(
            f"{options.folder}: {files} not on the leaderboard, for the reasons above. Allowed: "
            "files of scripts/evaluate.py submission.name=NAME. To fix: correct or remove them."
        )


if __name__ == "__main__":
    run()
