"""Entry point of all commands: compose the configuration, parse it, report errors in one line."""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any, NoReturn, TypeVar, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from mediagym.data.display import terminal_lines
from mediagym.data.errors import MediaGymError
from mediagym.data.storage import CONF, SAMPLE, shipped_yaml

from .cluster import MISSING, PLUGIN, cluster_problem
from .help import help_of
from .override import advice

_FAULT = (
    "This is a fault of MediaGym, not of your input. Please report it to its issue tracker, with "
    "the lines above, the command and the version (`pip show mediagym`)."
)
Options = TypeVar("Options")
# registered on import, so that the worker processes of a sweep have them too
OmegaConf.register_new_resolver("sample", lambda: str(SAMPLE), replace=True)
# ${given:VALUE,THEN,OTHERWISE} is OTHERWISE if VALUE is null
OmegaConf.register_new_resolver(
    "given",
    lambda value, then, otherwise: otherwise if value is None else then,
    replace=True,
)


def _resumed(run: str | None, then: Any, otherwise: Any) -> Any:
    """``${resumed:RUN,THEN,OTHERWISE}`` is THEN if RUN is given and can be resumed."""
    from mediagym.agents.setup import resumable

    return then if run is not None and resumable(run) else otherwise


OmegaConf.register_new_resolver("resumed", _resumed, replace=True)


def command(
    name: str, parser: str | Callable[[dict[str, Any]], Options]
) -> Callable[[Callable[[Options], Any]], Callable[[], None]]:
    """Decorator that makes a function of parsed options the console entry of a command.

    Args:
        name: name of the command and of its YAML file in ``conf``.
        parser: maps the composed configuration (plain containers) to the options; as text, such
            as ``mediagym.agents.setup:PlanCommand.read``, it is imported once that is composed.
    """

    def parse(config: dict[str, Any]) -> Options:
        read = resolve_name(parser) if isinstance(parser, str) else parser
        return cast(Options, read(config))

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
    """Compose the configuration ``name``, parse it and call ``main`` with the options.

    User errors, raised while composing, parsing or running, are printed as one line and end the
    process with status 2. Other exceptions keep their traceback, which Hydra would shorten
    without ``HYDRA_FULL_ERROR``, and say that they are faults of the program.
    """
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    module = f"mediagym.scripts.{name}"
    is_script = main.__module__ in ("__main__", module) and find_spec(module) is not None
    own = None if is_script else (main, parse)  # a sweep pickles what `guarded` refers to
    composed = []

    def guarded(config: DictConfig) -> Any:
        composed.append(config)
        run, read = own or _functions_of(name)
        try:
            return run(read(to_plain_dict(config)))
        except MediaGymError as error:
            if sweeping():
                raise  # fails this job only; reported after the last job
            _exit_with(str(error))
        except OmegaConfBaseException as error:
            if sweeping():
                raise
            _exit_with(_one_line(error))
        except KeyboardInterrupt:
            print("\ninterrupted", file=sys.stderr)
            sys.exit(130)
        except Exception as error:
            if not sweeping():
                error.add_note(_FAULT)
                raise
            traceback.print_exc()  # it would not reach the parent process
            raise RuntimeError(f"a job failed: {error}") from error

    start = hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)
    try:
        if {"--help", "-h"} & set(sys.argv[1:]):  # Hydra's own lists all groups in over a second
            words = [word for word in sys.argv[1:] if not word.startswith("-")]
            print(help_of(name, (sys.modules[main.__module__].__doc__ or "").strip(), words))
            return
        start(guarded)()
    except MediaGymError as error:
        _exit_with(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        _exit_with(_one_line(error))
    except ValueError as error:
        if composed:
            raise
        _exit_with(_one_line(error))  # raised by Hydra about an override
    except OSError as error:
        if error.filename is None:
            raise
        _exit_with(
            f"{error.filename}: cannot be used ({error.strerror}). Choose another folder "
            "(hydra.run.dir=FOLDER sets that of the run) or free disk space."
        )
    except RuntimeError as error:
        if (message := cluster_problem(error)) is None:
            raise
        _exit_with(message)


def _functions_of(name: str) -> tuple[Callable[[Any], Any], Callable[[dict[str, Any]], Any]]:
    """Return a script's function and the parser of its options, by import in any process."""
    entry = import_module(f"mediagym.scripts.{name}").run
    return entry.main, entry.parse


def sweeping() -> bool:
    """Return True if this process runs one job of a sweep (``--multirun``)."""
    return bool(HydraConfig.initialized()) and HydraConfig.get().mode == RunMode.MULTIRUN


def to_plain_dict(config: DictConfig) -> dict[str, Any]:
    """Return a configuration as plain containers with all interpolations resolved."""
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)  # noqa: S101  # a main configuration is a mapping
    return {str(key): value for key, value in content.items()}


def overrides() -> list[str]:
    """Return the overrides given on the command line."""
    return list(HydraConfig.get().overrides.task)


def command_line(name: str) -> str:
    """Return the running command as text for documents, without paths of this machine."""
    words = [
        "data.path=DIR" if word.startswith("data.path=") else word
        for word in overrides()
        if not word.startswith("output=")
    ]
    return " ".join(["python", f"scripts/{name}.py", *words])


def _exit_with(message: str) -> NoReturn:
    print(f"error: {terminal_lines(message)}", file=sys.stderr)
    sys.exit(2)


def _one_line(error: Exception) -> str:
    """Rewrite an error of Hydra as one line: the given key, what is allowed, what to do."""
    if isinstance(error, MissingConfigException):
        return _missing_choice(error)
    if (message := _about_names(error)) is not None:
        return message
    cause: BaseException = error
    lines = []
    while cause is not None:
        lines.append(str(cause).strip().splitlines()[0] if str(cause).strip() else "")
        unknown = re.search(r"'(\w+)' is not in struct", str(cause))
        if unknown and (node := getattr(cause, "parent_node", None)) is not None:
            key = str(getattr(cause, "full_key", unknown[1]))
            if key in (renamed := shipped_yaml("renamed")["keys"]):
                return f"{key}: this key is now called {renamed[key]}. Rename it and run again."
            keys = [str(name) for name in node]
            return f"{lines[0]} Allowed there: {', '.join(keys)}.{_hint(unknown[1], keys)}"
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    message = " ".join(f"{line.rstrip('.')}." for line in dict.fromkeys(lines) if line)
    return f"{message} Run with --cfg job to list all keys."


def _about_names(error: Exception) -> str | None:
    """Return the message about an override whose campaign or channel cannot be written so."""
    if isinstance(error, OverrideParseException):
        return advice(error.override)
    words = (word for word in sys.argv[1:] if word.lstrip("+").partition("=")[0] in str(error))
    return next((text for text in map(advice, words) if text is not None), None)


def _missing_choice(error: MissingConfigException) -> str:
    """Return the message about a configuration file that does not exist."""
    group, _, choice = str(error.missing_cfg_file).rpartition("/")
    renamed = shipped_yaml("renamed")["policies"]
    if group == "agent" and choice in renamed:
        current = renamed[choice]
        return f"agent: {choice!r} is now called {current!r}. Run again with agent={current}."
    if choice == PLUGIN:
        return MISSING
    if group and error.options:
        allowed = list(error.options)
        return (
            f"{group}: {choice!r} is not known; allowed: {', '.join(allowed)}."
            f"{_hint(choice, allowed)}"
        )
    return " ".join(str(error).partition("Config search path")[0].split())


def _hint(name: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
