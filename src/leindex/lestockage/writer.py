"""Writes an index: parsed files as they come, and in the end one new generation, all of it at once.

Parsed files are committed batch by batch, so a killed run loses one batch at most; readers never look at them. A
publish replaces nodes, edges and files in one transaction: until it commits, everybody reads the generation before.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leindex.errors import IndexDamaged
from leindex.lestockage import bulk
from leindex.lestockage import folder as folders
from leindex.lestockage.database import BUSY_SECONDS, open_for_writing, sentences
from leindex.lestockage.lock import WriterLock
from leindex.lestockage.records import KnownFile, ParsedRow
from leindex.types import Skipped

NodeValues = tuple[Any, ...]
"""Rows of nodes, one behind the other, in the order of ``NODE_COLUMNS`` but for the project."""
EdgeValues = tuple[Any, ...]
"""Rows of edges: source, target, kind, confidence, line."""

NAMES_INDEX = "SELECT sql FROM sqlite_master WHERE name = 'intel_nodes_by_name'"
PUT_FILE = f"INSERT OR REPLACE INTO parsed_files VALUES ({', '.join('?' * len(ParsedRow._fields))})"
NODE_COLUMNS = (
    *("project_id", "id", "file_path", "symbol_name", "node_type", "signature", "complexity", "content_hash"),
    *("local_name", "qualified_name", "summary", "visibility", "parent", "start_line", "end_line", "start_byte"),
    *("end_byte", "signature_start", "signature_end", "doc_start", "doc_end"),
)
NODE_KIND, NODE_WIDTH = 3, len(NODE_COLUMNS) - 1
EDGE_KIND, EDGE_WIDTH = 2, 5
PUT_NODES = f"INSERT INTO intel_nodes ({', '.join(NODE_COLUMNS)})"
PUT_EDGES = "INSERT INTO intel_edges"
COPY_FILES = """
    INSERT INTO files SELECT path, language, size, mtime_ns, content_hash, status, detail, flags, symbols,
        syntax_errors, lines, sum(symbols) OVER (ORDER BY path) - symbols, ? FROM parsed_files
