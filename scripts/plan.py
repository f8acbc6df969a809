"""Write a dated plan as JSON, from any policy; calibrates first where that was not done yet."""

from omegaconf import DictConfig

from mediagym.agents.commands import PlanCommand
from mediagym.agents.plan import write_plan
from mediagym.agents.planning import acting, plan_of
from mediagym.agents.registry import baseline
from mediagym.agents.report import plan_table
from mediagym.agents.workflow import prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, tell, warn, working


def main(config: DictConfig) -> None:
    """Plan."""
    settings = plain(config)
    asked = PlanCommand.read(settings)
    with working("calibrating and planning") as say:
        session = prepare(settings, say)
        rivals = [baseline(name, session.arena) for name in asked.baselines]
    policy = acting(session, asked.policy, str(asked.agent.get("name")), asked.seed)
    with working("estimating"):
        plan = write_plan(plan_of(session, policy, rivals), asked.output)
    console.print(plan_table(plan))
    warn(plan["warnings"])
    tell(f"\nplan  {asked.output}")


def run() -> None:
    """Console entry."""
    launch(main, "plan")


if __name__ == "__main__":
    run()
