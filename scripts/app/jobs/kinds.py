"""What can be asked for: each kind of job is a command of `scripts`, run in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import Any

from mediagym.data.errors import ConfigError
from mediagym.data.settings import given_text
from mediagym.data.storage import SAMPLE

from ..storage import Store
from .configuration import command_of, configuration_of
from .references import reference_keys, require_references, resolved
from .schema import body_schema


@dataclass(frozen=True)
class Places:
    """Folders in which a job reads and writes."""

    data: Path  # exports
    cache: Path
    output: Path  # result
    inputs: Path  # copies of what the body refers to


@dataclass(frozen=True)
class Kind:
    """A kind of job: a command, by default that of its name."""

    name: str
    record: str  # of the command's options, module:class; imported when it is needed
    output: str | None = "."  # key ``output``, relative to the result; None: the command has none

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of a body: the keys of the YAML, all optional."""
        return body_schema(self.name, resolve_name(self.record))

    def validate(self, body: Mapping[str, Any], store: Store | None = None) -> None:
        """Check a body before it is queued: all that can be known without reading the data.

        Args:
            body: keys of the command's YAML file that differ.
            store: where results and uploads are looked up; None: their ids are not.

        Raises:
            ConfigError: naming the key.
        """
        config = configuration_of(self.name, body)
        require_references(self.name, body)
        if "export" in config:
            _require_formats(config["export"])
        with TemporaryDirectory(prefix="mediagym-") as name:
            folder = Path(name)
            if store is not None:
                body = resolved(store, self.name, body, folder)
            elif any(body.get(key) is not None for key in reference_keys(self.name)):
                return
            self.options(body, Places(SAMPLE, folder, folder, folder))

    def options(self, body: Mapping[str, Any], places: Places) -> Any:
        """Return the options of the command, as its own parser reads them.

        Args:
            body: keys that differ, with paths in the place of ids.
            places: folders of the job.

        Raises:
            MediaGymError: naming the key that is wrong.
        """
        config = configuration_of(self.name, body)
        config["data"]["path"] = str(places.data)
        if "cache" in config:
            config["cache"] = str(places.cache)
        if self.output is not None:
            config["output"] = str(places.output / self.output)
        return resolve_name(self.record).read(config)

    def run(self, options: Any) -> None:
        """Run the command; see `mediagym.scripts.cli.hosted`."""
        import_module(f"mediagym.scripts.{command_of(self.name)}").run.main(options)


def _require_formats(formats: Any) -> None:
    from mediagym.agents.plan_files import require_formats  # heavy: it brings torch

    if not isinstance(formats, list) or not all(isinstance(each, str) for each in formats):
        raise ConfigError(
            f"export: {given_text(formats)} was given. Allowed: a list of formats. "
            "To fix: give one."
        )
    require_formats(formats)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("ingest", "mediagym.data.ingestion:IngestCommand"),
        Kind("insights", "mediagym.agents.studies:InsightsCommand"),
        Kind("attribute", "mediagym.data.attribution:AttributeCommand"),
        Kind("calibrate", "mediagym.agents.setup:CalibrateCommand", None),
        Kind("plan", "mediagym.agents.setup:PlanCommand", "plan.json"),
        Kind("frontier", "mediagym.agents.setup:PlanCommand", "plan.json"),
        Kind("replan", "mediagym.agents.live:ReplanCommand"),
        Kind("score", "mediagym.agents.scoring:ScoreCommand"),
    )
}
