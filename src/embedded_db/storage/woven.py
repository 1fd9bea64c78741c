"""What a stage of the Weaver may make, and how it is stored: derived rows with their provenance, never twice.

A stage returns values (:data:`Result`); this room writes them in the transaction that finishes their tasks. Whatever
a stage made of a node before and does not make again is taken away, so doing it twice is doing it once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from embedded_db import drafts
from embedded_db.drafts import EdgeDraft, EmbeddingDraft
from embedded_db.errors import InvalidNode
from embedded_db.storage import changes, edges, embeddings, nodes, tasks
from embedded_db.storage.nodes import LISTED, listed
from embedded_db.storage.tasks import Priority
from embedded_db.types import NodeRow, Provenance, node_type

MENTIONS, RELATES_TO, CONTAINS_SUMMARY = "MENTIONS", "RELATES_TO", "CONTAINS_SUMMARY"


@dataclass(frozen=True, slots=True)
class Vector:
    """The vector of a node: float32, shape (dimensions,). One without a direction is not stored."""

    n: int
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Link:
    """An edge from a node to another. A ``mutual`` one is not drawn if the other has drawn it already."""

    n: int
    target: int
    type: str
    weight: float = 1.0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    mutual: bool = False


@dataclass(frozen=True, slots=True)
class Mentions:
    """An entity that a node speaks of, which is found or made; ``spans`` are where, in characters of the text."""

    n: int
    label: str
    entity_type: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of messages of the chat ``n``, with number and hash of each message that was read."""

    n: int
    text: str
    messages: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a node: one of its type, or else a key of its metadata. None takes it away."""

    n: int
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Again:
    """There is more to do for a node: its task stays."""

    n: int


Result = Vector | Link | Mentions | Summary | Field | Again


@dataclass(frozen=True, slots=True)
class Work:
    """What results belong to: the stage, its model, and the nodes as they were read.

    ``asks`` says which stages a node that is made here wants, by type; ``priority`` is how soon at most.
    """

    task: str
    model: str
    rows: Mapping[int, NodeRow]
    priority: Priority
    asks: Callable[[str], Sequence[tuple[str, Priority]]]

    def source(self, n: int) -> Provenance:
        """Return the provenance of what was made of a node."""
        return Provenance(self.task, self.model, self.rows[n].hash)


def unchanged(database: sqlite3.Connection, rows: Mapping[int, NodeRow]) -> dict[int, NodeRow]:
    """Return those nodes whose text is still what was read."""
    found = database.execute(f"SELECT n, hash FROM nodes WHERE n IN {LISTED}", (listed(rows),))
    return {n: rows[n] for n, digest in found if rows[n].hash == digest}


def keep(database: sqlite3.Connection, work: Work, results: Iterable[Result], replace: bool) -> set[int]:
    """Store results of the nodes of ``work``; with ``replace``, take away what the stage made of them before.

    Returns:
        Numbers of nodes with which the stage has to go on.
    """
    kinds: dict[type, list[Any]] = {kind: [] for kind in get_args(Result)}
    for result in results:
        if type(result) not in kinds:
            raise InvalidNode(f"A stage returns {', '.join(kind.__name__ for kind in kinds)}; this is {result!r}.")
        if result.n in work.rows:
            kinds[type(result)].append(result)
    if replace:
        _drop_vectors(database, work, {one.n for one in kinds[Vector]})
    _put_vectors(database, work, kinds[Vector])
    held = _draw(database, work, [*_found_entities(database, work, kinds[Mentions]), *kinds[Link]])
    if replace:
        _drop_edges(database, work, held)
    again = {one.n for one in kinds[Again]}
    return again | _put_summaries(database, work, kinds[Summary]) | _put_fields(database, work, kinds[Field])


def _put_vectors(database: sqlite3.Connection, work: Work, made: Sequence[Vector]) -> None:
    moment = drafts.now()
    embeddings.put(
        database,
        [
            EmbeddingDraft(
                drafts.new_id(drafts.EMBEDDING_PREFIX, moment), work.rows[one.n].id, work.model,
                drafts.vector_of(one.vector), moment, work.source(one.n),
            )
            for one in made
        ],
    )  # fmt: skip


def _drop_vectors(database: sqlite3.Connection, work: Work, renewed: set[int]) -> None:
    """Vectors of a stage that it does not make any more, or that another model made."""
    rows = database.execute(
        f"SELECT DISTINCT n FROM embeddings WHERE n IN {LISTED} AND task = ?", (listed(work.rows), work.task)
    ).fetchall()
    old = [row for (n,) in rows for row in embeddings.of_node(database, n)]
    stale = [row for row in old if row.provenance is not None and (row.n not in renewed or row.model != work.model)]
    if stale:
        embeddings.remove(database, [(row.v, row.n) for row in stale])


def _found_entities(database: sqlite3.Connection, work: Work, made: Sequence[Mentions]) -> list[Link]:
    """Find or make the entities, and return the edges to them. The writer's lock keeps others from making them, too."""
    keys = [drafts.entity_key(one.entity_type, one.label) for one in made]
    first = dict(zip(reversed(keys), reversed(made), strict=True))
    numbers = nodes.by_keys(database, "Entity", list(first))
    missing = [key for key in dict.fromkeys(keys) if key not in numbers]
    if missing:
        numbers |= zip(missing, _new_entities(database, work, [first[key] for key in missing]), strict=True)
    return [Link(one.n, numbers[key], MENTIONS, 1.0, {"spans": one.spans}) for key, one in zip(keys, made, strict=True)]


