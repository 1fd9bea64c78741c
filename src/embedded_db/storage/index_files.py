"""Files beside the database that hold indexes, so that large ones need not be read from rows by every process anew.

They lie in a folder, the database's path with ``-index`` behind it, which may be deleted at any time. The database says
which files are its own: it is told the name of a file, which is never used again, and the change after which the index
was written, when all of it is on the disk. So a file counts only where the history of the database includes that
moment: an older backup in its place does not know it, and a copy that has gone its own way follows its own changes.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from embedded_db.errors import DbError
from embedded_db.storage import changes
from embedded_db.storage.connections import MEMORY, Connections

T = TypeVar("T")
log = logging.getLogger("embedded_db.index")

VERSION = 1
"""To be raised when an index changes what it keeps: files of another version are refused."""
UNFINISHED = ".unfinished"
OWN = re.compile(rf"[0-9a-f]{{32}}(\{UNFINISHED})?")
ABANDONED_SECONDS = 3_600.0
"""Who has not finished a file for so long has died."""


class Found(NamedTuple, Generic[T]):
    """An index as it was written, the number of the last change before that, and what has happened since."""

    written: T
    seq: int
    told: list[changes.Told]


class IndexFiles:
    """The files of one open database; a database in memory has none. Safe for threads and processes.

    That a file cannot be read or written is no error: the index is read from rows, and the log has the reason.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._file = Path(connections.path).resolve()
        self._folder = None if connections.path == MEMORY else self._file.with_name(f"{self._file.name}-index")

    def read(self, database: sqlite3.Connection, part: str, read: Callable[[Path, str], T]) -> Found[T] | None:
        """Return an index from its file; None if there is none that belongs to the database as it is."""
        tried = None
        while self._folder is not None:
            row = database.execute("SELECT token, seq FROM index_files WHERE part = ?", (part,)).fetchone()
            told = changes.since(database, row[1]) if row else None
            if told is None or row[0] == tried:
                break
            tried = row[0]
            try:
                return Found(read(self._folder / tried, _label(part, tried)), row[1], told)
            except FileNotFoundError:
                continue  # it may have been replaced by a newer one just now
            except OSError as error:
                log.debug("the index of %s is read from rows: %s", part, error)
                break
        return None

    def write(self, part: str, write: Callable[[Path, str], None]) -> Path | None:
        """Write an index into a file that does not count yet; the index must not change meanwhile."""
        if self._folder is None:
            return None
        token = secrets.token_hex(16)
        path = self._folder / (token + UNFINISHED)
        try:
            self._make_folder(self._folder)
            write(path, _label(part, token))
        except OSError as error:
            _given_up(part, path, error)
            return None
        return path

    def publish(self, part: str, path: Path, seq: int) -> None:
        """Wait for the disk, and tell the database that the file holds an index as it was after a change."""
        final = path.with_suffix("")
        try:
            _sync(path)
            with self._connections.writing() as database:  # nobody else adds or removes files meanwhile
                path.replace(final)
                _sync(final.parent)
                database.execute("INSERT OR REPLACE INTO index_files VALUES (?, ?, ?)", (part, final.name, seq))
                _remove_others(database, final.parent)
        except (OSError, DbError) as error:
            _given_up(part, path, error)

    def _make_folder(self, folder: Path) -> None:
        """Whoever may read the database, and nobody else, may read what was made of it."""
        mode = self._file.stat().st_mode & 0o666
        folder.mkdir(exist_ok=True)
        folder.chmod(mode | (mode & 0o444) >> 2)


def _label(part: str, token: str) -> str:
    return f"{VERSION} {token} {part}"


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows keeps its folders by itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_others(database: sqlite3.Connection, folder: Path) -> None:
    """Remove files that no part names, and what others left when they died."""
    named = {token for (token,) in database.execute("SELECT token FROM index_files")}
    for path in folder.iterdir():
        own = path.name not in named and OWN.fullmatch(path.name)
        if own and (path.suffix != UNFINISHED or path.stat().st_mtime < time.time() - ABANDONED_SECONDS):
            _remove(path)


def _given_up(part: str, path: Path, error: Exception) -> None:
    log.debug("the index of %s is not kept in a file: %s", part, error)
    _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s stays: %s", path, error)
