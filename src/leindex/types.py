"""The vocabulary of LeIndex: frozen values that every layer speaks and none owns.

Lines count from 1 and ranges include both ends; byte ranges are half-open. Files are paths relative to the project's
root with ``/`` between the parts. A ``node`` is the number of a symbol in the program graph of one generation: good
inside one answer, worthless after the next index. What lasts, and what a user may type back, is a symbol's ``id``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:  # numpy takes longer to import than the rest of the package
    import numpy as np
    from numpy.typing import NDArray

EdgeKind = Literal["call", "inheritance", "data_dependency"]
Direction = Literal["callers", "callees"]
Detail = Literal["full", "signature", "line"]
Stage = Literal["walk", "parse", "graph", "store", "done"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named piece of code: module, class, function, variable, or a section of a text file."""

    id: str
    """``path::qualified.name`` inside the file: ``src/app.py::Server.start``; ``~2`` marks a second of that name."""
    node: int
    name: str
    qualified_name: str
    kind: str
    language: str
    file: str
    start_line: int
    end_line: int
    start_byte: int
    end_byte: int
    signature_start: int
    signature_end: int
    doc_start: int
    doc_end: int
    signature: str
    summary: str
    """First line of the documentation, or empty."""
    visibility: str
    complexity: int
    """Cyclomatic; 0 for what has no code."""
    parent: int | None
    """Node of the enclosing symbol; None for a module."""
    file_flags: int
    """Bits: 1 generated, 2 test, 4 vendored, 8 example."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One result of a search, with the reasons for its place."""

    symbol: Symbol
    score: float
    """Larger is better; comparable within one answer only."""
    why: tuple[str, ...]
    """Plain reasons, strongest first: ``name matches "pool"``, ``text: connection, pool``, ``meaning 0.61``."""

    @property
    def file(self) -> str:
        """Path relative to the project's root."""
        return self.symbol.file

    @property
    def start_line(self) -> int:
        """First line, counted from 1."""
        return self.symbol.start_line

    @property
    def end_line(self) -> int:
        """Last line, included."""
        return self.symbol.end_line


@dataclass(frozen=True, slots=True)
class Relation:
    """One edge of the program graph, seen from one of its ends."""

    symbol: Symbol
    """The other end."""
    kind: EdgeKind
    confidence: float
    """1.0 for a certain edge; 1/n where n symbols bear the name and nothing tells them apart."""
    line: int
    """Where the source of the edge refers to its target; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """One symbol in an answer, at the detail that the budget allowed."""

    symbol: Symbol
    detail: Detail
    text: str
    start_line: int
    end_line: int
    tokens: int
    relevance: float
    distance: int
    """Hops from the nearest entry point; 0 for an entry point."""
    reason: str
    """``entry point``, or how it was reached: ``called by Server.start``."""


@dataclass(frozen=True, slots=True)
class Context:
    """The answer to a question: entry points and the code around them, within a token budget."""

    query: str
    budget: int
    tokens: int
    """Exact cl100k tokens of ``text``."""
    entry_points: tuple[SearchHit, ...]
    pieces: tuple[ContextPiece, ...]
    """Grouped by file, in source order."""
    text: str
    """The form for models: what the budget was spent on."""
    omitted: int
    """Relevant symbols that did not fit."""
    notes: tuple[str, ...] = ()
    """What the reader should know: files changed since they were indexed, an index that is being built."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why."""

    file: str
    reason: str
    """One of: ignored-size, binary, minified, vendored, unreadable, not-utf8-path, symlink-loop,
    symlink-outside (it leads out of the project), ignores-everything (an ignore file that was set aside), slow-to-parse
    (kept as text, without symbols)."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """A moment of an index run."""

    stage: Stage
    done: int
    total: int
    seconds: float


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an index run did."""

    root: str
    generation: int
    files: int
    parsed: int
    unchanged: int
    removed: int
    symbols: int
    edges: int
    languages: Mapping[str, int]
    """Files by language name."""
    skipped: Sequence[Skipped]
    syntax_errors: int
    """Files with at least one syntax error; they are indexed all the same."""
    bytes: int
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""


class Embedder(Protocol):
    """Turns texts into vectors whose cosine says how alike their meanings are."""

    @property
    def name(self) -> str:
        """Names model and version; vectors of another name are never compared."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimensions); a text without a known word gives zeros."""
