"""Write a dated plan as JSON, from any policy; calibrates first where that was not done yet."""

from omegaconf import DictConfig

from mediagym.agents.plans import acting, plan_of, plan_table, write_plan
from mediagym.agents.policies import baseline
from mediagym.agents.setup import PlanCommand, prepare
from mediagym.scripts.cli import console, launch, print_line, print_notes, progress, to_plain_dict


def main(config: DictConfig) -> None:
    """Plan."""
    settings = to_plain_dict(config)
    asked = PlanCommand.read(settings)
    with progress("calibrating and planning") as say:
        session = prepare(settings, say)
        rivals = [baseline(name, session.arena) for name in asked.baselines]
    policy = acting(session, asked.policy, str(asked.agent.get("name")), asked.seed)
    with progress("estimating"):
        plan = write_plan(plan_of(session, policy, rivals), asked.output)
    console.print(plan_table(plan))
    print_notes(plan["warnings"])
    print_line(f"\nplan  {asked.output}")


def run() -> None:
    """Console entry."""
    launch(main, "plan")


if __name__ == "__main__":
    run()
