"""Rows of edges: in, out, changed, removed, with the log of what happened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from embedded_db.drafts import EdgeDraft
from embedded_db.errors import Conflict, NodeNotFound
from embedded_db.storage import changes, rows, scans
from embedded_db.storage.nodes import LISTED, listed
from embedded_db.types import EdgeRow, Provenance

Direction = Literal["out", "in", "both"]
SELECT = """SELECT edges.e, edges.id, edges.source, edges.target, sources.id, targets.id, edges.type, edges.weight,
    edges.metadata, edges.created_at, edges.task, edges.model, edges.source_hash FROM edges
    JOIN nodes AS sources ON sources.n = edges.source JOIN nodes AS targets ON targets.n = edges.target"""
PLAIN = "id, source, target, type, weight, metadata, created_at"
"""Columns of what users draw: fewer values to bind, and many edges are drawn at once."""
INSERT_PLAIN, INSERT = f"INSERT INTO edges ({PLAIN})", f"INSERT INTO edges ({PLAIN}, task, model, source_hash)"
RENEWED = """ON CONFLICT (source, target, type, task) WHERE task IS NOT NULL DO UPDATE SET weight = excluded.weight,
    metadata = excluded.metadata, model = excluded.model, source_hash = excluded.source_hash"""
ENDS = {"out": "edges.source = ?", "in": "edges.target = ?", "both": "(edges.source = ? OR edges.target = ?)"}


def insert(database: sqlite3.Connection, new: Sequence[EdgeDraft]) -> Sequence[int]:
    """Store edges; return their numbers. One that the same stage drew before between the same nodes is renewed.

    Raises:
        NodeNotFound: an end does not exist.
        Conflict: an id is there already.
    """
    ends = _numbers(database, new)
    before = last_number(database)
    woven = any(draft.provenance for draft in new)
    try:
        if woven:
            rows.insert(database, INSERT, [_values(draft, ends) for draft in new], RENEWED)
        else:
            rows.insert(database, INSERT_PLAIN, [_plain_values(draft, ends) for draft in new])
    except rows.Refused as error:
        raise Conflict(f"There is an edge {new[error.place].id!r} already; update it, or choose another id.") from error
    stored = _stored(database, new, ends, before) if woven else range(before + 1, before + 1 + len(new))
    changes.note(database, "edge", "put", stored)
    return stored


def replace(database: sqlite3.Connection, old: EdgeRow, draft: EdgeDraft) -> None:
    """Store a changed edge; it is the user's own from then on."""
    database.execute(
        """UPDATE edges SET type = ?, weight = ?, metadata = ?, task = NULL, model = NULL, source_hash = NULL
        WHERE e = ?""",
        (draft.type, draft.weight, draft.metadata, old.e),
    )
    changes.note(database, "edge", "put", [old.e])


def remove(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Remove edges."""
    database.execute(f"DELETE FROM edges WHERE e IN {LISTED}", (listed(numbers),))
    changes.note(database, "edge", "removed", numbers)


def last_number(database: sqlite3.Connection) -> int:
    """Return the highest number ever given."""
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'edges'").fetchone()
    return int(row[0]) if row else 0


def by_id(database: sqlite3.Connection, id: str) -> EdgeRow | None:
    """Return the edge if it exists."""
    values = database.execute(f"{SELECT} WHERE edges.id = ?", (id,)).fetchone()
    return None if values is None else row_of(values)


def numbers_of(database: sqlite3.Connection, ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the edges that exist, by id."""
    asked = json.dumps(ids, ensure_ascii=False)
    return dict(
        database.execute("SELECT edges.id, e FROM json_each(?) AS asked CROSS JOIN edges ON edges.id = value", (asked,))
    )


def of_node(database: sqlite3.Connection, n: int, direction: Direction, type: str | None = None) -> list[EdgeRow]:
    """Return the edges of a node, oldest first."""
    where, values = ENDS[direction], [n] * (2 if direction == "both" else 1)
    narrowed = f"{where} AND edges.type = ?" if type is not None else where
    found = database.execute(
        f"{SELECT} WHERE {narrowed} ORDER BY edges.e", [*values, *([] if type is None else [type])]
    )
    return [row_of(one) for one in found]


def everything(database: sqlite3.Connection) -> Iterator[EdgeRow]:
    """Yield all edges, oldest first."""
    yield from map(row_of, database.execute(f"{SELECT} ORDER BY edges.e"))


def row_of(values: Sequence[Any]) -> EdgeRow:
    """Return a row of :data:`SELECT` as a value."""
    e, id, source, target, from_id, to_id, type, weight, metadata, created, task, model, source_hash = values
    made = None if task is None else Provenance(task, model, source_hash)
    kept = {} if metadata == "{}" else json.loads(metadata)
    return EdgeRow(e, id, source, target, from_id, to_id, type, weight, kept, created, made)


def _numbers(database: sqlite3.Connection, new: Sequence[EdgeDraft]) -> dict[str, int]:
    ids = {draft.from_id for draft in new} | {draft.to_id for draft in new}
    found = scans.numbers_of(database, sorted(ids))
    if missing := ids - found.keys():
        raise NodeNotFound(min(missing))
    return found


def _values(draft: EdgeDraft, ends: dict[str, int]) -> tuple[Any, ...]:
    made = draft.provenance
    origin = (None, None, None) if made is None else (made.task, made.model, made.source_hash)
    return *_plain_values(draft, ends), *origin


def _plain_values(draft: EdgeDraft, ends: dict[str, int]) -> tuple[Any, ...]:
    return draft[0], ends[draft[1]], ends[draft[2]], *draft[3:7]


def _stored(database: sqlite3.Connection, new: Sequence[EdgeDraft], ends: dict[str, int], before: int) -> list[int]:
    """Return the numbers of edges that were just stored after ``before``; those that were renewed keep theirs."""
    stored = [e for (e,) in database.execute("SELECT e FROM edges WHERE e > ? ORDER BY e", (before,))]
    if len(stored) == len(new):
        return stored
    keys = [
        (ends[draft.from_id], ends[draft.to_id], draft.type, draft.provenance.task)
        for draft in new
        if draft.provenance is not None
    ]
    asked = "SELECT e FROM edges WHERE source = ? AND target = ? AND type = ? AND task = ?"
    return sorted({*stored, *(database.execute(asked, key).fetchone()[0] for key in keys)})
