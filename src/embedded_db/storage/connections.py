"""Who talks to the file: one writer a process, as many readers as read at once, and SQLite's complaints as sentences.

A transaction of the writer takes SQLite's lock at its start, so that two processes wait for each other instead of
failing half-way. Readers see the last commit and never wait; the next reader takes over an idle reader's connection.
A database in memory has one connection for both.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, get_args

from embedded_db.errors import Closed, Conflict, Corrupt, DbError, ReadOnly
from embedded_db.storage import schema

Database = sqlite3.Connection
"""What a transaction gives; others name it without knowing SQLite."""
Durability = Literal["full", "normal"]
MEMORY = ":memory:"
BUSY_SECONDS = 30.0
TRY_AGAIN_SECONDS = 0.01
CACHE_KIB = 64 << 10
CHECKPOINT_PAGES = 1_000  # 4 MiB of log: a sync waits half as long again while it still grows; bulks take no longer
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
UNREADABLE = ("Could not decode to UTF-8", "no such table")
UNWRITABLE = ("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


class _Forks:
    """How often this process is a copy of another: connections must not be used on both sides."""

    count = 0

    def copied(self) -> None:
        self.count += 1


_forks = _Forks()
os.register_at_fork(after_in_child=_forks.copied)  # asking for the process each time would cost a system call


class Sentences:
    """Raises SQLite's errors of a block as a DbError with a next step.

    Contexts of this module are classes: each query and each message comes by here, and a generator takes three times as
    long.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _tell(self._path, error)


def _tell(path: str, error: BaseException | None) -> None:
    """Raise what is SQLite's error, or one of what it keeps, as a DbError."""
    if isinstance(error, sqlite3.Error):
        raise _told(path, error) from error
    if isinstance(error, json.JSONDecodeError):
        raise Corrupt(f"{path} is damaged ({error}); restore a backup, or export what can be read.") from error


def _told(path: str, error: sqlite3.Error) -> DbError:
    problem, name = str(error), getattr(error, "sqlite_errorname", "")
    if name.startswith(DAMAGE) or problem.startswith(UNREADABLE):
        return Corrupt(f"{path} is damaged or no database ({problem}); restore a backup, or export what can be read.")
    if name.startswith(BUSY):
        return Conflict(f"{path} is held by another process ({problem}); try again.")
    if name.startswith(UNWRITABLE):
        return ReadOnly(f"{path} cannot be written ({problem}); check permissions and free space, nothing was changed.")
    if "closed database" in problem:
        return Closed(f"{path} was closed; open it again.")
    return DbError(f"{path} cannot be used ({problem}); nothing was changed.")


