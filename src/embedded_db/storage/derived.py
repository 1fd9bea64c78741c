"""What was made of a node goes when its text changes or the node goes: nothing derived outlives its source.

Derived are vectors, edges and nodes with a provenance, and summaries for the messages that they have read. What users
made or changed themselves stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from embedded_db.storage import changes, edges, embeddings, nodes
from embedded_db.storage.nodes import LISTED, listed
from embedded_db.types import NodeRow

# These edges follow from the text at their start, or from the node at their end; not from this side.
FROM_ELSEWHERE = {"source": ("CONTAINS_SUMMARY",), "target": ("CONTAINS_SUMMARY", "MENTIONS")}


def retract(database: sqlite3.Connection, old: NodeRow, model: str) -> None:
    """Take away what was made of the old text of a node; its vector by ``model`` in any case, as that is made again."""
    drawn = [
        (e, target)
        for side, kept in FROM_ELSEWHERE.items()
        for e, target, type in database.execute(
            f"SELECT e, target, type FROM edges WHERE {side} = ? AND task IS NOT NULL", (old.n,)
        )
        if type not in kept
    ]
    if drawn:
        edges.remove(database, sorted({e for e, _ in drawn}))
    stale = [row for row in embeddings.of_node(database, old.n) if row.provenance or row.model == model]
    if stale:
        embeddings.remove(database, [(row.v, row.n) for row in stale])
    _remove_unmentioned(database, {target for _, target in drawn})


def remove(database: sqlite3.Connection, numbers: Iterable[int]) -> set[int]:
    """Remove nodes with all that hangs on them: messages of a chat, edges, vectors, tasks, words, what was made of it.

    Returns:
        Numbers of the chats with messages that no summary has read now.
    """
    doomed = _with_dependents(database, numbers)
    marks = listed(doomed)
    touched = [
        (e, target)
        for e, target in database.execute(
            f"SELECT e, target FROM edges WHERE source IN {LISTED} UNION SELECT e, target FROM edges "
            f"WHERE target IN {LISTED} ORDER BY e", (marks, marks),
        )
    ]  # fmt: skip
    vectors = [n for (n,) in database.execute(f"SELECT DISTINCT n FROM embeddings WHERE n IN {LISTED}", (marks,))]
    gone = set(doomed)
    freed = [
        row
        for row in database.execute(f"SELECT n, chat FROM nodes WHERE summary IN {LISTED} ORDER BY n", (marks,))
        if row[0] not in gone
    ]
    nodes.remove(database, doomed)
    changes.note(database, "node", "put", [n for n, _ in freed])
    changes.note(database, "edge", "removed", [e for e, _ in touched])
    embeddings.note_nodes(database, vectors)
    _remove_unmentioned(database, {target for _, target in touched} - gone)
    return {chat for _, chat in freed if chat is not None}


def forget_summary(database: sqlite3.Connection, message: NodeRow) -> set[int]:
    """Remove the summary that has read a message; one that the user has taken over stays, but has not read it.

    Returns:
        Numbers of the chats with messages that no summary has read now.
    """
    if message.summary is None:
        return set()
    summary = nodes.by_numbers(database, [message.summary])[message.summary]
    if summary.provenance is not None:
        return remove(database, [summary.n])
    database.execute("UPDATE nodes SET summary = NULL WHERE n = ?", (message.n,))
    changes.note(database, "node", "put", [message.n])
    return set() if message.chat is None else {message.chat}


def _with_dependents(database: sqlite3.Connection, numbers: Iterable[int]) -> list[int]:
    doomed = set(numbers)
    doomed.update(n for (n,) in database.execute(f"SELECT n FROM nodes WHERE chat IN {LISTED}", (listed(doomed),)))
    doomed.update(
        n
        for (n,) in database.execute(
            f"""SELECT DISTINCT summaries.n FROM nodes JOIN nodes AS summaries ON summaries.n = nodes.summary
            WHERE nodes.n IN {LISTED} AND summaries.task IS NOT NULL""",
            (listed(doomed),),
        )
    )
    return sorted(doomed)


def _remove_unmentioned(database: sqlite3.Connection, candidates: set[int]) -> None:
    """Remove entities that the Weaver made and that nothing refers to any more."""
    if not candidates:
        return
    alone = database.execute(
        f"""SELECT n FROM nodes WHERE n IN {LISTED} AND type = 'Entity' AND task IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM edges WHERE target = n) AND NOT EXISTS (SELECT 1 FROM edges WHERE source = n)""",
        (listed(candidates),),
    ).fetchall()
    if alone:
        remove(database, [n for (n,) in alone])
