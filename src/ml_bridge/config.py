"""How a runtime is set up: a table with defaults that suit most, from a TOML file, the environment or the program.

The file has the specification's table ``[python]`` and one ``[python.functions.NAME]`` for each function that needs
its own limits. A variable ``ML_BRIDGE_<KEY>`` has the last word. Durations are written "30s", "5m", "1h" or "250ms",
sizes "512MB" or "2GB". A key that does not exist, or a value that cannot be, is an error that names file and key.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from ml_bridge.errors import SettingInvalid

PREFIX = "ML_BRIDGE_"
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def _duration(value: object) -> object:
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)", value.strip())
        if found is None:
            raise ValueError('must be a duration such as "250ms", "30s", "5m" or "1h"')
        return float(found[1]) * SECONDS[found[2]]
    return value


def _size(value: object) -> object:
    if isinstance(value, str) and not value.strip().isdecimal():
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(KB|MB|GB)", value.strip())
        if found is None:
            raise ValueError('must be a size such as "512MB" or "2GB"')
        return int(float(found[1]) * BYTES[found[2]])
    return value


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Duration = Annotated[float, BeforeValidator(_whole), BeforeValidator(_duration), Field(gt=0, allow_inf_nan=False)]
Size = Annotated[int, BeforeValidator(_whole), BeforeValidator(_size), Field(gt=0)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=1)]


class FunctionLimits(BaseModel):
    """What ``[python.functions.NAME]`` may say; it has precedence over what the function says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout: Duration | None = None
    max_batch_size: Count | None = None


class Configuration(BaseSettings):
    """Every setting of a runtime, with its default. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix=PREFIX, protected_namespaces=())

    python_path: Annotated[str, AfterValidator(lambda text: text or sys.executable)] = sys.executable
    """Interpreter of the workers; of the same version as this one, and with what the functions import."""
    default_timeout: Duration = 30.0
    """For functions that do not name their own."""
    workers: Count = min(4, os.cpu_count() or 1)
    """Processes for functions; each model has one of its own besides."""
    queue_limit: Annotated[int, BeforeValidator(_whole), Field(ge=0)] = 256
    """Calls that may wait for a worker; one more is refused."""
    memory_limit: Size | None = None
    """What one worker may take; without it, what the machine has."""
    enable_gc: bool = True
    """Whether workers collect garbage by themselves."""
    gc_interval: Duration = 300.0
    """A worker collects garbage between two calls when this time has passed since it last did."""
    max_cached_models: Count = 5
    """Models that are kept loaded; the least recently used goes first."""
    max_cached_bytes: Size | None = None
    """What the loaded models may hold together, as measured; without it, only their number counts."""
    model_cache_timeout: Duration = 3600.0
    """A model that nobody used for so long is unloaded."""
    batch_tokens: Count = 4096
    """Small calls for a model that come together are one batch of at most so many tokens, padding included."""
    enable_gpu: bool = True
    """Whether models may use a GPU that torch sees."""
    gpu_memory_fraction: Annotated[float, BeforeValidator(_whole), Field(gt=0, le=1)] = 0.5
    """What part of the GPU's memory one model may take."""
    allow_downloads: bool = False
    """Whether models may be fetched from the hub; otherwise they come from folders and from what was fetched before."""
    functions: dict[str, FunctionLimits] = Field(default_factory=dict)
    """Limits of single functions, by name."""

    def __init__(self, **values: Any) -> None:
        """Take the values given, then the environment, then the defaults.

        Raises:
            SettingInvalid: for a value that cannot be.
        """
        try:
            super().__init__(**values)
        except (ValidationError, SettingsError) as error:
            raise SettingInvalid(_told("the configuration", error)) from None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read ``[python]`` of a TOML file; variables of the environment have the last word.

        Raises:
            SettingInvalid: the file cannot be read, is not TOML, or has a key or a value that cannot be.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("python", {})
        except OSError as error:
            raise SettingInvalid(f"{path} cannot be read ({error.strerror})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingInvalid(f"{path} is not valid TOML ({error})") from error
        return cls.from_table(table, str(path))

    @classmethod
    def from_table(cls, table: dict[str, Any], source: str) -> Self:
        """The settings that a table named ``python`` says, below the environment."""
        if not isinstance(table, dict):
            raise SettingInvalid(f"{source}: python must be a table")
        named = cls._named_by_environment()
        try:
            # pydantic would give what the program says precedence over the environment; a file has less.
            return cls._checked({key: value for key, value in table.items() if key not in named})
        except (ValidationError, SettingsError) as error:
            raise SettingInvalid(_told(f"{source}: [python]", error)) from None

    @classmethod
    def _checked(cls, values: dict[str, Any]) -> Self:
        made = cls.__new__(cls)
        BaseSettings.__init__(made, **values)
        return made

    @classmethod
    def _named_by_environment(cls) -> set[str]:
        probe = cls.model_fields.keys()
        found = {name.lower() for name in os.environ}  # noqa: TID251 - only the names; pydantic-settings has the values
        return {key for key in probe if f"{PREFIX}{key}".lower() in found}


def _told(source: str, error: ValidationError | SettingsError) -> str:
    if isinstance(error, SettingsError):
        return f"{source}: {error}"
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = FunctionLimits.model_fields if key.startswith("functions.") else Configuration.model_fields
        return f"{source}: {key} is no setting; there are {', '.join(known)}"
    variable = f"{PREFIX}{key.split('.')[0].upper()}"
    said = problem["msg"].removeprefix("Value error, ")
    return f"{source}: {key} (or the variable {variable}): {said}, and is {problem['input']!r}"