class Connections:
    """The connections of one open database. Safe for threads.

    Raises:
        ReadOnly, Corrupt, NewerFormat, Conflict: the file cannot be opened, made or brought to this version.
    """

    def __init__(self, path: str | Path, durability: Durability = "full") -> None:
        if durability not in get_args(Durability):
            raise DbError(f"durability is {' or '.join(get_args(Durability))}, not {durability!r}.")
        self.path = str(path)
        self._synchronous = durability.upper()
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._depth = 0
        self.swollen = False
        """Whether much text was stored: FTS5 keeps a table as large as its words, and clears it at each commit."""
        self._closed = False
        self._forks = _forks.count
        with Sentences(self.path):
            self._writer = self._first_connection()

    def writing(
        self, before_commit: Callable[[Database], None] | None = None, after_commit: Callable[[], None] | None = None
    ) -> Transaction:
        """One transaction; inside another of the same thread, a part of it that can fail alone.

        The outermost calls ``before_commit`` within it, and ``after_commit`` without any lock.
        """
        return Transaction(self, before_commit, after_commit)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to read from; the writer's own within its transaction, so that it sees what it wrote."""
        return _Reading(self)

    def borrow(self) -> sqlite3.Connection:
        """Return a connection to read from, to be given back; that of the writer comes with its lock."""
        if self.path != MEMORY and not self.in_transaction:
            return self._reader()
        self._lock.acquire()
        try:
            self._check()
        except BaseException:
            self._lock.release()
            raise
        return self._writer

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Take back what was borrowed."""
        if connection is self._writer:
            self._lock.release()
            return
        self._idle.append(connection)
        if self._closed:
            self._close_idle()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """As :meth:`reading`, but all reads in the block see the same moment."""
        with self.reading() as database:
            if database is self._writer:  # its lock is held
                yield database
                return
            database.execute("BEGIN")
            try:
                database.execute(
                    "SELECT name FROM migrations LIMIT 1"
                ).fetchone()  # the moment is that of the first read
                yield database
            finally:
                database.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is in a transaction of the writer."""
        return self._depth > 0 and self._lock._is_owned()  # type: ignore[attr-defined]

    def backup(self, path: Path) -> None:
        """Copy the file as it is at one moment, without keeping anybody from writing; it is there when it is whole.

        Raises:
            Conflict: something is there already, or this thread is in a transaction.
        """
        if self.in_transaction:
            raise Conflict("A backup has no part of a transaction; finish it first.")
        if path.exists():
            raise Conflict(f"There is {path} already; choose another path, or remove it.")
        unfinished = path.with_name(path.name + ".unfinished")
        unfinished.unlink(missing_ok=True)
        with self.snapshot() as source, Sentences(str(path)):
            copy = sqlite3.connect(unfinished)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            finally:
                copy.close()
        unfinished.replace(path)

    def close(self) -> None:
        """Close all connections; twice is harmless."""
        with self._lock:
            self._closed = True
            self._close_idle()  # one that is reading just now is closed when it has read
            self._writer.close()

    def _check(self) -> None:
        if self._closed:
            raise Closed(f"{self.path} was closed; open it again.")
        if self._forks != _forks.count:
            raise Closed(f"{self.path} was opened before a fork; open it again in this process.")

    def _check_transaction(self) -> None:
        if self._depth and not self._writer.in_transaction:  # SQLite undoes all of it by itself when the disk is full
            raise DbError(f"SQLite has undone the transaction on {self.path}; start it again.")

    def _reader(self) -> sqlite3.Connection:
        self._check()
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _close_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _first_connection(self) -> sqlite3.Connection:
        """The writer, with the file made if there is none, checked before anything in it changes."""
        if self.path != MEMORY:
            try:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ReadOnly(
                    f"{self.path} cannot be made ({error}); check permissions and the folders above."
                ) from error
        connection = self._connect()
        try:
            schema.migrate(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            schema.check(connection, self.path)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("PRAGMA temp_store = MEMORY")
            if self.path != MEMORY:
                _write_ahead(connection)
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except BaseException:
            connection.close()
            raise
        return connection


class _Reading:
    """One block that reads."""

    __slots__ = ("_connection", "_connections")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def __enter__(self) -> sqlite3.Connection:
        with Sentences(self._connections.path):
            self._connection = self._connections.borrow()
        return self._connection

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._connections.give_back(self._connection)
        _tell(self._connections.path, error)


class Transaction:
    """A transaction of the writer."""

    __slots__ = ("_after_commit", "_before_commit", "_connections", "_depth")

    def __init__(
        self,
        connections: Connections,
        before_commit: Callable[[Database], None] | None,
        after_commit: Callable[[], None] | None,
    ) -> None:
        self._connections = connections
        self._before_commit = before_commit
        self._after_commit = after_commit

    def __enter__(self) -> Database:
        held = self._connections
        held._lock.acquire()
        try:
            held._check()
            held._check_transaction()
            self._depth = held._depth
            if held.swollen and not self._depth:
                held._writer.execute("PRAGMA writable_schema = RESET")  # nothing but to let FTS5 begin with a small one
                held.swollen = False
            held._writer.execute(f"SAVEPOINT s{self._depth}" if self._depth else "BEGIN IMMEDIATE")
        except BaseException as error:
            held._lock.release()
            _tell(held.path, error)
            raise
        held._depth += 1
        return held._writer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        held = self._connections
        try:
            if error is None:
                self._commit()
            else:
                self._undo(error)
        finally:
            held._depth -= 1
            held._lock.release()
        if error is None and not self._depth and self._after_commit is not None:
            self._after_commit()

    def _commit(self) -> None:
        held = self._connections
        try:
            held._check_transaction()
            if not self._depth and self._before_commit is not None:
                self._before_commit(held._writer)
            held._writer.execute(f"RELEASE s{self._depth}" if self._depth else "COMMIT")
        except BaseException as error:
            self._undo(error)
            raise

    def _undo(self, error: BaseException) -> None:
        """Undo it, and raise what is SQLite's error as a sentence."""
        writer = self._connections._writer
        with Sentences(self._connections.path):
            if writer.in_transaction:
                writer.execute(f"ROLLBACK TO s{self._depth}" if self._depth else "ROLLBACK")
        _tell(self._connections.path, error)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log. While others make the same file SQLite refuses at once, without its time limit."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith(BUSY) or time.monotonic() > end:
                raise
        time.sleep(TRY_AGAIN_SECONDS)
