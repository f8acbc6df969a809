"""Write a policy's dated plan as JSON, with estimated conversions by channel and campaign type."""

from mediagym.agents.plans import acting, forecast_notes, plan_of, plan_table, write_plan
from mediagym.agents.policies import baseline
from mediagym.agents.setup import PlanCommand, prepare
from mediagym.scripts.cli import command, console, print_line, print_notes, progress


@command("plan", PlanCommand.read)
def run(options: PlanCommand) -> None:
    """Make the plan, write it, and print it as a table."""
    with progress("calibrating and planning") as show_progress:
        experiment = prepare(options.experiment, show_progress)
        rivals = [baseline(name, experiment) for name in options.baselines]
    policy = acting(experiment, options.policy, options.seed)
    with progress("estimating"):
        plan = write_plan(plan_of(experiment, policy, rivals), options.output)
    print_notes(forecast_notes(plan))
    console.print(plan_table(plan))
    print_notes(plan["warnings"])
    print_line(f"\nplan  {options.output}")


if __name__ == "__main__":
    run()
