"""From the stored facts of all files to one program: resolved, numbered, ready to be stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leindex.legraphe.ladder import ladder_json
from leindex.legraphe.native import Program, ProgramBuilder, StaticModel

StoredFacts = tuple[str, str, int, bytes]
"""Path, language name, file flags, facts."""
NodeRow = tuple[
    int, str, str, str, str, str, str, str, str, int, int | None, int, int, int, int, int, int, int, int, str, str
]
"""A row of ``intel_nodes``; see ``Program.node_rows``."""
EdgeRow = tuple[int, int, str, float, int]
"""Source, target, kind, confidence, line."""

FACTS_BATCH = 8 << 20
"""Bytes of facts that cross at once: enough to keep all cores busy, little beside what is kept of them."""
ROWS_BATCH = 20_000
"""Rows that exist as Python tuples at once."""


def assemble(files: Iterable[StoredFacts], languages: str, model: StaticModel | None = None) -> Program:
    """Build the program of a project.

    ``files`` come sorted by the bytes of their paths, ``languages`` is the JSON of language traits by name,
    and ``model`` makes the vectors; without one there are none. Raises
    ``EngineError`` naming the file whose facts must be made again, ValueError when files are out of order.
    """
    builder = ProgramBuilder(languages, ladder_json(), model)
    for batch in _batches(files):
        builder.add(batch)
    return builder.build()


def node_rows(program: Program) -> Iterator[NodeRow]:
    """All rows of ``intel_nodes``, with few of them in memory at a time."""
    for start in range(0, program.node_count, ROWS_BATCH):
        yield from program.node_rows(start, start + ROWS_BATCH)


def edge_rows(program: Program) -> Iterator[EdgeRow]:
    """All rows of ``intel_edges``, with few of them in memory at a time."""
    for start in range(0, program.edge_count, ROWS_BATCH):
        yield from program.edge_rows(start, start + ROWS_BATCH)


def _batches(files: Iterable[StoredFacts]) -> Iterator[list[StoredFacts]]:
    batch: list[StoredFacts] = []
    size = 0
    for file in files:
        batch.append(file)
        size += len(file[3])
        if size >= FACTS_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
