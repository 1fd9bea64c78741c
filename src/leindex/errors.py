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
    │   └── SymbolNotFound
    └── SettingsError         how LeIndex was set up

Broken source code is none of these: it is a result, and is counted in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


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


class SymbolNotFound(QuestionError):
    """No symbol bears the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No symbol is called {name!r}; search for a part of it with `leindex search`.")


class SettingsError(LeIndexError):
    """A setting that does not exist, or has a value it cannot have."""

    def __init__(self, source: str, key: str, problem: str) -> None:
        super().__init__(f"{source}: {key} {problem}.")


class LanguageError(LeIndexError):
    """A language folder contradicts itself or its grammar, or the grammar is missing."""
