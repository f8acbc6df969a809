"""The help of a command: what it does, what can be chosen, and every key with its default."""

from collections.abc import Sequence

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf, open_dict

from mediagym.data.storage import CONF


def help_of(name: str, summary: str, words: Sequence[str]) -> str:
    """Return the help of a command.

    Args:
        name: name of the command and of its YAML file in ``conf``.
        summary: what it does, in one line.
        words: the overrides that were given beside ``--help``; keys have their values.

    Raises:
        HydraException: for an override that is not allowed.
    """
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(name, list(words), return_hydra_config=True)
    groups = "\n".join(f"  {group}: {', '.join(names)}" for group, names in _choices(config))
    with open_dict(config):
        del config["hydra"]
    return (
        f"{name}: {summary}\n\n"
        f"Usage: {name} [KEY=VALUE | GROUP=CHOICE]... [--multirun] [--cfg job]\n"
        "  --multirun  run every combination of VALUE,VALUE,...\n"
        "  --cfg job   print the configuration, and run nothing\n"
        "  A word with other brackets than those of VALUE is quoted: 'KEY=[A,B]'.\n\n"
        + (f"Groups and their choices:\n{groups}\n\n" if groups else "")
        + f"Keys and their defaults:\n\n{OmegaConf.to_yaml(config)}"
    )


def _choices(config: DictConfig) -> list[tuple[str, list[str]]]:
    """Return the groups of a configuration that have more than one choice, with their choices."""
    found = {}
    for choice in config.hydra.runtime.choices:
        group = str(choice).partition("@")[0]
        names = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
        if not group.startswith("hydra/") and len(names) > 1:
            found[group] = names
    return sorted(found.items())
