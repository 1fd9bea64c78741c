"""Which files of a folder are worth parsing, in which language, and what their paths say of them.

The walk itself is the engine's, the names that guide it are data. A file whose name and first line tell no language is
left out without a word: images, archives and objects are most of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Protocol

from leindex.leparse.native import WalkedFile, walk
from leindex.types import Skipped

IGNORE_FILE = ".leindexignore"
TEST, VENDORED, EXAMPLE = 2, 4, 8
"""Bits of a file's flags; bit 1, generated, is found in its content."""
HEAD_BYTES = 128  # enough for a `#!` line


class Language(Protocol):
    """What discovery asks of a language."""

    @property
    def tests(self) -> Sequence[str]:
        """Glob patterns of file names that hold tests."""


class LanguageTable(Protocol):
    """What discovery asks of all languages: see :class:`leindex.leparse.languages.Languages`."""

    @property
    def by_name(self) -> Mapping[str, Language]:
        """Languages by their names."""

    def for_path(self, path: str, head: bytes | None = None) -> str | None:
        """Name of a file's language, by its name and first line."""

    def claimed(self, root: Path, paths: Iterable[str]) -> Mapping[str, str]:
        """Languages of files whose content says another one than their name."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A file to be indexed, before it is read."""

    path: str
    size: int
    mtime_ns: int
    language: str
    flags: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """Files sorted by the bytes of their paths, and what was left out for a reason."""

    files: Sequence[SourceEntry]
    skipped: Sequence[Skipped]


def discover(
    root: Path,
    languages: LanguageTable,
    *,
    max_file_bytes: int,
    include_hidden: bool = False,
    include_vendored: bool = False,
    threads: int = 0,
) -> Discovery:
    """Walk a folder.

    Raises:
        OSError: if the folder itself cannot be listed.
    """
    folders = folder_names()
    files, skipped = walk(
        str(root),
        max_file_bytes=max_file_bytes,
        hidden=include_hidden,
        vendored=include_vendored,
        vendored_names=folders["vendored"],
        vendored_markers=folders["vendored_markers"],
        ignore_file=IGNORE_FILE,
        excluded=folders["excluded"],
        threads=threads,
    )
    entries = tuple(_entries(root, files, languages))
    return Discovery(entries, tuple(Skipped(skip.path, skip.reason, skip.detail) for skip in skipped))


def _entries(root: Path, files: Sequence[WalkedFile], languages: LanguageTable) -> Iterable[SourceEntry]:
    tests = {name: _any_of(tuple(language.tests)) for name, language in languages.by_name.items()}
    claimed = languages.claimed(root, (file.path for file in files))
    for file in files:
        path = file.path
        language = claimed.get(path) or languages.for_path(path) or _by_first_line(root, path, languages)
        if language is None:
            continue
        folder, _, name = path.rpartition("/")
        flags = folder_flags(folder) | (VENDORED if file.vendored else 0)
        pattern = tests[language]
        if pattern is not None and pattern.match(name):
            flags |= TEST
        yield SourceEntry(path, file.size, file.mtime_ns, language, flags)


def _by_first_line(root: Path, path: str, languages: LanguageTable) -> str | None:
    """Only a name without an extension leaves the question open; scripts are called so."""
    if "." in path.rpartition("/")[2]:
        return None
    try:
        with (root / path).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:  # gone or unreadable since the walk: a file without a known language is not missed
        return None
    return languages.for_path(path, head)


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(translate(pattern) for pattern in patterns)) if patterns else None


@cache
def folder_flags(folder: str) -> int:
    """What the folders above a file say of it; the nearest need not be the one that says it."""
    parts = {part.lower() for part in folder.split("/")}
    names = folder_names()
    return (0 if parts.isdisjoint(names["tests"]) else TEST) | (0 if parts.isdisjoint(names["examples"]) else EXAMPLE)


@cache
def folder_names() -> Mapping[str, Sequence[str]]:
    """Names of folders by what they say: see ``folders.toml``."""
    return tomllib.loads((resources(__package__) / "folders.toml").read_text(encoding="utf-8"))
