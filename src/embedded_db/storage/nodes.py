"""Rows of nodes: in, out, changed, removed, with their words and with the log of what happened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from embedded_db import drafts
from embedded_db.drafts import EPOCH, NodeDraft
from embedded_db.errors import Conflict, InvalidNode
from embedded_db.storage import changes, rows
from embedded_db.types import NodeRow, Provenance, node_type

SELECT = """SELECT nodes.n, nodes.id, nodes.type, nodes.chat, chats.id, nodes.sender, nodes.role, nodes.title,
    nodes.content, nodes.properties, nodes.metadata, nodes.created_at, nodes.updated_at, nodes.hash, nodes.summary,
    nodes.task, nodes.model, nodes.source_hash FROM nodes LEFT JOIN nodes AS chats ON chats.n = nodes.chat"""
SAID = "id, type, chat, sender, role, content, properties, metadata, created_at, updated_at, hash"
"""Columns of what users say, which has no title, is no entity and derived from nothing: a value that is not there takes
longer to bind than a text."""
INSERT_SAID, INSERT = f"INSERT INTO nodes ({SAID})", f"INSERT INTO nodes ({SAID}, title, key, task, model, source_hash)"
UPDATE = """UPDATE nodes SET chat = ?, sender = ?, role = ?, title = ?, content = ?, properties = ?, metadata = ?,
    created_at = ?, updated_at = ?, hash = ?, key = ?, task = ?, model = ?, source_hash = ? WHERE n = ?"""
ONE_TEXT = "INSERT INTO texts (rowid, title, sender, content, day) VALUES (?, ?, ?, ?, ?)"
TEXTS_OF_A_DAY = """INSERT INTO texts (rowid, title, sender, content, day) SELECT n, title, sender, content, ?
    FROM nodes WHERE n BETWEEN ? AND ?"""
LISTED = "(SELECT value FROM json_each(?))"
"""A list of numbers as one parameter, made by :func:`listed`."""
INDEXED = "nodes.type <> 'Message'"
"""What SQLite has to be told to use the index of types, in which messages are not."""
BATCH = 500
DAY = 86_400_000_000  # microseconds
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def insert(database: sqlite3.Connection, new: Sequence[NodeDraft], chats: dict[str, int]) -> range:
    """Store nodes and their words; return their numbers, which are consecutive. ``chats`` are numbers by id.

    Raises:
        Conflict: an id, or an entity, is there already.
    """
    numbers = insert_rows(database, new, chats)
    tell(database, new, numbers)
    return numbers


def insert_rows(database: sqlite3.Connection, new: Sequence[NodeDraft], chats: dict[str, int]) -> range:
    """The first half of :func:`insert`: the rows alone."""
    new = _with_free_ids(database, new)
    if not new:
        return range(0)
    try:
        values = _values(new, chats)
        if any(draft.title is not None or draft.provenance is not None for draft in new):
            last = rows.insert(
                database,
                INSERT,
                [
                    (*row, draft.title, draft.key, *_origin(draft.provenance))
                    for row, draft in zip(values, new, strict=True)
                ],
            )
        else:
            last = rows.insert(database, INSERT_SAID, values)
    except rows.Refused as error:
        raise _conflict(database, new[error.place], error) from error
    return range(last + 1 - len(new), last + 1)


def tell(database: sqlite3.Connection, new: Sequence[NodeDraft], numbers: range) -> None:
    """The second half of :func:`insert`: the words, and the log of what happened."""
    if new:
        _index_new_words(database, new, numbers)
        changes.note(database, "node", "put", numbers)


def replace(database: sqlite3.Connection, old: NodeRow, draft: NodeDraft, chats: dict[str, int]) -> None:
    """Store a changed node.

    Raises:
        Conflict: it has become an entity that is there already.
    """
    words_change = (draft.hash, draft.created_at) != (old.hash, old.created_at)
    if words_change:
        forget_words(database, [old.n])
    ((_, _, chat, sender, role, content, properties, metadata, created, _, digest),) = _values([draft], chats)
    values = (
        chat, sender, role, draft.title, content, properties, metadata, created, drafts.now(), digest, draft.key,
        *_origin(draft.provenance), old.n,
    )  # fmt: skip
    try:
        database.execute(UPDATE, values)
    except sqlite3.IntegrityError as error:
        raise Conflict(f"{draft.title!r} is there already as another entity; delete one of them.") from error
    if words_change:
        index_words(database, old.n, old.n)
    changes.note(database, "node", "put", [old.n])


def chats_by_id(database: sqlite3.Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return the numbers of the chats that exist. Raises InvalidNode for a node that is no chat."""
    found: dict[str, int] = {}
    for id in ids:
        row = database.execute("SELECT n, type FROM nodes WHERE id = ?", (id,)).fetchone()
        if row is None:
            continue
        if row[1] != "Chat":
            raise InvalidNode(f"chat_id {id!r} is a {row[1]}, not a Chat.", "chat_id")
        found[id] = row[0]
    return found


