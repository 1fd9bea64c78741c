"""The log of what happened, from which indexes in memory, of this process and others, bring themselves up to date.

Nodes are told by `n`, edges by `e`, and so are those that went with a removed node. "put" means: read it again, it may
be new, changed, or gone since. Vectors are told by the `n` of their node, always as "put": read all of them again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Literal

from embedded_db import drafts

What = Literal["node", "edge", "embedding"]
Change = Literal["put", "removed"]
Told = tuple[int, str, str, int, int]
"""seq, what, change, first and last."""
NOTE = "INSERT INTO changes (what, change, first, last, at) VALUES (?, ?, ?, ?, ?)"
KEPT = 200_000
"""Entries that stay; an index that is further behind reads everything again."""


def note(database: sqlite3.Connection, what: What, change: Change, numbers: Iterable[int]) -> None:
    """Add what happened to rows, as runs of consecutive numbers."""
    moment = drafts.now()
    for first, last in runs(numbers):
        database.execute(NOTE, (what, change, first, last, moment))


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield numbers as first and last of consecutive ones; only neighbours in the order given are joined."""
    if isinstance(numbers, range) and numbers.step == 1 and numbers:
        yield numbers[0], numbers[-1]
        return
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def newest(database: sqlite3.Connection) -> int:
    """Return the sequence number of the last change; 0 for an empty database."""
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    return int(row[0]) if row else 0


def since(database: sqlite3.Connection, seq: int) -> list[Told] | None:
    """Return (seq, what, change, first, last) of all changes after ``seq``; None if some of them are gone."""
    oldest = database.execute("SELECT min(seq) FROM changes").fetchone()[0]
    if oldest is None:
        return None if newest(database) > seq else []
    if oldest > seq + 1:
        return None
    return database.execute(
        "SELECT seq, what, change, first, last FROM changes WHERE seq > ? ORDER BY seq", (seq,)
    ).fetchall()


def trim(database: sqlite3.Connection) -> None:
    """Forget all but the last entries."""
    database.execute("DELETE FROM changes WHERE seq <= ?", (newest(database) - KEPT,))
