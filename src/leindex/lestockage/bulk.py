"""Inserts many rows fast: a statement of a hundred rows costs little more than one of a single row.

A million nodes and several million edges are written at every publish, and half of that time would go into stepping
through statements and taking rows apart. So values come as one tuple, row behind row.
"""

from __future__ import annotations

import sqlite3
from functools import cache


def insert(database: sqlite3.Connection, head: str, row: str, values: tuple[object, ...]) -> int:
    """Insert rows and return their number; ``head`` is ``INSERT INTO … (…)``, ``row`` one of them: ``(?, 'x', ?)``.

    At most 32,766 values: as many parameters as a statement of SQLite has.
    """
    rows = len(values) // row.count("?")
    if rows:
        database.execute(_statement(head, row, rows), values)
    return rows


@cache
def _statement(head: str, row: str, rows: int) -> str:
    return f"{head} VALUES {', '.join([row] * rows)}"
