"""Train a policy on a task or an advertiser's calibration, compare it, and write its plan."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediagym.data.errors import ConfigError
from mediagym.scripts.cli import (
    command,
    console,
    overrides,
    print_line,
    print_notes,
    progress,
    run_folder,
    sweeping,
)

if TYPE_CHECKING:
    from mediagym.agents.experiment import Experiment
    from mediagym.agents.policy import Policy
    from mediagym.agents.setup import TrainCommand


def parse(config: Mapping[str, Any]) -> "TrainCommand":
    """Return the options of the configuration, or of the run that is resumed.

    Raises:
        ConfigError: for a key that is not allowed, and for a resumed run with another folder.
    """
    from mediagym.agents.setup import TrainCommand, configured

    options = TrainCommand.read(configured(config, overrides()))
    if config.get("resume") is not None and not run_folder().samefile(config["resume"]):
        raise ConfigError(
            f"resume: {str(run_folder())!r} was given as folder of the run; a run goes on in its "
            "own. Leave hydra.run.dir, hydra.sweep.dir and hydra.sweep.subdir out."
        )
    return options


@command("train", parse)
def run(options: "TrainCommand") -> float:
    """Train; return percent of the clairvoyant on validation markets, which sweeps maximise."""
    from mediagym.agents.evaluation import clairvoyant_ahead, compare, policy_table
    from mediagym.agents.networks import save_network
    from mediagym.agents.policy import Candidate
    from mediagym.agents.processes import beside
    from mediagym.agents.setup import candidates_of, keep_configuration, prepare, reference_folder
    from mediagym.agents.training import learn, rival_values, validation_percent

    folder, task = run_folder(), options.experiment.task
    learner = options.experiment.learner
    with beside(1 if sweeping() else None) as submit:
        with progress("preparing") as show_progress:
            experiment = prepare(options.experiment, show_progress)
            baselines = candidates_of(options.baselines, experiment)
        keep_configuration(folder, options)
        rivals = submit(partial(rival_values, experiment))
        bounds = submit(partial(clairvoyant_ahead, experiment))
        policy = learn(experiment, options.seed, folder, progress=not sweeping(), rivals=rivals)
        save_network(policy.network, folder)
        if options.references_dir is not None:
            own = reference_folder(
                options.references_dir, experiment.id, learner.name, options.seed
            )
            save_network(policy.network, own)
        with progress("comparing on held-out markets") as show_progress:
            bounds()
            candidates = [*baselines, Candidate(policy.name, (policy,))]
            compared = compare(
                experiment, candidates, folder, options.seed, show_progress, policy, submit
            )
            console.print(policy_table(compared))
        if task is None:
            _plan(experiment, policy, [each.policies[0] for each in baselines], folder)
        else:
            print_line("\nplan         none: benchmark tasks have no advertiser")
    print_line(f"comparison   {folder / 'evaluation.json'}, evaluation.png")
    print_line(f"policy       {folder / 'policy.safetensors'} ({policy.network.origin})")
    print_line(f"TensorBoard  tensorboard --logdir {folder / 'tensorboard'}")
    if task is None and not sweeping():
        return math.nan  # nothing uses it, and an advertiser's clairvoyant plans take a minute
    with progress("scoring on validation markets"):
        return validation_percent(experiment, policy)


def _plan(
    experiment: "Experiment", policy: "Policy", rivals: Sequence["Policy"], folder: Path
) -> None:
    """Write the trained policy's plan and its pictures, and print it as a table."""
    from mediagym.agents.plans import forecast_notes, plan_of, plan_table, write_plan
    from mediagym.agents.plans.figures import draw_plan

    with progress("writing the plan"):
        made = plan_of(experiment, policy, rivals)
        plan = write_plan(made, folder / "plan.json")
        draw_plan(experiment.posterior, made, folder)
    print_notes(forecast_notes(plan))
    console.print(plan_table(plan))
    print_notes(plan["warnings"], folder / "plan.json")
    print_line(f"\nplan         {folder / 'plan.json'}, plan.png, response.png")


if __name__ == "__main__":
    run()
