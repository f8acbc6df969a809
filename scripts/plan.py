"""Write a policy's dated plan as JSON, with estimated conversions by channel and campaign type."""

from pathlib import Path
from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, console, print_line, print_notes, progress

if TYPE_CHECKING:
    from mediagym.agents.experiment import Experiment
    from mediagym.agents.setup import PlanCommand


@command("plan", "mediagym.agents.setup:PlanCommand.read")
def run(options: "PlanCommand") -> None:
    """Make the plan, write it with its page and further files, and print it as a table."""
    from mediagym.agents.plan_files import require_formats
    from mediagym.agents.setup import prepare

    require_formats(options.export)
    with progress("calibrating and planning") as show_progress:
        experiment = prepare(options.experiment, show_progress)
    paths = [] if options.frontier_only else _write_plan(options, experiment)
    if options.frontier is not None or options.target:
        paths += _write_frontier(options, experiment)
    print_line(f"\nplan  {paths[0]}")
    for path in paths[1:]:
        print_line(f"      {path}")


def _write_plan(options: "PlanCommand", experiment: "Experiment") -> list[Path]:
    """Write the plan and its further files; return their paths, the plan's first."""
    from mediagym.agents.plan_files import export_plan
    from mediagym.agents.plan_page import write_plan_page
    from mediagym.agents.plans import acting, forecast_notes, plan_of, plan_table, write_plan
    from mediagym.agents.policies import baseline

    with progress("calibrating and planning"):
        rivals = [baseline(name, experiment) for name in options.baselines]
    policy = acting(experiment, options.policy, options.seed)
    with progress("estimating"):
        plan = write_plan(plan_of(experiment, policy, rivals), options.output)
        paths = export_plan(
            plan, options.export, options.output.parent, mapping=options.export_mapping
        )
        if options.page:
            paths.insert(0, options.output.with_suffix(".html"))
            write_plan_page(plan, paths[0])
    print_notes(forecast_notes(plan))
    console.print(plan_table(plan))
    print_notes(plan["warnings"], paths[0] if options.page else options.output)
    return [options.output, *paths]


def _write_frontier(options: "PlanCommand", experiment: "Experiment") -> list[Path]:
    """Write the plans of other budgets and return the paths of their files."""
    from mediagym.agents.frontier import frontier_lines, frontier_table, plan_frontier

    folder = options.output.parent
    with progress("plans of other budgets") as show_progress:
        frontier = plan_frontier(
            experiment, options.frontier, options.target, folder, show_progress
        )
    console.print(frontier_table(frontier))
    print_notes(frontier_lines(frontier))
    return [folder / f"frontier.{kind}" for kind in ("json", "png")]


if __name__ == "__main__":
    run()
