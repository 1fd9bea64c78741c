"""Opens the database of an index and turns SQLite's complaints into sentences: the only place that knows how."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from leindex.errors import IndexDamaged, IndexFolderReadOnly, StoreError
from leindex.lestockage import schema

DATABASE_NAME = "index.db"
UNPUBLISHED_NAME = "index.new.db"
"""Until its first generation is published: no reader looks here, so it needs no log beside it, and writes once what a
log would make it write twice."""
CACHE_KIB = 16 << 10  # rows come in the order of their keys: few pages are written twice
CHECKPOINT_PAGES = 16_384  # 64 MiB of log: copying back more rarely is less work, and a reader never notices
BUSY_SECONDS = 10.0
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
MISSING = ("no such table", "no such column")  # tables that a migration of ours made: somebody else's database
UNWRITABLE = ("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_IOERR")


@contextmanager
def sentences(folder: Path) -> Iterator[None]:
    """Raise SQLite's errors of the block as StoreError with a next step."""
    try:
        yield
    except sqlite3.Error as error:
        problem, name = str(error), getattr(error, "sqlite_errorname", "")
        if name.startswith(DAMAGE) or problem.startswith(MISSING):
            raise IndexDamaged(folder, problem) from error
        if name.startswith(UNWRITABLE):
            raise IndexFolderReadOnly(folder, problem) from error
        raise StoreError(f"The index in {folder} cannot be used ({problem}); retry, or run `leindex index`.") from error


def open_for_writing(folder: Path) -> sqlite3.Connection:
    """The database of ``folder``, made or migrated as needed. The caller holds the writer lock."""
    published = (folder / DATABASE_NAME).exists()
    with sentences(folder):
        path = folder / (DATABASE_NAME if published else UNPUBLISHED_NAME)
        database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            database.execute(f"PRAGMA journal_mode = {'WAL' if published else 'DELETE'}")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            database.execute("PRAGMA temp_store = MEMORY")
            schema.migrate(database, folder)
        except BaseException:
            database.close()
            raise
        return database


def open_for_reading(folder: Path) -> sqlite3.Connection:
    """The database of ``folder``; an empty one in memory when there is none yet, or one that waits for migrations."""
    with sentences(folder):
        path = folder / DATABASE_NAME
        if path.exists():
            database = _connect_to_read(path)
            try:
                if not schema.pending(database, folder):
                    return database
            except BaseException:
                database.close()
                raise
            database.close()
        database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        schema.migrate(database, folder)
        return database


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Readers of a write-ahead log need a file beside it; where they cannot make it, nobody can write either."""
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    try:
        return _connect(address)
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
    return _connect(f"{address}&immutable=1")


def _connect(address: str) -> sqlite3.Connection:
    database = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        database.close()
        raise
    return database
