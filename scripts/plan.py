"""Write a policy's dated plan as JSON, with estimated conversions by channel and campaign type."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, console, print_line, print_notes, progress

if TYPE_CHECKING:
    from mediagym.agents.setup import PlanCommand


@command("plan", "mediagym.agents.setup:PlanCommand.read")
def run(options: "PlanCommand") -> None:
    """Make the plan, write it with its page and further files, and print it as a table."""
    from mediagym.agents.frontier import frontier_lines, frontier_table, plan_frontier
    from mediagym.agents.plan_files import export_plan, require_formats
    from mediagym.agents.plan_page import write_plan_page
    from mediagym.agents.plans import acting, forecast_notes, plan_of, plan_table, write_plan
    from mediagym.agents.policies import baseline
    from mediagym.agents.setup import prepare

    require_formats(options.export)
    with progress("calibrating and planning") as show_progress:
        experiment = prepare(options.experiment, show_progress)
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
    print_notes(plan["warnings"])
    if options.frontier is not None or options.target:
        with progress("plans of other budgets") as show_progress:
            frontier = plan_frontier(
                experiment,
                options.frontier,
                options.target,
                options.output.parent,
                show_progress,
            )
        console.print(frontier_table(frontier))
        print_notes(frontier_lines(frontier))
        paths += [options.output.parent / f"frontier.{kind}" for kind in ("json", "png")]
    print_line(f"\nplan  {options.output}")
    for path in paths:
        print_line(f"      {path}")


if __name__ == "__main__":
    run()
