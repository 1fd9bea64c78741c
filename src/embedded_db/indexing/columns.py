"""The columns of nodes that filters and ranking look at, as arrays by number of node.

Type, chat, sender, role and times are there from the start. Any other property gets a column when a query first asks
for it, and keeps it from then on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embedded_db.indexing.coded import Coded, Mask, grown
from embedded_db.indexing.turns import Turns
from embedded_db.storage import scans
from embedded_db.storage.connections import Database
from embedded_db.types import NODE_TYPES

PROPERTY_COLUMNS = ("title", "content")


class Columns:
    """What is known of each node. Arrays may be longer than ``size``."""

    def __init__(self) -> None:
        self.size = 1
        """One more than the highest number."""
        self.alive: Mask = np.zeros(1, bool)
        self.chat: NDArray[np.uint32] = np.zeros(1, np.uint32)
        self.created_at: NDArray[np.int64] = np.zeros(1, np.int64)
        self.updated_at: NDArray[np.int64] = np.zeros(1, np.int64)
        self.length: NDArray[np.uint32] = np.zeros(1, np.uint32)
        self._latest: NDArray[np.int64] = np.zeros(1, np.int64)
        self._latest_is_stale = False
        self._texts: tuple[int, int] | None = None
        self._count: int | None = None
        self.type, self.sender, self.role = Coded(), Coded(), Coded()
        self.properties: dict[tuple[str, ...], Coded] = {}
        self.turns = Turns()

    @property
    def count(self) -> int:
        """Nodes that exist."""
        if self._count is None:
            self._count = int(np.count_nonzero(self.alive[: self.size]))
        return self._count

    def read(self, database: Database, first: int = 0, last: int = scans.LAST) -> None:
        """Read a run of nodes again; those that are not there any more are dead. No node is dead in between."""
        found: list[int] = []
        for columns in scans.node_columns(database, first, last):
            self._put(columns)
            found.extend(columns[0])
        last = min(last, self.size - 1)
        if len(found) < last - first + 1:
            gone = np.ones(last - first + 1, bool)
            gone[np.array(found, np.int64) - first] = False
            self.turns.forget(self, (np.flatnonzero(gone & self.alive[first : last + 1]) + first).tolist())
            self.alive[first : last + 1][gone] = False
            self._latest_is_stale = True
        for path, column in self.properties.items():
            self._read_property(database, path, column, first, last)
        self._texts = self._count = None

    def latest(self) -> NDArray[np.int64]:
        """Return for each chat, by number, when its newest node was created."""
        if self._latest_is_stale:
            self._latest_is_stale = False
            size = self.size
            alive = np.flatnonzero(self.alive[:size])
            latest = np.zeros(size, np.int64)
            np.maximum.at(latest, self.chat[alive], self.created_at[alive])
            self._latest = latest
        return self._latest

    def lengths(self) -> tuple[int, float]:
        """Return how many nodes have text, and how long it is on average."""
        texts = self._texts
        if texts is None:
            length = self.length[: self.size][self.alive[: self.size]]
            texts = self._texts = (int(np.count_nonzero(length)), int(length.sum(dtype=np.int64)))
        return texts[0], texts[1] / max(texts[0], 1)

    def property(self, database: Database, path: tuple[str, ...]) -> Coded:
        """Return the column of a property, read now if nobody asked for it before."""
        if path not in self.properties:
            column = Coded(self.size)
            self._read_property(database, path, column, 0, scans.LAST)
            self.properties[path] = column
        return self.properties[path]

    def _put(self, columns: scans.Columns) -> None:
        n, types, chats, senders, roles, created, updated, lengths = columns
        numbers = np.array(n, np.int64)
        self._reserve(int(numbers[-1]) + 1)
        self.type.put(numbers, types)
        self.sender.put(numbers, senders)
        self.role.put(numbers, roles)
        chat = np.array(chats, np.uint32)
        moments = np.array(created, np.int64)
        self.turns.check(self, numbers, chat, moments)
        self.chat[numbers] = chat
        self.created_at[numbers] = moments
        self.updated_at[numbers] = np.array(updated, np.int64)
        self.length[numbers] = np.array(lengths, np.uint32)
        self._latest_is_stale |= bool(self.alive[numbers].any())
        self._latest = grown(self._latest, int(chat.max()) + 1)
        np.maximum.at(self._latest, chat, moments)
        self.alive[numbers] = True

    def _reserve(self, size: int) -> None:
        for name in ("alive", "chat", "created_at", "updated_at", "length"):
            setattr(self, name, grown(getattr(self, name), size))
        self.size = max(self.size, size)

    def _read_property(self, database: Database, path: tuple[str, ...], column: Coded, first: int, last: int) -> None:
        found = list(scans.property_values(database, path, shown_as(path[0]) if len(path) == 1 else {}, first, last))
        last = min(last, self.size - 1)
        codes = np.zeros(max(last - first + 1, 0), np.uint32)
        if found:
            numbers, values = zip(*found, strict=True)
            codes[np.array(numbers, np.int64) - first] = column.codes_of(values)
        column.put_run(first, codes)


def shown_as(name: str) -> dict[str, list[str]]:
    """Return which columns which types (none named: all) show under a name: an entity's title is its label."""
    if name in PROPERTY_COLUMNS:
        return {name: []}
    shown: dict[str, list[str]] = {}
    for kind in NODE_TYPES.values():
        column = kind.columns.get(name)
        if column in PROPERTY_COLUMNS and column != name:
            shown.setdefault(column, []).append(kind.name)
    return shown
