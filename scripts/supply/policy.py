"""The policy on dependencies: allowed licences, exceptions with their reasons, additional files."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mediagym.data.errors import data_error

from .tree import Scope

POLICY = Path(__file__).with_name("policy.toml")
Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Declared(_Entry):
    """Licence of a package whose metadata names only a family of licences."""

    states: str  # what the metadata say, maybe nothing; if they change, the entry no longer counts
    licence: Text  # SPDX expression
    evidence: Text  # where it was read


class Exemption(_Entry):
    """Package whose licence is not among the allowed ones, and why it is used all the same."""

    licence: Text  # SPDX expression
    scope: Scope  # only dependencies of this scope, or of one after it, may bring it
    reason: Text


class AlsoLocked(_Entry):
    """Package that the lock pins and `constraints.txt` does not."""

    version: Text
    reason: Text


class Wheel(_Entry):
    """File of a pinned version that the package index does not list."""

    file: Text  # name of the wheel
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    reason: Text

    @field_validator("file")
    @classmethod
    def _is_wheel(cls, name: str) -> str:
        try:
            parse_wheel_filename(name)
        except InvalidWheelFilename as error:
            raise ValueError(str(error)) from error
        return name

    @property
    def package(self) -> tuple[str, str]:
        """Normalised name and version without its local part."""
        name, version, _, _ = parse_wheel_filename(self.file)
        return name, version.public


class Unpinned(_Entry):
    """Packages that some environments have and that are neither pinned nor judged."""

    packages: Text  # pattern of normalised names, as in `fnmatch`
    reason: Text


class Excluded(_Entry):
    """Files that the package index lists and that must not be installed."""

    files: Text  # pattern of their names, as in `fnmatch`
    reason: Text


class Policy(_Entry):
    """Content of `policy.toml`; packages by normalised name."""

    allowed: list[Text]  # SPDX identifiers, each with its exception if it has one
    texts: dict[str, Text] = {}  # SPDX expression by a text that metadata use for it
    declared: dict[str, Declared] = {}
    exceptions: dict[str, Exemption] = {}
    also_locked: dict[str, AlsoLocked] = {}
    tools: dict[str, Text] = {}  # installed packages that need no pin, and why
    wheels: list[Wheel] = []
    excluded: list[Excluded] = []
    unpinned: list[Unpinned] = []

    def is_unpinned(self, name: str) -> bool:
        """True if a package need not be pinned; `name` is normalised."""
        return any(fnmatch(name, entry.packages) for entry in self.unpinned)

    @field_validator("declared", "exceptions", "also_locked", "tools")
    @classmethod
    def _is_normalised(cls, entries: dict[str, object]) -> dict[str, object]:
        for name in entries:
            if name != canonicalize_name(name):
                raise ValueError(f"{name}: write {canonicalize_name(name)}")
        return entries


def read_policy(path: Path = POLICY) -> Policy:
    """The policy.

    Raises:
        DataError: the file cannot be read, or has a key or a value that is not allowed.
    """
    try:
        return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        given = f"it cannot be read ({error})"
    except ValidationError as error:
        first = error.errors()[0]
        given = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise data_error(path.name, given, "the keys of scripts/supply/policy.py", "correct the entry")
