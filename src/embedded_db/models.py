"""Nodes, edges and vectors as users hold them: active records that know their database.

A record shows its row as it was read; ``refresh`` reads it again, ``update`` and ``delete`` write. Fields of the type
and properties of the user's own are attributes: ``message.content``, ``entity.label``, ``ticket.severity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from embedded_db.drafts import aware, fields_of
from embedded_db.types import EdgeRow, EmbeddingRow, NodeRow, Provenance, node_type

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedded_db.database import EmbeddedDB


class Node:
    """A node of any type. Two records are equal if they are the same node of the same database."""

    __slots__ = ("_db", "_metadata", "_properties", "_row")

    def __init__(self, db: EmbeddedDB, row: NodeRow) -> None:
        self._db = db
        self._row = row
        self._metadata: dict[str, Any] | None = None
        self._properties: dict[str, Any] | None = None

    def _show(self, row: NodeRow) -> Self:
        self._row, self._metadata, self._properties = row, None, None
        return self

    @property
    def id(self) -> str:
        """What the node is called for ever."""
        return self._row.id

    @property
    def n(self) -> int:
        """The number of the node in this file."""
        return self._row.n

    @property
    def type(self) -> str:
        """Chat, Message, …, or a type of the user's own."""
        return self._row.type

    @property
    def chat_id(self) -> str | None:
        """The chat that it belongs to."""
        return self._row.chat_id

    @property
    def content(self) -> str:
        """Its text; empty if it has none."""
        return self._row.content

    @property
    def metadata(self) -> dict[str, Any]:
        """What the user keeps beside; change it by ``update(metadata=…)``."""
        if self._metadata is None:
            self._metadata = self._row.metadata
        return self._metadata

    @property
    def created_at(self) -> datetime:
        """When it was created, in UTC."""
        return aware(self._row.created_at)

    @property
    def updated_at(self) -> datetime:
        """When it was changed last, in UTC."""
        return aware(self._row.updated_at)

    @property
    def provenance(self) -> Provenance | None:
        """What of the Weaver made it; None for what users stored."""
        return self._row.provenance

    def __getattr__(self, name: str) -> Any:
        row = self._row
        column = node_type(row.type).columns.get(name)
        if column is not None:
            return getattr(row, column)
        if self._properties is None:
            self._properties = row.properties
        if name in self._properties:
            return self._properties[name]
        if name in node_type(row.type).fields:
            return None
        raise AttributeError(f"{row.type} {row.id!r} has no field {name!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return its fields as ``create_node`` takes them."""
        return fields_of(self._row)

    def refresh(self) -> Self:
        """Read the row again. Raises NodeNotFound if it was deleted."""
        return self._show(self._db.store.node(self.id))

    def update(self, updates: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Change fields, as ``EmbeddedDB.update_node`` does."""
        return self._show(self._db.store.update_node(self.id, {**(updates or {}), **fields}))

    def delete(self) -> None:
        """Remove the node and all that hangs on it."""
        self._db.delete_node(self.id)

    def chat(self) -> Chat | None:
        """Return the chat that it belongs to."""
        found = None if self.chat_id is None else self._db.get_node(self.chat_id)
        return found if isinstance(found, Chat) else None

    def edges_out(self, type: str | None = None) -> list[Edge]:
        """Return the edges that start here, oldest first."""
        return [Edge(self._db, row) for row in self._db.store.edges_of(self.n, "out", type)]

    def edges_in(self, type: str | None = None) -> list[Edge]:
        """Return the edges that end here, oldest first."""
        return [Edge(self._db, row) for row in self._db.store.edges_of(self.n, "in", type)]

    def link_to(
        self, other: Node | str, type: str, metadata: Mapping[str, Any] | None = None, *, weight: float = 1.0
    ) -> Edge:
        """Create an edge from here to another node."""
        to_id = other if isinstance(other, str) else other.id
        return self._db.create_edge(self.id, to_id, type, metadata, weight=weight)

    def embedding(self, model: str | None = None) -> Embedding | None:
        """Return its vector by a model, the database's own if none is named; None if there is none yet."""
        return self._db.get_embedding_for_node(self.id, model)

    def entities(self) -> list[Entity]:
        """Return the entities that it mentions, in the order in which they were found."""
        return self._db.get_entities_mentioned_in(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._db is self._db and other.n == self.n

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        said = self._row.title or self._row.content
        return f"<{self.type} {self.id} {said[:40]!r}>"


class Chat(Node):
    """A conversation."""

    __slots__ = ()

    @property
    def title(self) -> str | None:
        """What it is called."""
        return self._row.title

    @property
    def topic(self) -> str | None:
        """What it is about; the Weaver finds one if the user gave none."""
        found: str | None = self._row.properties.get("topic")
        return found

    def add_message(self, sender: str | None, content: str, role: str | None = None, **fields: Any) -> Message:
        """Append a message; ``fields`` are others of a Message, such as ``metadata`` or ``created_at``."""
        return self._db.create_message(self.id, content, sender=sender, role=role, **fields)

    def messages(self, limit: int | None = None) -> list[Message]:
        """Return its messages, oldest first; only the last ``limit`` of them if a number is given."""
        rows = self._db.store.nodes_of_chat(self.n, "Message", limit)
        return [Message(self._db, row) for row in rows]

    def summaries(self) -> list[Summary]:
        """Return what the Weaver made of its older messages, oldest first."""
        return [Summary(self._db, row) for row in self._db.store.nodes_of_chat(self.n, "Summary")]


class Message(Node):
    """One thing said in a chat."""

    __slots__ = ()

    @property
    def sender(self) -> str | None:
        """Who said it."""
        return self._row.sender

    @property
    def role(self) -> str | None:
        """As what: user, assistant, system, …"""
        return self._row.role


class Summary(Node):
    """What a window of messages says in short."""

    __slots__ = ()

    def messages(self) -> list[Message]:
        """Return the messages that it was made of, as far as they still exist."""
        found = self._db.store.nodes_by_ids(self._row.properties.get("messages", []))
        return [Message(self._db, row) for row in found if row.type == "Message"]


class Entity(Node):
    """Somebody or something that texts mention."""

    __slots__ = ()

    @property
    def label(self) -> str:
        """What it is called."""
        return self._row.title or ""

    @property
    def entity_type(self) -> str | None:
        """What kind of thing it is."""
        found: str | None = self._row.properties.get("entity_type")
        return found


CLASSES: dict[str, type[Node]] = {"Chat": Chat, "Message": Message, "Summary": Summary, "Entity": Entity}


def record(db: EmbeddedDB, row: NodeRow) -> Node:
    """Return a row as the record of its type."""
    return CLASSES.get(row.type, Node)(db, row)


class Edge:
    """An edge from one node to another."""

    __slots__ = ("_db", "_row")

    def __init__(self, db: EmbeddedDB, row: EdgeRow) -> None:
        self._db = db
        self._row = row

    @property
    def id(self) -> str:
        """What the edge is called for ever."""
        return self._row.id

    @property
    def type(self) -> str:
        """What it says of its ends, such as MENTIONS."""
        return self._row.type

    @property
    def from_id(self) -> str:
        """Where it starts."""
        return self._row.from_id

    @property
    def to_id(self) -> str:
        """Where it ends."""
        return self._row.to_id

    @property
    def weight(self) -> float:
        """How long the way along it is, for shortest paths."""
        return self._row.weight

    @property
    def metadata(self) -> dict[str, Any]:
        """What is kept beside; change it by ``update(metadata=…)``."""
        return self._row.metadata

    @property
    def created_at(self) -> datetime:
        """When it was created, in UTC."""
        return aware(self._row.created_at)

    @property
    def provenance(self) -> Provenance | None:
        """What of the Weaver drew it; None for the user's own."""
        return self._row.provenance

    def source(self) -> Node:
        """Return the node where it starts."""
        return self._db.get_node(self.from_id)

    def target(self) -> Node:
        """Return the node where it ends."""
        return self._db.get_node(self.to_id)

    def to_dict(self) -> dict[str, Any]:
        """Return its fields by name."""
        names = ("id", "from_id", "to_id", "type", "weight", "metadata", "created_at")
        return {name: getattr(self, name) for name in names}

    def update(self, updates: Mapping[str, Any] | None = None, /, **fields: Any) -> Self:
        """Change type, weight or metadata."""
        self._row = self._db.store.update_edge(self.id, {**(updates or {}), **fields})
        return self

    def delete(self) -> None:
        """Remove the edge."""
        self._db.delete_edge(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edge) and other._db is self._db and other._row.e == self._row.e

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Edge {self.id} {self.from_id} -{self.type}-> {self.to_id}>"


class Embedding:
    """A node's vector by one model."""

    __slots__ = ("_row",)

    def __init__(self, row: EmbeddingRow) -> None:
        self._row = row

    @property
    def id(self) -> str:
        """What the embedding is called; a new vector has a new id."""
        return self._row.id

    @property
    def node_id(self) -> str:
        """Whose vector it is."""
        return self._row.node_id

    @property
    def model(self) -> str:
        """Which model made it."""
        return self._row.model

    @property
    def vector(self) -> NDArray[np.float32]:
        """The numbers as they were given, read-only: float32, shape (dimensions,)."""
        return self._row.vector

    @property
    def created_at(self) -> datetime:
        """When it was stored, in UTC."""
        return aware(self._row.created_at)

    @property
    def provenance(self) -> Provenance | None:
        """What of the Weaver made it; None for the user's own."""
        return self._row.provenance

    def __repr__(self) -> str:
        return f"<Embedding {self.id} of {self.node_id} by {self.model}, {self.vector.size} numbers>"
