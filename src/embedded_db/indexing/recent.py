"""Rows of nodes that were hits lately: who asks again, or for something near, gets most of them again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from embedded_db.storage.store import Store
from embedded_db.types import NodeRow

MOST = 4_096
"""Rows that are kept; the next one takes the place of all of them."""
LONGEST = 4_096
"""Characters of a text that is kept: so all of them are 16 million at the most."""


class Recent:
    """Rows by number, as they were after the last change that it has heard of. Safe for threads."""

    def __init__(self) -> None:
        self._known: dict[int, NodeRow] = {}
        self._changes = 0
        self._lock = threading.Lock()

    def rows(self, store: Store, numbers: Sequence[int]) -> dict[int, NodeRow]:
        """Return the nodes that exist, by number."""
        changes, known = self._changes, self._known
        if store.connections.in_transaction:  # what it has written may be undone
            return store.nodes(numbers)
        found = {n: row for n in numbers if (row := known.get(n)) is not None}
        if len(found) < len(numbers):
            read = store.nodes([n for n in numbers if n not in found])
            self._keep(read, changes)
            found |= read
        return found

    def forget(self, first: int, last: int) -> None:
        """Hear that a run of nodes was changed."""
        with self._lock:
            self._changes += 1
            known, run = self._known, range(first, last + 1)
            for n in run if len(run) <= len(known) else [n for n in known if n in run]:
                known.pop(n, None)

    def _keep(self, read: Mapping[int, NodeRow], changes: int) -> None:
        """Keep what was read, unless something changed since, for nobody knows whether it was read before or after."""
        short = {n: row for n, row in read.items() if _length(row) <= LONGEST}
        with self._lock:
            if self._changes == changes and len(short) <= MOST:
                if len(self._known) + len(short) > MOST:
                    self._known.clear()
                self._known |= short


def _length(row: NodeRow) -> int:
    return len(row.title or "") + len(row.content) + len(row.properties_json) + len(row.metadata_json)
