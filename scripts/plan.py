"""Write a dated plan as JSON, from any policy; calibrates first where that was not done yet."""

from pathlib import Path

from omegaconf import DictConfig

from mediagym.agents.plan import write_plan
from mediagym.agents.report import plan_table
from mediagym.agents.workflow import acting, plan_of, policy_named, prepare
from mediagym.scripts.launch import launch, plain
from mediagym.scripts.screen import console, working


def main(config: DictConfig) -> None:
    """Plan."""
    settings = plain(config)
    with working("calibrating and planning") as say:
        session = prepare(settings, say)
        rivals = [policy_named(name, session) for name in settings["baselines"]]
    policy = acting(session, settings["policy"], settings["agent"]["name"], settings["seed"])
    with working("estimating"):
        plan = write_plan(plan_of(session, policy, rivals), Path(settings["output"]))
    console.print(plan_table(plan))
    for warning in plan["warnings"]:
        console.print(f"[yellow]![/] {warning}")
    console.print(f"\nplan  {settings['output']}")


def run() -> None:
    """Console entry."""
    launch(main, "plan")


if __name__ == "__main__":
    run()
