"""Train a policy in a task's markets or an advertiser's, compare it, and write its plan."""

import math

from omegaconf import DictConfig

from mediagym.agents.evaluation import compare, policy_table
from mediagym.agents.plans import plan_of, plan_table, write_plan
from mediagym.agents.plans.figures import draw_plan
from mediagym.agents.policy import Candidate
from mediagym.agents.setup import (
    TrainCommand,
    candidates_of,
    configured,
    keep_configuration,
    prepare,
    reference_folder,
)
from mediagym.agents.training import learn, learner_of, save_network, validation_percent
from mediagym.scripts.cli import (
    console,
    launch,
    overrides,
    print_line,
    print_notes,
    progress,
    run_folder,
    sweeping,
    to_plain_dict,
)


def main(config: DictConfig) -> float:
    """Train; return percent of the clairvoyant on validation markets, which sweeps maximise."""
    folder = run_folder()
    settings = configured(to_plain_dict(config), overrides())
    asked = TrainCommand.read(settings)
    learner_of(asked.agent)
    with progress("preparing") as say:
        session = prepare(settings, say)
        rivals = candidates_of(asked.baselines, session)
    keep_configuration(folder, settings)
    policy = learn(session, asked.seed, folder, progress=not sweeping())
    save_network(policy.network, folder)
    if asked.references_dir is not None:
        save_network(
            policy.network,
            reference_folder(asked.references_dir, session.arena.id, policy.name, asked.seed),
        )
    with progress("comparing on held-out markets") as say:
        entrants = [*rivals, Candidate(policy.name, (policy,))]
        console.print(policy_table(compare(session, entrants, folder, asked.seed, say)))
    if asked.task is None:
        with progress("writing the plan"):
            made = plan_of(session, policy, [rival.policies[0] for rival in rivals])
            plan = write_plan(made, folder / "plan.json")
            draw_plan(session.posterior, made, folder)
        console.print(plan_table(plan))
        print_notes(plan["warnings"])
        print_line(f"\nplan         {folder / 'plan.json'}, plan.png, response.png")
    else:
        print_line(
            f"\nplan         none: {asked.task} is nobody's budget; leave task out to get one"
        )
    print_line(f"comparison   {folder / 'evaluation.json'}, evaluation.png")
    print_line(f"policy       {folder / 'policy.safetensors'} (kept after {policy.network.origin})")
    print_line(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")
    if asked.task is None and not sweeping():
        return math.nan  # nobody asks, and an advertiser's clairvoyants take a minute
    with progress("scoring on validation markets"):
        return validation_percent(session, policy)


def run() -> None:
    """Console entry."""
    launch(main, "train")


if __name__ == "__main__":
    run()
