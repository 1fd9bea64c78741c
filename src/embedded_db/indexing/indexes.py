"""All indexes of one open database, and how they keep in step with the file.

The log of changes says which runs of numbers to read again. What a transaction has not committed yet is read by its
own thread as well; since it may be undone, those runs are read once more by whoever comes next.

What took many rows to read is kept in files beside the database, in the background and at the end, so that the next
process reads a file and what has changed since.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedded_db.indexing.coded import Coded
from embedded_db.indexing.columns import Columns
from embedded_db.indexing.recent import Recent
from embedded_db.indexing.words import Words
from embedded_db.native import GraphIndex, VectorIndex
from embedded_db.storage import changes, scans
from embedded_db.storage.connections import Database
from embedded_db.storage.index_files import IndexFiles
from embedded_db.storage.store import Store
from embedded_db.types import NodeRow

CONTAINS = "CONTAINS"
"""The edge from a chat to all that is in it."""
NOWHERE = 2**32 - 1
CLOSE = 16
"""Runs with no more than so many numbers between them are read as one."""
MANY = 20_000
"""An index is kept in a file once more rows than these were read for it."""
SHARE = 16
"""It is written anew once so large a share of it was read from rows again: a sixteenth."""
NODES, EDGES = "nodes", "edges"
COMPARED_AT_ONCE, FEWEST_TOGETHER = 1 << 24, 16
"""Pairs of vectors in one go, for some 50 ms: who has new ones for the index waits no longer. And how many are searched
for together at least: what is read from memory is shared by them."""


@dataclass(eq=False)
class Part:
    """An index that can be kept in a file."""

    name: str
    follows: tuple[str, ...]
    """What it is made of, as the log of changes calls it."""
    size: Callable[[], int]
    write: Callable[[Path, str], None]
    read: int = 0
    """Rows that were read since it was last written."""

    @property
    def is_due(self) -> bool:
        """Whether so much was read that a file saves time."""
        return self.read > max(MANY, self.size() // SHARE)


class Indexes:
    """Columns, vectors by model, edges and words, each read when first asked for. Safe for threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._files = IndexFiles(store.connections)
        self._writer: threading.Thread | None = None
        self._lock = threading.RLock()
        self._uncommitted: list[changes.Told] = []
        self._forget_all()

    def _forget_all(self) -> None:
        self.columns = Columns()
        self.words = Words()
        self.recent = Recent()
        self.kinds: dict[str, int] = {CONTAINS: 0}
        """Codes of types of edges."""
        self._vectors: dict[str, VectorIndex] = {}
        self._graph: GraphIndex | None = None
        self._seq = -1
        self._parts: dict[str, Part] = {}

    def refreshed(self) -> Indexes:
        """Read what has changed since the last time; return self."""
        with self._store.reading() as database:
            inside = self._store.connections.in_transaction
            if changes.newest(database) != self._seq or self._uncommitted:
                with self._lock:
                    self._catch_up(database, inside)
        return self

    @property
    def graph(self) -> GraphIndex:
        """The edges, and what is in which chat."""
        if self._graph is None:
            with self._store.reading() as database, self._lock:
                if self._graph is None:
                    self._graph = self._read_graph(database)
        return self._graph

    def vectors(self, model: str) -> VectorIndex:
        """Return the vectors of a model; an index without dimensions if there are none."""
        found = self._vectors.get(model)
        if found is None:
            with self._store.reading() as database, self._lock:
                found = self._vectors.get(model)
                if found is None:
                    found = self._vectors[model] = self._read_vectors(database, model)
        return found

    def property(self, path: tuple[str, ...]) -> Coded:
        """Return the column of a property."""
        found = self.columns.properties.get(path)
        if found is None:
            with self._store.reading() as database, self._lock:
                found = self.columns.properties.get(path) or self._read_property(database, path)
        return found

    def rows(self, numbers: Sequence[int]) -> dict[int, NodeRow]:
        """Return the nodes that exist, by number, as they were at the last :meth:`refreshed`, or later."""
        return self.recent.rows(self._store, numbers)

    def nearest(self, model: str, vectors: NDArray[np.float32], k: int, floor: float) -> list[list[tuple[int, float]]]:
        """Return number and cosine of the k nodes nearest to each vector (a row), best first, none below ``floor``."""
        index = self.vectors(model)
        if not len(index) or index.dimensions != vectors.shape[1]:
            return [[] for _ in vectors]
        portion = max(FEWEST_TOGETHER, COMPARED_AT_ONCE // len(index))
        portions = (vectors[start : start + portion] for start in range(0, len(vectors), portion))
        packed = (b"".join(unit(vector).tobytes() for vector in part) for part in portions)
        return [found for part in packed for found in index.nearest(part, k, floor)]

    def names(self) -> dict[int, str]:
        """Return types of edges by code."""
        return {code: name for name, code in self.kinds.items()}

    def close(self) -> None:
        """Write what is worth it into files; twice is harmless."""
        if not self._store.connections.in_transaction:  # which whoever writes waits for
            writer = self._writer
            if writer:
                writer.join()
            self._write()

    def _catch_up(self, database: Database, inside: bool) -> None:
        told = changes.since(database, self._seq) if self._seq >= 0 else None
        anew = told is None
        if told is None:
            self._forget_all()
            told = self._read_columns(database, inside)
        for what, first, last in runs((*self._uncommitted, *told)):
            self._follow(database, what, first, last)
        self._uncommitted = []
        if inside:
            self._uncommitted = told  # they may be undone: whoever comes next reads them again
        elif told:
            self._seq = told[-1][0]
        if anew:
            self._keep()

    def _follow(self, database: Database, what: str, first: int, last: int) -> None:
        for part in self._parts.values():
            part.read += last - first + 1 if what in part.follows else 0
        if what == "node":
            self.recent.forget(first, last)
            self.words.added(changed=first < self.columns.size)
            self.columns.read(database, first, last)
        if self._graph is not None:
            self._follow_graph(database, self._graph, what, first, last)
        if what == "embedding":
            for model, index in list(self._vectors.items()):
                if index.dimensions == scans.dimensions(database, model):
                    self._follow_vectors(database, index, model, first, last)
                else:
                    self._vectors[model] = self._read_vectors(database, model)

    def _read_columns(self, database: Database, inside: bool) -> list[changes.Told]:
        """Read all nodes; return what is still to be followed."""
        newest = changes.newest(database)
        found = self._files.read(database, NODES, Columns.from_file)
        if found:
            self.columns, self._seq = found.written, found.seq
        else:
            self.columns.read(database)
            self._seq = -1 if inside else newest
        columns = self.columns
        part = self._parts[NODES] = Part(NODES, ("node",), lambda: columns.count, columns.write)
        part.read = 0 if found else columns.count
        return found.told if found else []

    def _read_property(self, database: Database, path: tuple[str, ...]) -> Coded:
        name = f"property {json.dumps(path)}"
        found = self._files.read(database, name, Coded.from_file)
        column = found.written if found else Coded(self.columns.size)
        part = Part(name, ("node",), lambda: self.columns.count, column.write)
        for what, first, last in runs(found.told) if found else [("node", 0, self.columns.size)]:
            if what == "node":
                self.columns.read_property(database, path, column, first, last)
                part.read += last - first + 1
        self.columns.properties[path] = column
        self._loaded(database, part)
        return column

    # Files

    def _loaded(self, database: Database, part: Part) -> None:
        """Take note of an index that was read when it was asked for."""
        self._parts[part.name] = part
        if self._store.connections.in_transaction and self._seq >= 0:
            self._uncommitted = changes.since(database, self._seq) or []  # it has read them as well
        self._keep()

    def _keep(self) -> None:
        """Write what is worth it into files, in the background; the lock is held."""
        if self._writer is None and self._due():
            self._writer = threading.Thread(target=self._write, name="embedded_db-index-files")
            self._writer.start()

    def _due(self) -> Part | None:
        if self._uncommitted or self._seq < 0:
            return None
        return next((part for part in self._parts.values() if part.is_due), None)

    def _write(self) -> None:
        while True:
            with self._lock:
                part = self._due()
                if part is None:
                    self._writer = None
                    return
                seq, part.read = self._seq, 0
                path = self._files.write(part.name, part.write)
            if path:
                self._files.publish(part.name, path, seq)

    # Edges

    def _read_graph(self, database: Database) -> GraphIndex:
        found = self._files.read(database, EDGES, GraphIndex.read)
        graph, names = found.written if found else (GraphIndex(), b"")
        if found:
            self.kinds = {name: code for code, name in enumerate(json.loads(names))}
        else:
            self._place(graph, 0, self.columns.size - 1)
            self._read_edges(database, graph, 0, scans.LAST)
        part = Part(EDGES, ("node", "edge"), graph.__len__, self._write_graph, 0 if found else len(graph))
        for what, first, last in runs(found.told) if found else ():
            part.read += self._follow_graph(database, graph, what, first, last)
        self._loaded(database, part)
        return graph

    def _write_graph(self, path: Path, label: str) -> None:
        """Write the edges into a file, with the names of their types; it is only asked for when they were read."""
        self.graph.write(path, label, json.dumps(list(self.kinds)).encode())

    def _follow_graph(self, database: Database, graph: GraphIndex, what: str, first: int, last: int) -> int:
        """Read a run again; return how many rows that may be."""
        if what == "node":
            self._place(graph, first, last)
        elif what == "edge":
            self._read_edges(database, graph, first, last)
        return last - first + 1 if what != "embedding" else 0

    def _place(self, graph: GraphIndex, first: int, last: int) -> None:
        """Say of a run of nodes in which chat they are; nodes that are gone have no edges."""
        numbers = np.arange(first, min(last + 1, self.columns.size), dtype=np.uint32)
        alive = self.columns.alive[numbers]
        chats = self.columns.chat[numbers]
        placed = numbers[alive]
        within = np.where(chats[alive] > 0, chats[alive], NOWHERE).astype(np.uint32)
        graph.place(placed.tobytes(), within.tobytes(), self.kinds[CONTAINS])
        if not alive.all():
            graph.isolate(numbers[~alive].tobytes())

    def _read_edges(self, database: Database, graph: GraphIndex, first: int, last: int) -> None:
        found: set[int] = set()
        for e, source, target, types, weights in scans.edge_columns(database, first, last):
            kinds = [self._kind(type) for type in types]
            graph.put(column(e), column(source), column(target), column(kinds), np.array(weights, np.float32).tobytes())
            if last < scans.LAST:
                found.update(e)
        if last < scans.LAST:
            graph.remove(column([e for e in range(first, last + 1) if e not in found]))

    def _kind(self, type: str) -> int:
        return self.kinds.setdefault(type, len(self.kinds))

    # Vectors

    def _read_vectors(self, database: Database, model: str) -> VectorIndex:
        dimensions = scans.dimensions(database, model)
        found = self._files.read(database, f"vectors {model}", VectorIndex.read)
        if found and found.written.dimensions == dimensions:
            index = found.written
        else:
            index, found = VectorIndex(dimensions), None
            index.reserve(scans.vector_count(database, model))
            self._put_vectors(database, index, model, 0, scans.LAST)
        part = Part(f"vectors {model}", ("embedding",), index.__len__, index.write, 0 if found else len(index))
        for what, first, last in runs(found.told) if found else ():
            if what == "embedding":
                self._follow_vectors(database, index, model, first, last)
                part.read += last - first + 1
        self._loaded(database, part)
        return index

    def _follow_vectors(self, database: Database, index: VectorIndex, model: str, first: int, last: int) -> None:
        found = self._put_vectors(database, index, model, first, last)
        index.remove(column([n for n in range(first, last + 1) if n not in found]))

    def _put_vectors(self, database: Database, index: VectorIndex, model: str, first: int, last: int) -> set[int]:
        found: set[int] = set()
        for numbers, vectors in scans.vectors(database, model, first, last):
            index.put(column(numbers), b"".join(vectors))
            if last < scans.LAST:
                found.update(numbers)
        return found


def runs(told: Sequence[changes.Told]) -> Iterator[tuple[str, int, int]]:
    """Yield what to read again: nodes, then edges, then vectors, with runs that lie close together as one."""
    for what in ("node", "edge", "embedding"):
        joined: list[tuple[int, int]] = []
        for first, last in sorted((first, last) for _, kind, _, first, last in told if kind == what):
            if joined and first <= joined[-1][1] + CLOSE:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        yield from ((what, first, last) for first, last in joined)


def column(values: Sequence[int]) -> bytes:
    """Return numbers as the engine takes them."""
    return np.array(values, np.uint32).tobytes()


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a vector at length 1; zeros stay."""
    wide = vector.astype(np.float64)
    length = math.sqrt(wide.dot(wide))
    return (wide / length).astype(np.float32) if length > 0 else vector
