"""Stores many rows by few statements: to open a table and its indexes for each row takes as long as to store it.

A statement that is refused stores none of its rows, so these are tried again one by one, which tells which it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

AT_ONCE = 50
"""Rows of a statement. More take as long, and not every SQLite takes more than 999 values."""
Row = tuple[Any, ...]


class Refused(Exception):
    """The row at ``place`` breaks a rule of the table, such as an id that is there already."""

    def __init__(self, place: int, reason: sqlite3.IntegrityError) -> None:
        super().__init__(str(reason))
        self.place = place


def insert(database: sqlite3.Connection, into: str, new: Sequence[Row], otherwise: str = "") -> int:
    """Store rows: ``into`` is the statement up to its VALUES, ``otherwise`` what follows them.

    Returns:
        The number of the last row, if its table gives numbers and there was no row to renew; 0 for none.

    Raises:
        Refused: a row cannot be stored; those before it are.
    """
    last = 0
    for at in range(0, len(new), AT_ONCE):
        part = new[at : at + AT_ONCE]
        if len(part) == AT_ONCE:
            try:
                statement = _statement(into, len(part[0]), AT_ONCE, otherwise)
                last = database.execute(statement, list(chain.from_iterable(part))).lastrowid or 0
                continue
            except sqlite3.IntegrityError:
                pass  # told below, of the row that it is
        last = _one_by_one(database, _statement(into, len(part[0]), 1, otherwise), part, at)
    return last


def _one_by_one(database: sqlite3.Connection, statement: str, part: Sequence[Row], at: int) -> int:
    cursor = database.cursor()
    for place, row in enumerate(part, at):
        try:
            cursor.execute(statement, row)
        except sqlite3.IntegrityError as error:
            raise Refused(place, error) from error
    return cursor.lastrowid or 0


@cache
def _statement(into: str, width: int, rows: int, otherwise: str) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{into} VALUES {', '.join([row] * rows)} {otherwise}"
