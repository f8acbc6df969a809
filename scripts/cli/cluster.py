"""What went wrong with a sweep on a cluster, as one line; submitit says it in a traceback."""

PLUGIN = "submitit_slurm"  # the launcher that conf/hydra/launcher/slurm.yaml builds on
MISSING = (
    "hydra/launcher=slurm: the package hydra-submitit-launcher is not installed. To fix: "
    "pip install 'mediagym[cluster]'."
)


def cluster_problem(error: Exception) -> str | None:
    """Return the message about an error of submitit; None if it is none that a user can mend.

    Args:
        error: an exception that a launcher has raised.
    """
    first = next(iter(str(error).splitlines()), "")
    if "srun" in first and isinstance(error, RuntimeError):
        return (
            "hydra/launcher=slurm: there is no Slurm here (no srun). To fix: run the command on a "
            "login node of the cluster, or leave hydra/launcher=slurm out."
        )
    if not type(error).__module__.startswith("submitit."):
        return None
    if first.startswith("sbatch:"):
        return (
            f"hydra/launcher=slurm: Slurm has not taken the jobs ({first}). "
            "To fix: give what the cluster allows as hydra.launcher.KEY (docs/cluster.md)."
        )
    if type(error).__name__ != "UncompletedJobError":
        return None
    return (
        f"hydra/launcher=slurm: {first.rstrip('.:')}. The jobs' logs are in .submitit in the "
        "sweep's folder. To fix: run it again; trainings go on by resume=FOLDER (docs/cluster.md)."
    )
