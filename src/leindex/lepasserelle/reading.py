"""One consistent generation of an index, opened for one question.

A store pins its generation; the snapshot of it is opened once and kept, because every question needs it and it is
mapped, not read. A newer generation takes its place at the first question after it is published.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from leindex.lepasserelle.native import Snapshot, SnapshotUnusable
from leindex.lerecherche.search import Searcher
from leindex.lestockage.store import Store
from leindex.types import Embedder, SearchHit


class NothingPublished(Exception):
    """There is no generation to read yet, or its snapshot is lost: index first. Never leaves the facade."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question is answered from; closed after the answer."""

    root: Path
    store: Store
    snapshot: Snapshot
    embedder: Callable[[], Embedder]

    def search(self, query: str, limit: int) -> list[SearchHit]:
        """Return the symbols that answer a question, best first.

        Raises:
            EmptyQuery: if the query has no letter or digit.
        """
        return Searcher(self.store, self.snapshot, self.embedder()).search(query, limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()


class Generations:
    """Hands out readings of the newest generation."""

    def __init__(self, folder: Path, root: Path, embedder: Callable[[], Embedder]) -> None:
        self._folder = folder
        self._root = root
        self._embedder = embedder
        self._snapshot: Snapshot | None = None
        self._lock = threading.Lock()

    def read(self) -> Reading:
        """Open the newest generation for one question.

        Raises:
            NothingPublished: if there is none, or its snapshot is lost.
            IndexNewer: if a later LeIndex wrote the index.
            IndexDamaged: if the database is not whole.
        """
        store, snapshot = self._open()
        return Reading(self._root, store, snapshot, self._embedder)

    def _open(self) -> tuple[Store, Snapshot]:
        for last_try in (False, True):
            store = Store.open(self._folder, self._root)
            try:
                return store, self._snapshot_of(store)
            except SnapshotUnusable as error:
                store.close()
                # A writer may have published and cleaned up between the two openings: look once more.
                if last_try:
                    raise NothingPublished from error
            except BaseException:
                store.close()
                raise
        raise NothingPublished

    def _snapshot_of(self, store: Store) -> Snapshot:
        if store.generation == 0:
            raise NothingPublished
        with self._lock:
            if self._snapshot is None or self._snapshot.generation != store.generation:
                self._snapshot = Snapshot.open(str(store.snapshot_path))
            return self._snapshot

    def close(self) -> None:
        """Let go of the snapshot."""
        with self._lock:
            self._snapshot = None