def known_ids(database: sqlite3.Connection, table: str, ids: Sequence[str]) -> set[str]:
    """Return which ids are in a table."""
    found: set[str] = set()
    for part, marks in _parts(ids):
        found.update(id for (id,) in database.execute(f"SELECT id FROM {table} WHERE id IN ({marks})", part))
    return found


def index_words(database: sqlite3.Connection, first: int, last: int) -> None:
    """Add the words of a run of nodes to the full text."""
    database.execute(
        "INSERT INTO texts (rowid, title, sender, content, day) SELECT n, title, sender, content, day FROM words "
        "WHERE n BETWEEN ? AND ?",
        (first, last),
    )


def _index_new_words(database: sqlite3.Connection, new: Sequence[NodeDraft], numbers: range) -> None:
    """Add the words of a run of nodes as :func:`index_words` does, with what is known of them: the day, or all."""
    days = {draft.created_at // DAY for draft in new}
    if len(days) > 1 or min(days) < 0:  # before 1970 SQLite rounds the other way
        index_words(database, numbers[0], numbers[-1])
    elif len(new) > 1:
        database.execute(TEXTS_OF_A_DAY, (_day(days.pop()), numbers[0], numbers[-1]))
    else:
        values = (numbers[0], new[0].title or "", new[0].sender or "", new[0].content, _day(days.pop()))
        database.execute(ONE_TEXT, values)


def index_words_anew(database: sqlite3.Connection) -> None:
    """Read the words of all nodes again, whatever the full text holds now."""
    database.execute("INSERT INTO texts (texts) VALUES ('rebuild')")
    changes.note(database, "node", "put", range(1, last_number(database) + 1))


def forget_words(database: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Take nodes out of the full text; must come before their text changes, which tells what to take out.

    One statement for all: FTS5 makes a savepoint for each, which costs more than the words of a message.
    """
    database.execute(
        "INSERT INTO texts (texts, rowid, title, sender, content, day) "
        f"SELECT 'delete', n, title, sender, content, day FROM words WHERE n IN {LISTED}",
        (listed(numbers),),
    )


def last_number(database: sqlite3.Connection) -> int:
    """Return the highest number ever given."""
    row = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'nodes'").fetchone()
    return int(row[0]) if row else 0


def by_ids(database: sqlite3.Connection, ids: Sequence[str]) -> dict[str, NodeRow]:
    """Return the nodes that exist, by id."""
    return {row.id: row for row in _select(database, "id", ids)}


def by_numbers(database: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, NodeRow]:
    """Return the nodes that exist, by number."""
    return {row.n: row for row in _select(database, "n", numbers)}


def of_chat(database: sqlite3.Connection, chat: int, type: str, newest: int | None = None) -> list[NodeRow]:
    """Return the nodes of one type in a chat, oldest first; only the ``newest`` so many if a number is given."""
    found = database.execute(
        f"{SELECT} WHERE nodes.chat = ? AND nodes.type = ? ORDER BY nodes.created_at DESC, nodes.n DESC LIMIT ?",
        (chat, type, -1 if newest is None else newest),
    )
    return rows_of(found)[::-1]


def chats(database: sqlite3.Connection) -> list[NodeRow]:
    """Return all chats, oldest first."""
    found = database.execute(f"{SELECT} WHERE nodes.type = 'Chat' AND {INDEXED} ORDER BY nodes.created_at, nodes.n")
    return rows_of(found)


def counts(database: sqlite3.Connection) -> dict[str, int]:
    """Return how many nodes there are of each type; messages are all that the index of types has not."""
    found = database.execute(
        f"""SELECT type, count(*) FROM nodes WHERE {INDEXED} GROUP BY 1 UNION ALL SELECT 'Message',
        (SELECT count(*) FROM nodes) - (SELECT count(*) FROM nodes WHERE {INDEXED}) ORDER BY 1"""
    )
    return {type: count for type, count in found if count}


def everything(database: sqlite3.Connection) -> Iterator[NodeRow]:
    """Yield all nodes, chats first, then in the order in which they came."""
    for which in (f"= 'Chat' AND {INDEXED}", "<> 'Chat'"):
        yield from map(NodeRow._make, database.execute(f"{SELECT} WHERE nodes.type {which} ORDER BY nodes.n"))


def needed_by_users(database: sqlite3.Connection) -> set[int]:
    """Return the nodes that edges and vectors of users refer to."""
    found = database.execute(
        """SELECT source FROM edges WHERE task IS NULL UNION SELECT target FROM edges WHERE task IS NULL
        UNION SELECT n FROM embeddings WHERE task IS NULL"""
    )
    return {n for (n,) in found}


def with_key(database: sqlite3.Connection, type: str, key: str) -> str | None:
    """Return the id of the node with that key."""
    row = database.execute("SELECT id FROM nodes WHERE type = ? AND key = ?", (type, key)).fetchone()
    return None if row is None else str(row[0])


def by_keys(database: sqlite3.Connection, type: str, keys: Sequence[str]) -> dict[str, int]:
    """Return the numbers of the nodes that have one of the keys, by key."""
    found = database.execute(
        "SELECT nodes.key, n FROM json_each(?) AS asked CROSS JOIN nodes ON nodes.type = ? AND nodes.key = value",
        (json.dumps(keys, ensure_ascii=False), type),
    )
    return dict(found.fetchall())


def mentioned_by(database: sqlite3.Connection, n: int) -> list[NodeRow]:
    """Return the entities to which MENTIONS edges of a node lead, each once, in the order of the edges."""
    found = database.execute(
        f"{SELECT} JOIN edges ON edges.target = nodes.n WHERE edges.source = ? AND edges.type = 'MENTIONS' "
        "AND nodes.type = 'Entity' GROUP BY nodes.n ORDER BY min(edges.e)", (n,),
    )  # fmt: skip
    return rows_of(found)


def remove(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Remove nodes and their words; rows that refer to them go by foreign key."""
    forget_words(database, numbers)
    database.executemany("DELETE FROM nodes WHERE n = ?", ((n,) for n in reversed(numbers)))
    changes.note(database, "node", "removed", numbers)


def listed(numbers: Iterable[int]) -> str:
    """Return numbers as the parameter of :data:`LISTED`."""
    return json.dumps(list(numbers))


def rows_of(found: Iterable[tuple[Any, ...]]) -> list[NodeRow]:
    """Return rows of :data:`SELECT` as values."""
    return list(map(NodeRow._make, found))


def row_of_draft(draft: NodeDraft, n: int, chats: dict[str, int]) -> NodeRow:
    """Return a draft that was just stored as the row that it became."""
    return NodeRow(
        n, draft.id, draft.type, None if draft.chat_id is None else chats[draft.chat_id], draft.chat_id, draft.sender,
        draft.role, draft.title, draft.content, draft.properties, draft.metadata, draft.created_at, draft.created_at,
        draft.hash, None, *_origin(draft.provenance),
    )  # fmt: skip


def _select(database: sqlite3.Connection, column: str, keys: Sequence[Any]) -> Iterable[NodeRow]:
    for part, marks in _parts(keys):
        yield from rows_of(database.execute(f"{SELECT} WHERE nodes.{column} IN ({marks})", part))


def _parts(keys: Sequence[Any]) -> Iterator[tuple[Sequence[Any], str]]:
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        yield part, ", ".join("?" * len(part))


def _values(new: Sequence[NodeDraft], chats: dict[str, int]) -> list[tuple[Any, ...]]:
    """What goes into the columns :data:`SAID`; Python binds bytes after looking for adapters, a bytearray at once."""
    return [
        (
            id, type, chats[chat_id] if chat_id is not None else None, sender, role, content, properties, metadata,
            created_at, created_at, bytearray(digest),
        )
        for id, type, chat_id, sender, role, _, content, properties, metadata, created_at, digest, _, _ in new
    ]  # fmt: skip


@lru_cache
def _day(day: int) -> str:
    """What the view `words` calls a day since 1970."""
    date = EPOCH + timedelta(days=day)
    return f"{MONTHS[date.month - 1]} {date.day} {date.year:04}"


def _origin(made: Provenance | None) -> tuple[str | None, str | None, bytes | None]:
    return (None, None, None) if made is None else (made.task, made.model, made.source_hash)


def _with_free_ids(database: sqlite3.Connection, new: Sequence[NodeDraft]) -> Sequence[NodeDraft]:
    """An entity is called after its name, and another one may be that had the name before: then by an id of its own."""
    named = [draft.id for draft in new if draft.key is not None and draft.id == drafts.entity_id(draft.key)]
    if not named or not (taken := known_ids(database, "nodes", named)):
        return new
    return [
        draft._replace(id=drafts.new_id(node_type(draft.type).prefix))
        if draft.id in taken and with_key(database, draft.type, draft.key or "") is None
        else draft
        for draft in new
    ]


def _conflict(database: sqlite3.Connection, failed: NodeDraft, error: rows.Refused) -> Conflict:
    if known_ids(database, "nodes", [failed.id]):
        return Conflict(f"There is a node {failed.id!r} already; update it, or choose another id.")
    return Conflict(f"There is an entity {failed.title!r} of that entity_type already ({error}); use that one.")
