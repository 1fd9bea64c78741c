"""Rows of vectors: one for each node and model, all vectors of a model equally long."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from embedded_db.drafts import EmbeddingDraft
from embedded_db.errors import Conflict, InvalidNode, NodeNotFound
from embedded_db.storage import changes, rows, scans
from embedded_db.types import EmbeddingRow, Provenance

SELECT = """SELECT v, embeddings.id, embeddings.n, nodes.id, embeddings.model, vector, embeddings.created_at,
    embeddings.task, embeddings.source_hash FROM embeddings JOIN nodes ON nodes.n = embeddings.n"""
# What users brought is never replaced by what the Weaver makes.
INSERT = "INSERT INTO embeddings (id, n, model, vector, created_at, task, source_hash)"
REPLACED = """ON CONFLICT (n, model) DO UPDATE SET id = excluded.id, vector = excluded.vector, task = excluded.task,
    created_at = excluded.created_at, source_hash = excluded.source_hash
    WHERE excluded.task IS NULL OR embeddings.task IS NOT NULL"""


def put(database: sqlite3.Connection, new: Sequence[EmbeddingDraft]) -> None:
    """Store vectors, in place of what the node had by the same model.

    Raises:
        NodeNotFound: a node does not exist.
        InvalidNode: a vector is longer or shorter than the others of its model.
        Conflict: an id is there already.
    """
    _check_lengths(database, new)
    numbers = scans.numbers_of(database, [draft.node_id for draft in new])
    for draft in new:
        if draft.node_id not in numbers:
            raise NodeNotFound(draft.node_id)
    try:
        rows.insert(database, INSERT, [_values(draft, numbers) for draft in new], REPLACED)
    except rows.Refused as error:
        told = f"There is an embedding {new[error.place].id!r} already; update it, or choose another id."
        raise Conflict(told) from error
    note_nodes(database, [numbers[draft.node_id] for draft in new])


def remove(database: sqlite3.Connection, places: Sequence[tuple[int, int]]) -> None:
    """Remove vectors, each told by its own number and that of its node."""
    database.executemany("DELETE FROM embeddings WHERE v = ?", ((v,) for v, _ in places))
    note_nodes(database, [n for _, n in places])


def note_nodes(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Tell which nodes have other vectors than before, or none."""
    changes.note(database, "embedding", "put", numbers)


def by_id(database: sqlite3.Connection, id: str) -> EmbeddingRow | None:
    """Return the embedding if it exists."""
    values = database.execute(f"{SELECT} WHERE embeddings.id = ?", (id,)).fetchone()
    return None if values is None else row_of(values)


def places_of(database: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the numbers of the embeddings that exist, and of their nodes, by id."""
    found = database.execute(
        "SELECT embeddings.id, v, n FROM json_each(?) AS asked CROSS JOIN embeddings ON embeddings.id = value",
        (json.dumps(ids, ensure_ascii=False),),
    )
    return {id: (v, n) for id, v, n in found}


def of_node(database: sqlite3.Connection, n: int) -> list[EmbeddingRow]:
    """Return the vectors of a node, by all models."""
    return [row_of(values) for values in database.execute(f"{SELECT} WHERE embeddings.n = ? ORDER BY v", (n,))]


def everything(database: sqlite3.Connection) -> Iterator[EmbeddingRow]:
    """Yield all vectors, in the order in which they came."""
    yield from map(row_of, database.execute(f"{SELECT} ORDER BY v"))


def row_of(values: Sequence[Any]) -> EmbeddingRow:
    """Return a row of :data:`SELECT` as a value."""
    v, id, n, node_id, model, vector, created, task, source_hash = values
    made = None if task is None else Provenance(task, model, source_hash)
    return EmbeddingRow(v, id, n, node_id, model, np.frombuffer(vector, "<f4"), created, made)


def _values(draft: EmbeddingDraft, numbers: dict[str, int]) -> tuple[Any, ...]:
    made, vector = draft.provenance, draft.vector.astype("<f4", copy=False).tobytes()
    origin = (None, None) if made is None else (made.task, made.source_hash)
    return draft.id, numbers[draft.node_id], draft.model, vector, draft.created_at, *origin


def _check_lengths(database: sqlite3.Connection, new: Sequence[EmbeddingDraft]) -> None:
    lengths: dict[str, int] = {}
    for draft in new:
        if draft.model not in lengths:
            lengths[draft.model] = _dimensions(database, draft)
        if lengths[draft.model] != draft.vector.size:
            raise InvalidNode(
                f"Vectors of {draft.model!r} have {lengths[draft.model]} numbers, this one {draft.vector.size}; "
                "give the vectors of another model the name of that model.", "vector",
            )  # fmt: skip


def _dimensions(database: sqlite3.Connection, draft: EmbeddingDraft) -> int:
    """How long vectors of the draft's model are; what it brings itself if it is the first."""
    row = database.execute("SELECT dimensions FROM models WHERE model = ?", (draft.model,)).fetchone()
    if row and (row[0] == draft.vector.size or _any_of(database, draft.model)):
        return int(row[0])
    database.execute("INSERT OR REPLACE INTO models VALUES (?, ?)", (draft.model, draft.vector.size))
    return draft.vector.size


def _any_of(database: sqlite3.Connection, model: str) -> bool:
    return database.execute("SELECT 1 FROM embeddings WHERE model = ? LIMIT 1", (model,)).fetchone() is not None