def _new_entities(database: sqlite3.Connection, work: Work, made: Sequence[Mentions]) -> range:
    new = [
        drafts.node_draft(
            {"type": "Entity", "label": " ".join(one.label.split()), "entity_type": one.entity_type}, work.source(one.n)
        )
        for one in made
    ]
    numbers = nodes.insert(database, new, {})
    _ask(database, work, "Entity", numbers)
    return numbers


def _draw(database: sqlite3.Connection, work: Work, made: Sequence[Link]) -> set[int]:
    """Draw edges; return the numbers of all that hold, drawn now or before."""
    ids = dict(
        database.execute(f"SELECT n, id FROM nodes WHERE n IN {LISTED}", (listed({one.target for one in made}),))
    )
    drawn_back = _drawn_back(database, work, made)
    there = [one for one in made if one.target in ids and (one.target, one.n, one.type) not in drawn_back]
    there = list({_pair(one): one for one in reversed(there)}.values())[::-1]
    moment = drafts.now()
    new = [
        EdgeDraft(
            drafts.new_id(drafts.EDGE_PREFIX, moment), work.rows[one.n].id, ids[one.target], one.type, one.weight,
            drafts.as_json(one.metadata, "metadata"), moment, work.source(one.n),
        )
        for one in there
    ]  # fmt: skip
    return set(edges.insert(database, new)) if new else set()


def _pair(link: Link) -> tuple[str, int, int]:
    """What two links must not have in common."""
    ends = sorted((link.n, link.target)) if link.mutual else (link.n, link.target)
    return link.type, ends[0], ends[1]


def _drawn_back(database: sqlite3.Connection, work: Work, made: Sequence[Link]) -> set[tuple[int, int, str]]:
    """Source, target and type of mutual links that there are already, from nodes that are not being done again now."""
    wanted = {(one.target, one.n, one.type) for one in made if one.mutual and one.target not in work.rows}
    rows = database.execute(
        f"SELECT source, target, type FROM edges WHERE source IN {LISTED} AND task = ?",
        (listed({source for source, _, _ in wanted}), work.task),
    )
    return wanted.intersection(rows)


def _drop_edges(database: sqlite3.Connection, work: Work, kept: set[int]) -> None:
    """Edges of a stage that it does not draw any more."""
    rows = database.execute(
        f"SELECT e FROM edges WHERE source IN {LISTED} AND task = ? ORDER BY e", (listed(work.rows), work.task)
    )
    stale = [e for (e,) in rows if e not in kept]
    if stale:
        edges.remove(database, stale)


def _put_summaries(database: sqlite3.Connection, work: Work, made: Sequence[Summary]) -> set[int]:
    """Store summaries whose messages are all still what was read, and that no other summary has read."""
    again: set[int] = set()
    for one in made:
        numbers = [n for n, _ in one.messages]
        rows = nodes.by_numbers(database, numbers)
        valid = all(
            n in rows and rows[n].hash == digest and rows[n].chat == one.n and rows[n].summary is None
            for n, digest in one.messages
        )
        if valid:
            _put_summary(database, work, one, [rows[n] for n in numbers])
        else:
            again.add(one.n)
    return again


def _put_summary(database: sqlite3.Connection, work: Work, made: Summary, messages: Sequence[NodeRow]) -> None:
    chat = work.rows[made.n]
    source = Provenance(work.task, work.model, drafts.digest("".join(row.hash.hex() for row in messages)))
    fields = {"type": "Summary", "chat_id": chat.id, "content": made.text, "messages": [row.id for row in messages]}
    draft = drafts.node_draft(fields, source)
    (n,) = nodes.insert(database, [draft], {chat.id: chat.n})
    read = [row.n for row in messages]
    database.execute(f"UPDATE nodes SET summary = ? WHERE n IN {LISTED}", (n, listed(read)))
    changes.note(database, "node", "put", read)
    edge = drafts.edge_draft(chat.id, draft.id, CONTAINS_SUMMARY, provenance=source)
    edges.insert(database, [edge])
    _ask(database, work, "Summary", [n])


