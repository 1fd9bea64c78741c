"""What can go wrong with LeIndex, drawn as one small tree; every message says what is and what to do next.

    LeIndexError
    ├── ProjectError          the folder to be indexed
    │   ├── ProjectNotFound
    │   ├── NotAFolder
    │   └── NotReadable
    ├── StoreError            the index of it
    │   ├── IndexLocked
    │   ├── IndexNewer
    │   ├── IndexDamaged
    │   └── IndexFolderReadOnly
    ├── QuestionError         what was asked
    │   ├── EmptyQuery
    │   ├── OutOfRange
    │   ├── SymbolNotFound
    │   └── AmbiguousSymbol
    ├── SettingsError         how LeIndex was set up
    ├── FileNotParsed         a single file
    └── LanguageError         what a language folder says

Broken source code is none of these: it is a result, and is counted in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leindex.types import Symbol

MOST_LISTED = 20


class LeIndexError(Exception):
    """Anything that LeIndex says on purpose; the message is one for people."""


class ProjectError(LeIndexError):
    """The folder that was to be indexed cannot be."""


class ProjectNotFound(ProjectError):
    """There is nothing at the path."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no folder {path}; check the path, or run the command inside the project.")


class NotAFolder(ProjectError):
    """The path leads to a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is a file, and a project is a folder; try {path.parent}.")


class NotReadable(ProjectError):
    """The permissions of the folder forbid listing it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The folder {path} may not be read; grant read and search permission (chmod u+rx) and retry.")


class FileNotParsed(LeIndexError):
    """A file that is no readable source text."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be parsed: {reason}. Give the path of a source file that you may read.")


class StoreError(LeIndexError):
    """The index cannot be used as it is."""


class IndexLocked(StoreError):
    """Another process is writing the index; only one may."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"The index in {folder} is being written by {holder}; wait until it is done, or stop it, and retry. "
            "Questions are answered from the last finished index meanwhile."
        )


class IndexNewer(StoreError):
    """The index was written by a later LeIndex."""

    def __init__(self, folder: Path, unknown: Sequence[str]) -> None:
        super().__init__(
            f"The index in {folder} was written by a newer LeIndex (it has {', '.join(unknown)}); "
            "upgrade leindex-py, or delete that folder and index again."
        )


class IndexDamaged(StoreError):
    """The database file is not whole. Nothing is lost with it: the sources are the truth."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"The index in {folder} is damaged ({problem}); run `leindex index` to build it again.")


class IndexFolderReadOnly(StoreError):
    """The place where the index should rest cannot be written."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"The index cannot be written to {folder} ({problem}); choose another place with the setting index_dir, "
            "for instance LEINDEX_INDEX_DIR=~/.cache/leindex."
        )


class QuestionError(LeIndexError):
    """What was asked has no answer as it stands."""


class EmptyQuery(QuestionError):
    """A question without a word."""

    def __init__(self) -> None:
        super().__init__('The question is empty; ask with a few words, such as "how are connections pooled".')


class OutOfRange(QuestionError):
    """A number that no answer can meet."""

    def __init__(self, what: str, value: int, least: int, most: int) -> None:
        super().__init__(f"The {what} must be a whole number from {least} to {most}, and is {value}.")


class SymbolNotFound(QuestionError):
    """No symbol bears the name; ``suggestions`` are names that come near."""

    def __init__(self, name: str, suggestions: Sequence[str] = ()) -> None:
        self.name = name
        self.suggestions = tuple(suggestions)
        near = f"did you mean {' or '.join(suggestions)}?" if suggestions else "search for it by what it does."
        super().__init__(f"No symbol is called {name!r}; {near}")


class AmbiguousSymbol(QuestionError):
    """Several symbols bear the name; ``candidates`` are all of them, each with an exact ``id``."""

    def __init__(self, name: str, candidates: Sequence[Symbol]) -> None:
        self.name = name
        self.candidates = tuple(candidates)
        lines = [f"  {symbol.id}  ({symbol.kind}, line {symbol.start_line})" for symbol in candidates[:MOST_LISTED]]
        if len(candidates) > MOST_LISTED:
            lines.append(f"  and {len(candidates) - MOST_LISTED} more; add more of the qualified name")
        listed = "\n".join(lines)
        super().__init__(f"{len(candidates)} symbols are called {name!r}; ask for one by its id:\n{listed}")


class SettingsError(LeIndexError):
    """A setting that does not exist, or has a value it cannot have."""

    def __init__(self, source: str, key: str, problem: str) -> None:
        super().__init__(f"{source}: {key} {problem}.")


class LanguageError(LeIndexError):
    """A language folder that is not valid, or whose grammar is missing; the message names file and key."""
