"""Calibrate, train a policy, compare it with the baselines, and write its plan."""

from omegaconf import DictConfig

from mediagym.agents.commands import TrainCommand
from mediagym.agents.comparison import compare
from mediagym.agents.figures import draw_plan
from mediagym.agents.learned import save_network
from mediagym.agents.learners import learner_of
from mediagym.agents.plan import write_plan
from mediagym.agents.report import plan_table, policy_table
from mediagym.agents.runs import configured
from mediagym.agents.workflow import learn, plan_of, policy_named, prepare
from mediagym.scripts.launch import launch, overrides, plain
from mediagym.scripts.screen import console, run_folder, tell, warn, working


def main(config: DictConfig) -> float:
    """Train; return percent of the clairvoyant, which sweeps maximise."""
    folder = run_folder()
    settings = configured(folder, plain(config), overrides())
    asked = TrainCommand.read(settings)
    learner_of(asked.agent)
    with working("calibrating and planning") as say:
        session = prepare(settings, say)
        rivals = [policy_named(name, session) for name in asked.baselines]
    policy = learn(session, asked.seed, folder, progress=True)
    save_network(policy.network, folder)
    with working("comparing on held-out markets") as say:
        result = compare(session, [*rivals, policy], folder, asked.seed, say)
    with working("writing the plan"):
        made = plan_of(session, policy, rivals)
        plan = write_plan(made, folder / "plan.json")
        draw_plan(session.posterior, made, folder)
    console.print(policy_table(result), plan_table(plan))
    warn(plan["warnings"])
    tell(f"\nplan         {folder / 'plan.json'}, plan.png, response.png")
    tell(f"comparison   {folder / 'evaluation.json'}, evaluation.png")
    tell(f"policy       {folder / 'policy.safetensors'} (kept after {policy.network.origin})")
    tell(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")
    scores = {row["policy"]: row["percent_of_clairvoyant"] for row in result["policies"]}
    return float(scores[policy.name])


def run() -> None:
    """Console entry."""
    launch(main, "train")


if __name__ == "__main__":
    run()
