"""Inserts many rows fast: a statement of a hundred rows costs little more than one of a single row.

A million nodes and several million edges are written at every publish, and half of that time would go into stepping
through statements (measured: 0.48 s instead of 0.86 s for 900,000 edges).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

ROWS = 100  # 21 columns of it are well below SQLite's 32,766 parameters


def insert(database: sqlite3.Connection, head: str, values: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows; ``head`` is ``INSERT INTO … (…)``, ``values`` a row of numbered parameters such as ``(?1, ?2)``."""
    whole = len(rows) - len(rows) % ROWS
    statement = _statement(head, values)
    for start in range(0, whole, ROWS):
        database.execute(statement, tuple(chain.from_iterable(rows[start : start + ROWS])))
    database.executemany(f"{head} VALUES {values}", rows[whole:])


@cache
def _statement(head: str, values: str) -> str:
    parameter = re.compile(r"\?(\d+)")
    width = max(int(number) for number in parameter.findall(values))

    def shifted(row: int) -> str:
        return parameter.sub(lambda match: f"?{int(match[1]) + row * width}", values)

    return f"{head} VALUES {', '.join(map(shifted, range(ROWS)))}"
