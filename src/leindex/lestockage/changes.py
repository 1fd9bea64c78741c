"""What an index run has to do: the files of today beside the files it remembers.

Size and time of modification decide without opening anything. Where only the time moved, the content decides; where the
parser would give other facts than it did, or the file could not be read, it is read again whatever the times say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from leindex.lestockage.records import KnownFile

GENERATED = 1
"""The one flag that a file's content gives; all others come from its path."""


class FoundFile(Protocol):
    """A file as it was met, before anything of it was read."""

    @property
    def path(self) -> str:
        """Relative to the root."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def mtime_ns(self) -> int:
        """Nanoseconds since 1970."""

    @property
    def language(self) -> str:
        """Its name."""

    @property
    def flags(self) -> int:
        """Those that the path gives."""


File = TypeVar("File", bound=FoundFile)


@dataclass(slots=True)
class Changes(Generic[File]):
    """The work of a run; a file stands in one of the first two lists at most."""

    parse: list[File] = field(default_factory=list)
    """New, changed, of another language or parser than when they were parsed, or unreadable last time."""
    look_closer: list[File] = field(default_factory=list)
    """Of the same size but another time: their content decides."""
    reflag: list[tuple[str, int]] = field(default_factory=list)
    """Path and new flags of files whose content stayed but whose path means something else now."""
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0


def compare(known: Mapping[str, KnownFile], found: Iterable[File], fingerprint: Callable[[str], str]) -> Changes[File]:
    """Sort today's files by what they need; ``fingerprint`` tells the parser of a language from its other versions."""
    changes: Changes[File] = Changes()
    gone = set(known)
    for file in found:
        gone.discard(file.path)
        before = known.get(file.path)
        if before is None or _another_parser(before, file, fingerprint) or before.size != file.size:
            changes.parse.append(file)
            continue
        if before.mtime_ns != file.mtime_ns:
            changes.look_closer.append(file)
        else:
            changes.unchanged += 1
        if before.flags & ~GENERATED != file.flags:
            changes.reflag.append((file.path, file.flags | before.flags & GENERATED))
    changes.removed = sorted(gone)
    return changes


def _another_parser(before: KnownFile, file: FoundFile, fingerprint: Callable[[str], str]) -> bool:
    unread = before.status == "unreadable"
    return unread or before.language != file.language or before.parser != fingerprint(file.language)