def _put_fields(database: sqlite3.Connection, work: Work, made: Sequence[Field]) -> set[int]:
    """Set fields of nodes that nobody has changed since they were read."""
    again: set[int] = set()
    rows = nodes.by_numbers(database, [one.n for one in made])
    for one in made:
        if rows[one.n].updated_at == work.rows[one.n].updated_at:
            rows[one.n] = _set_field(database, rows[one.n], one)
        else:
            again.add(one.n)
    changes.note(database, "node", "put", sorted({one.n for one in made} - again))
    return again


def _set_field(database: sqlite3.Connection, row: NodeRow, made: Field) -> NodeRow:
    kind = node_type(row.type)
    if made.name in kind.columns or made.name in drafts.GENERAL:
        raise InvalidNode(f"{row.type}.{made.name} is what users wrote; a stage does not change it.", made.name)
    properties, metadata = row.properties, row.metadata
    own = properties if made.name in kind.fields else metadata
    own.pop(made.name, None)
    if made.value is not None:
        own[made.name] = made.value
    changed = row._replace(
        properties_json=drafts.as_json(properties, made.name), metadata_json=drafts.as_json(metadata, made.name)
    )
    database.execute(
        "UPDATE nodes SET properties = ?, metadata = ? WHERE n = ?",
        (changed.properties_json, changed.metadata_json, row.n),
    )
    return changed


def _ask(database: sqlite3.Connection, work: Work, type: str, numbers: Sequence[int]) -> None:
    for stage, priority in work.asks(type):
        tasks.enqueue(database, stage, numbers, max(priority, work.priority))


def vectors_of(database: sqlite3.Connection, model: str, numbers: Iterable[int]) -> dict[int, NDArray[np.float32]]:
    """Return the vectors that nodes have by a model, by number."""
    rows = database.execute(
        f"SELECT n, vector FROM embeddings WHERE model = ? AND n IN {LISTED}", (model, listed(numbers))
    )
    return {n: np.frombuffer(vector, "<f4") for n, vector in rows}


def types_of(database: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, str]:
    """Return the types of nodes, by number."""
    return dict(database.execute(f"SELECT n, type FROM nodes WHERE n IN {LISTED}", (listed(numbers),)))


def unsummarised(database: sqlite3.Connection, chat: int, limit: int) -> list[NodeRow]:
    """Return the first messages of a chat that no summary has read and that say something, in the order they came."""
    rows = database.execute(
        f"""{nodes.SELECT} WHERE nodes.chat = ? AND nodes.type = 'Message' AND nodes.summary IS NULL
        AND nodes.content <> '' ORDER BY nodes.n""",
        (chat,),
    )
    told = (row for row in map(NodeRow._make, rows) if row.content.strip())
    return list(islice(told, limit))


def numbers_after(
    database: sqlite3.Connection, last: int, limit: int, types: Callable[[str], bool]
) -> tuple[int, list[int]]:
    """Return the numbers of the next nodes of some types, and the last number that was looked at; 0 at the end."""
    rows = database.execute("SELECT n, type FROM nodes WHERE n > ? ORDER BY n LIMIT ?", (last, limit)).fetchall()
    return (rows[-1][0] if rows else 0), [n for n, type in rows if types(type)]


def forget_sources(database: sqlite3.Connection, key: str, limit: int) -> int:
    """Take away what chats note under a key of their metadata about the source of something; return how many did."""
    place = f'$."{key}".source_hash'
    rows = database.execute(
        """UPDATE nodes SET metadata = json_remove(metadata, ?1) WHERE n IN
        (SELECT n FROM nodes WHERE type = 'Chat' AND json_type(metadata, ?1) IS NOT NULL LIMIT ?2) RETURNING n""",
        (place, limit),
    ).fetchall()
    changes.note(database, "node", "put", sorted(n for (n,) in rows))
    return len(rows)


def summaries(database: sqlite3.Connection, task: str) -> list[int]:
    """Return the numbers of the summaries that a stage made."""
    rows = database.execute(
        f"SELECT n FROM nodes WHERE type = 'Summary' AND {nodes.INDEXED} AND task = ? ORDER BY n", (task,)
    )
    return [n for (n,) in rows]
