"""The database as its users see it: nodes, edges and vectors by id, chats as records, transactions.

Every method is one step: what it writes is on the disk when it returns, unless a transaction is open around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from numpy.typing import ArrayLike

from embedded_db import drafts
from embedded_db.exchange import ImportReport, export_to, import_from
from embedded_db.indexing.indexes import Indexes
from embedded_db.ml import Models
from embedded_db.models import Chat, Edge, Embedding, Entity, Message, Node, record
from embedded_db.query.door import Asking
from embedded_db.storage.connections import Connections, Durability
from embedded_db.storage.repair import problems, repair
from embedded_db.storage.store import Store
from embedded_db.storage.tasks import Priority
from embedded_db.types import NodeRow
from embedded_db.weaver import Module, Weaver

if TYPE_CHECKING:
    from ml_bridge import MLRuntime


CONVERSATION = 100
"""More messages than these at once are no conversation but a bulk."""


class _Undone(Exception):
    """What users do inside a transaction raised, so it is undone; the store would take their error for one of its."""


class EmbeddedDB(Asking):
    """A property, graph, vector and full-text database for chats and knowledge, in one file. Safe for threads.

    Every method can raise Closed; those that write can raise ReadOnly and Conflict, those that read Corrupt.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: Durability = "full",
        weave: bool = True,
        embedding_model: str | None = None,
        runtime: MLRuntime | None = None,
        modules: Sequence[Module] = (),
    ) -> None:
        """Open the database at ``path``, or make one; ``":memory:"`` is one that goes when it is closed.

        Args:
            path: where the file is; missing folders around it are made.
            durability: "full" waits for the disk at each commit; "normal" does not, and may lose the last commits, but
                nothing else, when the power fails.
            weave: whether texts are embedded, linked and summarised in the background. If not, what is to be done is
                noted all the same, and done by whoever opens the file with a Weaver, or after :meth:`resume_weaver`.
            embedding_model: name or folder of the model that makes vectors, while this is open; None is the one with
                which the file was made or last rewoven, at first the one that ships with LeIndex.
            runtime: where models run; None is a runtime that is shared by all that name none.
            modules: stages of the Weaver of your own, which run after its own.

        Raises:
            ReadOnly, Corrupt, NewerFormat, Conflict: the file cannot be opened, made, or brought to this version.
        """
        self.path = os.fspath(path)
        self.models = Models(runtime, embedding_model)
        self.store = Store(Connections(self.path, durability), lambda: self.models.embedding_model)
        self.indexes = Indexes(self.store)
        self.weaver = Weaver(self.store, self.indexes, self.models, modules=modules)
        self.store.entry_stages = lru_cache(self.weaver.entry_stages)  # each message asks
        self.store.chat_stages = lru_cache(self.weaver.chat_stages)
        self.weaver.begin(paused=not weave)
        self.store.after_commit.append(self.weaver.committed)

    def _called(self) -> None:
        self.weaver.touch()

    def _record(self, row: NodeRow) -> Node:
        return record(self, row)

    # Nodes

    def create_node(self, node: Mapping[str, Any]) -> Node:
        """Store a node: ``type``, the fields of that type, and ``id``, ``created_at``, ``metadata`` if wanted.

        Raises:
            InvalidNode: a field is missing, unknown or of the wrong type.
            Conflict: the id is taken, or it is an entity that is there already.
        """
        return self._record(self.store.add_node(drafts.node_draft(node)))

    def get_node(self, node_id: str) -> Node:
        """Return a node. Raises NodeNotFound."""
        self._called()
        return self._record(self.store.node(node_id))

    def update_node(self, node_id: str, updates: Mapping[str, Any]) -> Node:
        """Replace fields of a node; None takes one away. A new text is embedded and linked anew.

        What was made of the old text goes in the same transaction.

        Raises:
            NodeNotFound: there is no such node.
            InvalidNode: the result is no node of its type, or ``id`` or ``type`` would change.
        """
        return self._record(self.store.update_node(node_id, updates))

    def delete_node(self, node_id: str) -> None:
        """Remove a node with its edges, vectors and tasks, and a chat with its messages. Raises NodeNotFound."""
        self.store.delete_nodes([node_id])

    # Edges

    def create_edge(
        self,
        from_id: str,
        to_id: str,
        type: str,
        metadata: Mapping[str, Any] | None = None,
        *,
        weight: float = 1.0,
        id: str | None = None,
    ) -> Edge:
        """Store an edge; ``weight`` is the length of the way along it, above 0.

        Raises:
            NodeNotFound: one of the ends does not exist.
            InvalidNode: weight, type or metadata cannot be stored.
            Conflict: the id is taken.
        """
        draft = drafts.edge_draft(from_id, to_id, type, metadata, weight=weight, id=id)
        with self.store.writing():
            self.store.add_edges([draft])
            return Edge(self, self.store.edge(draft.id))

    def get_edge(self, edge_id: str) -> Edge:
        """Return an edge. Raises EdgeNotFound."""
        return Edge(self, self.store.edge(edge_id))

    def update_edge(self, edge_id: str, updates: Mapping[str, Any]) -> Edge:
        """Replace ``type``, ``weight`` or ``metadata`` of an edge. Raises EdgeNotFound, InvalidNode."""
        return Edge(self, self.store.update_edge(edge_id, updates))

    def delete_edge(self, edge_id: str) -> None:
        """Remove an edge. Raises EdgeNotFound."""
        self.store.delete_edges([edge_id])

    # Embeddings

    def create_embedding(self, node_id: str, vector: ArrayLike, model: str | None = None) -> Embedding:
        """Store a vector of a node, in place of the one that it had by the same model.

        Without a model it counts as one of the database's own model, and is what queries by text compare with; an edit
        of the node's text drops it then. Vectors by other models stay until you delete them.

        Raises:
            NodeNotFound: there is no such node.
            InvalidNode: it is no row of finite numbers, all zero, or of another length than the model's others.
        """
        draft = drafts.embedding_draft(node_id, vector, model or self.embedding_model)
        with self.store.writing():
            self.store.put_embeddings([draft])
            return Embedding(self.store.embedding(draft.id))

    def get_embedding(self, embedding_id: str) -> Embedding:
        """Return an embedding. Raises EmbeddingNotFound."""
        return Embedding(self.store.embedding(embedding_id))

    def get_embedding_for_node(self, node_id: str, model: str | None = None) -> Embedding | None:
        """Return a node's vector by a model, the database's own if none is named; None if there is none yet.

        Raises:
            NodeNotFound: there is no such node.
        """
        rows = self.store.embeddings_of(self.store.node(node_id).n)
        return next((Embedding(row) for row in rows if row.model == (model or self.embedding_model)), None)

    def update_embedding(self, embedding_id: str, vector: ArrayLike) -> Embedding:
        """Replace a vector; it has a new id then. Raises EmbeddingNotFound, InvalidNode."""
        with self.store.writing():
            old = self.store.embedding(embedding_id)
            return self.create_embedding(old.node_id, vector, old.model)

    def delete_embedding(self, embedding_id: str) -> None:
        """Remove a vector. Raises EmbeddingNotFound."""
        self.store.delete_embeddings([embedding_id])

    # Chats

    def create_chat(self, /, title: str | None = None, topic: str | None = None, **others: Any) -> Chat:
        """Store a chat; ``others`` are ``id``, ``created_at`` and ``metadata``. Raises as :meth:`create_node`."""
        chat = self.create_node({"type": "Chat", "title": title, "topic": topic, **others})
        assert isinstance(chat, Chat)
        return chat

    def create_message(
        self, /, chat_id: str, content: str, *, sender: str | None = None, role: str | None = None, **others: Any
    ) -> Message:
        """Store a message; its chat is made if there is none with that id. Raises as :meth:`create_node`."""
        message = self.create_node(
            {"type": "Message", "chat_id": chat_id, "content": content, "sender": sender, "role": role, **others}
        )
        assert isinstance(message, Message)
        return message

    def chats(self) -> list[Chat]:
        """Return all chats, oldest first."""
        return [Chat(self, row) for row in self.store.chats()]

    def add_messages(self, messages: Iterable[Mapping[str, Any]], chat_id: str | None = None) -> list[str]:
        """Store many messages in one transaction, as :meth:`create_node` does; return their ids.

        ``chat_id`` is the chat of those that name none. More than a hundred are a bulk, which the Weaver leaves until
        nobody is busy, unless you wait for it. Raises as :meth:`create_node`; then none is stored.
        """
        general: dict[str, Any] = {"type": "Message"} if chat_id is None else {"type": "Message", "chat_id": chat_id}
        coming = iter(messages)
        with self.transaction():
            first = list(islice(coming, CONVERSATION + 1))
            try:
                return self.store.add_many(
                    _marked(chain(first, coming)),
                    lambda message: drafts.node_draft({**general, **message}),
                    Priority.BATCH if len(first) > CONVERSATION else Priority.URGENT,
                )
            except _Undone as undone:
                raise undone.__cause__ or undone from None

    def get_entities_mentioned_in(self, node_id: str) -> list[Entity]:
        """Return the entities that a node mentions, in the order in which they were found. Raises NodeNotFound."""
        node = self.store.node(node_id)
        return [Entity(self, row) for row in self.store.nodes_mentioned_by(node.n)]

    # The whole

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Make one step of all that this thread writes in the block; an exception undoes it.

        Inside another transaction it is a part of that, which can be undone alone. Other threads and processes that
        write wait.
        """
        writing = self.store.writing()
        writing.__enter__()
        try:
            yield self
        except BaseException:
            writing.__exit__(_Undone, _Undone(), None)
            raise
        writing.__exit__(None, None, None)

    def import_jsonl(self, path: str | os.PathLike[str]) -> ImportReport:
        """Store what is new in a file of lines, such as :meth:`export_jsonl` writes; a second time changes nothing.

        A line can also be a node, as :meth:`create_node` takes it. What stood before a bad line is stored.

        Raises:
            InvalidNode: a line cannot be stored; the message names it.
        """
        return import_from("lines", self.store, Path(path))

    def export_jsonl(self, path: str | os.PathLike[str], *, derived: bool = False) -> int:
        """Write what users stored as lines of JSON; return how many. ``derived`` adds what the Weaver made of it."""
        return export_to("lines", self.store, Path(path), derived)

    def import_parquet(self, path: str | os.PathLike[str]) -> ImportReport:
        """Store what is new in a folder that :meth:`export_parquet` wrote, or in one table of nodes.

        Raises:
            InvalidNode: a row cannot be stored; the message names it.
            DbError: pyarrow is not installed (extra ``parquet``).
        """
        return import_from("parquet", self.store, Path(path))

    def export_parquet(self, path: str | os.PathLike[str]) -> int:
        """Write what users stored into a folder, as tables of nodes, edges and embeddings; return how many rows.

        Raises:
            DbError: pyarrow is not installed (extra ``parquet``).
        """
        return export_to("parquet", self.store, Path(path), derived=False)

    def import_chatgpt(self, path: str | os.PathLike[str]) -> ImportReport:
        """Store the conversations of a ChatGPT export (zip, folder or ``conversations.json``), each as it was seen.

        Raises:
            InvalidNode: it is no such export; the message names the conversation.
        """
        return import_from("chatgpt", self.store, Path(path))

    def import_claude(self, path: str | os.PathLike[str]) -> ImportReport:
        """Store the conversations of a Claude export (zip, folder or ``conversations.json``), with attached texts.

        Raises:
            InvalidNode: it is no such export; the message names the conversation.
        """
        return import_from("claude", self.store, Path(path))

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copy the database into another file, while it is in use; the copy is that of one moment.

        Raises:
            Conflict: there is a file already, or this thread is in a transaction.
            ReadOnly: the copy cannot be written.
        """
        self.store.connections.backup(Path(path))

    def repair(self) -> list[str]:
        """Make anew what follows from what users stored: indexes and full text now, what is woven in the background.

        Returns:
            What SQLite still finds wrong with the file; empty if it is sound. If not, restore a backup.
        """
        repair(self.store)
        self.weaver.reweave()
        return problems(self.store)

    def stats(self) -> dict[str, Any]:
        """Return how many ``nodes`` (by type), ``edges`` (by type) and ``embeddings`` (by model) there are."""
        return self.store.counts()

    # The Weaver

    def weaver_status(self) -> dict[str, Any]:
        """Return what goes on: ``active_workers``, ``queue_size``, ``last_event``, ``pending``, ``failed``, …"""
        return self.weaver.status()

    def wait_enriched(self, node: Node | str, timeout: float = 30.0) -> None:
        """Wait until the Weaver is finished with a node, or with all that is in a chat; it goes first.

        Raises:
            NodeNotFound: there is no such node.
            NotEnriched: a stage has given up, the Weaver is paused, or ``timeout`` seconds have passed.
        """
        self.weaver.wait(self.store.node(node).n if isinstance(node, str) else node.n, timeout)

    def reweave(self, kind: str = "all", model: str | None = None) -> int:
        """Do a stage again for all nodes, with another model if one is named; return how many tasks that makes.

        The file keeps the model that was named, or else the one in use, for all who open it from now on.

        ``kind`` is the name of a stage, such as ``embed``, or "all"; "failed" is only what was given up,
        "words" the full text, which is read again at once.

        Raises:
            DbError: there is no such stage, or no model can be chosen for it.
        """
        return self.weaver.reweave(kind, model)

    def set_activity_level(self, level: str | None) -> None:
        """Say how busy the user is: HighActivity, LowActivity or SleepMode; None goes back to reading it off the calls.

        Raises:
            InvalidQuery: there is no such level.
        """
        self.weaver.activity.set(level)

    def pause_weaver(self) -> None:
        """Let the Weaver stop after the step that is under way; nothing that waits is lost."""
        self.weaver.pause()

    def resume_weaver(self) -> None:
        """Let the Weaver go on, or begin."""
        self.weaver.resume()

    def drain_weaver(self, timeout: float | None = None) -> None:
        """Wait until all that waits is woven, whatever its priority.

        Raises:
            NotEnriched: the Weaver is paused, or ``timeout`` seconds have passed.
        """
        self.weaver.drain(timeout)

    def close(self) -> None:
        """Let go of the file; twice is harmless. What the Weaver has not done waits in the file.

        After many changes to a large file this takes a moment, in which its indexes are written beside it.
        """
        self.weaver.close()
        try:
            self.indexes.close()
        finally:
            self.store.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        self.close()
        return False


def _marked(messages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Raise what the source of messages raises as an _Undone."""
    try:
        yield from messages
    except Exception as error:
        raise _Undone from error
