"""What the store hands out and takes in, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from leindex.types import Skipped


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the published generation."""

    path: str
    language: str
    size: int
    mtime_ns: int
    content_hash: bytes
    """BLAKE3; empty when the file could not be read."""
    status: str
    """``parsed``, ``text``, ``binary``, ``minified`` or ``unreadable``."""
    detail: str
    flags: int
    symbols: int
    syntax_errors: int
    lines: int
    first_node: int


class ParsedRow(NamedTuple):
    """A row of ``parsed_files``, in the order of its columns; a tuple, because there are tens of thousands."""

    path: str
    language: str
    size: int
    mtime_ns: int
    content_hash: bytes
    status: str
    detail: str
    flags: int
    symbols: int
    syntax_errors: int
    lines: int
    parser: str
    facts: bytes


class KnownFile(NamedTuple):
    """What the writer remembers of a file, facts aside."""

    language: str
    size: int
    mtime_ns: int
    content_hash: bytes
    status: str
    detail: str
    flags: int
    symbols: int
    syntax_errors: int
    parser: str


@dataclass(frozen=True, slots=True)
class StoreSummary:
    """What an index holds, for ``status``."""

    root: Path
    generation: int
    published_at: int
    """Seconds since 1970; 0 before the first publish."""
    files: int
    bytes: int
    """Of sources."""
    lines: int
    languages: Mapping[str, int]
    """Files by language."""
    symbols: int
    kinds: Mapping[str, int]
    """Symbols by kind."""
    edges: int
    edge_kinds: Mapping[str, int]
    syntax_errors: int
    """Files with at least one syntax error."""
    skipped: tuple[Skipped, ...]
    index_bytes: int
    """On disk: database and snapshot."""
