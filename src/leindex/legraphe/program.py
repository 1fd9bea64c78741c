"""From the stored facts of all files to one program: resolved, numbered, ready to be stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from leindex.legraphe.ladder import ladder_json
from leindex.legraphe.native import NodeRows, Program, ProgramBuilder, StaticModel

StoredFacts = tuple[str, str, int, bytes]
"""Path, language name, file flags, facts."""
NodeValues = tuple[int | str | None, ...]
"""Rows of ``intel_nodes``, one behind the other; see ``NodeRows.values``."""
EdgeValues = tuple[int | str | float, ...]
"""Rows of ``intel_edges``, one behind the other; see ``Program.edge_values``."""

FACTS_BATCH = 2 << 20
"""Bytes of facts that cross at once: enough to keep all cores busy, little beside what is kept of them."""
ROWS = 100
"""Rows that are handed on at once: as one statement inserts them."""


class Assembly:
    """Puts the program of a project together. What is known early leaves early: rows of nodes, then the program.

    The engine works in a thread of its own, so that whoever takes the rows can write them meanwhile.
    """

    def __init__(self, files: Iterable[StoredFacts], languages: str, model: StaticModel | None = None) -> None:
        """Take ``files`` sorted by the bytes of their paths; they are read as the rows are taken.

        ``languages`` is the JSON of language traits by name, and ``model`` makes the vectors; without one there are
        none.
        """
        self._files = files
        self._builder = ProgramBuilder(languages, ladder_json(), model)
        self._pool = ThreadPoolExecutor(1, "leindex-assembly")
        self._built: Future[Program] | None = None

    def node_rows(self) -> Iterator[NodeValues]:
        """All rows of ``intel_nodes`` in their order, some at a time; after the last, names are being resolved.

        Raises:
            EngineError: naming the file whose facts must be made again.
            ValueError: files are out of order.
        """
        ahead: deque[Future[NodeRows]] = deque()
        for batch in _batches(self._files):
            ahead.append(self._pool.submit(self._builder.add, batch))
            if len(ahead) > 1:
                yield from _parts(ahead.popleft().result())
        for added in ahead:
            yield from _parts(added.result())
        self._built = self._pool.submit(self._builder.build)

    def program(self) -> Program:
        """Wait for the program, once all rows have been taken."""
        if self._built is None:
            raise RuntimeError("the rows of the nodes come first: take all of node_rows()")
        return self._built.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def edge_rows(program: Program) -> Iterator[EdgeValues]:
    """All rows of ``intel_edges``, sorted by source, target and kind, some at a time."""
    for start in range(0, program.edge_count, ROWS):
        yield program.edge_values(start, start + ROWS)


def _parts(rows: NodeRows) -> Iterator[NodeValues]:
    for start in range(0, len(rows), ROWS):
        yield rows.values(start, start + ROWS)


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
