"""How LeIndex is set up: a few values with defaults that suit most, from a file of the project or the environment.

``leindex.toml`` at the root of the project holds them by name; ``[tool.leindex]`` in ``pyproject.toml`` does too; an
environment variable ``LEINDEX_<NAME>`` has the last word. A name that does not exist is an error, not a surprise later.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

from leindex.errors import SettingsError

FOLDER_NAME = ".leindex"
PREFIX = "LEINDEX_"
MOST_BYTES = 2 << 30  # places inside a file are numbered with 32 bits


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of LeIndex, with its default."""

    index_dir: Path | None = None
    """Folder for the indexes of all projects, one below it for each; by default ``.leindex`` inside the project."""
    max_file_bytes: int = 2 << 20
    """Larger files are left out and reported."""
    max_parse_seconds: int = 10
    """A file on which its grammar works longer is kept as text, and reported."""
    include_hidden: bool = False
    """Index files and folders whose names begin with a dot."""
    include_vendored: bool = False
    """Index folders of other people's code (``node_modules``, ``vendor``), marked as such."""
    threads: int = 0
    """Threads for walking and parsing; 0 takes one per core."""

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings of a project.

        Raises:
            SettingsError: for a name that does not exist, a value that cannot be, or a file that is not TOML.
        """
        values: dict[str, Any] = {}
        for source, table in _tables(root):
            values |= {key: _checked(source, key, value, root) for key, value in table.items()}
        for name, text in environment.items():
            if name.startswith(PREFIX):
                key = name.removeprefix(PREFIX).lower()
                values[key] = _checked(f"environment variable {name}", key, text, Path.cwd())
        return cls(**values)

    def index_folder(self, root: Path) -> Path:
        """Where the index of a project rests. Two projects never share a folder, even if they have the same name."""
        if self.index_dir is None:
            return root / FOLDER_NAME
        return self.index_dir / f"{root.name}-{blake2b(os.fsencode(root), digest_size=4).hexdigest()}"


def _tables(root: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The weaker source first."""
    project = _read(root / "pyproject.toml").get("tool", {})
    table = project.get("leindex", {}) if isinstance(project, dict) else {}
    own = root / "leindex.toml"
    return [(f"{root / 'pyproject.toml'} [tool.leindex]", table), (str(own), _read(own))]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if path.name == "pyproject.toml":  # another tool's file, and it may be half written: none of our business
            return {}
        raise SettingsError(str(path), "the file", f"is not valid TOML ({error})") from error
    except OSError as error:
        raise SettingsError(str(path), "the file", f"cannot be read ({error.strerror})") from error


def _checked(source: str, key: str, value: object, base: Path) -> object:
    reader = _READERS.get(key)
    if reader is None:
        raise SettingsError(source, key, f"is no setting; there are {', '.join(_READERS)}")
    return reader(source, key, value, base)


def _whole(least: int, most: int) -> Callable[[str, str, object, Path], int]:
    def read(source: str, key: str, value: object, _base: Path) -> int:
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise SettingsError(source, key, f"must be a whole number from {least} to {most}, and is {value!r}")
        return number

    return read


def _flag(source: str, key: str, value: object, _base: Path) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    flag = words.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(flag, bool):
        raise SettingsError(source, key, f"must be true or false, and is {value!r}")
    return flag


def _folder(source: str, key: str, value: object, base: Path) -> Path:
    """Relative to the project if a file of it says so, to the working directory if the environment does."""
    if not isinstance(value, str) or not value.strip():
        raise SettingsError(source, key, f"must be the path of a folder, and is {value!r}")
    return base / Path(value).expanduser()


_READERS: dict[str, Callable[[str, str, object, Path], object]] = {
    "index_dir": _folder,
    "max_file_bytes": _whole(1, MOST_BYTES),
    "max_parse_seconds": _whole(1, 3600),
    "include_hidden": _flag,
    "include_vendored": _flag,
    "threads": _whole(0, 1024),
}
