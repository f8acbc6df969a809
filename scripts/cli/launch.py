"""What every command shares: one readable error for a user's mistake, never a traceback."""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn, TypeVar

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mediagym.agents.setup import resumable
from mediagym.data.errors import MediaGymError
from mediagym.data.settings import RENAMED
from mediagym.data.storage import CONF, SAMPLE

Options = TypeVar("Options")
# on import, so that the processes of a sweep have it too
OmegaConf.register_new_resolver("sample", lambda: str(SAMPLE), replace=True)
# whether a run is resumed that can be
OmegaConf.register_new_resolver(
    "resumed",
    lambda run, then, otherwise: then if run is not None and resumable(run) else otherwise,
    replace=True,
)


def command(
    name: str, parse: Callable[[dict[str, Any]], Options]
) -> Callable[[Callable[[Options], Any]], Callable[[], None]]:
    """Turn a function of a command's options into the console entry of that command.

    Args:
        name: of the command and of its YAML in ``conf``.
        parse: makes the options of the composed configuration, plain containers.
    """

    def decorate(main: Callable[[Options], Any]) -> Callable[[], None]:
        def run() -> None:
            """Console entry."""
            launch(main, parse, name)

        run.main, run.parse = main, parse  # type: ignore[attr-defined]
        return run

    return decorate


def launch(
    main: Callable[[Options], Any], parse: Callable[[dict[str, Any]], Options], name: str
) -> None:
    """Run a command under the configuration of its name.

    A user's mistake, in the configuration or found by the program, is printed as one message
    and ends with status 2. Hydra would shorten the traceback of a program's own fault too;
    asked for full errors it does not.
    """
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    if main.__module__ == "__main__":  # a sweep sends it to other processes, which import it
        entry = import_module(f"mediagym.scripts.{name}").run
        main, parse = entry.main, entry.parse
    composed = []

    def guarded(config: DictConfig) -> Any:
        composed.append(config)
        try:
            return main(parse(to_plain_dict(config)))
        except MediaGymError as error:
            if sweeping():
                raise  # ends this job alone; reported when all have ended
            _refuse(str(error))
        except OmegaConfBaseException as error:
            if sweeping():
                raise
            _refuse(_readable(error))
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
            sys.exit(130)
        except Exception as error:
            if not sweeping():
                raise
            traceback.print_exc()  # it does not reach the process that waits for the job
            raise RuntimeError(f"a job failed: {error}") from error

    start = hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)
    try:
        start(guarded)()
    except MediaGymError as error:
        _refuse(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        _refuse(_readable(error))
    except ValueError as error:
        if composed:
            raise
        _refuse(_readable(error))  # Hydra's, about an override
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(
            f"{error.filename}: cannot be used ({error.strerror}). Choose another folder, with "
            "hydra.run.dir=FOLDER for a run's own, or free the disk."
        )


def sweeping() -> bool:
    """Return whether this run is one job of a sweep (``--multirun``)."""
    return bool(HydraConfig.initialized()) and HydraConfig.get().mode == RunMode.MULTIRUN


def to_plain_dict(config: DictConfig) -> dict[str, Any]:
    """Return a configuration as plain, resolved containers."""
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)  # noqa: S101  # a main configuration is a mapping
    return {str(key): value for key, value in content.items()}


def overrides() -> list[str]:
    """Return what the command line changed."""
    return list(HydraConfig.get().overrides.task)


def command_line(name: str) -> str:
    """Return the command that is running, for documents: where things lie is left out."""
    words = [
        "data.path=DIR" if word.startswith("data.path=") else word
        for word in overrides()
        if not word.startswith("output=")
    ]
    return " ".join(["python", f"scripts/{name}.py", *words])


def _refuse(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def _readable(error: Exception) -> str:
    """Word Hydra's complaint: the key that was given, what is near it, how to list the keys."""
    if isinstance(error, MissingConfigException):
        told = str(error).partition("Config search path")[0].replace("\n\t", " ")
        return ". ".join(line.strip() for line in told.splitlines() if line.strip()) + "."
    cause: BaseException = error
    lines = []
    while cause is not None:
        lines.append(str(cause).strip().splitlines()[0] if str(cause).strip() else "")
        allowed = re.search(r"'(\w+)' is not in struct", str(cause))
        if allowed and (node := getattr(cause, "parent_node", None)) is not None:
            full = str(getattr(cause, "full_key", allowed[1]))
            if full in RENAMED:
                return f"{full}: this key is now called {RENAMED[full]}. Rename it and run again."
            keys = [str(key) for key in node]
            near = difflib.get_close_matches(allowed[1], keys, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            return f"{lines[0]} Allowed there: {', '.join(keys)}.{hint}"
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    told = " ".join(f"{line.rstrip('.')}." for line in dict.fromkeys(lines) if line)
    return f"{told} Run with --cfg job to see every key."
