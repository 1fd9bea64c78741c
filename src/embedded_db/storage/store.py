"""All that can happen to the file, each in one transaction: rows, words, log of changes and outbox commit together.

The Weaver says by two callables which stages a new text asks for, so that the store knows no stage by name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count, islice
from typing import Any, TypeVar

from embedded_db import drafts
from embedded_db.drafts import EdgeDraft, EmbeddingDraft, NodeDraft
from embedded_db.errors import EdgeNotFound, EmbeddingNotFound, NodeNotFound
from embedded_db.storage import changes, derived, edges, embeddings, nodes, tasks
from embedded_db.storage.connections import Connections, Transaction
from embedded_db.storage.tasks import Priority
from embedded_db.types import EdgeRow, EmbeddingRow, NodeRow

Given = TypeVar("Given")
Stages = Callable[[str], Sequence[tuple[str, Priority]]]
"""Stages with their priority, by type of node."""
TRIM_EVERY = 5_000  # commits
AT_ONCE = 1_000
"""New nodes of a bulk that are stored together."""
MUCH_TEXT = 30_000  # characters in one step: about as many words as FTS5 has room for at first


def _no_stages(type: str) -> Sequence[tuple[str, Priority]]:
    return ()


class Store:
    """Nodes, edges and embeddings in one file. Safe for threads; methods take drafts and return rows.

    Methods raise what :class:`Connections` does, and Closed. Those that write open a transaction, or join the one of
    their thread.
    """

    def __init__(self, connections: Connections, embedding_model: Callable[[], str] = lambda: "static") -> None:
        self.connections = connections
        self._embedding_model = embedding_model
        self.entry_stages: Stages = _no_stages
        """What a new or changed text asks for, as tasks of its node."""
        self.chat_stages: Stages = _no_stages
        """What a new or changed text asks for, as tasks of its chat."""
        self.after_commit: list[Callable[[], None]] = []
        """Called after each commit, without any lock."""
        self.commits = 0
        self._count = count(1)

    @property
    def embedding_model(self) -> str:
        """The model whose vectors the Weaver makes; it is opened to tell its name, so nobody asks without need."""
        return self._embedding_model()

    def writing(self) -> Transaction:
        """One transaction; inside another of the same thread, a part of it that can fail alone."""
        return self.connections.writing(self._before_commit, self._after_commit)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to read from; it sees the last commit, and what this thread has written in its transaction."""
        return self.connections.reading()

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to read from that sees one moment to the end of the block, whatever is written meanwhile."""
        return self.connections.snapshot()

    def add_nodes(self, new: Sequence[NodeDraft], at_most: Priority = Priority.URGENT) -> range:
        """Store nodes; return their numbers, which are consecutive. Chats that do not exist are made before them.

        ``at_most`` is how urgent what they ask of the Weaver may be; nobody waits for a bulk of old ones.

        Raises:
            Conflict: an id, or an entity, is there already.
            InvalidNode: a ``chat_id`` is the id of another node.
        """
        with self.writing() as database:
            return self._add_nodes(database, new, at_most)[0]

    def add_many(
        self, given: Iterable[Given], make: Callable[[Given], NodeDraft], at_most: Priority = Priority.URGENT
    ) -> list[str]:
        """Make nodes of what is given and store them as :meth:`add_nodes`; return their ids.

        Another thread makes the next ones while SQLite writes words and tasks of some, for which nobody needs Python.
        """
        ids: list[str] = []
        coming = iter(given)

        def made(some: list[Given]) -> list[NodeDraft]:
            return [make(one) for one in some]

        with self.writing() as database, ThreadPoolExecutor(1, "embedded_db-drafts") as other:
            new = made(list(islice(coming, AT_ONCE)))
            while new:
                numbers, chats = self._add_rows(database, new)
                following = list(islice(coming, AT_ONCE))
                next_ones = other.submit(made, following) if following else None
                self._complete(database, new, numbers, chats, at_most)
                ids += [draft.id for draft in new]
                new = [] if next_ones is None else next_ones.result()
        return ids

    def add_node(self, draft: NodeDraft) -> NodeRow:
        """Store a node. Raises as :meth:`add_nodes`."""
        with self.writing() as database:
            numbers, chats = self._add_nodes(database, [draft])
            if draft.key is None:
                return nodes.row_of_draft(draft, numbers[0], chats)
            return nodes.by_numbers(database, numbers)[numbers[0]]  # an entity may have been given another id

    def node(self, id: str) -> NodeRow:
        """Return a node. Raises NodeNotFound."""
        with self.reading() as database:
            return _found(nodes.by_ids(database, [id]), id)

    def nodes(self, numbers: Sequence[int]) -> dict[int, NodeRow]:
        """Return the nodes that exist, by number."""
        with self.reading() as database:
            return nodes.by_numbers(database, numbers)

    def known_ids(self, table: str, ids: Sequence[str]) -> set[str]:
        """Return which ids are in ``nodes``, ``edges`` or ``embeddings``."""
        with self.reading() as database:
            return nodes.known_ids(database, table, ids)

    def entity_with_key(self, key: str) -> str | None:
        """Return the id of the entity with that :func:`drafts.entity_key`."""
        with self.reading() as database:
            return nodes.with_key(database, "Entity", key)

    def nodes_by_ids(self, ids: Sequence[str]) -> list[NodeRow]:
        """Return the nodes that exist, in the order of their ids."""
        with self.reading() as database:
            found = nodes.by_ids(database, ids)
        return [found[id] for id in ids if id in found]

    def nodes_of_chat(self, chat: int, type: str, newest: int | None = None) -> list[NodeRow]:
        """Return the nodes of one type in a chat, oldest first; only the ``newest`` so many if a number is given."""
        with self.reading() as database:
            return nodes.of_chat(database, chat, type, newest)

    def chats(self) -> list[NodeRow]:
        """Return all chats, oldest first."""
        with self.reading() as database:
            return nodes.chats(database)

    def nodes_mentioned_by(self, n: int) -> list[NodeRow]:
        """Return the entities that a node mentions, in the order in which they were found."""
        with self.reading() as database:
            return nodes.mentioned_by(database, n)

    def update_node(self, id: str, updates: Mapping[str, Any]) -> NodeRow:
        """Change fields of a node; None takes one away. If its text changes, what was made of the old text goes.

        Raises:
            NodeNotFound: there is no such node.
            InvalidNode: the result is no node of its type.
        """
        with self.writing() as database:
            old = _found(nodes.by_ids(database, [id]), id)
            draft = drafts.edited(old, updates)
            chats = self._chats(database, {draft.chat_id} if draft.chat_id is not None else set())
            nodes.replace(database, old, draft, chats)
            if draft.hash != old.hash:
                derived.retract(database, old, self.embedding_model)
                self._ask_for(database, [draft], range(old.n, old.n + 1), chats)
            elif draft.chat_id != old.chat_id:
                tasks.enqueue_each(database, self._asked_of_chats([draft], chats))
            if (draft.hash, draft.chat_id) != (old.hash, old.chat_id):
                self._ask_for_summaries(database, derived.forget_summary(database, old))
            return nodes.by_numbers(database, [old.n])[old.n]

    def delete_nodes(self, ids: Sequence[str]) -> None:
        """Remove nodes with all that hangs on them, messages of a chat included. Raises NodeNotFound."""
        with self.writing() as database:
            found = nodes.by_ids(database, ids)
            freed = derived.remove(database, [_found(found, id).n for id in ids])
            self._ask_for_summaries(database, freed)

    def add_edges(self, new: Sequence[EdgeDraft]) -> None:
        """Store edges. Raises NodeNotFound for an end that does not exist, Conflict for an id that does."""
        with self.writing() as database:
            edges.insert(database, new)

    def edge(self, id: str) -> EdgeRow:
        """Return an edge. Raises EdgeNotFound."""
        with self.reading() as database:
            row = edges.by_id(database, id)
        if row is None:
            raise EdgeNotFound(id)
        return row

    def edges_of(self, n: int, direction: edges.Direction, type: str | None = None) -> list[EdgeRow]:
        """Return the edges of a node, oldest first."""
        with self.reading() as database:
            return edges.of_node(database, n, direction, type)

    def update_edge(self, id: str, updates: Mapping[str, Any]) -> EdgeRow:
        """Change type, weight or metadata of an edge. Raises EdgeNotFound, InvalidNode."""
        with self.writing() as database:
            old = self.edge(id)
            edges.replace(database, old, drafts.edited_edge(old, updates))
            return self.edge(id)

    def delete_edges(self, ids: Sequence[str]) -> None:
        """Remove edges. Raises EdgeNotFound."""
        with self.writing() as database:
            found = edges.numbers_of(database, ids)
            for id in ids:
                if id not in found:
                    raise EdgeNotFound(id)
            edges.remove(database, list(found.values()))

    def put_embeddings(self, new: Sequence[EmbeddingDraft]) -> None:
        """Store vectors in place of what their nodes had by the same model; the Weaver's never replace a user's.

        Raises:
            NodeNotFound: a node does not exist.
            InvalidNode: a vector is longer or shorter than the others of its model.
        """
        with self.writing() as database:
            embeddings.put(database, new)

    def embedding(self, id: str) -> EmbeddingRow:
        """Return an embedding. Raises EmbeddingNotFound."""
        with self.reading() as database:
            row = embeddings.by_id(database, id)
        if row is None:
            raise EmbeddingNotFound(id)
        return row

    def embeddings_of(self, n: int) -> list[EmbeddingRow]:
        """Return the vectors of a node, by all models."""
        with self.reading() as database:
            return embeddings.of_node(database, n)

    def delete_embeddings(self, ids: Sequence[str]) -> None:
        """Remove embeddings. Raises EmbeddingNotFound."""
        with self.writing() as database:
            found = embeddings.places_of(database, ids)
            for id in ids:
                if id not in found:
                    raise EmbeddingNotFound(id)
            embeddings.remove(database, list(found.values()))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many nodes and edges there are by type, and vectors by model."""
        with self.reading() as database:
            others = {
                table: dict(database.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 1"))
                for table, column in (("edges", "type"), ("embeddings", "model"))
            }
            return {"nodes": nodes.counts(database), **others}

    def _before_commit(self, database: sqlite3.Connection) -> None:
        if self.commits % TRIM_EVERY == 0:  # also once by each process, however short it lives
            changes.trim(database)

    def _after_commit(self) -> None:
        self.commits = next(self._count)  # after the commit: who sees the number sees the rows
        for call in self.after_commit:
            call()

    def _add_nodes(
        self, database: sqlite3.Connection, new: Sequence[NodeDraft], at_most: Priority = Priority.URGENT
    ) -> tuple[range, dict[str, int]]:
        numbers, chats = self._add_rows(database, new)
        self._complete(database, new, numbers, chats, at_most)
        return numbers, chats

    def _add_rows(self, database: sqlite3.Connection, new: Sequence[NodeDraft]) -> tuple[range, dict[str, int]]:
        """Store the rows of new nodes; return their numbers, and those of their chats."""
        own = {draft.id: place for place, draft in enumerate(new) if draft.type == "Chat"}
        named = {draft.chat_id for draft in new if draft.chat_id is not None}
        chats = self._chats(database, named - own.keys())
        if own and named:
            database.execute("PRAGMA defer_foreign_keys = ON")  # a message may come before its chat
            first = nodes.last_number(database) + 1
            chats |= {id: first + place for id, place in own.items()}
        return nodes.insert_rows(database, new, chats), chats

    def _complete(
        self,
        database: sqlite3.Connection,
        new: Sequence[NodeDraft],
        numbers: range,
        chats: Mapping[str, int],
        at_most: Priority,
    ) -> None:
        """Write all that belongs to new rows: words, log and tasks."""
        nodes.tell(database, new, numbers)
        if sum(len(draft.content) for draft in new) > MUCH_TEXT:
            self.connections.swollen = True
        self._ask_for(database, new, numbers, chats, at_most)

    def _chats(self, database: sqlite3.Connection, ids: set[str]) -> dict[str, int]:
        """Numbers of chats by id; those that do not exist yet are made, without a title."""
        found = nodes.chats_by_id(database, ids)
        missing = [drafts.node_draft({"type": "Chat", "id": id}) for id in sorted(ids - found.keys())]
        if missing:
            found |= zip((draft.id for draft in missing), self._add_nodes(database, missing)[0], strict=True)
        return found

    def _ask_for(
        self,
        database: sqlite3.Connection,
        texts: Sequence[NodeDraft],
        numbers: range,
        chats: Mapping[str, int],
        at_most: Priority = Priority.URGENT,
    ) -> None:
        """Put into the outbox what texts ask for, many only if they are new; a node without text asks for nothing."""
        asked = self._asked_of_chats(texts, chats, at_most)
        if len(texts) == 1:
            if texts[0].content or texts[0].title:
                asked += [(numbers[0], stage, max(own, at_most)) for stage, own in self.entry_stages(texts[0].type)]
        elif texts:
            types = sorted({draft.type for draft in texts})
            ways = sorted((type, stage, max(own, at_most)) for type in types for stage, own in self.entry_stages(type))
            tasks.enqueue_run(database, numbers[0], numbers[-1], ways)
        tasks.enqueue_each(database, asked)

    def _asked_of_chats(
        self, texts: Sequence[NodeDraft], chats: Mapping[str, int], at_most: Priority = Priority.URGENT
    ) -> list[tasks.Asked]:
        """What texts ask for as tasks of their chats."""
        places = {(draft.type, draft.chat_id) for draft in texts if draft.chat_id and (draft.content or draft.title)}
        return [
            (chats[chat_id], stage, max(priority, at_most))
            for type, chat_id in sorted(places)
            for stage, priority in self.chat_stages(type)
        ]

    def _ask_for_summaries(self, database: sqlite3.Connection, chats: set[int]) -> None:
        for stage, priority in self.chat_stages("Message") if chats else ():
            tasks.enqueue(database, stage, sorted(chats), priority)


def _found(rows: Mapping[str, NodeRow], id: str) -> NodeRow:
    if id not in rows:
        raise NodeNotFound(id)
    return rows[id]