"""


class Edition:
    """The rows of a generation that is being published."""

    def __init__(self, database: sqlite3.Connection, project_id: str, generation: int) -> None:
        self.generation = generation
        self.counts: dict[str, Counter[str]] = {"kinds": Counter(), "edges": Counter()}
        self._database = database
        self._node = f"('{project_id}'{', ?' * NODE_WIDTH})"
        self._edge = f"({', '.join('?' * EDGE_WIDTH)})"
        (self._names_index,) = database.execute(NAMES_INDEX).fetchone()

    def clear(self) -> None:
        """Remove the rows of the generation before."""
        for statement in ("DROP INDEX intel_nodes_by_name", "DELETE FROM intel_nodes", "DELETE FROM intel_edges"):
            self._database.execute(statement)

    def put_nodes(self, values: NodeValues) -> None:
        """Add some nodes, best in the order of their numbers."""
        self.counts["kinds"].update(values[NODE_KIND::NODE_WIDTH])
        bulk.insert(self._database, PUT_NODES, self._node, values)

    def index_names(self) -> None:
        """Make nodes findable by name, once all are there: sorting once is far less work than a million look-ups."""
        self._database.execute(self._names_index)

    def adopt(self, parents: Iterable[tuple[int, int]]) -> None:
        """Give nodes another parent: (parent, node)."""
        self._database.executemany("UPDATE intel_nodes SET parent = ? WHERE id = ?", parents)

    def put_edges(self, values: EdgeValues) -> int:
        """Add some edges, best sorted by source, target and kind, and return their number."""
        self.counts["edges"].update(values[EDGE_KIND::EDGE_WIDTH])
        return bulk.insert(self._database, PUT_EDGES, self._edge, values)


class StoreWriter:
    """The one writer of a project's index; holds the lock until it is closed."""

    def __init__(self, folder: Path, lock: WriterLock, database: sqlite3.Connection, root: Path) -> None:
        self.folder = folder
        self._lock = lock
        self._database = database
        with sentences(folder):
            self.project_id, self.generation = self._project(root)
            self._unveil()  # a run was killed between its commit and this

    @classmethod
    def open(cls, folder: Path, root: Path) -> Self:
        """Take the lock and open the database, making both as needed; a damaged database is made anew.

        Raises:
            IndexFolderReadOnly, IndexLocked, IndexNewer: as their names say.
        """
        folders.prepare(folder)
        lock = WriterLock(folder)
        try:
            try:
                return cls(folder, lock, open_for_writing(folder), root)
            except IndexDamaged:
                folders.remove_database(folder)
                return cls(folder, lock, open_for_writing(folder), root)
        except BaseException:
            lock.release()
            raise

    def start_over(self, root: Path) -> None:
        """Throw the database away and begin an empty one, under the same lock: what a damaged one is good for."""
        self._database.close()
        folders.remove_database(self.folder)
        self._database = open_for_writing(self.folder)
        with sentences(self.folder):
            self.project_id, self.generation = self._project(root)

    def _project(self, root: Path) -> tuple[str, int]:
        row = self._database.execute("SELECT id, generation, root FROM projects").fetchone()
        if row is None:
            row = (uuid.uuid4().hex[:12], 0, str(root))
            self._database.execute(
                "INSERT INTO projects (id, name, root) VALUES (?, ?, ?)", (row[0], root.name, row[2])
            )
        elif row[2] != str(root):  # the folder was moved or copied
            self._database.execute("UPDATE projects SET name = ?, root = ?", (root.name, str(root)))
        return row[0], row[1]

    # -- parsed files --------------------------------------------------------------------------------------------------

    @property
    def pending(self) -> bool:
        """Whether parsed files have changed since the last publish: a run was killed."""
        return bool(self._value("SELECT pending FROM projects"))

    def known_files(self) -> dict[str, KnownFile]:
        """Every parsed file by its path."""
        query = f"SELECT path, {', '.join(KnownFile._fields)} FROM parsed_files"
        with sentences(self.folder):
            return {row[0]: KnownFile(*row[1:]) for row in self._database.execute(query)}

    def put_files(self, rows: Iterable[ParsedRow]) -> None:
        """Remember parsed files, in one transaction."""
        with self._changing():
            self._database.executemany(PUT_FILE, rows)

    def remove_files(self, paths: Iterable[str]) -> None:
        """Forget files that are no longer in the project."""
        with self._changing():
            self._database.executemany("DELETE FROM parsed_files WHERE path = ?", ((path,) for path in paths))

    def flag_files(self, flags: Iterable[tuple[str, int]]) -> None:
        """Change the flags of files whose content stayed."""
        with self._changing():
            rows = ((value, path) for path, value in flags)
            self._database.executemany("UPDATE parsed_files SET flags = ? WHERE path = ?", rows)

    def touch_files(self, times: Sequence[tuple[str, int]]) -> None:
        """Note a new time of modification of files whose content stayed. No reader can tell the difference."""
        with self._transaction():
            for table in ("parsed_files", "files"):
                rows = ((mtime_ns, path) for path, mtime_ns in times)
                self._database.executemany(f"UPDATE {table} SET mtime_ns = ? WHERE path = ?", rows)

    def facts(self) -> Iterator[tuple[str, str, int, bytes]]:
        """Path, language, flags and facts of every file that has any, sorted by the bytes of their paths."""
        query = "SELECT path, language, flags, facts FROM parsed_files WHERE symbols > 0 ORDER BY path"
        with sentences(self.folder):
            for row in self._database.execute(query):  # noqa: UP028 - `yield from` would close the cursor, perhaps too late
                yield row

    # -- publishing ----------------------------------------------------------------------------------------------------

    def skipped_files(self) -> list[Skipped]:
        """What the last run left out."""
        with sentences(self.folder):
            return [Skipped(*row) for row in self._database.execute("SELECT * FROM skipped_files ORDER BY path")]

    def note_skipped(self, skipped: Iterable[Skipped]) -> None:
        """Replace what is known of files left out."""
        with self._transaction():
            self._put_skipped(skipped)

    def published_counts(self) -> tuple[int, int]:
        """Symbols and edges of the published generation."""
        counts = json.loads(self._value("SELECT counts FROM projects"))
        return sum(counts.get("kinds", {}).values()), sum(counts.get("edges", {}).values())

    @contextmanager
    def publishing(self, skipped: Iterable[Skipped]) -> Iterator[Edition]:
        """Make a new generation of the parsed files and of the rows that the block puts.

        At the end of the block its snapshot must be in its place. If the block raises, nothing is published.
        """
        with self._transaction():
            edition = Edition(self._database, self.project_id, self.generation + 1)
            edition.clear()
            yield edition
            self._database.execute("DELETE FROM files")
            self._database.execute(COPY_FILES, (edition.generation,))
            self._put_skipped(skipped)
            project = "UPDATE projects SET generation = ?, published_at = ?, pending = 0, counts = ?"
            self._database.execute(project, (edition.generation, int(time.time()), json.dumps(edition.counts)))
        self.generation = edition.generation
        self._unveil()
        self._empty_log()
        folders.remove_snapshots(self.folder, keep=edition.generation)

    def _put_skipped(self, skipped: Iterable[Skipped]) -> None:
        self._database.execute("DELETE FROM skipped_files")
        rows = ((skip.file, skip.reason, skip.detail) for skip in skipped)
        self._database.executemany("INSERT OR REPLACE INTO skipped_files VALUES (?, ?, ?)", rows)

    def _unveil(self) -> None:
        """After the first publish the database gets the name and the log that readers expect."""
        if self.generation > 0 and folders.is_unpublished(self.folder):
            self._database.close()
            folders.unveil_database(self.folder)
            self._database = open_for_writing(self.folder)

    def _empty_log(self) -> None:
        """A reader may be holding the log, for as long as its question takes; then the next writer empties it."""
        with sentences(self.folder):
            self._database.execute("PRAGMA busy_timeout = 0")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._database.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    # -- plumbing ------------------------------------------------------------------------------------------------------

    def _value(self, query: str) -> Any:
        with sentences(self.folder):
            return self._database.execute(query).fetchone()[0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with sentences(self.folder):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction after which the published generation no longer tells what the files say."""
        with self._transaction():
            self._database.execute("UPDATE projects SET pending = 1")
            yield

    def close(self) -> None:
        """Close the database, then let the next writer in."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
