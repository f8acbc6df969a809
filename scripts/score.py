"""Score a user's own plans beside the proposed ones, on the same draws of the market."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, console, print_line, print_notes, progress

if TYPE_CHECKING:
    from mediagym.agents.scoring import ScoreCommand


@command("score", "mediagym.agents.scoring:ScoreCommand.read")
def run(options: "ScoreCommand") -> None:
    """Score the plans, print the tables, and write ``score.json`` and ``score.png``."""
    from mediagym.agents.scoring import (
        Notation,
        broken_lines,
        difference_table,
        opened,
        score_plans,
        score_table,
        write_score,
    )
    from mediagym.agents.scoring.figures import draw_score
    from mediagym.agents.setup import prepare

    contents = [opened(path) for path in options.plan]
    data = options.experiment.data
    notation = Notation(data.date_format, data.decimal_mark)
    with progress("calibrating and planning") as show_progress:
        experiment = prepare(options.experiment, show_progress)
    with progress("scoring") as show_progress:
        score = score_plans(
            experiment, options.plan, options.beside, notation, contents, show_progress
        )
    document = write_score(score, options.output / "score.json")
    draw_score(document, options.output / "score.png")
    console.print(score_table(document))
    console.print(difference_table(document))
    print_notes(
        [note for plan in document["plans"] for note in plan["notes"]],
        options.output / "score.json",
    )
    print_notes(broken_lines(document))
    print_line(f"\nscores   {options.output / 'score.json'}")
    print_line(f"picture  {options.output / 'score.png'}")


if __name__ == "__main__":
    run()
