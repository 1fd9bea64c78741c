"""Reads the published generation of an index: symbols by number or name, files, and what there is in all.

A store sees one generation from its opening on, whatever is published meanwhile: open one per question, it costs a
fraction of a millisecond. Symbols are numbered in the order of their files, so a file is a range of numbers.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from leindex.lestockage import names
from leindex.lestockage.database import open_for_reading, sentences
from leindex.lestockage.folder import index_bytes, snapshot_path
from leindex.lestockage.records import FileRecord, StoreSummary
from leindex.types import Skipped, Symbol

BATCH = 500  # symbols per SELECT; SQLite takes 32,766 parameters at most

USABLE = "status IN ('parsed', 'text')"  # the others are remembered so that they are not read again

SYMBOL = """
    SELECT n.file_path || iif(n.local_name = '', '', '::' || n.local_name), n.id, n.symbol_name, n.qualified_name,
        n.node_type, f.language, n.file_path, n.start_line, n.end_line, n.start_byte, n.end_byte,
        n.signature_start, n.signature_end, n.doc_start, n.doc_end, n.signature, n.summary, n.visibility, n.complexity,
        n.parent, f.flags
    FROM intel_nodes n JOIN files f ON f.path = n.file_path
"""
FILE = """
    SELECT path, language, size, mtime_ns, content_hash, status, detail, flags, symbols, syntax_errors, lines,
        first_node
    FROM files
"""


class Store:
    """The published generation of one project's index."""

    def __init__(self, folder: Path, root: Path, database: sqlite3.Connection) -> None:
        self.folder = folder
        self.root = root
        self._database = database
        self.project_id = ""
        self.generation = 0
        """0 when nothing has been published yet."""

    @classmethod
    def open(cls, folder: Path, root: Path) -> Self:
        """The index in ``folder``; an empty one, of generation 0, when there is none.

        Raises:
            IndexNewer: if a later LeIndex wrote it.
            IndexDamaged: if the database is not whole.
        """
        store = cls(folder, root, open_for_reading(folder))
        try:
            store._begin()
        except BaseException:
            store.close()
            raise
        return store

    def _begin(self) -> None:
        """Pin what is published now: the transaction ends when the store is closed."""
        with self._asking():
            self._database.execute("BEGIN")
            row = self._database.execute("SELECT id, generation FROM projects LIMIT 1").fetchone()
        self.project_id, self.generation = row or ("", 0)

    @property
    def snapshot_path(self) -> Path:
        """Where graph, text and vector indexes of the published generation lie."""
        return snapshot_path(self.folder, self.generation)

    def symbols(self, nodes: Sequence[int]) -> list[Symbol]:
        """Symbols by number, in the order asked; a number that does not exist is left out."""
        found: dict[int, Symbol] = {}
        with self._asking():
            for start in range(0, len(nodes), BATCH):
                some = nodes[start : start + BATCH]
                query = f"{SYMBOL} WHERE n.id IN ({', '.join('?' * len(some))})"
                found |= {row[1]: Symbol(*row) for row in self._database.execute(query, some)}
        return [found[node] for node in nodes if node in found]

    def symbol(self, node: int) -> Symbol | None:
        """The symbol of a number."""
        found = self.symbols([node])
        return found[0] if found else None

    def find(self, name: str, limit: int = 50) -> list[Symbol]:
        """What a person's name for a symbol may mean, most exact reading first: see :mod:`leindex.lestockage.names`."""
        with self._asking():
            nodes = names.find(self._database, name, limit)
        return self.symbols(nodes)

    def children(self, node: int) -> list[Symbol]:
        """The symbols directly inside a symbol, in source order: those of its own file, which is a range of nodes."""
        file = "SELECT first_node, symbols FROM files JOIN intel_nodes ON path = file_path WHERE id = ?"
        query = f"{SYMBOL} WHERE n.id >= ? AND n.id < ? AND n.parent = ? ORDER BY n.id"
        with self._asking():
            first, count = self._database.execute(file, (node,)).fetchone() or (0, 0)
            return [Symbol(*row) for row in self._database.execute(query, (first, first + count, node))]

    def file(self, path: str) -> FileRecord | None:
        """A file of the published generation, by its path relative to the root."""
        with self._asking():
            row = self._database.execute(f"{FILE} WHERE path = ?", (path,)).fetchone()
        return FileRecord(*row) if row else None

    def files(self) -> Iterator[FileRecord]:
        """All files, sorted by path."""
        with self._asking():
            for row in self._database.execute(f"{FILE} ORDER BY path"):
                yield FileRecord(*row)

    def summary(self) -> StoreSummary:
        """Counts of everything; cheap, because nodes and edges were counted when they were published."""
        with self._asking():
            totals = f"SELECT count(*), total(size), total(lines), total(syntax_errors > 0) FROM files WHERE {USABLE}"
            files, size, lines, broken = self._database.execute(totals).fetchone()
            counted = f"SELECT language, count(*) FROM files WHERE {USABLE} GROUP BY language"
            by_language = f"{counted} ORDER BY count(*) DESC, language"
            languages = dict(self._database.execute(by_language).fetchall())
            skipped = self._database.execute("SELECT path, reason, detail FROM skipped_files ORDER BY path").fetchall()
            project = self._database.execute("SELECT published_at, counts FROM projects LIMIT 1").fetchone()
        published_at, counts = project or (0, "{}")
        kinds, edges = (dict(json.loads(counts).get(key, {})) for key in ("kinds", "edges"))
        return StoreSummary(
            root=self.root,
            generation=self.generation,
            published_at=published_at,
            files=files,
            bytes=int(size),
            lines=int(lines),
            languages=languages,
            symbols=sum(kinds.values()),
            kinds=kinds,
            edges=sum(edges.values()),
            edge_kinds=edges,
            syntax_errors=int(broken),
            skipped=tuple(Skipped(*row) for row in skipped),
            index_bytes=index_bytes(self.folder),
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with sentences(self.folder):
            yield

    def close(self) -> None:
        """Let go of the generation; a store that is dropped is closed."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
