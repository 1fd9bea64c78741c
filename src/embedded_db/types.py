"""The vocabulary between the rooms: what a node, an edge and an embedding are, and which types of nodes there are.

Every type is a row of :data:`NODE_TYPES`: its fields, where those live in the table, and what of it is text to be
understood. A type that is not in the table is the user's own: it takes any field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedded_db.errors import Corrupt

DECODE = json.JSONDecoder().raw_decode  # half of what `json.loads` takes, of texts that have nothing around their value
COLUMNS = ("chat_id", "sender", "role", "title", "content")
"""Fields that every type may have and that have a column of their own; all others live in ``properties``."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One type of node. ``fields`` are the names and Python types of what it has besides the columns it uses.

    ``columns`` says under which name the type shows a column (an entity's title is its ``label``); ``text`` which
    fields the Weaver reads.
    """

    name: str
    prefix: str
    columns: Mapping[str, str]
    fields: Mapping[str, type | tuple[type, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    entities: bool = True
    """Whether its text is read for entities."""


def _same(*names: str, **others: str) -> dict[str, str]:
    return {**{name: name for name in names}, **others}


NUMBER = (int, float)
NODE_TYPES: dict[str, NodeType] = {
    one.name: one
    for one in (
        NodeType("Chat", "chat", _same("title"), {"topic": str}, entities=False),
        NodeType("Message", "msg", _same("chat_id", "sender", "role", "content"), {"reply_to": str}, ("content",)),
        NodeType("Summary", "sum", _same("chat_id", "content"), {"messages": list}, ("content",), entities=False),
        NodeType("Entity", "ent", {"label": "title"}, {"entity_type": str}, ("label",), entities=False),
        NodeType(
            "Attachment", "att", _same("chat_id", "content", name="title"),
            {"media_type": str, "path": str, "size": int}, ("name",),
        ),
        NodeType("Bookmark", "mark", _same("title", "content"), {"url": str}, ("url",)),
        NodeType("ScrapedPage", "page", _same("title", "content"), {"url": str}, ("url",)),
        NodeType("WebSearch", "search", _same("chat_id", query="title"), {"results": list}, ("query",)),
        NodeType(
            "AudioTranscript", "audio", _same("chat_id", "title", "content"),
            {"path": str, "duration": NUMBER, "language": str}, ("content",),
        ),
        NodeType(
            "ImageMetadata", "image", _same("chat_id", "title", caption="content"),
            {"path": str, "width": int, "height": int, "format": str},
        ),
        NodeType(
            "ModelInfo", "model", {"name": "title"}, {"version": str, "provider": str, "dimensions": int}, ("name",),
            entities=False,
        ),
        NodeType(
            "ActionOutcome", "act", _same("chat_id", action="title", outcome="content"), {"success": bool}, ("action",),
        ),
        NodeType(
            "Log", "log", _same("chat_id", "content", source="title"), {"level": str}, ("content",), entities=False,
        ),
    )
}  # fmt: skip
OWN = NodeType("", "node", _same(*COLUMNS))
"""What holds for types of the user's own."""


def node_type(name: str) -> NodeType:
    """Return the type of that name; :data:`OWN` for one that is not in the table."""
    return NODE_TYPES.get(name, OWN)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a derived row comes from: stage of the Weaver, model with version, and hash of the text it was made of."""

    task: str
    model: str
    source_hash: bytes


class NodeRow(NamedTuple):
    """A node as it is stored. Times are microseconds since 1970; ``chat`` is the chat's number, ``chat_id`` its id.

    What the file has as JSON is read whenever it is asked for: a row never changes, so many can hold it.
    """

    n: int
    id: str
    type: str
    chat: int | None
    chat_id: str | None
    sender: str | None
    role: str | None
    title: str | None
    content: str
    properties_json: str
    metadata_json: str
    created_at: int
    updated_at: int
    hash: bytes
    summary: int | None
    task: str | None
    model: str | None
    source_hash: bytes | None

    @property
    def properties(self) -> dict[str, Any]:
        """Fields of its type that have no column. Raises Corrupt."""
        return {} if self.properties_json == "{}" else self._read(self.properties_json)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the user keeps beside. Raises Corrupt."""
        return {} if self.metadata_json == "{}" else self._read(self.metadata_json)

    @property
    def provenance(self) -> Provenance | None:
        """What of the Weaver made it; None for what users stored."""
        if self.task is None or self.model is None or self.source_hash is None:
            return None
        return Provenance(self.task, self.model, self.source_hash)

    def _read(self, text: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = DECODE(text)[0]
        except json.JSONDecodeError as error:
            raise Corrupt(
                f"Node {self.id!r} is damaged ({error}); restore a backup, or export what can be read."
            ) from error
        return found


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """An edge as it is stored, with the numbers and ids of its ends."""

    e: int
    id: str
    source: int
    target: int
    from_id: str
    to_id: str
    type: str
    weight: float
    metadata: dict[str, Any]
    created_at: int
    provenance: Provenance | None


@dataclass(frozen=True, slots=True)
class EmbeddingRow:
    """A node's vector by one model, with the number and id of the node: float32, shape (dimensions,), as given."""

    v: int
    id: str
    n: int
    node_id: str
    model: str
    vector: NDArray[np.float32]
    created_at: int
    provenance: Provenance | None
