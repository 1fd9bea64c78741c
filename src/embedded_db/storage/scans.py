"""What indexes in memory read of the file: plain columns of many rows at once, by runs of numbers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from embedded_db.storage import nodes

ROWS = 512
"""Rows that are handed over at a time: so few that what they are made of stays near the processor."""
VECTORS = 2_048
"""Vectors that are handed over at a time: so many that several threads have something to do."""
LAST = 2**62
Columns = list[tuple[Any, ...]]


def node_columns(database: sqlite3.Connection, first: int = 0, last: int = LAST) -> Iterator[Columns]:
    """Yield n, type, chat, sender, role, created_at, updated_at and the length of the text, by n."""
    return _columns(
        database,
        """SELECT n, type, ifnull(chat, 0), sender, role, created_at, updated_at, length(content) FROM nodes
        WHERE n BETWEEN ? AND ? ORDER BY n""",
        (first, last),
    )


def edge_columns(database: sqlite3.Connection, first: int = 0, last: int = LAST) -> Iterator[Columns]:
    """Yield e, source, target, type and weight, by e."""
    return _columns(
        database, "SELECT e, source, target, type, weight FROM edges WHERE e BETWEEN ? AND ? ORDER BY e", (first, last)
    )


def vectors(database: sqlite3.Connection, model: str, first: int = 0, last: int = LAST) -> Iterator[Columns]:
    """Yield n and vector (float32 as bytes) of the vectors of a model."""
    if (first, last) == (0, LAST):  # as they lie in the file
        return _columns(database, "SELECT n, vector FROM embeddings WHERE model = ? ORDER BY v", (model,), VECTORS)
    run = "SELECT n, vector FROM embeddings WHERE model = ? AND n BETWEEN ? AND ?"
    return _columns(database, run, (model, first, last), VECTORS)


def vector_count(database: sqlite3.Connection, model: str) -> int:
    """Return how many vectors of a model there are."""
    row = database.execute("SELECT count(*) FROM embeddings WHERE model = ?", (model,)).fetchone()
    return int(row[0])


def dimensions(database: sqlite3.Connection, model: str) -> int:
    """Return how long the vectors of a model are; 0 if there are none."""
    row = database.execute("SELECT dimensions FROM models WHERE model = ?", (model,)).fetchone()
    return int(row[0]) if row else 0


def property_values(
    database: sqlite3.Connection, path: Sequence[str], shown: dict[str, list[str]], first: int = 0, last: int = LAST
) -> Iterator[tuple[int, Any]]:
    """Yield n and value of all nodes that have a property, wherever they keep it.

    Args:
        database: where to read.
        path: the name; or "metadata" and the names on the way down.
        shown: columns that some types show under that name, with those types; none named are all types.
        first: the first node to read.
        last: the last one.
    """
    steps = list(path)
    places = ["metadata"] if steps[0] == "metadata" and len(steps) > 1 else ["properties", "metadata"]
    names = steps[1:] if len(places) == 1 else steps
    inside = "$" + "".join(f'."{name}"' for name in names)
    extracted = ", ".join(f"{place} -> ?1" for place in places)
    value = f"ifnull({extracted})" if len(places) > 1 else extracted
    quoted = {column: f"CASE WHEN {column} IS NOT NULL THEN json_quote({column}) END" for column in shown}
    cases = "".join(f" WHEN {_any_of(types)} THEN {quoted[column]}" for column, types in shown.items())
    whole = f"CASE{cases} ELSE {value} END" if cases else value
    found = database.execute(
        f"SELECT n, {whole} AS value FROM nodes WHERE n BETWEEN ?2 AND ?3 AND value IS NOT NULL", (inside, first, last)
    )
    for n, text in found:
        yield n, json.loads(text)


def numbers_of(database: sqlite3.Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the nodes that exist, by id."""
    listed = json.dumps(list(ids), ensure_ascii=False)
    return dict(
        database.execute(
            "SELECT nodes.id, n FROM json_each(?) AS asked CROSS JOIN nodes ON nodes.id = value", (listed,)
        )
    )  # the ids one after the other; IN would sort them first


def ids_of(database: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Return the ids of the nodes that exist, by number."""
    found = database.execute(f"SELECT n, id FROM nodes WHERE n IN {nodes.LISTED}", (nodes.listed(numbers),))
    return dict(found.fetchall())


def edge_ids(database: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Return the ids of the edges that exist, by number."""
    found = database.execute(f"SELECT e, id FROM edges WHERE e IN {nodes.LISTED}", (nodes.listed(numbers),))
    return dict(found.fetchall())


def with_content(
    database: sqlite3.Connection, condition: str, values: Sequence[Any], among: Sequence[int] | None
) -> list[int]:
    """Return the numbers of nodes whose ``content`` fulfils a condition in SQL, of some nodes or of all."""
    where, given = condition, list(values)
    if among is not None:
        where, given = f"n IN {nodes.LISTED} AND {condition}", [nodes.listed(among), *values]
    return [n for (n,) in database.execute(f"SELECT n FROM nodes WHERE {where}", given)]


def frequency(database: sqlite3.Connection, term: str) -> int:
    """Return in how many nodes a word stands, in any of its forms."""
    row = database.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (_quoted(term, '"'),)).fetchone()
    return int(row[0])


def postings(database: sqlite3.Connection, term: str, after: int = 0) -> str:
    """Return the numbers above ``after`` of the nodes in which a word stands, with commas between them."""
    row = database.execute(
        "SELECT group_concat(rowid) FROM texts WHERE texts MATCH ? AND rowid > ?", (_quoted(term, '"'), after)
    ).fetchone()
    return row[0] or ""


def _columns(database: sqlite3.Connection, query: str, values: Sequence[Any], count: int = ROWS) -> Iterator[Columns]:
    found = database.execute(query, values)
    while rows := found.fetchmany(count):
        yield list(zip(*rows, strict=True))


def _any_of(types: Sequence[str]) -> str:
    return f"type IN ({', '.join(map(_quoted, types))})" if types else "TRUE"


def _quoted(text: str, mark: str = "'") -> str:
    return mark + text.replace(mark, mark * 2) + mark
